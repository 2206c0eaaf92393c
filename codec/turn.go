package codec

import (
	"context"
	"iter"

	"faxgate/codec/ccitt"
)

// clockwise gives the orientation of a page with orientation o after a quarter turn clockwise.
var clockwise = [9]int{0, 6, 7, 8, 5, 2, 3, 4, 1}

// turned gives the page as it looks when orientation o of TIFF is applied to its rows. The whole page is kept in memory
// while its rows are read: one bit per pixel for a bilevel page, else one byte.
func (p Page) turned(o int, lim Limits) (Page, error) {
	if o <= 1 || o > 8 {
		p.Orientation = 1
		return p, nil
	}
	t := turner{orientation: o, width: p.Width, height: p.Height}
	if src, ok := p.src.(bilevelSource); ok {
		p.src = &turnedBilevel{src, t}
	} else {
		if err := lim.decoded("the turned page", int64(p.Width)*int64(p.Height)); err != nil {
			return p, err
		}
		p.src = turnedColour{&turnedGray{p.src, t}, lim}
	}
	if o >= 5 {
		p.Width, p.Height = p.Height, p.Width
		p.XRes, p.YRes = p.YRes, p.XRes
	}
	p.Orientation = 1
	return p, nil
}

// turner knows where the pixels of a turned page come from.
type turner struct{ orientation, width, height int }

// size gives the size of the turned page.
func (t turner) size() (width, height int) {
	if t.orientation >= 5 {
		return t.height, t.width
	}
	return t.width, t.height
}

// sideways says whether rows become columns.
func (t turner) sideways() bool { return t.orientation >= 5 }

// line gives the source's row, or column if the turn is sideways, that row y of the turned page is made of, and whether it
// runs backwards.
func (t turner) line(y int) (at int, backwards bool) {
	switch t.orientation {
	case 2:
		return y, true
	case 3:
		return t.height - 1 - y, true
	case 4:
		return t.height - 1 - y, false
	case 6:
		return y, true
	case 7:
		return t.width - 1 - y, true
	case 8:
		return t.width - 1 - y, false
	}
	return y, false
}

type turnedGray struct {
	src source
	turner
}

func (s *turnedGray) gray(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		page := make([]byte, 0, s.width*s.height)
		for row, err := range s.src.gray(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page)+len(row) <= cap(page) {
				page = append(page, row...)
			}
		}
		page = page[:cap(page)]
		width, height := s.size()
		out := make([]byte, width)
		for y := range height {
			s.row(out, page, y)
			if !yield(out, nil) {
				return
			}
		}
	}
}

// row makes row y of the turned page.
func (s *turnedGray) row(out, page []byte, y int) {
	at, backwards := s.line(y)
	from, step := at*s.width, 1
	if s.sideways() {
		from, step = at, s.width
	}
	if backwards {
		from, step = from+(len(out)-1)*step, -step
	}
	for x := range out {
		out[x] = page[from]
		from += step
	}
}

type turnedBilevel struct {
	src bilevelSource
	turner
}

func (s *turnedBilevel) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

func (s *turnedBilevel) changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		page, err := s.bitmap(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		width, height := s.size()
		var c ccitt.Changes
		out := make([]byte, width) // One byte per pixel, 0 is black.
		for y := range height {
			s.row(out, page, y)
			c = threshold(c, out, 1)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// bitmap keeps the page as packed rows.
func (s *turnedBilevel) bitmap(ctx context.Context) ([]byte, error) {
	stride := (s.width + 7) / 8
	page := make([]byte, stride*s.height)
	y := 0
	for c, err := range s.src.changes(ctx) {
		if err != nil {
			return nil, err
		}
		if y < s.height {
			ccitt.Paint(page[y*stride:(y+1)*stride], c)
		}
		y++
	}
	return page, nil
}

// row makes row y of the turned page.
func (s *turnedBilevel) row(out, page []byte, y int) {
	stride := (s.width + 7) / 8
	at, backwards := s.line(y)
	x, end, step := 0, len(out), 1
	if backwards {
		x, end, step = len(out)-1, -1, -1
	}
	if s.sideways() {
		i, shift := at/8, 7-at%8
		for ; x != end; x += step {
			out[x] = 1 - page[i]>>shift&1
			i += stride
		}
		return
	}
	row := page[at*stride : (at+1)*stride]
	for i := 0; x != end; x += step {
		out[x] = 1 - row[i/8]>>(7-i%8)&1
		i++
	}
}
