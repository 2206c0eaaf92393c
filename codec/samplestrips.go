package codec

import (
	"image"
	"image/color"
	"slices"

	"faxgate/codec/tiff"
)

// Fields that only grey and colour pages have.
const (
	tagPredictor    tiff.Tag = 317
	tagColorMap     tiff.Tag = 320
	tagExtraSamples tiff.Tag = 338
	tagSampleFormat tiff.Tag = 339
)

// isSampleStrips says whether a page has samples of grey, RGB, CMYK or a palette in strips that can be read row by row.
// The library takes each strip into memory as a whole, several times over, and many programs write a page as one strip.
func isSampleStrips(t *tiff.Page) bool {
	if t.Tiled || len(t.Strips) == 0 || t.Planar == 2 && t.SamplesPerPixel > 1 || t.Has(tagSampleFormat) {
		return false
	}
	depth := t.BitsPerSample[0]
	for _, bits := range t.BitsPerSample {
		if bits != depth {
			return false
		}
	}
	switch {
	case t.Photometric == tiff.RGB && t.SamplesPerPixel == 3 && depth == 8 && !t.Has(tagExtraSamples):
	case t.Photometric == tiff.CMYK && t.SamplesPerPixel == 4 && depth == 8 && !t.Has(tagExtraSamples):
	case t.Photometric <= tiff.BlackIsZero && oneSample(t, 2, 4, 8):
	case t.Photometric == tiff.Palette && oneSample(t, 2, 4, 8) && len(t.Ints(tagColorMap)) >= 3<<depth:
	default:
		return false
	}
	if depth < 8 && predictor(t) != 1 {
		return false
	}
	switch t.Compression {
	case tiff.CompressionNone, tiff.CompressionPackBits:
		return !t.Has(tagPredictor)
	case tiff.CompressionLZW, tiff.CompressionDeflate, compressionAdobeDeflate:
		p := predictor(t)
		return p == 1 || p == 2
	}
	return false
}

func predictor(t *tiff.Page) uint32 {
	if v := t.Ints(tagPredictor); len(v) > 0 {
		return v[0]
	}
	return 1
}

// samplesKind is what the pixels of such a page can be.
func samplesKind(t *tiff.Page) Kind {
	switch {
	case t.Photometric == tiff.Palette:
		return max(Gray, paletteKind(paletteOf(t)))
	case t.SamplesPerPixel > 1:
		return Colour
	}
	return Gray
}

// sampleStrips decodes such a page. Nothing but the picture is in memory.
func sampleStrips(t *tiff.Page) (raster, error) {
	w := &walk{}
	src := plainSource{t, w}
	n, undo := t.SamplesPerPixel, predictor(t) == 2
	img, put := newSamples(t)
	y := 0
	for row, err := range src.rows {
		if err != nil {
			return nil, err
		}
		for i := n; undo && i < len(row); i++ { // TIFF 6.0 section 14
			row[i] += row[i-n]
		}
		put(row, y)
		y++
	}
	if st := w.get(); st.Missing > 0 {
		return nil, errorf("read", ErrDamaged, "the page cannot be read: %w", st.Err)
	}
	return img, nil
}

// newSamples makes an empty picture for a page, and what puts a row of the file into it.
func newSamples(t *tiff.Page) (raster, func(row []byte, y int)) {
	area := image.Rect(0, 0, t.Width, t.Height)
	switch t.Photometric {
	case tiff.RGB:
		img := image.NewRGBA(area)
		return img, func(row []byte, y int) { colourRow(img.Pix[y*img.Stride:][:4*t.Width], row) }
	case tiff.CMYK:
		img := image.NewCMYK(area)
		return img, func(row []byte, y int) { copy(img.Pix[y*img.Stride:][:4*t.Width], row) }
	case tiff.Palette:
		img := image.NewPaletted(area, paletteOf(t))
		return img, func(row []byte, y int) { unpack(img.Pix[y*img.Stride:][:t.Width], row, t.BitsPerSample[0]) }
	}
	img, shades := image.NewGray(area), greysOf(t)
	return img, func(row []byte, y int) {
		line := img.Pix[y*img.Stride:][:t.Width]
		unpack(line, row, t.BitsPerSample[0])
		for i, v := range line {
			line[i] = shades[v]
		}
	}
}

// unpack spreads samples of 2, 4 or 8 bits.
func unpack(dst, row []byte, bits int) {
	if bits == 8 {
		copy(dst, row)
		return
	}
	perByte, mask := 8/bits, byte(1)<<bits-1
	for i := range dst {
		dst[i] = row[i/perByte] >> (8 - bits - i%perByte*bits) & mask
	}
}

// greysOf gives the grey of each value that a sample can have.
func greysOf(t *tiff.Page) (shades [256]byte) {
	most := 1<<t.BitsPerSample[0] - 1
	for i := range most + 1 {
		shades[i] = byte(i * 255 / most)
		if t.Photometric == tiff.WhiteIsZero {
			shades[i] = ^shades[i]
		}
	}
	return shades
}

// paletteOf gives the colours of ColorMap: all reds, all greens, all blues, of 16 bits. Some writers take 8 of them.
func paletteOf(t *tiff.Page) color.Palette {
	v, n := t.Ints(tagColorMap), 1<<t.BitsPerSample[0]
	scale := uint32(257)
	if slices.Max(v[:3*n]) > 255 {
		scale = 1
	}
	pal := make(color.Palette, n)
	for i := range pal {
		c := color.RGBA64{R: uint16(v[i] * scale), G: uint16(v[n+i] * scale), B: uint16(v[2*n+i] * scale), A: 0xffff}
		pal[i] = color.RGBAModel.Convert(c)
	}
	return pal
}

func colourRow(dst, row []byte) {
	for x := 0; x < len(dst)/4; x++ {
		dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = row[3*x], row[3*x+1], row[3*x+2], 255
	}
}
