package ccitt

import "sync"

const (
	runBits  = 13 // the longest run code
	modeBits = 10 // the longest mode code
)

// runTable gives the run code at the front of 13 bits: run<<4 | length of the
// code, 0 where no code begins so.
type runTable [1 << runBits]uint16

// pairTable gives a run of one colour and the run of the other after it where
// both codes fit in 13 bits: second<<16 | first<<4 | length of both; 0 where they
// do not, and where a run is empty, so that a pair always makes two new changes.
type pairTable [1 << runBits]uint32

// modeTable gives the mode code at the front of 10 bits.
type modeTable [1 << modeBits]uint16

// An entry of a modeTable: the length in the low 4 bits, then d+3 of a
// vertical mode, then what it is.
const (
	symLen          = 15
	symShift        = 4
	symLeft         = 1 << 7 // d < 0
	symVertical     = 1 << 8
	symPass         = 1 << 9
	symHorizontal   = 1 << 10
	symUncompressed = 1 << 11
	symNone         = 1 << 12
)

// tables are what decoding needs; made once, at the first use.
type tables struct {
	runs  [2]runTable
	pairs [2]pairTable
	modes modeTable
	steps *stepTable
}

var decodeTables = sync.OnceValue(func() *tables {
	t := &tables{steps: new(stepTable)}
	for colour := range t.runs {
		eachRun(colour, func(run int, c code) {
			spread(runBits, c, func(i int) { t.runs[colour][i] = uint16(run<<4) | uint16(c.n) })
		})
	}
	t.fillPairs(white)
	t.fillPairs(black)
	t.fillModes()
	t.fillSteps()
	return t
})

// spread calls f for every index of width bits that begins with the code.
func spread(width uint, c code, f func(i int)) {
	rest := width - c.n
	for i := range 1 << rest {
		f(int(c.bits)<<rest | i)
	}
}

func (t *tables) fillPairs(colour int) {
	for i := range t.pairs[colour] {
		first, used := t.runs[colour].front(i)
		if used == 0 || first == 0 {
			continue
		}
		second, more := t.runs[1-colour].front(i << used & (1<<runBits - 1))
		if more != 0 && second != 0 && used+more <= runBits {
			t.pairs[colour][i] = uint32(second)<<16 | uint32(first)<<4 | uint32(used+more)
		}
	}
}

// front reads a whole run, make-up codes and all, that begins the 13 bits i;
// used is 0 when it does not fit.
func (t *runTable) front(i int) (run, used int) {
	for {
		e := int(t[i])
		n := e & 15
		if n == 0 || used+n > runBits {
			return 0, 0
		}
		run, used = run+e>>4, used+n
		if e>>4 < 64 {
			return run, used
		}
		i = i << n & (1<<runBits - 1)
	}
}

func (t *tables) fillModes() {
	for i := range t.modes {
		t.modes[i] = symNone
	}
	first := func(c code, sym uint16) {
		spread(modeBits, c, func(i int) { t.modes[i] = sym | uint16(c.n) })
	}
	first(word(codePass), symPass)
	first(word(codeHorizontal), symHorizontal)
	first(word(codeUncompressed), symUncompressed)
	for i, s := range vertical {
		sym := uint16(symVertical | i<<symShift)
		if i < 3 {
			sym |= symLeft
		}
		first(word(s), sym)
	}
}

// twoRuns decodes two runs, the first of the colour, of a make-up and a
// terminating code each at the most: no more than 45 bits. Of others, and of
// empty ones, it gives used 0.
func (t *tables) twoRuns(acc uint64, colour int) (first, second int32, used uint) {
	first, n1 := t.runs[colour&1].whole(acc)
	second, n2 := t.runs[colour&1^1].whole(acc << n1)
	if first == 0 || second == 0 {
		return 0, 0, 0
	}
	return first, second, n1 + n2
}

// whole decodes a run; 0 when there is none that is so short and not empty.
func (t *runTable) whole(acc uint64) (run int32, used uint) {
	e := t[acc>>(64-runBits)]
	n := uint(e & 15)
	if e < 64<<4 {
		return int32(e >> 4), n
	}
	term := t[acc<<n>>(64-runBits)]
	if term == 0 || term >= 64<<4 {
		return 0, 0
	}
	return int32(e>>4 + term>>4), n + uint(term&15)
}
