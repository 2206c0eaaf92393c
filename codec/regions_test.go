package codec

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"
)

// partAt gives what is done with the cell at a place of an A4 page, in millimetres.
func partAt(p Page, x, y float64) part {
	s := p.src.(*fittedSource)
	g, l := s.tone.cells, s.layout
	px, py := int(x/210*float64(l.w)), int(y/297*float64(l.h))
	return g.parts[py/g.high*g.cols+px/g.wide]
}

// TestPicturesAndWriting: of a mixed page, what is photographed is a picture all over, and nothing else is.
func TestPicturesAndWriting(t *testing.T) {
	sheet := mixedSheet(t, 200)
	for _, r := range []Resolution{{204, 98}, {204, 196}, {300, 300}, {400, 400}} {
		q, _ := fittedBy(t, sheet.page(), Target{Profile: Profile{'F', MMR}, Resolution: r})
		for x := 24.0; x < 97; x += 4 {
			for y := 100.0; y < 182; y += 4 {
				if partAt(q, x, y) != pictured {
					t.Errorf("%v: the photograph at %.0f, %.0f mm is no picture", r, x, y)
				}
			}
			if partAt(q, x, 50) == pictured || partAt(q, x, 215) == pictured {
				t.Errorf("%v: the writing at %.0f mm is a picture", r, x)
			}
		}
		if partAt(q, 200, 20) != empty {
			t.Errorf("%v: the empty corner is not", r)
		}
	}
}

// TestShadedBoxesAreWrittenIn: what stands in a shaded box is not taken for a picture, also with the grain of a scanner.
func TestShadedBoxesAreWrittenIn(t *testing.T) {
	c := formSheet(t, 200)
	for i, v := range c.Pix {
		c.Pix[i] = byte(min(255, max(0, 12+int(v)*9/10+int(9*(hash(i, 7)+hash(i, 8)-1)))))
	}
	q, _ := fittedBy(t, c.page(), Target{Profile: Profile{'F', MMR}})
	for i, p := range q.src.(*fittedSource).tone.cells.parts {
		if p == pictured {
			t.Fatalf("cell %d of the form is a picture", i)
		}
	}
}

// TestUnevenLight: a page on which light falls from one side becomes nearly what it becomes in even light.
func TestUnevenLight(t *testing.T) {
	for name, sheet := range map[string]*canvas{"text": textSheet(t, 200), "mixed": mixedSheet(t, 200)} {
		even, _ := fittedBy(t, sheet.page(), Target{Profile: Profile{'F', MMR}})
		want := picturesOf(t, even)
		for i, v := range sheet.Pix {
			x, y := float64(i%sheet.Stride)/float64(sheet.Rect.Dx()), float64(i/sheet.Stride)/float64(sheet.Rect.Dy())
			sheet.Pix[i] = byte(float64(v) * (.95 - .35*y - .15*x*x))
		}
		uneven, _ := fittedBy(t, sheet.page(), Target{Profile: Profile{'F', MMR}})
		if uneven.src.(*fittedSource).tone.paper == nil {
			t.Errorf("%s: the light was not seen", name)
		}
		n := differing(picturesOf(t, uneven), want)
		t.Logf("%s: %d pixels differ", name, n)
		if n > len(want.Pix)/200 {
			t.Errorf("%s: %d pixels differ", name, n)
		}
	}
}

// TestFaintStrokes: thin light lines and small light letters stay, light areas do not become black.
func TestFaintStrokes(t *testing.T) {
	c := newCanvas(t, 204, 210, 100)
	c.text(20, 20, 10, false, 0, fable)
	for i := range 20 {
		c.fill(20+5*float64(i), 60, .13, 20, 165)
	}
	c.fill(130, 60, 50, 20, 200)
	q, _ := fittedBy(t, c.page(), Target{Profile: Profile{'F', MMR}})
	rows := rowsOf(t, q)
	l := q.src.(*fittedSource).layout
	x := func(mm float64) int { return l.x + int(mm/mmPerInch*204) }
	row := rows[l.y+540]
	if n := strings.Count("."+row[x(18):x(125)], ".#"); n != 20 {
		t.Errorf("%d of 20 lines are left", n)
	}
	if black := strings.Count(row[x(132):x(178)], "#"); black > (x(178)-x(132))/3 {
		t.Errorf("%d pixels of the light area are black", black)
	}
}

// TestReducer: the fast way to a smaller picture gives the shades of exact areas, to two.
func TestReducer(t *testing.T) {
	for _, size := range [][4]int{{4960, 70, 1728, 24}, {100, 80, 37, 29}, {64, 64, 64, 13}, {9, 150, 9, 10}, {31, 7, 30, 7}, {1000, 1, 1, 1}} {
		sw, sh, dw, dh := size[0], size[1], size[2], size[3]
		src := drawn{sw, sh, func(x, y float64) byte { return byte(255 * hash(int(x*1000), int(y*1000))) }}
		rows := grayRowsOf(t, src)
		y := 0
		for out, err := range reducedGray(src.gray(context.Background()), sw, sh, dw, dh) {
			if err != nil {
				t.Fatal(err)
			}
			for x := 0; x < dw; x += max(1, dw/50) {
				want := areaMean(rows, float64(x*sw)/float64(dw), float64((x+1)*sw)/float64(dw), float64(y*sh)/float64(dh), float64((y+1)*sh)/float64(dh))
				if math.Abs(float64(out[x])-want) > 2 {
					t.Fatalf("%v: %d at %d, %d, want %.2f", size, out[x], x, y, want)
				}
			}
			y++
		}
		if y != dh {
			t.Errorf("%v: %d rows", size, y)
		}
	}
}

// areaMean is the mean shade of a rectangle whose sides lie between pixels.
func areaMean(rows [][]byte, left, right, top, bottom float64) float64 {
	sum, all := 0.0, 0.0
	for y := int(top); y < len(rows) && float64(y) < bottom-1e-9; y++ {
		for x := int(left); x < len(rows[y]) && float64(x) < right-1e-9; x++ {
			a := (min(right, float64(x+1)) - max(left, float64(x))) * (min(bottom, float64(y+1)) - max(top, float64(y)))
			sum += a * float64(rows[y][x])
			all += a
		}
	}
	return sum / all
}

// TestRoundStaysRound: a circle on paper is one in a thumbnail, whatever the page's resolution.
func TestRoundStaysRound(t *testing.T) {
	for _, r := range []Resolution{{204, 98}, {204, 196}, {408, 391}, {200, 100}} {
		x, y := r.exact()
		width, rows := A4.Size(r)
		p := bilevelPage(width, rows, float64(r.X), float64(r.Y), func(px, py int) bool {
			return math.Hypot(float64(px)/x*mmPerInch-105, float64(py)/y*mmPerInch-150) < 60
		})
		var out bytes.Buffer
		if err := Thumbnail(context.Background(), &out, p, 400); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		box := darkBox(img)
		if d := box.Dx() - box.Dy(); d < -4 || d > 4 || box.Dx() < 200 {
			t.Errorf("%v: the circle is %d by %d pixels", r, box.Dx(), box.Dy())
		}
	}
}

// darkBox is the smallest rectangle around all that is dark.
func darkBox(img image.Image) (box image.Rectangle) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}
