package tiff_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"faxgate/codec/tiff"
)

// seeds adds good files, a bad one and the small public ones.
func seeds(f *testing.F) {
	f.Helper()
	f.Add(sFile(f, 2))
	f.Add(fFile(f))
	c := newCraft(binary.BigEndian)
	c.odd()
	c.ifd(onePixel()...)
	f.Add(c.b)
	dir := corpusDir(f)
	for name := range manifest(f, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 10_000 {
			f.Add(data)
		}
	}
}

// FuzzOpen looks that what Open gives keeps its promises: strips within the file, sizes within the limits.
func FuzzOpen(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{MaxPages: 100})
		if err != nil {
			return
		}
		if len(file.Pages) == 0 || len(file.Pages) > 100 || len(file.Warnings) > 100 {
			t.Fatalf("%d pages, %d warnings", len(file.Pages), len(file.Warnings))
		}
		for _, p := range file.Pages {
			p.Profile()
			p.Text(tiff.TagSoftware)
			if p.Err != nil || p.Tiled {
				continue
			}
			if p.Width < 1 || p.Height < 1 || len(p.Strips) == 0 || p.XRes < 0 || p.YRes < 0 {
				t.Fatalf("page of %d×%d, %d strips, %v×%v dpi", p.Width, p.Height, len(p.Strips), p.XRes, p.YRes)
			}
			for i, s := range p.Strips {
				if s.Rows < 1 || s.Rows > p.Height || s.Size < 0 || s.Size > 0 && s.Offset+s.Size > int64(len(data)) {
					t.Fatalf("strip %d: %+v in a file of %d bytes", i, s, len(data))
				}
				if n, err := io.Copy(io.Discard, p.Strip(i)); n != s.Size || err != nil {
					t.Fatalf("strip %d: %d bytes of %d, %v", i, n, s.Size, err)
				}
			}
		}
	})
}

// FuzzCheck looks that Check comes to an end, with findings that a person can read.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Add(goodColour(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, profile := range []byte("SFJC") {
			found, err := tiff.Check(bytes.NewReader(data), int64(len(data)), profile)
			if err != nil {
				continue
			}
			for _, x := range found {
				if x.Rule == "" || x.Section == "" || x.Text == "" || x.Page < 0 {
					t.Fatalf("%+v", x)
				}
			}
		}
	})
}
