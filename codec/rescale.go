package codec

import (
	"context"
	"iter"

	"faxgate/codec/ccitt"
)

// Shares of black, of 255, from which a pixel of a bilevel picture that changes its size is black.
const (
	inkReduced  = 85 // A third: thin strokes survive, small letters do not fill up.
	inkEnlarged = 128
)

// scaled brings a bilevel picture to the layout's size. A screened photograph that gets smaller is screened again: a
// threshold would make it blots.
func (s *fittedSource) scaled(ctx context.Context, src bilevelSource) iter.Seq2[ccitt.Changes, error] {
	p, l := s.page, s.layout
	return func(yield func(ccitt.Changes, error) bool) {
		limit := byte(inkEnlarged)
		if l.w < p.Width || l.h < p.Height {
			limit = inkReduced
			if s.tone == nil {
				t, err := dotted(ctx, p)
				if err != nil {
					yield(nil, err)
					return
				}
				s.tone = t
			}
		}
		rows := timed(ctx, p, scaledInk(ctx, src, p.Width, p.Height, l.w, l.h))
		if s.tone != nil && s.tone.screen {
			s.screened(rows, yield)
			return
		}
		var c ccitt.Changes
		for ink, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			c = inked(c, ink, limit)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// inked finds the changes of a row of shares of black.
func inked(dst ccitt.Changes, ink []byte, limit byte) ccitt.Changes {
	dst = dst[:0]
	black := false
	for x, v := range ink {
		if (v >= limit) != black {
			black = !black
			dst = append(dst, int32(x))
		}
	}
	return closed(dst, len(ink))
}

// dotted tells screened photographs by how often their rows change colour.
func dotted(ctx context.Context, p Page) (*tone, error) {
	busy, streak, rows := 0, 0, 0
	for c, err := range p.Changes(ctx) {
		if err != nil {
			return nil, err
		}
		rows++
		if len(c) > p.Width/6 {
			streak++
		} else {
			streak = 0
		}
		if streak >= 16 {
			busy++
		}
	}
	t := &tone{screen: busy*3 > rows}
	for v := range t.table {
		t.table[v] = byte(v) // Ink is darkness already.
	}
	return t, nil
}
