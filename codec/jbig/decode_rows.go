package jbig

import (
	"encoding/binary"
	"math/bits"
)

// row3 decodes a row by the three-line template with the adaptive pixel in its first place.
func (d *Decoder) row3() {
	cur, above, above2 := d.rows.cur, d.rows.above, d.rows.above2
	done := uint64(0) // pixels, the last one lowest
	for x := 0; x < d.p.Width; x += chunk {
		n := min(chunk, d.p.Width-x)
		done = d.arith.chunk3(window(above, x), window(above2, x), done&mask0|1<<(63-n)) << (64 - n)
		binary.BigEndian.PutUint64(cur[padLeft+x>>3:], done)
		done >>= 64 - n
	}
}

// chunk3 decodes pixels below windows of the two rows above; done are the pixels before and an end mark: 1, which the
// pixels push to the top. The contexts that a pixel may have are read before the pixel to its left is known, since
// waiting for each in turn would take most of the time.
func (d *arith) chunk3(w1, w2, done uint64) uint64 {
	a := d.a
	for int64(done) >= 0 {
		cx := w2>>shift2&mask2 | w1>>shift1&mask1 | done&mask0
		if p := cx & 1; cx == -p&full && d.ctx[cx&1023].mps() == p {
			// As long as the rows above have one colour, all contexts that follow upon a pixel of it are the same.
			run := uint64(min(bits.LeadingZeros64((w1^-p)<<6)-4, bits.LeadingZeros64((w2^-p)<<7)-2, bits.LeadingZeros64(done)))
			if q := d.ctx[cx&1023].qe() * run; a >= d.limit && q <= (a-d.limit)>>qShift {
				a -= q << qShift
				run &= 63
				done, w1, w2 = (done^-p)<<run^-p, w1<<run, w2<<run
				continue
			}
		}
		for e := d.ctx[cx&1023]; ; {
			w1, w2 = w1<<1, w2<<1
			next := w2>>shift2&mask2 | w1>>shift1&mask1 | done<<1&mask0
			e0, e1 := d.ctx[next&1023], d.ctx[next&1023|1]
			a -= e.size()
			bit := e.mps()
			if a < d.limit {
				bit, a = d.event(cx, a)
				e0, e1 = d.ctx[next&1023], d.ctx[next&1023|1]
			}
			e = e0 ^ (e0^e1)&-entry(bit)
			cx = next | bit
			done = done<<1 | bit
			if cx == -bit&full || int64(done) < 0 {
				break
			}
		}
	}
	d.a = a
	return done
}

// general decodes a row by any template.
func (d *Decoder) general() {
	t := d.template
	done := uint64(0)
	for x := 0; x < d.p.Width; x += chunk {
		n := min(chunk, d.p.Width-x)
		w1, w2, at := t.windows(&d.rows, x)
		done = d.arith.chunkAny(&t, w1, w2, at, done&t.mask0|1<<(63-n)) << (64 - n)
		binary.BigEndian.PutUint64(d.rows.cur[padLeft+x>>3:], done)
		done >>= 64 - n
	}
}

// chunkAny is chunk3 for any template.
func (d *arith) chunkAny(t *template, w1, w2, at, done uint64) uint64 {
	near, nearShift := uint64(0), (64-t.tx)&63 // a pixel done is looked back on in this window
	if t.tx > 0 && t.tx <= 64 {
		near = 1
	}
	a := d.a
	cx := w2>>shift2&t.mask2 | w1>>shift1&t.mask1 | done&t.mask0 | -(at>>63)&t.at
	for e := d.ctx[cx&1023]; int64(done) >= 0; {
		w1, w2, at = w1<<1, w2<<1, at<<1
		next := w2>>shift2&t.mask2 | w1>>shift1&t.mask1 | done<<1&t.mask0 | -(at>>63)&t.at
		e0, e1 := d.ctx[next&1023], d.ctx[next&1023|1]
		a -= e.size()
		bit := e.mps()
		if a < d.limit {
			bit, a = d.event(cx, a)
			e0, e1 = d.ctx[next&1023], d.ctx[next&1023|1]
		}
		e = e0 ^ (e0^e1)&-entry(bit)
		cx = next | bit
		done = done<<1 | bit
		at |= bit & near << nearShift
	}
	d.a = a
	return done
}
