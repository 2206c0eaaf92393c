package codec

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"faxgate/codec/pdf"
)

// picturePDF shows a black picture, in a form or not; the coded data is as small as it says.
func picturePDF(t *testing.T, width, height int, depth string, octets int, inForm bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(make([]byte, octets)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	image := stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d%s/Filter/FlateDecode", width, height, depth), b.String())
	draw, resources := "500 0 0 700 40 40 cm /I Do", "/Resources<</XObject<</I 5 0 R>>>>"
	content := stream("", draw)
	form := stream("/Type/XObject/Subtype/Form/BBox[0 0 600 850]"+resources, draw)
	if inForm {
		content, resources = stream("", "/F Do"), "/Resources<</XObject<</F 6 0 R>>>>"
	}
	return pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"+resources+">>", content, image, form)
}

// TestPDFPictures: a picture that there is no memory for is an error and no empty page; others are drawn.
func TestPDFPictures(t *testing.T) {
	const rgb, bilevel = "/ColorSpace/DeviceRGB/BitsPerComponent 8", "/ColorSpace/DeviceGray/BitsPerComponent 1"
	for _, tt := range []struct {
		name          string
		width, height int
		depth         string
		octets        int
		inForm, drawn bool
	}{
		{"colour of 20000×20000", 20_000, 20_000, rgb, 1 << 20, false, false},
		{"the same in a form", 20_000, 20_000, rgb, 1 << 20, true, false},
		{"bilevel of 14000×10000", 14_000, 10_000, bilevel, 1750 * 10_000, false, true},
		{"colour of 1000×1000", 1000, 1000, rgb, 3_000_000, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := openPDFWith(t, picturePDF(t, tt.width, tt.height, tt.depth, tt.octets, tt.inForm), func(*pdf.WorkerOptions) {})
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range doc.Pages(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				black := 0
				for row, rowErr := range p.Gray(context.Background()) {
					err = rowErr
					black += bytes.Count(row, []byte{0})
				}
				switch {
				case tt.drawn && (err != nil || black < p.Width*p.Height/2):
					t.Errorf("%d black pixels, %v", black, err)
				case !tt.drawn && (!errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "20000 by 20000 pixels")):
					t.Errorf("%d black pixels, %v", black, err)
				}
			}
		})
	}
}
