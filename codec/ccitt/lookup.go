package ccitt

import "sync"

const (
	runBits  = 13 // the longest run code
	modeBits = 10 // the longest mode code
)

// runTable gives the run code at the front of 13 bits: run<<4 | length of the
// code, 0 where no code begins so.
type runTable [1 << runBits]uint16

// pairTable gives a white and the black run after it where both codes fit in
// 13 bits: black<<16 | white<<4 | length of both; 0 where they do not, and
// where a run is empty, so that a pair always makes two new changes.
type pairTable [1 << runBits]uint32

// modeTable gives the mode code at the front of 10 bits in the low half and,
// where the first and the next are both vertical, the next in the high half.
type modeTable [1 << modeBits]uint32

// A half of a modeTable entry: the length in the low 4 bits, then d+3 of a
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
	pairs pairTable
	modes modeTable
}

var decodeTables = sync.OnceValue(func() *tables {
	t := new(tables)
	for colour := range t.runs {
		eachRun(colour, func(run int, c code) {
			spread(runBits, c, func(i int) { t.runs[colour][i] = uint16(run<<4) | uint16(c.n) })
		})
	}
	t.fillPairs()
	t.fillModes()
	return t
})

// spread calls f for every index of width bits that begins with the code.
func spread(width uint, c code, f func(i int)) {
	rest := width - c.n
	for i := range 1 << rest {
		f(int(c.bits)<<rest | i)
	}
}

func (t *tables) fillPairs() {
	for i := range t.pairs {
		w, used := t.runs[white].front(i)
		if used == 0 || w == 0 {
			continue
		}
		b, more := t.runs[black].front(i << used & (1<<runBits - 1))
		if more != 0 && b != 0 && used+more <= runBits {
			t.pairs[i] = uint32(b)<<16 | uint32(w)<<4 | uint32(used+more)
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
	first := func(c code, sym uint32) {
		spread(modeBits, c, func(i int) { t.modes[i] = sym | uint32(c.n) })
	}
	first(word(codePass), symPass)
	first(word(codeHorizontal), symHorizontal)
	first(word(codeUncompressed), symUncompressed)
	for i, s := range vertical {
		sym := uint32(symVertical | i<<symShift)
		if i < 3 {
			sym |= symLeft
		}
		first(word(s), sym)
	}
	single := t.modes
	for i, e := range single {
		n := e & symLen
		if e&symVertical == 0 {
			continue
		}
		next := single[i<<n&(1<<modeBits-1)]
		if next&symVertical != 0 && n+next&symLen <= modeBits {
			t.modes[i] |= next << 16
		}
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
