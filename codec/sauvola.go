package codec

import (
	"iter"

	"faxgate/codec/ccitt"
)

// sauvola is the adaptive threshold of J. Sauvola and M. Pietikäinen, "Adaptive document image binarization" (2000), with
// running sums: a pixel is black when it is darker than m × (1 + k × (s/R - 1)), where m and s are mean and standard
// deviation of the shades in a window around it. It keeps as many rows as the window has. On clean paper, areas of even
// grey get dots instead: shaded boxes of a form stay grey, and what is written in them stays legible.
type sauvola struct {
	tone    *tone
	screen  *screen
	width   int
	window  [][]byte // the last rows, by row number modulo their number
	wide    sums     // around a pixel
	near    sums     // next to it
	in, out int      // rows taken in and given out
	dst     ccitt.Changes
}

// The parameters of the threshold: R is half of the range of shades, and the window is a seventh of an inch.
const (
	sauvolaK = 0.28
	sauvolaR = 128.0
	perInch  = 7
	nextTo   = 2 // pixels to each side that are next to one
)

// sums of the shades of the columns of a window, and of their squares.
type sums struct {
	rx, ry  int // half the window
	rows    int // in it now
	sum     []int32
	squares []int32
}

func newSums(rx, ry, width int) sums {
	return sums{rx: rx, ry: ry, sum: make([]int32, width), squares: make([]int32, width)}
}

func (s *sums) add(row []byte) {
	for x, v := range row {
		s.sum[x] += int32(v)
		s.squares[x] += int32(v) * int32(v)
	}
	s.rows++
}

func (s *sums) drop(row []byte) {
	for x, v := range row {
		s.sum[x] -= int32(v)
		s.squares[x] -= int32(v) * int32(v)
	}
	s.rows--
}

// at gives mean and variance of the window around column x.
func (s *sums) at(x int) (mean, variance float64) {
	from, to := max(0, x-s.rx), min(len(s.sum), x+s.rx+1)
	var sum, squares int64
	for i, v := range s.sum[from:to] {
		sum += int64(v)
		squares += int64(s.squares[from+i])
	}
	n := float64(s.rows * (to - from))
	mean = float64(sum) / n
	return mean, float64(squares)/n - mean*mean
}

func newSauvola(t *tone, width int, r Resolution) *sauvola {
	s := &sauvola{tone: t, screen: newScreen(r), width: width}
	s.wide = newSums(max(4, r.X/perInch/2), max(3, r.Y/perInch/2), width)
	s.near = newSums(nextTo, nextTo, width)
	s.window = make([][]byte, 2*s.wide.ry+1)
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
		if s.in > s.wide.ry && !yield(s.give(), nil) {
			return
		}
	}
	for s.out < s.in {
		if !yield(s.give(), nil) {
			return
		}
	}
}

// row gives row y, which must be one of the last.
func (s *sauvola) row(y int) []byte { return s.window[y%len(s.window)] }

// take puts a row into the window.
func (s *sauvola) take(row []byte) {
	if y := s.in - len(s.window); y >= 0 {
		s.wide.drop(s.row(y))
	}
	slot := &s.window[s.in%len(s.window)]
	*slot = append((*slot)[:0], row...)
	s.wide.add(row)
	s.in++
}

// give makes the next row; the window is around it, or as much of the window as there is at the edges of the page.
func (s *sauvola) give() ccitt.Changes {
	s.slide()
	y := s.out
	row := s.row(y)
	s.out++
	s.dst = s.dst[:0]
	var sum, squares int64
	for x := range min(s.wide.rx, s.width) {
		sum += int64(s.wide.sum[x])
		squares += int64(s.wide.squares[x])
	}
	black := false
	for x, v := range row {
		if in := x + s.wide.rx; in < s.width {
			sum += int64(s.wide.sum[in])
			squares += int64(s.wide.squares[in])
		}
		if out := x - s.wide.rx - 1; out >= 0 {
			sum -= int64(s.wide.sum[out])
			squares -= int64(s.wide.squares[out])
		}
		is := v < s.tone.low
		if !is && v < s.tone.high {
			n := float64(s.wide.rows * (min(s.width, x+s.wide.rx+1) - max(0, x-s.wide.rx)))
			is = s.black(v, x, y, float64(sum)/n, float64(squares)/n)
		}
		if is != black {
			black = is
			s.dst = append(s.dst, int32(x))
		}
	}
	s.dst = closed(s.dst, s.width)
	return s.dst
}

// slide brings the windows to the row that is made next.
func (s *sauvola) slide() {
	// At the end of the page no row comes in any more.
	if y := s.out - s.wide.ry - 1; y >= 0 && s.in-s.out <= s.wide.ry {
		s.wide.drop(s.row(y))
	}
	first := s.out + s.near.ry
	if s.out == 0 {
		first = 0
	}
	for y := first; y <= s.out+s.near.ry && y < s.in; y++ {
		s.near.add(s.row(y))
	}
	if y := s.out - s.near.ry - 1; y >= 0 {
		s.near.drop(s.row(y))
	}
}

// black decides about a pixel between black and white by the mean of the shades around it and of their squares.
func (s *sauvola) black(v byte, x, y int, mean, squares float64) bool {
	if s.tone.clean {
		if m, variance := s.near.at(x); variance < s.tone.evenness {
			return s.screen.black(s.tone.table[byte(m)], x, y)
		}
		if mean >= s.tone.light {
			return v < s.tone.limit
		}
	}
	// v < m(1-k) + (k m / R) s, where s is not negative: no square root is needed.
	rest := float64(v) - mean*(1-sauvolaK)
	if rest < 0 {
		return true
	}
	f := sauvolaK * mean / sauvolaR
	return rest*rest < f*f*(squares-mean*mean)
}
