package jbig

import (
	"bytes"
	"io"
	"testing"
)

type benchPage struct {
	name string
	page bitmap
}

// benchPages are what a JBIG fax sends: text, where the time goes to the edges, and a screen, where it goes everywhere.
func benchPages() []benchPage {
	const width, height = 1728, 2200
	return []benchPage{
		{"strokes", strokes(width, height)},
		{"dots", dots(8, width, height)},
		{"noise", noise(width, height, 0.3)},
		{"white", noise(width, height, 0)},
	}
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder()
	for _, tt := range benchPages() {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				put(b, e, io.Discard, Params{Width: tt.page.width, Height: tt.page.height}, tt.page)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	d, src := NewDecoder(Limits{}), bytes.NewReader(nil)
	for _, tt := range benchPages() {
		data := encode(b, Params{Width: tt.page.width, Height: tt.page.height}, tt.page)
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(data)
				if err := d.Reset(src); err != nil {
					b.Fatal(err)
				}
				for err := error(nil); err == nil; {
					_, err = d.NextRow()
				}
			}
		})
	}
}
