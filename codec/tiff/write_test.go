package tiff_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// legalSizes are all resolutions and widths that Profile F pages are written with.
var legalSizes = map[[2]int][]int{
	{204, 98}: {1728, 2048, 2432}, {200, 100}: {1728, 2048, 2432},
	{204, 196}: {1728, 2048, 2432}, {200, 200}: {1728, 2048, 2432},
	{204, 391}: {1728, 2048, 2432}, {200, 400}: {1728, 2048, 2432},
	{300, 300}: {2592, 3072, 3648}, {300, 600}: {2592, 3072, 3648},
	{408, 391}: {3456, 4096, 4864}, {400, 400}: {3456, 4096, 4864}, {400, 800}: {3456, 4096, 4864},
	{600, 600}: {5184, 6144, 7296}, {600, 1200}: {5184, 6144, 7296}, {1200, 1200}: {10368, 12288, 14592},
}

// TestLibtiffReads writes every coding at every legal size and lets libtiff decode it.
func TestLibtiffReads(t *testing.T) {
	for _, coding := range []ccitt.Coding{ccitt.MH, ccitt.MR, ccitt.MMR} {
		t.Run(coding.String(), func(t *testing.T) {
			var b bytes.Buffer
			var want []picture
			w := tiff.NewWriter(&b, 0)
			for res, widths := range legalSizes {
				for i, width := range widths {
					pic := []picture{text(width, 61), photo(width, 16), newPicture(width, 33)}[(i+res[1])%3]
					addPage(t, w, tiff.PageInfo{Profile: 'F', Coding: coding, XRes: res[0], YRes: res[1]}, pic)
					want = append(want, pic)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := libtiffPixels(t, b.Bytes())
			if len(got) != len(want) {
				t.Fatalf("libtiff reads %d pages of %d", len(got), len(want))
			}
			for i := range want {
				if got[i].width != want[i].width || !bytes.Equal(got[i].rows, want[i].rows) {
					t.Errorf("page %d of %d pixels: libtiff reads other pixels", i+1, want[i].width)
				}
			}
		})
	}
}

// TestTiffinfo compares what libtiff says about a Profile S page, word for word.
func TestTiffinfo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s.tif")
	if err := os.WriteFile(name, sFile(t, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	_, page1, _ := strings.Cut(run(t, "tiffinfo", "-s", name), "=== TIFF directory 1 ===\n")
	first, rest, _ := strings.Cut(page1, "\n")
	if !strings.HasPrefix(first, "TIFF Directory at offset ") {
		t.Errorf("page 2: %s", first)
	}
	lines := strings.Split(rest, "\n")
	want := []string{
		"  Subfile Type: multi-page document (2 = 0x2)",
		"  Image Width: 1728 Image Length: 41",
		"  Resolution: 204, 98 pixels/inch",
		"  Bits/Sample: 1",
		"  Compression Scheme: CCITT Group 3",
		"  Photometric Interpretation: min-is-white",
		"  FillOrder: lsb-to-msb",
		"  Samples/Pixel: 1",
		"  Rows/Strip: 41",
		"  Planar Configuration: single image plane",
		"  Page Number: 1-2",
		"  Group 3 Options: EOL padding (4 = 0x4)",
		"  1 Strips:",
	}
	if diff := cmp.Diff(want, lines[:min(len(want), len(lines))]); diff != "" {
		t.Error(diff)
	}
}

// TestWrittenPasses lets Check look at what is written.
func TestWrittenPasses(t *testing.T) {
	for _, tt := range []struct {
		profile byte
		data    []byte
	}{{'S', sFile(t, 3)}, {'F', sFile(t, 3)}, {'F', fFile(t)}} {
		found, err := tiff.Check(bytes.NewReader(tt.data), int64(len(tt.data)), tt.profile)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("profile %c: %s", tt.profile, f)
		}
	}
}

// TestLayout looks at the first bytes of a Profile S file.
func TestLayout(t *testing.T) {
	data := sFile(t, 1)
	if got, want := data[:8], []byte("II\x2a\x00\x08\x00\x00\x00"); !bytes.Equal(got, want) {
		t.Errorf("header % x", got)
	}
	f := open(t, data)
	p := f.Pages[0]
	if p.IFDOffset != 8 || p.NextIFD != 0 || p.Strips[0].Offset != 222 || p.Strips[0].Offset+p.Strips[0].Size != int64(len(data)) {
		t.Errorf("directory at %d, next %d, strip at %d of %d bytes, file of %d", p.IFDOffset, p.NextIFD, p.Strips[0].Offset, p.Strips[0].Size, len(data))
	}
	if want := []byte{204, 0, 0, 0, 1, 0, 0, 0, 98, 0, 0, 0, 1, 0, 0, 0}; !bytes.Equal(data[206:222], want) {
		t.Errorf("resolutions % x", data[206:222])
	}
	if len(f.Warnings) > 0 || f.Truncated || p.Profile() != 'S' {
		t.Errorf("read back as profile %q, %q", p.Profile(), f.Warnings)
	}
}

// TestLargePage writes a page whose coded data does not fit in memory and looks that no temporary file stays.
func TestLargePage(t *testing.T) {
	var b bytes.Buffer
	w := tiff.NewWriter(&b, 2)
	w.TempDir = t.TempDir()
	pic := photo(4864, 2600)
	info := tiff.PageInfo{Profile: 'F', Coding: ccitt.MMR, XRes: 408, YRes: 391}
	addPage(t, w, info, pic)
	if left, _ := os.ReadDir(w.TempDir); len(left) != 1 {
		t.Errorf("%d temporary files while the page waits", len(left))
	}
	addPage(t, w, info, text(4864, 50))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() < 2<<20 {
		t.Errorf("the page has only %d bytes", b.Len())
	}
	if left, _ := os.ReadDir(w.TempDir); len(left) != 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	if got := libtiffPixels(t, b.Bytes()); len(got) != 2 || !bytes.Equal(got[0].rows, pic.rows) {
		t.Error("libtiff reads other pixels")
	}
}

// TestRefused lists what is not written and what the error says.
func TestRefused(t *testing.T) {
	good := tiff.PageInfo{Profile: 'F', Coding: ccitt.MMR, Width: 1728, Height: 1, XRes: 204, YRes: 196}
	for _, tt := range []struct {
		name   string
		change func(*tiff.PageInfo)
		words  []string
	}{
		{"profile", func(p *tiff.PageInfo) { p.Profile = 'L' }, []string{"'L'", "S, F, J and C"}},
		{"samples", func(p *tiff.PageInfo) { p.Profile = 'C' }, []string{"1 or 3 samples", "not 0"}},
		{"sampling", func(p *tiff.PageInfo) { p.Profile, p.Samples, p.Sampling = 'C', 3, 4 }, []string{"1 or 2 pixels", "not 4"}},
		{"resolution of C", func(p *tiff.PageInfo) { p.Profile, p.Samples, p.Sampling = 'C', 1, 1 }, []string{"100×100, 200×200", "not 204×196"}},
		{"width of C", func(p *tiff.PageInfo) {
			*p = tiff.PageInfo{Profile: 'C', Samples: 1, Sampling: 1, Width: 1728, XRes: 300, YRes: 300}
		}, []string{"2592", "not 1728"}},
		{"quality in C", func(p *tiff.PageInfo) { p.Profile, p.Samples, p.Sampling, p.Quality = 'C', 1, 1, &tiff.Quality{} }, []string{"quality"}},
		{"coding of S", func(p *tiff.PageInfo) { p.Profile = 'S' }, []string{"MH, not MMR"}},
		{"no coding", func(p *tiff.PageInfo) { p.Coding = 0 }, []string{"no coding"}},
		{"width", func(p *tiff.PageInfo) { p.Width = 1700 }, []string{"1728", "2048", "2432", "not 1700"}},
		{"resolution", func(p *tiff.PageInfo) { p.XRes, p.YRes = 150, 150 }, []string{"204×98", "408×391", "not 150×150"}},
		{"width of S", func(p *tiff.PageInfo) { p.Profile, p.Coding, p.Width = 'S', ccitt.MH, 2048 }, []string{"1728", "204×196", "not 2048"}},
		{"resolution of S", func(p *tiff.PageInfo) { p.Profile, p.Coding, p.YRes = 'S', ccitt.MH, 391 }, []string{"204×98, 200×100, 204×196 or 200×200"}},
		{"no width", func(p *tiff.PageInfo) { p.Width = 0 }, []string{"0×1"}},
		{"too wide", func(p *tiff.PageInfo) { p.Width, p.Raw = 70000, true }, []string{"70000"}},
		{"no resolution", func(p *tiff.PageInfo) { p.XRes, p.Raw = 0, true }, []string{"0×196"}},
		{"quality in S", func(p *tiff.PageInfo) { p.Profile, p.Coding, p.Quality = 'S', ccitt.MH, &tiff.Quality{} }, []string{"quality"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info := good
			tt.change(&info)
			w := tiff.NewWriter(&bytes.Buffer{}, 1)
			_, err := w.Page(info)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, word := range tt.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

// TestMisuse goes against the order of calls.
func TestMisuse(t *testing.T) {
	info := tiff.PageInfo{Profile: 'F', Coding: ccitt.MMR, Width: 1728, XRes: 204, YRes: 196}
	w := tiff.NewWriter(&bytes.Buffer{}, 1)
	if err := w.Close(); err == nil {
		t.Error("a file without pages was closed")
	}
	w = tiff.NewWriter(&bytes.Buffer{}, 3)
	pw, err := w.Page(info)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Page(info); !errors.Is(err, tiff.ErrPageOpen) {
		t.Errorf("second page: %v", err)
	}
	fmt.Fprint(pw, "data")
	pw.SetHeight(1)
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := pw.Write([]byte{1}); err == nil {
		t.Error("write to a closed page")
	}
	if err := w.Close(); !errors.Is(err, tiff.ErrTotal) {
		t.Errorf("1 page of 3: %v", err)
	}
	if _, err := w.Page(info); err == nil {
		t.Error("page after Close")
	}
	for name, finish := range map[string]func(*tiff.PageWriter){
		"no rows": func(p *tiff.PageWriter) { fmt.Fprint(p, "data") },
		"no data": func(p *tiff.PageWriter) { p.SetHeight(1) },
	} {
		w := tiff.NewWriter(&bytes.Buffer{}, 0)
		pw, err := w.Page(info)
		if err != nil {
			t.Fatal(err)
		}
		finish(pw)
		if err := pw.Close(); err == nil || !strings.Contains(err.Error(), "page 1 has") {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%s: the file was closed", name)
		}
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
	size := len(sFile(t, 2))
	for room := 0; room < size; room += 97 {
		w := tiff.NewWriter(&full{room}, 2)
		var err error
		for range 2 {
			var pw *tiff.PageWriter
			if pw, err = w.Page(tiff.PageInfo{Profile: 'S', Coding: ccitt.MH, Width: 1728, Height: 40, XRes: 204, YRes: 98}); err != nil {
				break
			}
			encode(t, pw, text(1728, 40), params(ccitt.MH))
			if err = pw.Close(); err != nil {
				break
			}
		}
		if closed := w.Close(); closed == nil || !strings.Contains(closed.Error(), "no space left") {
			t.Fatalf("%d bytes of %d: page %v, close %v", room, size, err, closed)
		}
	}
}

// TestQuality writes an archive copy: any width, and what is known about reception.
func TestQuality(t *testing.T) {
	var b bytes.Buffer
	w := tiff.NewWriter(&b, 1)
	want := &tiff.Quality{BadFaxLines: 12, CleanFaxData: 1, ConsecutiveBadFaxLines: 3}
	addPage(t, w, tiff.PageInfo{Profile: 'F', Coding: ccitt.MR, XRes: 72, YRes: 72, Raw: true, Quality: want}, text(1000, 40))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p := open(t, b.Bytes()).Pages[0]
	if diff := cmp.Diff(want, p.Quality); diff != "" || p.XRes != 72 || p.Width != 1000 {
		t.Errorf("%v dpi, %d pixels, %s", p.XRes, p.Width, diff)
	}
	if got := libtiffPixels(t, b.Bytes()); len(got) != 1 {
		t.Error("libtiff reads no page")
	}
}
