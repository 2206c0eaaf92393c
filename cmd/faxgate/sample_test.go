package main

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"math"
	"testing"

	"faxgate/codec"
)

// The sample is what a scanner makes of three quite different pages: paper that is not white, a letter, a form with its large black bar, and a photograph of many greys.
func TestSample(t *testing.T) {
	var b bytes.Buffer
	if err := writeSample(&b); err != nil {
		t.Fatal(err)
	}
	opener := newOpener()
	defer func() { _ = opener.Close() }()
	doc, err := opener.Open(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := codec.Summarise(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages != 3 || sum.Kind != codec.Gray || sum.MaxRes != (codec.Resolution{X: 300, Y: 300}) || sum.Paper != codec.A4 {
		t.Errorf("summary %+v", sum)
	}
	for p, err := range doc.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		checkTones(t, p)
	}
}

// checkTones looks at how much of a page is ink, paper and in between.
func checkTones(t *testing.T, p codec.Page) {
	t.Helper()
	var ink, between, all float64
	for row, err := range p.Gray(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range row {
			switch {
			case v < 80:
				ink++
			case v < 200:
				between++
			}
			if v == 255 {
				t.Fatalf("page %d has pure white: a scan has none", p.Index+1)
			}
			all++
		}
	}
	limits := [][4]float64{{0.005, 0.05, 0, 0.05}, {0.02, 0.10, 0, 0.10}, {0.01, 0.15, 0.08, 0.40}}[p.Index]
	if i, b := ink/all, between/all; i < limits[0] || i > limits[1] || b < limits[2] || b > limits[3] {
		t.Errorf("page %d: %.3f ink, %.3f between; want %v", p.Index+1, i, b, limits)
	}
}

func TestSampleIsTheSameEachTime(t *testing.T) {
	var sums [2][32]byte
	for i := range sums {
		s, err := newSheet()
		if err != nil {
			t.Fatal(err)
		}
		drawForm(s)
		sums[i] = sha256.Sum256(scan(s.Gray, 0.4, 1).Pix)
	}
	if sums[0] != sums[1] {
		t.Error("two scans of the same page differ")
	}
}

// A scan is turned by the angle that was asked for: a vertical line leans.
func TestScanIsSkewed(t *testing.T) {
	s, err := newSheet()
	if err != nil {
		t.Fatal(err)
	}
	s.rect(100, 20, 1, 250, 0)
	const degrees = 0.4
	out := scan(s.Gray, degrees, 1)
	top, bottom := darkest(out, int(px(40))), darkest(out, int(px(250)))
	got := math.Atan2(float64(top-bottom), px(250)-px(40)) * 180 / math.Pi
	if math.Abs(got-degrees) > 0.05 {
		t.Errorf("skew %.2f°, want %.2f°", got, degrees)
	}
}

// darkest is the middle of the dark run of a row.
func darkest(img *image.Gray, y int) int {
	first, last := -1, -1
	for x := range img.Rect.Dx() {
		if img.GrayAt(x, y).Y < 100 {
			if first < 0 {
				first = x
			}
			last = x
		}
	}
	return (first + last) / 2
}

func TestPenAndBlotStayOnThePage(t *testing.T) {
	s, err := newSheet()
	if err != nil {
		t.Fatal(err)
	}
	s.blot(0, 0, 20, 10)
	s.blot(sampleWidth, sampleHeight, 20, 10)
	s.pen(1, 0, func(v float64) (float64, float64) { return v*400 - 100, v * 400 }, 500)
	if s.GrayAt(2, 2) != (color.Gray{Y: 10}) {
		t.Error("nothing was drawn in the corner")
	}
}

func TestTerrainIsAsWideAsThePicture(t *testing.T) {
	img := landscape(280, 200)
	if img.Rect.Dx() != 280 || img.Rect.Dy() != 200 {
		t.Fatalf("picture %v", img.Rect)
	}
	var sky, lake float64
	for x := range 280 {
		sky += float64(img.GrayAt(x, 10).Y)
		lake += float64(img.GrayAt(x, 170).Y)
	}
	if sky < lake {
		t.Errorf("the sky (%.0f) is darker than the lake (%.0f)", sky/280, lake/280)
	}
}
