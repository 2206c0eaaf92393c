package codec

import (
	"iter"
	"math"
)

// rotation turns a picture around its middle by a few degrees, interpolating between four pixels. It keeps as many rows as
// lie between the ends of a turned row.
type rotation struct {
	w, h, n  int // pixels, and bytes for each
	white    []byte
	sin, cos float64
	aspect   float64 // rows per column of the same length
	ring     [][]byte
	in       int
	out      []byte
}

// newRotation takes out a skew of so many degrees clockwise.
func newRotation(skew float64, w, h, n int, white byte, r Resolution) *rotation {
	t := &rotation{w: w, h: h, n: n, aspect: pixelAspect(r), white: make([]byte, n*w), out: make([]byte, n*w)}
	t.sin, t.cos = math.Sincos(skew * math.Pi / 180)
	for i := range t.white {
		t.white[i] = white
	}
	t.ring = make([][]byte, int(math.Abs(t.sin)*t.aspect*float64(w))+4)
	return t
}

// source gives the place of a pixel of the turned picture in the one that came.
func (t *rotation) source(x, y int) (sx, sy float64) {
	dx, dy := float64(x)-float64(t.w-1)/2, (float64(y)-float64(t.h-1)/2)/t.aspect
	return float64(t.w-1)/2 + dx*t.cos - dy*t.sin, float64(t.h-1)/2 + (dx*t.sin+dy*t.cos)*t.aspect
}

// last gives the last row that row y is made of.
func (t *rotation) last(y int) int {
	_, left := t.source(0, y)
	_, right := t.source(t.w-1, y)
	return min(t.h-1, int(max(left, right))+1)
}

func (t *rotation) rows(rows iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		t.in = 0
		y := 0
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			slot := &t.ring[t.in%len(t.ring)]
			*slot = append((*slot)[:0], row...)
			t.in++
			for ; y < t.h && t.last(y) < t.in; y++ {
				if !yield(t.row(y), nil) {
					return
				}
			}
		}
		for ; y < t.h; y++ {
			if !yield(t.row(y), nil) {
				return
			}
		}
	}
}

// at gives row y of the picture that came, white outside of it.
func (t *rotation) at(y int) []byte {
	if y < 0 || y >= t.in || y < t.in-len(t.ring) {
		return t.white
	}
	return t.ring[y%len(t.ring)]
}

// row makes row y, in steps of a 65536th of a pixel.
func (t *rotation) row(y int) []byte {
	const one = 1 << 16
	x0, y0 := t.source(0, y)
	sx, sy := int(math.Round(x0*one)), int(math.Round(y0*one))
	stepX, stepY := int(math.Round(t.cos*one)), int(math.Round(t.sin*t.aspect*one))
	last := math.MinInt
	var above, below []byte
	for x := range t.w {
		if line := sy >> 16; line != last {
			above, below, last = t.at(line), t.at(line+1), line
		}
		from, fx, fy := sx>>16, sx>>8&255, sy>>8&255
		for c := range t.n {
			out := &t.out[x*t.n+c]
			if from < 0 || from+1 >= t.w {
				*out = t.white[0]
				continue
			}
			i := from*t.n + c
			upper := int(above[i])*(256-fx) + int(above[i+t.n])*fx
			lower := int(below[i])*(256-fx) + int(below[i+t.n])*fx
			*out = byte((upper*(256-fy) + lower*fy + 1<<15) >> 16)
		}
		sx += stepX
		sy += stepY
	}
	return t.out
}
