package codec

import (
	"bufio"
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"io"

	"faxgate/codec/tiff"
)

// isJPEGStrips says whether a page is YCbCr JPEG in strips (TIFF Technical Note 2), which the library does not read.
func isJPEGStrips(t *tiff.Page) bool {
	return t.Compression == tiff.CompressionJPEG && t.Photometric == tiff.YCbCr && !t.Tiled && len(t.Strips) > 0 && t.SamplesPerPixel == 3
}

// jpegStrips decodes the strips of such a page, each a JPEG file of its own but for the tables that all share.
func jpegStrips(t *tiff.Page) (image.Image, error) {
	var tables []byte
	if t.Has(tiff.TagJPEGTables) {
		b, err := t.Bytes(tiff.TagJPEGTables)
		if err != nil || len(b) < 4 {
			return nil, errorf("read", ErrDamaged, "the page's JPEG tables are damaged")
		}
		tables = b[:len(b)-2] // Without the end marker.
	}
	page := image.NewRGBA(image.Rect(0, 0, t.Width, t.Height))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	y := 0
	for i, s := range t.Strips {
		strip, err := jpegStrip(t, i, tables)
		if err != nil {
			return nil, err
		}
		draw.Draw(page, image.Rect(0, y, t.Width, y+s.Rows), strip, strip.Bounds().Min, draw.Src)
		y += s.Rows
	}
	return page, nil
}

func jpegStrip(t *tiff.Page, i int, tables []byte) (image.Image, error) {
	stream := func() io.Reader {
		r := t.Strip(i)
		if tables == nil {
			return bufio.NewReader(r)
		}
		// The strip's own start marker would stand in the middle.
		return bufio.NewReader(io.MultiReader(bytes.NewReader(tables), io.NewSectionReader(r, 2, r.Size())))
	}
	if jpegSegments(stream(), &Page{}) {
		return nil, errorf("read", ErrUnsupported, "progressive JPEG in TIFF is not yet readable here: save the page as PDF or JPEG")
	}
	config, err := jpeg.DecodeConfig(stream())
	if err == nil && (config.Width != t.Width || config.Height < 1 || config.Height > t.RowsPerStrip+16) {
		return nil, errorf("read", ErrDamaged, "strip %d is %d by %d pixels in a page of %d by %d", i+1, config.Width, config.Height, t.Width, t.Height)
	}
	if err != nil {
		return nil, errorf("read", ErrDamaged, "strip %d: %w", i+1, err)
	}
	img, err := jpeg.Decode(stream())
	if err != nil {
		return nil, errorf("read", ErrDamaged, "strip %d: %w", i+1, err)
	}
	return img, nil
}
