package codec

import (
	"image"
	"image/color"
	"io"

	hhtiff "github.com/hhrutter/tiff"

	"faxgate/codec/tiff"
)

// otherTIFF makes a page of a TIFF directory that is neither fax nor plain: JPEG, and what needs the library, LZW, Deflate
// and PackBits of palette, grey, RGB and CMYK.
// The directory was checked before: the library is only given pages whose size is bounded.
func otherTIFF(p Page, r io.ReaderAt, size int64, t *tiff.Page, lim Limits) (Page, error) {
	if isJPEG(t) {
		return openJPEGPage(p, r, t, lim)
	}
	if isOldJPEG(t) {
		return openOldJPEG(p, r, size, t, lim)
	}
	if err := notYet(t); err != nil {
		return p, err
	}
	samples := int64(max(t.SamplesPerPixel, 1))
	if samples > 1 {
		samples = 4 // Decoded as RGBA, NRGBA or CMYK.
	}
	bytes := int64(1)
	if len(t.BitsPerSample) > 0 && t.BitsPerSample[0] > 8 {
		bytes = int64(t.BitsPerSample[0]+7) / 8
	}
	cost := int64(t.Width) * int64(t.Height) * samples * bytes
	if err := lim.decoded("the page", cost+blockCost(t)); err != nil {
		return p, err
	}
	switch {
	case isSampleStrips(t):
		p.Kind = samplesKind(t)
		p.src = &picture{walk: p.walk, size: cost + blockCost(t), large: lim.large, decode: func() (raster, error) { return sampleStrips(t) }}
		return p, nil
	}
	config, err := guardedConfig(io.NewSectionReader(r, 0, size), t.IFDOffset)
	if err != nil {
		return p, err
	}
	if config.Width != t.Width || config.Height != t.Height {
		return p, errorf("read", ErrDamaged, "the page's directory contradicts itself")
	}
	p.Kind, _ = modelOf(config.ColorModel)
	if p.Kind == Gray && oneSample(t, 1) {
		p.Kind = Bilevel
	}
	pic := &picture{walk: p.walk, size: cost + blockCost(t), large: lim.large, decode: func() (raster, error) {
		img, err := hhtiff.DecodeAt(io.NewSectionReader(r, 0, size), t.IFDOffset)
		if err != nil {
			return nil, errorf("read", ErrDamaged, "the page cannot be read: %w", err)
		}
		if b := img.Bounds(); b.Dx() != t.Width || b.Dy() != t.Height {
			return nil, errorf("read", ErrDamaged, "the page is %d by %d pixels, not %d by %d", b.Dx(), b.Dy(), t.Width, t.Height)
		}
		return img, nil
	}}
	p.src = pic
	if p.Kind == Bilevel {
		p.src = bilevelPicture{pic}
	}
	return p, nil
}

// What the library takes.
const (
	maxSample = 8 // bytes of a pixel that the library makes room for
	growth    = 3 // a buffer that grows by doubling has its old and its new self in memory
)

// blockCost bounds the memory that decoding takes besides the picture: the largest strip or tile, which is taken into
// memory as a whole.
func blockCost(t *tiff.Page) int64 {
	width, height := int64(t.Width), int64(t.RowsPerStrip)
	if t.Tiled {
		width, height = 0, 0
		if v := t.Ints(tiff.TagTileWidth); len(v) > 0 {
			width = int64(v[0])
		}
		if v := t.Ints(tiff.TagTileLength); len(v) > 0 {
			height = int64(v[0])
		}
	}
	switch {
	case isSampleStrips(t):
		return 0
	case t.Compression == tiff.CompressionNone && !t.Tiled:
		largest := int64(0)
		for _, s := range t.Strips {
			largest = max(largest, s.Size)
		}
		return largest * growth
	}
	return min(width, 1<<24) * min(height, 1<<24) * maxSample * growth
}

// guardedConfig asks the library whether it can read the page.
func guardedConfig(r io.Reader, at int64) (config image.Config, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errorf("read", ErrDamaged, "the page is damaged (%v)", v)
		}
	}()
	config, err = hhtiff.DecodeConfigAt(r, at)
	if err != nil {
		return config, errorf("read", ErrUnsupported, "the page cannot be read: %w", err)
	}
	if config.ColorModel == nil {
		config.ColorModel = color.RGBAModel
	}
	return config, nil
}

// notYet names the codings that cannot be read here.
func notYet(t *tiff.Page) error {
	what := ""
	switch t.Compression {
	case tiff.CompressionRLE, tiff.CompressionT4, tiff.CompressionT6:
		what = "fax coding in tiles"
		if !t.Tiled {
			what = "fax coding of more than one bit per pixel"
		}
	case tiff.CompressionOldJPEG:
		what = "old-style JPEG in TIFF (compression 6) in planes"
	case tiff.CompressionT43:
		what = "JBIG in colour (compression 10)"
	case tiff.CompressionT85, compressionOldJBIG:
		what = "JBIG in tiles"
		if !t.Tiled {
			what = "JBIG of more than one bit per pixel"
		}
	case tiff.CompressionJPEG:
		what = "JPEG of separate planes or of other than 8 bits"
	}
	if t.Photometric == tiff.CIELab || t.Photometric == tiff.ITULab {
		what = "Lab colour that is not coded JPEG"
	}
	if what == "" {
		return nil
	}
	return errorf("read", ErrUnsupported, "%s is not yet readable here: save the page as PDF, PNG or TIFF without it", what)
}
