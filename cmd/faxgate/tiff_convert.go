package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"faxgate/codec"
)

type tiffConvertCmd struct {
	output
	Profile    string   `help:"S, F or C (default: S, or F if the coding or resolution needs it)." placeholder:"LETTER"`
	Coding     string   `help:"mh, mr, mmr or jpeg (default: mh for S, mmr for F)." placeholder:"CODING"`
	Resolution string   `help:"Dots per inch, such as 204x196 or 300." default:"204x196"`
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
	if target.Resolution, err = codec.ParseResolution(t.Resolution); err != nil {
		return target, usagef("%w", err)
	}
	for _, p := range t.Paper {
		paper, err := codec.ParsePaper(p)
		if err != nil {
			return target, usagef("%w", err)
		}
		target.Papers = append(target.Papers, paper)
	}
	if target.Profile, err = t.profile(target.Resolution); err != nil {
		return target, err
	}
	if n := utf8.RuneCountInString(t.Header); n > 30 {
		return target, usagef("the name in the header line has at most 30 characters, not %d", n)
	}
	if t.Header != "" {
		target.Header = codec.Header{Time: time.Now(), Sender: t.Header}
	}
	return target, nil
}

// profile joins --profile and --coding; either follows from the other where it is left out.
func (t *tiffConvertCmd) profile(r codec.Resolution) (codec.Profile, error) {
	letter, coding := strings.ToUpper(t.Profile), codec.Coding("")
	if t.Coding != "" {
		c, err := codec.ParseCoding(t.Coding)
		if err != nil {
			return codec.Profile{}, usagef("%w", err)
		}
		coding = c
	}
	switch {
	case letter == "C" || letter == "J" || letter == "L" || letter == "M":
		return codec.Profile{}, usagef("profile %s is not built yet: use S or F", letter)
	case coding == codec.JPEG || coding == codec.JBIG:
		return codec.Profile{}, usagef("coding %s is not built yet: use mh, mr or mmr", strings.ToLower(string(coding)))
	case letter == "" && (coding == "" || coding == codec.MH) && r.ProfileS():
		letter = "S"
	case letter == "":
		letter = "F"
	case letter != "S" && letter != "F":
		return codec.Profile{}, usagef("%q is no profile: use S or F", t.Profile)
	}
	if coding == "" {
		coding = map[string]codec.Coding{"S": codec.MH, "F": codec.MMR}[letter]
	}
	if letter == "S" && coding != codec.MH {
		return codec.Profile{}, usagef("profile S is always coded mh (RFC 3949 section 3): use --profile F for %s", strings.ToLower(string(coding)))
	}
	if letter == "S" && !r.ProfileS() {
		return codec.Profile{}, usagef("profile S has no resolution %v (RFC 3949 section 3): use 204x98, 204x196, 200x100 or 200x200, or --profile F", r)
	}
	return codec.Profile{Letter: letter[0], Coding: coding}, nil
}
