package ccitt

import "encoding/binary"

// oneDimensional decodes a row of white and black runs (T.4 section 4.1).
func (d *Decoder) oneDimensional() outcome {
	d.a0, d.k = 0, 1
	for d.a0 < d.w {
		d.usual1D()
		if d.a0 >= d.w {
			break
		}
		if o := d.slow1D(); o != rowGood {
			return o
		}
	}
	return d.ended()
}

// usual1D decodes up to the end of the row or to something rare.
func (d *Decoder) usual1D() {
	p := place{bp: d.in.bp, a0: d.a0, k: uint32(d.k)}
	for more := true; more && p.a0 < d.w; {
		p, more = d.longPair(d.pairs(p))
	}
	d.in.bp, d.a0, d.k = p.bp, p.a0, int(p.k)
}

// pairs decodes a white and a black run at a time, by one look-up where both
// codes are short, until the white run ends the row or something rare comes.
func (d *Decoder) pairs(p place) place {
	buf, table := d.in.buf, &d.tab.pairs[white]
	whites, blacks := &d.tab.runs[white], &d.tab.runs[black]
	bp, a0, k := p.bp, p.a0, p.k
	cur, w := d.cur, d.w
	if bp>>3 > d.in.lim {
		return p
	}
	// What is loaded next depends on all codes before it, so the bits that are
	// left are kept and those behind them added, which takes less time than to
	// load the window anew.
	i := bp >> 3 & (chunk - 1)
	x, n := binary.BigEndian.Uint64(buf[i:i+load64])<<(bp&7), 56-bp&7
	for pos := bp>>3 + 7; pos <= d.in.lim; {
		i = pos & (chunk - 1)
		x |= binary.BigEndian.Uint64(buf[i:i+load64]) >> (n & 63)
		pos += (63 - n) >> 3
		n |= 56
		e := table[x>>(64-runBits)]
		if e == 0 {
			r1, n1 := whites.whole(x)
			y := x << (n1 & 63)
			r2, n2 := blacks.whole(y)
			a1 := a0 + r1
			if r1 == 0 || r2 == 0 || a1 >= w {
				return place{bp: pos<<3 - n, a0: a0, k: k}
			}
			a0 = a1 + r2
			c := (*[2]int32)(cur[int(k) : int(k)+2 : int(k)+2])
			c[0], c[1] = a1, a0
			k += 2
			n -= int(n1 + n2)
			x = y << (n2 & 63)
			bp = pos<<3 - n
			continue
		}
		for i := 0; i < 56/runBits && e != 0; i++ {
			a1 := a0 + int32(e>>4&0xfff)
			if a1 >= w {
				return place{bp: pos<<3 - n, a0: a0, k: k}
			}
			a0 = a1 + int32(e>>16)
			c := (*[2]int32)(cur[int(k) : int(k)+2 : int(k)+2])
			c[0], c[1] = a1, a0
			k += 2
			n -= int(e & 15)
			x <<= e & 15
			e = table[x>>(64-runBits)]
		}
		bp = pos<<3 - n
	}
	return place{bp: bp, a0: a0, k: k}
}

// longPair decodes a white and a black run that are not empty, of a make-up and
// a terminating code each at the most, or a white one that ends the row. It
// reports whether there were any.
func (d *Decoder) longPair(p place) (place, bool) {
	if p.bp>>3 > d.in.lim || p.a0 >= d.w {
		return p, false
	}
	x := d.in.window(p.bp)
	r1, n1 := d.tab.runs[white].whole(x)
	r2, n2 := d.tab.runs[black].whole(x << (n1 & 63))
	a1 := p.a0 + r1
	if r1 > 0 && a1 >= d.w {
		d.cur[p.k] = a1
		return place{bp: p.bp + int(n1), a0: a1, k: p.k + 1}, true
	}
	if r1 == 0 || r2 == 0 {
		return p, false
	}
	d.cur[p.k], d.cur[p.k+1] = a1, a1+r2
	return place{bp: p.bp + int(n1+n2), a0: a1 + r2, k: p.k + 2}, true
}

// ended is the outcome of a row whose runs reach its end.
func (d *Decoder) ended() outcome {
	if d.a0 > d.w {
		return rowLong
	}
	return rowGood
}

// slow1D decodes runs of whatever length up to the end of a black one, or finds
// out what else comes here.
func (d *Decoder) slow1D() outcome {
	for d.a0 < d.w {
		colour := 1 - d.k&1
		switch {
		case !d.run(colour):
			if o := d.oddCode1D(); o != rowGood {
				return o
			}
		case colour == black:
			d.dropEmptyPair()
			return rowGood
		}
	}
	return rowGood
}

// dropEmptyPair takes back a white and a black run that are both empty.
func (d *Decoder) dropEmptyPair() {
	if k := d.k; k > 3 && d.cur[k-1] == d.cur[k-2] && d.cur[k-2] == d.cur[k-3] {
		d.k -= 2
	}
}

// run decodes the codes of one run and appends its end. When it meets another
// code it stops before that: make-up codes that have no end are a run still.
func (d *Decoder) run(colour int) bool {
	var length int32
	for {
		d.in.refill()
		e := d.tab.runs[colour][d.in.acc>>(64-runBits)]
		if e == 0 {
			if length > 0 {
				d.advance(length)
			}
			return false
		}
		d.in.skip(uint(e & 15))
		length = min(length+int32(e>>4), d.w+1)
		if e>>4 < 64 {
			d.advance(length)
			return true
		}
	}
}

// advance appends a run.
func (d *Decoder) advance(length int32) {
	d.a0 = max(d.a0, 0) + length
	d.push(d.a0)
}

// oddCode1D tells what stands where a run code should.
func (d *Decoder) oddCode1D() outcome {
	r := &d.in
	r.refill()
	switch {
	case r.acc>>(64-eolBits) == uncompressed1D:
		r.skip(eolBits)
		return d.uncompressed()
	case d.restIsNothing():
		return d.stopped(rowCut)
	case r.acc>>(64-eolZeros) == 0:
		return d.stopped(rowShort)
	}
	return rowBad
}

// restIsNothing reports whether only the end of the data, a few zeros perhaps
// before it, is left.
func (d *Decoder) restIsNothing() bool {
	r := &d.in
	return (r.eof || r.frozen) && r.acc == 0 && r.bp+windowBits >= r.end*8
}

// stopped ends a row before its width: the rest is white.
func (d *Decoder) stopped(o outcome) outcome {
	if d.k&1 == 0 {
		d.push(d.a0)
	}
	return o
}
