package codec

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/codec/pdf"
)

// TestWritePDF: poppler finds the pages in their true size, with the pixels and the coding that they had.
func TestWritePDF(t *testing.T) {
	fax := fitDrawn(t, Resolution{204, 98}, A4, textShade)
	var tif bytes.Buffer
	if _, err := Write(context.Background(), &tif, Profile{'F', MR}, 1, one(fax.page)); err != nil {
		t.Fatal(err)
	}
	doc, err := open(t, tif.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	photo := drawn{300, 200, photoShade}.page(100)
	var out bytes.Buffer
	pages := func(yield func(Page, error) bool) {
		for p, err := range doc.Pages(context.Background()) {
			if !yield(p, err) {
				return
			}
		}
		_ = yield(fax.page, nil) && yield(photo, nil)
	}
	report, err := WritePDF(context.Background(), &out, pdf.Meta{Title: "Fax", Created: time.Unix(0, 0)}, pages)
	if err != nil || report.Pages != 3 || report.Bytes != int64(out.Len()) {
		t.Fatalf("%+v %v", report, err)
	}
	name := filepath.Join(t.TempDir(), "out.pdf")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	info := run(t, "pdfinfo", "-l", "3", name)
	for _, want := range []string{"Pages:           3", "Page    3 size:  216 x 144 pts"} {
		if !strings.Contains(info, want) {
			t.Errorf("pdfinfo lacks %q:\n%s", want, info)
		}
	}
	list := run(t, "pdfimages", "-list", name)
	if strings.Count(list, "ccitt") != 2 || strings.Count(list, "jpeg") != 1 {
		t.Errorf("pdfimages:\n%s", list)
	}
	run(t, "pdfimages", "-png", name, filepath.Join(filepath.Dir(name), "p"))
	for _, page := range []string{"p-000.png", "p-001.png"} {
		sameInk(t, filepath.Join(filepath.Dir(name), page), fax)
	}
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	words, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil || strings.Contains(string(words), "rror") {
		t.Errorf("%v: %v %s", args, err, words)
	}
	return string(words)
}

// sameInk compares a PNG file with a page.
func sameInk(t *testing.T, name string, k keptPage) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, k.page.Width, k.page.Height) {
		t.Fatalf("%s: %v", name, img.Bounds())
	}
	at := grayRows(img)
	row := make([]byte, k.page.Width)
	for y := range k.page.Height {
		at(row, y)
		for x, v := range row {
			if black := k.rows[y][x/8]>>(7-x%8)&1 == 1; black != (v < 128) {
				t.Fatalf("%s: pixel %d, %d differs", name, x, y)
			}
		}
	}
}

// TestWritePDFPassThrough: the data of a clean MMR strip is in the file as it was; other codings become MMR, and smaller.
func TestWritePDFPassThrough(t *testing.T) {
	fax := fitDrawn(t, Resolution{204, 98}, A4, textShade)
	for _, coding := range []Coding{MH, MR, MMR} {
		var tif bytes.Buffer
		if _, err := Write(context.Background(), &tif, Profile{'F', coding}, 1, one(fax.page)); err != nil {
			t.Fatal(err)
		}
		doc, err := open(t, tif.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := WritePDF(context.Background(), &out, pdf.Meta{}, doc.Pages(context.Background())); err != nil {
			t.Fatal(err)
		}
		// 200 bytes of the middle of the strip, in PDF's bit order.
		piece := bytes.Clone(tif.Bytes()[tif.Len()/2 : tif.Len()/2+200])
		for i, v := range piece {
			piece[i] = reversed(v)
		}
		passed := bytes.Contains(out.Bytes(), piece) || bytes.Contains(out.Bytes(), tif.Bytes()[tif.Len()/2:tif.Len()/2+200])
		if passed != (coding == MMR) || coding == MH && out.Len() > tif.Len() {
			t.Errorf("%s: passed through: %t; %d bytes of %d", coding, passed, out.Len(), tif.Len())
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.pdf"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "pdfimages", "-png", filepath.Join(dir, "x.pdf"), filepath.Join(dir, "p"))
		sameInk(t, filepath.Join(dir, "p-000.png"), fax)
	}
}

// TestThumbnail: pictures have square pixels, and the page's shade.
func TestThumbnail(t *testing.T) {
	for _, tt := range []struct {
		page          Page
		width, height int
	}{
		{bilevelPage(1728, 1143, 204, 98, grid), 200, 275},
		{bilevelPage(1728, 2287, 0, 0, grid), 100, 138},
		{drawn{300, 150, photoShade}.page(0), 50, 25},
		{drawn{30, 15, photoShade}.page(0), 90, 45},
	} {
		var out bytes.Buffer
		if err := Thumbnail(context.Background(), &out, tt.page, tt.width); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if _, gray := img.(*image.Gray); !gray || img.Bounds().Dx() != tt.width || img.Bounds().Dy() != tt.height {
			t.Errorf("%T %v, want %d×%d", img, img.Bounds(), tt.width, tt.height)
		}
	}
	turned := bilevelPage(1728, 2287, 204, 196, grid)
	turned.Orientation = 6
	var out bytes.Buffer
	if err := Thumbnail(context.Background(), &out, turned, 138); err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(&out); err != nil || img.Bounds().Dy() != 100 {
		t.Errorf("turned: %v %v", img.Bounds(), err)
	}
}

// TestSummarise: what a document needs at most.
func TestSummarise(t *testing.T) {
	pages := func(pages ...Page) Document {
		return &document{count: len(pages), open: func(_ context.Context, i int) (Page, error) {
			if pages[i].src == nil {
				return Page{}, errorf("read", ErrDamaged, "broken")
			}
			return pages[i], nil
		}}
	}
	text, err := open(t, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		doc  Document
		want Summary
	}{
		{"fax", pages(bilevelPage(1728, 1100, 204, 98, grid)), Summary{Pages: 1, Kind: Bilevel, MaxRes: Resolution{204, 98}, Paper: A4}},
		{"fax of 300 and A3", pages(bilevelPage(2592, 3300, 300, 300, grid), bilevelPage(2432, 3100, 204, 196, grid)), Summary{Pages: 2, Kind: Bilevel, MaxRes: Resolution{300, 300}, Paper: A3}},
		{"one broken", pages(Page{}, bilevelPage(1728, 2280, 204, 196, grid)), Summary{Pages: 2, Kind: Bilevel, MaxRes: Resolution{204, 196}, Paper: A4}},
		{"scan at 240", pages(drawn{1984, 2806, blankShade}.page(240)), Summary{Pages: 1, Kind: Gray, MaxRes: Resolution{204, 196}, Paper: A4}},
		{"landscape", pages(drawn{1169, 827, blankShade}.page(100)), Summary{Pages: 1, Kind: Gray, MaxRes: Resolution{204, 98}, Paper: A4}},
		{"text", text, Summary{Pages: 1, Kind: Bilevel, MaxRes: Resolution{600, 600}, Paper: A4, Vector: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Summarise(context.Background(), tt.doc)
			if err != nil || got != tt.want {
				t.Errorf("got  %+v %v\nwant %+v", got, err, tt.want)
			}
		})
	}
	if _, err := Summarise(context.Background(), pages(Page{})); err == nil || err.Error() != "broken" {
		t.Errorf("all broken: %v", err)
	}
}

// TestInfoJSON: the members that other tools rely on.
func TestInfoJSON(t *testing.T) {
	var tif bytes.Buffer
	p := bilevelPage(1728, 3, 204, 98, func(x, y int) bool { return x < 8 })
	if _, err := Write(context.Background(), &tif, Profile{'S', MH}, 1, one(p)); err != nil {
		t.Fatal(err)
	}
	info, err := Info(context.Background(), bytes.NewReader(tif.Bytes()), int64(tif.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"pages":[{"width":1728,"height":3,"xres":204,"yres":98,"coding":"MH","kind":"bilevel","profile":"S","photometric":0,"fillOrder":2,` +
		`"strips":1,"rows":3,"badRows":0,"pixels":"` + info.Pages[0].Pixels + `"}]}`
	if string(got) != want || len(info.Pages[0].Pixels) != 64 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// FuzzOpen: no document makes the opener or a page panic, or take long.
func FuzzOpen(f *testing.F) {
	f.Add(bomb(100, 100, 4, []byte{0xff, 0x00, 0x10, 0x01}))
	f.Add(bomb(100, 100, 32773, []byte{0x81, 0xff, 0x03, 1, 2, 3, 4}))
	f.Add(looped())
	f.Add([]byte("text\twith\fthings\r\n"))
	f.Add(pngBomb(3, 3))
	f.Add(withExif([]byte("\xff\xd8\xff\xd9"), 6, 300))
	o := NewOpener(OpenerOptions{Limits: Limits{MaxPixels: 1 << 20, MaxDecoded: 4 << 20, MaxPages: 20, PageTime: time.Second}})
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := o.Open(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		defer func() { _ = doc.Close() }()
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				continue
			}
			rows := 0
			for row, err := range p.Gray(context.Background()) {
				if err != nil {
					rows = p.Height
					break
				}
				if len(row) != p.Width {
					t.Fatalf("row of %d in a page of %d", len(row), p.Width)
				}
				rows++
			}
			if rows != p.Height {
				t.Errorf("%d rows in a page of %d", rows, p.Height)
			}
		}
	})
}
