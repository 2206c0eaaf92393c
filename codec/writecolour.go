package codec

import (
	"context"
	"math"
	"slices"

	"faxgate/codec/jpeg"
	"faxgate/codec/tiff"
)

// Of the JPEG of profile C: quality, and pixels for each sample of a* and b*, which every colour fax must take
// (RFC 3949 section 6.2.2).
const (
	colourQuality  = 90
	colourSampling = 2
)

// colourWriter codes pages of profile C.
type colourWriter struct {
	tiff *tiff.Writer
	lab  *jpeg.Lab
}

func newColourWriter(tw *tiff.Writer) *colourWriter {
	return &colourWriter{tw, jpeg.NewLab(jpeg.DefaultGamut(), jpeg.D50)}
}

// page writes one page: L*a*b* of a colour page, L* of any other.
func (w *colourWriter) page(ctx context.Context, page Page) error {
	r := Resolution{int(math.Round(page.XRes)), int(math.Round(page.YRes))}
	if !slices.Contains(colourResolutions, r) {
		return errorf("write", ErrTarget, "page %d has %v dots per inch, which profile C does not allow", page.Index+1, r)
	}
	if legal := widths[r.X]; !slices.Contains(legal[:], page.Width) {
		return errorf("write", ErrTarget, "page %d is %d pixels wide, profile C allows %s at %v", page.Index+1, page.Width, listed(legal[:]), r)
	}
	params := jpeg.Params{
		Width: page.Width, Height: page.Height, Components: 1, Sampling: colourSampling, Quality: colourQuality,
		Segments: []jpeg.Segment{jpeg.FaxSegment(r.X)},
	}
	rows, convert := page.Gray(ctx), w.lab.FromGray
	if page.Kind == Colour {
		params.Components, rows, convert = 3, page.RGB(ctx), w.lab.FromRGB
	}
	strip, err := w.tiff.Page(tiff.PageInfo{
		Profile: 'C', Width: page.Width, Height: page.Height, XRes: r.X, YRes: r.Y, Samples: params.Components, Sampling: colourSampling,
	})
	if err != nil {
		return err
	}
	samples := make([]byte, page.Width*params.Components)
	if err := encodeJPEG(strip, params, rows, func(row []byte) []byte {
		convert(samples, row)
		return samples
	}); err != nil {
		return err
	}
	return strip.Close()
}
