package codec

import (
	"context"
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

// scaledColours yields the rows of a page in another size as red, green and blue.
func scaledColours(ctx context.Context, p Page, width, height int) iter.Seq2[[]byte, error] {
	if src, ok := p.src.(drawnSource); ok {
		return timed(ctx, p, src.renderRGB(ctx, width, height, 0))
	}
	return scaledRGB(p.RGB(ctx), p.Width, p.Height, width, height)
}

// rgbPicture makes image/png write red, green and blue of rows of three bytes for each pixel.
type rgbPicture struct{ *rowPicture }

func (p rgbPicture) Bounds() image.Rectangle { return image.Rect(0, 0, p.width/3, p.height) }

func (p rgbPicture) ColorModel() color.Model { return color.RGBAModel }

// Opaque lets the encoder leave the opacity out.
func (p rgbPicture) Opaque() bool { return true }

func (p rgbPicture) At(x, y int) color.Color {
	c := p.row(y)[3*x:]
	return color.RGBA{c[0], c[1], c[2], 255}
}
