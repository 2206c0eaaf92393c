package tiff

import (
	"fmt"
	"io"

	"faxgate/codec/ccitt"
)

// maxFindings bounds what Check lists.
const maxFindings = 1000

// Finding is one broken rule of RFC 3949, or of TIFF 6.0 which it builds on.
type Finding struct {
	Page    int    // from 1; 0 concerns the file as a whole
	Should  bool   // recommended, not required
	Rule    string // what is asked, in words
	Section string // where, for example "RFC 3949 section 3.5"
	Text    string // what was found
}

// String puts a finding in one line for a person.
func (f Finding) String() string {
	where := "file"
	if f.Page > 0 {
		where = fmt.Sprintf("page %d", f.Page)
	}
	kind := ""
	if f.Should {
		kind = " (recommended)"
	}
	return fmt.Sprintf("%s: %s; %s%s: %s", where, f.Text, f.Section, kind, f.Rule)
}

// Check names each rule of RFC 3949 for profile 'S', 'F', 'J' or 'C' that the file breaks, down to the coded data of
// S, F and J. At most 1000 are listed. The error is Open's: the file is no TIFF file, or has no page.
func Check(r io.ReaderAt, size int64, profile byte) ([]Finding, error) {
	chapter, ok := map[byte]int{'S': 3, 'F': 4, 'J': 5, 'C': 6}[profile]
	if !ok {
		return nil, fmt.Errorf("tiff: profile %q cannot be checked, only S, F, J and C", profile)
	}
	f, err := Open(r, size, Limits{})
	if err != nil {
		return nil, err
	}
	c := &checker{f: f, profile: profile, chapter: chapter, decoder: ccitt.NewDecoder(ccitt.Limits{MaxRows: 1 << 20})}
	c.checkFile()
	for _, p := range f.Pages {
		c.page = p.Index + 1
		c.checkPage(p)
	}
	return c.found, nil
}

// checker collects what Check finds.
type checker struct {
	f       *File
	profile byte
	chapter int // of RFC 3949 that describes the profile
	page    int // from 1, 0 for the file
	found   []Finding
	decoder *ccitt.Decoder
	said    map[string]bool // rules that a strip of this page broke
}

// Sections that rules come from.
const (
	tiff6     = "TIFF 6.0 section 2"
	rfcCommon = "RFC 3949 section 2.2.1"
	rfcExtra  = "RFC 3949 section 2.2.2"
)

// section names a subsection of the profile's own chapter.
func (c *checker) section(sub string) string {
	return fmt.Sprintf("RFC 3949 section %d.%s", c.chapter, sub)
}

// broke notes a rule that is required.
func (c *checker) broke(section, rule, text string, args ...any) {
	c.add(Finding{Page: c.page, Section: section, Rule: rule, Text: fmt.Sprintf(text, args...)})
}

// should notes a rule that is recommended.
func (c *checker) should(section, rule, text string, args ...any) {
	c.add(Finding{Page: c.page, Should: true, Section: section, Rule: rule, Text: fmt.Sprintf(text, args...)})
}

// strip notes a rule that the data of strip i breaks, once for each page: what is wrong with one strip is usually wrong
// with all.
func (c *checker) strip(i int, section, rule, text string, args ...any) {
	if !c.said[rule] {
		c.said[rule] = true
		c.broke(section, rule, "strip %d %s", i+1, fmt.Sprintf(text, args...))
	}
}

func (c *checker) add(f Finding) {
	if len(c.found) < maxFindings {
		c.found = append(c.found, f)
	}
}

// checkPage looks at one page.
func (c *checker) checkPage(p *Page) {
	if p.Err != nil {
		c.broke(tiff6, "a page must be readable", "%v", p.Err)
	}
	c.checkOrder(p)
	c.checkFields(p)
	if p.Err == nil {
		c.checkValues(p)
		c.checkResolution(p)
		c.checkLayout(p)
		c.checkData(p)
	}
}

// checkData looks at the coded data of the profiles whose coding is known here.
func (c *checker) checkData(p *Page) {
	c.said = map[string]bool{}
	for i := range p.Strips {
		switch {
		case p.Strips[i].Size == 0:
			c.strip(i, rfcCommon, "every strip has data", "is empty")
		case c.profile == 'C' && p.Compression == CompressionJPEG:
			c.checkJPEG(p, i)
		case p.Compression == CompressionT85:
			c.checkJBIG(p, i)
		case p.Compression == CompressionT4:
			c.checkT4(p, i)
		case p.Compression == CompressionT6:
			c.checkT6(p, i)
		}
	}
}
