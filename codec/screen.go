package codec

import (
	"cmp"
	"math"
	"slices"

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

// screen is a matrix of thresholds that makes dots grow from the centres of a lattice at 45 degrees on paper, as in print:
// clustered dots code in a tenth of the bytes that scattered ones take (MH, MMR) and survive copying.
type screen struct {
	width, height int
	limits        []byte // darkness above which a pixel is black
}

// newScreen makes the screen of a resolution: two dots to a cell of 8 pixels, 12 at 600 dots per inch, and as many rows as
// make the cell square.
func newScreen(r Resolution) *screen {
	m := &screen{width: 8}
	if r.X >= 600 {
		m.width = 12
	}
	m.height = max(2, int(math.Round(float64(m.width)*pixelAspect(r)/2))*2)
	n := m.width * m.height
	order := make([]int, n)
	depth := make([]float64, n)
	for i := range order {
		order[i] = i
		u := (float64(i%m.width) + 0.5) / float64(m.width)
		v := (float64(i/m.width) + 0.5) / float64(m.height)
		depth[i] = math.Round(1e6 * math.Cos(2*math.Pi*u) * math.Cos(2*math.Pi*v))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(depth[b], depth[a]) })
	m.limits = make([]byte, n)
	for rank, i := range order {
		m.limits[i] = byte((float64(rank) + 0.5) * 255 / float64(n))
	}
	return m
}

// black says whether a pixel of this darkness is.
func (m *screen) black(dark byte, x, y int) bool {
	return dark > m.limits[y%m.height*m.width+x%m.width]
}

// row finds the changes of row y of darkness.
func (m *screen) row(dst ccitt.Changes, dark []byte, y int) ccitt.Changes {
	limits := m.limits[y%m.height*m.width:][:m.width]
	dst = dst[:0]
	black := false
	i := 0
	for x, v := range dark {
		if (v > limits[i]) != black {
			black = !black
			dst = append(dst, int32(x))
		}
		if i++; i == m.width {
			i = 0
		}
	}
	return closed(dst, len(dark))
}
