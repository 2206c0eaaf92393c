package jbig

import "math/bits"

// putRow3 codes a row by the three-line template with the adaptive pixel in its first place.
func (e *Encoder) putRow3() {
	w := &e.out
	cur, above, above2 := e.rows.cur, e.rows.above, e.rows.above2
	a := w.a
	for x := 0; x < e.p.Width; x += chunk {
		w0, w1, w2 := window(cur, x), window(above, x), window(above2, x)
		// Where these are 0, all of the context is white and the pixel too, or all black.
		notWhite := (w0 | w0>>1 | w0>>2 | w1<<2 | w1<<1 | w1 | w1>>1 | w1>>2 | w2<<1 | w2 | w2>>1) << 8
		notBlack := ^((w0 & (w0 >> 1) & (w0 >> 2) & (w1 << 2) & (w1 << 1) & w1 & (w1 >> 1) & (w1 >> 2) & (w2 << 1) & w2 & (w2 >> 1)) << 8)
		for left := min(chunk, e.p.Width-x); left > 0; {
			run, p := 0, uint64(0)
			switch {
			case int64(notWhite) >= 0:
				run = bits.LeadingZeros64(notWhite)
			case int64(notBlack) >= 0:
				run, p = bits.LeadingZeros64(notBlack), full
			}
			if run > 0 {
				run = min(run, left)
				s := w.ctx[p]
				if q := s.qe() * uint64(run); s.mps() == p&1 && q <= (a-half)>>qShift {
					a -= q << qShift
					left -= run
					w0, w1, w2, notWhite, notBlack = w0<<run, w1<<run, w2<<run, notWhite<<run, notBlack<<run
					continue
				}
			}
			cx := w2>>shift2&mask2 | w1>>shift1&mask1 | w0>>56&mask0
			bit := w0 >> 55 & 1
			s := w.ctx[cx&1023]
			a -= s.size()
			if s.mps() != bit || a < half {
				a = w.event(cx, a, bit)
			}
			left--
			w0, w1, w2, notWhite, notBlack = w0<<1, w1<<1, w2<<1, notWhite<<1, notBlack<<1
		}
	}
	w.a = a
}

// putGeneral codes a row by any template.
func (e *Encoder) putGeneral() {
	w, t := &e.out, e.template
	a := w.a
	for x := 0; x < e.p.Width; x += chunk {
		w0 := window(e.rows.cur, x)
		w1, w2, at := t.windows(&e.rows, x)
		for left := min(chunk, e.p.Width-x); left > 0; left-- {
			cx := w2>>shift2&t.mask2 | w1>>shift1&t.mask1 | w0>>56&t.mask0 | -(at>>63)&t.at
			bit := w0 >> 55 & 1
			s := w.ctx[cx&1023]
			a -= s.size()
			if s.mps() != bit || a < half {
				a = w.event(cx, a, bit)
			}
			w0, w1, w2, at = w0<<1, w1<<1, w2<<1, at<<1
		}
	}
	w.a = a
}
