package codec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// faxSource decodes the strips of a TIFF page that is coded by T.4 or T.6.
type faxSource struct {
	page     *tiff.Page
	walk     *walk
	limits   ccitt.Limits
	params   ccitt.Params // of a strip, without Rows, as the fields say; the decoder looks whether they tell the truth
	found    ccitt.Params // of the last strip that was read, as they really are
	plain    bool         // no strip used uncompressed mode or went on behind its byte count
	examined bool         // whether the fields tell the truth was looked into
	swapped  bool         // each two bytes of the data are exchanged
}

func newFaxSource(t *tiff.Page, w *walk, params ccitt.Params, lim Limits) *faxSource {
	return &faxSource{page: t, walk: w, params: params, limits: ccitt.Limits{MaxRows: lim.MaxHeight, WhiteRows: lim.WhiteRows}}
}

// faxParams says how the strips are coded, according to the fields.
func faxParams(t *tiff.Page) ccitt.Params {
	p := ccitt.Params{Coding: ccitt.MH, Width: t.Width, EOL: true, LSBFirst: t.FillOrder == 2}
	switch {
	case t.Compression == tiff.CompressionRLE:
		p.EOL = false
	case t.Compression == tiff.CompressionT6:
		p.Coding = ccitt.MMR
	case t.T4Options&tiff.T4TwoDimensional != 0:
		p.Coding = ccitt.MR
	}
	return p
}

func (s *faxSource) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

// changes yields Height rows; what a strip lacks is white. (libtiff repeats the last row of T.4 data that is cut off.)
func (s *faxSource) changes(context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		w := faxWalk{source: s, yield: yield, left: s.page.Height, dec: ccitt.NewDecoder(s.limits)}
		s.plain = true
		if !s.examined && oddWidth(s.page.Width) {
			s.examine(w.dec)
		}
		for i := range s.page.Strips {
			if !w.strip(i) {
				return
			}
		}
		if w.pad(w.left) {
			w.stats.Partial = w.stats.Missing > 0 && (s.page.Truncated || w.stats.BadRows > 0)
			s.walk.set(w.stats)
		}
	}
}

// faxWalk is one walk over the rows of a page.
type faxWalk struct {
	source *faxSource
	yield  func(ccitt.Changes, error) bool
	dec    *ccitt.Decoder
	left   int // rows of the page that are still to come
	stats  Stats
	row    ccitt.Changes // turned to black on white
	fitted ccitt.Changes // made as wide as the page
}

// strip yields the rows of strip i; false ends the walk.
func (w *faxWalk) strip(i int) bool {
	s := w.source
	p := s.params
	p.Rows = min(s.page.Strips[i].Rows, w.left)
	if p.Rows == 0 || s.page.Strips[i].Size == 0 {
		return w.pad(p.Rows)
	}
	// Each strip begins with a white reference row of its own.
	if err := w.dec.Reset(s.data(i), p); err != nil {
		w.yield(nil, errorf("read", ErrDamaged, "%w", err))
		return false
	}
	rows := 0
	for rows < p.Rows {
		c, err := w.dec.NextRow()
		if rows == 0 && !s.examined && w.dec.Stats().Doubt {
			s.examine(w.dec)
			return w.strip(i)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.yield(nil, errorf("read", ErrDamaged, "row %d: %w", w.stats.Rows+1, err))
			return false
		}
		rows++
		w.left--
		w.stats.Rows++
		if !w.yield(w.fit(w.colours(c)), nil) {
			return false
		}
	}
	w.note(i, p.Rows-rows)
	return w.pad(p.Rows - rows)
}

// note takes what the decoder tells of strip i, which lacks some rows.
func (w *faxWalk) note(i, lacks int) {
	s := w.source
	if lacks == 0 && i == len(s.page.Strips)-1 {
		_, _ = w.dec.NextRow() // It looks at what is behind the last row.
	}
	st := w.dec.Stats()
	w.stats.BadRows += st.Bad
	w.stats.ConsecutiveBad = max(w.stats.ConsecutiveBad, st.MaxConsecutiveBad)
	s.found = st.Params
	s.plain = s.plain && !st.Uncompressed && st.Bytes <= s.page.Strips[i].Size
	if st.Err != nil {
		w.stats.Err = st.Err
	}
	if st.More && i == len(s.page.Strips)-1 {
		w.stats.More = true
		w.stats.Err = cmp.Or(w.stats.Err, fmt.Errorf("the data goes on after the %d rows that ImageLength says", s.page.Height))
	}
}

// pad yields n missing rows.
func (w *faxWalk) pad(n int) bool {
	if n == 0 {
		return true
	}
	if w.stats.Err == nil {
		w.stats.Err = fmt.Errorf("the data ends after %d rows", w.stats.Rows)
	}
	w.row = closed(w.row[:0], w.source.page.Width)
	for range n {
		w.left--
		w.stats.Missing++
		if !w.yield(w.row, nil) {
			return false
		}
	}
	return true
}

// colours applies PhotometricInterpretation by libtiff's rule: T.4's black runs are 1 bits, and what 1 looks like is for
// the field to say.
func (w *faxWalk) colours(c ccitt.Changes) ccitt.Changes {
	if w.source.page.Photometric != tiff.BlackIsZero {
		return c
	}
	w.row = inverted(w.row, c)
	return w.row
}

// fit makes a row as wide as the page, where the fields do not tell the truth about that: white is added or columns are
// left out at the right.
func (w *faxWalk) fit(c ccitt.Changes) ccitt.Changes {
	width := w.source.page.Width
	if c.Width() == width {
		return c
	}
	w.fitted = w.fitted[:0]
	for _, x := range c {
		if int(x) >= min(width, c.Width()) {
			break
		}
		w.fitted = append(w.fitted, x)
	}
	if len(w.fitted)%2 == 1 && c.Width() < width {
		w.fitted = append(w.fitted, int32(c.Width()))
	}
	w.fitted = closed(w.fitted, width)
	return w.fitted
}

// inverted swaps the colours of a row.
func inverted(dst, c ccitt.Changes) ccitt.Changes {
	if c[0] == 0 {
		return append(dst[:0], c[1:]...)[:len(c)-1]
	}
	return append(append(dst[:0], 0), c...)
}

// strip gives the page's data as it is, when the last walk has found it to be one strip without damage that is coded as the
// fields say.
func (s *faxSource) strip() (data io.Reader, params ccitt.Params, inverted, ok bool) {
	if len(s.page.Strips) != 1 || s.page.Truncated {
		return nil, ccitt.Params{}, false, false
	}
	st := s.walk.get()
	clean := st.BadRows == 0 && st.Missing == 0 && st.Err == nil && st.Rows == s.page.Height && s.plain &&
		!s.swapped && s.found.Width == s.page.Width && s.found.Coding == s.params.Coding && s.found.EOL == s.params.EOL && s.found.LSBFirst == s.params.LSBFirst
	return s.page.Strip(0), s.params, s.page.Photometric == tiff.BlackIsZero, clean
}
