package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"io"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/jpeg"
	"faxgate/codec/pdf"
	"faxgate/codec/tiff"
)

// painted is a page of the rows of a picture in colour.
type painted struct {
	pix           []byte
	width, height int
}

func (p painted) gray(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		row := make([]byte, p.width)
		for y := range p.height {
			for x := range row {
				c := p.pix[3*(y*p.width+x):]
				row[x] = luma(c[0], c[1], c[2])
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (p painted) rgb(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for y := range p.height {
			if !yield(p.pix[3*y*p.width:][:3*p.width], nil) {
				return
			}
		}
	}
}

func (p painted) page(dpi float64) Page {
	return Page{Total: 1, Width: p.width, Height: p.height, XRes: dpi, YRes: dpi, Kind: Colour, src: p, walk: &walk{}}
}

// profileC fits pages to profile C and writes them.
func profileC(t *testing.T, target Target, pages ...Page) []byte {
	t.Helper()
	target.Profile = Profile{'C', JPEG}
	var out bytes.Buffer
	ctx := context.Background()
	if _, err := Write(ctx, &out, target.Profile, len(pages), Fit(ctx, one(pages...), target)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deltaE is the mean CIE76 difference of two pictures by the definitions, in double precision.
func deltaE(a, b []byte) float64 {
	sum := 0.0
	for i := 0; i+3 <= len(a); i += 3 {
		p, q := cielab(a[i:]), cielab(b[i:])
		sum += math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	return sum / float64(len(a)/3)
}

// cielab is by D50, with Bradford's adaptation as in ICC profiles of sRGB.
func cielab(rgb []byte) [3]float64 {
	var lin, f [3]float64
	for i := range lin {
		v := float64(rgb[i]) / 255
		if lin[i] = v / 12.92; v > 0.04045 {
			lin[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	white := [3]float64{0.96422, 1, 0.82521}
	for i, m := range [3][3]float64{
		{0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733},
	} {
		v := (m[0]*lin[0] + m[1]*lin[1] + m[2]*lin[2]) / white[i]
		if f[i] = math.Cbrt(v); v <= 216.0/24389 {
			f[i] = (24389.0/27*v + 16) / 116
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

const photoRows = 640

// photo is a page of 1728 pixels in a row, so that fitting it changes no pixel.
func photo() painted { return painted{scenery(1728, photoRows), 1728, photoRows} }

// TestProfileC: a photograph goes out as profile C, which libtiff and libjpeg accept and the check finds nothing in, and
// comes back with its colours.
func TestProfileC(t *testing.T) {
	src := photo()
	data := profileC(t, Target{Resolution: Resolution{200, 200}}, src.page(200))
	if found, err := tiff.Check(bytes.NewReader(data), int64(len(data)), 'C'); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	path := filepath.Join(t.TempDir(), "c.tif")
	writeFile(t, path, data)
	words, err := exec.Command("tiffinfo", path).CombinedOutput()
	if err != nil || strings.Contains(string(words), "arning") || strings.Contains(string(words), "rror") ||
		!strings.Contains(string(words), "ITU L*a*b*") || !strings.Contains(string(words), "Decode: 0.000000,100.000000,-85.333") {
		t.Errorf("tiffinfo: %v\n%s", err, words)
	}
	djpeg := exec.Command("djpeg", "-outfile", os.DevNull)
	djpeg.Stdin = bytes.NewReader(stripOf(t, data))
	if words, err := djpeg.CombinedOutput(); err != nil || len(words) > 0 {
		t.Errorf("djpeg: %v %s", err, words)
	}
	info, err := Info(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err != nil || len(info.Pages) != 1 || info.Pages[0].Profile != "C" || info.Pages[0].Rows != photoRows || info.Pages[0].Error != "" {
		t.Errorf("info: %+v %v", info, err)
	}
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	got, p := colours(t, doc)
	if p.Kind != Colour || p.XRes != 200 || len(got) != len(src.pix) {
		t.Fatalf("%+v", p)
	}
	e := deltaE(src.pix, got)
	t.Logf("mean ΔE (CIE76) read back: %.2f, %d bytes", e, len(data))
	if e > 1 {
		t.Errorf("mean ΔE %.2f", e)
	}
	if e := deltaE(src.pix, pdfColours(t, doc)); e > 1.5 {
		t.Errorf("as PDF, drawn by poppler: mean ΔE %.2f", e)
	} else {
		t.Logf("as PDF: %.2f", e)
	}
}

// stripOf gives the JPEG stream of the first page.
func stripOf(t *testing.T, data []byte) []byte {
	t.Helper()
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	strip, err := io.ReadAll(f.Pages[0].Strip(0))
	if err != nil {
		t.Fatal(err)
	}
	return strip
}

// pdfColours writes a document as PDF and lets poppler draw it.
func pdfColours(t *testing.T, doc Document) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := WritePDF(context.Background(), &out, pdf.Meta{}, doc.Pages(context.Background())); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.pdf"), out.Bytes())
	run(t, "pdftoppm", "-scale-to-x", "1728", "-scale-to-y", fmt.Sprint(photoRows), filepath.Join(dir, "a.pdf"), filepath.Join(dir, "p"))
	return pixelsOf(t, filepath.Join(dir, "p-1.ppm"))
}

// pixelsOf reads a PPM file.
func pixelsOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var w, h, most int
	if _, err := fmt.Sscanf(string(data[:min(len(data), 40)]), "P6\n%d %d\n%d\n", &w, &h, &most); err != nil {
		t.Fatal(err)
	}
	return data[len(data)-3*w*h:]
}

// TestITULABByOthers: a PDF whose picture is our very stream, declared as the CIELAB of T.42, is drawn by poppler in
// the colours of the source: others find the colours that we have put in.
func TestITULABByOthers(t *testing.T) {
	src := photo()
	strip := stripOf(t, profileC(t, Target{Resolution: Resolution{200, 200}}, src.page(200)))
	space := "[/Lab<</WhitePoint[0.9642 1 0.8249]/Range[-85.3333 84.6667 -75.2941 124.7059]>>]"
	size := fmt.Sprintf("/Width %d/Height %d", src.width, src.height)
	file := pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>", src.width, src.height),
		stream("", fmt.Sprintf("%d 0 0 %d 0 0 cm /I Do", src.width, src.height)),
		stream("/Type/XObject/Subtype/Image/BitsPerComponent 8/Filter/DCTDecode/DecodeParms<</ColorTransform 0>>/ColorSpace"+space+size, string(strip)))
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "lab.pdf"), file)
	run(t, "pdftoppm", "-r", "72", filepath.Join(dir, "lab.pdf"), filepath.Join(dir, "p"))
	got := pixelsOf(t, filepath.Join(dir, "p-1.ppm"))
	if len(got) != len(src.pix) {
		t.Fatalf("%d bytes of %d", len(got), len(src.pix))
	}
	e := deltaE(src.pix, got)
	t.Logf("mean ΔE (CIE76) as drawn by poppler: %.2f", e)
	if e > 2 {
		t.Errorf("mean ΔE %.2f", e)
	}
}

// TestProfileCGrey: grey pages, and colour pages that are to be grey, have one sample, L*.
func TestProfileCGrey(t *testing.T) {
	src := photo()
	shade := drawn{1728, 700, func(x, y float64) byte { return byte(40 + 200*x*y) }}
	data := profileC(t, Target{Kind: Gray, Resolution: Resolution{200, 200}}, src.page(200), shade.page(200))
	if found, err := tiff.Check(bytes.NewReader(data), int64(len(data)), 'C'); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []source{src, shade}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil || p.Kind != Gray || f.Pages[p.Index].SamplesPerPixel != 1 {
			t.Fatalf("page %d: %v, %d samples, %v", p.Index+1, p.Kind, f.Pages[p.Index].SamplesPerPixel, err)
		}
		next, stop := iter.Pull2(want[p.Index].gray(context.Background()))
		sum := 0.0
		for row, err := range p.Gray(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			truth, _, _ := next()
			mean, _ := off(row, truth)
			sum += mean
		}
		stop()
		if mean := sum / float64(p.Height); mean > 1 {
			t.Errorf("page %d: shades are off by %.2f", p.Index+1, mean)
		}
	}
}

// TestProfileCSheet: a small picture stands on white paper below the header, in another resolution, and a bilevel page
// goes as grey.
func TestProfileCSheet(t *testing.T) {
	small := painted{scenery(300, 200), 300, 200}
	fax := bilevelPage(1728, 800, 204, 196, grid)
	data := profileC(t, Target{Resolution: Resolution{100, 100}, Header: Header{Sender: "Norden & Hale"}}, small.page(150), fax)
	if found, err := tiff.Check(bytes.NewReader(data), int64(len(data)), 'C'); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	rgb, p := colours(t, doc)
	if p.Width != 864 || p.Height != 1169 || p.Kind != Colour {
		t.Fatalf("%d by %d, %v", p.Width, p.Height, p.Kind)
	}
	at := func(x, y int) []byte { return rgb[3*(y*p.Width+x):][:3] }
	if dark := bytes.IndexFunc(rgb[:3*p.Width*14], func(r rune) bool { return r < 60 }); dark < 0 {
		t.Error("there is no header")
	}
	for _, place := range [][2]int{{10, 30}, {850, 100}, {430, 1160}} {
		if c := at(place[0], place[1]); min(c[0], c[1], c[2]) < 250 {
			t.Errorf("the paper is %v at %v", c, place)
		}
	}
	// 300 pixels at 150 are 200 at 100, in the middle of the width, 10 mm from the top.
	left, top := (864-200)/2, 39
	for _, place := range [][2]int{{100, 60}, {40, 20}, {170, 110}} {
		want := small.pix[3*((place[1]*3/2)*300+place[0]*3/2):][:3]
		got := at(left+place[0], top+place[1])
		if mean, most := off(got, want); most > 12 {
			t.Errorf("at %v: %v, want %v (%.1f)", place, got, want, mean)
		}
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil || p.Index == 1 && p.Kind != Gray {
			t.Errorf("page %d: %v, %v", p.Index+1, p.Kind, err)
		}
	}
}

// TestColourTurned: a colour picture that lies on its side by Exif is upright as profile C.
func TestColourTurned(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			c := color.RGBA{200, 60, 60, 255}
			if x >= 200 {
				c = color.RGBA{60, 60, 160, 255}
			}
			if y >= 150 {
				c.G = 190
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, img, &stdjpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	doc, err := open(t, append(append([]byte("\xff\xd8\xff\xe1\x00"), byte(len(exif)+2)), append([]byte(exif), b.Bytes()[2:]...)...))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	target := Target{Profile: Profile{'C', JPEG}}
	ctx := context.Background()
	if _, err := Write(ctx, &out, target.Profile, 1, Fit(ctx, doc.Pages(ctx), target)); err != nil {
		t.Fatal(err)
	}
	back, err := open(t, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	rgb, p := colours(t, back)
	// Orientation 6: the left of the picture is up, and its top to the right.
	for _, tt := range []struct {
		x, y float64
		want []byte
	}{{0.25, 0.25, []byte{200, 190, 60}}, {0.75, 0.25, []byte{200, 60, 60}}, {0.25, 0.75, []byte{60, 190, 160}}, {0.75, 0.75, []byte{60, 60, 160}}} {
		// The picture fills the paper up to 10 mm.
		x, y := int(tt.x*float64(p.Width)), 79+int(tt.y*float64(p.Width-158)*4/3)
		if got := rgb[3*(y*p.Width+x):][:3]; deltaE(got, tt.want) > 3 {
			t.Errorf("at %d, %d: %v, want %v", x, y, got, tt.want)
		}
	}
}

// TestColourToBilevel: a colour fax becomes a page in black and white for a machine without colour.
func TestColourToBilevel(t *testing.T) {
	text := painted{bytes.Repeat([]byte{250, 245, 230}, 1728*700), 1728, 700}
	for y := 300; y < 340; y++ {
		for x := 200; x < 1500; x++ {
			if x/20%2 == 0 {
				copy(text.pix[3*(y*1728+x):], []byte{40, 20, 110}) // Blue ink on yellowish paper.
			}
		}
	}
	doc, err := open(t, profileC(t, Target{Resolution: Resolution{200, 200}}, text.page(200)))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for p, err := range Fit(ctx, doc.Pages(ctx), Target{Profile: Profile{'F', MMR}, Resolution: Resolution{200, 200}}) {
		if err != nil || p.Kind != Bilevel {
			t.Fatalf("%v %v", p.Kind, err)
		}
		y := 0
		for c, err := range p.Changes(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			switch runs := len(c) - 4; {
			case y == 320 && runs != 66:
				t.Errorf("%d changes in the row with 33 marks", runs)
			case (y == 100 || y == 600) && runs != 0:
				t.Errorf("row %d is not white", y)
			}
			y++
		}
	}
}

// TestMultiValue: the three choices of a machine.
func TestMultiValue(t *testing.T) {
	for _, tt := range []struct {
		word string
		want MultiValue
		kind [3]Kind // of documents that are bilevel, grey, colour
	}{
		{"", MultiColour, [3]Kind{Bilevel, Gray, Colour}},
		{"Colour", MultiColour, [3]Kind{Bilevel, Gray, Colour}},
		{"grey", MultiGrey, [3]Kind{Bilevel, Gray, Gray}},
		{"NONE", MultiNone, [3]Kind{Bilevel, Bilevel, Bilevel}},
	} {
		got, err := ParseMultiValue(tt.word)
		if err != nil || got != tt.want {
			t.Errorf("%q: %q %v", tt.word, got, err)
		}
		for i, want := range tt.kind {
			if k := got.Kind(Kind(i)); k != want {
				t.Errorf("%s of a %v document: %v", got, Kind(i), k)
			}
		}
	}
	if _, err := ParseMultiValue("mauve"); !errors.Is(err, ErrTarget) || !strings.Contains(err.Error(), "colour, grey or none") {
		t.Errorf("%v", err)
	}
	if (Profile{'C', JPEG}).Allows(Resolution{204, 196}) || !(Profile{'C', JPEG}).Allows(Resolution{100, 100}) || (Profile{'F', MMR}).Allows(Resolution{100, 100}) || (Profile{'S', MH}).Allows(Resolution{300, 300}) {
		t.Error("resolutions of profiles")
	}
}

// TestFaxJPEG: the stream of a colour fax is also read by itself, with its resolution and colours.
func TestFaxJPEG(t *testing.T) {
	src := photo()
	doc, err := open(t, stripOf(t, profileC(t, Target{Resolution: Resolution{200, 200}}, src.page(200))))
	if err != nil {
		t.Fatal(err)
	}
	got, p := colours(t, doc)
	if e := deltaE(src.pix, got); p.XRes != 200 || e > 1 {
		t.Errorf("%g dots per inch, mean ΔE %.2f", p.XRes, e)
	}
}

// TestDecodeField: a gamut of its own, in the directory or in the stream, is what the samples are read by; the stream comes
// first.
func TestDecodeField(t *testing.T) {
	wide := jpeg.Gamut{Min: [3]float64{0, -88, -108.8}, Max: [3]float64{100, 99, 95.2}} // RFC 3249 section 5.2.2
	samples := make([]byte, 3)
	blue := []byte{0, 0, 255}
	jpeg.NewLab(wide, jpeg.D50).FromRGB(samples, blue)
	const size = 64
	code := func(segments ...jpeg.Segment) []byte {
		var out bytes.Buffer
		enc, err := jpeg.NewEncoder(&out, jpeg.Params{Width: size, Height: size, Components: 3, Sampling: 1, Quality: 98, Segments: segments})
		if err != nil {
			t.Fatal(err)
		}
		for range size {
			if err := enc.Row(bytes.Repeat(samples, size)); err != nil {
				t.Fatal(err)
			}
		}
		if err := enc.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	// Offsets and ranges in the order of T.4 annex E: L* 0, 100; a* 120, 187; b* 136, 204.
	gamut := jpeg.Segment{Marker: 0xe1, Data: append([]byte("G3FAX\x01"), 0, 0, 0, 100, 0, 120, 0, 187, 0, 136, 0, 204)}
	decode := []uint32{0, 1, 100, 1, 0xffffffff - 22439, 255, 25245, 255, 0xffffffff - 27743, 255, 24276, 255}
	for name, data := range map[string][]byte{
		"by the directory": labTIFF(t, code(jpeg.FaxSegment(200)), size, decode),
		"by the stream":    labTIFF(t, code(jpeg.FaxSegment(200), gamut), size, nil),
	} {
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		rgb, _ := colours(t, doc)
		if got := rgb[3*(size*size/2+size/2):][:3]; deltaE(got, blue) > 6 {
			t.Errorf("%s: %v, want blue", name, got)
		}
	}
	doc, err := open(t, labTIFF(t, code(), size, nil))
	if err != nil {
		t.Fatal(err)
	}
	if rgb, _ := colours(t, doc); deltaE(rgb[:3], blue) < 20 {
		t.Error("without a gamut it is as blue")
	}
}

// labTIFF makes a TIFF file of ITULAB with a Decode field of these numbers, if there are any.
func labTIFF(t *testing.T, stream []byte, size uint32, decode []uint32) []byte {
	t.Helper()
	fields := [][4]uint32{
		{256, 4, 1, size},
		{257, 4, 1, size},
		{258, 3, 1, 8},
		{259, 3, 1, 7},
		{262, 3, 1, 10},
		{273, 4, 1, 0},
		{277, 3, 1, 3},
		{278, 4, 1, size},
		{279, 4, 1, uint32(len(stream))},
	}
	if decode != nil {
		fields = append(fields, [4]uint32{433, 10, 6, 0})
	}
	data := tiffFile(fields, stream)
	if decode != nil {
		i := bytes.Index(data, []byte{433 & 0xff, 433 >> 8, 10, 0, 6, 0, 0, 0})
		at := len(data)
		copy(data[i+8:], []byte{byte(at), byte(at >> 8), byte(at >> 16), 0})
		for _, v := range decode {
			data = append(data, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		}
	}
	return data
}
