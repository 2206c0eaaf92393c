package codec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
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
