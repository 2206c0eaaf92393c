package jpeg_test

import (
	"bytes"
	"testing"

	fax "faxgate/codec/jpeg"
)

// FuzzDecode reads streams and tables that stand apart, and turns what comes out into colours. Whatever it is, the rows are
// as many and as long as the header says.
func FuzzDecode(f *testing.F) {
	coded := func(p fax.Params) []byte {
		var out bytes.Buffer
		e, err := fax.NewEncoder(&out, p)
		if err != nil {
			f.Fatal(err)
		}
		rgb := scene(p.Width, p.Height)
		for y := range p.Height {
			if err := e.Row(rgb[y*p.Width*p.Components:][:p.Width*p.Components]); err != nil {
				f.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			f.Fatal(err)
		}
		return out.Bytes()
	}
	lab := coded(fax.Params{Width: 37, Height: 21, Components: 3, Sampling: 2, Quality: 60, Segments: []fax.Segment{fax.FaxSegment(200)}})
	parts, err := fax.ReadParts(bytes.NewReader(lab))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(lab, []byte(nil), uint16(0))
	f.Add(coded(fax.Params{Width: 17, Height: 9, Components: 1, Quality: 30}), parts.Tables, uint16(9))
	f.Add(append([]byte{0xff, 0xd8}, append(parts.Frame, append(parts.Scan, lab[len(lab)-200:]...)...)...), parts.Tables, uint16(21))
	f.Add(pictured(f, true), parts.Tables, uint16(200))
	f.Fuzz(func(t *testing.T, data, tables []byte, height uint16) {
		h, err := fax.ReadHeader(bytes.NewReader(data))
		if err != nil || h.Supported() != nil {
			return
		}
		if h.Height == 0 {
			h.Height = int(height)
		}
		if h.Width*h.Height > 1<<16 {
			return
		}
		_, _ = fax.ReadParts(bytes.NewReader(data)) // It may not panic.
		p, err := fax.Decode(bytes.NewReader(data), fax.Options{Tables: tables, Height: int(height)})
		if err != nil {
			return
		}
		if p.Width != h.Width || p.Height != h.Height {
			t.Fatalf("%d by %d pixels, the header has %d by %d", p.Width, p.Height, h.Width, h.Height)
		}
		readAll(t, p, h)
	})
}

// readAll reads all rows by what the header says that they mean, also when put together of itself.
func readAll(t *testing.T, p *fax.Planes, h fax.Header) {
	t.Helper()
	meaning, n := h.Meaning(), p.Components()
	if n != len(h.Components) {
		t.Fatalf("%d components of %d", n, len(h.Components))
	}
	whole := fax.NewPlanes(p.Width+5, p.Height+3, p, meaning.White())
	if err := whole.Put(p, 0, 0); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*fax.Planes{p, whole} {
		rows := p.Rows()
		samples, rgb, gray := make([]byte, n*p.Width), make([]byte, 3*p.Width), make([]byte, p.Width)
		for y := range p.Height {
			rows.First(gray, y)
			rows.Row(samples, y)
			meaning.Gray(gray, samples, n)
			meaning.RGB(rgb, samples, n)
		}
	}
}
