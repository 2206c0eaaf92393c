package codec

import (
	"image"

	"faxgate/codec/jpeg"
)

// jpegImage is a decoded JPEG whose samples have a meaning.
type jpegImage struct {
	planes  *jpeg.Planes
	colours jpeg.Colours
	stats   Stats // of a walk over its rows
}

// Bounds gives the size.
func (m *jpegImage) Bounds() image.Rectangle {
	return image.Rect(0, 0, m.planes.Width, m.planes.Height)
}

// grayRows reads shades.
func (m *jpegImage) grayRows() func(row []byte, y int) {
	rows, n := m.planes.Rows(), m.planes.Components()
	if m.colours.Lightness(n) {
		return func(row []byte, y int) {
			rows.First(row, y)
			m.colours.Gray(row, row, 1)
		}
	}
	samples := make([]byte, n*m.planes.Width)
	return func(row []byte, y int) {
		rows.Row(samples, y)
		m.colours.Gray(row, samples, n)
	}
}

// rgbRows reads colours.
func (m *jpegImage) rgbRows() func(row []byte, y int) {
	rows, n := m.planes.Rows(), m.planes.Components()
	samples := make([]byte, n*m.planes.Width)
	return func(row []byte, y int) {
		rows.Row(samples, y)
		m.colours.RGB(row, samples, n)
	}
}
