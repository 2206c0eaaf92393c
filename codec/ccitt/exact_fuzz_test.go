package ccitt

import "testing"

// FuzzMH, FuzzMR and FuzzMMR look that the decoder keeps its promises whatever
// it is given, and compare it with the reference decoder as TestFuzzed does.
func FuzzMH(f *testing.F) { fuzzCoding(f, MH) }

// FuzzMR is FuzzMH for T.4 two-dimensional coding.
func FuzzMR(f *testing.F) { fuzzCoding(f, MR) }

// FuzzMMR is FuzzMH for T.6.
func FuzzMMR(f *testing.F) { fuzzCoding(f, MMR) }

// The switches of a fuzzed page.
const (
	fuzzNoEOL = 1 << iota // MH only
	fuzzAlign
	fuzzLSBFirst
	fuzzNoRows // the number of rows is not known: nothing to compare
)

func fuzzCoding(f *testing.F, coding Coding) {
	e := NewEncoder()
	for i, n := uint64(0), 0; n < 60; i++ {
		in := makeInput(f, e, i)
		if in.p.Coding != coding || len(in.data) > 200 || in.p.Width > 300 {
			continue
		}
		n++
		f.Add(in.data, uint16(in.p.Width-1), uint8(in.p.Rows-1), fuzzSwitches(in.p))
	}
	for _, tt := range toleranceCases {
		if tt.p.Coding == coding {
			f.Add(bitString(tt.data), uint16(tt.p.Width-1), uint8(max(tt.p.Rows, 1)-1), fuzzSwitches(tt.p))
		}
	}
	d := NewDecoder(Limits{MaxRows: 2000})
	f.Fuzz(func(t *testing.T, data []byte, width uint16, rows, switches uint8) {
		p := Params{Coding: coding, Width: 1 + int(width)%4096, Rows: 1 + int(rows)%64, LSBFirst: switches&fuzzLSBFirst != 0}
		p.EOL = coding == MH && switches&fuzzNoEOL == 0
		p.ByteAlign = coding != MMR && switches&fuzzAlign != 0
		c := comparison{t: t, d: d, in: input{kind: "fuzzed", p: p, data: data}}
		c.run()
		if switches&fuzzNoRows != 0 {
			p.Rows = 0
		}
		survive(t, d, p, data)
	})
}

func fuzzSwitches(p Params) (s uint8) {
	if !p.EOL {
		s |= fuzzNoEOL
	}
	if p.ByteAlign {
		s |= fuzzAlign
	}
	if p.LSBFirst {
		s |= fuzzLSBFirst
	}
	if p.Rows == 0 {
		s |= fuzzNoRows
	}
	return s
}
