package codec

import (
	"iter"
	"math"
)

// paper is how light the paper is all over a page that was lit unevenly, as a camera's page is: a surface of the second
// degree over the page's width and height.
type paper struct {
	width, height int
	share         [6]float64 // of 1, u, v, uu, uv and vv, where u and v go from -1 to 1
}

// Numbers by which the surface is found, in shades and shares of cells.
const (
	paperFit    = 12.0 // how far paper may be from the surface
	paperCells  = 0.5  // how much of the page must be that near
	paperDark   = 48.0 // how dark paper can be
	fitsOfPaper = 8
)

// paper fits the surface to the grounds of the cells, leaving out what is darker time after time. It gives nil if most of
// the page does not look like paper.
func (g *cells) paper() *paper {
	p := &paper{width: g.width, height: g.y}
	lights := make([]float64, len(g.counts))
	for i := range g.counts {
		c := &g.counts[i]
		if float64(c.ground()) > paperCells*float64(c.total()) {
			lights[i] = c.groundShade()
		}
	}
	used := 0
	for range fitsOfPaper {
		var sums [6][7]float64
		before := used
		used = 0
		for i, light := range lights {
			b := p.basis(float64(i%g.cols*g.wide+g.wide/2), float64(i/g.cols*g.high+g.high/2))
			if light == 0 || before > 0 && math.Abs(light-p.dot(b)) > paperFit && light < p.dot(b) {
				continue
			}
			used++
			for r := range b {
				for c := range b {
					sums[r][c] += b[r] * b[c]
				}
				sums[r][6] += b[r] * light
			}
		}
		if float64(used) < paperCells*float64(len(lights)) || !solve(&sums) {
			return nil
		}
		for i := range p.share {
			p.share[i] = sums[i][6]
		}
	}
	for _, u := range []float64{0, .5, 1} {
		for _, v := range []float64{0, .5, 1} {
			if p.dot(p.basis(u*float64(g.width), v*float64(g.y))) < paperDark {
				return nil
			}
		}
	}
	return p
}

func (p *paper) basis(x, y float64) [6]float64 {
	u, v := 2*x/float64(p.width)-1, 2*y/float64(p.height)-1
	return [6]float64{1, u, v, u * u, u * v, v * v}
}

func (p *paper) dot(b [6]float64) (sum float64) {
	for i, v := range p.share {
		sum += v * b[i]
	}
	return sum
}

// groundShade gives the mean shade of the two commonest bins next to each other.
func (c *cell) groundShade() float64 {
	best, at := 0, 0
	for i := 1; i < shadeBins; i++ {
		if n := int(c.even[i-1]) + int(c.even[i]); n > best {
			best, at = n, i
		}
	}
	if best == 0 {
		return 0
	}
	return (float64(at)*(1<<binShift)*float64(best) + (float64(c.even[at])-float64(c.even[at-1]))*(1<<binShift)/2) / float64(best)
}

// solve brings a system of linear equations to its solution in the last column.
func solve(m *[6][7]float64) bool {
	for i := range m {
		best := i
		for r := i; r < len(m); r++ {
			if math.Abs(m[r][i]) > math.Abs(m[best][i]) {
				best = r
			}
		}
		m[i], m[best] = m[best], m[i]
		if math.Abs(m[i][i]) < 1e-9 {
			return false
		}
		for r := range m {
			f := m[r][i] / m[i][i]
			if r == i {
				continue
			}
			for c := i; c < len(m[r]); c++ {
				m[r][c] -= f * m[i][c]
			}
		}
	}
	for i := range m {
		m[i][6] /= m[i][i]
	}
	return true
}

// flatPaper is the shade that flattened paper has.
const flatPaper = 240

// flat yields rows as if they had been lit evenly.
func (p *paper) flat(rows iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		gain := make([]uint32, (p.width+15)/16) // of 16 pixels each, in parts of 256
		out := make([]byte, p.width)
		y := 0
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range gain {
				gain[i] = uint32(256 * flatPaper / max(paperDark/2, p.dot(p.basis(float64(16*i+8), float64(y)))))
			}
			for x, v := range row {
				out[x] = byte(min(255, uint32(v)*gain[x/16]>>8))
			}
			y++
			if !yield(out, nil) {
				return
			}
		}
	}
}
