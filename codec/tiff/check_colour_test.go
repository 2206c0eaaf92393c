package tiff_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"faxgate/codec/jpeg"
	"faxgate/codec/tiff"
)

// colourJPEG codes a page of profile C of the given components, without G3FAX if dpi is 0.
func colourJPEG(t testing.TB, width, height, components, sampling, dpi int) []byte {
	t.Helper()
	var out bytes.Buffer
	p := jpeg.Params{Width: width, Height: height, Components: components, Sampling: sampling, Quality: 75}
	if dpi > 0 {
		p.Segments = append(p.Segments, jpeg.FaxSegment(dpi))
	}
	e, err := jpeg.NewEncoder(&out, p)
	if err != nil {
		t.Fatal(err)
	}
	row := bytes.Repeat([]byte{200, 120, 100}[:components], width)
	for range height {
		if err := e.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// cFile is a file of profile C: a page in colour and one in grey, with the given streams.
func cFile(t testing.TB, colour, grey []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tiff.NewWriter(&out, 2)
	for i, data := range [][]byte{colour, grey} {
		p, err := w.Page(tiff.PageInfo{Profile: 'C', Samples: 3 - 2*i, Sampling: 2, Width: 864, Height: 40, XRes: 100, YRes: 100})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func goodColour(t testing.TB) []byte {
	return cFile(t, colourJPEG(t, 864, 40, 3, 2, 100), colourJPEG(t, 864, 40, 1, 1, 100))
}

// TestColourFile: nothing is found in what is written, and libtiff, which knows the fields, warns of nothing.
func TestColourFile(t *testing.T) {
	data := goodColour(t)
	if lines := check(t, data, 'C'); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
	f := open(t, data)
	if len(f.Pages) != 2 || f.Pages[0].Profile() != 'C' || f.Pages[1].Profile() != 'C' || len(f.Warnings) > 0 {
		t.Errorf("%d pages, %q", len(f.Pages), f.Warnings)
	}
	want := []float64{0, 100, -21760.0 / 255, 21590.0 / 255, -19200.0 / 255, 31800.0 / 255}
	for i, v := range f.Pages[0].Reals(tiff.TagDecode) {
		if v != want[i] {
			t.Errorf("Decode %d is %g", i, v)
		}
	}
	if f.Pages[1].Has(tiff.TagGlobalParametersIFD) || !f.Pages[0].Has(tiff.TagGlobalParametersIFD) {
		t.Error("the parameters of the file belong into the first directory")
	}
	if p := f.Pages[1]; p.NextIFD != 0 || f.Pages[0].Strips[0].Offset < f.Pages[0].IFDOffset {
		t.Error("the directories do not stand before their strips")
	}
}

// TestCheckColour breaks one thing at a time.
func TestCheckColour(t *testing.T) {
	colour, grey := colourJPEG(t, 864, 40, 3, 2, 100), colourJPEG(t, 864, 40, 1, 1, 100)
	edit := func(change func(b []byte) []byte) []byte { return cFile(t, change(bytes.Clone(colour)), grey) }
	field := func(change func(b []byte)) []byte {
		b := goodColour(t)
		change(b)
		return b
	}
	set := func(tag tiff.Tag, v uint32) []byte { return field(func(b []byte) { setValue(t, b, 0, tag, v) }) }
	for _, tt := range []struct {
		name  string
		data  []byte
		most  int
		words []string
	}{
		{"photometric", set(tiff.TagPhotometric, tiff.YCbCr), 1, []string{"page 1", "6.2.1", "is 10"}},
		{"compression", set(tiff.TagCompression, 1), 1, []string{"6.2.1", "Compression is 7"}},
		{"sampling of the fields", set(tiff.TagChromaSubSampling, 1|1<<16), 1, []string{"6.2.2", "sampled 2,2, ChromaSubSampling is 1,1"}},
		{"sampling of the stream", cFile(t, colourJPEG(t, 864, 40, 3, 1, 100), grey), 1, []string{"6.2.2", "sampled 1,1, ChromaSubSampling is 2,2"}},
		{"unequal sampling", set(tiff.TagChromaSubSampling, 2|1<<16), 2, []string{"2,2 or 1,1"}},
		{"positioning", set(tiff.TagChromaPositioning, 2), 1, []string{"ChromaPositioning is 1"}},
		{"unit", set(tiff.TagResolutionUnit, 3), 3, []string{"ResolutionUnit is 2"}},
		{"width", set(tiff.TagImageWidth, 860), 2, []string{"6.2.1", "ImageWidth is 860"}},
		{"size of the stream", cFile(t, colourJPEG(t, 864, 32, 3, 2, 100), grey), 1, []string{"864 by 32 pixels, the fields say 864 by 40"}},
		{"components", cFile(t, grey, grey), 1, []string{"has 1, SamplesPerPixel is 3"}},
		{"no Decode", field(func(b []byte) { remove(t, b, 0, tiff.TagDecode) }), 9, []string{"(recommended)", "Decode (433) is missing"}},
		{"type of Decode", field(func(b []byte) { binary.LittleEndian.PutUint16(entryOf(t, b, 0, tiff.TagDecode)[2:], 5) }), 2, []string{"Decode is SRATIONAL"}},
		{"count of Decode", field(func(b []byte) { binary.LittleEndian.PutUint32(entryOf(t, b, 0, tiff.TagDecode)[4:], 2) }), 1, []string{"count of 2 instead of 6"}},
		{"another gamut", field(func(b []byte) {
			at := binary.LittleEndian.Uint32(entryOf(t, b, 0, tiff.TagDecode)[8:])
			binary.LittleEndian.PutUint32(b[at+8:], 90) // L* up to 90
		}), 1, []string{"6.2.3", "Decode is the gamut"}},
		{"no G3FAX", cFile(t, colourJPEG(t, 864, 40, 3, 2, 0), grey), 1, []string{"T.4 annex E", "begins with the marker G3FAX"}},
		{"resolution in G3FAX", cFile(t, colourJPEG(t, 864, 40, 3, 2, 200), grey), 1, []string{"has 200 dots per inch, XResolution is 100"}},
		{"G3FAX comes later", edit(func(b []byte) []byte {
			return append(append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, 4, 'h', 'i'}, b[2:]...), 0)
		}), 1, []string{"right behind the start marker"}},
		{"JFIF", edit(func(b []byte) []byte {
			jfif := append([]byte{0xff, 0xe0, 0, 16}, "JFIF\x00\x01\x02\x01\x00\x64\x00\x64\x00\x00"...)
			return append(append(bytes.Clone(b[:16]), jfif...), b[16:]...)
		}), 1, []string{"(recommended)", "neither JFIF's nor Adobe's"}},
		{"extended", edit(func(b []byte) []byte {
			return bytes.Replace(b, []byte{0xff, 0xc0, 0, 17}, []byte{0xff, 0xc1, 0, 17}, 1)
		}), 1, []string{"frame header ff c1"}},
		{"12 bits", edit(func(b []byte) []byte {
			return bytes.Replace(b, []byte{0xff, 0xc0, 0, 17, 8}, []byte{0xff, 0xc0, 0, 17, 12}, 1)
		}), 1, []string{"samples of 12 bits"}},
		{"cut short", edit(func(b []byte) []byte { return b[:len(b)-40] }), 2, []string{"end marker"}},
		{"cut shorter", edit(func(b []byte) []byte { return b[:len(b)-40] }), 2, []string{"cannot be decoded"}},
		{"cut in the header", edit(func(b []byte) []byte { return b[:100] }), 1, []string{"whole header"}},
		{"no JPEG", edit(func(b []byte) []byte { return bytes.Repeat([]byte{7}, 100) }), 1, []string{"starts with 07 07"}},
		{"grey page", cFile(t, colour, colourJPEG(t, 864, 40, 1, 1, 0)), 1, []string{"page 2", "begins with the marker G3FAX"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wants(t, check(t, tt.data, 'C'), tt.most, tt.words...) })
	}
}
