package codec

import "iter"

// window moves down over the rows of a picture: it keeps those around the one that is being made, and the sums that are made
// of them. Memory does not grow with the picture.
type window struct {
	rows    [][]byte // the last ones, by row number modulo their number
	ahead   int      // rows that are needed below the one being made
	in, out int      // rows taken in and given out
	sums    []*sums
}

// sums of the shades of the columns around a row, and of their squares.
type sums struct {
	rx, ry  int // half of what is around
	rows    int // in them now
	next    int // row that comes in next
	sum     []int32
	squares []int32
}

func newSums(rx, ry, width int) *sums {
	return &sums{rx: rx, ry: ry, sum: make([]int32, width), squares: make([]int32, width)}
}

func newWindow(all ...*sums) *window {
	w := &window{sums: all}
	for _, s := range all {
		w.ahead = max(w.ahead, s.ry)
	}
	w.rows = make([][]byte, 2*w.ahead+2)
	return w
}

// each calls make for each row, when the rows around it are there. It ends when make gives false, or with an error.
func (w *window) each(rows iter.Seq2[[]byte, error], do func(row []byte, y int) bool) error {
	for row, err := range rows {
		if err != nil {
			return err
		}
		slot := &w.rows[w.in%len(w.rows)]
		*slot = append((*slot)[:0], row...)
		w.in++
		if w.in > w.ahead && !w.give(do) {
			return nil
		}
	}
	for w.out < w.in && w.give(do) {
	}
	return nil
}

func (w *window) give(do func(row []byte, y int) bool) bool {
	for _, s := range w.sums {
		s.slide(w)
	}
	w.out++
	return do(w.row(w.out-1), w.out-1)
}

// row gives row y, which must be one of the last. Above the first there is the first again, and the last below the last.
func (w *window) row(y int) []byte {
	y = min(max(y, 0), w.in-1)
	return w.rows[y%len(w.rows)]
}

// slide brings the sums to the row that is made next.
func (s *sums) slide(w *window) {
	for ; s.next <= w.out+s.ry && s.next < w.in; s.next++ {
		for x, v := range w.row(s.next) {
			s.sum[x] += int32(v)
			s.squares[x] += int32(v) * int32(v)
		}
		s.rows++
	}
	if y := w.out - s.ry - 1; y >= 0 {
		for x, v := range w.row(y) {
			s.sum[x] -= int32(v)
			s.squares[x] -= int32(v) * int32(v)
		}
		s.rows--
	}
}

// at gives mean and variance of what is around column x.
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

// grain is the variance of the shades of an even area in a photograph.
const grain = 150.0

// smooth takes the grain out of a pixel of a photograph by J.-S. Lee's filter, "Digital image enhancement and noise filtering
// by use of local statistics" (1980): what varies little takes the mean, edges stay. Grain would only make dots ragged.
func (s *sums) smooth(x int, v byte) byte {
	mean, variance := s.at(x)
	if variance > grain {
		mean += (float64(v) - mean) * (variance - grain) / variance
	}
	return byte(min(255, max(0, mean+.5)))
}
