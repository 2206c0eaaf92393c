package codec

import (
	"context"
	"io"
	"iter"
	"sync"
	"time"

	"faxgate/codec/ccitt"
)

// Kind is what the pixels of a page can be.
type Kind int

// The kinds, in the order of what they need.
const (
	Bilevel Kind = iota
	Gray
	Colour
)

// String gives bilevel, grey or colour.
func (k Kind) String() string { return [...]string{"bilevel", "grey", "colour"}[k] }

// Page is one page of a document: its geometry, and its rows on demand. The rows can be asked for until the walk over the
// document's pages goes on to the next page.
type Page struct {
	Index, Total  int     // from 0; Total is 0 if not known
	Width, Height int     // pixels
	XRes, YRes    float64 // dots per inch, 0 if not known
	Kind          Kind
	Coding        string // as read: MH, MR, MMR, JPEG, none, …
	Orientation   int    // of TIFF, 1 to 8: how the rows are to be turned; 1 (and 0) is upright
	Truncated     bool   // the file does not hold all of the page's data
	// Quality is what the file says of the page's reception (TIFF-F's fields 326 to 328), nil if nothing.
	Quality *Quality
	Vector  bool // the page is drawn at any resolution: Width, Height, XRes and YRes are a proposal
	// Cleaned is what Fit did to the page besides fitting it, nil if nothing. A page that is Blank has no rows: Write and
	// WritePDF leave it out and say so in their Report.
	Cleaned *Cleaned

	src   source
	limit time.Duration // of one walk over the rows
	walk  *walk
}

// Stats tell about the last walk over the rows of a page.
type Stats struct {
	Rows           int   // rows really decoded
	BadRows        int   // damaged ones among them: they repeat the row above, or are white by Limits
	ConsecutiveBad int   // longest run of damaged rows
	Missing        int   // rows that the page should have had besides: they are white
	Partial        bool  // rows are missing because of damage, or because the file is cut short
	More           bool  // the data goes on behind the page's last row
	Err            error // what was wrong with the last damaged row, or what ended the page early
}

// walk keeps the Stats of a page whose copies share it.
type walk struct {
	mu    sync.Mutex
	stats Stats
}

func (w *walk) set(s Stats) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = s
}

func (w *walk) get() Stats {
	if w == nil {
		return Stats{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// Stats tells about the last complete walk over the page's rows; of a fitted page, over the rows of the original.
func (p Page) Stats() Stats { return p.walk.get() }

// source gives the rows of a page: width and height are the page's.
type source interface {
	// gray yields 8-bit rows, 0 = black, each valid until the next step.
	gray(ctx context.Context) iter.Seq2[[]byte, error]
}

// bilevelSource has two colours only.
type bilevelSource interface {
	source
	// changes yields rows, each valid until the next step.
	changes(ctx context.Context) iter.Seq2[ccitt.Changes, error]
}

// vectorSource can be drawn at any size.
type vectorSource interface {
	source
	// render is gray for a page of width by height pixels, after turning the page clockwise by quarter turns.
	render(ctx context.Context, width, height, quarters int) iter.Seq2[[]byte, error]
}

// colourSource has colours.
type colourSource interface {
	source
	// rgb yields rows of red, green and blue in sRGB, each valid until the next step.
	rgb(ctx context.Context) iter.Seq2[[]byte, error]
}

// drawnSource is drawn with inks of a kind that only a look at them tells.
type drawnSource interface {
	vectorSource
	// renderRGB is render in red, green and blue.
	renderRGB(ctx context.Context, width, height, quarters int) iter.Seq2[[]byte, error]
	// inks gives the kind.
	inks(ctx context.Context) Kind
}

// shades gives the kind of a page, that of its inks if it is drawn.
func (p Page) shades(ctx context.Context) Kind {
	if src, ok := p.src.(drawnSource); ok {
		return src.inks(ctx)
	}
	return p.Kind
}

// stripSource knows a coded strip that is the whole page.
type stripSource interface {
	// strip gives the coded data and how it is coded; ok is false if the last walk over the rows did not find the page to be
	// one clean strip.
	strip() (data io.Reader, params ccitt.Params, inverted, ok bool)
}

// Changes yields the rows of a bilevel page as change lists, each valid until the next step.
func (p Page) Changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	src, ok := p.src.(bilevelSource)
	if !ok {
		return func(yield func(ccitt.Changes, error) bool) {
			yield(nil, errorf("read", ErrUnsupported, "page %d is %v, not bilevel", p.Index+1, p.Kind))
		}
	}
	return timed(ctx, p, src.changes(ctx))
}

// Gray yields the rows of any page as one byte per pixel, 0 = black, each valid until the next step.
func (p Page) Gray(ctx context.Context) iter.Seq2[[]byte, error] {
	if p.src == nil {
		return func(yield func([]byte, error) bool) {
			yield(nil, errorf("read", ErrUnsupported, "page %d has no rows", p.Index+1))
		}
	}
	return timed(ctx, p, p.src.gray(ctx))
}

// RGB yields the rows of any page as three bytes per pixel, red, green and blue of sRGB, each valid until the next step.
func (p Page) RGB(ctx context.Context) iter.Seq2[[]byte, error] {
	if src, ok := p.src.(colourSource); ok && p.Kind == Colour {
		return timed(ctx, p, src.rgb(ctx))
	}
	return tripled(p.Gray(ctx))
}

// timed ends a walk that takes too long or whose context is done. Only the time spent making rows counts.
func timed[T any](ctx context.Context, p Page, rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var spent time.Duration
		var zero T
		start := time.Now()
		for row, err := range rows {
			spent += time.Since(start)
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && p.limit > 0 && spent > p.limit {
				err = errorf("read", ErrTooComplex, "page %d is too complex to decode within %v", p.Index+1, p.limit)
			}
			if err != nil {
				yield(zero, err)
				return
			}
			if !yield(row, nil) {
				return
			}
			start = time.Now()
		}
	}
}

// Document is an open document.
type Document interface {
	// Count gives the number of pages.
	Count() int
	// Pages yields the pages, and can be called again. An error concerns the page that it comes with: the walk goes on.
	Pages(ctx context.Context) iter.Seq2[Page, error]
	// Damage says why the document may have more pages than can be found; nil if nothing speaks for it.
	Damage() error
	// Close releases what the document holds; its pages cannot be read any more.
	Close() error
}

// document is a Document of pages that are opened one by one.
type document struct {
	count   int
	limits  Limits
	damage  error
	open    func(ctx context.Context, i int) (Page, error)
	release func(p Page) // ends what a page holds once the walk goes on
	close   func() error
}

func (d *document) Count() int { return d.count }

func (d *document) Damage() error { return d.damage }

func (d *document) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for i := range d.count {
			if ctx.Err() != nil {
				yield(Page{Index: i, Total: d.count}, ctx.Err())
				return
			}
			p, err := d.open(ctx, i)
			p.Index, p.Total, p.limit = i, d.count, d.limits.PageTime
			more := yield(p, err)
			if d.release != nil && err == nil {
				d.release(p)
			}
			if !more {
				return
			}
		}
	}
}

func (d *document) Close() error {
	if d.close == nil {
		return nil
	}
	return d.close()
}

// grayOf yields the grey rows of a bilevel source.
func grayOf(ctx context.Context, src bilevelSource) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var row []byte
		for c, err := range src.changes(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			row = paintGray(row, c)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// paintGray draws a change list as bytes.
func paintGray(row []byte, c ccitt.Changes) []byte {
	width := c.Width()
	if cap(row) < width {
		row = make([]byte, width)
	}
	row = row[:width]
	for i := range row {
		row[i] = 255
	}
	for i := 0; int(c[i]) < width; i += 2 {
		clear(row[c[i]:c[i+1]])
	}
	return row
}

// closed ends a change list with its sentinels.
func closed(c ccitt.Changes, width int) ccitt.Changes {
	w := int32(width)
	return append(c, w, w, w, w)
}

// threshold finds the changes of a row of grey in which what is below limit is black.
func threshold(dst ccitt.Changes, row []byte, limit byte) ccitt.Changes {
	dst = dst[:0]
	black := false
	for x, v := range row {
		if (v < limit) != black {
			black = !black
			dst = append(dst, int32(x))
		}
	}
	return closed(dst, len(row))
}
