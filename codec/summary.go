package codec

import (
	"context"
)

// Summary is what a sender needs to know about a document to choose its form.
type Summary struct {
	Pages  int
	Kind   Kind
	MaxRes Resolution // the highest that a page really has, as the nearest legal one below or at it
	Paper  Paper      // the smallest that holds the largest page
	Vector bool       // the pages are drawn: any resolution is real
	// BadFaxLines are those of all pages that the document itself says it was received with (TIFF-F's field 326).
	BadFaxLines int
}

// Summarise looks at the structure of a document; no page is decoded, but of drawn ones the inks are looked at. The error is that of the first page when no page at
// all can be used.
func Summarise(ctx context.Context, doc Document) (Summary, error) {
	s := Summary{Pages: doc.Count(), Vector: true, Paper: A4}
	largest := -1
	var first error
	used := 0
	for p, err := range doc.Pages(ctx) {
		if err != nil {
			if first == nil {
				first = err
			}
			if ctx.Err() != nil {
				return s, ctx.Err()
			}
			continue
		}
		used++
		if p.Quality != nil {
			s.BadFaxLines += p.Quality.BadFaxLines
		}
		if s.Kind < Colour {
			s.Kind = max(s.Kind, p.shades(ctx))
		}
		s.Vector = s.Vector && p.Vector
		if r := nativeResolution(p); r.rank() > s.MaxRes.rank() {
			s.MaxRes = r
		}
		if paper, i := paperOf(p); i > largest {
			s.Paper, largest = paper, i
		}
	}
	if used == 0 {
		return s, first
	}
	return s, nil
}

// rank orders resolutions: those that RFC 3949 section 2.2.2 takes for each other have the same.
func (r Resolution) rank() int { return (r.X + 50) / 100 * ((r.Y + 50) / 100) }

// nativeResolution gives the best legal resolution that a page fills with real pixels.
func nativeResolution(p Page) Resolution {
	x, y := p.XRes, p.YRes
	if p.Vector {
		return resolutions[len(resolutions)-1]
	}
	if x <= 0 || y <= 0 {
		x, y = shapeOf(p)
	}
	if r, ok := nearest(x, y); ok {
		return r
	}
	best := Resolution{204, 98}
	for _, r := range resolutions {
		if float64(r.X) <= x*1.03 && float64(r.Y) <= y*1.03 && r.rank() >= best.rank() {
			best = r
		}
	}
	return best
}

// paperOf gives the smallest paper that holds a page, and its place in the row of papers. A page turned sideways counts as
// upright. Letter counts as A4, which every machine takes, unless that is too narrow.
func paperOf(p Page) (Paper, int) {
	x, y := p.XRes, p.YRes
	if x <= 0 || y <= 0 {
		if p.Kind != Bilevel {
			return A4, 1
		}
		x, y = shapeOf(p)
	}
	w, h := float64(p.Width)/x*mmPerInch, float64(p.Height)/y*mmPerInch
	if w > h {
		w, h = h, w
	}
	lineMM := [3]float64{219.5, 260, 309} // Of 1728, 2048 and 2432 pixels at 200 per inch.
	for i, s := range paperSizes {
		if i > 0 && w <= lineMM[s.class]*slack && h <= s.length*slack {
			return s.paper, i
		}
	}
	return A3, len(paperSizes) - 1
}
