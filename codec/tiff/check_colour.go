package tiff

import (
	"bufio"
	"errors"
	"io"
	"math"
	"math/bits"

	"faxgate/codec/jpeg"
)

// Sections that rules of colour come from.
const (
	t4Colour = "ITU-T T.4 annex E"
	jpegNote = "TIFF Technical Note 2"
)

// maxJPEG is how many bytes a strip may take when it is decoded.
const maxJPEG = 160 << 20

// checkDecode looks at the gamut of a page of profile C.
func (c *checker) checkDecode(p *Page) {
	e, ok := p.find(TagDecode)
	section := c.section("2.3")
	switch want := uint32(2 * p.SamplesPerPixel); {
	case !ok:
		c.should(section, "Decode tells the gamut", "%s is missing", TagDecode)
	case e.Type != TypeSRational:
		c.broke(section, "Decode is SRATIONAL", "%s is %s", TagDecode, e.Type)
	case e.Count != want:
		c.broke(section, "Decode has two values for each sample", "%s has a count of %d instead of %d", TagDecode, e.Count, want)
	default:
		for i, v := range p.Reals(TagDecode) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				c.broke(section, "Decode has numbers", "value %d of %s is no number", i+1, TagDecode)
			}
		}
	}
}

// checkJPEG looks at one strip of profile C: it is a JPEG stream as T.4 annex E has it, and what it says of itself is what
// the directory says.
func (c *checker) checkJPEG(p *Page, i int) {
	b := make([]byte, 2)
	if _, err := p.Strip(i).ReadAt(b, 0); err != nil || b[0] != 0xFF || b[1] != 0xD8 && b[1] != bits.Reverse8(0xD8) {
		c.strip(i, c.section("2.1"), "a strip of compression 7 is a JPEG stream", "starts with % x instead of ff d8", b)
		return
	}
	if b[1] != 0xD8 && p.FillOrder != 2 {
		c.strip(i, c.section("2.1"), "the bits of a byte are in the order of FillOrder", "has them the other way round")
	}
	h, err := jpeg.ReadHeader(jpegStrip(p, i))
	if err != nil {
		c.strip(i, "ITU-T T.81", "a JPEG stream has a whole header", "cannot be read: %v", err)
		return
	}
	if len(h.Components) == 0 {
		c.strip(i, "ITU-T T.81", "a JPEG stream has a picture", "has none")
		return
	}
	c.checkFrame(p, i, h)
	c.checkMarkers(p, i, h)
	c.checkCoded(p, i, h)
}

// jpegStrip reads a strip whose bits may be in the order of FillOrder 2.
func jpegStrip(p *Page, i int) *bufio.Reader {
	br := bufio.NewReader(p.Strip(i))
	if b, err := br.Peek(2); err == nil && b[1] == bits.Reverse8(0xD8) {
		return bufio.NewReader(mirrored{br})
	}
	return br
}

// mirrored turns the bits of each byte round.
type mirrored struct{ r io.Reader }

func (r mirrored) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	for i, v := range b[:n] {
		b[i] = bits.Reverse8(v)
	}
	return n, err
}

// checkFrame compares the frame header with the fields.
func (c *checker) checkFrame(p *Page, i int, h jpeg.Header) {
	if h.Process != jpeg.Baseline {
		c.strip(i, t4Colour, "the JPEG is baseline", "has the frame header ff %x instead of ff c0", h.Process)
	}
	if h.Bits != 8 {
		c.strip(i, c.section("2.1"), "samples have 8 bits", "has samples of %d bits", h.Bits)
	}
	if n := len(h.Components); n != p.SamplesPerPixel {
		c.strip(i, jpegNote, "the JPEG has SamplesPerPixel components", "has %d, SamplesPerPixel is %d", n, p.SamplesPerPixel)
	} else if n == 3 {
		c.checkSampling(p, i, h)
	}
	if rows := p.Strips[i].Rows; h.Width != p.Width || h.Height != rows {
		c.strip(i, jpegNote, "the JPEG has the size of its strip", "has %d by %d pixels, the fields say %d by %d", h.Width, h.Height, p.Width, rows)
	}
}

// checkSampling compares the sampling of the frame header with ChromaSubSampling.
func (c *checker) checkSampling(p *Page, i int, h jpeg.Header) {
	want := [2]int{2, 2} // The default of RFC 3949 section 6.2.2.
	for j, v := range p.Ints(TagChromaSubSampling) {
		if j < len(want) {
			want[j] = int(v)
		}
	}
	if x, y := h.Sampling(); x != want[0] || y != want[1] {
		c.strip(i, c.section("2.2"), "ChromaSubSampling is the sampling of the JPEG", "is sampled %d,%d, ChromaSubSampling is %d,%d", x, y, want[0], want[1])
	}
}

// checkMarkers looks at the application data.
func (c *checker) checkMarkers(p *Page, i int, h jpeg.Header) {
	if h.JFIF || h.Adobe >= 0 {
		c.should(t4Colour, "a fax has neither JFIF's nor Adobe's marker, by which readers take it for YCbCr", "strip %d has one", i+1)
	}
	fax := h.Fax
	switch {
	case fax == nil || fax.Version == 0:
		c.strip(i, t4Colour, "the JPEG begins with the marker G3FAX", "has none")
	case !h.Leading:
		c.strip(i, t4Colour, "the marker G3FAX stands right behind the start marker", "has other segments before it")
	case fax.DPI != int(math.Round(p.XRes)):
		c.strip(i, t4Colour, "the marker G3FAX has the resolution of the page", "has %d dots per inch, XResolution is %g", fax.DPI, p.XRes)
	}
	if v := p.Reals(TagDecode); len(v) == 2*p.SamplesPerPixel && len(v) <= 6 {
		gamut, fields := jpeg.DefaultGamut(), jpeg.DefaultGamut()
		if fax != nil {
			gamut = fax.Gamut
		}
		for j := range len(v) / 2 {
			fields.Min[j], fields.Max[j] = v[2*j], v[2*j+1]
			if p.SamplesPerPixel == 1 {
				fields.Min[1], fields.Max[1], fields.Min[2], fields.Max[2] = gamut.Min[1], gamut.Max[1], gamut.Min[2], gamut.Max[2]
			}
		}
		if !gamut.Near(fields) {
			c.strip(i, c.section("2.3"), "Decode is the gamut of the JPEG, T.42's if it has no marker for another", "has %.2f to %.2f, Decode is %.2f", gamut.Min, gamut.Max, v)
		}
	}
}

// checkCoded decodes the strip.
func (c *checker) checkCoded(p *Page, i int, h jpeg.Header) {
	tables, err := p.Bytes(TagJPEGTables)
	if err != nil {
		c.strip(i, jpegNote, "JPEGTables can be read", "has tables that cannot: %v", err)
	}
	if !h.Tables && len(tables) == 0 {
		c.strip(i, jpegNote, "the JPEG has its tables, or JPEGTables has", "has no Huffman tables")
	}
	if !endsJPEG(p, i) {
		c.strip(i, "ITU-T T.81", "a JPEG stream ends with an end marker", "does not end with ff d9")
	}
	rows := p.Strips[i].Rows
	if h.Supported() != nil || h.Process != jpeg.Baseline || jpeg.Cost(h) > maxJPEG || h.Width > p.Width+16 || h.Height > rows+16 {
		return // Its faults were told.
	}
	if _, err := jpeg.Decode(jpegStrip(p, i), jpeg.Options{Tables: tables, Height: rows}); err != nil {
		c.strip(i, "ITU-T T.81", "the coded data can be decoded", "cannot be decoded: %v", err)
	}
}

// endsJPEG says whether the last bytes of a strip are an end marker, but for fill.
func endsJPEG(p *Page, i int) bool {
	strip := p.Strip(i)
	b := make([]byte, min(strip.Size(), 4))
	if _, err := strip.ReadAt(b, strip.Size()-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	for len(b) > 2 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	n := len(b)
	return n >= 2 && b[n-2] == 0xFF && (b[n-1] == 0xD9 || b[n-1] == bits.Reverse8(0xD9))
}
