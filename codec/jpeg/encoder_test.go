package jpeg_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os/exec"
	"strings"
	"testing"

	fax "faxgate/codec/jpeg"
)

// scene is a computed picture of hills and lights, red, green and blue. Its colours are muted enough for T.42.
func scene(width, height int) []byte {
	rgb := make([]byte, 0, 3*width*height)
	wave := func(v float64) byte { return byte(60 + 140*(0.5+0.5*math.Sin(v))) }
	for y := range height {
		for x := range width {
			u, v := float64(x)/64, float64(y)/64
			rgb = append(rgb, wave(u+math.Sin(v)), wave(u*0.7+v+1), wave(v-u*0.4+2))
		}
	}
	return rgb
}

// shades is the green of a scene.
func shades(width, height int) []byte {
	rgb := scene(width, height)
	out := make([]byte, width*height)
	for i := range out {
		out[i] = rgb[3*i+1]
	}
	return out
}

// encode codes samples.
func encode(t *testing.T, p fax.Params, samples []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := fax.NewEncoder(&out, p)
	if err != nil {
		t.Fatal(err)
	}
	n := p.Width * p.Components
	for y := range p.Height {
		if err := e.Row(samples[y*n:][:n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// djpeg decodes with libjpeg and gives the pixels. What it warns of is an error.
func djpeg(t *testing.T, data []byte) (pix []byte, components int) {
	t.Helper()
	cmd := exec.Command("djpeg", "-pnm")
	cmd.Stdin = bytes.NewReader(data)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil || words.Len() > 0 {
		t.Fatalf("djpeg: %v: %s", err, words.String())
	}
	var magic string
	var w, h, most int
	if _, err := fmt.Sscanf(out.String()[:min(out.Len(), 40)], "%s\n%d %d\n%d\n", &magic, &w, &h, &most); err != nil {
		t.Fatal(err)
	}
	components = map[string]int{"P5": 1, "P6": 3}[magic]
	return out.Bytes()[out.Len()-w*h*components:], components
}

// meanError gives the mean difference of two pictures, and the largest.
func meanError(a, b []byte) (mean float64, most int) {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		d = max(d, -d)
		sum += d
		most = max(most, d)
	}
	return float64(sum) / float64(len(a)), most
}

// TestEncoder: libjpeg and the standard library read what is written, and find the picture in it.
func TestEncoder(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {7, 9}, {8, 8}, {17, 33}, {200, 120}, {1728, 40}} {
		for _, sampling := range []int{1, 2} {
			w, h := size[0], size[1]
			t.Run(fmt.Sprintf("%dx%d sampled %d", w, h, sampling), func(t *testing.T) {
				rgb := scene(w, h)
				ycc := make([]byte, len(rgb))
				fax.ToYCbCr(ycc, rgb)
				data := encode(t, fax.Params{
					Width: w, Height: h, Components: 3, Sampling: sampling, Quality: 95, Segments: []fax.Segment{fax.JFIFSegment(200, 200)},
				}, ycc)
				got, n := djpeg(t, data)
				if n != 3 || len(got) != len(rgb) {
					t.Fatalf("%d components, %d bytes", n, len(got))
				}
				if mean, most := meanError(rgb, got); mean > 1.5 || most > 24 {
					t.Errorf("differs by %.2f in the mean, %d at most", mean, most)
				}
				same(t, data, got, w)
			})
		}
	}
}

// same compares our own decoding with libjpeg's.
func same(t *testing.T, data, want []byte, width int) {
	t.Helper()
	p, err := fax.Decode(bytes.NewReader(data), fax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := fax.ReadHeader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	meaning := h.Meaning()
	n := p.Components()
	samples, rgb := make([]byte, width*n), make([]byte, 3*width)
	var got []byte
	rows := p.Rows()
	for y := range p.Height {
		rows.Row(samples, y)
		if n == 1 {
			meaning.Gray(rgb[:width], samples, n)
			got = append(got, rgb[:width]...)
			continue
		}
		meaning.RGB(rgb, samples, n)
		got = append(got, rgb...)
	}
	// The inverse transforms differ in rounding, by one sample; blue is 1.8 times that of its own.
	if mean, most := meanError(want, got); mean > 0.2 || most > 3 {
		t.Errorf("decoded otherwise than by libjpeg: %.3f in the mean, %d at most", mean, most)
	}
}

// TestGrayEncoder: the same with one component, at several qualities, none of which is larger than a better one.
func TestGrayEncoder(t *testing.T) {
	gray := shades(333, 100)
	last := 0
	for _, quality := range []int{1, 25, 50, 75, 90, 100} {
		data := encode(t, fax.Params{Width: 333, Height: 100, Components: 1, Sampling: 2, Quality: quality}, gray)
		got, n := djpeg(t, data)
		if n != 1 || len(got) != len(gray) {
			t.Fatalf("%d components, %d bytes", n, len(got))
		}
		mean, most := meanError(gray, got)
		if limit := 0.6 + 200/float64(quality*quality/8+20); mean > limit {
			t.Errorf("quality %d: differs by %.2f in the mean, %d at most", quality, mean, most)
		}
		if len(data) < last {
			t.Errorf("quality %d: %d bytes, less than before (%d)", quality, len(data), last)
		}
		last = len(data)
		same(t, data, got, 333)
	}
}

// TestNoise: what does not compress at all is coded too, at full contrast and best quality.
func TestNoise(t *testing.T) {
	gray := make([]byte, 64*64)
	seed := uint32(1)
	for i := range gray {
		seed = seed*1664525 + 1013904223
		gray[i] = byte(int32(seed) >> 31)
	}
	got, _ := djpeg(t, encode(t, fax.Params{Width: 64, Height: 64, Components: 1, Sampling: 1, Quality: 100}, gray))
	if mean, most := meanError(gray, got); mean > 1 || most > 4 {
		t.Errorf("differs by %.2f in the mean, %d at most", mean, most)
	}
}

// TestAgainstLibrary: at the same quality the file is about as large as that of the standard library, whose tables are the
// same.
func TestAgainstLibrary(t *testing.T) {
	gray := shades(400, 400)
	img := &image.Gray{Pix: gray, Stride: 400, Rect: image.Rect(0, 0, 400, 400)}
	var want bytes.Buffer
	if err := jpeg.Encode(&want, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	got := encode(t, fax.Params{Width: 400, Height: 400, Components: 1, Sampling: 1, Quality: 85}, gray)
	if ratio := float64(len(got)) / float64(want.Len()); ratio > 1.05 || ratio < 0.95 {
		t.Errorf("%d bytes, the standard library makes %d", len(got), want.Len())
	}
	if img.ColorModel() != color.GrayModel {
		t.Error("no grey")
	}
}

// TestParams: what cannot be coded is refused, and so are rows of the wrong length and number.
func TestParams(t *testing.T) {
	for _, tt := range []struct {
		params fax.Params
		words  string
	}{
		{fax.Params{Width: 0, Height: 8, Components: 1, Quality: 50}, "0 by 8 pixels"},
		{fax.Params{Width: 8, Height: 70_000, Components: 1, Quality: 50}, "8 by 70000 pixels"},
		{fax.Params{Width: 8, Height: 8, Components: 2, Sampling: 1, Quality: 50}, "2 components"},
		{fax.Params{Width: 8, Height: 8, Components: 3, Sampling: 3, Quality: 50}, "sampling 3"},
		{fax.Params{Width: 8, Height: 8, Components: 1, Quality: 101}, "quality 101"},
	} {
		_, err := fax.NewEncoder(&bytes.Buffer{}, tt.params)
		if err == nil || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%+v: %v", tt.params, err)
		}
	}
	e, err := fax.NewEncoder(&bytes.Buffer{}, fax.Params{Width: 8, Height: 1, Components: 1, Quality: 50})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Row(make([]byte, 7)); err == nil {
		t.Error("a short row was taken")
	}
	if err := e.Close(); err == nil {
		t.Error("closed without a row")
	}
	if err := e.Row(make([]byte, 8)); err != nil {
		t.Error(err)
	}
	if err := e.Row(make([]byte, 8)); err == nil {
		t.Error("a row too many was taken")
	}
}
