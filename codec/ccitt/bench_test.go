package ccitt

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"faxgate/codec/bench/pages"
)

// The cases are those of codec/bench, which measures beside C libraries; here
// the measure is x/image/ccitt: compare BenchmarkXImage with BenchmarkDecode.

// drawnPages keeps the pages from benchmark to benchmark.
var drawnPages = map[string]pages.Page{}

// eachBench calls f for each page; name is the page's and its width.
func eachBench(b *testing.B, f func(b *testing.B, p pages.Page)) {
	b.Helper()
	for _, s := range pages.Sizes() {
		for _, k := range pages.Kinds() {
			name := fmt.Sprintf("%s/%d", k, s.Width)
			b.Run(name, func(b *testing.B) {
				p, ok := drawnPages[name]
				if !ok {
					p = pages.Draw(k, s)
					drawnPages[name] = p
				}
				b.SetBytes(int64(len(p.Bits)))
				b.ReportAllocs()
				b.ResetTimer()
				f(b, p)
			})
		}
	}
}

// benchParams are those of codec/bench: EOLs in MH, K = 4.
func benchParams(f form, p pages.Page) Params {
	f.p.K, f.p.Width, f.p.Rows = 4, p.Width, p.Height
	return f.p
}

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(Limits{})
	for _, f := range benchForms {
		b.Run(f.name, func(b *testing.B) {
			eachBench(b, func(b *testing.B, p pages.Page) {
				params := benchParams(f.form, p)
				data := encode(b, NewEncoder(), params, p.Bits)
				bits := make([]byte, len(p.Bits))
				src := bytes.NewReader(data)
				for b.Loop() {
					src.Reset(data)
					if err := d.Reset(src, params); err != nil {
						b.Fatal(err)
					}
					at := 0
					for c, err := d.NextRow(); err == nil; c, err = d.NextRow() {
						Paint(bits[at:at+p.Stride()], c)
						at += p.Stride()
					}
				}
				if !bytes.Equal(bits, p.Bits) {
					b.Error("other pixels")
				}
			})
		})
	}
}

// BenchmarkXImage is the measure: x/image/ccitt on the same data, where it can
// read it.
func BenchmarkXImage(b *testing.B) {
	for _, f := range benchForms {
		if f.p.Coding == MR {
			continue
		}
		b.Run(f.name, func(b *testing.B) {
			eachBench(b, func(b *testing.B, p pages.Page) {
				params := benchParams(f.form, p)
				data := encode(b, NewEncoder(), params, p.Bits)
				for b.Loop() {
					if got, err := ximage(data, params); err != nil || !bytes.Equal(got, p.Bits) {
						b.Fatalf("other pixels, error %v", err)
					}
				}
			})
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder()
	for _, f := range benchForms {
		b.Run(f.name, func(b *testing.B) {
			eachBench(b, func(b *testing.B, p pages.Page) {
				params := benchParams(f.form, p)
				for b.Loop() {
					if err := e.Reset(io.Discard, params); err != nil {
						b.Fatal(err)
					}
					for y := range p.Height {
						if err := e.PutRow(p.Row(y)); err != nil {
							b.Fatal(err)
						}
					}
					if err := e.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkRecode is MH to MMR without a bitmap.
func BenchmarkRecode(b *testing.B) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	eachBench(b, func(b *testing.B, p pages.Page) {
		from, to := benchParams(benchForms[0].form, p), benchParams(benchForms[2].form, p)
		data := encode(b, e, from, p.Bits)
		src := bytes.NewReader(data)
		for b.Loop() {
			src.Reset(data)
			if err := d.Reset(src, from); err != nil {
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
	})
}

// BenchmarkScan is what of encoding is finding the changes.
func BenchmarkScan(b *testing.B) {
	var c Changes
	eachBench(b, func(b *testing.B, p pages.Page) {
		for b.Loop() {
			for y := range p.Height {
				c = Scan(c, p.Row(y), p.Width)
			}
		}
	})
}
