package selftest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"

	"faxgate/gateway"
)

// file is a document to fax.
type file = gateway.File

// letterOf is a text to fax.
func letterOf(text string) file {
	return documentOf("letter.txt", []byte(text))
}

// noise is a fax of pages full of dots, which no fax coding makes small: about 400 kB each in a mail.
func noise(pages int) (file, error) {
	var list []sheet
	for n := range pages {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		s := draw(1728, 2287, n)
		for _, row := range s.rows[200:1000] {
			for x := range row[8 : len(row)-8] {
				row[8+x] = byte(r.Uint32())
			}
		}
		list = append(list, s)
	}
	b, err := layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true}.file(list...)
	return documentOf("dots.tif", b), err
}

// picture is a page in colour.
func picture() (file, error) {
	b, err := picturePNG()
	return documentOf("picture.png", b), err
}

func picturePNG() ([]byte, error) {
	const width, height = 850, 1100
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{byte(x * 255 / width), byte(y * 255 / height), 128, 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

func documentOf(name string, b []byte) file {
	return file{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}
