package codec

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// colours reads the colours of the first page of a document.
func colours(t *testing.T, doc Document) (rgb []byte, page Page) {
	t.Helper()
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range p.RGB(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			rgb = append(rgb, row...)
		}
		return rgb, p
	}
	t.Fatal("no page")
	return nil, Page{}
}

// libtiffColours reads a TIFF file as libtiff shows it.
func libtiffColours(t *testing.T, path string) []byte {
	t.Helper()
	dir := t.TempDir()
	shown, plain := filepath.Join(dir, "shown.tif"), filepath.Join(dir, "plain.tif")
	run(t, "tiff2rgba", "-c", "none", path, shown)
	run(t, "tiffcp", "-f", "msb2lsb", shown, plain)
	data, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	rgb, _ := colours(t, doc)
	return rgb
}

// off gives the mean difference of two pictures, and the largest.
func off(a, b []byte) (mean float64, most int) {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		d = max(d, -d)
		sum += d
		most = max(most, d)
	}
	return float64(sum) / float64(max(len(a), 1)), most
}

// TestJPEGCorpus: the JPEG in TIFF that others have collected has the colours that libtiff shows.
func TestJPEGCorpus(t *testing.T) {
	dir := corpusDir(t)
	for _, name := range []string{
		"commons-imaging/TestJpegArgb.tiff",
		"commons-imaging/TestJpegCMYK.tiff",
		"commons-imaging/TestJpegProgressive.tiff",
		"commons-imaging/TestJpegRgb127x127.tiff",
		"commons-imaging/TestJpegStrips.tiff",
		"commons-imaging/TestJpegStrips264x264.tiff",
		"commons-imaging/TestJpegStrips264x264BigEndian.tiff",
		"commons-imaging/TestJpegStripsRgb.tiff",
		"commons-imaging/TestJpegTiles.tiff",
		"commons-imaging/TestJpegTiles264x264.tiff",
		"commons-imaging/TestJpegTiles264x264BigEndian.tiff",
		"commons-imaging/TestJpegTilesRgb.tiff",
		"image-tiff/quad-jpeg.tif",
		"image-tiff/zackthecat.tif",
		"libtiff/ojpeg_chewey_subsamp21_multi_strip.tiff",
		"libtiff/ojpeg_single_strip_no_rowsperstrip.tiff",
		"libtiff/ojpeg_zackthecat_subsamp22_single_strip.tiff",
		"libtiff/quad-tile.jpg.tiff",
		"spandsp-local/lenna-colour-out.tif",
	} {
		t.Run(strings.ReplaceAll(name, "/", "-"), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := open(t, data)
			if err != nil {
				t.Fatal(err)
			}
			got, p := colours(t, doc)
			want := libtiffColours(t, filepath.Join(dir, name))
			if len(got) != len(want) {
				t.Fatalf("%d bytes, libtiff has %d", len(got), len(want))
			}
			mean, most := off(got, want)
			if p.Kind != Colour {
				t.Errorf("taken for %v", p.Kind)
			}
			limit, furthest := 0.02, 3
			if strings.Contains(name, "ojpeg") || strings.Contains(name, "zack") {
				limit, furthest = 1.2, 21 // Of the old style libtiff makes equal pixels of a sample of colour; we interpolate.
			}
			if mean > limit || most > furthest {
				t.Errorf("differs from what libtiff shows by %.2f in the mean, %d at most", mean, most)
			}
		})
	}
}

// TestJPEGByLibtiff: what libtiff writes as JPEG, in strips and tiles, YCbCr, RGB and grey, has the colours that it shows.
func TestJPEGByLibtiff(t *testing.T) {
	dir := t.TempDir()
	rgb := filepath.Join(dir, "rgb.ppm")
	writeFile(t, rgb, ppm(scenery(333, 250), 333, 250))
	gray := filepath.Join(dir, "gray.pgm")
	writeFile(t, gray, append([]byte("P5\n333 250\n255\n"), greenOf(scenery(333, 250))...))
	for name, args := range map[string][]string{
		"YCbCr in strips":    {"ppm2tiff", "-c", "jpeg:90", "-r", "16", rgb},
		"YCbCr in one strip": {"ppm2tiff", "-c", "jpeg:75", "-r", "250", rgb},
		"RGB":                {"ppm2tiff", "-c", "jpeg:r:90", "-r", "64", rgb},
		"grey":               {"ppm2tiff", "-c", "jpeg:90", "-r", "40", gray},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.tif")
			run(t, append(args, path)...)
			compareWithLibtiff(t, path)
			tiles := filepath.Join(t.TempDir(), "tiles.tif")
			run(t, "tiffcp", "-c", "jpeg:90", "-t", "-w", "64", "-l", "48", path, tiles)
			compareWithLibtiff(t, tiles)
		})
	}
}

// compareWithLibtiff wants the colours that libtiff shows, within rounding: its inverse transform is another.
func compareWithLibtiff(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := colours(t, doc)
	want := libtiffColours(t, path)
	if mean, most := off(got, want); len(got) != len(want) || mean > 0.1 || most > 3 {
		t.Errorf("differs from what libtiff shows by %.3f in the mean, %d at most", mean, most)
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// scenery is a computed picture of hills and lights, red, green and blue, whose colours are in the gamut of T.42.
func scenery(width, height int) []byte {
	rgb := make([]byte, 0, 3*width*height)
	wave := func(v float64) byte { return byte(60 + 140*(0.5+0.5*math.Sin(v))) }
	for y := range height {
		for x := range width {
			u, v := float64(x)/60, float64(y)/60
			rgb = append(rgb, wave(u+math.Sin(v)), wave(u*0.7+v+1), wave(v-u*0.4+2))
		}
	}
	return rgb
}

// greenOf is the green of a picture.
func greenOf(rgb []byte) []byte {
	out := make([]byte, len(rgb)/3)
	for i := range out {
		out[i] = rgb[3*i+1]
	}
	return out
}

// ppm makes a file of colours that other tools read.
func ppm(rgb []byte, width, height int) []byte {
	return append(fmt.Appendf(nil, "P6\n%d %d\n255\n", width, height), rgb...)
}
