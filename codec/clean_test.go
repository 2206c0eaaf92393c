package codec

import (
	"bytes"
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"faxgate/codec/pdf"
)

func clonedGray(g *image.Gray) *image.Gray {
	out := *g
	out.Pix = slices.Clone(g.Pix)
	return &out
}

// askew turns a canvas clockwise by some degrees around its middle, on white.
func (c *canvas) askew(degrees float64) *canvas {
	out := newCanvas(c.t, c.dpi, 1, 1)
	out.Gray = clonedGray(c.Gray)
	sin, cos := math.Sincos(-degrees * math.Pi / 180)
	w, h := c.Rect.Dx(), c.Rect.Dy()
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-float64(w)/2, float64(y)-float64(h)/2
			sx, sy := int(math.Round(dx*cos-dy*sin+float64(w)/2)), int(math.Round(dx*sin+dy*cos+float64(h)/2))
			v := byte(255)
			if sx >= 0 && sx < w && sy >= 0 && sy < h {
				v = c.Pix[sy*c.Stride+sx]
			}
			out.Pix[y*out.Stride+x] = v
		}
	}
	return out
}

// bilevel makes a page of what is darker than middle grey.
func (c *canvas) bilevel() Page {
	return bilevelPage(c.Rect.Dx(), c.Rect.Dy(), c.dpi, c.dpi, func(x, y int) bool { return c.Pix[y*c.Stride+x] < 128 })
}

// cleanedBy fits a page with what is to be done besides.
func cleanedBy(t *testing.T, p Page, c Clean) (Page, Cleaned) {
	t.Helper()
	for q, err := range Fit(context.Background(), one(p), Target{Profile: Profile{'F', MMR}, Clean: c}) {
		if err != nil {
			t.Fatal(err)
		}
		if q.Cleaned != nil {
			return q, *q.Cleaned
		}
		return q, Cleaned{}
	}
	t.Fatal("no page")
	return Page{}, Cleaned{}
}

// TestDeskew: writing that is askew is found to be and turned upright, to less than a tenth of a degree; straight writing,
// pictures and pages that lie too badly are left as they are.
func TestDeskew(t *testing.T) {
	text, mixed, form := textSheet(t, 150), mixedSheet(t, 150), formSheet(t, 150)
	tests := []struct {
		name string
		page Page
		want float64
	}{
		{"straight", text.page(), 0},
		{"hardly", text.askew(.15).page(), 0},
		{"a little", text.askew(.4).page(), -.4},
		{"clockwise", text.askew(2.35).page(), -2.35},
		{"counterclockwise", text.askew(-3.7).page(), 3.7},
		{"bilevel", text.askew(1.2).bilevel(), -1.2},
		{"mixed", mixed.askew(-1.6).page(), 1.6},
		{"form", form.askew(.9).page(), -.9},
		{"too far", text.askew(8).page(), 0},
		{"photograph", photoSheet(t, 75).askew(2).page(), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, did := cleanedBy(t, tt.page, Clean{Deskew: true})
			if math.Abs(did.Angle-tt.want) > .1 {
				t.Fatalf("turned by %.2f, want %.2f", did.Angle, tt.want)
			}
			rowsOf(t, q)
			s, err := newSketch(context.Background(), q, 0)
			if err != nil {
				t.Fatal(err)
			}
			if left := s.skew(); tt.want != 0 && left != 0 {
				t.Errorf("still askew by %.2f", left)
			}
		})
	}
}

// TestBlankPages: pages on which nothing is are left out when that is asked for, and the report says so.
func TestBlankPages(t *testing.T) {
	page := func(do func(c *canvas)) Page {
		c := newCanvas(t, 204, 210, 297)
		do(c)
		return c.page()
	}
	dust := func(c *canvas) {
		for i := range 40 {
			c.fill(20+170*hash(i, 1), 20+250*hash(i, 2), .2, .2, 0)
		}
	}
	gray := func(c *canvas) {
		for i := range c.Pix {
			c.Pix[i] = byte(228 + 12*hash(i, 3))
		}
	}
	tests := []struct {
		name  string
		page  Page
		blank bool
	}{
		{"white", page(func(*canvas) {}), true},
		{"dust", page(dust), true},
		{"grey paper with grain", page(gray), true},
		{"grey paper, something on it", page(func(c *canvas) { gray(c); c.text(50, 50, 8, false, 60, "17") }), false},
		{"a shadow at the edge", page(func(c *canvas) { c.fill(0, 0, 3, 297, 0) }), true},
		{"one word", page(func(c *canvas) { c.text(100, 150, 6, false, 0, "No") }), false},
		{"a hairline", page(func(c *canvas) { c.fill(30, 100, 100, .13, 0) }), false},
		{"pencil", page(func(c *canvas) { c.text(100, 150, 24, false, 190, "yes") }), false},
		{"all black", page(func(c *canvas) { c.fill(0, 0, 210, 297, 0) }), false},
		{"a photograph", photoSheet(t, 50).page(), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, did := cleanedBy(t, tt.page, Clean{DropBlank: true}); did.Blank != tt.blank {
				t.Errorf("blank: %v", did.Blank)
			}
		})
	}
}

// TestBlankPagesAreReported: the pages that are written are numbered without those that were left out.
func TestBlankPagesAreReported(t *testing.T) {
	white := newCanvas(t, 100, 210, 297).page()
	text := textSheet(t, 100).page()
	target := Target{Profile: Profile{'F', MMR}, Clean: Clean{DropBlank: true}, Header: Header{Sender: "me", Total: 3}}
	white.Index, text.Index = 0, 1
	last := text
	last.Index = 2
	for _, write := range []func(pages ...Page) (Report, error){
		func(pages ...Page) (Report, error) {
			var out bytes.Buffer
			return Write(context.Background(), &out, target.Profile, 0, Fit(context.Background(), one(pages...), target))
		},
		func(pages ...Page) (Report, error) {
			var out bytes.Buffer
			return WritePDF(context.Background(), &out, pdf.Meta{}, Fit(context.Background(), one(pages...), target))
		},
	} {
		report, err := write(white, text, last)
		if err != nil || report.Pages != 2 || len(report.Cleaned) != 1 || report.Cleaned[0] != (Cleaned{Page: 1, Blank: true}) {
			t.Errorf("%+v, %v", report, err)
		}
		report, err = write(white, white)
		if err == nil || !strings.Contains(err.Error(), "nothing is on any of the 2 pages") || len(report.Cleaned) != 2 {
			t.Errorf("%+v, %v", report, err)
		}
	}
}

// TestBorder: the black around a page that is smaller than the scanner's glass goes, also when it lies askew; what is on the
// page stays.
func TestBorder(t *testing.T) {
	tests := []struct {
		name   string
		draw   func(c *canvas)
		border bool
	}{
		{"right and below", func(c *canvas) { c.fill(190, 0, 20, 297, 0); c.fill(0, 270, 210, 27, 0) }, true},
		{"a wedge", func(c *canvas) {
			for y := range 297 {
				c.fill(0, float64(y), float64(y)/25, 1, 15)
			}
		}, true},
		{"with specks", func(c *canvas) {
			c.fill(0, 0, 12, 297, 5)
			for i := range 200 {
				c.fill(12*hash(i, 5), 297*hash(i, 6), .3, .3, 255)
			}
		}, true},
		{"none", func(*canvas) {}, false},
		{"a bar that reaches the edge", func(c *canvas) { c.fill(0, 40, 210, 10, 0) }, false},
		{"writing that touches the edge", func(c *canvas) { c.text(-1, 100, 10, true, 0, strings.Repeat("HHH\n", 8)) }, false},
	}
	plain := mixedSheet(t, 150)
	_, before := inkOf(t, plain.page(), Clean{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &canvas{clonedGray(plain.Gray), t, plain.dpi}
			tt.draw(c)
			did, after := inkOf(t, c.page(), Clean{Border: true})
			if did.Border != tt.border {
				t.Fatalf("border: %v", did.Border)
			}
			if lost := before - after; tt.border && math.Abs(lost) > .05*before {
				t.Errorf("ink of %.0f became %.0f", before, after)
			}
		})
	}
}

// inkOf counts the black pixels of a page after cleaning.
func inkOf(t *testing.T, p Page, c Clean) (did Cleaned, n float64) {
	t.Helper()
	q, did := cleanedBy(t, p, c)
	for _, row := range rowsOf(t, q) {
		n += float64(strings.Count(row, "#"))
	}
	return did, n
}
