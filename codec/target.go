package codec

import (
	"fmt"
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
		return 0, errorf("write", ErrTarget, "profile %c is not built yet: use profile S, F, J or C", p.Letter)
	case !ok:
		return 0, errorf("write", ErrTarget, "profile %c is coded mh, mr or mmr (RFC 3949 section 4), not %s", p.Letter, p.Coding)
	case p.Letter == 'S' && coding != ccitt.MH:
		return 0, errorf("write", ErrTarget, "profile S is always coded MH (RFC 3949 section 3), not %s: use profile F", p.Coding)
	}
	return coding, nil
}

// checkBilevel says whether pages of a profile in black and white are coded so.
func (p Profile) checkBilevel() error {
	if p.Letter == 'J' {
		return p.checkJBIG()
	}
	_, err := p.fax()
	return err
}

// Target is the form that a page must have for the machine at the other end.
type Target struct {
	Profile    Profile
	Resolution Resolution // default 204×196
	Papers     []Paper    // what the other machine takes; default A4
	Header     Header
	// Kind is the most that a page of profile C may be: with Gray, colour pages become grey. Bilevel, the zero value, stands
	// for Colour. It does not matter to the other profiles, whose pages are all bilevel.
	Kind       Kind
	KeepPixels bool // Code bilevel pages as they are: no scaling, no header; Papers and Reduce do not matter.
	// Reduce makes pages that are longer than the paper smaller. Otherwise such a page is cut into several, of which each
	// but the last is as long as the paper; a page that is no more than a tenth too long is reduced in any case.
	Reduce bool
	// Halftone is how shades become dots, by default what suits the coding: HalftoneScreen for MH, MR and MMR,
	// HalftoneDiffusion for JBIG.
	Halftone Halftone
	Clean    Clean
	Why      []string // why this target was chosen, in words for the journal
}

// Header is the line that stands in the top rows of each page, in place of what was there. With neither time, sender nor
// address there is none.
type Header struct {
	Time    time.Time // printed in its own location
	Sender  string    // at most 30 characters are printed
	Address string
	Before  int // pages of the fax that come before these, in documents of their own
	Total   int // pages of the whole fax; 0: the document's
}

func (h Header) empty() bool { return h.Time.IsZero() && h.Sender == "" && h.Address == "" }

// withDefaults fills in the zero members and refuses what cannot be.
func (t Target) withDefaults() (Target, error) {
	if t.Resolution == (Resolution{}) {
		t.Resolution = Resolution{204, 196}
		if t.Profile.multiValue() {
			t.Resolution = Resolution{200, 200}
		}
	}
	if len(t.Papers) == 0 {
		t.Papers = []Paper{A4}
	}
	if t.Profile.multiValue() {
		return t.withColourDefaults()
	}
	if err := t.Profile.checkBilevel(); err != nil {
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
