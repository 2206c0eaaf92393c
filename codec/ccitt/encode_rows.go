package ccitt

// The loops of this file keep the writer's acc and n in variables of their own,
// and write no code on its own that can be joined to the next: both halve their time.

// oneDimensional codes a list without sentinels as runs (T.4 section 4.1).
func (e *Encoder) oneDimensional(cur []int32) {
	acc, used := e.out.acc, e.out.n
	a0 := int32(0)
	for i := 1; i < len(cur); i += 2 {
		a1, a2 := cur[i-1], cur[i]
		first, second := uint32(a1-a0), uint32(a2-a1)
		a0 = a2
		if first|second < shortRuns {
			code, k := e.codes.pair(white, first, second)
			acc, used = e.out.append(acc, used, code, k)
			continue
		}
		e.out.acc, e.out.n = acc, used
		e.putRun(white, first)
		e.putRun(black, second)
		acc, used = e.out.acc, e.out.n
	}
	e.out.acc, e.out.n = acc, used
	width := int32(e.p.Width)
	if len(cur)&1 == 0 {
		e.putRun(white, uint32(width-a0))
		return
	}
	a1 := cur[len(cur)-1]
	e.putRun(white, uint32(a1-a0))
	e.putRun(black, uint32(width-a1))
}

// putRun appends a run of any length.
func (e *Encoder) putRun(colour uint, run uint32) {
	for run >= shortRuns {
		up := min(run&^63, lastMakeUp)
		c := longMakeUp[up/64-shortRuns/64]
		e.out.put(uint64(c.bits), c.n)
		run -= up
	}
	c := e.codes[colour&1][run]
	e.out.acc, e.out.n = e.out.append(e.out.acc, e.out.n, c.bits(), c.len())
}

const (
	codedPass     = 0b0001 << 60
	codedPassBits = 4
)

// twoDimensional codes cur by reference to ref (T.4 section 4.2.1.3, T.6
// section 2.2). i is a1 in cur and j is b1 in ref; they are odd where the
// colour at a0 is white.
//
// After a vertical mode b1 is nearly always the next change of ref; to guess so
// and to correct it where it is wrong is faster than to work it out, as the next
// code need not wait for it.
func (e *Encoder) twoDimensional() {
	acc, used := e.out.acc, e.out.n
	cur := e.cur
	ref := e.ref[:len(cur)]
	i, j := uint(1), uint(1)
	for {
		a1 := cur[i]
		for {
			d := uint32(a1 - ref[j] + 3)
			if d > 4 && (d > 6 || ref[j+1] < a1) {
				break
			}
			c := verticalCodes[d&7]
			acc, used = e.out.append(acc, used, c.bits(), c.len())
			i++
			if ref[j-1] > a1 {
				j--
			} else if j++; ref[j] <= a1 {
				if a1 == int32(e.p.Width) {
					e.out.acc, e.out.n = acc, used
					return
				}
				for j += 2; ref[j] <= a1; {
					j += 2
				}
			}
			a1 = cur[i]
		}
		a0 := max(cur[i-1], 0)
		for ref[j+1] < a1 {
			acc, used = e.out.append(acc, used, codedPass, codedPassBits)
			a0 = ref[j+1]
			j += 2
		}
		if d := a1 - ref[j]; d >= -3 && d <= 3 {
			continue
		}
		a2 := cur[i+1]
		first, second := uint32(a1-a0), uint32(a2-a1)
		if first|second < shortRuns {
			code, k := e.codes.pair(i-1, first, second)
			acc, used = e.out.append(acc, used, 0b001<<61|code>>3, k+3)
		} else {
			e.out.acc, e.out.n = acc, used
			e.out.put(0b001, 3)
			e.putRun(i-1, first)
			e.putRun(i, second)
			acc, used = e.out.acc, e.out.n
		}
		if a2 == int32(e.p.Width) {
			break
		}
		i += 2
		for ref[j] <= a2 {
			j += 2
		}
	}
	e.out.acc, e.out.n = acc, used
}
