package ccitt

import "encoding/binary"

// twoDimensional decodes a row by reference to the one above (T.4 section 4.2,
// T.6 section 2.2). The state of the row lives in local variables; what is rare
// leaves the loop by otherMode.
func (d *Decoder) twoDimensional() outcome {
	modes, buf := &d.tab.modes, d.in.buf
	acc, n, pos, lim := d.in.acc, d.in.n, d.in.pos, d.in.lim
	cur, ref, w := d.cur, d.ref, d.w
	a0, k, bi := int32(-1), 1, 1
	for a0 < w {
		if pos > lim {
			pos, lim = d.in.moreFrom(pos)
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
			bi += int(uint32(ref[bi]-a0-1)>>31) << 1 // 2 where ref[bi] <= a0
			for ref[bi] <= a0 && a0 < w {
				bi += 2
			}
			e >>= 16
		}
		if e == 0 || a0 >= w {
			continue
		}
		if e&symPass != 0 {
			a0, bi = ref[bi+1], bi+2
			acc, n = acc<<4, n-4
			continue
		}
		if r1, r2, used := d.tab.twoRuns(acc<<3, 1-k&1); used > 0 && e&symHorizontal != 0 {
			a1 := max(a0, 0) + r1
			a0 = a1 + r2
			cur[k], cur[k+1] = a1, a0
			k += 2
			acc, n = acc<<(3+used), n-3-used
			for ref[bi] <= a0 && a0 < w {
				bi += 2
			}
			continue
		}
		d.keep(acc, n, pos, a0, k, bi)
		if o := d.otherMode(e); o != rowGood {
			return o
		}
		acc, n, pos, lim = d.in.acc, d.in.n, d.in.pos, d.in.lim
		a0, k, bi = d.a0, d.k, d.bi
	}
	d.keep(acc, n, pos, a0, k, bi)
	return d.ended()
}

// keep stores the state of a row between loops.
func (d *Decoder) keep(acc uint64, n uint, pos int, a0 int32, k, bi int) {
	d.in.acc, d.in.n, d.in.pos = acc, n, pos
	d.a0, d.k, d.bi = a0, k, bi
}
