package ccitt

import "encoding/binary"

// twoDimensional decodes a row by reference to the one above (T.4 section 4.2,
// T.6 section 2.2).
func (d *Decoder) twoDimensional() outcome {
	r, modes := &d.in, &d.tab.modes
	acc, n, pos, lim, buf := r.acc, r.n, r.pos, r.lim, r.buf
	cur, ref, w := d.cur, d.ref, d.w
	a0, k, bi := int32(-1), 1, 1
	for a0 < w {
		if pos > lim {
			r.pos = pos
			r.more()
			pos, lim = r.pos, r.lim
		}
		acc |= binary.BigEndian.Uint64(buf[pos:]) >> n
		pos += int(63-n) >> 3
		n |= 56
		e := modes[acc>>(64-modeBits)]
		for e&symVertical != 0 && a0 < w {
			a1 := ref[bi] + int32(e>>symShift&7) - 3
			if a1 <= a0 {
				break
			}
			cur[k] = a1
			k++
			a0 = a1
			acc <<= e & symLen
			n -= uint(e & symLen)
			bi += 1 - int(e>>7&1)<<1
			for ref[bi] <= a0 && a0 < w {
				bi += 2
			}
			e >>= 16
		}
		if e == 0 || a0 >= w {
			continue
		}
		r.acc, r.n, r.pos = acc, n, pos
		d.a0, d.k, d.bi = a0, k, bi
		if o := d.otherMode(e); o != rowGood {
			return o
		}
		acc, n, pos, lim = r.acc, r.n, r.pos, r.lim
		a0, k, bi = d.a0, d.k, d.bi
	}
	r.acc, r.n, r.pos = acc, n, pos
	d.a0, d.k, d.bi = a0, k, bi
	return d.ended()
}
