package ccitt

import "encoding/binary"

// oneDimensional decodes a row of white and black runs (T.4 section 4.1).
func (d *Decoder) oneDimensional() outcome {
	pairs, buf := &d.tab.pairs, d.in.buf
	acc, n, pos, lim := d.in.acc, d.in.n, d.in.pos, d.in.lim
	cur, k, a0, w := d.cur, 1, int32(0), d.w
	for a0 < w {
		if pos > lim {
			pos, lim = d.in.moreFrom(pos)
		}
		acc |= binary.BigEndian.Uint64(buf[pos:]) >> n
		pos += int(63-n) >> 3
		n |= 56
		e := pairs[acc>>(64-runBits)]
		a1 := a0 + int32(e>>4&0xfff)
		if e != 0 && a1 < w {
			a0 = a1 + int32(e>>16)
			cur[k], cur[k+1] = a1, a0
			k += 2
			acc <<= e & 15
			n -= uint(e & 15)
			continue
		}
		if r1, r2, used := d.tab.twoRuns(acc, white); used > 0 && a0+r1 < w {
			a1 = a0 + r1
			a0 = a1 + r2
			cur[k], cur[k+1] = a1, a0
			k += 2
			acc <<= used
			n -= used
			continue
		}
		d.keep(acc, n, pos, a0, k, 1)
		if o := d.slow1D(); o != rowGood {
			return o
		}
		acc, n, pos, lim = d.in.acc, d.in.n, d.in.pos, d.in.lim
		k, a0 = d.k, d.a0
	}
	d.keep(acc, n, pos, a0, k, 1)
	return d.ended()
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
	return (r.eof || r.frozen) && r.acc == 0 && r.pos*8 >= r.end*8
}

// stopped ends a row before its width: the rest is white.
func (d *Decoder) stopped(o outcome) outcome {
	if d.k&1 == 0 {
		d.push(d.a0)
	}
	return o
}
