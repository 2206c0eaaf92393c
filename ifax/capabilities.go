package ifax

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"faxgate/codec"
)

// Capabilities is a feature set (RFC 2530): what a device takes, as an expression of RFC 2533 over the tags of
// RFC 2879. The zero value knows nothing, and stands for Profile S.
type Capabilities struct {
	root node
	text string
	says says
}

// says tells which features an expression is about at all.
type says struct{ coding, profileF, dpi, ratio, paper, sizeX, sizeY bool }

// ParseCapabilities reads the text of a Media-Accept-Features field, already unfolded or not. The error says
// where it cannot be read; the caller then keeps the raw text and assumes Profile S.
func ParseCapabilities(text string) (Capabilities, error) {
	root, err := parseFeatures(text)
	if err != nil {
		return Capabilities{}, fmt.Errorf("reading media features: %w", err)
	}
	return capabilities(root), nil
}

// capabilities keeps the canonical text with the expression.
func capabilities(root node) Capabilities {
	var b strings.Builder
	root.write(&b)
	return Capabilities{root: root, text: b.String(), says: says{
		coding: root.mentions("image-coding"), profileF: root.mentions("image-file-structure", "TIFF-F"),
		dpi: root.mentions("dpi"), ratio: root.mentions("dpi-xyratio"), paper: root.mentions("paper-size"),
		sizeX: root.mentions("size-x"), sizeY: root.mentions("size-y"),
	}}
}

// AnyOf joins feature sets: what suits one of them suits. Sets that know nothing are left out.
func AnyOf(sets ...Capabilities) Capabilities {
	var kids []node
	for _, c := range sets {
		if c.Known() {
			kids = append(kids, c.root)
		}
	}
	switch len(kids) {
	case 0:
		return Capabilities{}
	case 1:
		return capabilities(kids[0])
	}
	return capabilities(node{op: '|', kids: kids})
}

// String is the canonical text, in one line: one blank between filters, numbers and tokens as they were
// spelled. Empty for the zero value.
func (c Capabilities) String() string { return c.text }

// Known is false for the zero value.
func (c Capabilities) Known() bool { return c.text != "" }

// Equal tells whether the canonical texts are the same.
func (c Capabilities) Equal(d Capabilities) bool { return c.text == d.text }

// form is a candidate document: bilevel, in one coding, at one resolution, on one paper.
type form struct {
	coding codec.Coding
	res    codec.Resolution
	paper  codec.Paper
}

// forms in order of preference: codings by size of the file, papers by size.
var (
	allCodings = []codec.Coding{codec.MMR, codec.MR, codec.MH}
	allPapers  = []codec.Paper{codec.Letter, codec.A4, codec.Legal, codec.B4, codec.A3}
)

// sizes are the nominal scan width of T.30 and the length of each paper, in 1/254 inch. The width is the one
// that receivers write (RFC 2879 section 3.1 with A4 2150/254): a line of 1728 pixels at 204 dpi is wider on
// paper, and comparing that would fail every A4 machine.
var sizes = map[codec.Paper]struct{ x, y int64 }{
	codec.Letter: {2150, 2794}, codec.A4: {2150, 2970}, codec.Legal: {2150, 3556},
	codec.B4: {2550, 3530}, codec.A3: {3030, 4200},
}

// sameClass are the spellings of one resolution, the preferred one first: a machine that takes one takes the
// other (RFC 3949 section 2.2.2). Coarsest first.
var sameClass = [][]codec.Resolution{
	{{X: 204, Y: 98}, {X: 200, Y: 100}},
	{{X: 204, Y: 196}, {X: 200, Y: 200}},
	{{X: 204, Y: 391}, {X: 200, Y: 400}},
	{{X: 300, Y: 300}},
	{{X: 400, Y: 400}, {X: 408, Y: 391}},
	{{X: 600, Y: 600}},
}

// spellings gives the class of a resolution, itself first.
func spellings(r codec.Resolution) []codec.Resolution {
	for _, class := range sameClass {
		if slices.Contains(class, r) {
			return append([]codec.Resolution{r}, slices.DeleteFunc(slices.Clone(class), func(o codec.Resolution) bool { return o == r })...)
		}
	}
	return []codec.Resolution{r}
}

// wide tells papers that need more than 1728 pixels at 204 dpi.
func wide(p codec.Paper) bool { return p == codec.B4 || p == codec.A3 }

// simple tells a form of Profile S (RFC 3949 section 3).
func (f form) simple() bool { return f.coding == codec.MH && f.res.ProfileS() && !wide(f.paper) }

// facts describes the form in the tags of RFC 2879. Everything is written in the layout of Profile S, so that
// it is a TIFF-minimal whatever it carries, as machines of the field mean it; the names TIFF-S to TIFF-M come
// from examples of RFC 2912 and 2913.
func (f form) facts() facts {
	layouts := []value{
		token("TIFF-minimal"), token("TIFF-limited"), token("TIFF"), token("TIFF-MRC-limited"), token("TIFF-MRC"),
		token("TIFF-F"), token("TIFF-J"), token("TIFF-C"), token("TIFF-L"), token("TIFF-M"),
	}
	if f.simple() {
		layouts = append(layouts, token("TIFF-S"))
	}
	size := sizes[f.paper]
	return facts{
		"type":                 {text("image/tiff")},
		"color":                {token("Binary")},
		"color-levels":         {number(big.NewRat(2, 1))},
		"image-file-structure": layouts,
		"image-coding":         {token(string(f.coding))},
		"mrc-mode":             {number(new(big.Rat))},
		"dpi":                  {number(big.NewRat(int64(f.res.X), 1))},
		"dpi-xyratio":          {number(big.NewRat(int64(f.res.X), int64(f.res.Y)))},
		"size-x":               {number(big.NewRat(size.x, 254))},
		"size-y":               {number(big.NewRat(size.y, 254))},
		"paper-size":           {token(string(f.paper))},
		"ua-media":             {token("stationery")},
	}
}

// admits tells whether a device with these abilities takes the form, in this spelling of its resolution.
func (c Capabilities) admits(f form) bool {
	return c.Known() && c.assumed(f) && c.root.admits(f.facts(), true)
}

// takes tells whether the device takes the form in any spelling of its resolution.
func (c Capabilities) takes(f form) bool {
	for _, r := range spellings(f.res) {
		if c.admits(form{coding: f.coding, res: r, paper: f.paper}) {
			return true
		}
	}
	return false
}

// assumed rules out what an expression does not forbid only because it says nothing about it: then no more
// than Profile S is assumed (RFC 3965 section 4).
func (c Capabilities) assumed(f form) bool {
	switch says := c.says; {
	case !says.coding && f.coding != codec.MH && !says.profileF:
		return false
	case !says.dpi && f.res.X > 204:
		return false
	case !says.ratio && f.res.X <= 204 && f.res.Y > 200:
		return false
	case !says.paper && !says.sizeX && wide(f.paper):
		return false
	case !says.paper && !says.sizeY && f.paper == codec.Legal:
		return false
	}
	return true
}

// Words sums the abilities up for people: "MH, MR, MMR; 204x98 to 408x391; Letter, A4". Only what faxgate could
// send is looked for; "nothing that can be sent" means that the peer takes none of it.
func (c Capabilities) Words() string {
	if !c.Known() {
		return "not known"
	}
	admitted := slices.DeleteFunc(allForms(), func(f form) bool { return !c.admits(f) })
	some := func(pick func(form) bool) bool { return slices.ContainsFunc(admitted, pick) }
	var codings, papers, resolutions []string
	for _, coding := range slices.Backward(allCodings) {
		if some(func(f form) bool { return f.coding == coding }) {
			codings = append(codings, string(coding))
		}
	}
	for _, r := range codec.Resolutions() {
		if some(func(f form) bool { return f.res == r }) {
			resolutions = append(resolutions, r.String())
		}
	}
	for _, p := range allPapers {
		if some(func(f form) bool { return f.paper == p }) {
			papers = append(papers, string(p))
		}
	}
	if len(codings) == 0 {
		return "nothing that can be sent"
	}
	return strings.Join(codings, ", ") + "; " + strings.Join(resolutions, ", ") + "; " + strings.Join(papers, ", ")
}

// allForms gives every bilevel form that the codec can write.
func allForms() []form {
	var forms []form
	for _, coding := range allCodings {
		for _, r := range codec.Resolutions() {
			for _, p := range allPapers {
				forms = append(forms, form{coding: coding, res: r, paper: p})
			}
		}
	}
	return forms
}
