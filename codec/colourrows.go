package codec

import (
	"image"
	"image/color"
	"iter"
)

// tripled makes rows of three bytes per pixel of rows of grey.
func tripled(rows iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var out []byte
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			out = out[:0]
			for _, v := range row {
				out = append(out, v, v, v)
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// rgbRows gives a function that fills in row y of the picture as red, green and blue on white paper.
func rgbRows(img raster) func(row []byte, y int) {
	b := img.Bounds()
	switch m := img.(type) {
	case *jpegImage:
		return m.rgbRows()
	case *image.Gray, *image.Gray16:
		gray, shades := grayRows(img), make([]byte, b.Dx())
		return func(row []byte, y int) {
			gray(shades, y)
			for x, v := range shades {
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
		}
	case *image.RGBA:
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range b.Dx() {
				p := pix[4*x : 4*x+4]
				white := 255 - p[3] // Premultiplied: what is missing is white.
				row[3*x], row[3*x+1], row[3*x+2] = p[0]+white, p[1]+white, p[2]+white
			}
		}
	case *image.NRGBA:
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range b.Dx() {
				p := pix[4*x : 4*x+4]
				row[3*x], row[3*x+1], row[3*x+2] = onWhite(p[0], p[3]), onWhite(p[1], p[3]), onWhite(p[2], p[3])
			}
		}
	case *image.Paletted:
		return paletteRows(m)
	}
	return func(row []byte, y int) {
		for x := range b.Dx() {
			row[3*x], row[3*x+1], row[3*x+2] = rgbOfColour(img.(image.Image).At(b.Min.X+x, y))
		}
	}
}

func paletteRows(m *image.Paletted) func(row []byte, y int) {
	var table [256][3]byte
	for i, c := range m.Palette[:min(len(m.Palette), len(table))] {
		table[i][0], table[i][1], table[i][2] = rgbOfColour(c)
	}
	return func(row []byte, y int) {
		pix := m.Pix[m.PixOffset(m.Rect.Min.X, y):]
		for x := range m.Rect.Dx() {
			copy(row[3*x:3*x+3], table[pix[x]][:])
		}
	}
}

// rgbOfColour puts a colour on white paper.
func rgbOfColour(c color.Color) (r, g, b byte) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return onWhite(n.R, n.A), onWhite(n.G, n.A), onWhite(n.B, n.A)
}
