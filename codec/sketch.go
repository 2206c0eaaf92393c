package codec

import (
	"context"
	"iter"
	"math"
)

// sketch is a page in two colours at about a hundred dots per inch, by which it is judged.
type sketch struct {
	width, height int
	dx, dy        float64 // dots per inch
	ink           []byte  // 1 is black, row after row
}

const (
	sketchDPI  = 100
	sketchRows = 4400 // A longer page gets fewer rows per inch.
	sketchCols = 2400
	sketchInk  = 26 // of 255: a dot of a tenth is enough, or hairlines would get lost
	sketchGray = 40 // how much darker than paper ink is
)

// newSketch makes the sketch of a page.
func newSketch(ctx context.Context, p Page, quarters int) (*sketch, error) {
	x, y := p.XRes, p.YRes
	if x <= 0 || y <= 0 {
		x, y = shapeOf(p)
	}
	wide, high := float64(p.Width)/x, float64(p.Height)/y
	if quarters%2 == 1 {
		wide, high = high, wide
	}
	s := &sketch{width: min(max(8, int(wide*sketchDPI)), sketchCols), height: min(max(8, int(high*sketchDPI)), sketchRows)}
	s.dx, s.dy = float64(s.width)/wide, float64(s.height)/high
	rows, limit := s.shades(ctx, p, quarters)
	if limit == 0 {
		return s, s.gray(rows)
	}
	return s, s.take(rows, func(v byte) bool { return v >= limit })
}

// shades yields the page in the sketch's size: shares of black and the least that is ink, or shades and 0.
func (s *sketch) shades(ctx context.Context, p Page, quarters int) (rows iter.Seq2[[]byte, error], limit byte) {
	switch src := p.src.(type) {
	case vectorSource:
		return timed(ctx, p, src.render(ctx, s.width, s.height, quarters)), 0
	case bilevelSource:
		return timed(ctx, p, scaledInk(ctx, src, p.Width, p.Height, s.width, s.height)), sketchInk
	}
	return scaledGray(p.Gray(ctx), p.Width, p.Height, s.width, s.height), 0
}

func (s *sketch) take(rows iter.Seq2[[]byte, error], black func(v byte) bool) error {
	s.ink = make([]byte, 0, s.width*s.height)
	for row, err := range rows {
		if err != nil {
			return err
		}
		for _, v := range row[:s.width] {
			is := byte(0)
			if black(v) {
				is = 1
			}
			s.ink = append(s.ink, is)
		}
	}
	s.ink = append(s.ink, make([]byte, max(0, s.width*s.height-len(s.ink)))...)
	return nil
}

// gray takes shades: ink is what is clearly darker than the commonest light shade, or than all there is if none is light.
func (s *sketch) gray(rows iter.Seq2[[]byte, error]) error {
	var h histogram
	var kept []byte
	for row, err := range rows {
		if err != nil {
			return err
		}
		h.add(row)
		kept = append(kept, row[:s.width]...)
	}
	shade, share := h.paper()
	if share < 0.05 {
		shade = int(math.Round(h.otsu().light))
	}
	limit := byte(max(sketchGray, shade-sketchGray))
	return s.take(keptRows(kept, s.width), func(v byte) bool { return v < limit })
}
