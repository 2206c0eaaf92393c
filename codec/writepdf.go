package codec

import (
	"bufio"
	"context"
	"image"
	"image/color"
	"io"
	"iter"
	"math"

	"faxgate/codec/ccitt"
	"faxgate/codec/jpeg"
	"faxgate/codec/pdf"
)

// jpegQuality of grey and colour pages.
const jpegQuality = 90

// WritePDF writes pages as PDF in their true shape and size on paper. The data of an MMR page is passed through when it is
// one strip without damage. Other fax pages are coded again as MMR, from change list to change list, which makes half as
// much of a page of text as MH; grey and colour pages become JPEG. WritePDF stops at the first error.
func WritePDF(ctx context.Context, w io.Writer, meta pdf.Meta, pages iter.Seq2[Page, error]) (Report, error) {
	var report Report
	out := &counter{w: w}
	pw := pdf.NewWriter(out, meta)
	for page, err := range pages {
		if err == nil && !page.blank() {
			err = writePDFPage(ctx, pw, page)
		}
		if err != nil {
			return report, err
		}
		report.add(page)
	}
	if report.Pages == 0 {
		return report, noPages(report)
	}
	if err := pw.Close(); err != nil {
		return report, err
	}
	report.Bytes = out.n
	return report, nil
}

func writePDFPage(ctx context.Context, pw *pdf.Writer, page Page) error {
	img := pdf.Image{Width: page.Width, Height: page.Height, XRes: page.XRes, YRes: page.YRes, Orientation: page.Orientation}
	if img.XRes <= 0 || img.YRes <= 0 {
		img.XRes, img.YRes = shapeOf(page)
	}
	if page.Kind != Bilevel {
		return writeJPEGPage(ctx, pw, img, page)
	}
	if src, ok := page.src.(stripSource); ok && page.Coding == string(MMR) {
		for _, err := range page.Changes(ctx) {
			if err != nil {
				return err
			}
		}
		if data, params, inverted, clean := src.strip(); clean {
			return pw.CCITTPage(img, pdf.CCITT{K: -1, EndMark: true, LSBFirst: params.LSBFirst, Inverted: inverted}, data)
		}
	}
	params := ccitt.Params{Coding: ccitt.MMR, Width: page.Width, Rows: page.Height}
	return piped(func(w io.Writer) error {
		_, err := encode(ctx, ccitt.NewEncoder(), w, params, page)
		return err
	}, func(r io.Reader) error {
		return pw.CCITTPage(img, pdf.CCITT{K: -1, EndMark: true}, r)
	})
}

// shapeOf gives a resolution for pages that do not tell theirs: pictures get the width of A4 without margins.
func shapeOf(p Page) (x, y float64) {
	if x, y := guess(p); p.Kind == Bilevel && x > 0 {
		return x, y
	}
	dpi := max(72, float64(p.Width)/7.48)
	return dpi, dpi
}

// piped lets one function read what another writes.
func piped(write func(io.Writer) error, read func(io.Reader) error) error {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := bufio.NewWriterSize(w, 64<<10)
		err := write(buf)
		if err == nil {
			err = buf.Flush()
		}
		w.CloseWithError(err)
	}()
	err := read(r)
	_ = r.CloseWithError(io.ErrClosedPipe)
	<-done
	return err
}

// writeJPEGPage codes a grey or colour page.
func writeJPEGPage(ctx context.Context, pw *pdf.Writer, img pdf.Image, page Page) error {
	params := jpeg.Params{
		Width: page.Width, Height: page.Height, Components: 1, Sampling: 2, Quality: jpegQuality,
		Segments: []jpeg.Segment{jpeg.JFIFSegment(whole(img.XRes), whole(img.YRes))},
	}
	rows := page.Gray(ctx)
	if page.Kind == Colour {
		params.Components, rows = 3, page.RGB(ctx)
	}
	return piped(func(w io.Writer) error {
		return encodeJPEG(w, params, rows, func(row []byte) []byte {
			if params.Components == 3 {
				jpeg.ToYCbCr(row, row)
			}
			return row
		})
	}, func(r io.Reader) error {
		return pw.JPEGPage(img, r)
	})
}

// whole rounds a resolution for a header that has 16 bits for it.
func whole(dpi float64) int { return min(max(int(math.Round(dpi)), 1), math.MaxUint16) }

// encodeJPEG codes rows, each after turning it into samples.
func encodeJPEG(w io.Writer, params jpeg.Params, rows iter.Seq2[[]byte, error], samples func(row []byte) []byte) error {
	enc, err := jpeg.NewEncoder(w, params)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err == nil {
			err = enc.Row(samples(row))
		}
		if err != nil {
			return err
		}
	}
	return enc.Close()
}

// rowPicture is a grey picture of rows that come one after the other. It can be read by an encoder that goes through it in
// bands of up to 16 rows from top to bottom, as image/jpeg does.
type rowPicture struct {
	next          func() ([]byte, error, bool)
	width, height int
	band          [16][]byte
	have          int
	err           error
}

func (p *rowPicture) ColorModel() color.Model { return color.GrayModel }

func (p *rowPicture) Bounds() image.Rectangle { return image.Rect(0, 0, p.width, p.height) }

func (p *rowPicture) At(x, y int) color.Color { return color.Gray{p.row(y)[x]} }

// row reads on until row y is there. After an error rows are white.
func (p *rowPicture) row(y int) []byte {
	for p.have <= y {
		slot := &p.band[p.have%len(p.band)]
		if *slot == nil {
			*slot = make([]byte, p.width)
		}
		p.have++
		if p.err == nil {
			row, err, ok := p.next()
			if err == nil && !ok {
				err = io.ErrUnexpectedEOF
			}
			p.err = err
			copy(*slot, row)
		}
	}
	return p.band[y%len(p.band)]
}
