package codec

import (
	"context"
	"io"
	"iter"
	"math"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// Archive writes bilevel pages as they came, of any width and resolution, as a TIFF file coded MMR: our own copy of what
// was received. A page that came in damaged has TIFF-F's page-quality fields there (RFC 3949 section 4.3.3), which [Write]
// never writes: toward another machine they are wrong for whatever came by mail (section 4.4.5). Total is the number of
// pages, 0 if it is not known. Archive stops at the first error.
func Archive(ctx context.Context, w io.Writer, total int, pages iter.Seq2[Page, error]) (Report, error) {
	return writePages(ctx, w, total, pages, func(tw *tiff.Writer) (func(context.Context, Page) error, error) {
		enc := ccitt.NewEncoder()
		return func(ctx context.Context, page Page) error { return archivePage(ctx, tw, enc, page) }, nil
	})
}

func archivePage(ctx context.Context, tw *tiff.Writer, enc *ccitt.Encoder, page Page) error {
	if page.Kind != Bilevel || page.Vector {
		return errorf("write", ErrTarget, "page %d is %v: it must be fitted first", page.Index+1, page.Kind)
	}
	x, y := page.XRes, page.YRes
	if x <= 0 || y <= 0 {
		x, y = shapeOf(page)
	}
	strip, err := tw.Page(tiff.PageInfo{
		Profile: 'F', Coding: ccitt.MMR, Width: page.Width, Height: page.Height, Raw: true,
		XRes: int(max(1, math.Round(x))), YRes: int(max(1, math.Round(y))),
	})
	if err != nil {
		return err
	}
	rows, err := encode(ctx, enc, strip, ccitt.Params{Coding: ccitt.MMR, Width: page.Width, Rows: page.Height}, page)
	if err != nil {
		return err
	}
	if rows != page.Height {
		return shortPage(page, rows)
	}
	strip.SetQuality(qualityOf(page))
	return strip.Close()
}
