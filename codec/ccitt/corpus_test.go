package ccitt

import (
	"bytes"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
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

// decodePage decodes all strips of a page into packed rows; missing rows are white.
func decodePage(t testing.TB, p tiffPage) (rows []byte, st []Stats) {
	t.Helper()
	d := NewDecoder(Limits{})
	stride := (p.width + 7) / 8
	left := p.height
	for _, s := range p.strips {
		n := min(left, p.rowsPerStrip)
		left -= n
		if err := d.Reset(bytes.NewReader(s), p.params(n)); err != nil {
			t.Fatal(err)
		}
		strip := drain(t, d)
		if len(strip) > n*stride {
			t.Fatalf("%d bytes of rows, want at most %d", len(strip), n*stride)
		}
		rows = append(rows, strip...)
		rows = append(rows, make([]byte, n*stride-len(strip))...)
		st = append(st, d.Stats())
	}
	return rows, st
}

// drain paints all rows that the decoder still has.
func drain(t testing.TB, d *Decoder) []byte {
	t.Helper()
	var out []byte
	stride := (d.p.Width + 7) / 8
	for {
		c, err := d.NextRow()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, make([]byte, stride)...)
		Paint(out[len(out)-stride:], c)
	}
}

// TestCorpus decodes every CCITT page of the public corpus as libtiff does.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.tif*"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !soundCCITT(data) {
			continue
		}
		count++
		name := filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
		t.Run(name, func(t *testing.T) { checkCorpusFile(t, name, data) })
	}
	if count < 25 {
		t.Errorf("only %d CCITT files found", count)
	}
}

// libtiffFails are the files that libtiff 4.5 cannot read, with its words.
var libtiffFails = map[string]string{
	"libtiff/testfax3_bug54_1dnoEOL.tif": "Premature EOL",   // T.4 data without any EOL
	"libtiff/testfax3_bug_513.tiff":      "Buffer overflow", // a row of width+1 runs
}

func checkCorpusFile(t *testing.T, name string, data []byte) {
	plain, words := tryTiffcp(t, data, "-c", "none")
	fault := libtiffFails[name]
	if words != "" && (fault == "" || !strings.Contains(words, fault)) {
		t.Fatalf("libtiff: %s", words)
	}
	var want []tiffPage
	if fault == "" {
		want = readTIFF(t, plain)
	}
	for i, p := range readTIFF(t, data) {
		got, st := decodePage(t, p)
		for j, s := range st {
			if s.Bad > 0 || s.Partial {
				t.Errorf("page %d strip %d: %+v", i, j, s)
			}
		}
		if want != nil && !bytes.Equal(got, want[i].pixels()) {
			t.Errorf("page %d: other pixels than libtiff's", i)
		}
	}
}

func soundCCITT(data []byte) (ok bool) {
	defer func() { _ = recover() }() // the corpus has broken files, and this walk no guards
	if len(data) < 8 || string(data[:4]) != "II*\x00" && string(data[:4]) != "MM\x00*" {
		return false
	}
	for _, p := range readTIFF(noFatal{}, data[:]) {
		if p.compression < 2 || p.compression > 4 {
			return false
		}
	}
	return true
}

type noFatal struct{ testing.TB }

func (noFatal) Helper() {}

// TestRawFiles decodes bare T.4 and T.6 data, aligned rows too, into the
// picture that comes with it; cut data gives the picture's beginning. (Left out
// is the aligned T.4 file: its fill bits stand between EOL and row.)
func TestRawFiles(t *testing.T) {
	dir := filepath.Join(corpus(t), "golang-image")
	want := gopher(t, filepath.Join(dir, "bw-gopher.png"))
	g3, g4 := Params{Coding: MH, EOL: true, Width: 153}, Params{Coding: MMR, Width: 153}
	g4aligned := Params{Coding: MMR, Width: 153, ByteAlign: true}
	for _, tt := range []struct {
		file string
		p    Params
		cut  bool
	}{
		{"bw-gopher.ccitt_group3", g3, false},
		{"bw-gopher.ccitt_group4", g4, false},
		{"bw-gopher-aligned.ccitt_group4", g4aligned, false},
		{"bw-gopher-truncated0.ccitt_group3", g3, true},
		{"bw-gopher-truncated1.ccitt_group3", g3, true},
		{"bw-gopher-truncated0.ccitt_group4", g4, true},
		{"bw-gopher-truncated1.ccitt_group4", g4, true},
	} {
		data, err := os.ReadFile(filepath.Join(dir, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		d := NewDecoder(Limits{})
		tt.p.Rows = 55
		if err := d.Reset(bytes.NewReader(data), tt.p); err != nil {
			t.Fatal(err)
		}
		got, st := drain(t, d), d.Stats()
		if !tt.cut && (!bytes.Equal(got, want) || st.Bad > 0 || st.Partial) {
			t.Errorf("%s: %d bytes of rows differ; %+v", tt.file, len(got), st)
		}
		whole := max(0, len(got)-20*st.Bad)
		if tt.cut && (whole < 40*20 || !bytes.HasPrefix(want, got[:whole])) {
			t.Errorf("%s: %d rows; %+v", tt.file, len(got)/20, st)
		}
	}
}

// gopher reads a picture into packed rows.
func gopher(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	stride := (b.Dx() + 7) / 8
	out := make([]byte, stride*b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				out[y*stride+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return out
}
