package codec

import (
	"context"
	"io"
	"iter"
	"math"
	"slices"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// Report tells what was written.
type Report struct {
	Pages   int
	Bytes   int64
	Missing int       // rows that the originals lacked, white now
	BadRows int       // damaged rows of the originals
	Cleaned []Cleaned // what was done to pages besides fitting them, those that were left out among them
}

func (r *Report) add(p Page) {
	if p.Cleaned != nil {
		r.Cleaned = append(r.Cleaned, *p.Cleaned)
	}
	if p.blank() {
		return
	}
	r.Pages++
	st := p.Stats()
	r.Missing += st.Missing
	r.BadRows += st.BadRows
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// Write codes pages as a TIFF file of profile S, F, J or C (RFC 3949): little-endian, one strip per page after its directory.
// The pages must have the profile's form, which Fit gives them. Total is the number of pages, 0 if it is not known. Write
// stops at the first error.
func Write(ctx context.Context, w io.Writer, p Profile, total int, pages iter.Seq2[Page, error]) (Report, error) {
	return writePages(ctx, w, total, pages, p.pageWriter)
}

// writePages writes a file of pages with the function that writer gives.
func writePages(ctx context.Context, w io.Writer, total int, pages iter.Seq2[Page, error], writer func(*tiff.Writer) (func(context.Context, Page) error, error)) (Report, error) {
	var report Report
	out := &counter{w: w}
	tw := tiff.NewWriter(out, total)
	write, err := writer(tw)
	if err != nil {
		return report, err
	}
	defer func() { _ = tw.Close() }() // After an error too: pages that wait are in temporary files.
	for page, err := range pages {
		if err == nil && !page.blank() {
			err = write(ctx, page)
		}
		if err != nil {
			return report, err
		}
		report.add(page)
	}
	if report.Pages == 0 {
		return report, noPages(report)
	}
	if err := tw.Close(); err != nil {
		return report, err
	}
	report.Bytes = out.n
	return report, nil
}

// pageWriter gives the function that codes a page of the profile.
func (p Profile) pageWriter(tw *tiff.Writer) (func(context.Context, Page) error, error) {
	if p.multiValue() {
		return newColourWriter(tw).page, p.checkColour()
	}
	if p.Letter == 'J' {
		return newJBIGWriter(tw).page, p.checkJBIG()
	}
	coding, err := p.fax()
	if err != nil {
		return nil, err
	}
	enc := ccitt.NewEncoder()
	return func(ctx context.Context, page Page) error { return writePage(ctx, tw, enc, p, coding, page) }, nil
}

func writePage(ctx context.Context, tw *tiff.Writer, enc *ccitt.Encoder, p Profile, coding ccitt.Coding, page Page) error {
	r, err := p.resolution(page)
	if err != nil {
		return err
	}
	strip, err := tw.Page(tiff.PageInfo{Profile: p.Letter, Coding: coding, Width: page.Width, Height: page.Height, XRes: r.X, YRes: r.Y})
	if err != nil {
		return err
	}
	// Design: MH with EOLs on byte boundaries and no RTC, MR with EOLs where they fall, MMR with EOFB.
	params := ccitt.Params{
		Coding: coding, Width: page.Width, Rows: page.Height, EOL: coding != ccitt.MMR, ByteAlign: coding == ccitt.MH, K: factorK(r),
	}
	rows, err := encode(ctx, enc, strip, params, page)
	if err != nil {
		return err
	}
	if rows != page.Height {
		return shortPage(page, rows)
	}
	return strip.Close()
}

func shortPage(page Page, rows int) error {
	return errorf("write", ErrDamaged, "page %d gave %d rows of %d", page.Index+1, rows, page.Height)
}

// resolution gives the resolution of a bilevel page that is to be written; the error says what the profile does not allow
// of it.
func (p Profile) resolution(page Page) (Resolution, error) {
	r := Resolution{int(math.Round(page.XRes)), int(math.Round(page.YRes))}
	if near, ok := nearest(page.XRes, page.YRes); ok && !r.Legal() {
		r = near
	}
	switch legal := p.legalWidths(r); {
	case page.Kind != Bilevel:
		return r, errorf("write", ErrTarget, "page %d is %v: it must be fitted first", page.Index+1, page.Kind)
	case !r.Legal() || p.Letter == 'S' && !r.ProfileS():
		return r, errorf("write", ErrTarget, "page %d has %v dots per inch, which profile %c does not allow", page.Index+1, r, p.Letter)
	case !slices.Contains(legal, page.Width):
		return r, errorf("write", ErrTarget, "page %d is %d pixels wide, profile %c allows %s at %v", page.Index+1, page.Width, p.Letter, listed(legal), r)
	}
	return r, nil
}

// encode codes the rows of a page and gives their number.
func encode(ctx context.Context, enc *ccitt.Encoder, w io.Writer, params ccitt.Params, page Page) (rows int, err error) {
	if err := enc.Reset(w, params); err != nil {
		return 0, err
	}
	for c, err := range page.Changes(ctx) {
		if err != nil {
			return rows, err
		}
		if err := enc.PutChanges(c); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, enc.Close()
}

// factorK is T.4's K: every second line is coded by itself at standard resolution, every fourth at fine, fewer beyond.
func factorK(r Resolution) int {
	switch {
	case r.Y <= 100:
		return 2
	case r.Y <= 200:
		return 4
	case r.Y <= 300:
		return 6
	}
	return 8
}
