package codec

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/tiff"
)

// corpusDir gives the shared corpus; a machine without it cannot run the tests that need it.
func corpusDir(t *testing.T) string {
	dir := os.Getenv("FAXGATE_CORPUS")
	if dir == "" {
		dir = "../../shared/corpus"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the shared corpus is not here: %v", err)
	}
	return dir
}

// differs reads testdata/differs.tsv: the pages that libtiff reads worse than we do, each with libtiff's fault.
func differs(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/differs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, fault, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(name, "#") {
			all[name] = fault
		}
	}
	return all
}

// TestCorpus compares Info with libtiff on each CCITT page of the shared corpus.
func TestCorpus(t *testing.T) {
	dir := corpusDir(t)
	known := differs(t)
	if len(known) > 5 {
		t.Errorf("testdata/differs.tsv has %d entries, at most 5 are allowed", len(known))
	}
	pages := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(strings.ToLower(filepath.Ext(path)), ".tif") {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		pages += compareCorpusFile(t, path, name, known)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 25 {
		t.Errorf("only %d CCITT pages were compared", pages)
	}
}

func compareCorpusFile(t *testing.T, path, name string, known map[string]string) (pages int) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := Info(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return 0
	}
	for i, p := range info.Pages {
		if p.Coding != "MH" && p.Coding != "MR" && p.Coding != "MMR" {
			continue
		}
		pages++
		key := fmt.Sprintf("%s:%d", name, i)
		want, judge := libtiffPixels(t, path, i)
		switch _, excused := known[key]; {
		case p.Pixels == want && excused:
			t.Errorf("%s: the same as libtiff's, but listed in differs.tsv", key)
		case p.Pixels != want && !excused:
			t.Errorf("%s: %d×%d %s, %d rows, %d bad, error %q: pixels differ from libtiff's (%s)", key, p.Width, p.Height, p.Coding, p.Rows, p.BadRows, p.Error, judge)
		}
	}
	return pages
}

// libtiffPixels gives the hash of a page as libtiff decodes it, and what it said.
func libtiffPixels(t *testing.T, path string, page int) (hash, said string) {
	out := filepath.Join(t.TempDir(), "page.tif")
	words, err := exec.Command("tiffcp", "-i", "-c", "none", fmt.Sprintf("%s,%d", path, page), out).CombinedOutput()
	said = fmt.Sprintf("%v, %.200q", err, words)
	data, err := os.ReadFile(out)
	if err != nil {
		return "", said
	}
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		return "", said + err.Error()
	}
	return uncompressedHash(f.Pages[0]), said
}

// uncompressedHash hashes the strips of an uncompressed bilevel page, 1 = black.
func uncompressedHash(p *tiff.Page) string {
	h := sha256.New()
	row := make([]byte, (p.Width+7)/8)
	for i := range p.Strips {
		r := p.Strip(i)
		for range p.Strips[i].Rows {
			if _, err := io.ReadFull(r, row); err != nil {
				break
			}
			for j := range row {
				if p.FillOrder == 2 {
					row[j] = reversed(row[j])
				}
				if p.Photometric == tiff.BlackIsZero {
					row[j] = ^row[j]
				}
			}
			if n := p.Width % 8; n != 0 {
				row[len(row)-1] &= 0xff << (8 - n)
			}
			h.Write(row)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func reversed(b byte) byte {
	var v byte
	for i := range 8 {
		v |= b >> i & 1 << (7 - i)
	}
	return v
}
