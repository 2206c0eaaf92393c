package jbig

import (
	"encoding/binary"
	"math/bits"
)

// row3 decodes a row by the three-line template with the adaptive pixel in its first place.
func (d *Decoder) row3() {
	r := &d.arith
	cur, above, above2 := d.rows.cur, d.rows.above, d.rows.above2
	a := r.a
	done := uint64(0) // pixels, the last one lowest
	for x := 0; x < d.p.Width; x += chunk {
		w1, w2 := window(above, x), window(above2, x)
		n := min(chunk, d.p.Width-x)
		for left := n; left > 0; {
			cx := w2>>shift2&mask2 | w1>>shift1&mask1 | done&mask0
			e := r.ctx[cx&1023]
			if cx == 0 && e.mps() == 0 {
				// As long as the rows above are white, so are all contexts that follow upon a white pixel.
				run := uint64(min(bits.LeadingZeros64(w1<<6)-4, bits.LeadingZeros64(w2<<7)-2, left))
				if q := e.qe() * run; q <= (a-r.limit)>>qShift && a >= r.limit {
					a -= q << qShift
					left -= int(run)
					done, w1, w2 = done<<run, w1<<run, w2<<run
					continue
				}
			}
			a -= e.size()
			bit := e.mps()
			if a < r.limit {
				bit, a = r.event(cx, a)
			}
			left--
			done, w1, w2 = done<<1|bit, w1<<1, w2<<1
		}
		binary.BigEndian.PutUint64(cur[padLeft+x>>3:], done<<(64-n))
	}
	r.a = a
}

// general decodes a row by any template.
func (d *Decoder) general() {
	r, t := &d.arith, d.template
	a := r.a
	done := uint64(0)
	near, nearShift := uint64(0), 63-t.tx&63 // a pixel done is looked back on in this window
	if t.tx < 64 {
		near = 1
	}
	for x := 0; x < d.p.Width; x += chunk {
		w1, w2 := window(d.rows.above, x), window(d.rows.above2, x)
		at := t.lookBack(d.rows.cur, x)
		n := min(chunk, d.p.Width-x)
		for range n {
			cx := w2>>shift2&t.mask2 | w1>>(t.shift1&63)&t.mask1 | done&t.mask0 | at>>63<<(t.at&63)
			e := r.ctx[cx&1023]
			a -= e.size()
			bit := e.mps()
			if a < r.limit {
				bit, a = r.event(cx, a)
			}
			done, w1, w2 = done<<1|bit, w1<<1, w2<<1
			at |= bit & near << (nearShift & 63)
			at <<= 1
		}
		binary.BigEndian.PutUint64(d.rows.cur[padLeft+x>>3:], done<<(64-n))
	}
	r.a = a
}
