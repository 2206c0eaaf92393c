package codec

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"iter"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// canvas is a grey page on which tests draw in millimetres.
type canvas struct {
	*image.Gray
	t   testing.TB
	dpi float64
}

// newCanvas makes a page of white paper.
func newCanvas(t testing.TB, dpi, wide, high float64) *canvas {
	c := &canvas{image.NewGray(image.Rect(0, 0, int(wide/mmPerInch*dpi), int(high/mmPerInch*dpi))), t, dpi}
	c.fill(0, 0, wide, high, 255)
	return c
}

func (c *canvas) px(mm float64) int { return int(math.Round(mm / mmPerInch * c.dpi)) }

// fill makes a rectangle one shade.
func (c *canvas) fill(x, y, w, h float64, shade byte) {
	r := image.Rect(c.px(x), c.px(y), c.px(x+w), c.px(y+h))
	draw.Draw(c, r, image.NewUniform(color.Gray{Y: shade}), image.Point{}, draw.Src)
}

// frame draws a rectangle's outline.
func (c *canvas) frame(x, y, w, h, line float64) {
	c.fill(x, y, w, line, 0)
	c.fill(x, y+h-line, w, line, 0)
	c.fill(x, y, line, h, 0)
	c.fill(x+w-line, y, line, h, 0)
}

// text writes lines in a shade, the first one's base line at y; a line ends at a newline.
func (c *canvas) text(x, y, points float64, bold bool, shade byte, text string) {
	c.t.Helper()
	ttf := goregular.TTF
	if bold {
		ttf = gobold.TTF
	}
	f, err := opentype.Parse(ttf)
	if err != nil {
		c.t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: points, DPI: c.dpi, Hinting: font.HintingNone})
	if err != nil {
		c.t.Fatal(err)
	}
	lead := points * 1.25 / 72 * mmPerInch
	d := font.Drawer{Dst: c, Src: image.NewUniform(color.Gray{Y: shade}), Face: face}
	for i, line := range strings.Split(text, "\n") {
		d.Dot = fixed.P(c.px(x), c.px(y+float64(i)*lead))
		d.DrawString(line)
	}
}

// photo draws a picture: shade gives it from 0 to 1 at shares of its width and height.
func (c *canvas) photo(x, y, w, h float64, shade func(u, v float64) float64) {
	r := image.Rect(c.px(x), c.px(y), c.px(x+w), c.px(y+h))
	for py := r.Min.Y; py < r.Max.Y; py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			s := shade((float64(px-r.Min.X)+.5)/float64(r.Dx()), (float64(py-r.Min.Y)+.5)/float64(r.Dy()))
			c.SetGray(px, py, color.Gray{Y: byte(min(255, max(0, 255*s+.5)))})
		}
	}
}

// gray makes a canvas a source of rows.
func (c *canvas) gray(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		row := make([]byte, c.Rect.Dx())
		for y := range c.Rect.Dy() {
			copy(row, c.Pix[y*c.Stride:])
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (c *canvas) page() Page {
	return Page{Total: 1, Width: c.Rect.Dx(), Height: c.Rect.Dy(), XRes: c.dpi, YRes: c.dpi, Kind: Gray, src: c, walk: &walk{}}
}

// hash gives a number from 0 to 1 for a point of a lattice.
func hash(x, y int) float64 {
	h := uint32(x)*374761393 + uint32(y)*668265263
	h = (h ^ h>>13) * 1274126177
	return float64(h^h>>16) / (1 << 32)
}

// noise is smooth noise from 0 to 1 of about one wave per unit.
func noise(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	u, v := x-fx, y-fy
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	top := hash(ix, iy)*(1-u) + hash(ix+1, iy)*u
	return top*(1-v) + (hash(ix, iy+1)*(1-u)+hash(ix+1, iy+1)*u)*v
}

// waves adds up noise of several sizes.
func waves(x, y float64, octaves int) float64 {
	sum, size, all := 0.0, 1.0, 0.0
	for range octaves {
		sum += size * noise(x, y)
		all += size
		x, y, size = 2*x+17, 2*y+31, size/2
	}
	return sum / all
}

// landscape is a picture with what photographs have: a sky in gradients, rough ground, a face of soft shades with hair, eyes
// and mouth, deep shadow and a light shirt, and the grain of a film.
func landscape(u, v float64) float64 {
	s := 0.95 - 0.35*v + 0.25*(waves(5*u, 9*v, 4)-.5)
	if ridge := 0.35 + 0.2*waves(4*u+3, 1, 4); v > ridge {
		s = 0.25 + 0.35*waves(14*u, 14*v, 4)
	}
	if v > 0.72 {
		s = 0.15 + 0.6*waves(60*u, 25*v, 3)
	}
	s = face(u, v, s)
	return s + 0.05*(hash(int(u*900), int(v*900))-.5)
}

// face puts a face and shoulders over the shade behind it.
func face(u, v, s float64) float64 {
	in := func(cx, cy, rx, ry float64) float64 {
		return math.Hypot((u-cx)/rx, (v-cy)/ry)
	}
	if in(.5, 1.05, .32, .3) < 1 {
		s = .88 - .25*u + .1*math.Sin(40*u+8*v)
	}
	if in(.5, .46, .19, .27) < 1 {
		s = 0.08 + .12*waves(70*u, 8*v, 2)
	}
	d := in(.5, .52, .15, .23)
	if d >= 1 {
		return s
	}
	s = 0.45 + .45*math.Sqrt(1-d*d)*(.75-.9*(u-.45))
	if in(.44, .47, .025, .016) < 1 || in(.56, .47, .025, .016) < 1 {
		s = .1 + 8*math.Abs(u-.5-math.Copysign(.06, u-.5))
	}
	if in(.5, .64, .055, .02) < 1 {
		s = .28
	}
	return s
}
