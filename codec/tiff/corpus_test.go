package tiff_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/codec/tiff"
)

// corpusDir is the folder of other people's files.
func corpusDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("FAXGATE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus of public files: %v", err)
	}
	return dir
}

// seen is what libtiff sees in a file of the corpus, as its manifest has it.
type seen struct {
	width, height, comp, photometric, fill, pages int
	multi                                         bool
}

// manifest reads the lines of the corpus that are TIFF files.
func manifest(t testing.TB, dir string) map[string]seen {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files := map[string]seen{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cols := strings.Split(lines.Text(), "\t")
		var s seen
		var bits, g3, g4 int
		var strips string
		what := cols[len(cols)-1]
		_, err := fmt.Sscanf(what, "%dx%d comp=%d ph=%d fo=%d bps=%d g3=%d g4=%d strips=%s pages=%d",
			&s.width, &s.height, &s.comp, &s.photometric, &s.fill, &bits, &g3, &g4, &strips, &s.pages)
		if err != nil {
			continue
		}
		s.multi = strips == "multi"
		files[cols[0]] = s
	}
	if len(files) < 50 {
		t.Fatalf("the manifest has only %d TIFF files", len(files))
	}
	return files
}

// TestCorpus opens every public file that libtiff opens and compares the first page with what libtiff sees there.
func TestCorpus(t *testing.T) {
	dir := corpusDir(t)
	for name, want := range manifest(t, dir) {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
			// Where the chain of directories is broken, ours are found that libtiff does not look for.
			if n := len(f.Pages); n < want.pages || n > want.pages && f.Stopped() == "" {
				t.Errorf("%d pages, libtiff sees %d; %q", len(f.Pages), want.pages, f.Warnings)
			}
			p := f.Pages[0]
			if p.Err != nil {
				t.Errorf("page 1: %v", p.Err)
			}
			if strings.Contains(name, "clusterfuzz") {
				want.photometric = tiff.Palette // Its ColorMap is damaged; libtiff then takes it for grey.
			}
			if want.comp == tiff.CompressionNone {
				want.multi = len(p.Strips) > 1 // libtiff chops one strip of uncompressed rows into several.
			}
			got := seen{p.Width, p.Height, p.Compression, p.Photometric, p.FillOrder, want.pages, want.multi}
			if got != want {
				t.Errorf("got %+v, libtiff sees %+v", got, want)
			}
			if !p.Tiled && len(p.Strips) > 1 != want.multi {
				t.Errorf("%d strips, libtiff sees several: %v", len(p.Strips), want.multi)
			}
			t.Logf("%vx%v dpi, warnings %q", p.XRes, p.YRes, f.Warnings)
		})
	}
}
