package codec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"

	"golang.org/x/image/font/gofont/gomono"

	"faxgate/codec/ccitt"
)

// A page of plain text: A4 with margins of 20 mm, 80 columns of a 10-point monospaced font, 60 lines of 12 points.
const (
	textColumns = 80
	textLines   = 60
	textTab     = 8

	// A line is drawn at 600 dots per inch, at which the font's advance is a whole number of pixels.
	textFine   = 600
	textEm     = 83
	textLead   = 100
	textWidth  = 4961 // 210 mm
	textHeight = 7016 // 297 mm
	textMargin = 472  // 20 mm

	// How the page is drawn when nobody says how.
	textNative = 300
)

// openText opens plain text: UTF-8, UTF-16 with its mark, or else Windows-1252, which contains Latin-1.
func openText(r io.ReaderAt, size int64, lim Limits) (*document, error) {
	if size > lim.MaxText {
		return nil, errorf("open", ErrTooLarge, "the text has %d bytes, the limit is %d", size, lim.MaxText)
	}
	t := &text{r: r, size: size}
	if err := t.findEncoding(); err != nil {
		return nil, err
	}
	if err := t.paginate(lim.pages(1000)); err != nil {
		return nil, err
	}
	return &document{count: len(t.pages), limits: lim, open: func(_ context.Context, i int) (Page, error) {
		p := Page{
			Width: textWidth * textNative / textFine, Height: textHeight * textNative / textFine,
			XRes: textNative, YRes: textNative, Kind: Bilevel, Coding: "text", Orientation: 1, Vector: true, walk: &walk{},
		}
		p.src = &textSource{t, i, p.Width, p.Height, p.walk}
		return p, nil
	}}, nil
}

// text is a plain text with the places where its pages begin.
type text struct {
	r        io.ReaderAt
	size     int64
	encoding encoding
	pages    []int64
}

func (t *text) reader(from int64) *runeReader {
	return &runeReader{in: bufio.NewReader(io.NewSectionReader(t.r, from, t.size-from)), encoding: t.encoding, at: from}
}

func (t *text) findEncoding() error {
	mark := make([]byte, min(2, t.size))
	if _, err := t.r.ReadAt(mark, 0); err != nil && !errors.Is(err, io.EOF) {
		return errorf("open", ErrDamaged, "read the text: %w", err)
	}
	switch {
	case bytes.Equal(mark, []byte("\xff\xfe")):
		t.encoding = utf16LE
	case bytes.Equal(mark, []byte("\xfe\xff")):
		t.encoding = utf16BE
	default:
		for r := t.reader(0); ; {
			c, err := r.next()
			if err != nil {
				return nil //nolint:nilerr // The end of the text: all of it is UTF-8.
			}
			if c.bad {
				t.encoding = windows1252
				return nil
			}
		}
	}
	return nil
}

// paginate finds the beginnings of the pages. The text has at least one.
func (t *text) paginate(maxPages int) error {
	t.pages = []int64{0}
	lines := 0
	for line := range t.lines(0) {
		if lines == textLines || line.newPage {
			if len(t.pages) == maxPages {
				return errorf("open", ErrTooLarge, "the text has more than %d pages, the limit", maxPages)
			}
			t.pages = append(t.pages, line.at)
			lines = 0
		}
		lines++
	}
	return nil
}

// textLine is one line of a page.
type textLine struct {
	at      int64 // where it begins
	newPage bool  // a form feed stands before it
	chars   []rune
}

// lines yields the lines from a place in the text, each wrapped at a space where there is one, valid until the next step.
func (t *text) lines(from int64) iter.Seq[textLine] {
	return func(yield func(textLine) bool) {
		w := wrapper{in: t.reader(from)}
		for w.read() {
			if !yield(w.line) {
				return
			}
		}
	}
}

// wrapper makes lines of characters.
type wrapper struct {
	in      *runeReader
	pending []textRune // read, but not in a line yet
	feed    bool       // the next line begins a page
	line    textLine
}

// read makes the next line; false at the end of the text.
func (w *wrapper) read() bool {
	w.line.chars = w.line.chars[:0]
	w.line.newPage, w.feed = w.feed, false
	taken := 0
	space, spaceChars := -1, 0 // where the line can be broken
	for ; ; taken++ {
		if taken == len(w.pending) && !w.more() {
			w.begin(taken)
			w.pending = w.pending[:0]
			return taken > 0
		}
		r := w.pending[taken].r
		if r == '\n' || r == '\f' {
			w.feed = r == '\f'
			w.begin(taken + 1)
			w.pending = append(w.pending[:0], w.pending[taken+1:]...)
			return true
		}
		if len(w.line.chars) >= textColumns && r != ' ' {
			if space < 0 {
				space, spaceChars = taken, len(w.line.chars)
			}
			w.begin(1)
			w.line.chars = w.line.chars[:min(spaceChars, textColumns)]
			w.pending = append(w.pending[:0], w.pending[space:]...)
			return true
		}
		w.put(r)
		if r == ' ' || r == '\t' || r == '-' {
			space, spaceChars = taken+1, len(w.line.chars)
		}
	}
}

// begin notes where the line begins.
func (w *wrapper) begin(taken int) {
	if taken > 0 {
		w.line.at = w.pending[0].at
	}
}

func (w *wrapper) put(r rune) {
	if r != '\t' {
		w.line.chars = append(w.line.chars, r)
		return
	}
	for {
		w.line.chars = append(w.line.chars, ' ')
		if len(w.line.chars)%textTab == 0 {
			return
		}
	}
}

// more reads one more character that can be printed, or a line or form feed.
func (w *wrapper) more() bool {
	for {
		c, err := w.in.next()
		if err != nil {
			return false
		}
		if c.r == '\r' {
			c = w.in.newline(c)
		}
		if c.r < ' ' && c.r != '\n' && c.r != '\t' && c.r != '\f' || c.r == 0x7f || c.r == '\ufeff' || c.r == '\u00ad' {
			continue
		}
		if c.r == '\u00a0' {
			c.r = ' '
		}
		w.pending = append(w.pending, c)
		return true
	}
}

// textSource draws one page of a text.
type textSource struct {
	text          *text
	index         int
	width, height int
	walk          *walk
}

func (s *textSource) gray(ctx context.Context) iter.Seq2[[]byte, error] {
	return s.render(ctx, s.width, s.height, 0)
}

func (s *textSource) changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		var c ccitt.Changes
		for row, err := range s.gray(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			c = threshold(c, row, 150)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// render draws the page line by line; text is never turned.
func (s *textSource) render(_ context.Context, width, height, _ int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		face, err := newTypeface(gomono.TTF, textEm, textLead)
		if err != nil {
			yield(nil, err)
			return
		}
		scale := newScaler(textWidth, textHeight, width, height)
		d := &textDrawer{scale: scale, put: func(out []byte) bool {
			for i, v := range out {
				out[i] = 255 - v
			}
			return yield(out, nil)
		}}
		if d.page(s.text.page(s.index), face) {
			s.walk.set(Stats{Rows: height})
		}
	}
}

// page yields the lines of page i.
func (t *text) page(i int) iter.Seq[textLine] {
	return func(yield func(textLine) bool) {
		n := 0
		for line := range t.lines(t.pages[i]) {
			if n == textLines || i+1 < len(t.pages) && line.at >= t.pages[i+1] || !yield(line) {
				return
			}
			n++
		}
	}
}

// textDrawer feeds the fine rows of a page to a scaler.
type textDrawer struct {
	scale *scaler
	put   func([]byte) bool
	rows  int
}

func (d *textDrawer) page(lines iter.Seq[textLine], face *typeface) bool {
	ink := make([]byte, textWidth*textLead)
	if !d.blank(textMargin) {
		return false
	}
	for line := range lines {
		if len(line.chars) == 0 {
			if !d.blank(d.rows + textLead) {
				return false
			}
			continue
		}
		clear(ink)
		face.draw(ink, textWidth, textMargin, line.chars[:min(len(line.chars), textColumns)])
		for y := range textLead {
			if !d.row(ink[y*textWidth : (y+1)*textWidth]) {
				return false
			}
		}
	}
	return d.blank(textHeight)
}

func (d *textDrawer) blank(until int) bool {
	for ; d.rows < until; d.rows++ {
		d.scale.blank()
		if !d.scale.add(d.put) {
			return false
		}
	}
	return true
}

func (d *textDrawer) row(ink []byte) bool {
	d.rows++
	d.scale.gray(ink)
	return d.scale.add(d.put)
}
