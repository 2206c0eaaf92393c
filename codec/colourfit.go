package codec

import (
	"context"
	"iter"
)

// colourFitted is a page of profile C on its paper.
type colourFitted struct{ *fittedSource }

// colourPage makes a fitted page grey or colour, as the target and the page have it.
func (t Target) colourPage(ctx context.Context, fitted, original Page, src *fittedSource) Page {
	fitted.Kind, fitted.src = Gray, colourFitted{src}
	if t.Kind == Colour && original.shades(ctx) == Colour {
		fitted.Kind = Colour
	}
	return fitted
}

func (s colourFitted) gray(ctx context.Context) iter.Seq2[[]byte, error] {
	p, l := s.page, s.layout
	if _, ok := p.src.(bilevelSource); ok && !p.Vector {
		return s.sheet(s.cleaned(scaledPage(ctx, p, l.w, l.h), 1, 255), 1)
	}
	return s.sheet(s.shades(ctx), 1)
}

func (s colourFitted) rgb(ctx context.Context) iter.Seq2[[]byte, error] {
	p, l := s.page, s.layout
	if src, ok := p.src.(drawnSource); ok {
		return s.sheet(s.cleaned(timed(ctx, p, src.renderRGB(ctx, l.w, l.h, s.quarters)), 3, 255), 3)
	}
	return s.sheet(s.cleaned(scaledRGB(p.RGB(ctx), p.Width, p.Height, l.w, l.h), 3, 255), 3)
}

// sheet puts rows of n bytes for each pixel onto the paper, with the header.
func (s colourFitted) sheet(picture iter.Seq2[[]byte, error], n int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := s.makeHeader(); err != nil {
			yield(nil, err)
			return
		}
		w := &colourSheet{source: s.fittedSource, yield: yield, n: n, row: make([]byte, n*s.layout.width)}
		if !w.white(s.layout.y) {
			return
		}
		skip := s.layout.first
		for row, err := range picture {
			if err != nil {
				yield(nil, err)
				return
			}
			if skip > 0 {
				skip--
				continue
			}
			if !w.put(row) {
				return
			}
		}
		w.white(s.layout.rows)
	}
}

// colourSheet puts rows onto the paper.
type colourSheet struct {
	source *fittedSource
	yield  func([]byte, error) bool
	n      int // bytes for each pixel
	y      int
	row    []byte
	header []byte // a row of the header in grey
}

// put yields a row of the picture, moved to its place; false ends the walk. Rows below the end of the paper are left out.
func (w *colourSheet) put(picture []byte) bool {
	l := w.source.layout
	if w.y >= l.rows {
		return true
	}
	for i := range w.row {
		w.row[i] = 255
	}
	if w.y < len(w.source.header) {
		w.header = paintGray(w.header, w.source.header[w.y])
		for i := range w.row {
			w.row[i] = w.header[i/w.n]
		}
	} else if at := l.x * w.n; at < 0 {
		copy(w.row, picture[min(-at, len(picture)):])
	} else {
		copy(w.row[at:], picture)
	}
	w.y++
	return w.yield(w.row, nil)
}

// white yields white rows until row end.
func (w *colourSheet) white(end int) bool {
	for w.y < min(end, w.source.layout.rows) {
		if !w.put(nil) {
			return false
		}
	}
	return true
}

// scaledRGB averages rows of colours of sw by sh pixels to dw by dh.
func scaledRGB(rows iter.Seq2[[]byte, error], sw, sh, dw, dh int) iter.Seq2[[]byte, error] {
	if sw == dw && sh == dh {
		return rows
	}
	return func(yield func([]byte, error) bool) {
		s := newColourScaler(sw, sh, dw, dh)
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			s.take(row)
			if !s.add(func(out []byte) bool { return yield(s.together(out), nil) }) {
				return
			}
		}
	}
}

// colourScaler is a scaler of three colours side by side.
type colourScaler struct {
	*scaler
	apart []byte // a source row, all of its red, green and blue
	row   []byte // a target row, pixel by pixel
}

func newColourScaler(sw, sh, dw, dh int) *colourScaler {
	s := &colourScaler{scaler: newScaler(sw, sh, dw, dh), apart: make([]byte, 3*sw), row: make([]byte, 3*dw)}
	s.sums, s.acc, s.out = make([]uint32, 3*dw), make([]uint64, 3*dw), make([]byte, 3*dw)
	return s
}

// take takes in one row of pixels.
func (s *colourScaler) take(row []byte) {
	all := s.sums
	for c := range 3 {
		plane := s.apart[c*s.sw:][:s.sw]
		for x := range plane {
			plane[x] = row[3*x+c]
		}
		s.sums = all[c*s.dw:][:s.dw]
		s.gray(plane)
	}
	s.sums = all
}

// together makes pixels of a target row.
func (s *colourScaler) together(out []byte) []byte {
	for x := range s.dw {
		s.row[3*x], s.row[3*x+1], s.row[3*x+2] = out[x], out[s.dw+x], out[2*s.dw+x]
	}
	return s.row
}
