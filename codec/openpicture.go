package codec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"io"

	"faxgate/codec/jpeg"
)

// openPNG opens a PNG picture (ISO/IEC 15948).
func openPNG(r io.ReaderAt, size int64, lim Limits) (*document, error) {
	section := func() io.Reader { return bufio.NewReader(io.NewSectionReader(r, 0, size)) }
	config, err := png.DecodeConfig(section())
	if err != nil {
		return nil, pictureError("PNG", err)
	}
	kind, depth := modelOf(config.ColorModel)
	p := Page{Width: config.Width, Height: config.Height, Kind: kind, Coding: "PNG", Orientation: 1}
	if bits := pngChunks(section(), &p); bits == 1 && kind == Gray {
		p.Kind = Bilevel
	}
	if err := lim.size("the PNG picture", p.Width, p.Height); err != nil {
		return nil, err
	}
	// An interlaced or palette picture with transparency may take more than its model says: four bytes at most.
	if err := lim.decoded("the PNG picture", int64(p.Width)*int64(p.Height)*depth); err != nil {
		return nil, err
	}
	return pictureDocument(p, lim, int64(p.Width)*int64(p.Height)*depth, func() (raster, error) {
		img, err := png.Decode(section())
		if err != nil {
			return nil, pictureError("PNG", err)
		}
		return img, nil
	}), nil
}

// pngChunks reads the chunks before the pixels: it gives the bit depth and puts the resolution of pHYs into the page.
func pngChunks(r io.Reader, p *Page) (bits int) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0
	}
	for range 64 {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return bits
		}
		n, kind := int64(binary.BigEndian.Uint32(head[:4])), string(head[4:])
		if kind == "IDAT" || n > 1<<24 {
			return bits
		}
		data, _ := io.ReadAll(io.LimitReader(r, min(n, 16)))
		switch {
		case kind == "IHDR" && len(data) > 8:
			bits = int(data[8])
		case kind == "pHYs" && len(data) == 9 && data[8] == 1:
			p.XRes = float64(binary.BigEndian.Uint32(data)) * 0.0254
			p.YRes = float64(binary.BigEndian.Uint32(data[4:])) * 0.0254
		}
		if _, err := io.CopyN(io.Discard, r, n-int64(len(data))+4); err != nil {
			return bits
		}
	}
	return bits
}

// openJPEG opens a JPEG picture (ITU-T T.81), with the resolution of JFIF, Exif or a fax and the orientation of Exif.
func openJPEG(r io.ReaderAt, size int64, lim Limits) (*document, error) {
	section := func() io.Reader { return bufio.NewReader(io.NewSectionReader(r, 0, size)) }
	h, err := jpeg.ReadHeader(section())
	if err == nil {
		err = h.Supported()
	}
	switch {
	case errors.Is(err, jpeg.ErrUnsupported):
		return nil, errorf("read", ErrUnsupported, "the JPEG picture cannot be read: %w: save it as PNG", err)
	case err != nil:
		return nil, pictureError("JPEG", err)
	}
	p := Page{Width: h.Width, Height: h.Height, Kind: Colour, Coding: "JPEG", Orientation: 1, XRes: h.XRes, YRes: h.YRes}
	if len(h.Components) == 1 {
		p.Kind = Gray
	}
	if h.Fax != nil && h.Fax.DPI > 0 {
		p.XRes, p.YRes = float64(h.Fax.DPI), float64(h.Fax.DPI)
	}
	exif(h.Exif, &p)
	if h.Process == jpeg.Progressive && jpegScans(section()) > maxScans {
		return nil, errorf("read", ErrTooComplex, "the JPEG picture is coded in more than %d scans, each of which goes over the whole picture: save it anew", maxScans)
	}
	if err := lim.size("the JPEG picture", p.Width, p.Height); err != nil {
		return nil, err
	}
	if err := lim.decoded("the JPEG picture", jpeg.Cost(h)); err != nil {
		return nil, err
	}
	return pictureDocument(p, lim, jpeg.Cost(h), func() (raster, error) {
		planes, err := jpeg.Decode(section(), jpeg.Options{})
		if err != nil {
			return mendedJPEG(section, h, lim, err)
		}
		return &jpegImage{planes: planes, colours: h.Meaning(), stats: Stats{Rows: planes.Height}}, nil
	}), nil
}

// mendedJPEG decodes what there is of a damaged picture.
func mendedJPEG(open func() io.Reader, h jpeg.Header, lim Limits, why error) (raster, error) {
	if 2*jpeg.Cost(h) > lim.MaxDecoded {
		return nil, pictureError("JPEG", why)
	}
	colours := h.Meaning()
	planes, rows, err := jpeg.Mend(open, jpeg.Options{}, colours.White())
	if err != nil {
		return nil, pictureError("JPEG", why)
	}
	st := Stats{Rows: rows, Missing: planes.Height - rows, Partial: true, Err: fmt.Errorf("the JPEG picture breaks off after %d rows: %w", rows, why)}
	return &jpegImage{planes: planes, colours: colours, stats: st}, nil
}

// maxScans is how many scans a progressive JPEG may have. Encoders write about ten; a scan can cost a few bytes in the file
// and a pass over all pixels when it is read.
const maxScans = 64

// jpegScans counts the scans up to one more than maxScans. In coded data 0xff never stands before 0xda.
func jpegScans(r io.Reader) int {
	br := bufio.NewReader(r)
	scans := 0
	for last := byte(0); scans <= maxScans; {
		c, err := br.ReadByte()
		if err != nil {
			break
		}
		if last == 0xff && c == 0xda {
			scans++
		}
		last = c
	}
	return scans
}

// exif takes orientation and resolution from the first directory of an Exif block, which is a TIFF file of its own.
func exif(data []byte, p *Page) {
	if len(data) < 8 {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(data[4:]))
	if at < 0 || at+2 > int64(len(data)) {
		return
	}
	count := int(order.Uint16(data[at:]))
	var x, y, unit float64 = 0, 0, 2
	for entry := data[at+2:]; count > 0 && len(entry) >= 12; count, entry = count-1, entry[12:] {
		switch order.Uint16(entry) {
		case 274:
			if o := int(order.Uint16(entry[8:])); o >= 1 && o <= 8 {
				p.Orientation = o
			}
		case 282:
			x = exifRational(data, order, order.Uint32(entry[8:]))
		case 283:
			y = exifRational(data, order, order.Uint32(entry[8:]))
		case 296:
			unit = float64(order.Uint16(entry[8:]))
		}
	}
	if unit == 3 {
		x, y = x*2.54, y*2.54
	}
	if x > 0 && y > 0 && unit > 1 {
		p.XRes, p.YRes = x, y
	}
}

func exifRational(data []byte, order binary.ByteOrder, at uint32) float64 {
	if int64(at)+8 > int64(len(data)) {
		return 0
	}
	d := order.Uint32(data[at+4:])
	if d == 0 {
		return 0
	}
	return float64(order.Uint32(data[at:])) / float64(d)
}
