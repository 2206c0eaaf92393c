package selftest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"faxgate/codec"
	"faxgate/codec/tiff"
)

// abilities are what a machine can print.
type abilities struct {
	codings     []string // as codec.Info names them
	resolutions [][2]int // dots per inch; those of the other spelling (200 for 204, …) count as the same
	widths      []int    // at 200 dots per inch: 1728 A4, 2048 B4, 2432 A3
	text        string   // how its receipts tell them (RFC 2530); empty: not at all
}

// simple is a machine of simple mode: it takes strict Profile S and nothing else (RFC 3965 section 4).
func simple() abilities {
	return abilities{codings: []string{"MH"}, resolutions: [][2]int{{204, 98}, {204, 196}}, widths: []int{1728}}
}

// verdict is what a machine makes of a fax.
type verdict struct {
	trouble string // why it cannot print it; empty: it can
	pages   []codec.PageInfo
}

// examine looks at a fax as a machine would that prints only what it knows: each page must be of a form that it takes, and the file without a fault by RFC 3949.
func (a abilities) examine(t *taken) (v verdict) {
	if t.err != nil {
		return verdict{trouble: "the mail cannot be taken apart: " + t.err.Error()}
	}
	for _, d := range t.documents() {
		if d.kind != "image/tiff" && d.kind != "image/tiff-fx" {
			v.trouble = "5.6.1 " + d.kind + " is not supported"
			return v
		}
		info, err := codec.Info(context.Background(), bytes.NewReader(d.body), int64(len(d.body)))
		if err != nil {
			v.trouble = "5.6.1 " + err.Error()
			return v
		}
		for _, p := range info.Pages {
			v.pages = append(v.pages, p)
			if v.trouble = a.refuses(p); v.trouble != "" {
				return v
			}
		}
		if v.trouble = faults(d.body, info.Pages[0].Profile); v.trouble != "" {
			return v
		}
	}
	return v
}

// refuses says why a page cannot be printed.
func (a abilities) refuses(p codec.PageInfo) string {
	switch {
	case p.Error != "" || p.BadRows > 0:
		return fmt.Sprintf("5.6.1 the page cannot be decoded: %s (%d bad rows)", p.Error, p.BadRows)
	case !slices.Contains(a.codings, p.Coding):
		return fmt.Sprintf("5.6.1 compression %s is not supported", p.Coding)
	case p.Coding != "JPEG" && !a.prints(p):
		return fmt.Sprintf("5.6.1 resolution %.0f x %.0f is not supported", p.XRes, p.YRes)
	case !slices.ContainsFunc(a.widths, func(w int) bool { return w == p.Width*200/classOf(p.XRes) }):
		return fmt.Sprintf("5.6.1 a width of %d is not supported", p.Width)
	}
	return ""
}

// classOf is the resolution of which the page's is another spelling: 200 of 204, 400 of 408.
func classOf(dpi float64) int {
	for _, c := range []int{100, 200, 300, 400, 600} {
		if dpi > float64(c)*0.95 && dpi < float64(c)*1.05 {
			return c
		}
	}
	return int(dpi)
}

// prints tells whether a resolution is among the machine's, in either spelling (RFC 3949 section 2.2.2).
func (a abilities) prints(p codec.PageInfo) bool {
	return slices.ContainsFunc(a.resolutions, func(r [2]int) bool {
		return classOf(p.XRes) == classOf(float64(r[0])) && classOf(p.YRes) == classOf(float64(r[1]))
	})
}

// faults is the first rule of RFC 3949 that a file breaks.
func faults(file []byte, profile string) string {
	if profile == "" {
		return "5.6.1 the file is of no profile of RFC 3949"
	}
	list, err := tiff.Check(bytes.NewReader(file), int64(len(file)), profile[0])
	if err != nil {
		return "5.6.1 " + err.Error()
	}
	for _, f := range list {
		if !f.Should {
			return "5.6.1 " + f.String()
		}
	}
	return ""
}

// form is the pages' form in short, such as "S MH 204x196".
func (v verdict) form() string {
	if len(v.pages) == 0 {
		return "no page"
	}
	p := v.pages[0]
	return fmt.Sprintf("%s %s %.0fx%.0f", p.Profile, p.Coding, p.XRes, p.YRes)
}
