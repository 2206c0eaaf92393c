package ccitt

// oneDimensional codes the n changes of cur as runs (T.4 section 4.1).
func (e *Encoder) oneDimensional(n int) {
	cur := e.cur[1 : 1+n+sentinels]
	width := cur[n]
	a0 := int32(0)
	for i := 0; ; i += 2 {
		a1, a2 := cur[i], cur[i+1]
		if a1 == width {
			if a0 < width {
				e.putRun(white, a1-a0)
			}
			return
		}
		e.putPair(0, 0, white, a1-a0, a2-a1)
		if a2 == width {
			return
		}
		a0 = a2
	}
}

// putPair appends a prefix of n bits and two runs of which the first has the
// colour.
func (e *Encoder) putPair(prefix uint64, n uint, colour int, first, second int32) {
	if first > maxCombo || second > maxCombo {
		if n > 0 {
			e.out.put(prefix, n)
		}
		e.putRun(colour, first)
		e.putRun(1-colour, second)
		return
	}
	c1, c2 := e.codes[colour][first], e.codes[1-colour][second]
	n1, n2 := uint(c1&31), uint(c2&31)
	e.out.put((prefix<<n1|uint64(c1>>5))<<n2|uint64(c2>>5), n+n1+n2)
}

// putRun appends a run of any length.
func (e *Encoder) putRun(colour int, run int32) {
	for run > maxCombo {
		e.out.put(longest.bits, longest.n)
		run -= lastMakeUp
	}
	c := e.codes[colour][run]
	e.out.put(uint64(c>>5), uint(c&31))
}

// longest is the make-up code of lastMakeUp pixels.
var longest = struct {
	bits uint64
	n    uint
}{0b000000011111, 12}

// verticalCodes[d+3] are the codes of the vertical modes: bits<<3 | length.
var verticalCodes = func() (t [len(vertical)]uint8) {
	for i, s := range vertical {
		c := word(s)
		t[i] = uint8(c.bits<<3) | uint8(c.n)
	}
	return t
}()

// twoDimensional codes cur by reference to ref (T.4 section 4.2.1.3, T.6
// section 2.2). i is a1 in cur and j is b1 in ref; they are odd where the
// colour at a0 is white.
func (e *Encoder) twoDimensional() {
	cur, ref, width := e.cur, e.ref, int32(e.p.Width)
	a0, i, j := int32(-1), 1, 1
	for a0 < width {
		a1, b1 := cur[i], ref[j]
		if b2 := ref[j+1]; b2 < a1 {
			e.out.put(1, 4)
			a0 = b2
			j += 2
			continue
		}
		d := a1 - b1
		if d < -3 || d > 3 {
			a2 := cur[i+1]
			e.putPair(1, 3, 1-i&1, a1-max(a0, 0), a2-a1)
			a0 = a2
			i += 2
		} else {
			c := verticalCodes[d+3]
			e.out.put(uint64(c>>3), uint(c&7))
			a0 = a1
			i++
			j += 1 - int(uint32(d)>>31)<<1
		}
		if a0 >= width {
			return
		}
		for ref[j] <= a0 {
			j += 2
		}
	}
}
