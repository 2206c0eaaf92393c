package ifax

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/codec"
)

// OursConfig is what the administrator lets this gateway advertise and use (settings.md D36 to D40). What every
// Internet fax device must take (MH, A4 width, 204 by 98 and 196) is added in any case (RFC 3965 section 4).
type OursConfig struct {
	Codings     []codec.Coding
	Papers      []codec.Paper
	Resolutions []codec.Resolution
}

// ProfileS is what every Internet fax device takes.
func ProfileS() Capabilities { return Ours(OursConfig{}) }

// Ours writes this gateway's own abilities, in the pattern that fielded devices send and compare: the binary
// alternative alone at the top level, one token for the file structure, ratios not reduced (RFC 2879).
func Ours(c OursConfig) Capabilities {
	codings, papers, classes := c.widened()
	text := "(& (type=\"image/tiff\") (color=Binary)" +
		" (image-file-structure=" + structure(codings, papers, classes) + ")" +
		" (image-coding=" + set(codings) + ")" +
		" (MRC-mode=0) " + resolutions(classes) +
		" (size-x<=" + width(papers) + "/254)" +
		" (paper-size=" + set(paperTokens(papers)) + ")" +
		" (ua-media=stationery))"
	root, err := parseFeatures(text)
	if err != nil {
		return Capabilities{} // Cannot be: the text is made of known tokens only. TestOurs has them all.
	}
	return capabilities(root)
}

// widened adds what is mandatory, orders everything and leaves unknown values out.
func (c OursConfig) widened() (codings []string, papers []codec.Paper, classes [][]codec.Resolution) {
	for _, coding := range slices.Backward(allCodings) {
		if coding == codec.MH || slices.Contains(c.Codings, coding) {
			codings = append(codings, string(coding))
		}
	}
	for _, p := range []codec.Paper{codec.Letter, codec.Legal, codec.A4, codec.B4, codec.A3} {
		if p == codec.A4 || p == codec.Letter || slices.Contains(c.Papers, p) {
			papers = append(papers, p)
		}
	}
	for i, class := range sameClass {
		if i < 2 || slices.ContainsFunc(class, func(r codec.Resolution) bool { return slices.Contains(c.Resolutions, r) }) {
			classes = append(classes, class)
		}
	}
	return codings, papers, classes
}

// structure names the file layout: minimal for Profile S, limited for F as RFC 3949 has it, and TIFF for what
// goes beyond (600 dpi).
func structure(codings []string, papers []codec.Paper, classes [][]codec.Resolution) string {
	switch {
	case slices.ContainsFunc(classes, func(class []codec.Resolution) bool { return class[0].X == 600 }):
		return "TIFF"
	case len(codings) > 1 || len(classes) > 2 || slices.ContainsFunc(papers, wide):
		return "TIFF-limited"
	}
	return "TIFF-minimal"
}

// resolutions writes one alternative for each horizontal resolution.
func resolutions(classes [][]codec.Resolution) string {
	var alternatives []string
	for _, x := range []int{200, 204, 300, 400, 408, 600} {
		var ratios []string
		for _, class := range classes {
			for _, r := range class {
				if r.X == x {
					ratios = append(ratios, ratio(r))
				}
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
