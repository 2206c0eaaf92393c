package jbig

import (
	"bytes"
	"encoding/binary"
)

// reference is a slow T.85 decoder as T.82's flow charts have it: a byte at a time, a pixel at a time, with the whole page
// and all of its data in memory. It knows neither damage nor limits other than a number of rows.
type reference struct {
	p       Params
	data    []byte // of the stripe, unstuffed
	pos     int
	a, c    uint32 // T.82 Figure 30: Chigh and Clow are the halves of c
	ct      int
	state   [1024]uint8
	mps     [1024]uint8
	page    [][]uint8 // a byte for each pixel
	tx      int
	typical bool
}

func (r *reference) byteIn() {
	b := uint32(0)
	if r.pos < len(r.data) {
		b = uint32(r.data[r.pos])
	}
	r.pos++
	r.c += b << 8
	r.ct = 8
}

func (r *reference) begin(data []byte) {
	r.data, r.pos, r.c = data, 0, 0
	r.byteIn()
	r.c <<= 8
	r.byteIn()
	r.c <<= 8
	r.byteIn()
	r.a = 0x10000
}

// decide is T.82's DECODE with LPS_EXCHANGE and MPS_EXCHANGE.
func (r *reference) decide(cx int) (pixel uint8) {
	s := states[r.state[cx]]
	pixel = r.mps[cx]
	r.a -= uint32(s.qe)
	lps := false
	switch {
	case r.c>>16 < r.a && r.a&0x8000 != 0:
		return pixel
	case r.c>>16 < r.a:
		lps = r.a < uint32(s.qe)
	default:
		r.c -= r.a << 16
		lps = r.a >= uint32(s.qe)
		r.a = uint32(s.qe)
	}
	if lps {
		pixel ^= 1
		if s.change {
			r.mps[cx] ^= 1
		}
		r.state[cx] = s.lps
	} else {
		r.state[cx] = s.mps
	}
	for ok := true; ok; ok = r.a&0x8000 == 0 {
		if r.ct == 0 {
			r.byteIn()
		}
		r.a <<= 1
		r.c <<= 1
		r.ct--
	}
	return pixel
}

func (r *reference) pixel(x, y int) int {
	if x < 0 || x >= r.p.Width || y < 0 {
		return 0
	}
	return int(r.page[y][x])
}

// context is T.82 Figures 3 and 4.
func (r *reference) context(x, y int) (cx int) {
	adaptive := r.pixel(x+2, y-1)
	if r.tx > 0 {
		adaptive = r.pixel(x-r.tx, y)
	}
	places := [][2]int{{-1, -2}, {0, -2}, {1, -2}, {-2, -1}, {-1, -1}, {0, -1}, {1, -1}, {9, 9}, {-2, 0}, {-1, 0}}
	if r.p.TwoLine {
		places = [][2]int{{-3, -1}, {-2, -1}, {-1, -1}, {0, -1}, {1, -1}, {9, 9}, {-4, 0}, {-3, 0}, {-2, 0}, {-1, 0}}
	}
	for _, at := range places {
		bit := adaptive
		if at[0] != 9 {
			bit = r.pixel(x+at[0], y+at[1])
		}
		cx = cx<<1 | bit
	}
	return cx
}

func (r *reference) row() {
	y := len(r.page)
	r.page = append(r.page, make([]uint8, r.p.Width))
	if !r.p.NoTypical {
		cx := 0b0011100101
		if r.p.TwoLine {
			cx = 0b0110010101
		}
		if r.decide(cx) == 0 {
			r.typical = !r.typical
		}
		if r.typical {
			if y > 0 {
				copy(r.page[y], r.page[y-1])
			}
			return
		}
	}
	for x := range r.p.Width {
		r.page[y][x] = r.decide(r.context(x, y))
	}
}

// stripe decodes the rows of one stripe.
func (r *reference) stripe(data []byte, moves map[int]int, height int) {
	r.begin(data)
	for line := range r.p.Stripe {
		if len(r.page) == height {
			return
		}
		if tx, ok := moves[line]; ok {
			r.tx = tx
		}
		r.row()
	}
}

// packed gives the first n rows.
func (r *reference) packed(n int) (rows []byte) {
	for _, row := range r.page[:min(n, len(r.page))] {
		b := make([]byte, (len(row)+7)/8)
		for x, v := range row {
			b[x/8] |= v << (7 - x%8)
		}
		rows = append(rows, b...)
	}
	return rows
}

// referenceDecode decodes a page of at most most rows; ok is false where something is in the data that it does not know.
func referenceDecode(p Params, data []byte, most int) (rows []byte, ok bool) {
	r := &reference{p: p}
	height := most
	if p.Height > 0 {
		height = min(p.Height, most)
	}
	for len(r.page) < height {
		moves := map[int]int{}
		for {
			next, kind := floatingSegment(data)
			if kind == 0 {
				break
			}
			if next == nil {
				return nil, false
			}
			switch kind {
			case mNEWLEN:
				height = min(height, int(min(binary.BigEndian.Uint32(data[2:]), 1<<30)))
			case mATMOVE:
				moves[int(min(binary.BigEndian.Uint32(data[2:]), 1<<30))] = int(data[6])
			}
			data = next
		}
		coded, rest, end := splitStripe(data)
		if end != mSDNORM && end != mSDRST {
			return nil, false
		}
		if next, kind := floatingSegment(rest); kind == mNEWLEN && next != nil {
			height = min(height, int(min(binary.BigEndian.Uint32(rest[2:]), 1<<30)))
		}
		data = rest
		r.stripe(coded, moves, height)
		if end == mSDRST {
			return r.packed(height), len(r.page) == height // what is forgotten is for jbigkit to judge
		}
	}
	return r.packed(height), true
}

// floatingSegment finds a marker segment at the start of data and gives what is after it, nil if it is cut.
func floatingSegment(data []byte) (rest []byte, kind byte) {
	if len(data) < 2 || data[0] != esc || data[1] < mNEWLEN || data[1] > mCOMMENT {
		return data, 0
	}
	n := map[byte]int{mNEWLEN: 6, mATMOVE: 8, mCOMMENT: 6}[data[1]]
	if data[1] == mCOMMENT && len(data) >= n {
		n += int(min(binary.BigEndian.Uint32(data[2:]), 1<<30))
	}
	if len(data) < n {
		return nil, data[1]
	}
	return data[n:], data[1]
}

// splitStripe takes the coded data of a stripe, without its stuffing, up to the marker at its end.
func splitStripe(data []byte) (coded, rest []byte, end byte) {
	for {
		i := bytes.IndexByte(data, esc)
		if i < 0 || i+1 == len(data) {
			return nil, nil, 0
		}
		coded = append(coded, data[:i]...)
		if data[i+1] != mSTUFF {
			return coded, data[i+2:], data[i+1]
		}
		coded = append(coded, esc)
		data = data[i+2:]
	}
}
