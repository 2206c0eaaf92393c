package ifax

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/codec"
	"faxgate/ifax/feature"
)

// Capabilities is a feature set (RFC 2530): what a device takes, as an expression of RFC 2533 over the tags of
// RFC 2879. The zero value knows nothing, and stands for Profile S.
type Capabilities struct {
	filter feature.Filter
	set    feature.Set // what the filter means
	text   string
	notes  []string
}

// ParseCapabilities reads the text of a Media-Accept-Features field, already unfolded or not. Parentheses that are
// not balanced are mended, as far as that can be done; Notes says how. The error says where it cannot be read; the
// caller then keeps the raw text and assumes Profile S.
func ParseCapabilities(text string) (Capabilities, error) {
	filter, notes, err := feature.Mend(text)
	if err != nil {
		return Capabilities{}, fmt.Errorf("reading media features: %w", err)
	}
	for _, name := range filter.Wrong() {
		notes = append(notes, "the definition of "+name+" has another hash and must not be used (RFC 2938 section 3.2.2)")
	}
	for _, name := range filter.References() {
		if _, ok := byReference(name); !ok {
			notes = append(notes, name+" refers to features that are not known here")
		}
	}
	c, err := capabilities(filter)
	c.notes = notes
	return c, err
}

// capabilities works out what an expression means, and keeps its text.
func capabilities(filter feature.Filter) (Capabilities, error) {
	set, err := filter.Rewrite(meant).Set(byReference)
	if err != nil {
		return Capabilities{}, fmt.Errorf("reading media features: %w", err)
	}
	return Capabilities{filter: filter, set: set, text: filter.String()}, nil
}

// meant gives tags and values for which RFCs print others by mistake, those that are spelled otherwise in the field,
// and the file structures that whoever takes one takes as well.
func meant(tag string, v feature.Value) (string, []feature.Value) {
	name := strings.ToLower(v.Name())
	switch tag {
	case "dpi-xyatio", "dpi-xy": // RFC 2879 section 4.7, RFC 2530 section 3.1.2
		tag = "dpi-xyratio"
	case "type": // lower case by RFC 2913 section 3, but Image/TIFF is meant all the same
		if name != "" {
			v = feature.Text(name)
		}
	case "color":
		if name == "gray" {
			v = feature.Token("grey")
		}
	case "color-space":
		if name == "lab" { // RFC 2534
			v = feature.Token("CIELAB")
		}
	case "image-file-structure":
		if tighter, ok := layouts[name]; ok {
			return tag, append([]feature.Value{v}, tokens(tighter...)...)
		}
	}
	return tag, []feature.Value{v}
}

// layouts are the file structures of RFC 2879 with those that are tighter: a reader of TIFF reads what is laid out as
// TIFF-minimal (RFC 3297 section 8.1 matches them so).
var layouts = map[string][]string{
	"tiff-limited":     {"TIFF-minimal"},
	"tiff":             {"TIFF-limited", "TIFF-minimal"},
	"tiff-mrc-limited": {"TIFF-limited", "TIFF-minimal"},
	"tiff-mrc":         {"TIFF-MRC-limited", "TIFF", "TIFF-limited", "TIFF-minimal"},
	"tiff-f":           {"TIFF-limited", "TIFF-minimal"},
}

// simpleMode is the capability of simple mode that RFC 2938 section 4 gives a hashed reference to.
const simpleMode = `(& (image-file-structure=TIFF-minimal) (MRC-mode=0) (color=Binary) (image-coding=MH) (MRC-mode=0)` +
	` (| (& (dpi=204) (dpi-xyratio=[204/98,204/196])) (& (dpi=200) (dpi-xyratio=[200/100,1])))` +
	` (size-x<=2150/254) (paper-size=A4) (ua-media=stationery))`

// byReference resolves the references that are known everywhere: those to simple mode.
func byReference(name string) (feature.Filter, bool) {
	for _, text := range []string{simpleMode, oursText(OursConfig{})} {
		if strings.EqualFold(name, feature.Reference(text)) {
			filter, err := feature.Parse(text)
			return filter, err == nil
		}
	}
	return feature.Filter{}, false
}

// AnyOf joins feature sets: what suits one of them suits. Sets that know nothing are left out.
func AnyOf(sets ...Capabilities) Capabilities {
	var filters []feature.Filter
	var notes []string
	for _, c := range sets {
		if c.Known() {
			filters, notes = append(filters, c.filter), append(notes, c.notes...)
		}
	}
	if len(filters) == 0 {
		return Capabilities{}
	}
	c, err := capabilities(feature.Any(filters...))
	if err != nil { // too many alternatives together: the first says what it can
		return sets[slices.IndexFunc(sets, Capabilities.Known)]
	}
	c.notes = notes
	return c
}

// String is the text, in one line: one blank between filters, numbers and tokens as they were spelled. Empty for the
// zero value.
func (c Capabilities) String() string { return c.text }

// Known is false for the zero value.
func (c Capabilities) Known() bool { return c.text != "" }

// Equal tells whether the texts are the same.
func (c Capabilities) Equal(d Capabilities) bool { return c.text == d.text }

// Notes say in words what had to be guessed of an expression that is not well formed, and what of it is not known.
func (c Capabilities) Notes() []string { return c.notes }

// Canonical is the normal form of RFC 2533 section 5, the same for expressions that say the same in another order.
func (c Capabilities) Canonical() string {
	if !c.Known() {
		return ""
	}
	return c.set.String()
}

// Match tells whether the two sides have any document in common that their expressions describe, whether faxgate can
// make it or not, and how well it suits at best: 1 to 1000, the quality value in thousandths.
func Match(a, b Capabilities) (quality int, ok bool) {
	if !a.Known() || !b.Known() {
		return 0, false
	}
	quality, ok, err := feature.Match(a.set, b.set)
	return quality, ok && err == nil
}

// admits tells whether a device with these abilities takes the form, in this spelling of its resolution.
func (c Capabilities) admits(f form) bool {
	_, ok := c.set.Admits(f.facts(), f.said)
	return ok
}

// takes tells whether the device takes the form in any spelling of its resolution.
func (c Capabilities) takes(f form) bool {
	for _, r := range f.spellings() {
		o := f
		if o.res = r; c.admits(o) {
			return true
		}
	}
	return false
}

// Shades tells the most that the pages may be which the device takes as Profile C: Bilevel for none.
func (c Capabilities) Shades() codec.Kind {
	most := codec.Bilevel
	for _, f := range allForms() {
		if f.kind > most && c.admits(f) {
			most = f.kind
		}
	}
	return most
}

// MediaType gives the type under which the device takes a target: image/tiff, and image/tiff-fx (RFC 3950) only where
// nothing else is taken.
func (c Capabilities) MediaType(t codec.Target) string {
	f := form{coding: t.Profile.Coding, res: t.Resolution, kind: t.Kind}
	for _, kind := range []string{"image/tiff", "image/tiff-fx"} {
		for _, f.paper = range t.Papers {
			if f.kind == codec.Bilevel && f.coding == codec.JPEG {
				f.kind = codec.Colour
			}
			facts := f.facts()
			facts["type"] = []feature.Value{feature.Text(kind)}
			if _, ok := c.set.Admits(facts, f.said); ok {
				return kind
			}
		}
	}
	return "image/tiff"
}

// Words sums the abilities up for people: "MH, MR, MMR; 204x98 to 408x391; Letter, A4". Only what faxgate could
// send is looked for; "nothing that can be sent" means that the peer takes none of it.
func (c Capabilities) Words() string {
	if !c.Known() {
		return "not known"
	}
	admitted := slices.DeleteFunc(allForms(), func(f form) bool { return !c.admits(f) })
	var parts []string
	if bilevel := slices.DeleteFunc(slices.Clone(admitted), func(f form) bool { return f.kind != codec.Bilevel }); len(bilevel) > 0 {
		parts = append(parts, codingWords(bilevel), resolutionWords(bilevel), paperWords(bilevel))
	}
	if shades := slices.DeleteFunc(slices.Clone(admitted), func(f form) bool { return f.kind == codec.Bilevel }); len(shades) > 0 {
		words := "grey JPEG"
		if slices.ContainsFunc(shades, func(f form) bool { return f.kind == codec.Colour }) {
			words = "colour and grey JPEG"
		}
		words += " at " + resolutionWords(shades)
		if len(parts) == 0 || parts[2] != paperWords(shades) {
			words += " on " + paperWords(shades)
		}
		parts = append(parts, words)
	}
	if len(parts) == 0 {
		return "nothing that can be sent"
	}
	return strings.Join(parts, "; ")
}

// listed names those of all that some form has.
func listed[T comparable](forms []form, all []T, of func(form) T, name func(T) string) string {
	var words []string
	for _, v := range all {
		if slices.ContainsFunc(forms, func(f form) bool { return of(f) == v }) {
			words = append(words, name(v))
		}
	}
	return strings.Join(words, ", ")
}

func codingWords(forms []form) string {
	codings := []codec.Coding{codec.MH, codec.MR, codec.MMR, codec.JBIG}
	return listed(forms, codings, func(f form) codec.Coding { return f.coding }, func(c codec.Coding) string { return string(c) })
}

func resolutionWords(forms []form) string {
	all := append(colourProfile.Resolutions()[:1:1], codec.Resolutions()...)
	return listed(forms, all, func(f form) codec.Resolution { return f.res }, codec.Resolution.String)
}

func paperWords(forms []form) string {
	return listed(forms, allPapers, func(f form) codec.Paper { return f.paper }, func(p codec.Paper) string { return string(p) })
}
