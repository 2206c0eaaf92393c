package tiff_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// picture is a page as packed rows, most significant bit first, 1 = black.
type picture struct {
	width, height int
	rows          []byte
}

func (p picture) row(y int) []byte {
	n := (p.width + 7) / 8
	return p.rows[y*n:][:n]
}

func newPicture(width, height int) picture {
	return picture{width, height, make([]byte, (width+7)/8*height)}
}

func (p picture) set(x, y int) { p.row(y)[x/8] |= 0x80 >> (x % 8) }

// text is a page with strokes such as writing has.
func text(width, height int) picture {
	p := newPicture(width, height)
	rnd := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	for y := 4; y+12 < height; y += 20 {
		for x := 40; x+20 < width; x += 10 + rnd.IntN(12) {
			for i := range 12 {
				p.set(x+i/(1+rnd.IntN(3)), y+i)
				p.set(x+rnd.IntN(6), y+i)
			}
		}
	}
	return p
}

// photo is a page that is hard to code: grey noise as dots.
func photo(width, height int) picture {
	p := newPicture(width, height)
	rnd := rand.New(rand.NewPCG(7, uint64(width)))
	for y := range height {
		for x := range width {
			if rnd.Float64() < 0.5+0.5*math.Sin(float64(x)/90)*math.Cos(float64(y)/70) {
				p.set(x, y)
			}
		}
	}
	return p
}

// encode codes a picture as the Writer wants it.
func encode(t testing.TB, w io.Writer, p picture, params ccitt.Params) {
	t.Helper()
	params.Width, params.EOL = p.width, true
	e := ccitt.NewEncoder()
	if err := e.Reset(w, params); err != nil {
		t.Fatal(err)
	}
	for y := range p.height {
		if err := e.PutRow(p.row(y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// params are how the Writer wants each coding.
func params(c ccitt.Coding) ccitt.Params { return ccitt.Params{Coding: c, ByteAlign: c == ccitt.MH} }

// addPage writes one page.
func addPage(t testing.TB, w *tiff.Writer, info tiff.PageInfo, p picture) {
	t.Helper()
	info.Width, info.Height = p.width, p.height
	pw, err := w.Page(info)
	if err != nil {
		t.Fatal(err)
	}
	encode(t, pw, p, params(info.Coding))
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
}

// sFile is a well-formed Profile S file of n pages.
func sFile(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tiff.NewWriter(&b, n)
	for i := range n {
		addPage(t, w, tiff.PageInfo{Profile: 'S', Coding: ccitt.MH, XRes: 204, YRes: 98}, text(1728, 40+i))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fFile is a well-formed Profile F file with one page of each coding.
func fFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tiff.NewWriter(&b, 0)
	for _, c := range []ccitt.Coding{ccitt.MH, ccitt.MR, ccitt.MMR} {
		addPage(t, w, tiff.PageInfo{Profile: 'F', Coding: c, XRes: 300, YRes: 300}, text(2592, 50))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open reads a file that must be readable.
func open(t testing.TB, data []byte) *tiff.File {
	t.Helper()
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// entryOf gives the 12 bytes of a field of page i, to be changed in place.
func entryOf(t testing.TB, data []byte, i int, tag tiff.Tag) []byte {
	t.Helper()
	for e := range open(t, data).Pages[i].Entries() {
		if e.Tag == tag {
			return data[e.At:][:12]
		}
	}
	t.Fatalf("page %d has no %s", i, tag)
	return nil
}

// setValue changes the value of a field of page i of a little-endian file.
func setValue(t testing.TB, data []byte, i int, tag tiff.Tag, v uint32) {
	t.Helper()
	binary.LittleEndian.PutUint32(entryOf(t, data, i, tag)[8:], v)
}

// remove takes a field out of page i of a little-endian file; what follows the directory stays in its place.
func remove(t testing.TB, data []byte, i int, tag tiff.Tag) {
	t.Helper()
	p := open(t, data).Pages[i]
	count := data[p.IFDOffset:]
	n := binary.LittleEndian.Uint16(count)
	end := p.IFDOffset + 2 + int64(n)*12 + 4
	for e := range p.Entries() {
		if e.Tag == tag {
			copy(data[e.At:end], data[e.At+12:end])
			binary.LittleEndian.PutUint16(count, n-1)
			return
		}
	}
	t.Fatalf("page %d has no %s", i, tag)
}

// run runs one of libtiff's tools and gives all that it says.
func run(t testing.TB, tool string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
	return string(out)
}

// libtiffPixels gives the pages as libtiff decodes them; it must have nothing to complain about.
func libtiffPixels(t testing.TB, data []byte) []picture {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.tif")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if said := run(t, "tiffcp", "-c", "none", "-f", "msb2lsb", "-r", "1000000", in, out); said != "" {
		t.Errorf("tiffcp says: %s", said)
	}
	plain, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var pics []picture
	for _, p := range open(t, plain).Pages {
		if p.Photometric != tiff.WhiteIsZero || p.Compression != tiff.CompressionNone {
			t.Fatalf("tiffcp wrote photometric %d, compression %d", p.Photometric, p.Compression)
		}
		pic := picture{p.Width, p.Height, nil}
		for i := range p.Strips {
			b, err := io.ReadAll(p.Strip(i))
			if err != nil {
				t.Fatal(err)
			}
			pic.rows = append(pic.rows, b...)
		}
		pics = append(pics, pic)
	}
	return pics
}
