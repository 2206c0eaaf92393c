package ccitt

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	xccitt "golang.org/x/image/ccitt"
)

// benchPage is ITU test page 4, dense text, where the corpus is at hand, or a
// made-up page.
func benchPage(b *testing.B) (page []byte, width, height int) {
	b.Helper()
	dir := os.Getenv("FAXGATE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	data, err := os.ReadFile(filepath.Join(dir, "itu", "itu4.g4.tif"))
	if err != nil {
		return testPage("text", 1728, 2200), 1728, 2200
	}
	p := readTIFF(b, data)[0]
	page, _ = decodePage(b, p)
	return page, p.width, p.height
}

var benchForms = []form{
	{"MH", Params{Coding: MH, EOL: true}, 3, 0},
	{"MR", Params{Coding: MR, K: 4}, 3, 1},
	{"MMR", Params{Coding: MMR}, 4, -1},
}

func BenchmarkDecode(b *testing.B) {
	page, width, height := benchPage(b)
	d := NewDecoder(Limits{})
	row := make([]byte, (width+7)/8)
	for _, f := range benchForms {
		f.p.Width, f.p.Rows = width, height
		data := encode(b, NewEncoder(), f.p, page)
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Reset(bytes.NewReader(data), f.p); err != nil {
					b.Fatal(err)
				}
				for c, err := d.NextRow(); err == nil; c, err = d.NextRow() {
					Paint(row, c)
				}
			}
		})
	}
}

// BenchmarkXImage is the measure: x/image/ccitt on the same data.
func BenchmarkXImage(b *testing.B) {
	page, width, height := benchPage(b)
	for _, f := range benchForms {
		if f.p.Coding == MR {
			continue
		}
		f.p.Width, f.p.Rows = width, height
		data := encode(b, NewEncoder(), f.p, page)
		sub := xccitt.Group3
		if f.p.Coding == MMR {
			sub = xccitt.Group4
		}
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := io.Copy(io.Discard, xccitt.NewReader(bytes.NewReader(data), xccitt.MSB, sub, width, height, nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	page, width, height := benchPage(b)
	e := NewEncoder()
	stride := (width + 7) / 8
	for _, f := range benchForms {
		f.p.Width, f.p.Rows = width, height
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Reset(io.Discard, f.p); err != nil {
					b.Fatal(err)
				}
				for at := 0; at < len(page); at += stride {
					if err := e.PutRow(page[at : at+stride]); err != nil {
						b.Fatal(err)
					}
				}
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRecode is MH to MMR without a bitmap.
func BenchmarkRecode(b *testing.B) {
	page, width, height := benchPage(b)
	e, d := NewEncoder(), NewDecoder(Limits{})
	from, to := Params{Coding: MH, EOL: true, Width: width, Rows: height}, Params{Coding: MMR, Width: width}
	data := encode(b, e, from, page)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Reset(bytes.NewReader(data), from); err != nil {
			b.Fatal(err)
		}
		if err := e.Reset(io.Discard, to); err != nil {
			b.Fatal(err)
		}
		for c, err := d.NextRow(); err == nil; c, err = d.NextRow() {
			if err := e.PutChanges(c); err != nil {
				b.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	page, width, _ := benchPage(b)
	stride := (width + 7) / 8
	var c Changes
	for b.Loop() {
		for at := 0; at < len(page); at += stride {
			c = Scan(c, page[at:at+stride], width)
		}
	}
}
