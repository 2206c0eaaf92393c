package codec

import (
	"iter"

	"faxgate/codec/ccitt"
)

// sauvola is the adaptive threshold of J. Sauvola and M. Pietikäinen, "Adaptive document image binarization" (2000), with
// running sums: a pixel is black when it is darker than m × (1 + k × (s/R - 1)), where m and s are mean and standard
// deviation of the shades in a window around it. It keeps as many rows as the window has.
type sauvola struct {
	tone    *tone
	width   int
	rx, ry  int // half the window
	window  [][]byte
	sum     []int32 // of each column of the window
	squares []int32
	in, out int // rows taken in and given out
	dst     ccitt.Changes
}

// The parameters of the threshold: R is half of the range of shades, and the window is a seventh of an inch.
const (
	sauvolaK = 0.28
	sauvolaR = 128.0
	perInch  = 7
)

func newSauvola(t *tone, width int, r Resolution) *sauvola {
	s := &sauvola{tone: t, width: width, rx: max(4, r.X/perInch/2), ry: max(3, r.Y/perInch/2)}
	s.window = make([][]byte, 2*s.ry+1)
	s.sum, s.squares = make([]int32, width), make([]int32, width)
	return s
}

// run yields the rows in black and white.
func (s *sauvola) run(rows iter.Seq2[[]byte, error], yield func(ccitt.Changes, error) bool) {
	for row, err := range rows {
		if err != nil {
			yield(nil, err)
			return
		}
		s.take(row)
		if s.in > s.ry && !yield(s.give(), nil) {
			return
		}
	}
	for s.out < s.in {
		if s.in-s.out <= s.ry {
			s.drop(s.out - s.ry - 1)
		}
		if !yield(s.give(), nil) {
			return
		}
	}
}

// take puts a row into the window and the row that leaves it out.
func (s *sauvola) take(row []byte) {
	s.drop(s.in - len(s.window))
	slot := &s.window[s.in%len(s.window)]
	*slot = append((*slot)[:0], row...)
	for x, v := range row {
		s.sum[x] += int32(v)
		s.squares[x] += int32(v) * int32(v)
	}
	s.in++
}

// drop takes row y out of the sums.
func (s *sauvola) drop(y int) {
	if y < 0 {
		return
	}
	for x, v := range s.window[y%len(s.window)] {
		s.sum[x] -= int32(v)
		s.squares[x] -= int32(v) * int32(v)
	}
}

// give makes the next row; the window is around it, or as much of the window as there is at the edges of the page.
func (s *sauvola) give() ccitt.Changes {
	row := s.window[s.out%len(s.window)]
	rows := min(s.in, s.out+s.ry+1) - max(0, s.out-s.ry)
	s.out++
	s.dst = s.dst[:0]
	var sum, squares int64
	for x := range min(s.rx, s.width) {
		sum += int64(s.sum[x])
		squares += int64(s.squares[x])
	}
	black := false
	for x, v := range row {
		if in := x + s.rx; in < s.width {
			sum += int64(s.sum[in])
			squares += int64(s.squares[in])
		}
		if out := x - s.rx - 1; out >= 0 {
			sum -= int64(s.sum[out])
			squares -= int64(s.squares[out])
		}
		n := rows * (min(s.width, x+s.rx+1) - max(0, x-s.rx))
		if s.black(v, float64(sum)/float64(n), float64(squares)/float64(n)) != black {
			black = !black
			s.dst = append(s.dst, int32(x))
		}
	}
	s.dst = closed(s.dst, s.width)
	return s.dst
}

// black decides about one pixel by the mean of the shades around it and of their squares, without a square root.
func (s *sauvola) black(v byte, mean, squares float64) bool {
	switch {
	case v < s.tone.low:
		return true
	case v >= s.tone.high:
		return false
	}
	// v < m(1-k) + (k m / R) s, where s is not negative.
	rest := float64(v) - mean*(1-sauvolaK)
	if rest < 0 {
		return true
	}
	f := sauvolaK * mean / sauvolaR
	return rest*rest < f*f*(squares-mean*mean)
}
