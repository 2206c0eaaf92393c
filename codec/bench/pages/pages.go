// Package pages draws the bilevel pages by which the codecs are measured and
// proven: text, dense small text, a photograph through a clustered-dot screen
// and by Floyd-Steinberg error diffusion, and a blank page, at the sizes of ITU-T
// T.4 and T.30 (A4 at 204 × 196 and 408 × 391 dpi) and at 600 dpi. The same
// bytes come out each time and everywhere: nothing is read and nothing random.
package pages

import "fmt"

// Kind is what is on a page.
type Kind int

// The kinds of page.
const (
	Text      Kind = iota // a letter, 10 point
	Dense                 // small print, 6 point without paragraphs
	Halftone              // a photograph through a clustered-dot screen at 45 degrees
	Diffusion             // the same photograph by Floyd-Steinberg error diffusion
	Blank                 // nothing
)

var names = [...]string{"text", "dense", "halftone", "diffusion", "blank"}

// String gives the name in lower case.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return names[k]
}

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Text, Dense, Halftone, Diffusion, Blank} }

// Size is that of a page in pixels.
type Size struct{ Width, Height int }

// String gives width×height.
func (s Size) String() string { return fmt.Sprintf("%d×%d", s.Width, s.Height) }

// Sizes are the three sizes of the bench, the smallest first.
func Sizes() []Size { return []Size{{1728, 2200}, {3456, 4400}, {4960, 7016}} }

// Page is a drawn page.
type Page struct {
	Name string // of the kind, or of the file it came from
	Size
	// Bits are the rows, each of Stride bytes, the most significant bit
	// first, 1 = black, the bits past the width 0.
	Bits []byte
}

// Stride is the number of bytes of a row.
func (p Page) Stride() int { return (p.Width + 7) / 8 }

// Row is row y.
func (p Page) Row(y int) []byte { return p.Bits[y*p.Stride():][:p.Stride()] }

// Draw draws a page of the kind. Letters grow with the page's width; the dots
// of a photograph stay as large as they are, and become more.
func Draw(k Kind, s Size) Page { return DrawBand(k, s, 0, s.Height) }

// DrawBand draws the given number of rows of such a page, from row y on. Error
// diffusion begins anew with the band.
func DrawBand(k Kind, s Size, y, rows int) Page {
	p := Page{Name: k.String(), Size: Size{s.Width, rows}, Bits: make([]byte, (s.Width+7)/8*rows)}
	switch k {
	case Text, Dense:
		l := letter
		if k == Dense {
			l = smallPrint
		}
		drawText(p, l, s, y)
	case Halftone:
		screen(p, s, y)
	case Diffusion:
		diffuse(p, s, y)
	}
	return p
}

func (p Page) set(x, y int) {
	if x >= 0 && x < p.Width && y >= 0 && y < p.Height {
		p.Bits[y*p.Stride()+x>>3] |= 0x80 >> (x & 7)
	}
}
