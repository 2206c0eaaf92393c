package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// noise is value noise on a lattice: the same at each run.
type noise struct{ lattice [256 * 256]float64 }

func newNoise(seed uint64) *noise {
	n := &noise{}
	rnd := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a picture
	for i := range n.lattice {
		n.lattice[i] = rnd.Float64()
	}
	return n
}

// at is smooth noise between 0 and 1.
func (n *noise) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx)&255, int(fy)&255
	u, v := x-fx, y-fy
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	a, b := n.lattice[iy<<8|ix], n.lattice[iy<<8|(ix+1)&255]
	c, d := n.lattice[((iy+1)&255)<<8|ix], n.lattice[((iy+1)&255)<<8|(ix+1)&255]
	return (a+(b-a)*u)*(1-v) + (c+(d-c)*u)*v
}

// fbm sums octaves of noise, between 0 and 1.
func (n *noise) fbm(x, y float64, octaves int) float64 {
	sum, amp, total := 0.0, 0.5, 0.0
	for range octaves {
		sum += n.at(x, y) * amp
		total += amp
		x, y, amp = x*2.03+17.1, y*2.03+5.7, amp/2
	}
	return sum / total
}

// ridge sums octaves of noise that is folded into ridges, between 0 and 1.
func (n *noise) ridge(x, y float64, octaves int) float64 {
	sum, amp, total, last := 0.0, 0.5, 0.0, 1.0
	for range octaves {
		v := 1 - math.Abs(2*n.at(x, y)-1)
		v *= v * (0.35 + 0.65*last)
		sum, total, last = sum+v*amp, total+amp, v
		x, y, amp = x*2.07+3.3, y*2.07+11.9, amp*0.52
	}
	return sum / total
}

// terrain is a range of mountains behind a lake, as heights on a grid.
type terrain struct {
	n    *noise
	size int
	h    []float64
}

const lakeLevel = 0.06

func newTerrain(size int) *terrain {
	t := &terrain{n: newNoise(20), size: size, h: make([]float64, size*size)}
	for z := range size {
		for x := range size {
			u, v := float64(x)/float64(size), float64(z)/float64(size)
			rise := smooth(0.16, 0.75, v+0.05*math.Sin(u*9)) // the lake lies in front, the summits behind
			t.h[z*size+x] = rise * (0.12 + 0.95*t.n.ridge(u*5, v*5, 7)*(0.55+0.6*math.Exp(-36*(u-0.56)*(u-0.56))))
		}
	}
	return t
}

func smooth(a, b, x float64) float64 {
	x = min(max((x-a)/(b-a), 0), 1)
	return x * x * (3 - 2*x)
}

// at is the height at a place on the grid, and how it slopes.
func (t *terrain) at(x, z float64) (h, dx, dz float64) {
	x, z = min(max(x, 1), float64(t.size-3)), min(max(z, 1), float64(t.size-3))
	ix, iz := int(x), int(z)
	u, v := x-float64(ix), z-float64(iz)
	i := iz*t.size + ix
	a, b, c, d := t.h[i], t.h[i+1], t.h[i+t.size], t.h[i+t.size+1]
	return (a+(b-a)*u)*(1-v) + (c+(d-c)*u)*v, (b-a)*(1-v) + (d-c)*v, (c-a)*(1-u) + (d-b)*u
}

// landscape takes a photograph of mountains over a lake on a winter morning.
func landscape(width, height int) *image.Gray {
	t := newTerrain(900)
	p := &plate{t: t, w: width, h: height, v: make([]float64, width*height), shore: make([]int, width)}
	p.sky()
	for x := range width {
		p.column(x)
	}
	p.lake()
	p.trees()
	return p.develop()
}

// plate is the picture while it is taken: light between 0 and 1.
type plate struct {
	t     *terrain
	w, h  int
	v     []float64
	shore []int // for each column: the first row of water
}

func (p *plate) horizon() float64 { return float64(p.h) * 0.60 }

func (p *plate) sky() {
	for y := range p.h {
		for x := range p.w {
			u, v := float64(x)/float64(p.w), float64(y)/p.horizon()
			glow := 0.28 * math.Exp(-9*((u-0.16)*(u-0.16)+0.7*(v-0.62)*(v-0.62)))
			cloud := smooth(0.52, 0.85, p.t.n.fbm(u*4+2, v*9, 6)) * (1 - smooth(0.75, 1, v))
			p.v[y*p.w+x] = min(0.56+0.24*v+glow+0.24*cloud, 1)
		}
	}
}

// column follows one ray after the other from near to far and draws what rises above what was drawn.
func (p *plate) column(x int) {
	lens := float64(p.w) * 0.9
	dir := (float64(x) - float64(p.w)/2) / lens
	top := p.h
	for z := 0.10; z < 0.99; z += 0.0004 + z*0.0011 {
		gx, gz := (0.5+dir*z*0.85)*float64(p.t.size), z*float64(p.t.size)
		h, dx, dz := p.t.at(gx, gz)
		if h < lakeLevel {
			continue
		}
		y := int(p.horizon() - (h-0.13)/z*lens*0.36)
		if top == p.h {
			top = int(p.horizon() + (0.13-lakeLevel)/z*lens*0.36)
			p.shore[x] = min(top, p.h)
		}
		light := p.light(gx, gz, h, dx, dz, z)
		for ; top > max(y, 0); top-- {
			if top < p.h {
				p.v[top*p.w+x] = light
			}
		}
	}
	if p.shore[x] == 0 {
		p.shore[x] = p.h
	}
}

// light is how bright a place is: snow, rock or forest, lit from the left, behind haze.
func (p *plate) light(gx, gz, h, dx, dz, z float64) float64 {
	nx, nz := -dx*220, -dz*220
	lambert := max((-0.75*nx-0.30*nz+0.55)/math.Sqrt(nx*nx+nz*nz+1), 0)
	grain := p.t.n.fbm(gx/7, gz/7, 5)
	steep := math.Hypot(dx, dz) * 130
	snow := smooth(0.20, 0.36, h+0.18*(grain-0.5)) * (1 - smooth(0.9, 1.9, steep+0.8*(grain-0.5)))
	forest := 1 - smooth(0.13, 0.24, h+0.10*(grain-0.5))
	ground := 0.22 + 0.26*grain
	ground += (0.11 + 0.14*grain - ground) * forest
	albedo := ground + (0.92-ground)*snow
	haze := 0.10 + 0.58*smooth(0.12, 1.1, z)
	return albedo*(0.22+0.90*lambert)*(1-haze) + 0.74*haze
}

// lake mirrors what is above it, broken by ripples.
func (p *plate) lake() {
	for x := range p.w {
		for y := p.shore[x]; y < p.h; y++ {
			depth := float64(y-p.shore[x]) / float64(p.h)
			ripple := p.t.n.fbm(float64(x)/60, float64(y)*float64(y)/5200, 4) - 0.5
			mx := min(max(x+int(ripple*26*depth*8), 0), p.w-1)
			my := min(max(p.shore[x]-int(float64(y-p.shore[x])*1.15)+int(ripple*70*depth*4), 0), p.shore[mx]-1)
			glint := smooth(0.16, 0.30, ripple) * 0.30 * smooth(0, 0.2, depth)
			p.v[y*p.w+x] = p.v[max(my, 0)*p.w+mx]*(0.86-0.40*depth) + 0.06 + glint
		}
	}
}

// trees stand dark in the foreground, on both sides.
func (p *plate) trees() {
	rnd := rand.New(rand.NewPCG(3, 9)) //nolint:gosec // a picture
	for i := range 26 {
		side := rnd.Float64() * rnd.Float64() * 0.30
		if i%5 > 1 {
			side = 1 - side*0.8
		}
		tall := float64(p.h) * (0.16 + 0.42*rnd.Float64()*math.Abs(side-0.5)*1.6)
		p.tree(side*float64(p.w), float64(p.h)*(1.02+0.03*rnd.Float64()), tall, rnd)
	}
}

// tree is a spruce: whorls of boughs, each hanging a little and ending in needles.
func (p *plate) tree(x, foot, tall float64, rnd *rand.Rand) {
	tone := 0.03 + 0.06*rnd.Float64()
	for y := foot - tall; y < foot; y++ {
		down := (y - (foot - tall)) / tall
		whorl := math.Mod(down*(13+tall/60), 1)
		reach := tall * 0.20 * math.Pow(down, 0.85) * (0.45 + 0.55*whorl)
		left, right := reach*(0.75+0.35*rnd.Float64()), reach*(0.75+0.35*rnd.Float64())
		for px := int(x - left - 1.2); px <= int(x+right+1.2); px++ {
			if px < 0 || px >= p.w || int(y) < 0 || int(y) >= p.h {
				continue
			}
			edge := math.Abs(float64(px)-x) / (reach + 1.5)
			if rnd.Float64() < edge*edge*0.75 {
				continue
			}
			snow := 0.0
			if whorl > 0.82 && rnd.Float64() < 0.5 && float64(px) < x {
				snow = 0.35 * rnd.Float64()
			}
			p.v[int(y)*p.w+px] = tone + snow + 0.04*rnd.Float64()
		}
	}
}

// develop turns light into a print: a soft curve, darker corners, grain.
func (p *plate) develop() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, p.w, p.h))
	rnd := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // grain
	for y := range p.h {
		for x := range p.w {
			u, v := float64(x)/float64(p.w)-0.5, float64(y)/float64(p.h)-0.5
			l := (0.05 + 1.12*p.v[y*p.w+x]) * (1 - 0.55*(u*u+v*v))
			l = l*l*(3-2*min(l, 1))*0.45 + l*0.55
			img.Pix[y*img.Stride+x] = uint8(min(max(l*250+rnd.Float64()*9-1, 0), 255))
		}
	}
	return img
}
