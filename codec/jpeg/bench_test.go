package jpeg_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"

	fax "faxgate/codec/jpeg"
)

// Pixels of a page of A4 at 200 dots per inch.
const benchWidth, benchHeight = 1728, 2339

// BenchmarkEncode turns a page of sRGB into CIELAB and codes it; beside it is what the standard library takes for a page of
// YCbCr that is in memory, at the same quality.
func BenchmarkEncode(b *testing.B) {
	rgb := scene(benchWidth, benchHeight)
	b.Run("ITULAB", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(rgb)))
		lab, row := fax.NewLab(fax.DefaultGamut(), fax.D50), make([]byte, 3*benchWidth)
		for b.Loop() {
			e, err := fax.NewEncoder(io.Discard, fax.Params{Width: benchWidth, Height: benchHeight, Components: 3, Sampling: 2, Quality: 90})
			if err != nil {
				b.Fatal(err)
			}
			for y := range benchHeight {
				lab.FromRGB(row, rgb[y*len(row):][:len(row)])
				if err := e.Row(row); err != nil {
					b.Fatal(err)
				}
			}
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	img := image.NewYCbCr(image.Rect(0, 0, benchWidth, benchHeight), image.YCbCrSubsampleRatio420)
	for y := range benchHeight {
		for x := range benchWidth {
			c := rgb[3*(y*benchWidth+x):]
			i, j := img.YOffset(x, y), img.COffset(x, y)
			img.Y[i], img.Cb[j], img.Cr[j] = color.RGBToYCbCr(c[0], c[1], c[2])
		}
	}
	b.Run("image-jpeg", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(rgb)))
		for b.Loop() {
			if err := jpeg.Encode(io.Discard, img, &jpeg.Options{Quality: 90}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecode reads a page of profile C to sRGB.
func BenchmarkDecode(b *testing.B) {
	rgb := scene(benchWidth, benchHeight)
	lab, row := fax.NewLab(fax.DefaultGamut(), fax.D50), make([]byte, 3*benchWidth)
	var out bytes.Buffer
	e, err := fax.NewEncoder(&out, fax.Params{Width: benchWidth, Height: benchHeight, Components: 3, Sampling: 2, Quality: 90})
	if err != nil {
		b.Fatal(err)
	}
	for y := range benchHeight {
		lab.FromRGB(row, rgb[y*len(row):][:len(row)])
		if err := e.Row(row); err != nil {
			b.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(rgb)))
	for b.Loop() {
		p, err := fax.Decode(bytes.NewReader(out.Bytes()), fax.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows := p.Rows()
		samples := make([]byte, len(row))
		for y := range p.Height {
			rows.Row(samples, y)
			lab.ToRGB(row, samples)
		}
	}
}
