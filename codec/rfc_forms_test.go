package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// stripes is a page whose every row differs from the row above, packed, white is zero.
func stripes(width, height int) (rows [][]byte) {
	for y := range height {
		row := make([]byte, width/8)
		for x := y * 3; x+40 < width; x += 64 {
			for i := range 20 + y%7 {
				row[(x+i)/8] |= 0x80 >> ((x + i) % 8)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// formFile is a Profile F file by the writer of this house, of which others make what they like.
func formFile(t *testing.T, pages int, coding ccitt.Coding, xres, yres int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tiff.NewWriter(&out, pages)
	for range pages {
		rows := stripes(1728, 60)
		p, err := w.Page(tiff.PageInfo{Profile: 'F', Coding: coding, Width: 1728, Height: len(rows), XRes: xres, YRes: yres})
		if err != nil {
			t.Fatal(err)
		}
		e := ccitt.NewEncoder()
		if err := e.Reset(p, ccitt.Params{Coding: coding, Width: 1728, EOL: true, ByteAlign: coding == ccitt.MH}); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := e.PutRow(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// wantStripes reads a file and compares every pixel of its pages.
func wantStripes(t *testing.T, data []byte, pages int, x, y float64) {
	t.Helper()
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; p.XRes != x || p.YRes != y || p.Width != 1728 {
			t.Errorf("page %d: %d pixels at %gx%g, want %gx%g", n, p.Width, p.XRes, p.YRes, x, y)
		}
		rows, want := 0, stripes(1728, 60)
		for row, err := range p.Gray(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range row {
				if black := want[rows][i/8]&(0x80>>(i%8)) != 0; black != (v < 128) {
					t.Fatalf("page %d, row %d, pixel %d is %d", n, rows, i, v)
				}
			}
			rows++
		}
		if rows != len(want) {
			t.Errorf("page %d has %d rows", n, rows)
		}
	}
	if n != pages {
		t.Errorf("%d pages, want %d", n, pages)
	}
}

// TestForms reads the same two pages in every form that a fax comes in, each made by libtiff: codings, options, bit and byte orders, strips.
func TestForms(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	writeFile(t, in, formFile(t, 2, ccitt.MMR, 204, 196))
	for _, coding := range []string{"g3:1d", "g3:1d:fill", "g3:2d", "g3:2d:fill", "g4"} {
		for _, form := range []string{"-f lsb2msb", "-f msb2lsb", "-B", "-B -f lsb2msb", "-r 7", "-r 1000"} {
			t.Run(coding+" "+form, func(t *testing.T) {
				args := append(append([]string{"-c", coding}, strings.Fields(form)...), in, out)
				if words, err := exec.Command("tiffcp", args...).CombinedOutput(); err != nil {
					t.Fatalf("tiffcp: %v %s", err, words)
				}
				data, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				wantStripes(t, data, 2, 204, 196)
			})
		}
	}
}

// TestFormsOfResolution reads both of each pair as they are, and centimetres as inches.
func TestFormsOfResolution(t *testing.T) {
	for _, r := range [][2]int{{204, 98}, {200, 100}, {204, 196}, {200, 200}, {204, 391}, {200, 400}} {
		wantStripes(t, formFile(t, 1, ccitt.MH, r[0], r[1]), 1, float64(r[0]), float64(r[1]))
	}
	data := formFile(t, 1, ccitt.MH, 204, 196)
	change(t, data, 296, 3)
	copy(data[value(t, data, 282):], []byte{80, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, 1, 0, 0, 0})
	wantStripes(t, data, 1, 204, 196)
}

// field finds the twelve octets of a field of the first page.
func field(t *testing.T, data []byte, tag uint16) []byte {
	t.Helper()
	at := binary.LittleEndian.Uint32(data[4:])
	for i := range int(binary.LittleEndian.Uint16(data[at:])) {
		if e := data[int(at)+2+12*i:]; binary.LittleEndian.Uint16(e) == tag {
			return e[:12]
		}
	}
	t.Fatalf("no field %d", tag)
	return nil
}

func value(t *testing.T, data []byte, tag uint16) int {
	t.Helper()
	return int(binary.LittleEndian.Uint32(field(t, data, tag)[8:]))
}

func change(t *testing.T, data []byte, tag uint16, v uint32) {
	t.Helper()
	binary.LittleEndian.PutUint32(field(t, data, tag)[8:], v)
}

// TestFormsOfFields: an RTC, octets behind EOFB and flags that nobody knows change nothing; black is what Photometric says.
func TestFormsOfFields(t *testing.T) {
	for name, make := range map[string]func() []byte{
		"no RTC": func() []byte { return formFile(t, 1, ccitt.MH, 204, 196) },
		"RTC": func() []byte {
			data := formFile(t, 1, ccitt.MH, 204, 196)
			rtc := bytes.Repeat([]byte{0, 0x80}, 6) // byte-aligned, least significant bit first
			change(t, data, 279, uint32(value(t, data, 279)+len(rtc)))
			return append(data, rtc...)
		},
		"behind EOFB": func() []byte {
			data := formFile(t, 1, ccitt.MMR, 204, 196)
			change(t, data, 279, uint32(value(t, data, 279)+5))
			return append(data, 0x5a, 0xff, 1, 2, 3)
		},
		"flags of MH":  func() []byte { d := formFile(t, 1, ccitt.MH, 204, 196); change(t, d, 292, 4|0x4000); return d },
		"flags of MMR": func() []byte { d := formFile(t, 1, ccitt.MMR, 204, 196); change(t, d, 293, 0x8000); return d },
	} {
		t.Run(name, func(t *testing.T) { wantStripes(t, make(), 1, 204, 196) })
	}
	t.Run("black is zero", func(t *testing.T) {
		data := formFile(t, 1, ccitt.MMR, 204, 196)
		change(t, data, 262, 1)
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for row, err := range p.Gray(context.Background()) {
				if err != nil || row[0] < 128 || row[60] > 127 { // the first row has a stroke of 20 pixels, which is now white
					t.Fatalf("%d %d, %v", row[0], row[60], err)
				}
				break
			}
		}
	})
}

// TestLayersAreRefused: Profile M is not claimed. Its mask, which is bilevel, must not pass for the page; a mask that is all there is, may.
func TestLayersAreRefused(t *testing.T) {
	data := formFile(t, 1, ccitt.MMR, 200, 200)
	change(t, data, 254, 18)
	wantStripes(t, data, 1, 200, 200)
	copy(field(t, data, 297), []byte{330 & 0xff, 330 >> 8, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0})
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "layers (Profile M") {
			t.Errorf("page %d: %v", p.Index+1, err)
		}
	}
}
