package ifax

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/codec"
	"faxgate/ifax/feature"
)

// OursConfig is what the administrator lets this gateway advertise and use (settings.md D36 to D42). What every
// Internet fax device must take (MH, A4 width, 204 by 98 and 196) is added in any case (RFC 3965 section 4).
type OursConfig struct {
	Codings     []codec.Coding // MR, MMR and JBIG
	Papers      []codec.Paper
	Resolutions []codec.Resolution
	// Shades is the most that pages may be: Gray and Colour add Profile C, as JPEG at the square ones of Resolutions, and at
	// 100 and 200 dots per inch in any case.
	Shades codec.Kind
}

// ProfileS is what every Internet fax device takes.
func ProfileS() Capabilities { return Ours(OursConfig{}) }

// Ours writes this gateway's own abilities, in the pattern that fielded devices send and compare: the binary
// alternative alone at the top level, or first where there are shades, one token for the file structure, ratios not
// reduced (RFC 2879).
func Ours(c OursConfig) Capabilities {
	filter, err := feature.Parse(oursText(c))
	if err != nil {
		return Capabilities{} // Cannot be: the text is made of known tokens only. TestOurs has them all.
	}
	ours, err := capabilities(filter)
	if err != nil {
		return Capabilities{} // Cannot be either.
	}
	return ours
}

// media is a page that everybody has.
const media = "(ua-media=stationery)"

func oursText(c OursConfig) string {
	codings, papers, list := c.widened()
	size := "(size-x<=" + width(papers) + "/254) (paper-size=" + set(paperTokens(papers)) + ") " + media
	text := "(& (type=\"image/tiff\") (color=Binary)" +
		" (image-file-structure=" + c.structure(codings, papers, list) + ") " +
		codingText(codings) + " " + resolutions(list) + " " + size + ")"
	if c.Shades == codec.Bilevel {
		return text
	}
	return "(| " + text + " " + c.shadesText() + size + "))"
}

// codingText names the codings, JBIG with what RFC 2879 section 4.2 says of it.
func codingText(codings []string) string {
	const noLayers = "(MRC-mode=0)"
	i := slices.Index(codings, string(codec.JBIG))
	if i < 0 {
		return "(image-coding=" + set(codings) + ") " + noLayers
	}
	return noLayers + " (| (image-coding=" + set(slices.Delete(slices.Clone(codings), i, i+1)) + ")" +
		" (& (image-coding=JBIG) (image-coding-constraint=JBIG-T85) (JBIG-stripe-size=128)))"
}

// shadesText is the beginning of the alternative for pages with shades: JPEG in CIELAB (RFC 3949 section 6).
func (c OursConfig) shadesText() string {
	shades := "(color=grey) (color-levels<=256)"
	if c.Shades == codec.Colour {
		shades = "(| (& (color=grey) (color-levels<=256)) (& (color=full) (color-levels<=16777216)" +
			" (color-subsampling=[\"1:1:1\",\"4:1:1\"]) (CIELAB-a-min>=-85) (CIELAB-a-max<=85) (CIELAB-b-min>=-75) (CIELAB-b-max<=125)))"
	}
	var dpi []string
	for _, r := range colourProfile.Resolutions() {
		if r.X <= 200 || slices.Contains(c.Resolutions, r) {
			dpi = append(dpi, fmt.Sprint(r.X))
		}
	}
	return "(& (type=[\"image/tiff\",\"image/tiff-fx\"]) (image-file-structure=TIFF) (image-coding=JPEG)" +
		" (image-coding-constraint=JPEG-T4E) (MRC-mode=0) " + shades +
		" (color-space=CIELAB) (color-illuminant=D50) (CIELAB-L-min>=0) (CIELAB-L-max<=100)" +
		" (dpi=" + set(dpi) + ") (dpi-xyratio=1) "
}

// widened adds what is mandatory, orders everything and leaves unknown values out.
func (c OursConfig) widened() (codings []string, papers []codec.Paper, list []codec.Resolution) {
	for _, coding := range []codec.Coding{codec.MH, codec.MR, codec.MMR, codec.JBIG} {
		if coding == codec.MH || slices.Contains(c.Codings, coding) {
			codings = append(codings, string(coding))
		}
	}
	for _, p := range []codec.Paper{codec.Letter, codec.Legal, codec.A4, codec.B4, codec.A3} {
		if p == codec.A4 || p == codec.Letter || slices.Contains(c.Papers, p) {
			papers = append(papers, p)
		}
	}
	for _, r := range codec.Resolutions() {
		if r.ProfileS() || slices.ContainsFunc(c.Resolutions, func(o codec.Resolution) bool { return twins(o, r) }) {
			list = append(list, r)
		}
	}
	return codings, papers, list
}

// twins tells resolutions of which whoever takes one takes the other. 200x400, which RFC 3949 does not have, stands alone.
func twins(a, b codec.Resolution) bool {
	alone := codec.Resolution{X: 200, Y: 400}
	return a == b || class(a) == class(b) && a != alone && b != alone
}

// structure names the file layout: minimal for Profile S, limited for F as RFC 3949 has it, and TIFF for what
// goes beyond (600 dpi, JBIG, shades).
func (c OursConfig) structure(codings []string, papers []codec.Paper, list []codec.Resolution) string {
	beyond := func(r codec.Resolution) bool { return !r.ProfileS() }
	switch {
	case c.Shades != codec.Bilevel || slices.Contains(codings, string(codec.JBIG)) || slices.Contains(list, codec.Resolution{X: 600, Y: 600}):
		return "TIFF"
	case len(codings) > 1 || slices.ContainsFunc(list, beyond) || slices.ContainsFunc(papers, wide):
		return "TIFF-limited"
	}
	return "TIFF-minimal"
}

// resolutions writes one alternative for each horizontal resolution.
func resolutions(list []codec.Resolution) string {
	var alternatives []string
	for _, x := range []int{200, 204, 300, 400, 408, 600} {
		var ratios []string
		for _, r := range list {
			if r.X == x {
				ratios = append(ratios, ratio(r))
			}
		}
		if len(ratios) > 0 {
			alternatives = append(alternatives, fmt.Sprintf("(& (dpi=%d) (dpi-xyratio=%s))", x, set(ratios)))
		}
	}
	return "(| " + strings.Join(alternatives, " ") + ")"
}

// ratio writes dpi-xyratio as devices do: 204/98, and 1 for square.
func ratio(r codec.Resolution) string {
	if r.X == r.Y {
		return "1"
	}
	return fmt.Sprintf("%d/%d", r.X, r.Y)
}

// width is the nominal width of the widest paper, in 1/254 inch.
func width(papers []codec.Paper) string {
	var x int64
	for _, p := range papers {
		x = max(x, sizes[p].x)
	}
	return fmt.Sprint(x)
}

// paperTokens writes the papers as RFC 2879 spells them.
func paperTokens(papers []codec.Paper) []string {
	var tokens []string
	for _, p := range papers {
		t := string(p)
		if p == codec.Letter || p == codec.Legal {
			t = strings.ToLower(t)
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// set writes one value as it is and several in brackets.
func set(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return "[" + strings.Join(values, ",") + "]"
}

// DocumentFeatures describes pages of a target for Content-features (RFC 2912), on their paper.
func DocumentFeatures(t codec.Target, paper codec.Paper) string {
	text := "(& (type=\"image/tiff\") (color=" + map[codec.Kind]string{codec.Bilevel: "Binary", codec.Gray: "grey", codec.Colour: "full"}[t.Kind] + ")" +
		" (image-file-structure=" + structureOf(t) + ") (image-coding=" + string(t.Profile.Coding) + ")"
	switch t.Profile.Coding {
	case codec.JPEG:
		text += " (image-coding-constraint=JPEG-T4E) (color-space=CIELAB) (color-illuminant=D50)"
	case codec.JBIG:
		text += " (image-coding-constraint=JBIG-T85)"
	}
	return text + fmt.Sprintf(" (MRC-mode=0) (dpi=%d) (dpi-xyratio=%s) (paper-size=%s) ", t.Resolution.X, ratio(t.Resolution), paperTokens([]codec.Paper{paper})[0]) + media + ")"
}

// structureOf names the layout that a target is written in: the directory before its strip, as in Profile S.
func structureOf(t codec.Target) string {
	switch t.Profile.Letter {
	case 'S':
		return "TIFF-minimal"
	case 'F':
		return "TIFF-limited"
	}
	return "TIFF"
}
