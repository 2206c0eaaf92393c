package jbig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// corpus is the folder of public files.
func corpus(t testing.TB) string {
	dir := os.Getenv("FAXGATE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); err != nil {
		t.Skip("no corpus: set FAXGATE_CORPUS")
	}
	return dir
}

// chart is one of the ITU's eight test charts, as jbigkit's authors keep them.
func chart(t testing.TB, n int) bitmap {
	data, err := os.ReadFile(filepath.Join(corpus(t), "jbigkit", fmt.Sprintf("ccitt%d.jbg", n)))
	if err != nil {
		t.Fatal(err)
	}
	return readPBM(t, tool(t, data, "jbgtopbm"))
}

// same codes a page as jbigkit does with the same parameters, and compares; then it decodes the page.
func same(t *testing.T, b bitmap, p Params) {
	t.Helper()
	p.Width, p.Height = b.width, b.height
	args := []string{"-p", strconv.Itoa(options(p))}
	if p.Stripe > 0 {
		args = append(args, "-s", strconv.Itoa(p.Stripe))
	}
	if p.MX != 0 {
		args = append(args, "-m", strconv.Itoa(max(0, p.MX)))
	}
	got, want := encode(t, p, b), tool(t, b.pbm(), "pbmtojbg85", args...)
	if !bytes.Equal(got, want) {
		t.Fatalf("%+v: %d bytes, jbigkit's are other %d", p, len(got), len(want))
	}
	if back := decode(t, got); !bytes.Equal(back, b.rows) {
		t.Fatalf("%+v: other pixels come back", p)
	}
}

// options are those of pbmtojbg85's option -p.
func options(p Params) (v int) {
	if !p.NoTypical {
		v |= optTPBON
	}
	if p.TwoLine {
		v |= optLRLTWO
	}
	return v
}

// TestCharts: our coded data of the ITU's charts is jbigkit's to the byte, and what either writes the other reads.
func TestCharts(t *testing.T) {
	for n := 1; n <= 8; n++ {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			b := chart(t, n)
			for _, p := range []Params{{}, {NoTypical: true}, {TwoLine: true}, {TwoLine: true, NoTypical: true}, {MX: -1}, {MX: 8, Stripe: 1000}, {Stripe: 8}} {
				same(t, b, p)
			}
			data, err := os.ReadFile(filepath.Join(corpus(t), "itu", fmt.Sprintf("itu%d.t85.jbg", n)))
			if err != nil {
				t.Fatal(err)
			}
			ours := encode(t, Params{Width: b.width, Height: b.height}, b)
			if !bytes.Equal(ours, data) {
				t.Error("other bytes than the corpus has")
			}
			if back := readPBM(t, tool(t, ours, "jbgtopbm85")); !bytes.Equal(back.rows, b.rows) {
				t.Error("jbgtopbm85 gets other pixels")
			}
		})
	}
}

// TestLayers: pages of several resolution layers are refused in words, and one layer with all of T.82's options is read.
func TestLayers(t *testing.T) {
	dir := filepath.Join(corpus(t), "jbigkit")
	for name, layers := range map[string]bool{"ccitt1.jbg": true, "xvlogo.jbg": true, "mx.jbg": false} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !layers {
			if want := readPBM(t, tool(t, data, "jbgtopbm")); !bytes.Equal(decode(t, data), want.rows) {
				t.Errorf("%s: other pixels", name)
			}
			continue
		}
		err = NewDecoder(Limits{}).Reset(bytes.NewReader(data))
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "resolution layers") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPages: pages of every kind and of odd widths, in stripes of every size.
func TestPages(t *testing.T) {
	for _, kind := range kinds {
		for i, width := range []int{1, 2, 7, 8, 9, 47, 48, 49, 63, 64, 65, 129, 130, 131, 255, 385, 386, 640, 1001} {
			b := kind.page(width, 40+i*7)
			for _, stripe := range []int{1 + i%5, 20, 300} {
				same(t, b, Params{Stripe: stripe, MX: []int{0, -1, 8, 23, 127}[i%5], TwoLine: i%2 == 1, NoTypical: i%3 == 2})
			}
		}
	}
}

// TestDots: the template pixel goes where jbigkit lets it go, for screens of many periods.
func TestDots(t *testing.T) {
	moved := 0
	for period := 3; period <= 131; period += 4 {
		b := dots(period, 400, 90)
		for _, twoLine := range []bool{false, true} {
			p := Params{Stripe: 30, TwoLine: twoLine}
			same(t, b, p)
			p.Width, p.Height = b.width, b.height
			if bytes.Contains(encode(t, p, b), []byte{esc, mATMOVE, 0, 0, 0, 0}) {
				moved++
			}
		}
	}
	if moved < 20 {
		t.Errorf("only %d of 66 pages had the pixel moved", moved)
	}
}

// TestFullLibrary: what jbigkit's encoder for all of T.82 writes in one layer is read: other stripe ends, moves within a
// stripe, comments, and a height that comes late.
func TestFullLibrary(t *testing.T) {
	for _, args := range []string{
		"-q", "-f", "-q -r -s 16", "-q -r -s 16 -p 72 -m 127", "-q -p 64 -m 30 -c", "-q -m 127 -s 50", "-q -C words -s 20", "-q -Y 5000 -s 32", "-q -Y 400 -s 5000 -p 0",
	} {
		for _, b := range []bitmap{dots(11, 500, 120), kinds[0].page(333, 120), kinds[2].page(200, 120)} {
			data := tool(t, b.pbm(), "pbmtojbg", strings.Fields(args)...)
			if got := decode(t, data); !bytes.Equal(got, b.rows) {
				t.Errorf("%s: other pixels of %d by %d", args, b.width, b.height)
			}
		}
	}
}

// TestNewLength: a height that was not known at the start is announced as jbigkit announces it.
func TestNewLength(t *testing.T) {
	for i, kind := range kinds {
		for _, height := range []int{1, 2, 127, 128, 129, 200, 256} {
			b := kind.page(100+i, height)
			got := encode(t, Params{Width: b.width}, b)
			if back := readPBM(t, tool(t, got, "jbgtopbm85")); !bytes.Equal(back.rows, b.rows) || back.height != height {
				t.Errorf("%s: jbgtopbm85 gets %d rows of %d", kind.name, back.height, height)
			}
			if back := decode(t, got); !bytes.Equal(back, b.rows) {
				t.Errorf("%s, %d rows: other pixels come back", kind.name, height)
			}
			if height%128 == 0 {
				continue // The tool learns the height when it cannot tell it any more.
			}
			want := tool(t, b.pbm(), "pbmtojbg85", "-Y", "4294967295", strconv.Itoa(height-1))
			if height > 1 && height/128 == (height-1)/128 && !bytes.Equal(got, want) {
				t.Errorf("%s, %d rows: %d bytes, jbigkit's are other %d", kind.name, height, len(got), len(want))
			}
		}
	}
}
