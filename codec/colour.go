package codec

import (
	"slices"
	"strings"
)

// MultiValue is what becomes of grey and colour pages. Machines have it as a setting, the "multi-value compression" of
// colour and greyscale: JPEG in colour, JPEG in grey, or not set.
type MultiValue string

// The three choices.
const (
	MultiColour MultiValue = "colour" // Profile C: colour stays colour and grey stays grey; the default.
	MultiGrey   MultiValue = "grey"   // Profile C: what has shades goes in grey.
	MultiNone   MultiValue = "none"   // Every page goes in black and white.
)

// ParseMultiValue reads a choice in either case; the empty one is the default.
func ParseMultiValue(s string) (MultiValue, error) {
	m := MultiValue(strings.ToLower(s))
	if m == "" {
		return MultiColour, nil
	}
	if all := []MultiValue{MultiColour, MultiGrey, MultiNone}; !slices.Contains(all, m) {
		return "", errorf("parse", ErrTarget, "%q is no way to send colour: use %s", s, listed(all))
	}
	return m, nil
}

// Kind gives what a document of the kind is sent as by this choice: bilevel is for profiles S, F and J, the others for
// profile C with Target.Kind set to it.
func (m MultiValue) Kind(doc Kind) Kind {
	switch m {
	case MultiNone:
		return Bilevel
	case MultiGrey:
		return min(doc, Gray)
	}
	return doc
}

// colourResolutions are those of RFC 3949 section 6.2.1, coarsest first.
var colourResolutions = []Resolution{{100, 100}, {200, 200}, {300, 300}, {400, 400}}

// Resolutions gives the resolutions that pages of the profile may have, coarsest first.
func (p Profile) Resolutions() []Resolution {
	switch p.Letter {
	case 'S':
		return slices.DeleteFunc(Resolutions(), func(r Resolution) bool { return !r.ProfileS() })
	case 'C':
		return slices.Clone(colourResolutions)
	}
	return Resolutions()
}

// Allows says whether pages of the profile may have the resolution.
func (p Profile) Allows(r Resolution) bool { return slices.Contains(p.Resolutions(), r) }

// multiValue says whether pages of the profile have more than two colours.
func (p Profile) multiValue() bool { return p.Letter == 'C' }

// checkColour says whether pages of profile C are coded so.
func (p Profile) checkColour() error {
	if p.Coding != JPEG {
		return errorf("write", ErrTarget, "profile C is always coded JPEG (RFC 3949 section 6), not %s", p.Coding)
	}
	return nil
}

// withColourDefaults is withDefaults for profile C.
func (t Target) withColourDefaults() (Target, error) {
	if t.Kind == Bilevel {
		t.Kind = Colour
	}
	if err := t.Profile.checkColour(); err != nil {
		return t, err
	}
	switch {
	case !t.Profile.Allows(t.Resolution):
		return t, errorf("fit", ErrTarget, "profile C has no resolution %v (RFC 3949 section 6.2.1): use %s", t.Resolution, listed(colourResolutions))
	case t.KeepPixels:
		return t, errorf("fit", ErrTarget, "only bilevel pages can be coded as they are, not those of profile C")
	}
	for _, p := range t.Papers {
		if w, _ := p.Size(t.Resolution); w == 0 {
			return t, errorf("fit", ErrTarget, "%q is no fax paper", p)
		}
	}
	return t, nil
}
