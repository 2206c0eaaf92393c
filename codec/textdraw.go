package codec

import (
	"context"
	"iter"

	"golang.org/x/image/font/gofont/gomono"

	"faxgate/codec/ccitt"
)

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
