package codec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"faxgate/codec/ccitt"
	"faxgate/codec/jbig"
	"faxgate/codec/tiff"
)

// isJBIG says whether the page is coded by T.82 with one bit per pixel: profile J of RFC 3949, or in the form in which
// libtiff writes JBIG.
func isJBIG(t *tiff.Page) bool {
	return (t.Compression == tiff.CompressionT85 || t.Compression == compressionOldJBIG) &&
		!t.Tiled && len(t.Strips) > 0 && oneSample(t, 1)
}

// countedJBIG gives a page without ImageLength the rows that are in its strips.
func countedJBIG(t *tiff.Page, lim Limits) (*tiff.Page, error) {
	dec, rows := jbig.NewDecoder(jbig.Limits{MaxRows: lim.MaxHeight}), make([]int, len(t.Strips))
	for i := range t.Strips {
		src, _ := t.JBIG(i)
		err := dec.Reset(src)
		for err == nil {
			_, err = dec.NextRow()
		}
		rows[i] = dec.Stats().Rows
	}
	return t.Counted(rows)
}

// jbigSource decodes the strips of a TIFF page that is coded by T.85.
type jbigSource struct {
	page *tiff.Page
	walk *walk
}

func (s *jbigSource) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

// changes yields Height rows: those that are missing are white.
func (s *jbigSource) changes(context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		w := jbigWalk{page: s.page, yield: yield, dec: jbig.NewDecoder(jbig.Limits{})}
		for i := range s.page.Strips {
			if !w.strip(i) {
				return
			}
		}
		s.walk.set(w.stats)
	}
}

// jbigWalk is one walk over the rows of a page.
type jbigWalk struct {
	page  *tiff.Page
	yield func(ccitt.Changes, error) bool
	dec   *jbig.Decoder
	stats Stats
	list  ccitt.Changes
	row   ccitt.Changes // of the page's width and colours
}

// strip yields the rows of strip i; false ends the walk.
func (w *jbigWalk) strip(i int) bool {
	want, rows := w.page.Strips[i].Rows, 0
	src, _ := w.page.JBIG(i)
	err := w.dec.Reset(src)
	switch {
	case errors.Is(err, jbig.ErrUnsupported):
		w.yield(nil, errorf("read", ErrUnsupported, "page %d is JBIG that faxes do not have: %w: save it as PDF or PNG", w.page.Index+1, err))
		return false
	case errors.Is(err, jbig.ErrLimit):
		w.yield(nil, errorf("read", ErrTooLarge, "page %d: %w", w.page.Index+1, err))
		return false
	}
	width := w.dec.Params().Width
	for rows < want && err == nil {
		var b []byte
		if b, err = w.dec.NextRow(); err != nil {
			break
		}
		rows++
		w.stats.Rows++
		w.list = ccitt.Scan(w.list, b, width)
		if !w.yield(w.fitted(w.list, width), nil) {
			return false
		}
	}
	w.count(err, want-rows)
	return w.white(want - rows)
}

// count notes how a strip went of which rows are missing.
func (w *jbigWalk) count(err error, missing int) {
	st := w.dec.Stats()
	w.stats.BadRows += min(st.Bad*w.dec.Params().Stripe, st.Rows)
	w.stats.Partial = w.stats.Partial || st.Partial
	switch {
	case st.Err != nil:
		w.stats.Err = st.Err
	case err != nil && !errors.Is(err, io.EOF):
		w.stats.Err = err
	case missing > 0:
		w.stats.Err = fmt.Errorf("the data ends after %d rows", w.stats.Rows)
	}
}

// white yields n missing rows.
func (w *jbigWalk) white(n int) bool {
	w.row = closed(w.row[:0], w.page.Width)
	for range n {
		w.stats.Missing++
		if !w.yield(w.row, nil) {
			return false
		}
	}
	return true
}

// fitted cuts or widens a row with white to the page's width, which is the field's word where the data has another, and
// applies PhotometricInterpretation.
func (w *jbigWalk) fitted(c ccitt.Changes, width int) ccitt.Changes {
	if width != w.page.Width {
		end := slices.IndexFunc(c, func(x int32) bool { return int(x) >= min(width, w.page.Width) })
		w.row = append(w.row[:0], c[:end]...)
		if end%2 == 1 && width < w.page.Width {
			w.row = append(w.row, int32(width)) // black up to the end of the data
		}
		w.row = closed(w.row, w.page.Width)
		c = slices.Clone(w.row)
	}
	if w.page.Photometric != tiff.BlackIsZero {
		return c
	}
	w.row = inverted(w.row, c)
	return w.row
}
