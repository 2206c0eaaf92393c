package main

import (
	"bufio"
	"encoding/binary"
	"image"
	"image/color"
	"io"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"
)

// The sample's paper: A4 at 300 dots per inch, as an office scanner sees it.
const (
	sampleDPI    = 300
	sampleWidth  = 2480
	sampleHeight = 3508
)

// writeSample draws a document of three pages (a letter, a form, a photograph), lays each on a scanner a little askew, and writes what the scanner sees as a grey TIFF.
func writeSample(w io.Writer) error {
	type drawing struct {
		draw func(*sheet)
		skew float64 // degrees
	}
	t := &scanWriter{w: bufio.NewWriterSize(w, 1<<20), left: 3}
	for i, d := range []drawing{{drawLetter, 0.4}, {drawForm, -0.35}, {drawPhotoPage, 0.2}} {
		s, err := newSheet()
		if err != nil {
			return err
		}
		d.draw(s)
		if err := t.page(scan(s.Gray, d.skew, uint64(i)+1)); err != nil {
			return err
		}
	}
	return t.w.Flush()
}

// sheet is a white page to draw on; lengths are millimetres from its upper left corner.
type sheet struct {
	*image.Gray
	fonts map[string]*opentype.Font
	faces map[faceKey]font.Face
}

type faceKey struct {
	name string
	size float64
}

func newSheet() (*sheet, error) {
	s := &sheet{Gray: image.NewGray(image.Rect(0, 0, sampleWidth, sampleHeight)), fonts: map[string]*opentype.Font{}, faces: map[faceKey]font.Face{}}
	draw.Draw(s.Gray, s.Bounds(), image.White, image.Point{}, draw.Src)
	for name, ttf := range map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF, "italic": goitalic.TTF, "mono": gomono.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return nil, err
		}
		s.fonts[name] = f
	}
	return s, nil
}

func px(mm float64) float64 { return mm / 25.4 * sampleDPI }

// face is a font at a size in points.
func (s *sheet) face(name string, size float64) font.Face {
	k := faceKey{name, size}
	if s.faces[k] == nil {
		f, err := opentype.NewFace(s.fonts[name], &opentype.FaceOptions{Size: size, DPI: sampleDPI})
		if err != nil {
			panic(err) // never: name and size are constants of the drawings
		}
		s.faces[k] = f
	}
	return s.faces[k]
}

// text writes a line with its baseline at y and returns where it ends.
func (s *sheet) text(x, y float64, name string, size float64, ink uint8, words string) float64 {
	d := font.Drawer{Dst: s.Gray, Src: image.NewUniform(color.Gray{Y: ink}), Face: s.face(name, size), Dot: fixed.Point26_6{X: fixed.Int26_6(px(x) * 64), Y: fixed.Int26_6(px(y) * 64)}}
	d.DrawString(words)
	return float64(d.Dot.X) / 64 / sampleDPI * 25.4
}

// rect fills a rectangle.
func (s *sheet) rect(x, y, w, h float64, ink uint8) {
	r := image.Rect(int(px(x)), int(px(y)), int(px(x+w)+0.5), int(px(y+h)+0.5))
	draw.Draw(s.Gray, r, image.NewUniform(color.Gray{Y: ink}), image.Point{}, draw.Src)
}

// frame draws the outline of a rectangle.
func (s *sheet) frame(x, y, w, h, line float64, ink uint8) {
	s.rect(x, y, w, line, ink)
	s.rect(x, y+h-line, w, line, ink)
	s.rect(x, y, line, h, ink)
	s.rect(x+w-line, y, line, h, ink)
}

// pen draws a curve as a ballpoint does: round, and thinner where it is fast.
func (s *sheet) pen(width float64, ink uint8, at func(t float64) (x, y float64), n int) {
	lastX, lastY := at(0)
	for i := range n {
		x, y := at(float64(i) / float64(n-1))
		speed := math.Hypot(x-lastX, y-lastY) * float64(n)
		s.blot(px(x), px(y), px(width)/2*(1.15-min(speed/900, 0.45)), ink)
		lastX, lastY = x, y
	}
}

// blot fills a disc with soft edges.
func (s *sheet) blot(cx, cy, r float64, ink uint8) {
	for y := int(cy - r - 1); y <= int(cy+r+1); y++ {
		for x := int(cx - r - 1); x <= int(cx+r+1); x++ {
			cover := min(max(r+0.5-math.Hypot(float64(x)-cx, float64(y)-cy), 0), 1)
			if cover > 0 && image.Pt(x, y).In(s.Rect) {
				v := &s.Pix[s.PixOffset(x, y)]
				*v = min(*v, uint8(255-cover*float64(255-ink)))
			}
		}
	}
}

// scan is what a scanner makes of a page: turned by some degrees, on paper that is not quite white, with shading, grain and specks of dust.
func scan(page *image.Gray, degrees float64, seed uint64) *image.Gray {
	out := image.NewGray(page.Rect)
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{Y: 236}), image.Point{}, draw.Src) // the lid, beyond the paper's edge
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(sampleWidth)/2, float64(sampleHeight)/2
	turn := f64.Aff3{cos, -sin, cx - cos*cx + sin*cy, sin, cos, cy - sin*cx - cos*cy}
	draw.ApproxBiLinear.Transform(out, turn, page, page.Rect, draw.Src, nil)
	rnd := rand.New(rand.NewPCG(seed, 42)) //nolint:gosec // grain, the same at each run
	for y := range sampleHeight {
		row := out.Pix[y*out.Stride:][:sampleWidth]
		shade := 9 * math.Pow(float64(y)/sampleHeight, 3) // the book's fold at the lower edge
		grain := rnd.Uint64()
		for x := range row {
			if grain < 1<<8 {
				grain = rnd.Uint64()
			}
			noise := int(grain&15) + int(grain>>4&15) - 15 // two dice, 16 sides each
			grain >>= 8
			v := 10 + int(row[x])*232/255 - int(shade) + noise/3
			row[x] = uint8(min(max(v, 0), 255))
		}
	}
	s := sheet{Gray: out}
	for range 60 {
		s.blot(rnd.Float64()*sampleWidth, rnd.Float64()*sampleHeight, 0.6+rnd.Float64()*1.1, 120+uint8(rnd.IntN(60)))
	}
	return out
}

// scanWriter writes grey pages without compression, each directory before its pixels.
type scanWriter struct {
	w    *bufio.Writer
	at   uint32 // bytes written
	left int    // pages to come
}

func (t *scanWriter) page(img *image.Gray) error {
	if t.at == 0 {
		t.put("II*\x00", uint32(8))
	}
	const entries = 11
	size := uint32(len(img.Pix))
	values := t.at + 2 + entries*12 + 4
	pixels := values + 8
	next := pixels + size
	if t.left--; t.left == 0 {
		next = 0
	}
	t.put(uint16(entries))
	for _, e := range [entries][3]uint32{
		{256, 4, sampleWidth},
		{257, 4, sampleHeight},
		{258, 3, 8},
		{259, 3, 1},
		{262, 3, 1},
		{273, 4, pixels},
		{278, 4, sampleHeight},
		{279, 4, size},
		{282, 5, values},
		{283, 5, values},
		{296, 3, 2},
	} {
		t.put(uint16(e[0]), uint16(e[1]), uint32(1), e[2])
	}
	t.put(next, uint32(sampleDPI), uint32(1))
	n, err := t.w.Write(img.Pix)
	t.at += uint32(n)
	return err
}

func (t *scanWriter) put(values ...any) {
	for _, v := range values {
		if s, ok := v.(string); ok {
			v = []byte(s)
		}
		_ = binary.Write(t.w, binary.LittleEndian, v) // the writer keeps its error for Flush
		t.at += uint32(binary.Size(v))
	}
}
