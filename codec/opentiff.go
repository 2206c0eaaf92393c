package codec

import (
	"context"
	"errors"
	"io"
	"slices"

	"faxgate/codec/tiff"
)

// openTIFF opens a TIFF file; what is wrong with a page is told when the page is asked for.
func openTIFF(r io.ReaderAt, size int64, lim Limits) (*document, error) {
	f, err := tiff.Open(r, size, tiff.Limits{
		MaxPages: lim.pages(10_000), MaxWidth: lim.MaxWidth, MaxHeight: lim.MaxHeight, MaxPixels: lim.MaxPixels,
	})
	switch {
	case errors.Is(err, tiff.ErrTooLarge):
		return nil, errorf("open", ErrTooLarge, "the TIFF file cannot be used: %w", err)
	case errors.Is(err, tiff.ErrBigTIFF):
		return nil, errorf("open", ErrUnsupported, "the TIFF file cannot be used: %w", err)
	case err != nil:
		return nil, errorf("open", ErrDamaged, "the TIFF file cannot be used: %w", err)
	}
	var damage error
	if why := f.Stopped(); why != "" {
		damage = errorf("open", ErrDamaged, "pages may be missing: %s", why)
	}
	return &document{
		count:  len(f.Pages),
		limits: lim,
		damage: damage,
		open: func(_ context.Context, i int) (Page, error) {
			return tiffPage(r, size, f.Pages[i], lim)
		},
		release: func(p Page) {
			if pic, ok := p.src.(interface{ release() }); ok {
				pic.release()
			}
		},
	}, nil
}

// tiffPage makes a page of a directory.
func tiffPage(r io.ReaderAt, size int64, t *tiff.Page, lim Limits) (Page, error) {
	p := Page{
		Index: t.Index, Width: t.Width, Height: t.Height, XRes: t.XRes, YRes: t.YRes, Orientation: t.Orientation,
		Coding: compressionName(t), Truncated: t.Truncated, Quality: t.Quality, walk: &walk{},
	}
	if errors.Is(t.Err, tiff.ErrNoLength) && (isFax(t) || isJBIG(t)) {
		count := counted
		if isJBIG(t) {
			count = countedJBIG
		}
		measured, err := count(t, lim)
		if err != nil {
			return p, tiffError(err)
		}
		t, p.Height = measured, measured.Height
	}
	if t.Err != nil {
		return p, tiffError(t.Err)
	}
	if err := lim.size("the page", t.Width, t.Height); err != nil {
		return p, err
	}
	if t.Profile() == 'M' && t.Has(tiff.TagSubIFDs) { // the mask alone would pass for the page
		return p, errorf("read", ErrUnsupported, "page %d is made of layers (Profile M of RFC 3949): send it as one picture, or in black and white", t.Index+1)
	}
	behind, disguised := faxBehind(t, lim)
	switch {
	case isFax(t):
		p.Kind, p.src = Bilevel, newFaxSource(t, p.walk, faxParams(t), lim)
	case isTiledBilevel(t):
		src, err := newTileSource(r, t, p.walk, lim)
		if err != nil {
			return p, err
		}
		p.Kind, p.src = Bilevel, src
	case disguised:
		p.Kind, p.Coding, p.src = Bilevel, behind.Coding.String(), newFaxSource(t, p.walk, behind, lim)
	case isJBIG(t):
		p.Kind, p.src = Bilevel, &jbigSource{t, p.walk}
	case isPlain(t):
		if t.BitsPerSample[0] == 8 {
			p.Kind = Gray
			p.src = &grayStrips{plainSource{t, p.walk}}
			break
		}
		p.src = &bilevelStrips{plainSource{t, p.walk}}
	default:
		return otherTIFF(p, r, size, t, lim)
	}
	return p, nil
}

// tiffError gives a page's error its kind.
func tiffError(err error) error {
	if errors.Is(err, tiff.ErrTooLarge) {
		return errorf("read", ErrTooLarge, "%w", err)
	}
	return errorf("read", ErrDamaged, "%w", err)
}

// compressionName names a page's coding as faxgate tiff info prints it.
func compressionName(t *tiff.Page) string {
	switch t.Compression {
	case tiff.CompressionNone:
		return "none"
	case tiff.CompressionRLE:
		return "MH"
	case tiff.CompressionT4:
		if t.T4Options&tiff.T4TwoDimensional != 0 {
			return "MR"
		}
		return "MH"
	case tiff.CompressionT6:
		return "MMR"
	case tiff.CompressionLZW:
		return "LZW"
	case tiff.CompressionOldJPEG, tiff.CompressionJPEG:
		return "JPEG"
	case tiff.CompressionDeflate, compressionAdobeDeflate:
		return "Deflate"
	case tiff.CompressionT85, tiff.CompressionT43, compressionOldJBIG:
		return "JBIG"
	case tiff.CompressionPackBits:
		return "PackBits"
	}
	return "unknown"
}

// Values of Compression outside of fax.
const (
	compressionAdobeDeflate = 32946
	compressionOldJBIG      = 34661
)

// oneSample says whether the page has one sample of one of these sizes per pixel.
func oneSample(t *tiff.Page, bits ...int) bool {
	return t.SamplesPerPixel == 1 && len(t.BitsPerSample) > 0 && slices.Contains(bits, t.BitsPerSample[0])
}

// isFax says whether the page is coded by T.4 or T.6, which have one bit per pixel, whatever BitsPerSample says.
func isFax(t *tiff.Page) bool {
	return t.Compression >= tiff.CompressionRLE && t.Compression <= tiff.CompressionT6 &&
		!t.Tiled && len(t.Strips) > 0 && t.SamplesPerPixel <= 1
}

// isPlain says whether rows can be taken from the strips without a library.
func isPlain(t *tiff.Page) bool {
	if t.Tiled || len(t.Strips) == 0 || t.Photometric > tiff.BlackIsZero {
		return false
	}
	switch t.Compression {
	case tiff.CompressionNone, tiff.CompressionPackBits:
		return oneSample(t, 1, 8)
	case tiff.CompressionLZW, tiff.CompressionDeflate, compressionAdobeDeflate:
		return oneSample(t, 1)
	}
	return false
}
