package tiff

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// fieldRule says what type and how many values a field has, and for which profiles it must be there.
type fieldRule struct {
	tag      Tag
	types    []Type
	count    int    // 0 one for each strip, -1 one for each sample
	required string // letters of profiles
	section  string // of RFC 3949; with a leading dot, of the profile's chapter
}

// fieldRules are the fields of RFC 3949 sections 2.2.1, 2.2.2 and of each profile's sections 2.1 and 2.2.
var fieldRules = []fieldRule{
	{TagNewSubfileType, []Type{TypeLong}, 1, "SFJC", rfcExtra},
	{TagImageWidth, []Type{TypeShort, TypeLong}, 1, "SFJC", ".2.1"},
	{TagImageLength, []Type{TypeShort, TypeLong}, 1, "SFJC", ".2.1"},
	{TagBitsPerSample, []Type{TypeShort}, -1, "C", ".2.1"},
	{TagCompression, []Type{TypeShort}, 1, "SFJC", ".2.1"},
	{TagPhotometric, []Type{TypeShort}, 1, "SFJC", ".2.1"},
	{TagFillOrder, []Type{TypeShort}, 1, "S", ".2.1"},
	{TagStripOffsets, []Type{TypeShort, TypeLong}, 0, "SFJC", ".2.1"},
	{TagOrientation, []Type{TypeShort}, 1, "", ".3.1"},
	{TagSamplesPerPixel, []Type{TypeShort}, 1, "SC", ".2.1"},
	{TagRowsPerStrip, []Type{TypeShort, TypeLong}, 1, "SFJC", ".2.1"},
	{TagStripByteCounts, []Type{TypeShort, TypeLong}, 0, "SFJC", ".2.1"},
	{TagXResolution, []Type{TypeRational}, 1, "SFJC", ".2.1"},
	{TagYResolution, []Type{TypeRational}, 1, "SFJC", ".2.1"},
	{TagT4Options, []Type{TypeLong}, 1, "", ".2.2"},
	{TagT6Options, []Type{TypeLong}, 1, "", ".2.2"},
	{TagResolutionUnit, []Type{TypeShort}, 1, "S", ".2.1"},
	{TagPageNumber, []Type{TypeShort}, 2, "SFJC", rfcCommon},
	{TagBadFaxLines, []Type{TypeShort, TypeLong}, 1, "", ".3.3"},
	{TagCleanFaxData, []Type{TypeShort}, 1, "", ".3.3"},
	{TagConsecutiveBadFaxLines, []Type{TypeShort, TypeLong}, 1, "", ".3.3"},
	{TagT82Options, []Type{TypeLong}, 1, "", ".2.3"},
	{TagChromaSubSampling, []Type{TypeShort}, 2, "", ".2.2"},
	{TagChromaPositioning, []Type{TypeShort}, 1, "", ".2.2"},
}

// newFields are those that RFC 3949 adds to TIFF, section 2.2.4.
var newFields = []Tag{
	TagGlobalParametersIFD, TagProfileType, TagFaxProfile, TagCodingMethods, TagVersionYear, TagModeNumber,
	TagDecode, TagImageBaseColor, TagT82Options, TagStripRowCounts, TagImageLayer,
}

// checkOrder looks at the order of the fields.
func (c *checker) checkOrder(p *Page) {
	last := -1
	for e := range p.Entries() {
		switch {
		case int(e.Tag) == last:
			c.broke(tiff6, "a field stands once in a directory", "%s is there twice", e.Tag)
		case int(e.Tag) < last:
			c.broke(tiff6, "the fields of a directory are in ascending order", "%s comes after field %d", e.Tag, last)
		}
		last = int(e.Tag)
	}
}

// checkFields looks for missing fields, wrong types and counts, and what Profile S leaves out.
func (c *checker) checkFields(p *Page) {
	for _, r := range fieldRules {
		section := r.section
		if sub, ok := strings.CutPrefix(section, "."); ok {
			section = c.section(sub)
		}
		e, ok := p.find(r.tag)
		if !ok {
			if strings.IndexByte(r.required, c.profile) >= 0 || r.tag == c.options(p) {
				c.broke(section, "the field is required", "%s is missing", r.tag)
			}
			continue
		}
		if !slices.Contains(r.types, e.Type) {
			c.broke(section, fmt.Sprintf("%s is %s", r.tag, typeWords(r.types)), "%s is %s", r.tag, e.Type)
		}
		if want := r.values(p); want > 0 && int64(e.Count) != int64(want) {
			c.broke(section, fmt.Sprintf("%s has %d here", r.tag, want), "%s has a count of %d", r.tag, e.Count)
		}
	}
	if c.profile == 'S' {
		c.checkExtra(p)
	}
}

// options is the field that the page's compression requires.
func (c *checker) options(p *Page) Tag {
	switch p.Compression {
	case CompressionT4:
		return TagT4Options
	case CompressionT6:
		return TagT6Options
	}
	return 0
}

// values is how many values the field has on this page; 0 if that cannot be said.
func (r fieldRule) values(p *Page) int {
	switch {
	case r.count > 0:
		return r.count
	case r.count < 0:
		return p.SamplesPerPixel
	case p.Err != nil || p.Tiled:
		return 0
	}
	return p.stripCount()
}

// typeWords lists types: "SHORT or LONG".
func typeWords(types []Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = t.String()
	}
	return strings.Join(words, " or ")
}

// checkExtra looks for fields that Profile S leaves out.
func (c *checker) checkExtra(p *Page) {
	for e := range p.Entries() {
		known := slices.ContainsFunc(fieldRules, func(r fieldRule) bool {
			return r.tag == e.Tag && (strings.Contains(r.required, "S") || r.tag == TagBitsPerSample || r.tag == TagT4Options)
		})
		switch {
		case known:
		case slices.Contains(newFields, e.Tag):
			c.should("RFC 3949 section 2.2.4", "Profile S is written without new fields", "%s is there", e.Tag)
		default:
			c.should("RFC 3949 section 2.2.3", "Profile S is written without optional fields", "%s is there", e.Tag)
		}
	}
}

// valueRule says which values a field may have in a profile.
type valueRule struct {
	tag      Tag
	allowed  []uint32
	def      uint32
	profiles string
	section  string // with a leading dot, of the profile's chapter
	rule     string
}

// valueRules are RFC 3949 sections 3.2, 4.2, 5.2 and 6.2.
var valueRules = []valueRule{
	{TagNewSubfileType, []uint32{2}, 0, "SFJC", rfcExtra, "NewSubfileType is 2, a single page of a multi-page document, even if there is one page"},
	{TagCompression, []uint32{3}, 1, "S", ".2.1", "Compression is 3 (T.4)"},
	{TagCompression, []uint32{3, 4}, 1, "F", ".2.1", "Compression is 3 (T.4) or 4 (T.6)"},
	{TagCompression, []uint32{9}, 1, "J", ".2.1", "Compression is 9 (T.85)"},
	{TagCompression, []uint32{7}, 1, "C", ".2.1", "Compression is 7 (JPEG)"},
	{TagFillOrder, []uint32{2}, 1, "S", ".2.1", "FillOrder is 2, least significant bit first"},
	{TagFillOrder, []uint32{1, 2}, 1, "FJC", ".2.1", "FillOrder is 1 or 2"},
	{TagPhotometric, []uint32{0}, 0, "S", ".2.1", "PhotometricInterpretation is 0, white is zero"},
	{TagPhotometric, []uint32{0, 1}, 0, "FJ", ".2.1", "PhotometricInterpretation is 0 or 1"},
	{TagPhotometric, []uint32{ITULab}, 0, "C", ".2.1", "PhotometricInterpretation is 10 (ITULAB)"},
	{TagBitsPerSample, []uint32{1}, 1, "SFJ", ".2.1", "BitsPerSample is 1"},
	{TagBitsPerSample, []uint32{8}, 1, "C", ".2.1", "BitsPerSample is 8"},
	{TagSamplesPerPixel, []uint32{1}, 1, "SFJ", ".2.1", "SamplesPerPixel is 1"},
	{TagSamplesPerPixel, []uint32{1, 3}, 1, "C", ".2.1", "SamplesPerPixel is 1 or 3"},
	{TagResolutionUnit, []uint32{2}, 2, "SC", ".2.1", "ResolutionUnit is 2, inch"},
	{TagResolutionUnit, []uint32{2, 3}, 2, "FJ", ".2.1", "ResolutionUnit is 2 (inch) or 3 (centimetre)"},
	{TagT82Options, []uint32{0}, 0, "J", ".2.3", "T82Options is 0"},
	{TagChromaPositioning, []uint32{1}, 1, "C", ".2.2", "ChromaPositioning is 1"},
	{TagOrientation, []uint32{1, 3, 6, 8}, 1, "FJC", "RFC 3949 section 2.2.3", "images are not mirrored: Orientation is 1, 3, 6 or 8"},
}

// checkValues looks at the values of single fields.
func (c *checker) checkValues(p *Page) {
	for _, r := range valueRules {
		if strings.IndexByte(r.profiles, c.profile) < 0 || c.missing(p, r.tag) {
			continue
		}
		if v := p.scalar(r.tag, r.def); !slices.Contains(r.allowed, v) {
			section := r.section
			if sub, ok := strings.CutPrefix(section, "."); ok {
				section = c.section(sub)
			}
			c.broke(section, r.rule, "%s is %d", r.tag, v)
		}
	}
	c.checkOptions(p)
	c.checkPageNumber(p)
	c.checkQuality(p)
	if c.profile == 'C' {
		c.checkDecode(p)
	}
	if c.profile == 'C' && p.SamplesPerPixel == 3 {
		c.checkChroma(p)
	}
}

// missing says whether the field is not there although it must be, which was noted already.
func (c *checker) missing(p *Page, tag Tag) bool {
	return !p.Has(tag) && slices.ContainsFunc(fieldRules, func(r fieldRule) bool {
		return r.tag == tag && strings.IndexByte(r.required, c.profile) >= 0
	})
}

// checkOptions looks at T4Options and T6Options bit by bit: others are reserved (RFC 3949 section 3.6).
func (c *checker) checkOptions(p *Page) {
	t4, t6 := p.Compression == CompressionT4, p.Compression == CompressionT6
	switch {
	case t4 && p.T4Options&T4Uncompressed != 0:
		c.broke("RFC 3949 section 4.5.1", "uncompressed mode is not used: bit 1 of T4Options is 0", "T4Options is %d", p.T4Options)
	case t6 && p.T6Options&T6Uncompressed != 0:
		c.broke("RFC 3949 section 4.5.1", "uncompressed mode is not used: bit 1 of T6Options is 0", "T6Options is %d", p.T6Options)
	}
	if c.profile == 'S' && t4 && p.T4Options&T4TwoDimensional != 0 {
		c.broke(c.section("2.2"), "Profile S is coded in one dimension: T4Options is 0 or 4", "T4Options is %d", p.T4Options)
	}
}

// checkPageNumber looks whether the pages are numbered from 0 in the order of the file.
func (c *checker) checkPageNumber(p *Page) {
	if !p.Has(TagPageNumber) {
		return
	}
	number, total := p.PageNumber[0], p.PageNumber[1]
	if number != p.Index {
		c.broke(rfcCommon, "pages are numbered from 0 in the order of the file", "PageNumber is %d, the page is number %d", number, p.Index)
	}
	if total != 0 && total != len(c.f.Pages) {
		c.broke(rfcCommon, "PageNumber gives the total number of pages, or 0", "PageNumber says %d pages, the file has %d", total, len(c.f.Pages))
	}
}

// checkQuality looks whether the page-quality fields agree.
func (c *checker) checkQuality(p *Page) {
	q := p.Quality
	if q == nil || c.profile == 'S' {
		return
	}
	section := "RFC 3949 section 4.3.3"
	if q.CleanFaxData == 0 && p.Has(TagCleanFaxData) && q.BadFaxLines > 0 {
		c.broke(section, "CleanFaxData 0 says that no line was bad", "BadFaxLines is %d", q.BadFaxLines)
	}
	if q.ConsecutiveBadFaxLines > q.BadFaxLines {
		c.broke(section, "ConsecutiveBadFaxLines counts some of BadFaxLines", "%d of %d", q.ConsecutiveBadFaxLines, q.BadFaxLines)
	}
}

// checkChroma looks at the sampling of a colour page.
func (c *checker) checkChroma(p *Page) {
	v := p.Ints(TagChromaSubSampling)
	if v == nil || slices.Equal(v, []uint32{2, 2}) || slices.Equal(v, []uint32{1, 1}) {
		return
	}
	c.broke(c.section("2.2"), "ChromaSubSampling is 2,2 or 1,1", "ChromaSubSampling is %d", v)
}

// metricTable is what 204×98, 204×196, 204×391 and 408×391 are in dots per centimetre, RFC 3949 section 4.2.1.
var metricTable = []struct {
	x, y float64
	as   legal
}{
	{80, 38.5, legalTable[0]},
	{80, 77, legalTable[2]},
	{80, 154, legalTable[4]},
	{160, 154, legalTable[6]},
}

// checkResolution looks whether resolution and width belong together.
func (c *checker) checkResolution(p *Page) {
	if c.missing(p, TagXResolution) || c.missing(p, TagYResolution) {
		return
	}
	x, y := p.rational(TagXResolution), p.rational(TagYResolution)
	table := legalTable[:8]
	switch c.profile {
	case 'S':
		table = legalTable[:4]
	case 'C':
		table = colourTable
	}
	l, ok := legal{}, false
	if p.ResolutionUnit == 3 {
		for _, m := range metricTable {
			if m.x == x && m.y == y {
				l, ok = m.as, true
			}
		}
	} else if x == math.Trunc(x) && y == math.Trunc(y) {
		l, ok = lookup(table, int(min(x, math.MaxInt32)), int(min(y, math.MaxInt32)))
	}
	rule := "the resolution is " + resolutions(table) + " dots per inch"
	if !ok {
		c.broke(c.section("2.1"), rule, "the resolution is %g×%g dots per %s", x, y, unitWord(p.ResolutionUnit))
		return
	}
	widths := l.widths[:]
	if c.profile == 'S' {
		widths = widths[:1]
	}
	if !slices.Contains(widths, p.Width) {
		c.broke(c.section("2.1"), fmt.Sprintf("ImageWidth at %d×%d is one of %d", l.x, l.y, widths), "ImageWidth is %d", p.Width)
	}
}

// unitWord names a ResolutionUnit.
func unitWord(unit int) string {
	switch unit {
	case 2:
		return "inch"
	case 3:
		return "centimetre"
	}
	return fmt.Sprintf("unit %d", unit)
}
