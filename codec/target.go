package codec

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"faxgate/codec/ccitt"
)

// Coding is how the pixels of a page are coded.
type Coding string

// The codings of RFC 3949.
const (
	MH   Coding = "MH"
	MR   Coding = "MR"
	MMR  Coding = "MMR"
	JPEG Coding = "JPEG"
	JBIG Coding = "JBIG"
)

// ParseCoding reads a coding's name in either case.
func ParseCoding(s string) (Coding, error) {
	c := Coding(strings.ToUpper(s))
	if !slices.Contains([]Coding{MH, MR, MMR, JPEG, JBIG}, c) {
		return "", errorf("parse", ErrTarget, "%q is no coding: use mh, mr, mmr, jpeg or jbig", s)
	}
	return c, nil
}

// Profile is a profile of RFC 3949 with the coding that is used in it.
type Profile struct {
	Letter byte // 'S', 'F', 'C', 'J', …
	Coding Coding
}

// String gives, for example, "F (MMR)".
func (p Profile) String() string { return fmt.Sprintf("%c (%s)", p.Letter, p.Coding) }

// fax gives the coding as package ccitt has it; an error says what cannot be written.
func (p Profile) fax() (ccitt.Coding, error) {
	coding, ok := map[Coding]ccitt.Coding{MH: ccitt.MH, MR: ccitt.MR, MMR: ccitt.MMR}[p.Coding]
	switch {
	case p.Letter != 'S' && p.Letter != 'F':
		return 0, errorf("write", ErrTarget, "profile %c is not built yet: use profile S or F", p.Letter)
	case !ok:
		return 0, errorf("write", ErrTarget, "coding %s is not built yet: use mh, mr or mmr", p.Coding)
	case p.Letter == 'S' && coding != ccitt.MH:
		return 0, errorf("write", ErrTarget, "profile S is always coded MH (RFC 3949 section 3), not %s: use profile F", p.Coding)
	}
	return coding, nil
}

// Resolution is a pair of resolutions in dots per inch, as RFC 3949 section 4.2.1 and T.30 name them.
type Resolution struct{ X, Y int }

// The legal pairs, coarsest first.
var resolutions = []Resolution{
	{200, 100}, {204, 98}, {200, 200}, {204, 196}, {200, 400}, {204, 391}, {300, 300}, {400, 400}, {408, 391}, {600, 600},
}

// Resolutions gives the legal pairs, coarsest first.
func Resolutions() []Resolution { return slices.Clone(resolutions) }

// ParseResolution reads "204x196", and "300" for a square one.
func ParseResolution(s string) (Resolution, error) {
	x, y, found := strings.Cut(strings.ToLower(s), "x")
	if !found {
		y = x
	}
	for _, r := range resolutions {
		if fmt.Sprint(r.X) == x && fmt.Sprint(r.Y) == y {
			return r, nil
		}
	}
	return Resolution{}, errorf("parse", ErrTarget, "%q is no fax resolution: use %s", s, listed(resolutions))
}

// String gives "204x196".
func (r Resolution) String() string { return fmt.Sprintf("%dx%d", r.X, r.Y) }

// Legal says whether the pair is one that fax machines know.
func (r Resolution) Legal() bool { return slices.Contains(resolutions, r) }

// ProfileS says whether the pair belongs to profile S (RFC 3949 section 3.3).
func (r Resolution) ProfileS() bool { return r.X <= 204 && r.Y <= 200 && r.Legal() }

// exact gives the true dots per inch: 98, 196 and 391 stand for 3.85, 7.7 and 15.4 lines per millimetre.
func (r Resolution) exact() (x, y float64) {
	switch r.Y {
	case 98:
		return float64(r.X), 3.85 * mmPerInch
	case 196:
		return float64(r.X), 7.7 * mmPerInch
	case 391:
		return float64(r.X), 15.4 * mmPerInch
	}
	return float64(r.X), float64(r.Y)
}

const mmPerInch = 25.4

// nearest gives the legal pair within 3 % of the measured one.
func nearest(x, y float64) (Resolution, bool) {
	best, off := Resolution{}, 0.03
	for _, r := range resolutions {
		d := max(math.Abs(x/float64(r.X)-1), math.Abs(y/float64(r.Y)-1))
		if d < off {
			best, off = r, d
		}
	}
	return best, best.X > 0
}

// Paper is a size of paper that fax machines know.
type Paper string

// The papers, T.30 and RFC 2879.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
	Legal  Paper = "Legal"
	B4     Paper = "B4"
	A3     Paper = "A3"
)

// paperSizes are in the order in which a page looks for the smallest that holds it: the width class of T.30 (0: 1728
// pixels at 200 per inch) and the length in millimetres.
var paperSizes = []struct {
	paper  Paper
	class  int
	length float64
}{
	{Letter, 0, 279.4},
	{A4, 0, 297},
	{Legal, 0, 355.6},
	{B4, 1, 364},
	{A3, 2, 420},
}

// ParsePaper reads a paper's name in either case.
func ParsePaper(s string) (Paper, error) {
	var names []Paper
	for _, p := range paperSizes {
		if strings.EqualFold(s, string(p.paper)) {
			return p.paper, nil
		}
		names = append(names, p.paper)
	}
	return "", errorf("parse", ErrTarget, "%q is no fax paper: use %s", s, listed(names))
}

// widths per class of paper, by horizontal resolution (RFC 3949 section 4.2.1; 600 by T.30).
var widths = map[int][3]int{
	200: {1728, 2048, 2432}, 204: {1728, 2048, 2432},
	300: {2592, 3072, 3648},
	400: {3456, 4096, 4864}, 408: {3456, 4096, 4864},
	600: {5184, 6144, 7296},
}

// Size gives the pixels of a row and the rows of a whole page of the paper at a legal resolution, 0 if either is unknown.
func (p Paper) Size(r Resolution) (width, rows int) {
	_, y := r.exact()
	for _, s := range paperSizes {
		if s.paper == p && widths[r.X] != [3]int{} {
			return widths[r.X][s.class], int(math.Round(s.length / mmPerInch * y))
		}
	}
	return 0, 0
}

// Widths gives the legal numbers of pixels of a row at a resolution.
func Widths(r Resolution) []int {
	if w, ok := widths[r.X]; ok && r.Legal() {
		return w[:]
	}
	return nil
}

// Target is the form that a page must have for the machine at the other end.
type Target struct {
	Profile    Profile
	Resolution Resolution // default 204×196
	Papers     []Paper    // what the other machine takes; default A4
	Header     Header
	KeepPixels bool // Code bilevel pages as they are: no scaling, no header; Papers and Reduce do not matter.
	// Reduce makes pages that are longer than the paper smaller. Otherwise such a page is cut into several, of which each
	// but the last is as long as the paper; a page that is no more than a tenth too long is reduced in any case.
	Reduce bool
	Why    []string // why this target was chosen, in words for the journal
}

// Header is the line that stands in the top rows of each page, in place of what was there. With neither time, sender nor
// address there is none.
type Header struct {
	Time    time.Time // printed in its own location
	Sender  string    // at most 30 characters are printed
	Address string
	Total   int // pages of the whole fax; 0: the document's
}

func (h Header) empty() bool { return h.Time.IsZero() && h.Sender == "" && h.Address == "" }

// withDefaults fills in the zero members and refuses what cannot be.
func (t Target) withDefaults() (Target, error) {
	if t.Resolution == (Resolution{}) {
		t.Resolution = Resolution{204, 196}
	}
	if len(t.Papers) == 0 {
		t.Papers = []Paper{A4}
	}
	if _, err := t.Profile.fax(); err != nil {
		return t, err
	}
	if !t.Resolution.Legal() {
		return t, errorf("fit", ErrTarget, "%v is no fax resolution: use %s", t.Resolution, listed(resolutions))
	}
	if t.Profile.Letter == 'S' && !t.KeepPixels {
		if !t.Resolution.ProfileS() {
			return t, errorf("fit", ErrTarget, "profile S has no resolution %v (RFC 3949 section 3): use 204x98, 204x196, 200x100 or 200x200", t.Resolution)
		}
		t.Papers = slices.DeleteFunc(slices.Clone(t.Papers), func(p Paper) bool { return p == B4 || p == A3 })
		if len(t.Papers) == 0 {
			t.Papers = []Paper{A4}
		}
	}
	for _, p := range t.Papers {
		if w, _ := p.Size(t.Resolution); w == 0 {
			return t, errorf("fit", ErrTarget, "%q is no fax paper", p)
		}
	}
	return t, nil
}

// legalWidths gives the widths that a profile allows at a resolution.
func (p Profile) legalWidths(r Resolution) []int {
	w := Widths(r)
	if p.Letter == 'S' && len(w) > 0 {
		return w[:1]
	}
	return w
}

func listed[T any](items []T) string {
	var words []string
	for _, v := range items {
		words = append(words, fmt.Sprint(v))
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
