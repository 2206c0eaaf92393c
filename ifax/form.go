package ifax

import (
	"slices"

	"faxgate/codec"
	"faxgate/ifax/feature"
)

// form is a candidate document: pages of one kind, in one coding, at one resolution, on one paper.
type form struct {
	coding codec.Coding
	res    codec.Resolution
	paper  codec.Paper
	kind   codec.Kind // Gray and Colour are coded JPEG, Bilevel is not
}

// colourProfile is that of pages with shades.
var colourProfile = codec.Profile{Letter: 'C', Coding: codec.JPEG}

// bilevelCodings and allPapers are in order of preference: codings by size of the file, papers by size.
var (
	bilevelCodings = []codec.Coding{codec.MMR, codec.JBIG, codec.MR, codec.MH}
	allPapers      = []codec.Paper{codec.Letter, codec.A4, codec.Legal, codec.B4, codec.A3}
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
	{{X: 100, Y: 100}},
	{{X: 204, Y: 98}, {X: 200, Y: 100}},
	{{X: 204, Y: 196}, {X: 200, Y: 200}},
	{{X: 204, Y: 391}, {X: 200, Y: 400}},
	{{X: 300, Y: 300}},
	{{X: 400, Y: 400}, {X: 408, Y: 391}},
	{{X: 600, Y: 600}},
}

// class orders resolutions; spellings of one class are equal.
func class(r codec.Resolution) int {
	return slices.IndexFunc(sameClass, func(class []codec.Resolution) bool { return slices.Contains(class, r) })
}

// spellings gives the class of the form's resolution, itself first. Profile C has square ones only.
func (f form) spellings() []codec.Resolution {
	own := []codec.Resolution{f.res}
	if i := class(f.res); i >= 0 && f.kind == codec.Bilevel {
		own = append(own, slices.DeleteFunc(slices.Clone(sameClass[i]), func(o codec.Resolution) bool { return o == f.res })...)
	}
	return own
}

// wide tells papers that need more than 1728 pixels at 204 dpi.
func wide(p codec.Paper) bool { return p == codec.B4 || p == codec.A3 }

// simple tells a form of Profile S (RFC 3949 section 3).
func (f form) simple() bool { return f.coding == codec.MH && f.res.ProfileS() && !wide(f.paper) }

// profile is the one that the form belongs to.
func (f form) profile() codec.Profile {
	p := codec.Profile{Letter: 'F', Coding: f.coding}
	switch {
	case f.kind != codec.Bilevel:
		p.Letter = 'C'
	case f.coding == codec.JBIG:
		p.Letter = 'J'
	case f.simple():
		p.Letter = 'S'
	}
	return p
}

// facts describes the form in the tags of RFC 2879. Everything is written in the layout of Profile S, so that
// it is a TIFF-minimal whatever it carries, as machines of the field mean it; the names TIFF-S to TIFF-M come
// from examples of RFC 2912 and 2913.
func (f form) facts() feature.Collection {
	structures := tokens("TIFF-minimal", "TIFF-J", "TIFF-C", "TIFF-L", "TIFF-M")
	if f.simple() {
		structures = append(structures, feature.Token("TIFF-S"))
	}
	size := sizes[f.paper]
	facts := feature.Collection{
		"type":                 {feature.Text("image/tiff"), feature.Text("image/tiff-fx")},
		"image-file-structure": structures,
		"image-coding":         {feature.Token(string(f.coding))},
		"mrc-mode":             {feature.Int(0)},
		"dpi":                  {feature.Int(int64(f.res.X))},
		"dpi-xyratio":          {feature.Ratio(int64(f.res.X), int64(f.res.Y))},
		"size-x":               {feature.Ratio(size.x, 254)},
		"size-y":               {feature.Ratio(size.y, 254)},
		"paper-size":           {feature.Token(string(f.paper))},
		"ua-media":             {feature.Token("stationery")},
	}
	if w, _ := f.paper.Size(f.res); w > 0 { // RFC 2879 appendix B has the pixels
		facts["size-x"] = append(facts["size-x"], feature.Ratio(int64(w), int64(f.res.X)))
	}
	f.colours(facts)
	return facts
}

// colours adds what the form's shades are. A grey page is one that a device of full colour takes as well; colours
// are of the gamut that ITU-T T.42 has by default.
func (f form) colours(facts feature.Collection) {
	if f.kind == codec.Bilevel {
		facts["color"] = tokens("Binary")
		facts["color-levels"] = []feature.Value{feature.Int(2)}
		if f.coding == codec.JBIG {
			facts["image-coding-constraint"] = tokens("JBIG-T85")
			facts["jbig-stripe-size"] = []feature.Value{feature.Int(128)}
		}
		return
	}
	facts["color"], facts["color-levels"] = tokens("Grey", "Full"), []feature.Value{feature.Int(256)}
	if f.kind == codec.Colour {
		facts["color"], facts["color-levels"] = tokens("Full"), []feature.Value{feature.Int(1 << 24)}
		facts["color-subsampling"] = []feature.Value{feature.Text("4:1:1")}
	}
	facts["image-coding-constraint"] = tokens("JPEG-T4E")
	facts["color-space"] = tokens("CIELAB")
	facts["color-illuminant"] = tokens("D50")
	for tag, n := range map[string]int64{
		"cielab-l-min": 0, "cielab-l-max": 100, "cielab-a-min": -85, "cielab-a-max": 85, "cielab-b-min": -75, "cielab-b-max": 125,
	} {
		facts[tag] = []feature.Value{feature.Int(n)}
	}
}

func tokens(names ...string) []feature.Value {
	var values []feature.Value
	for _, name := range names {
		values = append(values, feature.Token(name))
	}
	return values
}

// said rules out what an alternative does not forbid only because it says nothing about it: then no more than
// Profile S is assumed (RFC 3965 section 4).
func (f form) said(a feature.Alternative) bool {
	switch {
	case f.coding != codec.MH && !f.codingSaid(a):
		return false
	case f.kind != codec.Bilevel && !a.Names("color") && !named(a, "TIFF-C"):
		return false
	case f.kind != codec.Bilevel:
		if !a.Limits("dpi") && f.res.X != 200 {
			return false
		}
	case !a.Limits("dpi") && f.res.X > 204:
		return false
	case !a.Limits("dpi-xyratio") && f.res.X <= 204 && f.res.Y > 200:
		return false
	}
	if wide(f.paper) {
		return a.Limits("paper-size") || a.Limits("size-x")
	}
	return f.paper != codec.Legal || a.Limits("paper-size") || a.Limits("size-y")
}

// codingSaid tells whether the alternative says that it takes the coding. Not to forbid one is no more than to take
// those of T.4 and T.6.
func (f form) codingSaid(a feature.Alternative) bool {
	switch f.coding {
	case codec.JBIG:
		return a.Names("image-coding") || !a.Limits("image-coding") && named(a, "TIFF-J")
	case codec.JPEG:
		return a.Names("image-coding") || !a.Limits("image-coding") && named(a, "TIFF-C")
	}
	return a.Limits("image-coding") || named(a, "TIFF-F")
}

// named tells whether an alternative has one of the names TIFF-F to TIFF-M for its file structure.
func named(a feature.Alternative, structure string) bool {
	const tag = "image-file-structure"
	return a.Names(tag) && a.Allows(tag, feature.Token(structure)) && !a.Allows(tag, feature.Token("TIFF"))
}

// allForms gives every form that the codec can write.
func allForms() []form {
	var forms []form
	for _, p := range allPapers {
		for _, coding := range bilevelCodings {
			for _, r := range codec.Resolutions() {
				forms = append(forms, form{coding: coding, res: r, paper: p})
			}
		}
		for _, r := range colourProfile.Resolutions() {
			forms = append(forms, form{coding: codec.JPEG, res: r, paper: p, kind: codec.Gray}, form{coding: codec.JPEG, res: r, paper: p, kind: codec.Colour})
		}
	}
	return forms
}
