package codec

import (
	"math"
	"slices"
)

// layout is where the picture of a page goes on the paper, in pixels of the target.
type layout struct {
	width, rows int // of the fitted page
	w, h        int // of the picture
	x, y        int // its top left corner; what sticks out is cut off
	first       int // row of the picture that comes first: the page is one of several
	quarter     bool
}

// Distances on paper.
const (
	marginMM = 10.0
	// A page may be this much larger than the paper before it is made smaller: what is lost is margin.
	slack = 1.015
	// Longer by this much, a page is made smaller rather than cut: the next page would be a sliver.
	sliver = 1.1
	// A page of more lengths of the paper than this is made smaller, not cut.
	maxCut = 20
	// Fewest dots per inch at which a picture of unknown size is enlarged to the width of the paper.
	coarsest = 40.0
)

// layouts places a page; there are several if it is to be cut.
func layouts(p Page, t Target) []layout {
	w, h, sized := natural(p, t.Resolution)
	if !sized {
		return []layout{layoutUnsized(p, t)}
	}
	paper, scale := choose(w, h, t)
	// A quarter turn changes which resolution is which.
	turned := p
	turned.Width, turned.Height, turned.XRes, turned.YRes = p.Height, p.Width, p.YRes, p.XRes
	tw, th, _ := natural(turned, t.Resolution)
	tp, ts := choose(tw, th, t)
	quarter := p.Width > 0 && w > h/pixelAspect(t.Resolution) && (ts > scale*1.1 || ts > scale*0.99 && smaller(tp, paper))
	if quarter && p.Coding != "text" {
		w, h, paper = tw, th, tp
	} else {
		quarter = false
	}
	l := place(w, h, paper, t, p.Kind != Bilevel && !p.Vector)
	for i := range l {
		l[i].quarter = quarter
	}
	return l
}

// pixelAspect is the width of a pixel divided by its height, inverted: rows per inch by pixels per inch.
func pixelAspect(r Resolution) float64 {
	x, y := r.exact()
	return y / x
}

// natural gives the size in target pixels at which a page keeps its size on paper; sized is false if that is not known.
func natural(p Page, r Resolution) (w, h float64, sized bool) {
	xres, yres := p.XRes, p.YRes
	if !credible(xres, yres) && p.Kind == Bilevel {
		xres, yres = guess(p)
	}
	if !credible(xres, yres) {
		return 0, 0, false
	}
	tx, ty := r.exact()
	rx, ry := tx/xres, ty/yres
	if p.Kind == Bilevel && !p.Vector {
		// RFC 3949 section 2.2.2 takes 200 for 204, 196 for 200 and so on: pixels of such pages are best kept.
		if a, b := class(xres), class(float64(r.X)); a > 0 && b > 0 {
			rx = b / a
		}
		if a, b := class(yres), class(float64(r.Y)); a > 0 && b > 0 {
			ry = b / a
		}
	}
	return float64(p.Width) * rx, float64(p.Height) * ry, true
}

// credible says whether a page can have this many dots per inch; 1 is a common way of saying nothing.
func credible(x, y float64) bool {
	return min(x, y) >= 20 && max(x, y) <= 5000
}

// class gives the round number of dots per inch of a fax resolution, 0 if it is none.
func class(dpi float64) float64 {
	for _, c := range []float64{100, 200, 400} {
		if dpi > c*0.97 && dpi < c*1.025 {
			return c
		}
	}
	return 0
}

// guess gives the resolution of a bilevel page that does not tell: the width gives fax pages away.
func guess(p Page) (x, y float64) {
	for _, r := range []Resolution{{204, 196}, {300, 300}, {408, 391}, {600, 600}} {
		if !slices.Contains(Widths(r), p.Width) {
			continue
		}
		x, y := r.exact()
		if r.X == 204 && float64(p.Height) < 6.5*y { // Half as many rows as a page has.
			y /= 2
		}
		return x, y
	}
	return 0, 0
}

// choose gives the smallest paper of the target that holds the picture, or else the one on which it can be largest.
func choose(w, h float64, t Target) (best Paper, scale float64) {
	for _, s := range paperSizes {
		if !slices.Contains(t.Papers, s.paper) {
			continue
		}
		pw, ph := s.paper.Size(t.Resolution)
		fit := min(1, float64(pw)*slack/w, float64(ph)*slack/h)
		if fit > scale*1.0001 {
			best, scale = s.paper, fit
		}
	}
	return best, scale
}

// smaller says whether paper a comes before b.
func smaller(a, b Paper) bool {
	index := func(p Paper) int {
		for i, s := range paperSizes {
			if s.paper == p {
				return i
			}
		}
		return len(paperSizes)
	}
	return index(a) < index(b)
}

// place puts a picture of w by h target pixels on the paper.
func place(w, h float64, paper Paper, t Target, picture bool) []layout {
	pw, ph := paper.Size(t.Resolution)
	if w > float64(pw)*slack {
		w, h = float64(pw), h*float64(pw)/w
	}
	if h > float64(ph)*slack && (t.Reduce || picture || h <= float64(ph)*sliver || h > float64(ph)*maxCut) {
		w, h = w*float64(ph)/h, float64(ph)
	}
	l := layout{width: pw, w: pixels(w), h: pixels(h)}
	l.x = half(pw - l.w)
	l.rows = min(l.h, ph)
	if picture && (l.w*5 < pw*3 || l.h*4 < ph) {
		// A small picture goes below the top margin of a whole sheet.
		l.y = min(margin(t.Resolution), ph-l.rows)
		l.rows = ph
	}
	if float64(l.h) <= float64(ph)*slack {
		return []layout{l}
	}
	var all []layout
	for l.first = 0; l.first < l.h; l.first += ph {
		l.rows = min(ph, l.h-l.first)
		all = append(all, l)
	}
	return all
}

// layoutUnsized fits a picture of unknown size to the width of the paper.
func layoutUnsized(p Page, t Target) layout {
	paper := t.Papers[0]
	for _, s := range paperSizes {
		if slices.Contains(t.Papers, s.paper) {
			paper = s.paper
			break
		}
	}
	pw, ph := paper.Size(t.Resolution)
	x, y := t.Resolution.exact()
	mx, my := int(marginMM/mmPerInch*x), margin(t.Resolution)
	wide, high := float64(pw-2*mx)/x, float64(ph-2*my)/y // inches
	dpi := max(float64(p.Width)/wide, float64(p.Height)/high, coarsest)
	l := layout{width: pw, rows: ph, w: pixels(float64(p.Width) / dpi * x), h: pixels(float64(p.Height) / dpi * y), y: my}
	l.x = half(pw - l.w)
	return l
}

// margin gives the rows of a margin.
func margin(r Resolution) int {
	_, y := r.exact()
	return int(marginMM / mmPerInch * y)
}

func pixels(v float64) int { return max(1, int(math.Round(v))) }

// half rounds down, also below zero.
func half(v int) int { return v >> 1 }
