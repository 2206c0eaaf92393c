package codec

import (
	"context"
	"iter"
)

// turnedColour is turnedGray with the colours of the page, if it has any.
type turnedColour struct {
	*turnedGray
	lim Limits
}

func (s turnedColour) rgb(ctx context.Context) iter.Seq2[[]byte, error] {
	src, ok := s.src.(colourSource)
	if !ok {
		return tripled(s.gray(ctx))
	}
	return func(yield func([]byte, error) bool) {
		size := 3 * s.width * s.height
		if err := s.lim.decoded("the turned page", int64(size)); err != nil {
			yield(nil, err)
			return
		}
		page := make([]byte, 0, size)
		for row, err := range src.rgb(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			page = append(page, row[:min(len(row), cap(page)-len(page))]...)
		}
		page = page[:size]
		width, height := s.size()
		out := make([]byte, 3*width)
		for y := range height {
			s.pixels(out, page, y)
			if !yield(out, nil) {
				return
			}
		}
	}
}

// pixels makes row y of the turned page.
func (s turnedColour) pixels(out, page []byte, y int) {
	at, backwards := s.line(y)
	from, step, n := at*s.width, 1, len(out)/3
	if s.sideways() {
		from, step = at, s.width
	}
	if backwards {
		from, step = from+(n-1)*step, -step
	}
	for x := range n {
		copy(out[3*x:3*x+3], page[3*from:])
		from += step
	}
}
