package main

import (
	"fmt"
	"io"
	"strings"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/codec/tiff"
)

type tiffCmd struct {
	Info    tiffInfoCmd    `cmd:"" help:"Show each page's geometry and coding, and the checksum of its pixels."`
	Check   tiffCheckCmd   `cmd:"" help:"Name each rule of RFC 3949 that a file breaks."`
	Convert tiffConvertCmd `cmd:"" help:"Make a fax TIFF of documents: PDF, TIFF, PNG, JPEG or text."`
	PDF     tiffPDFCmd     `cmd:"" name:"pdf" help:"Make a PDF of a TIFF."`
}

type tiffInfoCmd struct {
	output
	File string `arg:"" help:"The TIFF file."`
}

// Run shows the pages of a TIFF file; exit 1 if any of them cannot be read.
func (t *tiffInfoCmd) Run(a *app) error {
	f, err := openFile(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := codec.Info(a, f, f.size)
	if err != nil {
		return t.unusable(a, fmt.Errorf("%s: %w", t.File, err))
	}
	if err := t.print(a, info, func(w io.Writer) { showTIFF(w, info) }); err != nil {
		return err
	}
	for _, p := range info.Pages {
		if p.Error != "" {
			return errSilent
		}
	}
	return nil
}

// unusable tells of a file in which no page can be found: programs get an empty list with the reason.
func (t *tiffInfoCmd) unusable(a *app, reason error) error {
	if !t.JSON {
		return reason
	}
	none := struct {
		Pages []codec.PageInfo `json:"pages"`
		Error string           `json:"error"`
	}{[]codec.PageInfo{}, reason.Error()}
	if err := writeJSON(a.stdout, none); err != nil {
		return err
	}
	return errSilent
}

func showTIFF(w io.Writer, info codec.FileInfo) {
	for i, p := range info.Pages {
		if p.Error != "" {
			fmt.Fprintf(w, "page %d: cannot be read: %s\n", i+1, p.Error)
			continue
		}
		fmt.Fprintf(w, "page %d: %d×%d pixels at %g×%g dots per inch, %s", i+1, p.Width, p.Height, p.XRes, p.YRes, p.Coding)
		if p.Kind == codec.Gray.String() || p.Kind == codec.Colour.String() {
			fmt.Fprintf(w, " in %s", p.Kind)
		}
		if p.Profile != "" {
			fmt.Fprintf(w, ", profile %s", p.Profile)
		}
		if p.BadRows > 0 || p.Rows != p.Height {
			fmt.Fprintf(w, "; %d of %d rows decoded, %d of them damaged", p.Rows, p.Height, p.BadRows)
		}
		if p.Partial {
			fmt.Fprint(w, "; the rest is lost")
		}
		if q := p.Quality; q != nil {
			fmt.Fprintf(w, "; was received with %s damaged, at most %d together, %s", plural(q.BadFaxLines, "row"), q.ConsecutiveBadFaxLines, cleanFaxData(q.CleanFaxData))
		}
		fmt.Fprintln(w)
	}
}

// cleanFaxData says what became of the damaged rows (TIFF-F's field 327).
func cleanFaxData(v int) string {
	switch v {
	case 0:
		return "of which none is left"
	case 1:
		return "which were replaced"
	}
	return "which are still there"
}

type tiffCheckCmd struct {
	output
	File    string `arg:"" help:"The TIFF file."`
	Profile string `help:"The profile to check against: S, F, C or J (default: the one that the file looks like)." placeholder:"LETTER"`
}

// finding is one line of `faxgate tiff check --json`.
type finding struct {
	Page    int    `json:"page,omitempty"`
	Should  bool   `json:"should,omitempty"`
	Rule    string `json:"rule"`
	Section string `json:"section"`
	Found   string `json:"found"`
}

// Run checks a TIFF file; exit 1 if it breaks a rule. What the RFC only recommends is told and does not count.
func (t *tiffCheckCmd) Run(a *app) error {
	if err := t.known(); err != nil {
		return err
	}
	f, err := openFile(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	letter, err := t.letter(a, f)
	if err != nil {
		return err
	}
	found, err := tiff.Check(f, f.size, letter)
	if err != nil {
		return fmt.Errorf("%s: %w", t.File, err)
	}
	list, broken := []finding{}, false
	for _, x := range found {
		list = append(list, finding{Page: x.Page, Should: x.Should, Rule: x.Rule, Section: x.Section, Found: x.Text})
		broken = broken || !x.Should
	}
	out := struct {
		Profile  string    `json:"profile"`
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}{string(letter), !broken, list}
	if err := t.print(a, out, func(w io.Writer) { showFindings(w, t.File, letter, broken, list) }); err != nil {
		return err
	}
	if broken {
		return errSilent
	}
	return nil
}

// known refuses a profile that there is none of, or that this version does not know the rules of.
func (t *tiffCheckCmd) known() error {
	switch p := strings.ToUpper(t.Profile); p {
	case "", "S", "F", "J", "C":
		return nil
	case "L", "M":
		return usagef("checking against profile %s is not built yet: use S, F, J or C", p)
	default:
		return usagef("%q is no profile: use S, F, J or C", t.Profile)
	}
}

// letter is the profile to check against: the one asked for, else the one that the pages look like.
func (t *tiffCheckCmd) letter(a *app, f *file) (byte, error) {
	if t.Profile != "" {
		return strings.ToUpper(t.Profile)[0], nil
	}
	info, err := codec.Info(a, f, f.size)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", t.File, err)
	}
	least := byte('S')
	for _, p := range info.Pages {
		switch {
		case p.Profile == "C" || p.Profile == "J":
			return p.Profile[0], nil
		case p.Profile != "S":
			least = 'F'
		}
	}
	return least, nil
}

func showFindings(w io.Writer, name string, letter byte, broken bool, list []finding) {
	for _, x := range list {
		where, kind := "file", "breaks"
		if x.Page > 0 {
			where = fmt.Sprintf("page %d", x.Page)
		}
		if x.Should {
			kind = "should"
		}
		fmt.Fprintf(w, "%s: %s %s: %s; found: %s\n", where, kind, x.Section, x.Rule, x.Found)
	}
	if !broken {
		fmt.Fprintf(w, "%s breaks no rule of profile %c\n", name, letter)
	}
}

type tiffPDFCmd struct {
	In  string `arg:"" help:"The TIFF file."`
	Out string `arg:"" help:"The PDF file to write; - is standard output."`
}

// Run writes a PDF whose pages are the TIFF's.
func (t *tiffPDFCmd) Run(a *app) error {
	b, err := openBundle(a, []string{t.In})
	if err != nil {
		return err
	}
	defer b.Close()
	var report codec.Report
	err = toFile(a, t.Out, func(w io.Writer) error {
		report, err = codec.WritePDF(a, w, pdf.Meta{Title: t.In, Producer: "faxgate " + versionText()}, b.Pages(a))
		return err
	})
	if err == nil {
		damaged(a, report)
	}
	return err
}

// damaged tells on standard error what the originals lacked.
func damaged(a *app, r codec.Report) {
	if r.Missing > 0 || r.BadRows > 0 {
		fmt.Fprintf(a.stderr, "faxgate: the original is damaged: %s unreadable, %s missing and left white\n", plural(r.BadRows, "row"), plural(r.Missing, "row"))
	}
}
