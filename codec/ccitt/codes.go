package ccitt

import "sync"

// code is one code word, right-aligned.
type code struct {
	bits uint32
	n    uint
}

const (
	white = 0
	black = 1

	lastMakeUp = 2560 // the longest run with a make-up code of its own
)

// terminating[colour][run] are the codes of runs of 0 to 63 pixels, T.4 table 2.
var terminating = [2][64]string{
	white: {
		"00110101", "000111", "0111", "1000", "1011", "1100", "1110", "1111",
		"10011", "10100", "00111", "01000", "001000", "000011", "110100", "110101",
		"101010", "101011", "0100111", "0001100", "0001000", "0010111", "0000011", "0000100",
		"0101000", "0101011", "0010011", "0100100", "0011000", "00000010", "00000011", "00011010",
		"00011011", "00010010", "00010011", "00010100", "00010101", "00010110", "00010111", "00101000",
		"00101001", "00101010", "00101011", "00101100", "00101101", "00000100", "00000101", "00001010",
		"00001011", "01010010", "01010011", "01010100", "01010101", "00100100", "00100101", "01011000",
		"01011001", "01011010", "01011011", "01001010", "01001011", "00110010", "00110011", "00110100",
	},
	black: {
		"0000110111", "010", "11", "10", "011", "0011", "0010", "00011",
		"000101", "000100", "0000100", "0000101", "0000111", "00000100", "00000111", "000011000",
		"0000010111", "0000011000", "0000001000", "00001100111", "00001101000", "00001101100", "00000110111", "00000101000",
		"00000010111", "00000011000", "000011001010", "000011001011", "000011001100", "000011001101", "000001101000", "000001101001",
		"000001101010", "000001101011", "000011010010", "000011010011", "000011010100", "000011010101", "000011010110", "000011010111",
		"000001101100", "000001101101", "000011011010", "000011011011", "000001010100", "000001010101", "000001010110", "000001010111",
		"000001100100", "000001100101", "000001010010", "000001010011", "000000100100", "000000110111", "000000111000", "000000100111",
		"000000101000", "000001011000", "000001011001", "000000101011", "000000101100", "000001011010", "000001100110", "000001100111",
	},
}

// makeUp[colour][i] are the codes of runs of 64*(i+1) pixels up to 1728, T.4 table 3a.
var makeUp = [2][27]string{
	white: {
		"11011", "10010", "010111", "0110111", "00110110", "00110111", "01100100", "01100101", "01101000",
		"01100111", "011001100", "011001101", "011010010", "011010011", "011010100", "011010101", "011010110", "011010111",
		"011011000", "011011001", "011011010", "011011011", "010011000", "010011001", "010011010", "011000", "010011011",
	},
	black: {
		"0000001111", "000011001000", "000011001001", "000001011011", "000000110011", "000000110100",
		"000000110101", "0000001101100", "0000001101101", "0000001001010", "0000001001011", "0000001001100",
		"0000001001101", "0000001110010", "0000001110011", "0000001110100", "0000001110101", "0000001110110",
		"0000001110111", "0000001010010", "0000001010011", "0000001010100", "0000001010101", "0000001011010",
		"0000001011011", "0000001100100", "0000001100101",
	},
}

// extended[i] are the codes of runs of 1792+64*i pixels, of both colours, T.4 table 3b.
var extended = [13]string{
	"00000001000", "00000001100", "00000001101", "000000010010", "000000010011", "000000010100", "000000010101",
	"000000010110", "000000010111", "000000011100", "000000011101", "000000011110", "000000011111",
}

// vertical[d+3] are the codes of a1 lying d pixels right of b1, T.4 table 4.
var vertical = [7]string{"0000010", "000010", "010", "1", "011", "000011", "0000011"}

const (
	codePass         = "0001"
	codeHorizontal   = "001"
	codeUncompressed = "0000001111"   // into uncompressed mode from two-dimensional coding
	uncompressed1D   = 0b000000001111 // the same from one-dimensional coding, 12 bits

	eolZeros = 11 // an EOL is this many zeros or more, then a one
	eolBits  = 12
)

// word reads a code written as text.
func word(s string) code {
	var c code
	for _, b := range []byte(s) {
		c.bits = c.bits<<1 | uint32(b-'0')
		c.n++
	}
	return c
}

// eachRun calls f for every code of one colour and the run it stands for.
func eachRun(colour int, f func(run int, c code)) {
	for i, s := range terminating[colour] {
		f(i, word(s))
	}
	for i, s := range makeUp[colour] {
		f(64*(i+1), word(s))
	}
	for i, s := range extended {
		f(1792+64*i, word(s))
	}
}

// packed is a code for the encoder: its bits at the top, their number in the low
// six bits.
type packed uint64

const packedBits = 58 // at most

func pack(c code) packed { return packed(c.bits)<<(64-c.n) | packed(c.n) }

func (p packed) bits() uint64 { return uint64(p &^ 63) }

func (p packed) len() uint { return uint(p & 63) }

// shortRuns have codes in runCodes: make-up and terminating code in one.
const shortRuns = 2048

// runCodes[colour][run] are the codes of the short runs.
type runCodes [2][shortRuns]packed

// pair gives the codes of two short runs in one, at most 50 bits. An even colour
// is white.
func (t *runCodes) pair(colour uint, first, second uint32) (bits uint64, n uint) {
	c1, c2 := t[colour&1][first%shortRuns], t[^colour&1][second%shortRuns]
	return c1.bits() | c2.bits()>>c1.len(), (c1 + c2).len()
}

// longMakeUp[i] is the make-up code of shortRuns+64*i pixels.
var longMakeUp = func() (t [(lastMakeUp-shortRuns)/64 + 1]code) {
	for i := range t {
		t[i] = word(extended[len(extended)-len(t)+i])
	}
	return t
}()

// verticalCodes[d+3] are the codes of the vertical modes.
var verticalCodes = func() (t [8]packed) {
	for i, s := range vertical {
		t[i] = pack(word(s))
	}
	return t
}()

var encodeTable = sync.OnceValue(func() *runCodes {
	t := new(runCodes)
	for colour := range t {
		var byRun [lastMakeUp + 1]code
		eachRun(colour, func(run int, c code) { byRun[run] = c })
		for run := range t[colour] {
			c := byRun[run%64]
			if up := run - run%64; up > 0 {
				m := byRun[up]
				c = code{m.bits<<c.n | c.bits, m.n + c.n}
			}
			t[colour][run] = pack(c)
		}
	}
	return t
})
