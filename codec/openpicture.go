package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
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
	return pictureDocument(p, lim, int64(p.Width)*int64(p.Height)*depth, func() (image.Image, error) {
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

// openJPEG opens a JPEG picture (ITU-T T.81), with the resolution of JFIF or Exif and the orientation of Exif.
func openJPEG(r io.ReaderAt, size int64, lim Limits) (*document, error) {
	section := func() io.Reader { return bufio.NewReader(io.NewSectionReader(r, 0, size)) }
	config, err := jpeg.DecodeConfig(section())
	if err != nil {
		return nil, pictureError("JPEG", err)
	}
	p := Page{Width: config.Width, Height: config.Height, Kind: Colour, Coding: "JPEG", Orientation: 1}
	depth := int64(3)
	switch config.ColorModel {
	case color.GrayModel:
		p.Kind, depth = Gray, 1
	case color.CMYKModel:
		depth = 4
	}
	if jpegSegments(section(), &p) {
		depth += 4 * depth // A progressive one keeps 32-bit coefficients until its end.
		if jpegScans(section()) > maxScans {
			return nil, errorf("read", ErrTooComplex, "the JPEG picture is coded in more than %d scans, each of which goes over the whole picture: save it anew", maxScans)
		}
	}
	if err := lim.size("the JPEG picture", p.Width, p.Height); err != nil {
		return nil, err
	}
	if err := lim.decoded("the JPEG picture", int64(p.Width)*int64(p.Height)*depth); err != nil {
		return nil, err
	}
	return pictureDocument(p, lim, int64(p.Width)*int64(p.Height)*depth, func() (image.Image, error) {
		img, err := jpeg.Decode(section())
		if err != nil {
			return nil, pictureError("JPEG", err)
		}
		return img, nil
	}), nil
}

// jpegSegments reads the segments before the pixels into the page and says whether the picture is progressive.
func jpegSegments(r io.Reader, p *Page) (progressive bool) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return false
	}
	for range 256 {
		if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0xff {
			return false
		}
		n := int(binary.BigEndian.Uint16(head[2:])) - 2
		data := make([]byte, max(n, 0))
		if _, err := io.ReadFull(r, data); err != nil {
			return false
		}
		switch marker := head[1]; {
		case marker == 0xc2:
			return true
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc, marker == 0xda:
			return false
		case marker == 0xe0:
			jfif(data, p)
		case marker == 0xe1 && bytes.HasPrefix(data, []byte("Exif\x00\x00")):
			exif(data[6:], p)
		}
	}
	return false
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

// jfif takes the resolution from an APP0 segment.
func jfif(data []byte, p *Page) {
	if len(data) < 12 || !bytes.HasPrefix(data, []byte("JFIF\x00")) || p.XRes > 0 {
		return
	}
	scale := map[byte]float64{1: 1, 2: 2.54}[data[7]]
	x, y := float64(binary.BigEndian.Uint16(data[8:])), float64(binary.BigEndian.Uint16(data[10:]))
	if x*scale > 0 && y*scale > 0 {
		p.XRes, p.YRes = x*scale, y*scale
	}
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
