package jpeg_test

import (
	"bytes"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"io"
	"testing"

	"faxgate/codec/jpeg"
)

// pictured codes a picture in which no two rows are the same; by the standard library, in colour with a chroma sample for
// four pixels.
func pictured(t testing.TB, colour bool) []byte {
	t.Helper()
	gray, rgb := image.NewGray(image.Rect(0, 0, 300, 200)), image.NewRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			v := byte(x*y/40 + x/3)
			gray.SetGray(x, y, color.Gray{Y: v})
			rgb.SetRGBA(x, y, color.RGBA{v, ^v, byte(y), 255})
		}
	}
	var img image.Image = gray
	if colour {
		img = rgb
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opening(data []byte) func() io.Reader {
	return func() io.Reader { return bytes.NewReader(data) }
}

// rowsOf gives the samples of each row.
func rowsOf(p *jpeg.Planes) (all [][]byte) {
	rows := p.Rows()
	for y := range p.Height {
		row := make([]byte, p.Width*p.Components())
		rows.Row(row, y)
		all = append(all, row)
	}
	return all
}

// TestMend cuts pictures off and damages them in the middle: the rows before that are as in the whole picture, and those
// behind it are white.
func TestMend(t *testing.T) {
	for _, colour := range []bool{false, true} {
		data := pictured(t, colour)
		whole, err := jpeg.Decode(bytes.NewReader(data), jpeg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		scan := bytes.Index(data, []byte{0xff, 0xda})
		middle := scan + (len(data)-scan)/2
		broken := bytes.Clone(data)
		copy(broken[middle:], bytes.Repeat([]byte{0xff, 0}, 40))
		white := []byte{255, 128, 128}
		for name, bad := range map[string][]byte{"cut off": data[:middle], "damaged": broken} {
			if _, err := jpeg.Decode(bytes.NewReader(bad), jpeg.Options{}); err == nil {
				t.Fatalf("%s: nothing is wrong with it", name)
			}
			p, rows, err := jpeg.Mend(opening(bad), jpeg.Options{}, white)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if rows < 64 || rows > 120 || p.Height != 200 {
				t.Errorf("%s: %d of %d rows", name, rows, p.Height)
			}
			got, want := rowsOf(p), rowsOf(whole)
			for y := range rows - 1 { // The last one takes its colour from the next one, too.
				if !bytes.Equal(got[y], want[y]) {
					t.Fatalf("%s: row %d is another", name, y)
				}
			}
			for y := rows + 1; y < 200; y++ {
				if got[y][0] != 255 || !bytes.Equal(got[y], got[199]) {
					t.Fatalf("%s: row %d is not white", name, y)
				}
			}
		}
	}
}

// TestMendNothing: what is whole, and what nothing can be made of, is not mended.
func TestMendNothing(t *testing.T) {
	data := pictured(t, true)
	scan := bytes.Index(data, []byte{0xff, 0xda})
	for name, bad := range map[string][]byte{
		"whole": data, "no scan": data[:scan], "next to nothing": data[:scan+40], "nothing": nil, "header cut": data[:20],
	} {
		if _, rows, err := jpeg.Mend(opening(bad), jpeg.Options{}, []byte{255}); err == nil {
			t.Errorf("%s: %d rows", name, rows)
		}
	}
}

func FuzzMend(f *testing.F) {
	data := pictured(f, true)
	f.Add(data, uint16(len(data)/2))
	f.Add(pictured(f, false), uint16(700))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		data = data[:min(len(data), int(cut))]
		h, err := jpeg.ReadHeader(bytes.NewReader(data))
		if err != nil || h.Width*h.Height > 1<<16 {
			return
		}
		p, rows, err := jpeg.Mend(opening(data), jpeg.Options{Height: 16}, []byte{255, 128, 128})
		if err == nil && (rows < 1 || rows >= p.Height) {
			t.Errorf("%d of %d rows", rows, p.Height)
		}
	})
}
