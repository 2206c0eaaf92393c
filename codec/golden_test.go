package codec

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures of testdata/golden anew, to be looked at before they are committed")

// picturesOf gives the black and white of a fitted page, white first in the palette.
func picturesOf(t testing.TB, p Page) *image.Paletted {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, p.Width, p.Height), color.Palette{color.White, color.Black})
	y := 0
	for c, err := range p.Changes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; int(c[i]) < p.Width; i += 2 {
			for x := c[i]; x < c[i+1]; x++ {
				img.Pix[y*img.Stride+int(x)] = 1
			}
		}
		y++
	}
	return img
}

// TestGolden: pieces of a letter, a form, a photograph and a mixed page at 204×196 look as they did when a person looked at
// them. After a change that is meant to change them:
//
//	go test ./codec -run TestGolden -update
//
// and look at each picture at twice its size: no stroke is broken, small print has open letters, shades are smooth, there is
// no seam around the photographs.
func TestGolden(t *testing.T) {
	mixed := mixedSheet(t, 300)
	tests := []struct {
		name     string
		page     *canvas
		halftone Halftone
		crop     image.Rectangle
	}{
		{"text", textSheet(t, 300), "", image.Rect(150, 900, 1150, 1900)},
		{"form", formSheet(t, 300), "", image.Rect(110, 1560, 1310, 2240)},
		{"photo", photoSheet(t, 300), "", image.Rect(400, 500, 1300, 1300)},
		{"mixed", mixed, "", image.Rect(150, 560, 1250, 1500)},
		{"mixed-diffusion", mixed, HalftoneDiffusion, image.Rect(600, 1000, 1200, 1500)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, _ := fittedBy(t, tt.page.page(), Target{Profile: Profile{'F', MMR}, Halftone: tt.halftone})
			got := picturesOf(t, q).SubImage(tt.crop).(*image.Paletted)
			file := filepath.Join("testdata", "golden", tt.name+".png")
			if *update {
				writeGolden(t, file, got)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if n := differing(got, want.(*image.Paletted)); n > 0 {
				t.Errorf("%d pixels differ from %s: if that is meant, see the comment on this test", n, file)
			}
		})
	}
}

func writeGolden(t *testing.T, file string, img image.Image) {
	t.Helper()
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 60_000 {
		t.Errorf("%s takes %d bytes", file, out.Len())
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// differing counts the pixels in which two pictures differ.
func differing(a, b *image.Paletted) (n int) {
	if a.Rect.Size() != b.Rect.Size() {
		return a.Rect.Dx() * a.Rect.Dy()
	}
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if a.ColorIndexAt(a.Rect.Min.X+x, a.Rect.Min.Y+y) != b.ColorIndexAt(b.Rect.Min.X+x, b.Rect.Min.Y+y) {
				n++
			}
		}
	}
	return n
}
