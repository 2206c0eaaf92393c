package ccitt

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
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
		t.Run(filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f), func(t *testing.T) { checkCorpusFile(t, data) })
	}
	if count < 25 {
		t.Errorf("only %d CCITT files found", count)
	}
}

func checkCorpusFile(t *testing.T, data []byte) {
	plain, words := tryTiffcp(t, data, "-c", "none")
	want := readTIFF(t, plain)
	for i, p := range readTIFF(t, data) {
		got, st := decodePage(t, p)
		for j, s := range st {
			if s.Bad > 0 || s.Partial {
				t.Logf("page %d strip %d: %+v", i, j, s)
			}
		}
		if words != "" {
			t.Logf("libtiff: %s", words)
			continue
		}
		if !bytes.Equal(got, want[i].pixels()) {
			t.Errorf("page %d of %d: pixels differ (%d, %d bytes)", i, len(want), len(got), len(want[i].pixels()))
		}
	}
}

func soundCCITT(data []byte) (ok bool) {
	defer func() { _ = recover() }() // the corpus has broken files, and this walk no guards
	if len(data) < 8 || string(data[:4]) != "II*\x00" && string(data[:4]) != "MM\x00*" {
		return false
	}
	if string(data[:2]) == "II" && data[7] != 0 {
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
