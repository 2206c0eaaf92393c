package codec

import (
	"fmt"
	"image"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// typeface draws lines of a monospaced font, large and in shades, for a scaler to bring to the page's pixels: that way
// letters keep their shape when pixels are not square.
type typeface struct {
	face    font.Face
	advance int // pixels per character
	ascent  int // from the top of a line to its base line
	height  int // of a line
	glyphs  map[rune]glyph
}

type glyph struct {
	mask *image.Alpha
	at   image.Point
}

// cachedGlyphs bounds the memory of a typeface.
const cachedGlyphs = 512

// newTypeface makes a face of a TrueType font: em is its size and height that of a line, both in pixels.
func newTypeface(ttf []byte, em, height int) (*typeface, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(em), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	advance, ok := face.GlyphAdvance('0')
	if !ok {
		return nil, fmt.Errorf("the font has no digits")
	}
	m := face.Metrics()
	spare := height - (m.Ascent + m.Descent).Round()
	return &typeface{
		face: face, advance: advance.Round(), ascent: m.Ascent.Round() + spare/2, height: height, glyphs: map[rune]glyph{},
	}, nil
}

// draw puts the characters onto a line of ink (0 white, 255 black) that is width pixels wide, from x.
func (t *typeface) draw(ink []byte, width, x int, line []rune) {
	for _, r := range line {
		if r != ' ' {
			t.glyph(r).draw(ink, width, x, t.ascent)
		}
		x += t.advance
	}
}

func (t *typeface) glyph(r rune) glyph {
	if g, ok := t.glyphs[r]; ok {
		return g
	}
	b, mask, at, _, _ := t.face.Glyph(fixed.Point26_6{}, r)
	g := glyph{at: b.Min, mask: image.NewAlpha(image.Rect(0, 0, b.Dx(), b.Dy()))}
	if m, ok := mask.(*image.Alpha); ok {
		for y := range b.Dy() {
			from := m.PixOffset(at.X, at.Y+y)
			copy(g.mask.Pix[y*g.mask.Stride:(y+1)*g.mask.Stride], m.Pix[from:from+b.Dx()])
		}
	}
	if len(t.glyphs) < cachedGlyphs {
		t.glyphs[r] = g
	}
	return g
}

func (g glyph) draw(ink []byte, width, x, base int) {
	height := len(ink) / width
	for y := range g.mask.Rect.Dy() {
		row := base + g.at.Y + y
		if row < 0 || row >= height {
			continue
		}
		for i, v := range g.mask.Pix[y*g.mask.Stride : (y+1)*g.mask.Stride] {
			if col := x + g.at.X + i; col >= 0 && col < width {
				at := row*width + col
				ink[at] = max(ink[at], v)
			}
		}
	}
}
