package codec

import (
	"bufio"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"iter"

	"faxgate/codec/ccitt"
	"faxgate/codec/pdf"
)

// jpegQuality of grey and colour pages.
const jpegQuality = 85

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
	picture, stop, err := jpegPicture(ctx, page)
	if err != nil {
		return err
	}
	defer stop()
	return piped(func(w io.Writer) error {
		if err := jpeg.Encode(w, picture, &jpeg.Options{Quality: jpegQuality}); err != nil {
			return err
		}
		if rows, ok := picture.(*rowPicture); ok {
			return rows.err
		}
		return nil
	}, func(r io.Reader) error {
		return pw.JPEGPage(img, r)
	})
}

// jpegPicture gives a page as a picture that a JPEG encoder can read: colour from memory, grey row by row.
func jpegPicture(ctx context.Context, page Page) (picture image.Image, stop func(), err error) {
	if src, ok := page.src.(pictureSource); ok && page.Kind == Colour {
		img, err := src.picture(ctx)
		if err != nil {
			return nil, nil, err
		}
		return onPaper(img), func() {}, nil
	}
	next, stop := iter.Pull2(page.Gray(ctx))
	return &rowPicture{next: next, width: page.Width, height: page.Height}, stop, nil
}

// onPaper puts a transparent picture on white.
func onPaper(img image.Image) image.Image {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return img
	}
	return paper{img}
}

// paper is a picture on white.
type paper struct{ image.Image }

func (p paper) ColorModel() color.Model { return color.RGBAModel }

func (p paper) At(x, y int) color.Color {
	r, g, b, a := p.Image.At(x, y).RGBA()
	white := 0xffff - a
	return color.RGBA{R: byte((r + white) >> 8), G: byte((g + white) >> 8), B: byte((b + white) >> 8), A: 255}
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
