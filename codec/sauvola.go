package codec

import (
	"iter"

	"faxgate/codec/ccitt"
)

// sauvola is the adaptive threshold of J. Sauvola and M. Pietikäinen, "Adaptive document image binarization" (2000), with
// running sums: a pixel is black when it is darker than m × (1 + k × (s/R - 1)), where m and s are mean and standard
// deviation of the shades in a window around it. Pictures get dots instead and, on clean paper, areas of even grey too:
// shaded boxes of a form stay grey, and what is written in them stays legible.
type sauvola struct {
	tone  *tone
	dots  halftone
	dark  []byte // the row that is being made: 0 and 255 where it is written, else what the dots show
	width int
	rows  *window
	wide  *sums // around a pixel
	near  *sums // next to it
	dst   ccitt.Changes
}

// The parameters of the threshold: R is half of the range of shades, and the window is a seventh of an inch.
const (
	sauvolaK = 0.28
	sauvolaR = 128.0
	perInch  = 7
	nextTo   = 2 // pixels to each side that are next to one
)

func newSauvola(t *tone, dots halftone, width int, r Resolution) *sauvola {
	s := &sauvola{tone: t, dots: dots, dark: make([]byte, width), width: width}
	s.wide = newSums(max(4, r.X/perInch/2), max(3, r.Y/perInch/2), width)
	s.near = newSums(nextTo, nextTo, width)
	s.rows = newWindow(s.wide, s.near)
	return s
}

// run yields the rows in black and white.
func (s *sauvola) run(rows iter.Seq2[[]byte, error], yield func(ccitt.Changes, error) bool) {
	err := s.rows.each(rows, func(row []byte, y int) bool {
		s.row(row, y)
		s.dst = s.dots.row(s.dst, s.dark, y)
		return yield(s.dst, nil)
	})
	if err != nil {
		yield(nil, err)
	}
}

// row makes the next row dark.
func (s *sauvola) row(row []byte, y int) {
	for from := 0; from < s.width; {
		to, part := s.tone.cells.run(from, y, s.width)
		switch part {
		case empty:
			clear(s.dark[from:to])
		case pictured:
			for x := from; x < to; x++ {
				s.dark[x] = s.tone.table[s.near.smooth(x, row[x])]
			}
		default:
			s.written(row, y, from, to)
		}
		from = to
	}
}

// written makes the part of a row from one column to another, in which something may be written.
func (s *sauvola) written(row []byte, y, from, to int) {
	var sum, squares int64
	for x := max(0, from-s.wide.rx-1); x < min(from+s.wide.rx, s.width); x++ {
		sum += int64(s.wide.sum[x])
		squares += int64(s.wide.squares[x])
	}
	for x := from; x < to; x++ {
		if in := x + s.wide.rx; in < s.width {
			sum += int64(s.wide.sum[in])
			squares += int64(s.wide.squares[in])
		}
		if out := x - s.wide.rx - 1; out >= 0 {
			sum -= int64(s.wide.sum[out])
			squares -= int64(s.wide.squares[out])
		}
		switch v := row[x]; {
		case v < s.tone.low:
			s.dark[x] = 255
		case v >= s.tone.high:
			s.dark[x] = 0
		default:
			n := float64(s.wide.rows * (min(s.width, x+s.wide.rx+1) - max(0, x-s.wide.rx)))
			s.dark[x] = s.between(v, x, y, float64(sum)/n, float64(squares)/n)
		}
	}
}

// between decides about a pixel between black and white by the mean of the shades around it and of their squares.
func (s *sauvola) between(v byte, x, y int, mean, squares float64) byte {
	var black bool
	if s.tone.clean {
		m, variance := s.near.at(x)
		black = s.faint(v, x, y)
		if !black && variance < s.tone.evenness {
			return s.tone.table[byte(m)]
		}
		black = black || v < s.tone.limit && float64(v) < mean
	} else {
		// v < m(1-k) + (k m / R) s, where s is not negative: no square root is needed.
		rest := float64(v) - mean*(1-sauvolaK)
		f := sauvolaK * mean / sauvolaR
		black = rest < 0 || rest*rest < f*f*(squares-mean*mean)
	}
	if black {
		return 255
	}
	return 0
}

// faint says that a pixel is part of a thin stroke that is too light for the threshold: clearly darker than what is two
// pixels away on either side.
func (s *sauvola) faint(v byte, x, y int) bool {
	above := int(v) + s.tone.faint
	row := s.rows.row(y)
	return int(row[max(x-2, 0)]) > above && int(row[min(x+2, s.width-1)]) > above ||
		int(s.rows.row(y - 2)[x]) > above && int(s.rows.row(y + 2)[x]) > above
}
