package codec

import (
	"context"
	"iter"
	"math"

	"faxgate/codec/ccitt"
)

// Shares of black, of 255, from which a pixel of a bilevel picture that changes its size is black.
const (
	inkReduced  = 85  // A third: thin strokes survive, small letters do not fill up.
	inkTurned   = 105 // A turned line of one pixel is two halves here and there.
	inkEnlarged = 128
)

// scaled brings a bilevel picture to the layout's size. Screened photographs on it get new dots when it becomes smaller: a
// threshold would make them blots.
func (s *fittedSource) scaled(ctx context.Context, src bilevelSource) iter.Seq2[ccitt.Changes, error] {
	p, l := s.page, s.layout
	return func(yield func(ccitt.Changes, error) bool) {
		limit := byte(inkEnlarged)
		if s.clean != nil && s.clean.angle != 0 {
			limit = inkTurned
		}
		if l.w < p.Width || l.h < p.Height {
			limit = inkReduced
			if s.dotted == nil {
				d, err := lookForDots(ctx, p, l.w, l.h, s.target.Resolution)
				if err != nil {
					yield(nil, err)
					return
				}
				s.dotted = d
			}
		}
		rows := s.cleaned(timed(ctx, p, scaledInk(ctx, src, p.Width, p.Height, l.w, l.h)), 1, 0)
		if s.dotted != nil && s.dotted.any() {
			s.dotted.again(rows, limit, s.target.halftone(l.w), yield)
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

// dotted knows where on a bilevel page there are dots of a screen.
type dotted struct {
	cells  *cells
	x, y   float64 // distance of the dots along rows and columns, in pixels of the target
	counts []crossings
}

// crossings are how often the colour changes in a cell, along rows and along columns, and how many pixels are black.
type crossings struct{ across, down, black int }

// Numbers by which dots are told from writing.
const (
	dotsPerInch = 20 // fewest dots to the inch of a screen, along rows and columns
	dotCells    = 25 // fewest cells that may be a screened picture
	dotShadow   = .6 // black of a cell that is shadow, if it hangs together with one
)

// lookForDots walks over a bilevel page that is to be made smaller, to w by h pixels.
func lookForDots(ctx context.Context, p Page, w, h int, r Resolution) (*dotted, error) {
	d := &dotted{cells: newCells(w, r)}
	g := d.cells
	last := closed(nil, p.Width)
	// The column of a change is its place times cols by width.
	toCell := float64(w) / float64(p.Width) / float64(g.wide)
	line, y := 0, 0
	for c, err := range p.Changes(ctx) {
		if err != nil {
			return nil, err
		}
		line = min(y*h/p.Height, h-1) / g.high * g.cols
		for line+g.cols > len(d.counts) {
			d.counts = append(d.counts, make([]crossings, g.cols)...)
		}
		cross(d.counts[line:], last, c, toCell)
		last = append(last[:0], c...)
		y++
	}
	for len(d.counts) < (h+g.high-1)/g.high*g.cols {
		d.counts = append(d.counts, crossings{})
	}
	d.find(float64(p.Width)/float64(w), float64(p.Height)/float64(h), r)
	return d, nil
}

// cross counts the changes of row c, and where it differs from the row above.
func cross(cells []crossings, above, c ccitt.Changes, toCell float64) {
	width := int32(c.Width())
	for _, x := range c {
		if x >= width {
			break
		}
		cells[int(float64(x)*toCell)].across++
	}
	for i := 0; c[i] < width; i += 2 {
		for x := c[i]; x < c[i+1]; {
			at := int(float64(x) * toCell)
			end := max(x+1, min(c[i+1], int32(float64(at+1)/toCell)))
			cells[at].black += int(end - x)
			x = end
		}
	}
	// Between a change of one row and the next change of either, the rows differ every second time.
	i, k := 0, 0
	for c[i] < width || above[k] < width {
		from := min(c[i], above[k])
		if c[i] == from {
			i++
		} else {
			k++
		}
		to := min(c[i], above[k])
		if (i+k)%2 == 1 && to > from {
			cells[int(float64(from+to)/2*toCell)].down += int(to - from)
		}
	}
}

// find tells the screened pictures by the number of crossings; x and y are how many pixels of the page become one.
func (d *dotted) find(x, y float64, r Resolution) {
	g := d.cells
	tx, ty := r.exact()
	pixels := float64(g.wide) * x * float64(g.high) * y
	fewestX, fewestY := 2*dotsPerInch/(tx*x)*pixels, 2*dotsPerInch/(ty*y)*pixels
	g.parts = make([]part, len(d.counts))
	seeds := make([]bool, len(d.counts))
	for i, c := range d.counts {
		seeds[i] = float64(c.across) > fewestX && float64(c.down) > fewestY
	}
	var across, down, all float64
	for _, area := range g.areas(seeds) {
		if len(area) < dotCells {
			continue
		}
		for _, i := range area {
			across, down, all = across+float64(d.counts[i].across), down+float64(d.counts[i].down), all+pixels
		}
		g.spread(area, func(i int) bool { return float64(d.counts[i].black) > dotShadow*pixels })
	}
	if all > 0 {
		d.x, d.y = 2*all/across/x, 2*all/down/y
	}
	d.counts = nil
}

func (d *dotted) any() bool { return d.x > 0 }

// again yields rows of shares of black in black and white: what is screened loses its dots in the mean over their distance,
// and gets others.
func (d *dotted) again(rows iter.Seq2[[]byte, error], limit byte, dots halftone, yield func(ccitt.Changes, error) bool) {
	around := func(distance float64) int { return max(1, int(math.Round((distance-1)/2))) }
	box := newSums(around(d.x), around(d.y), d.cells.width)
	dark := make([]byte, d.cells.width)
	var dst ccitt.Changes
	err := newWindow(box).each(rows, func(row []byte, y int) bool {
		for from := 0; from < len(row); {
			to, part := d.cells.run(from, y, len(row))
			for x := from; x < to; x++ {
				dark[x] = 0
				if part == pictured {
					mean, _ := box.at(x)
					dark[x] = byte(mean)
				} else if row[x] >= limit {
					dark[x] = 255
				}
			}
			from = to
		}
		dst = dots.row(dst, dark, y)
		return yield(dst, nil)
	})
	if err != nil {
		yield(nil, err)
	}
}
