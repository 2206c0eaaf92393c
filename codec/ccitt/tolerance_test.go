package ccitt

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bitString packs text of 0 and 1, blanks left out, into bytes.
func bitString(s string) []byte {
	s = strings.ReplaceAll(s, " ", "")
	out := make([]byte, (len(s)+7)/8)
	for i := range len(s) {
		out[i/8] |= (s[i] - '0') << (7 - i%8)
	}
	return out
}

// runs writes the codes of runs, white first.
func runs(lengths ...int) string {
	var s strings.Builder
	for i, n := range lengths {
		if n >= 64 {
			s.WriteString(makeUp[i%2][n/64-1])
		}
		s.WriteString(terminating[i%2][n%64])
	}
	return s.String()
}

// aligned fills text of bits up to a byte.
func aligned(s string) string {
	s = strings.ReplaceAll(s, " ", "")
	return s + "0000000"[:-len(s)&7]
}

const (
	eol   = " 000000000001 "
	tag1D = eol + "1 "
	tag2D = eol + "0 "
	fill  = " 00000000000000000000000000000000000 "
	bad   = " 000000001 "
	vert0 = " 1 "
	pass  = " 0001 "
	horiz = " 001 "
)

// Rows of 16 pixels and their codes.
var (
	a, b, c = runs(4, 4, 8), runs(0, 3, 13), runs(16)
	pictA   = "....####........"
	pictB   = "###............."
	pictC   = "................"
	rtc     = strings.Repeat(eol, 6)
	same2D  = vert0 + vert0 + vert0
)

func pict(c Changes) string {
	var s strings.Builder
	for i, from := 0, int32(0); int(from) < c.Width(); i++ {
		s.WriteString(strings.Repeat(string(".#"[i%2]), int(c[i]-from)))
		from = c[i]
	}
	return s.String()
}

var toleranceCases = []struct {
	name string
	p    Params
	data string
	want []string
	stat Stats
}{
	{"plain", mh(3), eol + a + eol + b + eol + c, abc(), Stats{}},
	{"fill bits", mh(3), fill + eol + a + fill + fill + eol + b + "0" + eol + c, abc(), Stats{}},
	{"no first EOL", mh(3), a + eol + b + eol + c, abc(), Stats{}},
	{"no EOL at all", mh(3), a + b + c, abc(), Stats{}},
	{"no EOL, rows unknown", mh(0), a + b + c, abc(), Stats{}},
	{"RTC", mh(3), eol + a + eol + b + eol + c + rtc, abc(), Stats{RTC: true}},
	{"RTC, rows unknown, rubbish", mh(0), eol + a + eol + b + eol + c + rtc + "110110101", abc(), Stats{RTC: true}},
	{"half an RTC", mh(0), eol + a + eol + b + eol + c + eol + eol + eol, abc(), Stats{RTC: true}},
	{"EOL at the end", mh(0), eol + a + eol + b + eol + c + eol, abc(), Stats{}},
	{"rubbish at the end", mh(3), eol + a + eol + b + eol + c + "11011011", abc(), Stats{}},
	{"RLE labelled T.4", mh(3), aligned(a) + aligned(b) + aligned(c), abc(), Stats{}},
	{"T.4 labelled RLE", Params{Coding: MH, Width: 16, Rows: 3}, eol + a + eol + b + eol + c, abc(), Stats{}},
	{"aligned T.4 labelled RLE", Params{Coding: MH, Width: 16, Rows: 3}, "0000" + eol + aligned(a) + "0000" + eol + aligned(b) + "0000" + eol + c, abc(), Stats{}},
	{"MR labelled MH", mh(3), tag1D + a + tag2D + same2D + tag1D + b, []string{pictA, pictA, pictB}, Stats{}},
	{"MH labelled MR", mr(3), eol + a + eol + b + eol + c, abc(), Stats{}},
	{"MR without its first EOL", mr(2), a + tag2D + same2D, []string{pictA, pictA}, Stats{}},
	{"MR RTC", mr(0), tag1D + a + tag2D + same2D + strings.Repeat(tag1D, 6), []string{pictA, pictA}, Stats{RTC: true}},
	{"too long in white", mh(2), eol + runs(4, 4, 9) + eol + a, []string{pictA, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"too long in black", mh(2), eol + runs(4, 13) + eol + a, []string{pictC, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"codes past the width", mh(2), eol + a + runs(3, 2) + eol + a, []string{pictA, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"too short", mh(2), eol + runs(4, 4) + eol + a, []string{pictA, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"too short after white", mh(2), eol + runs(4, 4, 2) + eol + a, []string{pictA, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"an empty row", mh(3), eol + a + eol + eol + b, []string{pictA, pictC, pictB}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"bad code", mh(4), eol + a + eol + runs(3, 2) + bad + bad + eol + b + eol + c, []string{pictA, pictA, pictB, pictC}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"bad rows of MR", mr(5), tag1D + a + tag2D + vert0 + bad + tag2D + same2D + tag1D + b + tag2D + same2D, []string{pictA, pictA, pictA, pictB, pictB}, Stats{Bad: 2, MaxConsecutiveBad: 2}},
	{"bad code in RLE", Params{Coding: MH, Width: 16, Rows: 3}, aligned(a) + "00000000" + aligned(b), []string{pictA, pictA, pictB}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"cut off", mh(3), eol + a + eol + runs(4, 4), []string{pictA, pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1, Partial: true}},
	{"rows missing", mh(3), eol + a, []string{pictA}, Stats{Partial: true}},
	{"nothing", mh(3), "", nil, Stats{Partial: true}},
	{"nothing, rows unknown", mmr(0), "", nil, Stats{}},
	{"empty runs", mh(2), eol + runs(4, 0, 0, 4, 8) + eol + runs(3, 0, 1, 4, 8), []string{pictA, pictA}, Stats{}},
	{"MMR without EOFB", mmr(2), horiz + runs(4, 4) + vert0 + same2D, []string{pictA, pictA}, Stats{}},
	{"MMR with EOFB and rubbish", mmr(0), horiz + runs(4, 4) + vert0 + same2D + eol + eol + "1101011", []string{pictA, pictA}, Stats{RTC: true}},
	{"MMR zeros at the end", mmr(0), horiz + runs(4, 4) + vert0 + same2D + fill, []string{pictA, pictA}, Stats{}},
	{"MMR ends early", mmr(3), horiz + runs(4, 4) + vert0 + eol + eol, []string{pictA}, Stats{RTC: true, Partial: true}},
	{"MMR bad code", mmr(3), horiz + runs(4, 4) + vert0 + vert0 + bad + same2D, []string{pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1, Partial: true}},
	{"MMR to the left of a0", mmr(2), horiz + runs(1, 1) + vert0 + "010 010 010", []string{".#.............."}, Stats{Bad: 1, MaxConsecutiveBad: 1, Partial: true}},
	{"MMR pass to the end", mmr(2), horiz + runs(4, 4) + vert0 + pass + pass, []string{pictA, pictC}, Stats{}},
	{"MMR empty runs in the row above", mmr(2), horiz + runs(0, 0) + horiz + runs(4, 4) + vert0 + pass + horiz + runs(0, 3) + horiz + runs(13, 0), []string{pictA, pictB}, Stats{}},
	{"an EOL is missing", mh(3), eol + a + b + eol + c, abc(), Stats{}},
	{"an EOL and its tag bit are missing", mr(3), tag1D + a + same2D + tag1D + b, []string{pictA, pictA, pictB}, Stats{}},
	{"only the first EOL", mh(4), eol + a + b + a + b, []string{pictA, pictB, pictA, pictB}, Stats{}},
	{"no EOL, and no row either", mh(2), eol + a + runs(3, 3) + eol + b, []string{pictA, pictB}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"EOL hidden by a wrong code", mh(3), eol + a + eol + runs(4) + "000011010" + eol + b, []string{pictA, pictC, pictB}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"wrong tag bit of a row by itself", mr(3), tag1D + a + tag2D + b + tag2D + same2D, []string{pictA, pictB, pictB}, Stats{}},
	{"wrong tag bit of a row by reference", mr(3), tag1D + a + tag1D + same2D + tag2D + same2D, []string{pictA, pictA, pictA}, Stats{}},
	{"RTC in the middle", mh(3), eol + a + rtc + eol + b + eol + c, abc(), Stats{}},
	{"RTC, rubbish, rows missing", mh(3), eol + a + rtc + "110110101", []string{pictA}, Stats{RTC: true, Partial: true}},
	{"each EOL twice", mh(3), eol + eol + a + eol + eol + b + eol + eol + c, abc(), Stats{}},
	{"more rows", mh(2), eol + a + eol + b + eol + c, []string{pictA, pictB}, Stats{More: true}},
	{"more rows of MMR", mmr(1), horiz + runs(4, 4) + vert0 + same2D + eol + eol, []string{pictA}, Stats{More: true}},
	{"two strips of MMR", mmr(3), aligned(horiz+runs(4, 4)+vert0+same2D+eol+eol) + horiz + runs(0, 3) + vert0 + eol + eol, []string{pictA, pictA, pictB}, Stats{RTC: true}},
	{"RLE, rows begin again", Params{Coding: MH, Width: 16, Rows: 6}, aligned(a) + "00000000" + "01111111" + strings.Repeat(aligned(b), 4), []string{pictA, pictA, pictB, pictB, pictB, pictB}, Stats{Bad: 1, MaxConsecutiveBad: 1}},
	{"MMR row too long", mmr(3), horiz + runs(4, 4) + vert0 + horiz + runs(8, 9) + same2D, []string{pictA}, Stats{Bad: 1, MaxConsecutiveBad: 1, Partial: true}},
	{"MMR uncompressed", mmr(2), "0000001111 1 01 000001 00001 0000001 0" + vert0 + same2D + same2D + vert0, []string{"#.#.........#...", "#.#.........#..."}, Stats{Uncompressed: true}},
	{"MH uncompressed", mh(1), eol + uncompressed16(), []string{"#.#........#####"}, Stats{Uncompressed: true}},
}

// uncompressed16 is a row: a black run, pixels in uncompressed mode with its
// exit to black, and a run of that.
func uncompressed16() string {
	return runs(0, 1) + "000000001111" + "01 000001 0001" + "0000001 1" + terminating[black][4]
}

func abc() []string { return []string{pictA, pictB, pictC} }

func mh(rows int) Params  { return Params{Coding: MH, EOL: true, Width: 16, Rows: rows} }
func mr(rows int) Params  { return Params{Coding: MR, Width: 16, Rows: rows} }
func mmr(rows int) Params { return Params{Coding: MMR, Width: 16, Rows: rows} }

func TestTolerance(t *testing.T) {
	d := NewDecoder(Limits{})
	for _, tt := range toleranceCases {
		data := bitString(tt.data)
		if err := d.Reset(bytes.NewReader(data), tt.p); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, picts(t, d)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\n%+v", tt.name, diff, d.Stats())
		}
		st := d.Stats()
		if tt.stat.Bad > 0 && st.Err == nil {
			t.Errorf("%s: Stats does not say what is bad", tt.name)
		}
		st.Params, st.Bytes, st.Rows, st.Err, st.Doubt = Params{}, 0, 0, nil, false
		if diff := cmp.Diff(tt.stat, st); diff != "" {
			t.Errorf("%s: stats (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestWhiteRows: rows that cannot be decoded are white where the limits say so, and not otherwise.
func TestWhiteRows(t *testing.T) {
	data := bitString(tag1D + a + tag2D + vert0 + bad + tag2D + same2D + tag1D + b)
	for white, want := range map[bool][]string{false: {pictA, pictA, pictA, pictB}, true: {pictA, pictC, pictC, pictB}} {
		d := NewDecoder(Limits{WhiteRows: white})
		if err := d.Reset(bytes.NewReader(data), mr(4)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, picts(t, d)); diff != "" {
			t.Errorf("white %v: (-want +got)\n%s", white, diff)
		}
		if st := d.Stats(); st.Bad != 2 {
			t.Errorf("%+v", st)
		}
	}
}

// TestDoubt: that the first rows make no sense is told, and that other parameters make sense of them is not.
func TestDoubt(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	p := Params{Coding: MMR, Width: 1728, Rows: 60}
	data := encode(t, e, p, testPage("noise", 1728, 60))
	for width, want := range map[int]bool{1728: false, 1720: true} {
		p.Width = width
		if err := d.Reset(bytes.NewReader(data), p); err != nil {
			t.Fatal(err)
		}
		if _, err := d.NextRow(); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if got := d.Stats().Doubt; got != want {
			t.Errorf("width %d: doubt is %v", width, got)
		}
	}
}

// picts are the rows that the decoder still has.
func picts(t testing.TB, d *Decoder) []string {
	t.Helper()
	var out []string
	for {
		c, err := d.NextRow()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pict(c))
	}
}

// TestWrongLabels decodes pages whose labels lie: every form under the labels
// of every other of T.4, and in the wrong bit order.
func TestWrongLabels(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	page := testPage("text", 1728, 60)
	for _, real := range forms {
		real.p.Width = 1728
		data := encode(t, e, real.p, page)
		for _, label := range forms {
			if (label.p.Coding == MMR) != (real.p.Coding == MMR) {
				continue
			}
			for _, lsb := range []bool{false, true} {
				p := Params{Coding: label.p.Coding, EOL: label.p.EOL, Width: 1728, Rows: 60, LSBFirst: lsb}
				if got := decode(t, d, p, data); !bytes.Equal(got, page) {
					t.Errorf("%s labelled %s, LSBFirst %v: other pixels", real.name, label.name, lsb)
				}
				if st := d.Stats(); st.Params.LSBFirst {
					t.Errorf("%s labelled %s: Stats has the wrong bit order", real.name, label.name)
				}
			}
		}
	}
}
