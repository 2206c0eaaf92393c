package jbig

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func benchPages(b *testing.B) map[string]bitmap {
	m := map[string]bitmap{}
	files, _ := filepath.Glob("/work/tmp/jbig/[fbc]*.pbm")
	more, _ := filepath.Glob("/work/shared/corpus/itu/*.pbm")
	for _, f := range append(files, more...) {
		data, _ := os.ReadFile(f)
		m[filepath.Base(f)] = readPBM(b, data)
	}
	return m
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder()
	for n, p := range benchPages(b) {
		b.Run(n, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Reset(io.Discard, Params{Width: p.width, Height: p.height})
				for y := range p.height {
					e.PutRow(p.row(y))
				}
				e.Close()
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(Limits{})
	for n, p := range benchPages(b) {
		data := encode(b, Params{Width: p.width, Height: p.height}, p)
		b.Run(n, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(bytes.NewReader(data))
				for {
					if _, err := d.NextRow(); err != nil {
						break
					}
				}
			}
		})
	}
}
