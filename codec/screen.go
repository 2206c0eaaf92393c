package codec

import (
	"image"
	"math"

	"faxgate/codec/ccitt"
)

// Halftone is a way of making shades from black dots.
type Halftone string

// The halftones.
const (
	// HalftoneScreen grows dots on a lattice at 45 degrees, as print does: few bytes as MH, MR and MMR.
	HalftoneScreen Halftone = "screen"
	// HalftoneDiffusion scatters single dots by Floyd and Steinberg's error diffusion: fine detail, for JBIG.
	HalftoneDiffusion Halftone = "diffusion"
)

// halftone makes what gives the target's dots on rows of this width.
func (t Target) halftone(width int) halftone {
	if t.Halftone == HalftoneDiffusion || t.Halftone == "" && t.Profile.Coding == JBIG {
		return newDiffusion(width)
	}
	return newScreen(t.Resolution, t.Profile.Coding)
}

// screen is a matrix of thresholds that makes dots grow from the centres of a lattice at 45 degrees on paper, as in print:
// clustered dots code in a fraction of the bytes that scattered ones take (MH, MMR) and survive copying. Dots are rectangles
// that grow by whole rows and columns, since each ragged edge costs MMR as much as half a dot; black ones at first, and past
// the middle what is left of the white between them shrinks in the same way. The eight dots of a matrix grow in turn, which
// makes eight times as many shades.
type screen struct {
	width, height int
	limits        []byte // darkness above which a pixel is black
}

// newScreen makes the screen of a resolution: 29 dots to the inch along the diagonals at 204 dots per inch, 71 at 600. For a
// coding that pays for each run it is coarser, as it would take too many bytes otherwise.
func newScreen(r Resolution, c Coding) *screen {
	wide := screenDot
	if r.X >= 600 {
		wide = screenDotLarge
	}
	wide += coarser[c]
	high := max(1, int(math.Round(float64(wide)*pixelAspect(r))))
	m := &screen{width: 4 * wide, height: 4 * high, limits: make([]byte, 16*wide*high)}
	steps := dotSteps(wide, high)
	done, all := 0, len(m.limits)
	for phase := range 2 { // Dots grow on a board of squares, then on its other squares the holes shrink.
		for step := range steps {
			for turn := range dotTurns {
				square, added := dotTurns[turn], steps[step]
				if phase == 1 {
					square, added = dotTurns[turn]^1, steps[len(steps)-1-step]
				}
				limit := byte((2*done + len(added)) * 255 / (2 * all))
				for _, at := range added {
					x, y := square%4*wide+at.X, square/4*high+at.Y
					m.limits[y*m.width+x] = limit
				}
				done += len(added)
			}
		}
	}
	return m
}

// The sides of the largest dots, in pixels.
const (
	screenDot      = 5
	screenDotLarge = 6
)

// coarser is by how much the dots are larger for a coding that knows nothing, or little, of the row above.
var coarser = map[Coding]int{MH: 1, MR: 1}

// dotTurns are the squares of a board of four by four on which dots grow, in the order of their turns: one after the other
// they are far apart.
var dotTurns = [8]int{0, 10, 2, 8, 5, 15, 7, 13}

// dotSteps gives the pixels that each step adds to a rectangle until it has these sides.
func dotSteps(wide, high int) (steps [][]image.Point) {
	w, h := 1, 1
	from := func(size, all int) int { return (all - size) / 2 }
	steps = append(steps, []image.Point{{X: from(1, wide), Y: from(1, high)}})
	for w < wide || h < high {
		before := image.Rect(0, 0, w, h).Add(image.Pt(from(w, wide), from(h, high)))
		if w*high <= h*wide && w < wide || h == high {
			w++
		} else {
			h++
		}
		now := image.Rect(0, 0, w, h).Add(image.Pt(from(w, wide), from(h, high)))
		var added []image.Point
		for y := now.Min.Y; y < now.Max.Y; y++ {
			for x := now.Min.X; x < now.Max.X; x++ {
				if p := image.Pt(x, y); !p.In(before) {
					added = append(added, p)
				}
			}
		}
		steps = append(steps, added)
	}
	return steps
}

// row finds the changes of row y of darkness.
func (m *screen) row(dst ccitt.Changes, dark []byte, y int) ccitt.Changes {
	limits := m.limits[y%m.height*m.width:][:m.width]
	dst = dst[:0]
	black := false
	for from := 0; from < len(dark); from += m.width {
		part := dark[from:min(from+m.width, len(dark))]
		for i, v := range part {
			if (v > limits[i]) != black {
				black = !black
				dst = append(dst, int32(from+i))
			}
		}
	}
	return closed(dst, len(dark))
}
