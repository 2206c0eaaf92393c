package pages

import (
	"cmp"
	"slices"
)

// unit is the side of the photograph: its scene is computed on whole numbers
// only, so that every machine sees the same.
const unit = 1 << 12

// Tone is the photograph: 0 black to 255 white at x, y of a page of that size. A
// sky that darkens, a sun, hills with texture, a shaded ball, a wall and a
// grating, all with the grain of a film.
func Tone(s Size, x, y int) int {
	u, v := x*unit/s.Width, y*unit/s.Height
	grain := int(hash(x, y, 9)&15) - 7
	return min(max(scene(u, v)+grain, 0), 255)
}

func scene(u, v int) int {
	ridge := unit*6/10 - (noise(u, 0, 10, 1)-128)*4 - (noise(u, 0, 8, 2)-128)/2
	switch {
	case within(u, v, 2900, 3000, 620):
		return ball(u-2900, v-3000, 620)
	case u > 500 && u < 1400 && v > 2300 && v < 3600:
		return wall(u-500, v-2300)
	case v > ridge:
		foliage := noise(u, v, 7, 3)*3 + noise(u, v, 5, 4)*3 + noise(u, v, 3, 5)*4
		return 20 + (v-ridge)/24 + foliage/16
	case within(u, v, 1000, 900, 300):
		return 245
	}
	cloud := noise(u, v, 9, 6) + noise(u, v, 8, 7)/2 + noise(u, v, 6, 8)/4
	return 235 - v/32 - max(cloud-210, 0)/2
}

func within(u, v, cu, cv, r int) bool { return (u-cu)*(u-cu)+(v-cv)*(v-cv) < r*r }

// ball is lit from above left.
func ball(du, dv, r int) int {
	lit := (du+r/3)*(du+r/3) + (dv+r/3)*(dv+r/3)
	return max(250-lit*200/(r*r*2), 12)
}

// wall is bricks in shades, and a window with bars.
func wall(u, v int) int {
	if u > 300 && u < 600 && v > 300 && v < 900 {
		if u/40%2 == 0 {
			return 200
		}
		return 15
	}
	course := v / 80
	brick := (u + course%2*90) / 180
	if v%80 < 10 || (u+course%2*90)%180 < 10 {
		return 190
	}
	return 80 + int(hash(brick, course, 10)&63) + noise(u, v, 4, 11)/8
}

// noise is a smooth random tone, 0 to 255, with a grain of 1<<step.
func noise(u, v int, step uint, seed uint32) int {
	iu, iv := u>>step, v>>step
	fu, fv := ease(u-iu<<step, step), ease(v-iv<<step, step)
	top := mix(corner(iu, iv, seed), corner(iu+1, iv, seed), fu)
	low := mix(corner(iu, iv+1, seed), corner(iu+1, iv+1, seed), fu)
	return mix(top, low, fv)
}

func corner(u, v int, seed uint32) int { return int(hash(u, v, seed) & 255) }

// ease bends 0 to 1<<step into 0 to 256, level at both ends.
func ease(f int, step uint) int {
	t := f << 8 >> step
	return t * t * (768 - 2*t) >> 16
}

func mix(a, b, f int) int { return a + (b-a)*f>>8 }

func hash(u, v int, seed uint32) uint32 {
	h := uint32(u)*0x9e3779b1 ^ uint32(v)*0x85ebca77 ^ seed*0xc2b2ae3d
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

// screen sets the photograph with dots on a lattice at 45 degrees, 11.3 pixels
// apart: two to a cell of 16 × 16.
func screen(p Page, s Size, top int) {
	const cell = 16
	dots := clustered(cell)
	for y := range p.Height {
		row := dots[(top+y)%cell*cell:][:cell]
		for x := range p.Width {
			if Tone(s, x, top+y) < row[x%cell] {
				p.set(x, y)
			}
		}
	}
}

// clustered is a screen of cell × cell thresholds, spread over the tones, in the
// order in which two dots at 45 degrees to each other grow.
func clustered(cell int) []int {
	order := make([]int, cell*cell)
	for i := range order {
		order[i] = i
	}
	depth := func(i int) int { return wave(i%cell, cell) * wave(i/cell, cell) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(depth(b), depth(a)) })
	out := make([]int, cell*cell)
	for rank, i := range order {
		out[i] = 255 - (2*rank+1)*255/(2*len(out))
	}
	return out
}

// wave is a cosine of the cell's length, near enough: a parabola up, one down.
func wave(i, cell int) int {
	at := (2*i + 1) % (2 * cell) // in half pixels, from a crest
	q := cell / 2
	switch {
	case at < q:
		return q*q - at*at
	case at < 3*q:
		return (at-2*q)*(at-2*q) - q*q
	}
	return q*q - (at-4*q)*(at-4*q)
}

// diffuse sets the photograph by Floyd and Steinberg's error diffusion, to and
// fro.
func diffuse(p Page, s Size, top int) {
	here, below := make([]int, p.Width+2), make([]int, p.Width+2)
	for y := range p.Height {
		x, to, step := 0, p.Width, 1
		if y&1 == 1 {
			x, to, step = p.Width-1, -1, -1
		}
		for ; x != to; x += step {
			v := Tone(s, x, top+y) + here[x+1]>>4
			if v < 128 {
				p.set(x, y)
			} else {
				v -= 255
			}
			here[x+1+step] += 7 * v
			below[x+1-step] += 3 * v
			below[x+1] += 5 * v
			below[x+1+step] += v
		}
		here, below = below, here
		clear(below)
	}
}
