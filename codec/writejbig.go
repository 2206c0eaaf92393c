package codec

import (
	"context"

	"faxgate/codec/ccitt"
	"faxgate/codec/jbig"
	"faxgate/codec/tiff"
)

// checkJBIG says whether pages of profile J are coded so.
func (p Profile) checkJBIG() error {
	if p.Coding != JBIG {
		return errorf("write", ErrTarget, "profile J is always coded JBIG (RFC 3949 section 5), not %s", p.Coding)
	}
	return nil
}

// jbigWriter codes pages of profile J: ITU-T T.85 in stripes of 128 rows, which every JBIG fax must take.
type jbigWriter struct {
	tiff *tiff.Writer
	enc  *jbig.Encoder
	row  []byte
}

func newJBIGWriter(tw *tiff.Writer) *jbigWriter {
	return &jbigWriter{tiff: tw, enc: jbig.NewEncoder()}
}

// page writes one page.
func (w *jbigWriter) page(ctx context.Context, page Page) error {
	r, err := Profile{'J', JBIG}.resolution(page)
	if err != nil {
		return err
	}
	strip, err := w.tiff.Page(tiff.PageInfo{Profile: 'J', Width: page.Width, Height: page.Height, XRes: r.X, YRes: r.Y})
	if err != nil {
		return err
	}
	if err := w.enc.Reset(strip, jbig.Params{Width: page.Width, Height: page.Height}); err != nil {
		return err
	}
	rows := 0
	w.row = append(w.row[:0], make([]byte, (page.Width+7)/8)...)
	for c, err := range page.Changes(ctx) {
		if err != nil {
			return err
		}
		ccitt.Paint(w.row, c)
		if err := w.enc.PutRow(w.row); err != nil {
			return err
		}
		rows++
	}
	if rows != page.Height {
		return shortPage(page, rows)
	}
	if err := w.enc.Close(); err != nil {
		return err
	}
	return strip.Close()
}
