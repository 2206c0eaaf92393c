package ccitt

import "math/bits"

// otherMode decodes what is not the usual vertical mode; e is the entry of the
// mode table for what comes next.
func (d *Decoder) otherMode(e uint16) outcome {
	r := &d.in
	switch {
	case e&symHorizontal != 0:
		r.skip(uint(e & symLen))
		return d.horizontal()
	case e&symPass != 0:
		r.skip(uint(e & symLen))
		d.a0 = d.ref[d.bi+1]
		d.bi += 2
		return rowGood
	case e&symVertical != 0:
		return d.vertical(e)
	case e&symUncompressed != 0:
		r.skip(uint(e & symLen))
		o := d.uncompressed()
		d.bi = 2 - d.k&1
		d.findB1()
		return o
	case d.restIsNothing():
		return d.stopped(rowCut)
	case r.acc>>(64-eolZeros) == 0:
		return d.stopped(rowShort)
	}
	return rowBad
}

// findB1 moves on to the first change of the row above right of a0; the colour
// it changes to stays.
func (d *Decoder) findB1() {
	for d.ref[d.bi] <= d.a0 && d.a0 < d.w {
		d.bi += 2
	}
}

// horizontal decodes two runs, the first of the colour at a0.
func (d *Decoder) horizontal() outcome {
	first := 1 - d.k&1
	if !d.run(first) || !d.run(1-first) {
		d.a0 = max(d.a0, 0) // the row has begun: an EOL is not the page's end
		return d.badRun2D()
	}
	d.findB1()
	return rowGood
}

func (d *Decoder) badRun2D() outcome {
	if d.restIsNothing() {
		return d.stopped(rowCut)
	}
	return rowBad
}

// vertical is a vertical mode. One that does not move right is an empty run,
// which some writers make; left of a0 it cannot be.
func (d *Decoder) vertical(e uint16) outcome {
	a1 := d.ref[d.bi] + int32(e>>symShift&7) - 3
	if a1 < d.a0 || a1 < 0 {
		return rowBad
	}
	d.in.skip(uint(e & symLen))
	d.a0 = a1
	d.push(a1)
	d.bi += 1 - int(e>>7&1)<<1
	d.findB1()
	return rowGood
}

// uncompressed decodes pixels given as they are, up to the code that leaves
// the mode and names the colour to go on with (T.4 section 4.2.1.3.3, T.6
// section 2.2.4): zeros and a one are pixels, six zeros or more leave.
func (d *Decoder) uncompressed() outcome {
	d.st.Uncompressed = true
	d.a0 = max(d.a0, 0)
	for d.a0 <= d.w {
		d.in.refill()
		z := bits.LeadingZeros64(d.in.acc)
		switch {
		case z < 5:
			d.in.skip(uint(z + 1))
			d.pixels(white, z)
			d.pixels(black, 1)
		case z == 5:
			d.in.skip(6)
			d.pixels(white, 5)
		case z <= 10:
			d.in.skip(uint(z + 1))
			d.pixels(white, z-6)
			d.colour(int(d.in.acc >> 63))
			d.in.skip(1)
			return rowGood
		case d.restIsNothing():
			return d.stopped(rowCut)
		default:
			return rowBad
		}
	}
	return rowBad
}

// pixels appends n pixels of one colour.
func (d *Decoder) pixels(colour, n int) {
	if n > 0 {
		d.colour(colour)
		d.a0 += int32(n)
	}
}

// colour makes what follows a0 be of the colour.
func (d *Decoder) colour(c int) {
	if 1-d.k&1 != c && d.a0 < d.w {
		d.push(d.a0)
	}
}
