package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"faxgate/codec/pdf"
)

// opener opens documents as the program does, with the test binary as PDF worker.
func opener(t *testing.T) *Opener {
	t.Helper()
	return NewOpener(OpenerOptions{PDF: pdf.WorkerOptions{Command: []string{os.Args[0], workerArg}, CacheDir: cacheDir(t)}})
}

// cacheDir is kept between runs: compiling the renderer takes seconds.
func cacheDir(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "faxgate-test-pdf")
}

func open(t *testing.T, data []byte) (Document, error) {
	t.Helper()
	doc, err := opener(t).Open(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err == nil {
		t.Cleanup(func() { _ = doc.Close() })
	}
	return doc, err
}

// tiffFile makes a little-endian TIFF file of one page with these fields (tag, type, count, value) and data at its end; a
// StripOffsets value of 0 is put right.
func tiffFile(fields [][4]uint32, data []byte) []byte {
	le := binary.LittleEndian
	b := []byte("II*\x00\x08\x00\x00\x00")
	b = le.AppendUint16(b, uint16(len(fields)))
	at := uint32(8 + 2 + 12*len(fields) + 4)
	for _, f := range fields {
		if f[0] == 273 && f[3] == 0 {
			f[3] = at
		}
		b = le.AppendUint16(b, uint16(f[0]))
		b = le.AppendUint16(b, uint16(f[1]))
		b = le.AppendUint32(b, f[2])
		b = le.AppendUint32(b, f[3])
	}
	b = le.AppendUint32(b, 0)
	return append(b, data...)
}

func bomb(width, height, compression uint32, data []byte) []byte {
	return tiffFile([][4]uint32{
		{256, 4, 1, width},
		{257, 4, 1, height},
		{258, 3, 1, 1},
		{259, 3, 1, compression},
		{262, 3, 1, 0},
		{273, 4, 1, 0},
		{278, 4, 1, height},
		{279, 4, 1, uint32(len(data))},
	}, data)
}

// looped is a TIFF file whose directory leads to itself.
func looped() []byte {
	b := bomb(16, 2, 1, []byte{1, 2, 3, 4})
	binary.LittleEndian.PutUint32(b[8+2+12*8:], 8)
	return b
}

func pngBomb(width, height uint32) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	data := b.Bytes()
	binary.BigEndian.PutUint32(data[16:], width)
	binary.BigEndian.PutUint32(data[20:], height)
	binary.BigEndian.PutUint32(data[29:], crc(data[12:29]))
	return data
}

func crc(b []byte) uint32 {
	v := ^uint32(0)
	for _, c := range b {
		v ^= uint32(c)
		for range 8 {
			v = v>>1 ^ 0xedb88320&-(v&1)
		}
	}
	return ^v
}

// TestBadDocuments: each is refused with words that say what it is, at once and for little memory.
func TestBadDocuments(t *testing.T) {
	zip := func(name string) []byte {
		return []byte("PK\x03\x04\x14\x00\x00\x00" + name + strings.Repeat("x", 200))
	}
	tests := []struct {
		name string
		data []byte
		kind error
		want string
	}{
		{"empty", nil, ErrEmpty, "an empty file"},
		{"exe", []byte("MZ\x90\x00\x03\x00\x00\x00\x04"), ErrUnsupported, "a Windows program (.exe)"},
		{"elf", []byte("\x7fELF\x02\x01\x01\x00"), ErrUnsupported, "a program"},
		{"docx", zip("word/document.xml"), ErrUnsupported, "a Word document (.docx): export it as PDF"},
		{"xlsx", zip("xl/workbook.xml"), ErrUnsupported, "an Excel workbook"},
		{"odt", zip("mimetypeapplication/vnd.oasis.opendocument.text"), ErrUnsupported, "an OpenDocument file"},
		{"zip", zip("fax.tif"), ErrUnsupported, "a ZIP archive"},
		{"doc", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ErrUnsupported, "an old Office document"},
		{"gif", []byte("GIF89a\x01\x00\x01\x00"), ErrUnsupported, "a GIF picture"},
		{"heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00"), ErrUnsupported, "HEIC"},
		{"html", []byte("<!DOCTYPE html><html><body>"), ErrUnsupported, "a web page"},
		{"rubbish", []byte{1, 2, 3, 0, 0, 4, 200, 0}, ErrUnsupported, "unknown kind"},
		{"tiff without pages", []byte("II*\x00\x00\x00\x00\x00"), ErrDamaged, "TIFF"},
		{"bigtiff", []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), ErrUnsupported, "BigTIFF"},
		{"png bomb", pngBomb(40000, 40000), ErrTooLarge, "the limit is"},
		{"broken png", []byte("\x89PNG\r\n\x1a\nxxxx"), ErrDamaged, "PNG"},
		{"broken jpeg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), ErrDamaged, "JPEG"},
		{"broken pdf", []byte("%PDF-1.4\nnothing else"), ErrDamaged, "PDF is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := open(t, tt.data)
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want words %q of kind %v", err, tt.want, tt.kind)
			}
			var typed *Error
			if !errors.As(err, &typed) || typed.Text == "" || typed.Op != "open" && typed.Op != "read" {
				t.Errorf("%v is no *Error with its words", err)
			}
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestBombs: a file that declares far more than it holds costs little, whatever is done with its pages.
func TestBombs(t *testing.T) {
	white := bytes.Repeat([]byte{0xff}, 5000) // 40 000 rows of T.6 that repeat the row above.
	tests := []struct {
		name string
		data []byte
		want string // of the page's error; "": the page can be read
	}{
		{"T.6 of 40000×40000", bomb(40000, 40000, 4, white), "limit"},
		{"T.6 of 6000×40000", bomb(6000, 40000, 4, white), ""},
		{"uncompressed of 60000×4000", bomb(60000, 4000, 1, []byte{0}), ""},
		{"LZW of 16000×16000", bomb(16000, 16000, 5, []byte{0x80, 0, 0}), ""},
		{"loop", looped(), ""},
		{"RGB of 20000×12000", tiffFile([][4]uint32{
			{256, 4, 1, 20000}, {257, 4, 1, 12000}, {259, 3, 1, 5}, {262, 3, 1, 2}, {273, 4, 1, 0}, {277, 3, 1, 3}, {278, 4, 1, 12000}, {279, 4, 1, 3},
		}, []byte{0x80, 0, 0}), "limit"},
		{"no strips", tiffFile([][4]uint32{{256, 4, 1, 20}, {257, 4, 1, 20}, {259, 3, 1, 4}}, nil), "StripOffsets is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			grown := memory(func() { readBomb(t, tt.data, tt.want) })
			if d := time.Since(start); d > 6*time.Second {
				t.Errorf("took %v", d)
			}
			if grown > 128<<20 {
				t.Errorf("allocated %d MiB", grown>>20)
			}
		})
	}
}

func readBomb(t *testing.T, data []byte, want string) {
	doc, err := open(t, data)
	if err != nil {
		if want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("open: %v", err)
		}
		return
	}
	if doc.Count() != 1 {
		t.Errorf("%d pages", doc.Count())
	}
	for p, err := range doc.Pages(context.Background()) {
		if err == nil {
			for _, rowErr := range p.Gray(context.Background()) {
				err = rowErr
			}
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("page: %v, want %q", err, want)
		}
	}
}

// memory gives the bytes that f allocated in all.
func memory(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLongDocument: a walk over 1000 pages takes as much memory as one over a page.
func TestLongDocument(t *testing.T) {
	var out bytes.Buffer
	page := fitDrawn(t, Resolution{204, 98}, A4, textShade).page
	many := func(yield func(Page, error) bool) {
		for range 1000 {
			if !yield(page, nil) {
				return
			}
		}
	}
	if _, err := Write(context.Background(), &out, Profile{'S', MH}, 1000, many); err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, out.Bytes())
	if err != nil || doc.Count() != 1000 {
		t.Fatalf("%d pages, %v", doc.Count(), err)
	}
	rows := 0
	grown := memory(func() {
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range p.Changes(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				rows++
			}
		}
	})
	if want := 1000 * page.Height; rows != want {
		t.Errorf("%d rows, not %d", rows, want)
	}
	if grown > 400<<20 {
		t.Errorf("1000 pages allocated %d MiB in all, over 0.4 MiB each", grown>>20)
	}
}

// TestPictures: PNG and JPEG pictures are read with their resolution, orientation and transparency.
func TestPictures(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for x := range 20 {
		for y := range 20 {
			clear.SetNRGBA(x, y, color.NRGBA{0, 0, 0, 255})
		}
	}
	deep := image.NewGray16(image.Rect(0, 0, 40, 20))
	for i := range deep.Pix {
		deep.Pix[i] = 0x80
	}
	lines := image.NewPaletted(image.Rect(0, 0, 40, 20), color.Palette{color.White, color.Black})
	lines.Pix[0] = 1
	var photo bytes.Buffer
	plain := image.NewGray(image.Rect(0, 0, 40, 20))
	for i := range plain.Pix {
		plain.Pix[i] = 0x80
	}
	if err := jpeg.Encode(&photo, plain, nil); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		data        []byte
		kind        Kind
		left, right byte
		orientation int
		dpi         float64
	}{
		{"transparent on white", pngOf(t, clear), Colour, 0, 255, 1, 0},
		{"16 bit", pngOf(t, deep), Gray, 0x80, 0x80, 1, 0},
		{"two colours", pngOf(t, lines), Bilevel, 0, 255, 1, 0},
		{"jpeg", photo.Bytes(), Gray, 0x80, 0x80, 1, 0},
		{"exif", withExif(photo.Bytes(), 6, 300), Gray, 0x80, 0x80, 6, 300},
		{"jfif", withJFIF(photo.Bytes(), 2, 118), Gray, 0x80, 0x80, 1, 118 * 2.54},
		{"phys", withPhys(pngOf(t, deep), 7874), Gray, 0x80, 0x80, 1, 7874 * .0254},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := open(t, tt.data)
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range doc.Pages(context.Background()) {
				if err != nil || p.Kind != tt.kind || p.Orientation != tt.orientation || p.XRes != tt.dpi || p.YRes != tt.dpi {
					t.Errorf("%v: %+v", err, p)
				}
				for row, err := range p.Gray(context.Background()) {
					if err != nil || len(row) != 40 || row[0] != tt.left || row[39] != tt.right {
						t.Errorf("%v: row %v", err, row)
					}
					break
				}
			}
		})
	}
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an APP1 segment into a JPEG file.
func withExif(data []byte, orientation uint16, dpi uint32) []byte {
	be := binary.BigEndian
	e := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x03")
	e = append(e, 1, 18, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0)
	e = append(e, 1, 26, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50)
	e = append(e, 1, 27, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50)
	e = append(e, 0, 0, 0, 0)
	e = be.AppendUint32(e, dpi)
	e = be.AppendUint32(e, 1)
	return segment(data, 0xe1, e)
}

func withJFIF(data []byte, unit byte, density byte) []byte {
	return segment(data, 0xe0, []byte{'J', 'F', 'I', 'F', 0, 1, 1, unit, 0, density, 0, density, 0, 0})
}

func segment(data []byte, marker byte, payload []byte) []byte {
	out := append([]byte{}, data[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(payload)+2))
	return append(append(out, payload...), data[2:]...)
}

func withPhys(data []byte, perMetre uint32) []byte {
	chunk := []byte("pHYs")
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1)
	out := append([]byte{}, data[:33]...)
	out = binary.BigEndian.AppendUint32(out, 9)
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc(chunk))
	return append(out, data[33:]...)
}

// TestOtherTIFF: the public TIFF files that are no faxes are read, or refused with words; none panics.
func TestOtherTIFF(t *testing.T) {
	dir := corpusDir(t)
	readable := 0
	for _, pattern := range []string{"libtiff/*.tif*", "image-tiff/*.tif*", "commons-imaging/*.[tT][iI][fF]*", "spandsp-local/*.tif", "pdfbox/*.tif", "golang-image/*.tiff"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if n := readFile(t, name); n > 0 {
				readable++
			}
		}
	}
	if readable < 35 {
		t.Errorf("only %d files could be read", readable)
	}
}

// readFile reads the pages of a file and gives the number of those without an error.
func readFile(t *testing.T, name string) (good int) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, data)
	if err != nil {
		return 0
	}
	for p, err := range doc.Pages(context.Background()) {
		rows := 0
		if err == nil {
			for row, rowErr := range p.Gray(context.Background()) {
				if rowErr == nil && len(row) != p.Width {
					rowErr = fmt.Errorf("row of %d pixels in a page of %d", len(row), p.Width)
				}
				err = rowErr
				rows++
			}
		}
		switch {
		case err != nil && err.Error() == "":
			t.Errorf("%s page %d: no words", name, p.Index)
		case err == nil && rows != p.Height:
			t.Errorf("%s page %d: %d rows of %d", name, p.Index, rows, p.Height)
		case err == nil:
			good++
		}
	}
	return good
}

// TestJPEGStrips: the shades of YCbCr JPEG in TIFF are those that libtiff gives.
func TestJPEGStrips(t *testing.T) {
	dir := corpusDir(t)
	for _, name := range []string{"commons-imaging/TestJpegStrips264x264.tiff", "commons-imaging/TestJpegStrips264x264BigEndian.tiff", "image-tiff/quad-jpeg.tif"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		plain := filepath.Join(t.TempDir(), "plain.tif")
		run(t, "tiff2rgba", "-c", "none", filepath.Join(dir, name), plain)
		judge, err := os.ReadFile(plain)
		if err != nil {
			t.Fatal(err)
		}
		want, err := open(t, judge)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := meanShade(t, doc), meanShade(t, want); a < b-1.5 || a > b+1.5 {
			t.Errorf("%s: mean shade %.2f, libtiff has %.2f", name, a, b)
		}
	}
}

func meanShade(t *testing.T, doc Document) float64 {
	t.Helper()
	sum, n := 0, 0
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range p.Gray(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range row {
				sum += int(v)
				n++
			}
		}
	}
	return float64(sum) / float64(n)
}
