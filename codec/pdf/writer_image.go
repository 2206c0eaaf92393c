package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"io"
	"math/bits"
	"strconv"
	"strings"
)

// Image describes a page that is one image.
type Image struct {
	Width, Height int     // pixels as coded
	XRes, YRes    float64 // dots per inch along Width and Height; 0 is taken as 200
	Orientation   int     // as in TIFF: 1 to 8; 0 is 1
}

// CCITT says how the data of a bilevel page is coded, in the terms of CCITTFaxDecode (ISO 32000-1 section 7.4.6).
type CCITT struct {
	K         int  // below 0 MMR, 0 MH, above 0 MR
	EOL       bool // an EOL stands before each row, with fill bits or without (TIFF compression 3)
	ByteAlign bool // each row begins on a byte boundary and no EOL stands before it (TIFF compression 2)
	EndMark   bool // EOFB or RTC ends the data; without it the data ends after Height rows
	LSBFirst  bool // the first bit of the code is the lowest of its byte (FillOrder 2): bits are reversed on the way
	Inverted  bool // black runs are shown white (PhotometricInterpretation 1)
}

// CCITTPage adds a bilevel page whose coded data is passed through. If data cannot be read to its end the page shows
// what there is of it, the error is returned and further pages may follow; an error of the target ends the file.
func (w *Writer) CCITTPage(img Image, c CCITT, data io.Reader) error {
	if err := img.check(); err != nil {
		return err
	}
	if c.LSBFirst {
		data = reverser{data}
	}
	entries := "/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << " + c.parameters(img) + ">> "
	return w.page(img, entries, data)
}

// parameters gives the filter's dictionary; Columns and Rows always, the others where they are not the default. EOLs
// with fill bits are not EncodedByteAlign: that means rows that begin on a byte boundary after fill of less than a
// byte, which would skip zeros of the EOL.
func (c CCITT) parameters(img Image) string {
	var b strings.Builder
	k := max(min(c.K, 4), -1)
	fmt.Fprintf(&b, "/K %d /Columns %d /Rows %d ", k, img.Width, img.Height)
	flag := func(name string, on, def bool) {
		if on != def {
			fmt.Fprintf(&b, "/%s %t ", name, on)
		}
	}
	flag("EndOfLine", c.EOL && k >= 0, false)
	flag("EncodedByteAlign", c.ByteAlign, false)
	flag("EndOfBlock", c.EndMark, true)
	flag("BlackIs1", c.Inverted, false)
	return b.String()
}

// JPEGPage adds a grey or YCbCr page whose JPEG data is passed through. Its size in pixels is that of the JPEG header,
// so img need only have the resolution. For errors see CCITTPage.
func (w *Writer) JPEGPage(img Image, data io.Reader) error {
	var head bytes.Buffer
	cfg, err := jpeg.DecodeConfig(io.TeeReader(io.LimitReader(data, 1<<20), &head))
	if err != nil {
		return fmt.Errorf("pdf: read the JPEG header: %w", err)
	}
	if bytes.Contains(head.Bytes(), []byte("G3FAX\x00")) && cfg.ColorModel != color.GrayModel {
		return errors.New("pdf: a colour fax (JPEG in CIELAB, ITU-T T.4 annex E) must be converted to YCbCr first")
	}
	img.Width, img.Height = cfg.Width, cfg.Height
	if err := img.check(); err != nil {
		return err
	}
	space := "/DeviceRGB"
	switch cfg.ColorModel {
	case color.GrayModel:
		space = "/DeviceGray"
	case color.CMYKModel:
		return errors.New("pdf: a JPEG with four colour components is not passed through")
	}
	entries := "/ColorSpace " + space + " /BitsPerComponent 8 /Filter /DCTDecode "
	return w.page(img, entries, io.MultiReader(&head, data))
}

// check says whether there can be such a page.
func (i Image) check() error {
	if i.Width < 1 || i.Height < 1 {
		return fmt.Errorf("pdf: a page of %d×%d pixels cannot be", i.Width, i.Height)
	}
	return nil
}

// page adds a page that shows an image of the given dictionary entries and data.
func (w *Writer) page(img Image, entries string, data io.Reader) error {
	if w.err != nil {
		return w.err
	}
	entries = fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d ", img.Width, img.Height) + entries
	image, n, readErr := w.stream(entries, data)
	wide, high, matrix := img.placement()
	content, _, _ := w.stream("", strings.NewReader("q "+matrix+" cm /I Do Q"))
	page := w.reserve()
	w.object(page, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources << /XObject << /I %d 0 R >> >> /Contents %d 0 R >>",
		pagesObject, wide, high, image, content)
	w.pages = append(w.pages, page)
	switch {
	case w.err != nil:
		return w.err
	case readErr != nil:
		return fmt.Errorf("pdf: read the data of page %d: %w", len(w.pages), readErr)
	case n == 0:
		return fmt.Errorf("pdf: page %d has no data", len(w.pages))
	}
	return nil
}

// pointsPerInch is the unit of PDF's user space.
const pointsPerInch = 72

// Sides of a page in points, ISO 32000-1 annex C.
const (
	minSide = 3
	maxSide = 14_400
)

// placement gives the page's size in points and the matrix that puts the unit square of the image on it. The pixels
// count by their resolution, so that 204×98 is not squashed; Orientation is part of the matrix, mirrored ones too.
func (i Image) placement() (wide, high, matrix string) {
	x, y := i.sides()
	sx, sy := points(x), points(y)
	wide, high = sx, sy
	if i.Orientation >= 5 && i.Orientation <= 8 {
		wide, high = sy, sx
	}
	switch i.Orientation {
	case 2:
		matrix = "-" + sx + " 0 0 " + sy + " " + sx + " 0"
	case 3:
		matrix = "-" + sx + " 0 0 -" + sy + " " + sx + " " + sy
	case 4:
		matrix = sx + " 0 0 -" + sy + " 0 " + sy
	case 5:
		matrix = "0 -" + sx + " -" + sy + " 0 " + sy + " " + sx
	case 6:
		matrix = "0 -" + sx + " " + sy + " 0 0 " + sx
	case 7:
		matrix = "0 " + sx + " " + sy + " 0 0 0"
	case 8:
		matrix = "0 " + sx + " -" + sy + " 0 " + sy + " 0"
	default:
		matrix = sx + " 0 0 " + sy + " 0 0"
	}
	return wide, high, matrix
}

// sides gives the lengths in points of the image's width and height, both scaled if one would be no page.
func (i Image) sides() (x, y float64) {
	x, y = side(i.Width, i.XRes), side(i.Height, i.YRes)
	if over := max(x, y) / maxSide; over > 1 {
		x, y = x/over, y/over
	}
	return max(x, minSide), max(y, minSide)
}

// side is a number of pixels in points.
func side(pixels int, res float64) float64 {
	if !(res > 0) { // also if it is no number
		res = 200
	}
	return float64(pixels) * pointsPerInch / res
}

// points writes a length with three decimals, trailing zeros left out.
func points(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// reverser reverses the bits of each byte.
type reverser struct{ r io.Reader }

func (r reverser) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	for i, v := range b[:n] {
		b[i] = bits.Reverse8(v)
	}
	return n, err
}
