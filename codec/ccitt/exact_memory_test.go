package ccitt

import (
	"bytes"
	"io"
	"testing"

	"faxgate/codec/bench/pages"
)

// TestNothingAllocated codes and decodes each page with memory that an encoder
// and a decoder have from the page before.
func TestNothingAllocated(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, k := range pages.Kinds() {
		p := pages.DrawBand(k, pages.Sizes()[0], 1000, 200)
		row := make([]byte, p.Stride())
		for _, f := range benchForms {
			f.p.Width, f.p.Rows = p.Width, p.Height
			data := encode(t, e, f.p, p.Bits)
			if n := testing.AllocsPerRun(3, func() { putRows(t, e, f.p, p) }); n != 0 {
				t.Errorf("%s %s: %v allocations to encode", k, f.name, n)
			}
			src := bytes.NewReader(data)
			if n := testing.AllocsPerRun(3, func() {
				src.Reset(data)
				if d.Reset(src, f.p) != nil {
					t.Error("reset fails")
				}
				for c, err := d.NextRow(); err == nil; c, err = d.NextRow() {
					Paint(row, c)
				}
			}); n != 0 || d.Stats().Rows != p.Height {
				t.Errorf("%s %s: %v allocations to decode %d rows", k, f.name, n, d.Stats().Rows)
			}
		}
	}
}

func putRows(t testing.TB, e *Encoder, params Params, p pages.Page) {
	if err := e.Reset(io.Discard, params); err != nil {
		t.Fatal(err)
	}
	for y := range p.Height {
		if err := e.PutRow(p.Row(y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
