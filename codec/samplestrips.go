package codec

import (
	"image"

	"faxgate/codec/tiff"
)

// Fields that only grey and colour pages have.
const (
	tagPredictor    tiff.Tag = 317
	tagExtraSamples tiff.Tag = 338
	tagSampleFormat tiff.Tag = 339
)

// isSampleStrips says whether a page has 8-bit samples of grey or RGB in strips that can be read row by row. The library
// takes each strip into memory as a whole, several times over, and many programs write a page as one strip.
func isSampleStrips(t *tiff.Page) bool {
	if t.Tiled || len(t.Strips) == 0 || t.Planar == 2 || t.Has(tagSampleFormat) {
		return false
	}
	for _, bits := range t.BitsPerSample {
		if bits != 8 {
			return false
		}
	}
	switch {
	case t.Photometric == tiff.RGB && t.SamplesPerPixel == 3 && !t.Has(tagExtraSamples):
	case t.Photometric <= tiff.BlackIsZero && t.SamplesPerPixel == 1:
	default:
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

// sampleStrips decodes such a page. Nothing but the picture is in memory.
func sampleStrips(t *tiff.Page) (raster, error) {
	w := &walk{}
	src := plainSource{t, w}
	n, undo := t.SamplesPerPixel, predictor(t) == 2
	area := image.Rect(0, 0, t.Width, t.Height)
	gray, colour := image.NewGray(image.Rectangle{}), image.NewRGBA(image.Rectangle{})
	var img raster
	if n == 1 {
		gray = image.NewGray(area)
		img = gray
	} else {
		colour = image.NewRGBA(area)
		img = colour
	}
	y := 0
	for row, err := range src.rows {
		if err != nil {
			return nil, err
		}
		for i := n; undo && i < len(row); i++ { // TIFF 6.0 section 14
			row[i] += row[i-n]
		}
		if n == 1 {
			grayRow(gray.Pix[y*gray.Stride:][:t.Width], row, t.Photometric == tiff.WhiteIsZero)
		} else {
			colourRow(colour.Pix[y*colour.Stride:][:4*t.Width], row)
		}
		y++
	}
	if st := w.get(); st.Missing > 0 {
		return nil, errorf("read", ErrDamaged, "the page cannot be read: %w", st.Err)
	}
	return img, nil
}

func grayRow(dst, row []byte, inverted bool) {
	copy(dst, row)
	for i := range dst {
		if inverted {
			dst[i] = ^dst[i]
		}
	}
}

func colourRow(dst, row []byte) {
	for x := 0; x < len(dst)/4; x++ {
		dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = row[3*x], row[3*x+1], row[3*x+2], 255
	}
}
