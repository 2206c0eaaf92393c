package pages

import (
	"fmt"
	"image"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// layout is how a page is set; lengths are in 1/1728 of the page's width, so
// that a point is about 2.83.
type layout struct {
	em, lead, margin int
	paragraph        int // lines of a paragraph, 0 without paragraphs
}

var (
	letter     = layout{em: 28, lead: 37, margin: 120, paragraph: 9}
	smallPrint = layout{em: 17, lead: 20, margin: 60}
)

// words are what the pages are full of.
const words = `a after again all and answer are arrives as at back because before between both bureau by call carry change clerk
code colour column copy day deliver desk document each edge end envelope error every fax few fine first follow for form from
full gateway give good hand has held if in ink is it known last later leave letter line long machine mail many margin may
memory message mode more name near never next no not notice number of office old on once one only or order other our over
page paper part people picture pixel place plain point post quiet quite receipt receiver record reply report row run same
say seen send sender sent shade sheet short side sign size small so some speak stay still strip table take telephone than
that the their then there these they thing this time to tone turn two under until up upon very wait was way we were what
when where which while white who will with without word work would write year you 1996 204 1,728 (twice) "so", £12.50`

// writer sets words on a page, or a band of it that begins at row top.
type writer struct {
	page   Page
	top    int
	face   font.Face
	glyphs map[rune]letterForm
	rng    *rand.Rand
	words  []string
}

type letterForm struct {
	mask    *image.Alpha
	at      image.Point
	advance int
}

func drawText(p Page, l layout, s Size, top int) {
	scale := func(n int) int { return max(n*p.Width/1728, 1) }
	w := writer{
		page: p, top: top, face: face(scale(l.em)), glyphs: map[rune]letterForm{},
		rng: rand.New(rand.NewPCG(4, 6)), words: strings.Fields(words),
	}
	margin, lead := scale(l.margin), scale(l.lead)
	for line, base := 1, margin+lead; base < s.Height-margin; line, base = line+1, base+lead {
		to := p.Width - margin
		if l.paragraph > 0 && line%l.paragraph == 0 {
			to = margin + w.rng.IntN(max(to-margin, 1)) // the last line of a paragraph is short
			w.line(margin, base, to)
			base += lead
			continue
		}
		w.line(margin, base, to)
	}
}

// face is the Go project's proportional font, em pixels high.
func face(em int) font.Face {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(fmt.Sprintf("pages: the built-in font cannot be read: %v", err))
	}
	out, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(max(em, 4)), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(fmt.Sprintf("pages: the built-in font cannot be used: %v", err))
	}
	return out
}

// line fills a line with words from x to before to.
func (w *writer) line(x, base, to int) {
	for {
		word := w.words[w.rng.IntN(len(w.words))]
		if w.length(word) > to-x {
			return
		}
		for _, r := range word + " " {
			x += w.letter(r, x, base)
		}
	}
}

func (w *writer) length(word string) int {
	n := 0
	for _, r := range word {
		n += w.form(r).advance
	}
	return n
}

// letter draws one letter and gives its advance.
func (w *writer) letter(r rune, x, base int) int {
	f := w.form(r)
	for i, v := range f.mask.Pix {
		if v >= 128 {
			w.page.set(x+f.at.X+i%f.mask.Stride, base-w.top+f.at.Y+i/f.mask.Stride)
		}
	}
	return f.advance
}

func (w *writer) form(r rune) letterForm {
	if f, ok := w.glyphs[r]; ok {
		return f
	}
	bounds, mask, at, advance, _ := w.face.Glyph(fixed.Point26_6{}, r)
	f := letterForm{mask: image.NewAlpha(image.Rect(0, 0, bounds.Dx(), bounds.Dy())), at: bounds.Min, advance: advance.Round()}
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			f.mask.Set(x, y, mask.At(at.X+x, at.Y+y))
		}
	}
	w.glyphs[r] = f
	return f
}
