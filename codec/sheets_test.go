package codec

import (
	"strings"
	"testing"
)

// fable is what the test pages say. It has all letters and no hard words.
const fable = `A fox saw ripe grapes hanging from a vine that had been trained along a high
branch. The juicy bunch seemed ready to burst, and his mouth watered as he
gazed at it. He jumped, and missed it by a long way. He walked off a short
distance, took a running leap, and fell short once more. Again and again he
tried, quite in vain. Now he sat down and looked at the grapes in disgust.
What a fool I am, he said. Here I am wearing myself out to get a bunch of
sour grapes that are not worth gaping for. And off he walked very scornfully.
Invoice 20481 of 17 March 2026: 365 boxes at 12.90 make 4708.50 in all.`

// clause is the same in lines of so many words.
func clause(words int) string {
	var lines []string
	all := strings.Fields(fable)
	for len(all) > 0 {
		n := min(words, len(all))
		lines = append(lines, strings.Join(all[:n], " "))
		all = all[n:]
	}
	return strings.Join(lines, "\n")
}

// textSheet is a letter in sizes from 16 to 6 points.
func textSheet(t testing.TB, dpi float64) *canvas {
	c := newCanvas(t, dpi, 210, 297)
	c.text(20, 25, 16, true, 0, "On sour grapes")
	y := 35.0
	for _, points := range []float64{12, 10, 9, 8, 7, 6} {
		c.text(20, y, points, false, 0, fable)
		y += 8*points*1.25/72*mmPerInch + 5
	}
	c.text(20, y+2, 10, false, 110, "Grey words, as web pages have them: "+fable[:40])
	c.text(20, y+8, 10, true, 60, "Darker ones. ")
	for i := range 8 {
		w := .05 * float64(i+1)
		c.fill(20, y+12+float64(i)*2, 120, w, 0)
		c.fill(145+float64(i)*4, y+10, w, 18, 0)
	}
	return c
}

// formSheet has boxes, tables with shaded rows, white on black, and light lines.
func formSheet(t testing.TB, dpi float64) *canvas {
	c := newCanvas(t, dpi, 210, 297)
	c.fill(15, 15, 180, 12, 0)
	c.text(18, 23, 18, true, 255, "ORDER FORM")
	for i, label := range []string{"Name", "Street", "Town", "Telephone"} {
		y := 32 + 12*float64(i)
		c.frame(15, y, 180, 12, .2)
		c.text(17, y+3.5, 7, false, 0, label)
	}
	c.text(45, 40.5, 14, false, 40, "Aesop and Sons")
	for i := range 16 {
		y := 90 + 8*float64(i)
		switch {
		case i == 0:
			c.fill(15, y, 180, 8, 170)
		case i%2 == 0:
			c.fill(15, y, 180, 8, 225)
		}
		c.frame(15, y, 180, 8, .15)
		for _, x := range []float64{30, 120, 145, 170} {
			c.fill(x, y, .15, 8, 0)
		}
		c.text(32, y+5.5, 9, i == 0, 0, []string{"Article", "Grapes, sour, one bunch", "Vine, high, trained"}[min(i, 1+i%2)])
		c.text(147, y+5.5, 9, i == 0, 0, []string{"Price", "12.90", "365.00"}[min(i, 1+i%2)])
	}
	c.fill(15, 225, 85, 40, 128)
	c.text(18, 235, 10, true, 255, "White on grey: sign here")
	c.text(18, 245, 10, true, 0, "Black on grey: sign here")
	c.fill(105, 225, 90, 40, 235)
	c.text(108, 233, 6, false, 0, clause(12))
	c.frame(15, 270, 180, 15, .5)
	for i := range 36 {
		c.fill(15+5*float64(i), 270, .1, 15, 150)
	}
	return c
}

// photoSheet is a photograph that fills the page.
func photoSheet(t testing.TB, dpi float64) *canvas {
	c := newCanvas(t, dpi, 210, 297)
	c.photo(0, 0, 210, 297, landscape)
	return c
}

// mixedSheet has writing around a photograph and small print.
func mixedSheet(t testing.TB, dpi float64) *canvas {
	c := newCanvas(t, dpi, 210, 297)
	c.text(20, 25, 16, true, 0, "On sour grapes")
	c.text(20, 36, 10, false, 0, fable)
	c.photo(20, 75, 80, 110, landscape)
	c.text(20, 189, 8, false, 0, "The author before the vine")
	c.text(105, 80, 6, false, 0, clause(10))
	c.text(105, 130, 9, false, 0, clause(7))
	c.photo(120, 205, 70, 50, func(u, v float64) float64 { return landscape(.2+.6*u, .25+.5*v) })
	c.text(20, 205, 9, false, 0, clause(7))
	return c
}
