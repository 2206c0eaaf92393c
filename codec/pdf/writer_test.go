package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/codec/ccitt"
	"faxgate/codec/pdf"
)

// bitmap is a page as packed rows, most significant bit first, 1 = black, as in a PBM file.
type bitmap struct {
	width, height int
	rows          []byte
}

func newBitmap(width, height int) bitmap {
	return bitmap{width, height, make([]byte, (width+7)/8*height)}
}

func (b bitmap) row(y int) []byte {
	n := (b.width + 7) / 8
	return b.rows[y*n:][:n]
}

func (b bitmap) black(x, y int) bool { return b.row(y)[x/8]&(0x80>>(x%8)) != 0 }

func (b bitmap) set(x, y int) { b.row(y)[x/8] |= 0x80 >> (x % 8) }

// drawing is a page without any symmetry.
func drawing(width, height int) bitmap {
	b := newBitmap(width, height)
	for y := range height {
		for x := range width {
			if x < 3 || y == height-1 || x*y%97 < x*7/width || x > width/2 && y < height/3 && (x/5+y/3)%2 == 0 {
				b.set(x, y)
			}
		}
	}
	return b
}

// inverted swaps black and white.
func (b bitmap) inverted() bitmap {
	out := newBitmap(b.width, b.height)
	for y := range b.height {
		for x := range b.width {
			if !b.black(x, y) {
				out.set(x, y)
			}
		}
	}
	return out
}

// coded gives the coded data of a page.
func coded(t testing.TB, b bitmap, params ccitt.Params) []byte {
	t.Helper()
	params.Width = b.width
	var out bytes.Buffer
	e := ccitt.NewEncoder()
	if err := e.Reset(&out, params); err != nil {
		t.Fatal(err)
	}
	for y := range b.height {
		if err := e.PutRow(b.row(y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// save writes a PDF file that fill makes.
func save(t testing.TB, meta pdf.Meta, fill func(*pdf.Writer)) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "out.pdf")
	var b bytes.Buffer
	w := pdf.NewWriter(&b, meta)
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// harmless are complaints that say nothing about the file: how mupdf was built, and that it sees the fill bits before
// the first EOL, which it then skips.
var harmless = []string{"warning: ICC support is not available\n", "warning: faxd stream doesn't start with EOL\n"}

// run runs a tool that must have nothing to complain about.
func run(t testing.TB, tool string, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.Command(tool, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", tool, args, err, complaints.String())
	}
	said := complaints.String()
	for _, h := range harmless {
		said = strings.ReplaceAll(said, h, "")
	}
	if said != "" {
		t.Errorf("%s says: %s", tool, said)
	}
	return out.String()
}

// renderers draw all pages of a PDF file at 72 dots per inch, where a point is a pixel, into PBM files. Poppler only
// decodes its images, since it stretches every image by a pixel when it draws.
var renderers = map[string]func(t testing.TB, name, dir string){
	"poppler": func(t testing.TB, name, dir string) {
		run(t, "pdfimages", name, filepath.Join(dir, "p"))
	},
	"mupdf": func(t testing.TB, name, dir string) {
		run(t, "mutool", "draw", "-q", "-r", "72", "-A", "0", "-c", "mono", "-F", "pbm", "-o", filepath.Join(dir, "p%03d.pbm"), name)
	},
	"ghostscript": func(t testing.TB, name, dir string) {
		run(t, "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pbmraw", "-r72", "-sOutputFile="+filepath.Join(dir, "p%03d.pbm"), name)
	},
}

// drawn gives the pages as a renderer draws them.
func drawn(t testing.TB, renderer, name string) []bitmap {
	t.Helper()
	dir := t.TempDir()
	renderers[renderer](t, name, dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.pbm"))
	if err != nil {
		t.Fatal(err)
	}
	pages := make([]bitmap, len(files))
	for i, f := range files {
		pages[i] = readPBM(t, f)
	}
	return pages
}

// readPBM reads a raw PBM file.
func readPBM(t testing.TB, name string) bitmap {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fields := [][]byte{}
	for len(fields) < 3 {
		line, after, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			t.Fatalf("%s is no PBM file", name)
		}
		if data = after; !bytes.HasPrefix(line, []byte("#")) {
			fields = append(fields, bytes.Fields(line)...)
		}
	}
	b := bitmap{rows: data}
	if _, err := fmt.Sscan(string(fields[1])+" "+string(fields[2]), &b.width, &b.height); err != nil || string(fields[0]) != "P4" {
		t.Fatalf("%s starts with %q: %v", name, fields, err)
	}
	return b
}

// same compares pixels, not what fills the rows up to a byte.
func same(a, b bitmap) bool {
	if a.width != b.width || a.height != b.height {
		return false
	}
	for y := range a.height {
		for x := range a.width {
			if a.black(x, y) != b.black(x, y) {
				return false
			}
		}
	}
	return true
}

// codings are all forms in which CCITT data comes.
var codings = []struct {
	name   string
	params ccitt.Params
	pdf    pdf.CCITT
}{
	{"MMR", ccitt.Params{Coding: ccitt.MMR}, pdf.CCITT{K: -1, EndMark: true}},
	{"MMR, FillOrder 2", ccitt.Params{Coding: ccitt.MMR, LSBFirst: true}, pdf.CCITT{K: -1, EndMark: true, LSBFirst: true}},
	{"MMR, inverted", ccitt.Params{Coding: ccitt.MMR}, pdf.CCITT{K: -1, EndMark: true, Inverted: true}},
	{"MMR, not known to end with EOFB", ccitt.Params{Coding: ccitt.MMR}, pdf.CCITT{K: -1}},
	{"MH", ccitt.Params{Coding: ccitt.MH, EOL: true}, pdf.CCITT{EOL: true}},
	{"MH, aligned EOLs", ccitt.Params{Coding: ccitt.MH, EOL: true, ByteAlign: true}, pdf.CCITT{EOL: true}},
	{"MH, RTC", ccitt.Params{Coding: ccitt.MH, EOL: true, RTC: true}, pdf.CCITT{EOL: true, EndMark: true}},
	{"MH, aligned EOLs, FillOrder 2", ccitt.Params{Coding: ccitt.MH, EOL: true, ByteAlign: true, LSBFirst: true}, pdf.CCITT{EOL: true, LSBFirst: true}},
	{"MH without EOLs", ccitt.Params{Coding: ccitt.MH}, pdf.CCITT{ByteAlign: true}},
	{"MR", ccitt.Params{Coding: ccitt.MR}, pdf.CCITT{K: 4, EOL: true}},
	{"MR, RTC", ccitt.Params{Coding: ccitt.MR, RTC: true}, pdf.CCITT{K: 2, EOL: true, EndMark: true}},
	{"MR, inverted", ccitt.Params{Coding: ccitt.MR}, pdf.CCITT{K: 4, EOL: true, Inverted: true}},
	{"MR, aligned EOLs", ccitt.Params{Coding: ccitt.MR, ByteAlign: true}, pdf.CCITT{K: 4, EOL: true}},
}

// TestCCITTPixels passes CCITT data of every form through and lets three programs draw it: pixel for pixel the same.
func TestCCITTPixels(t *testing.T) {
	var want []bitmap
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		for i, c := range codings {
			pic := drawing(500+i, 90+i)
			img := pdf.Image{Width: pic.width, Height: pic.height, XRes: 72, YRes: 72}
			if err := w.CCITTPage(img, c.pdf, bytes.NewReader(coded(t, pic, c.params))); err != nil {
				t.Fatal(err)
			}
			if c.pdf.Inverted {
				pic = pic.inverted()
			}
			want = append(want, pic)
		}
	})
	for renderer := range renderers {
		t.Run(renderer, func(t *testing.T) {
			got := drawn(t, renderer, name)
			if len(got) != len(want) {
				t.Fatalf("%d pages, want %d", len(got), len(want))
			}
			for i := range want {
				if !same(got[i], want[i]) {
					t.Errorf("%s: %d×%d, other pixels than %d×%d", codings[i].name, got[i].width, got[i].height, want[i].width, want[i].height)
				}
			}
		})
	}
}

// oriented turns a picture the way TIFF's Orientation says.
func oriented(b bitmap, o int) bitmap {
	w, h := b.width, b.height
	out := newBitmap(w, h)
	if o >= 5 {
		out = newBitmap(h, w)
	}
	for y := range h {
		for x := range w {
			if b.black(x, y) {
				to := [][2]int{{x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {h - 1 - y, x}, {h - 1 - y, w - 1 - x}, {y, w - 1 - x}}[o-1]
				out.set(to[0], to[1])
			}
		}
	}
	return out
}

// TestOrientation turns a page in all eight ways.
func TestOrientation(t *testing.T) {
	pic := drawing(400, 90)
	data := coded(t, pic, ccitt.Params{Coding: ccitt.MMR})
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		for o := 1; o <= 8; o++ {
			img := pdf.Image{Width: 400, Height: 90, XRes: 72, YRes: 72, Orientation: o}
			if err := w.CCITTPage(img, pdf.CCITT{K: -1, EndMark: true}, bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, renderer := range []string{"mupdf", "ghostscript"} {
		got := drawn(t, renderer, name)
		if len(got) != 8 {
			t.Fatalf("%s: %d pages", renderer, len(got))
		}
		for o := 1; o <= 8; o++ {
			if !same(got[o-1], oriented(pic, o)) {
				t.Errorf("%s: orientation %d is drawn otherwise", renderer, o)
			}
		}
	}
}

// TestPageSize looks at the size on paper.
func TestPageSize(t *testing.T) {
	tests := []struct {
		img  pdf.Image
		want string // as pdfinfo says it
	}{
		{pdf.Image{Width: 1728, Height: 1145, XRes: 204, YRes: 98}, "609.882 x 841.224 pts"},
		{pdf.Image{Width: 1728, Height: 2291, XRes: 204, YRes: 196}, "609.882 x 841.592 pts"},
		{pdf.Image{Width: 2550, Height: 3300, XRes: 300, YRes: 300}, "612 x 792 pts (letter)"},
		{pdf.Image{Width: 1728, Height: 1145, XRes: 204, YRes: 98, Orientation: 6}, "841.224 x 609.882 pts"},
		{pdf.Image{Width: 200, Height: 100}, "72 x 36 pts"},
		{pdf.Image{Width: 1000, Height: 2000, XRes: 1, YRes: 1}, "7200 x 14400 pts"},
		{pdf.Image{Width: 1, Height: 300, XRes: 300, YRes: 300}, "3 x 72 pts"},
	}
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		for _, tt := range tests {
			data := coded(t, newBitmap(tt.img.Width, tt.img.Height), ccitt.Params{Coding: ccitt.MMR})
			if err := w.CCITTPage(tt.img, pdf.CCITT{K: -1, EndMark: true}, bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}
	})
	said := run(t, "pdfinfo", "-f", "1", "-l", "99", name)
	for i, tt := range tests {
		if want := fmt.Sprintf("Page %4d size: %s\n", i+1, tt.want); !strings.Contains(strings.ReplaceAll(said, "size:  ", "size: "), want) {
			t.Errorf("pdfinfo does not say %q but\n%s", want, said)
		}
	}
}

// picture is a JPEG.
func picture(t testing.TB, colour bool) []byte {
	t.Helper()
	r := image.Rect(0, 0, 120, 80)
	var m interface {
		image.Image
		Set(x, y int, c color.Color)
	} = image.NewGray(r)
	if colour {
		m = image.NewRGBA(r)
	}
	for y := range 80 {
		for x := range 120 {
			m.Set(x, y, color.RGBA{uint8(2 * x), uint8(3 * y), uint8(x + y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestJPEG passes JPEG data through byte for byte.
func TestJPEG(t *testing.T) {
	grey, colour := picture(t, false), picture(t, true)
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		for _, data := range [][]byte{grey, colour} {
			if err := w.JPEGPage(pdf.Image{XRes: 72, YRes: 72}, bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}
	})
	list := run(t, "pdfimages", "-list", name)
	for _, want := range []string{"120    80  gray    1   8  jpeg", "120    80  rgb     3   8  jpeg"} {
		if !strings.Contains(list, want) {
			t.Errorf("pdfimages does not say %q but\n%s", want, list)
		}
	}
	root := filepath.Join(t.TempDir(), "i")
	run(t, "pdfimages", "-all", name, root)
	for i, want := range [][]byte{grey, colour} {
		if got, err := os.ReadFile(fmt.Sprintf("%s-%03d.jpg", root, i)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("image %d is not the JPEG that was given: %v", i, err)
		}
	}
	run(t, "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage", name)
	run(t, "mutool", "draw", "-q", "-o", filepath.Join(t.TempDir(), "%d.png"), name)
}

// TestNotJPEG refuses what is no JPEG, or one whose colours PDF would take for others, and the file goes on without it.
func TestNotJPEG(t *testing.T) {
	var b bytes.Buffer
	w := pdf.NewWriter(&b, pdf.Meta{})
	fax := append([]byte("\xFF\xD8\xFF\xE1\x00\x0CG3FAX\x00\x07\xCA\x00\xC8"), picture(t, true)[2:]...)
	if err := w.JPEGPage(pdf.Image{}, bytes.NewReader(fax)); err == nil || !strings.Contains(err.Error(), "CIELAB") {
		t.Errorf("colour fax: %v", err)
	}
	if err := w.JPEGPage(pdf.Image{}, strings.NewReader("GIF89a")); err == nil || !strings.Contains(err.Error(), "JPEG header") {
		t.Errorf("got %v", err)
	}
	if err := w.JPEGPage(pdf.Image{}, bytes.NewReader(picture(t, false))); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// TestMeta reads back what the file says about itself.
func TestMeta(t *testing.T) {
	meta := pdf.Meta{
		Title: `Fax (1\2) from 5`, Author: "Jörg Müller 東京 😀", Subject: "a\nb", Producer: "faxgate",
		Created: time.Date(2026, 11, 21, 22, 4, 5, 0, time.FixedZone("", 3600)),
	}
	name := save(t, meta, func(w *pdf.Writer) { addDrawing(t, w) })
	said := run(t, "pdfinfo", "-enc", "UTF-8", "-rawdates", name)
	for _, want := range []string{
		`Title:           Fax (1\2) from 5`, "Author:          Jörg Müller 東京 😀", "Producer:        faxgate",
		"CreationDate:    D:20261121210405Z", "PDF version:     1.4", "Pages:           1",
	} {
		if !strings.Contains(said, want+"\n") {
			t.Errorf("pdfinfo does not say %q but\n%s", want, said)
		}
	}
}

// addDrawing adds a page.
func addDrawing(t testing.TB, w *pdf.Writer) {
	t.Helper()
	data := coded(t, drawing(200, 50), ccitt.Params{Coding: ccitt.MMR})
	if err := w.CCITTPage(pdf.Image{Width: 200, Height: 50}, pdf.CCITT{K: -1, EndMark: true}, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

// TestDeterministic writes the same file twice, and the coded data stands in it as it was given.
func TestDeterministic(t *testing.T) {
	write := func() []byte {
		var b bytes.Buffer
		w := pdf.NewWriter(&b, pdf.Meta{Title: "x", Created: time.Unix(0, 0)})
		addDrawing(t, w)
		addDrawing(t, w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := write()
	if diff := cmp.Diff(string(first), string(write())); diff != "" {
		t.Error(diff)
	}
	data := coded(t, drawing(200, 50), ccitt.Params{Coding: ccitt.MMR})
	if n := bytes.Count(first, data); n != 2 {
		t.Errorf("the coded data is there %d times", n)
	}
}

// TestManyPages writes 1000 pages and lets mupdf and poppler count them.
func TestManyPages(t *testing.T) {
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		for range 1000 {
			addDrawing(t, w)
		}
	})
	if said := run(t, "pdfinfo", name); !strings.Contains(said, "Pages:           1000\n") {
		t.Error(said)
	}
	if said := run(t, "mutool", "info", "-M", name); !strings.Contains(said, "Pages: 1000") {
		t.Error(said)
	}
}

// TestBadData keeps the file whole when the data of a page cannot be read to its end.
func TestBadData(t *testing.T) {
	data := coded(t, drawing(200, 50), ccitt.Params{Coding: ccitt.MMR})
	img := pdf.Image{Width: 200, Height: 50, XRes: 72, YRes: 72}
	name := save(t, pdf.Meta{}, func(w *pdf.Writer) {
		half := io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(errors.New("bad sector")))
		if err := w.CCITTPage(img, pdf.CCITT{K: -1}, half); err == nil || !strings.Contains(err.Error(), "page 1: bad sector") {
			t.Errorf("got %v", err)
		}
		if err := w.CCITTPage(img, pdf.CCITT{K: -1}, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "page 2 has no data") {
			t.Errorf("got %v", err)
		}
		if err := w.CCITTPage(pdf.Image{Width: 200}, pdf.CCITT{}, bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), "200×0") {
			t.Errorf("got %v", err)
		}
		if err := w.CCITTPage(img, pdf.CCITT{K: -1, EndMark: true}, bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
	})
	page := filepath.Join(t.TempDir(), "p.pbm")
	run(t, "mutool", "draw", "-q", "-r", "72", "-A", "0", "-c", "mono", "-F", "pbm", "-o", page, name, "3")
	if got := readPBM(t, page); !same(got, drawing(200, 50)) {
		t.Error("the page after the bad ones has other pixels")
	}
}

// full is a disk with room for n bytes.
type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

// TestFull writes to a disk that gets full at every possible place.
func TestFull(t *testing.T) {
	data := coded(t, drawing(200, 50), ccitt.Params{Coding: ccitt.MMR})
	var whole bytes.Buffer
	write := func(w *pdf.Writer) error {
		page := w.CCITTPage(pdf.Image{Width: 200, Height: 50}, pdf.CCITT{K: -1}, bytes.NewReader(data))
		return errors.Join(page, w.Close())
	}
	if err := write(pdf.NewWriter(&whole, pdf.Meta{})); err != nil {
		t.Fatal(err)
	}
	for room := range whole.Len() {
		if err := write(pdf.NewWriter(&full{room}, pdf.Meta{})); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("%d bytes of %d: %v", room, whole.Len(), err)
		}
	}
}

// TestClosed refuses an empty file and a page after the end.
func TestClosed(t *testing.T) {
	if err := pdf.NewWriter(io.Discard, pdf.Meta{}).Close(); err == nil {
		t.Error("a file without pages was closed")
	}
	w := pdf.NewWriter(io.Discard, pdf.Meta{})
	addDrawing(t, w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.CCITTPage(pdf.Image{Width: 8, Height: 1}, pdf.CCITT{}, strings.NewReader("x")); err == nil || w.Close() == nil {
		t.Error("a closed file takes pages")
	}
}

// TestReversed reverses bits on the way, whatever the size of the reads.
func TestReversed(t *testing.T) {
	data := coded(t, drawing(200, 50), ccitt.Params{Coding: ccitt.MMR})
	lsb := make([]byte, len(data))
	for i, v := range data {
		lsb[i] = bits.Reverse8(v)
	}
	var b bytes.Buffer
	w := pdf.NewWriter(&b, pdf.Meta{})
	img := pdf.Image{Width: 200, Height: 50}
	if err := w.CCITTPage(img, pdf.CCITT{K: -1, LSBFirst: true}, iotest.OneByteReader(bytes.NewReader(lsb))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b.Bytes(), data) {
		t.Error("the data is not there with its bits reversed")
	}
}

// FuzzJPEGPage gives anything as a JPEG: it is refused, or it stands in the file byte for byte.
func FuzzJPEGPage(f *testing.F) {
	f.Add(picture(f, false))
	f.Add(picture(f, true))
	f.Add([]byte("\xFF\xD8\xFF\xD9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var b bytes.Buffer
		w := pdf.NewWriter(&b, pdf.Meta{})
		err := w.JPEGPage(pdf.Image{}, bytes.NewReader(data))
		closed := w.Close()
		if (err == nil) != (closed == nil) {
			t.Fatalf("page: %v, close: %v", err, closed)
		}
		if err == nil && (!bytes.Contains(b.Bytes(), data) || !bytes.HasSuffix(b.Bytes(), []byte("%%EOF\n"))) {
			t.Fatal("the data is not in the file, or the file has no end")
		}
	})
}
