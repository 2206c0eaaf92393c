package ccitt

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// input is coded data, sound or not, with the parameters to decode it by.
type input struct {
	kind string
	p    Params
	data []byte
	page []byte // for a sound input what was coded
}

// makeInput makes input number i: the same each time.
func makeInput(t testing.TB, e *Encoder, i uint64) input {
	rng := rand.New(rand.NewPCG(i, 4))
	f := forms[rng.IntN(len(forms))]
	if rng.IntN(3) == 0 {
		f = forms[len(forms)-1] // T.6
	}
	in := input{p: f.p}
	in.p.Width, in.p.Rows, in.p.LSBFirst = randomWidth(rng), 1+rng.IntN(16), rng.IntN(4) == 0
	page := randomPage(rng, in.p.Width, in.p.Rows)
	switch n := rng.IntN(20); {
	case n < 2:
		in.kind, in.page, in.data = "sound", page, encode(t, e, in.p, page)
	case n < 6:
		in.kind, in.page, in.data = "choices", page, in.p.bits(randomChoices(rng, in.p, page))
	case n < 10:
		in.kind, in.data = "mutated", mutate(rng, encode(t, e, in.p, page))
	case n < 14:
		in.kind, in.data = "choices mutated", mutate(rng, in.p.bits(randomChoices(rng, in.p, page)))
	case n < 18:
		in.kind, in.data = "codes", in.p.bits(randomCodes(rng, in.p))
	default:
		in.kind, in.data = "bits", make([]byte, rng.IntN(80))
		for j := range in.data {
			in.data[j] = byte(rng.Uint32())
		}
	}
	return in
}

// bits packs text of 0 and 1 in the bit order.
func (p Params) bits(s string) []byte {
	out := bitString(s)
	if p.LSBFirst {
		reverse(out)
	}
	return out
}

func randomWidth(rng *rand.Rand) int {
	switch rng.IntN(20) {
	case 0:
		return 1728
	case 1:
		return 1 + rng.IntN(3000)
	case 2, 3, 4:
		return 1 + rng.IntN(300)
	}
	return 1 + rng.IntN(80)
}

// randomPage has rows that are blank, or like the one above, or of runs of some
// length.
func randomPage(rng *rand.Rand, width, rows int) []byte {
	stride := (width + 7) / 8
	page := make([]byte, stride*rows)
	for y := range rows {
		row := page[y*stride:][:stride]
		switch n := rng.IntN(5); {
		case n == 0:
		case n < 3 && y > 0:
			copy(row, page[(y-1)*stride:])
			for range rng.IntN(4) {
				x := rng.IntN(width)
				row[x/8] ^= 0x80 >> (x % 8)
			}
		default:
			randomRow(rng, row, width)
		}
	}
	return page
}

func randomRow(rng *rand.Rand, row []byte, width int) {
	longest := 1 + rng.IntN(1+min(width, 1<<rng.IntN(12)))
	black := rng.IntN(2) == 0
	for x := 0; x < width; black = !black {
		for n := 1 + rng.IntN(longest); n > 0 && x < width; n-- {
			if black {
				row[x/8] |= 0x80 >> (x % 8)
			}
			x++
		}
	}
}

// mutate damages data a little: bits turned, bytes lost, doubled or exchanged,
// the end cut off.
func mutate(rng *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + rng.IntN(3) {
		if len(data) == 0 {
			break
		}
		i := rng.IntN(len(data))
		switch rng.IntN(7) {
		case 0, 1, 2:
			data[i] ^= 1 << rng.IntN(8)
		case 3:
			data[i] = byte(rng.Uint32())
		case 4:
			data = append(data[:i], data[min(len(data), i+1+rng.IntN(3)):]...)
		case 5:
			data = append(data[:i:i], append([]byte{byte(rng.Uint32())}, data[i:]...)...)
		case 6:
			data = data[:i]
		}
	}
	return data
}

// randomCodes writes rows of codes that exist: of run codes those that fill a
// row, most of the time, of mode codes just any.
func randomCodes(rng *rand.Rand, p Params) string {
	var s strings.Builder
	for range p.Rows {
		if beginRow(rng, &s, p) {
			randomRuns(rng, &s, p.Width)
		} else {
			randomModes(rng, &s, p.Width)
		}
	}
	return s.String()
}

// beginRow writes what stands before a row, and chooses whether it is a
// one-dimensional one.
func beginRow(rng *rand.Rand, s *strings.Builder, p Params) (one bool) {
	switch {
	case p.Coding == MMR:
		return false
	case p.Coding == MH && !p.EOL:
		whole := aligned(s.String())
		s.Reset()
		s.WriteString(whole)
		return true
	}
	if rng.IntN(20) == 0 {
		s.WriteString(fill[:rng.IntN(len(fill))])
	}
	s.WriteString(eol)
	if p.Coding == MH {
		return true
	}
	if one = rng.IntN(3) == 0; one {
		s.WriteString("1")
	} else {
		s.WriteString("0")
	}
	return one
}

// randomChoices codes a page with any of the modes that a decoder has to
// understand, where an encoder has a rule for one.
func randomChoices(rng *rand.Rand, p Params, page []byte) string {
	var s strings.Builder
	stride := (p.Width + 7) / 8
	r := reference{p: p, above: make([]byte, p.Width)}
	for y := range p.Rows {
		row := make([]byte, p.Width)
		for x := range row {
			row[x] = page[y*stride+x/8] >> (7 - x%8) & 1
		}
		if beginRow(rng, &s, p) {
			writeRuns(&s, row)
		} else {
			r.writeModes(rng, &s, row)
		}
		r.above = row
	}
	return s.String()
}

func writeRuns(s *strings.Builder, row []byte) {
	for x, colour := 0, byte(0); x < len(row); colour ^= 1 {
		n := runAt(row, x, colour)
		s.WriteString(codeOf(int(colour), n))
		x += n
	}
}

// runAt is the length of the run of the colour at x, 0 where the row has the other.
func runAt(row []byte, x int, colour byte) int {
	n := 0
	for x+n < len(row) && row[x+n] == colour {
		n++
	}
	return n
}

func (r *reference) writeModes(rng *rand.Rand, s *strings.Builder, row []byte) {
	colour := byte(0)
	for a0 := -1; a0 < len(row); {
		from := max(a0, 0)
		a1 := from + runAt(row, from, colour)
		b1 := r.change(a0+1, colour^1)
		b2 := r.change(b1+1, colour)
		switch n := rng.IntN(4); {
		case n > 0 && b2 < a1:
			s.WriteString(codePass)
			a0 = b2
		case n > 0 && a1-b1 <= 3 && b1-a1 <= 3:
			s.WriteString(vertical[a1-b1+3])
			a0, colour = a1, colour^1
		default:
			n := runAt(row, a1, colour^1)
			s.WriteString(codeHorizontal + codeOf(int(colour), a1-from) + codeOf(int(colour^1), n))
			a0 = a1 + n
		}
	}
}

func randomRuns(rng *rand.Rand, s *strings.Builder, width int) {
	longest := 1 + rng.IntN(width)
	for colour, x := 0, 0; x < width; colour ^= 1 {
		n := min(1+rng.IntN(longest), width-x)
		switch rng.IntN(100) {
		case 0:
			n += rng.IntN(5)
		case 1, 2:
			n = 0
		}
		x += n
		s.WriteString(codeOf(colour, n))
	}
}

func codeOf(colour, n int) string {
	s := ""
	for ; n >= 2624; n -= 2560 {
		s += extended[len(extended)-1]
	}
	switch {
	case n >= 1792:
		s += extended[(n-1792)/64]
	case n >= 64:
		s += makeUp[colour][n/64-1]
	}
	return s + terminating[colour][n%64]
}

func randomModes(rng *rand.Rand, s *strings.Builder, width int) {
	for range 1 + rng.IntN(12) {
		switch n := rng.IntN(12); {
		case n == 0:
			s.WriteString(codePass)
		case n < 3:
			longest := 1 + rng.IntN(1+width/3)
			colour := rng.IntN(2)
			s.WriteString(codeHorizontal + codeOf(colour, rng.IntN(longest+1)) + codeOf(1-colour, rng.IntN(longest+1)))
		case n < 8:
			s.WriteString(vertical[3])
		default:
			s.WriteString(vertical[rng.IntN(len(vertical))])
		}
	}
}
