package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/jpeg"
)

// contents reads a file.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// labStream codes a picture of 160 by 120 pixels as a colour fax.
func labStream(t testing.TB, pix []byte, sampling int) []byte {
	t.Helper()
	const w, h = 160, 120
	var out bytes.Buffer
	enc, err := jpeg.NewEncoder(&out, jpeg.Params{
		Width: w, Height: h, Components: 3, Sampling: sampling, Quality: 95, Segments: []jpeg.Segment{jpeg.FaxSegment(200)},
	})
	if err != nil {
		t.Fatal(err)
	}
	lab, row := jpeg.NewLab(jpeg.DefaultGamut(), jpeg.D50), make([]byte, 3*w)
	for y := range h {
		lab.FromRGB(row, pix[3*w*y:][:3*w])
		if err := enc.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// labPage is a TIFF file of such a stream, in so many strips of which each is the whole stream if it is more than one.
func labPage(stream []byte, fillOrder uint32) []byte {
	return tiffFile([][4]uint32{
		{256, 4, 1, 160},
		{257, 4, 1, 120},
		{258, 3, 1, 8},
		{259, 3, 1, 7},
		{262, 3, 1, 10},
		{266, 3, 1, fillOrder},
		{273, 4, 1, 0},
		{277, 3, 1, 3},
		{278, 4, 1, 120},
		{279, 4, 1, uint32(len(stream))},
	}, stream)
}

// TestITULABVariants: what machines may write and Go's decoder would not take is read with the right colours.
func TestITULABVariants(t *testing.T) {
	pix := scenery(160, 120)
	stream := labStream(t, pix, 2)
	mirror := bytes.Clone(stream)
	for i, v := range mirror {
		mirror[i] = bits.Reverse8(v)
	}
	frame := bytes.Index(stream, []byte{0xff, 0xc0})
	open0 := bytes.Clone(stream) // The number of lines is told at the end.
	open0[frame+5], open0[frame+6] = 0, 0
	scan := bytes.Index(stream, []byte{0xff, 0xda})
	tables := bytes.Index(stream, []byte{0xff, 0xc4})
	adobe := append(append([]byte{0xff, 0xd8, 0xff, 0xee, 0, 14}, "Adobe\x00\x64\x00\x00\x00\x00\x00"...), stream[2:]...)
	for name, data := range map[string][]byte{
		"as it is":                    labPage(stream, 1),
		"1x1 sampling":                labPage(labStream(t, pix, 1), 1),
		"FillOrder 2":                 labPage(mirror, 2),
		"FillOrder 2 that is not so":  labPage(stream, 2),
		"FillOrder 1 that is not so":  labPage(mirror, 1),
		"no end marker":               labPage(stream[:len(stream)-2], 1),
		"DNL, height from the fields": labPage(append(open0[:len(open0)-2:len(open0)-2], 0xff, 0xdc, 0, 4, 0, 120, 0xff, 0xd9), 1),
		"no Huffman tables":           labPage(append(stream[:tables:tables], stream[scan:]...), 1),
		"Adobe's marker":              labPage(adobe, 1),
		"rubbish behind":              labPage(append(bytes.Clone(stream), "rubbish"...), 1),
	} {
		doc, err := open(t, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, p := colours(t, doc)
		if e := deltaE(pix, got); e > 2 || p.Kind != Colour || p.Stats().Missing > 0 {
			t.Errorf("%s: mean ΔE %.2f, %+v", name, e, p.Stats())
		}
	}
}

// TestCMYK: pictures of four inks, plain and as Adobe's programs write them, have the colours that libjpeg shows.
func TestCMYK(t *testing.T) {
	dir := t.TempDir()
	rgb := filepath.Join(dir, "rgb.ppm")
	writeFile(t, rgb, ppm(scenery(160, 120), 160, 120))
	for _, colour := range []string{"cmyk", "sRGB"} { // ImageMagick writes YCCK.
		path := filepath.Join(dir, colour+".jpg")
		run(t, "convert", rgb, "-colorspace", colour, "-quality", "95", path)
		cmd := exec.Command("convert", path, "-colorspace", "sRGB", "-depth", "8", "rgb:-")
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		data := contents(t, path)
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := colours(t, doc)
		if mean, most := off(got, want); len(got) != len(want) || mean > 1.5 || most > 12 {
			t.Errorf("%s: differs by %.2f in the mean, %d at most", colour, mean, most)
		}
	}
}

// TestCMYKTIFF: four inks in TIFF, plain, are as libtiff shows them.
func TestCMYKTIFF(t *testing.T) {
	dir := t.TempDir()
	rgb, path := filepath.Join(dir, "rgb.ppm"), filepath.Join(dir, "cmyk.tif")
	writeFile(t, rgb, ppm(scenery(160, 120), 160, 120))
	run(t, "convert", rgb, "-colorspace", "cmyk", "-compress", "jpeg", "-quality", "95", path)
	compareWithLibtiff(t, path)
}

// TestProgressiveTIFF: a progressive JPEG in a TIFF file is read.
func TestProgressiveTIFF(t *testing.T) {
	dir := t.TempDir()
	rgb := filepath.Join(dir, "rgb.ppm")
	writeFile(t, rgb, ppm(scenery(160, 120), 160, 120))
	run(t, "cjpeg", "-progressive", "-quality", "92", "-outfile", filepath.Join(dir, "p.jpg"), rgb)
	run(t, "djpeg", "-pnm", "-outfile", filepath.Join(dir, "p.ppm"), filepath.Join(dir, "p.jpg"))
	stream := contents(t, filepath.Join(dir, "p.jpg"))
	data := labPage(stream, 1)
	i := bytes.Index(data, []byte{262 & 0xff, 262 >> 8, 3, 0})
	data[i+8] = 6 // YCbCr
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := colours(t, doc)
	if mean, most := off(got, pixelsOf(t, filepath.Join(dir, "p.ppm"))); mean > 0.2 || most > 3 {
		t.Errorf("differs from what libjpeg shows by %.3f in the mean, %d at most", mean, most)
	}
}

// TestColourThumbnail: the small picture of a colour page has its colours.
func TestColourThumbnail(t *testing.T) {
	pix := scenery(160, 120)
	doc, err := open(t, labPage(labStream(t, pix, 2), 1))
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Thumbnail(context.Background(), &out, p, 40); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil || img.Bounds() != image.Rect(0, 0, 40, 30) {
			t.Fatalf("%v %v", img.Bounds(), err)
		}
		row := make([]byte, 3*40)
		rgbRows(img)(row, 15)
		for x := range 40 {
			if want := pix[3*(62*160+4*x+2):][:3]; deltaE(row[3*x:3*x+3], want) > 6 {
				t.Errorf("pixel %d is %v, want %v", x, row[3*x:3*x+3], want)
			}
		}
	}
}

// TestJPEGTooMuch: small streams in pages that would take much memory.
func TestJPEGTooMuch(t *testing.T) {
	stream := labStream(t, scenery(160, 120), 2)
	page := func(fields ...[4]uint32) []byte {
		return tiffFile(append([][4]uint32{
			{258, 3, 1, 8}, {259, 3, 1, 7}, {262, 3, 1, 10}, {273, 4, 1, 0}, {277, 3, 1, 3}, {279, 4, 1, uint32(len(stream))},
		}, fields...), stream)
	}
	for name, data := range map[string][]byte{
		"a strip of a huge page": page([4]uint32{256, 4, 1, 60_000}, [4]uint32{257, 4, 1, 4000}, [4]uint32{278, 4, 1, 4000}),
		"huge tiles": page([4]uint32{256, 4, 1, 60_000}, [4]uint32{257, 4, 1, 4000}, [4]uint32{322, 4, 1, 60_000}, [4]uint32{323, 4, 1, 60_000},
			[4]uint32{324, 4, 1, 8 + 2 + 12*12 + 4}, [4]uint32{325, 4, 1, uint32(len(stream))}),
		"tiles of no size": page([4]uint32{256, 4, 1, 600}, [4]uint32{257, 4, 1, 400}, [4]uint32{322, 4, 1, 0}, [4]uint32{323, 4, 1, 0},
			[4]uint32{324, 4, 1, 8}, [4]uint32{325, 4, 1, uint32(len(stream))}),
		"tiles that are not there": page([4]uint32{256, 4, 1, 600}, [4]uint32{257, 4, 1, 400}, [4]uint32{322, 4, 1, 16}, [4]uint32{323, 4, 1, 16},
			[4]uint32{324, 4, 1, 8}, [4]uint32{325, 4, 1, uint32(len(stream))}),
	} {
		doc, err := open(t, data)
		if err == nil {
			for _, pageErr := range doc.Pages(context.Background()) {
				err = pageErr
			}
		}
		if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnusualJPEG: kinds that are not read are named.
func TestUnusualJPEG(t *testing.T) {
	stream := labStream(t, scenery(160, 120), 2)
	frame := bytes.Index(stream, []byte{0xff, 0xc0})
	for words, change := range map[string]func(b []byte){
		"12 bits":            func(b []byte) { b[frame+4] = 12 },
		"arithmetic coding":  func(b []byte) { b[frame+1] = 0xc9 },
		"two frame headers":  func(b []byte) { copy(b[frame-69:], b[frame:frame+19]) },
		"header has a wrong": func(b []byte) { b[frame+9] = 7 },
	} {
		data := bytes.Clone(stream)
		change(data)
		for kind, file := range map[string][]byte{"picture": data, "TIFF": labPage(data, 1)} {
			doc, err := open(t, file)
			if err == nil {
				for _, pageErr := range doc.Pages(context.Background()) {
					err = pageErr
				}
			}
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s in a %s: %v", words, kind, err)
			}
		}
	}
}

// FuzzColourPage reads TIFF pages that are coded JPEG, in the new style and the old. Whatever it is, rows are as many and as
// long as the page says.
func FuzzColourPage(f *testing.F) {
	stream := labStream(f, scenery(160, 120), 2)
	parts, err := jpeg.ReadParts(bytes.NewReader(stream))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stream, uint16(7), uint16(10), uint16(120), false)
	f.Add(stream, uint16(6), uint16(6), uint16(120), false)
	f.Add(stream[len(stream)-600:], uint16(7), uint16(2), uint16(16), true)
	f.Add(parts.Tables, uint16(6), uint16(5), uint16(40), false)
	f.Fuzz(func(t *testing.T, data []byte, compression, photometric, rows uint16, tiles bool) {
		rows = rows%120 + 1
		fields := [][4]uint32{
			{256, 4, 1, 160},
			{257, 4, 1, 120},
			{258, 3, 1, 8},
			{259, 3, 1, uint32(compression)},
			{262, 3, 1, uint32(photometric)},
			{273, 4, 1, 0},
			{277, 3, 1, 3},
			{278, 4, 1, uint32(rows)},
			{279, 4, 1, uint32(len(data))},
			{513, 4, 1, 8},
		}
		if tiles {
			at := uint32(8 + 2 + 12*(len(fields)+4) + 4)
			fields = append(fields, [4]uint32{322, 4, 1, 160}, [4]uint32{323, 4, 1, 120}, [4]uint32{324, 4, 1, at}, [4]uint32{325, 4, 1, uint32(len(data))})
		}
		file := tiffFile(fields, data)
		doc, err := NewOpener(OpenerOptions{Limits: Limits{MaxDecoded: 8 << 20}}).Open(context.Background(), bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				return
			}
			n := 0
			for row, err := range p.RGB(context.Background()) {
				if err != nil {
					return
				}
				if n++; len(row) != 3*p.Width {
					t.Fatalf("row %d has %d bytes", n, len(row))
				}
			}
			if n != p.Height {
				t.Fatalf("%d rows of %d", n, p.Height)
			}
		}
	})
}
