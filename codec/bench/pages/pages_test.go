package pages

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var small = Sizes()[0]

// TestSame holds the pages to what they were: figures measured on other pages
// could not be compared with those that were written down.
func TestSame(t *testing.T) {
	want := map[Kind]uint32{Text: 0xde00edba, Dense: 0xb9dad13b, Halftone: 0x9021a0d3, Diffusion: 0x97b6965, Blank: 0x3c38b9c}
	for _, k := range Kinds() {
		if got := crc32.ChecksumIEEE(Draw(k, small).Bits); got != want[k] {
			t.Errorf("%s: the page has changed: %#x, was %#x", k, got, want[k])
		}
	}
}

// TestShape looks at the bits past the width, and at the size of the rows.
func TestShape(t *testing.T) {
	for _, s := range []Size{{1727, 300}, {65, 40}, {1, 9}, {4960, 60}} {
		for _, k := range Kinds() {
			p := Draw(k, s)
			if len(p.Bits) != p.Stride()*s.Height || p.Size != s || p.Name != k.String() {
				t.Fatalf("%s %v: %d bytes, %+v", k, s, len(p.Bits), p.Size)
			}
			for y := range s.Height {
				if last := p.Row(y)[p.Stride()-1]; s.Width&7 != 0 && last<<(s.Width&7) != 0 {
					t.Fatalf("%s %v row %d: ink past the width", k, s, y)
				}
			}
		}
	}
}

// TestBand expects parts of the page; error diffusion begins anew.
func TestBand(t *testing.T) {
	for _, k := range []Kind{Text, Dense, Halftone, Blank} {
		whole, part := Draw(k, Size{864, 1100}), DrawBand(k, Size{864, 1100}, 333, 200)
		if !bytes.Equal(part.Bits, whole.Bits[333*whole.Stride():533*whole.Stride()]) {
			t.Errorf("%s: the band is not the page's", k)
		}
	}
}

func ink(p Page) float64 {
	n := 0
	for _, b := range p.Bits {
		n += bits.OnesCount8(b)
	}
	return float64(n) / float64(p.Width*p.Height)
}

// changes counts the changes of colour in the rows.
func changes(p Page) (n int) {
	for y := range p.Height {
		last := byte(0)
		for _, b := range p.Row(y) {
			n += bits.OnesCount8(b ^ (b>>1 | last<<7))
			last = b
		}
	}
	return n
}

// TestInk compares how much is on the pages, and how finely.
func TestInk(t *testing.T) {
	text, dense := Draw(Text, small), Draw(Dense, small)
	if a, b := ink(text), ink(dense); a < 0.04 || a > 0.12 || b < 1.5*a || b > 0.3 {
		t.Errorf("%.3f of the text page is black, %.3f of the dense one", a, b)
	}
	if a, b := changes(text), changes(dense); b < 2*a {
		t.Errorf("%d changes on the text page, %d on the dense one", a, b)
	}
	if a, b := changes(Draw(Halftone, small)), changes(Draw(Diffusion, small)); b < 4*a {
		t.Errorf("%d changes in the halftone, %d by error diffusion: dots do not cluster", a, b)
	}
	if n := ink(Draw(Blank, small)); n != 0 {
		t.Errorf("%v of the blank page is black", n)
	}
}

// TestTones compares the shade of squares of the photographs with the tone they
// were made from.
func TestTones(t *testing.T) {
	const side, top, rows = 64, 960, 640
	halftone, diffusion := DrawBand(Halftone, small, top, rows), DrawBand(Diffusion, small, top, rows)
	for y := 0; y+side <= rows; y += side {
		for x := 0; x+side <= small.Width; x += side {
			want := meanTone(x, top+y, side)
			if got := shade(halftone, x, y, side); got < want-12 || got > want+12 {
				t.Errorf("halftone at %d, %d: shade %.1f of tone %.1f", x, y, got, want)
			}
			if got := shade(diffusion, x, y, side); got < want-3 || got > want+3 {
				t.Errorf("diffusion at %d, %d: shade %.1f of tone %.1f", x, y, got, want)
			}
		}
	}
}

func meanTone(x0, y0, side int) float64 {
	sum := 0
	for y := range side {
		for x := range side {
			sum += Tone(small, x0+x, y0+y)
		}
	}
	return float64(sum) / float64(side*side)
}

func shade(p Page, x0, y0, side int) float64 {
	white := 0
	for y := range side {
		for _, b := range p.Row(y0 + y)[x0/8 : (x0+side)/8] {
			white += 8 - bits.OnesCount8(b)
		}
	}
	return 255 * float64(white) / float64(side*side)
}

// TestTextReads has tesseract read the beginning of the text page.
func TestTextReads(t *testing.T) {
	p := DrawBand(Text, small, 100, 240)
	file := filepath.Join(t.TempDir(), "page.pbm")
	if err := os.WriteFile(file, append(fmt.Appendf(nil, "P4\n%d %d\n", p.Width, p.Height), p.Bits...), 0o600); err != nil {
		t.Fatal(err)
	}
	tesseract := exec.Command("tesseract", file, "-", "--dpi", "204", "--psm", "6")
	tesseract.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	said, err := tesseract.Output()
	if err != nil {
		t.Fatalf("tesseract (install tesseract-ocr tesseract-ocr-eng): %v", err)
	}
	known := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		known[w] = true
	}
	read, good := strings.Fields(string(said)), 0
	for _, w := range read {
		if known[w] {
			good++
		}
	}
	if len(read) < 40 || good < len(read)*9/10 {
		t.Errorf("tesseract reads %d words, %d of them right:\n%s", len(read), good, said)
	}
}

func TestReadPBM(t *testing.T) {
	p, err := ReadPBM("x", []byte("P4\n10 2\n\x00\x40\xff\xc0"))
	if err != nil || p.Width != 10 || p.Height != 2 || !bytes.Equal(p.Row(1), []byte{0xff, 0xc0}) {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range []string{"", "P4\n", "P1\n1 1\n1", "P4\n10 2\n123", "P4\n10 2\n12345", "P4\n0 0\n", "P4\n-8 -1\n1"} {
		if p, err := ReadPBM("x", []byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, p.Size)
		}
	}
}
