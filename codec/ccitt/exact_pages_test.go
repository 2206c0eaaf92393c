package ccitt

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	xccitt "golang.org/x/image/ccitt"

	"faxgate/codec/bench/pages"
)

// benchPages calls f for the pages by which the codec is measured: the smallest
// size whole, of the others a band.
func benchPages(f func(name string, p pages.Page)) {
	for i, s := range pages.Sizes() {
		from, rows := 0, s.Height
		if i > 0 {
			from, rows = s.Height/2, 256
		}
		for _, k := range pages.Kinds() {
			f(fmt.Sprintf("%s/%d", k, s.Width), pages.DrawBand(k, s, from, rows))
		}
	}
}

// benchForms are the ways in which pages are measured, as libtiff and tiffcp
// have them; without a resolution in the file libtiff's K is 2.
var benchForms = []struct {
	form
	tiffcp string
}{
	{form{"MH", Params{Coding: MH, EOL: true}, 3, 0}, "g3:1d"},
	{form{"MR", Params{Coding: MR, K: 2}, 3, 1}, "g3:2d"},
	{form{"MMR", Params{Coding: MMR}, 4, -1}, "g4"},
}

// TestBenchPages has libtiff code each page, which decodes to the page, and read
// what we write, which are the same bytes.
func TestBenchPages(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	benchPages(func(name string, p pages.Page) {
		plain := writeTIFF(p.Width, p.Height, 1, 1, -1, p.Bits)
		for _, f := range benchForms {
			coded := readTIFF(t, tiffcp(t, plain, "-r", "100000", "-c", f.tiffcp))[0]
			strip := bytes.Join(coded.strips, nil)
			if got := decode(t, d, coded.params(p.Height), strip); !bytes.Equal(got, p.Bits) {
				t.Errorf("%s %s: other pixels than libtiff coded", name, f.name)
			}
			f.p.Width = p.Width
			ours := encode(t, e, f.p, p.Bits)
			if !bytes.Equal(ours, strip) {
				t.Errorf("%s %s: %d bytes differ from libtiff's %d", name, f.name, len(ours), len(strip))
			}
			back := readTIFF(t, tiffcp(t, writeTIFF(p.Width, p.Height, f.tiff, 1, f.opts, ours), "-c", "none"))[0]
			if !bytes.Equal(back.pixels(), p.Bits) {
				t.Errorf("%s %s: libtiff sees other pixels", name, f.name)
			}
		}
	})
}

// TestBenchPagesOthers has x/image/ccitt and, row after row of some of them, the
// reference decoder read the pages.
func TestBenchPagesOthers(t *testing.T) {
	e := NewEncoder()
	benchPages(func(name string, p pages.Page) {
		for _, f := range benchForms {
			f.p.Width, f.p.Rows = p.Width, p.Height
			data := encode(t, e, f.p, p.Bits)
			const rows = 100
			r := reference{data: data, p: f.p}
			if got, err := r.rows(rows); err != nil || !bytes.Equal(got, p.Bits[:rows*p.Stride()]) {
				t.Errorf("%s %s: the reference decoder sees other pixels, error %v", name, f.name, err)
			}
			if f.p.Coding == MR {
				continue
			}
			if got, err := ximage(data, f.p); err != nil || !bytes.Equal(got, p.Bits) {
				t.Errorf("%s %s: x/image sees other pixels, error %v", name, f.name, err)
			}
		}
	})
}

// ximage decodes T.6 and strict one-dimensional T.4 data by x/image/ccitt.
func ximage(data []byte, p Params) ([]byte, error) {
	sub, order := xccitt.Group3, xccitt.MSB
	if p.Coding == MMR {
		sub = xccitt.Group4
	}
	if p.LSBFirst {
		order = xccitt.LSB
	}
	return io.ReadAll(xccitt.NewReader(bytes.NewReader(data), order, sub, p.Width, p.Rows, &xccitt.Options{Invert: true}))
}

// TestEveryRun has every length of run in both colours, alone in its row, read
// by those whose code tables are not ours.
func TestEveryRun(t *testing.T) {
	const width, height = 5300, 2 * 2650
	stride := (width + 7) / 8
	page := make([]byte, stride*height)
	for y := range height {
		row, n := page[y*stride:][:stride], y/2+1
		for x := range width {
			if (x >= 3 && x < 3+n) == (y&1 == 0) {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, f := range benchForms {
		f.p.Width, f.p.Rows = width, height
		data := encode(t, e, f.p, page)
		if got := decode(t, d, f.p, data); !bytes.Equal(got, page) {
			t.Errorf("%s: other pixels than were coded", f.name)
		}
		plain, words := tryTiffcp(t, writeTIFF(width, height, f.tiff, 1, f.opts, data), "-c", "none")
		if got := readTIFF(t, plain)[0].pixels(); words != "" || !bytes.Equal(got, page) {
			t.Errorf("%s: libtiff sees other pixels: %s", f.name, strings.TrimSpace(words))
		}
		if f.p.Coding == MR {
			continue
		}
		if got, err := ximage(data, f.p); err != nil || !bytes.Equal(got, page) {
			t.Errorf("%s: x/image sees other pixels, error %v", f.name, err)
		}
	}
}
