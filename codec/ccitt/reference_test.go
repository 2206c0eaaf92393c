package ccitt

import (
	"errors"
	"fmt"
)

// The reference decoder is written for clearness only: a bit at a time, a byte
// per pixel, changes searched for among the pixels as T.4 section 4.2.1 defines
// them. Of the decoder it has nothing but the text of the code tables, which
// TestEveryRun shows to those who have their own. It accepts sound data only.
type reference struct {
	data  []byte
	at    int
	p     Params
	above []byte
	// empty counts the runs without a pixel, other than a white one at the
	// beginning of a row or one at its end. T.4 has no use for them.
	empty int
}

var (
	errReference = errors.New("reference: no such code")
	errBack      = errors.New("reference: a change left of a0")
	errEnd       = errors.New("reference: end of data")
)

func (r *reference) bit() (byte, error) {
	if r.at >= 8*len(r.data) {
		return 0, errEnd
	}
	shift := 7 - r.at%8
	if r.p.LSBFirst {
		shift = r.at % 8
	}
	b := r.data[r.at/8] >> shift & 1
	r.at++
	return b, nil
}

// next matches the bits that follow against the codes and gives the index of
// the one that they begin with.
func (r *reference) next(codes map[string]int) (int, error) {
	var got []byte
	for range 14 {
		b, err := r.bit()
		if err != nil {
			return 0, err
		}
		got = append(got, '0'+b)
		if v, ok := codes[string(got)]; ok {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%w: %s at bit %d", errReference, got, r.at)
}

var (
	referenceRuns  = [2]map[string]int{runCodesOf(white), runCodesOf(black)}
	referenceModes = func() map[string]int {
		m := map[string]int{codePass: 10, codeHorizontal: 11}
		for i, s := range vertical {
			m[s] = i - 3
		}
		return m
	}()
)

func runCodesOf(colour int) map[string]int {
	m := map[string]int{}
	for i, s := range terminating[colour] {
		m[s] = i
	}
	for i, s := range makeUp[colour] {
		m[s] = 64 * (i + 1)
	}
	for i, s := range extended {
		m[s] = 1792 + 64*i
	}
	return m
}

func (r *reference) run(colour byte) (int, error) {
	total := 0
	for {
		n, err := r.next(referenceRuns[colour])
		if err != nil {
			return 0, err
		}
		total += n
		if n < 64 {
			return total, nil
		}
	}
}

// eol skips fill bits and an EOL if there is one.
func (r *reference) eol() bool {
	save := r.at
	for zeros := 0; ; zeros++ {
		b, err := r.bit()
		if err == nil && b == 0 {
			continue
		}
		if err != nil || zeros < 11 {
			r.at = save
			return false
		}
		return true
	}
}

// rows decodes the whole page into packed rows; with an error come those before it.
func (r *reference) rows(height int) ([]byte, error) {
	var out []byte
	r.above = make([]byte, r.p.Width)
	for y := range height {
		row, err := r.row()
		if err != nil {
			return out, fmt.Errorf("row %d: %w", y, err)
		}
		out = append(out, packRow(row)...)
		r.above = row
	}
	return out, nil
}

func packRow(row []byte) []byte {
	out := make([]byte, (len(row)+7)/8)
	for x, c := range row {
		out[x/8] |= c << (7 - x%8)
	}
	return out
}

func (r *reference) row() ([]byte, error) {
	switch {
	case r.p.Coding == MMR:
		return r.twoDimensional()
	case r.p.Coding == MH && !r.p.EOL:
		r.at = (r.at + 7) &^ 7
		return r.oneDimensional()
	}
	if !r.eol() {
		return nil, errors.New("reference: no EOL")
	}
	if r.p.Coding == MR {
		if b, err := r.bit(); b == 0 || err != nil {
			return r.twoDimensional()
		}
	}
	return r.oneDimensional()
}

func (r *reference) oneDimensional() ([]byte, error) {
	var row []byte
	for i := 0; len(row) < r.p.Width; i++ {
		colour := byte(i % 2)
		n, err := r.run(colour)
		if err != nil {
			return nil, err
		}
		row = r.paint(row, colour, n, i == 0)
	}
	return row, r.check(row)
}

// paint appends a run; first tells that it is the row's first.
func (r *reference) paint(row []byte, colour byte, n int, first bool) []byte {
	if n == 0 && !first && len(row) < r.p.Width {
		r.empty++
	}
	for range n {
		row = append(row, colour)
	}
	return row
}

func (r *reference) check(row []byte) error {
	if len(row) != r.p.Width {
		return fmt.Errorf("reference: %d pixels of %d", len(row), r.p.Width)
	}
	return nil
}

// change finds the first column from x on where the row above changes to the colour.
func (r *reference) change(x int, colour byte) int {
	for ; x < r.p.Width; x++ {
		before := byte(0)
		if x > 0 {
			before = r.above[x-1]
		}
		if r.above[x] == colour && before != colour {
			return x
		}
	}
	return r.p.Width
}

func (r *reference) twoDimensional() ([]byte, error) {
	var row []byte
	colour := byte(0)
	for a0 := -1; len(row) < r.p.Width; a0 = len(row) {
		b1 := r.change(a0+1, colour^1)
		mode, err := r.next(referenceModes)
		if err != nil {
			return nil, err
		}
		switch mode {
		case 10:
			b2 := r.change(b1+1, colour)
			row = r.paint(row, colour, b2-len(row), false)
		case 11:
			for _, c := range []byte{colour, colour ^ 1} {
				n, err := r.run(c)
				if err != nil {
					return nil, err
				}
				row = r.paint(row, c, n, a0 < 0 && c == colour)
			}
		default:
			if b1+mode < len(row) {
				return nil, errBack
			}
			row = r.paint(row, colour, b1+mode-len(row), a0 < 0)
			colour ^= 1
		}
	}
	return row, r.check(row)
}
