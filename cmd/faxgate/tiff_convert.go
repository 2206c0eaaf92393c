package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"faxgate/codec"
)

type tiffConvertCmd struct {
	output
	Profile    string   `help:"S, F, J or C (default: S, or F if the coding or resolution needs it)." placeholder:"LETTER"`
	Coding     string   `help:"mh, mr, mmr, jbig or jpeg (default: mh for S, mmr for F, jbig for J, jpeg for C)." placeholder:"CODING"`
	Colour     string   `help:"What pages with colours become: colour or grey (profile C), or none, black and white." placeholder:"CHOICE"`
	Resolution string   `help:"Dots per inch, such as 204x196 or 300 (default: 204x196, 200 for profile C)." placeholder:"DPI"`
	Paper      []string `help:"A4, Letter, Legal, B4 or A3; several: each page gets the smallest that holds it." default:"A4"`
	Header     string   `help:"Name for the header line, at most 30 characters." placeholder:"TEXT"`
	KeepPixels bool     `help:"Code bilevel pages as they are, without fitting them."`
	Cut        bool     `help:"Cut pages that are longer than the paper instead of reducing them."`
	Files      []string `arg:"" name:"in... out" help:"The documents, and last the TIFF file to write (- is standard output)."`
}

// converted is what `faxgate tiff convert --json` prints.
type converted struct {
	File  string `json:"file"`
	Pages int    `json:"pages"`
	Bytes int64  `json:"bytes"`
}

// Run makes a fax TIFF of documents.
func (t *tiffConvertCmd) Run(a *app) error {
	target, err := t.target()
	if err != nil {
		return err
	}
	if len(t.Files) < 2 {
		return usagef("name the documents and then the file to write: faxgate tiff convert IN... OUT.tif")
	}
	in, out := t.Files[:len(t.Files)-1], t.Files[len(t.Files)-1]
	b, err := openBundle(a, in)
	if err != nil {
		return err
	}
	defer b.Close()
	target.Header.Total = b.total
	total := b.total
	if t.Cut {
		total = 0 // cutting makes more pages than there were
	}
	var report codec.Report
	err = toFile(a, out, func(w io.Writer) error {
		report, err = codec.Write(a, w, target.Profile, total, codec.Fit(a, b.Pages(a), target))
		return err
	})
	if err != nil {
		return err
	}
	damaged(a, report)
	if out == "-" {
		return nil
	}
	return t.print(a, converted{out, report.Pages, report.Bytes}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s, %d bytes\n", out, count(report.Pages), report.Bytes)
	})
}

// target is the form that the command line asks for. What cannot be written is a mistake of usage.
func (t *tiffConvertCmd) target() (codec.Target, error) {
	target := codec.Target{KeepPixels: t.KeepPixels, Reduce: !t.Cut}
	var err error
	if t.Resolution != "" {
		if target.Resolution, err = codec.ParseResolution(t.Resolution); err != nil {
			return target, usagef("%w", err)
		}
	}
	if target.Kind, err = t.kind(); err != nil {
		return target, err
	}
	for _, p := range t.Paper {
		paper, err := codec.ParsePaper(p)
		if err != nil {
			return target, usagef("%w", err)
		}
		target.Papers = append(target.Papers, paper)
	}
	if target.Profile, err = t.profile(target); err != nil {
		return target, err
	}
	if target.Profile.Letter == 'C' && t.KeepPixels {
		return target, usagef("--keep-pixels is for pages in black and white, not for profile C")
	}
	if n := utf8.RuneCountInString(t.Header); n > 30 {
		return target, usagef("the name in the header line has at most 30 characters, not %d", n)
	}
	if t.Header != "" {
		target.Header = codec.Header{Time: time.Now(), Sender: t.Header}
	}
	return target, nil
}

// kind is what --colour asks for: bilevel where it says nothing, and then the profile decides.
func (t *tiffConvertCmd) kind() (codec.Kind, error) {
	if t.Colour == "" {
		return codec.Bilevel, nil
	}
	choice, err := codec.ParseMultiValue(t.Colour)
	if err != nil {
		return codec.Bilevel, usagef("%w", err)
	}
	if choice == codec.MultiNone && strings.EqualFold(t.Profile, "C") {
		return codec.Bilevel, usagef("profile C has no pages in black and white: use --colour grey or --colour colour")
	}
	return choice.Kind(codec.Colour), nil
}

// profile joins --profile, --coding and --colour; each follows from the others where it is left out.
func (t *tiffConvertCmd) profile(target codec.Target) (codec.Profile, error) {
	r := target.Resolution
	letter, coding := strings.ToUpper(t.Profile), codec.Coding("")
	if t.Coding != "" {
		c, err := codec.ParseCoding(t.Coding)
		if err != nil {
			return codec.Profile{}, usagef("%w", err)
		}
		coding = c
	}
	simple := r == codec.Resolution{} || r.ProfileS()
	switch {
	case letter == "L" || letter == "M":
		return codec.Profile{}, usagef("profile %s is not built yet: use S, F, J or C", letter)
	case letter == "" && coding == codec.JBIG:
		letter = "J"
	case letter == "" && (coding == codec.JPEG || coding == "" && target.Kind != codec.Bilevel):
		letter = "C"
	case letter == "" && (coding == "" || coding == codec.MH) && simple:
		letter = "S"
	case letter == "":
		letter = "F"
	case !slices.Contains([]string{"S", "F", "J", "C"}, letter):
		return codec.Profile{}, usagef("%q is no profile: use S, F, J or C", t.Profile)
	}
	if coding == "" {
		coding = map[string]codec.Coding{"S": codec.MH, "F": codec.MMR, "J": codec.JBIG, "C": codec.JPEG}[letter]
	}
	return t.agreed(codec.Profile{Letter: letter[0], Coding: coding}, target)
}

// agreed refuses a profile that does not go with the other choices.
func (t *tiffConvertCmd) agreed(p codec.Profile, target codec.Target) (codec.Profile, error) {
	word := strings.ToLower(string(p.Coding))
	r := target.Resolution
	switch {
	case p.Letter == 'C' && p.Coding != codec.JPEG:
		return p, usagef("profile C is always coded jpeg (RFC 3949 section 6): use --profile F for %s", word)
	case p.Letter == 'J' && p.Coding != codec.JBIG:
		return p, usagef("profile J is always coded jbig (RFC 3949 section 5): use --profile F for %s", word)
	case p.Letter != 'J' && p.Coding == codec.JBIG:
		return p, usagef("jbig is the coding of profile J (RFC 3949 section 5), not of profile %c", p.Letter)
	case p.Letter != 'C' && p.Coding == codec.JPEG:
		return p, usagef("jpeg is the coding of profile C (RFC 3949 section 6), not of profile %c", p.Letter)
	case p.Letter != 'C' && target.Kind != codec.Bilevel:
		return p, usagef("profile %c has pages in black and white only: use --profile C for %s", p.Letter, t.Colour)
	case p.Letter == 'S' && p.Coding != codec.MH:
		return p, usagef("profile S is always coded mh (RFC 3949 section 3): use --profile F for %s", word)
	case r == codec.Resolution{} || p.Allows(r):
		return p, nil
	case p.Letter == 'S':
		return p, usagef("profile S has no resolution %v (RFC 3949 section 3): use 204x98, 204x196, 200x100 or 200x200, or --profile F", r)
	}
	return p, usagef("profile %c has no resolution %v: use one of %v", p.Letter, r, p.Resolutions())
}
