package jbig

import "encoding/binary"

// A row in memory is its packed pixels with zeros on both sides, so that windows may reach over its ends.
const (
	padLeft  = 24 // bytes, for maxOffset pixels and a window's margin
	padRight = 16

	// chunk is how many pixels are coded from one window: 64 pixels less 8 on either side.
	chunk = 48
)

// rows are the three rows that a template sees.
type rows struct {
	cur, above, above2 []byte // with padding
	stride             int    // bytes without
	twins              bool   // cur and above are the same
}

// reset makes all rows white.
func (r *rows) reset(width int) {
	r.stride = (width + 7) / 8
	if need := padLeft + r.stride + padRight; cap(r.cur) < need {
		r.cur, r.above, r.above2 = make([]byte, need), make([]byte, need), make([]byte, need)
	}
	for _, row := range []*[]byte{&r.cur, &r.above, &r.above2} {
		*row = (*row)[:padLeft+r.stride+padRight]
		clear(*row)
	}
	r.twins = true
}

// next makes the current row the one above.
func (r *rows) next() {
	r.cur, r.above, r.above2 = r.above2, r.cur, r.above
	r.twins = false
}

// repeat is next and a current row that equals the one above.
func (r *rows) repeat() {
	if r.twins {
		return // and so may be the row above them, but no row looks that far
	}
	r.next()
	copy(r.cur, r.above)
	r.twins = true
}

// pixels is what is in a row without its padding.
func (r *rows) pixels(row []byte) []byte { return row[padLeft : padLeft+r.stride] }

// window gives the 64 pixels from eight before x, a multiple of eight, on.
func window(row []byte, x int) uint64 {
	return binary.BigEndian.Uint64(row[padLeft+x>>3-1:])
}

// template says where the ten pixels of a context are, other than in the three-line template as it stands at the start of
// a page: masks for what the windows have of each row, what the window of row y-1 is shifted left by before all else, the
// place of the adaptive pixel, and how many pixels to the left it looks, or 0.
type template struct {
	mask2, mask1, mask0 uint64
	before              uint
	at                  uint64
	tx                  uint
}

// Where the contexts of the default templates have the pixels (T.82 Figures 3 and 4), the oldest row and the leftmost
// pixel first.
const (
	mask2 = 0x380 // row y-2: x-1 to x+1
	mask1 = 0x07c // row y-1: x-2 to x+2, the last is adaptive
	mask0 = 0x003 // row y: x-2 and x-1

	shift2 = 47
	shift1 = 51

	full = 1023 // all ten are black
)

// The contexts by which typical prediction's pixels are coded (T.82 Figures 8 and 9).
const (
	typical3 = 0x0e5
	typical2 = 0x195
)

// newTemplate gives the template with its adaptive pixel tx to the left; 0 is where it starts.
func newTemplate(twoLine bool, tx int) template {
	t := template{mask2: mask2, mask1: mask1, mask0: mask0, at: 0x004, tx: uint(tx)}
	if twoLine {
		t = template{mask1: 0x3f0, mask0: 0x00f, before: 2, at: 0x010, tx: uint(tx)}
	}
	if tx > 0 {
		t.mask1 &^= t.at
	}
	return t
}

// windows gives what is known around the pixels from x on.
func (t template) windows(r *rows, x int) (w1, w2, at uint64) {
	return window(r.above, x) << t.before, window(r.above2, x), t.lookBack(r.cur, x)
}

// lookBack gives the pixels that the adaptive pixel is on, from that for x on: 56 of them at least.
func (t template) lookBack(row []byte, x int) uint64 {
	if t.tx == 0 {
		return 0
	}
	x -= int(t.tx)
	return binary.BigEndian.Uint64(row[padLeft+x>>3:]) << (x & 7)
}
