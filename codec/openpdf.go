package codec

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"

	"faxgate/codec/pdf"
)

// openPDF opens a PDF document in a worker process.
func openPDF(ctx context.Context, r io.ReaderAt, size int64, lim Limits, opts pdf.WorkerOptions) (*document, error) {
	reader, err := pdf.OpenReader(ctx, opts, r, size)
	if err != nil {
		return nil, pdfError("open", err)
	}
	if reader.Count() == 0 {
		_ = reader.Close()
		return nil, errorf("open", ErrEmpty, "the PDF has no pages")
	}
	// The worker has the time limit: Limits.PageTime would also count its start.
	lim.PageTime = 0
	return &document{
		count:  reader.Count(),
		limits: lim,
		open: func(ctx context.Context, i int) (Page, error) {
			w, h, err := reader.Size(ctx, i)
			if err != nil {
				return Page{}, pdfError("read", err)
			}
			return pdfPage(reader, i, w, h, lim)
		},
		close: reader.Close,
	}, nil
}

func pdfError(op string, err error) error {
	for _, kind := range []struct{ is, as error }{
		{pdf.ErrEncrypted, ErrEncrypted},
		{pdf.ErrBroken, ErrDamaged},
		{pdf.ErrTooComplex, ErrTooComplex},
		{pdf.ErrTooLarge, ErrTooLarge},
		{pdf.ErrUnavailable, ErrUnavailable},
	} {
		if errors.Is(err, kind.is) {
			return errorf(op, kind.as, "%w", err)
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errorf(op, ErrDamaged, "%w", err)
}

// Resolution at which a PDF page is drawn when nobody says how.
const pdfResolution = 200

// pdfPage makes a page of width by height points.
func pdfPage(reader *pdf.Reader, i int, width, height float64, lim Limits) (Page, error) {
	if !(width > 0 && height > 0) || math.IsInf(width, 0) || math.IsInf(height, 0) {
		return Page{}, errorf("read", ErrDamaged, "page %d has no size", i+1)
	}
	dpi := float64(pdfResolution)
	// A poster is drawn with fewer dots.
	dpi = min(dpi, 72*20_000/max(width, height))
	p := Page{
		Width: max(1, int(math.Round(width/72*dpi))), Height: max(1, int(math.Round(height/72*dpi))),
		XRes: dpi, YRes: dpi, Kind: Gray, Coding: "PDF", Orientation: 1, Vector: true, walk: &walk{},
	}
	p.src = &pdfSource{reader, i, p.Width, p.Height, p.walk}
	return p, lim.size("the page", p.Width, p.Height)
}

// pdfSource draws one page of a PDF document.
type pdfSource struct {
	reader        *pdf.Reader
	index         int
	width, height int
	walk          *walk
}

func (s *pdfSource) gray(ctx context.Context) iter.Seq2[[]byte, error] {
	return s.render(ctx, s.width, s.height, 0)
}

func (s *pdfSource) render(ctx context.Context, width, height, quarters int) iter.Seq2[[]byte, error] {
	return s.rows(s.reader.Render(ctx, s.index, width, height, quarters))
}

func (s *pdfSource) renderRGB(ctx context.Context, width, height, quarters int) iter.Seq2[[]byte, error] {
	return s.rows(s.reader.RenderRGB(ctx, s.index, width, height, quarters))
}

// inks gives the kind of what the page is drawn with.
func (s *pdfSource) inks(ctx context.Context) Kind {
	return map[pdf.Inks]Kind{pdf.Black: Bilevel, pdf.Greys: Gray, pdf.Colours: Colour}[s.reader.Inks(ctx, s.index)]
}

// rows counts the rows, and gives errors their kind.
func (s *pdfSource) rows(rendered iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows := 0
		for row, err := range rendered {
			if err != nil {
				yield(nil, pdfError("read", err))
				return
			}
			rows++
			if !yield(row, nil) {
				return
			}
		}
		s.walk.set(Stats{Rows: rows})
	}
}
