package ccitt

import "encoding/binary"

const (
	// closing is how many sentinels close a list of the decoder's own: steps look
	// and copy so far beyond the end.
	closing = 16
	// reach is what an index of one byte reaches: lists are followed by as much
	// memory, so that no index within a step needs a test.
	reach = 256
)

// place is where in a row the decoder is, passed from loop to loop in
// registers: the next bit, the end of what is decoded, the index in lists of the
// next change, and that of the change two before b1.
type place struct {
	bp    int
	a0    int32
	k, b1 uint32
}

// twoDimensional decodes a row by reference to the one above (T.4 section 4.2,
// T.6 section 2.2).
func (d *Decoder) twoDimensional() outcome {
	d.a0, d.k, d.bi = -1, 1, 1
	for d.a0 < d.w {
		if !d.uneven {
			d.usual2D()
			if d.a0 >= d.w {
				break
			}
		}
		d.in.refill()
		if o := d.otherMode(d.tab.modes[d.in.acc>>(64-modeBits)]); o != rowGood {
			return o
		}
	}
	return d.ended()
}

// usual2D decodes up to the end of the row or to something rare.
func (d *Decoder) usual2D() {
	p := place{d.in.bp, d.a0, uint32(d.curAt + d.k), uint32(d.refAt + d.bi - 2)}
	for {
		p = d.verticals(p)
		at := p.bp
		p = d.horizontals(p)
		if p.bp == at || p.a0 >= d.w {
			break
		}
	}
	p = d.copied(p)
	d.in.bp = p.bp
	d.a0, d.k, d.bi = p.a0, int(p.k)-d.curAt, int(p.b1)-d.refAt+2
}

// verticals decodes vertical and pass modes, step by step, until a step is none
// or does not end within the row. What is to be done is read from the table and
// done without asking what it is, because such questions are hard to predict.
func (d *Decoder) verticals(p place) place {
	buf, steps := d.in.buf, d.tab.steps
	bp, a0, k, b1 := p.bp, p.a0, p.k, p.b1
	l, w := d.lists, d.w
	for bp>>3 <= d.in.lim {
		i := bp >> 3 & (chunk - 1)
		x := binary.BigEndian.Uint64(buf[i:i+load64]) << (bp & 7)
		for range windowBits / stepBits {
			s := x >> (64 - stepBits - stepShift) & ((1<<stepBits - 1) << stepShift)
			used := uint(steps[s+stepUsed])
			if used == 0 {
				return place{bp, a0, k, b1}
			}
			r := (*[reach]int32)(l[int(b1) : int(b1)+reach : int(b1)+reach])
			c := (*[reach]int32)(l[int(k) : int(k)+reach : int(k)+reach])
			c[0], c[1], c[2], c[3] = r[2], r[3], r[4], r[5]
			last, before := a0, uint(steps[s+stepBefore])
			if v := r[before&(reach-1)]; before != 0 {
				last = v
			}
			a1 := r[steps[s+stepB1]] + int32(int8(steps[s+stepRight]))
			if a1 >= w || a1 <= last {
				return place{bp, a0, k, b1}
			}
			c[steps[s+stepCopies]] = a1
			a0 = a1
			k += uint32(steps[s+stepAdds])
			next := uint32(steps[s+stepNext])
			b1 += next
			b1 += uint32((a1-r[next&(reach-1)])>>31) << 1 // back 2 where that is right of a1
			bp += int(used)
			x <<= used & 63
		}
	}
	return place{bp, a0, k, b1}
}

// horizontals decodes horizontal modes of two runs that are not empty and have
// no more than a make-up and a terminating code each.
func (d *Decoder) horizontals(p place) place {
	tab, l := d.tab, d.lists
	for p.bp>>3 <= d.in.lim && p.a0 < d.w {
		x := d.in.window(p.bp)
		if x>>61 != 1 {
			break
		}
		colour := int(^p.k & 1)
		e := tab.pairs[colour][x<<3>>(64-runBits)]
		r1, r2, used := int32(e>>4&0xfff), int32(e>>16), uint(e&15)
		if e == 0 {
			if r1, r2, used = tab.twoRuns(x<<3, colour); used == 0 {
				break
			}
		}
		a1 := max(p.a0, 0) + r1
		p.a0 = a1 + r2
		l[p.k], l[p.k+1] = a1, p.a0
		p.k += 2
		p.bp += int(3 + used)
		for l[p.b1+2] <= p.a0 && p.a0 < d.w {
			p.b1 += 2
		}
	}
	return p
}

// copied decodes V(0) codes, one by one, up to the end of the row.
func (d *Decoder) copied(p place) place {
	if p.bp>>3 > d.in.lim {
		return p
	}
	for x := d.in.window(p.bp); x>>63 == 1 && p.a0 < d.w; x <<= 1 {
		p.a0 = d.lists[p.b1+2]
		d.lists[p.k] = p.a0
		p.bp, p.k, p.b1 = p.bp+1, p.k+1, p.b1+1
	}
	return p
}
