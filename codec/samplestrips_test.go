package codec

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"time"
)

// samplesTIFF is a deflated TIFF file of 8-bit samples in one strip.
func samplesTIFF(t *testing.T, width, height, samples, photometric, predictor uint32, pix []byte) []byte {
	t.Helper()
	pix = bytes.Clone(pix)
	stride := int(width * samples)
	for y := 0; predictor == 2 && y < int(height); y++ {
		row := pix[y*stride:][:stride]
		for i := stride - 1; i >= int(samples); i-- {
			row[i] -= row[i-int(samples)]
		}
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(pix); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// A list of one value is continued with it.
	return tiffFile([][4]uint32{
		{256, 4, 1, width},
		{257, 4, 1, height},
		{258, 3, 1, 8},
		{259, 3, 1, 8},
		{262, 3, 1, photometric},
		{273, 4, 1, 0},
		{277, 3, 1, samples},
		{278, 4, 1, height},
		{279, 4, 1, uint32(b.Len())},
		{317, 3, 1, predictor},
	}, b.Bytes())
}

// TestSampleStrips: grey and RGB come out as they went in, with and without predictor.
func TestSampleStrips(t *testing.T) {
	const width, height = 37, 11
	for _, tt := range []struct {
		name                            string
		samples, photometric, predictor uint32
	}{
		{"RGB", 3, 2, 1},
		{"RGB, predictor", 3, 2, 2},
		{"grey, predictor", 1, 1, 2},
		{"grey, white is zero", 1, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pix := make([]byte, width*height*tt.samples)
			for i := range pix {
				pix[i] = byte(i * i / 7)
			}
			doc, err := open(t, samplesTIFF(t, width, height, tt.samples, tt.photometric, tt.predictor, pix))
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range doc.Pages(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				y := 0
				for row, err := range p.Gray(context.Background()) {
					if err != nil {
						t.Fatal(err)
					}
					for x, got := range row {
						s := pix[(y*width+x)*int(tt.samples):]
						want := s[0]
						switch {
						case tt.samples == 3:
							want = luma(s[0], s[1], s[2])
						case tt.photometric == 0:
							want = ^s[0]
						}
						if got != want {
							t.Fatalf("pixel %d, %d is %d, want %d", x, y, got, want)
						}
					}
					y++
				}
				if y != height {
					t.Errorf("%d rows", y)
				}
			}
		})
	}
}

// TestSampleStripsCutShort: a picture of which a part is missing is an error, as in other pictures.
func TestSampleStripsCutShort(t *testing.T) {
	doc, err := open(t, samplesTIFF(t, 40, 40, 3, 2, 1, make([]byte, 40*20*3)))
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, rowErr := range p.Gray(context.Background()) {
			err = rowErr
		}
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "after 20 rows") {
			t.Errorf("got %v", err)
		}
	}
}

// TestStripsOfAnotherSize: a JPEG file in a TIFF file is not decoded when it is larger than its strip.
func TestStripsOfAnotherSize(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 640)), nil); err != nil {
		t.Fatal(err)
	}
	data := tiffFile([][4]uint32{
		{256, 4, 1, 64}, {257, 4, 1, 64}, {258, 3, 1, 8}, {259, 3, 1, 7}, {262, 3, 1, 1}, {273, 4, 1, 0}, {277, 3, 1, 1}, {278, 4, 1, 64}, {279, 4, 1, uint32(b.Len())},
	}, b.Bytes())
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range doc.Pages(context.Background()) {
		if err == nil || !strings.Contains(err.Error(), "640 by 640 pixels in a page of 64 by 64") {
			t.Errorf("got %v", err)
		}
	}
}

// TestLargePicturesTakeTurns: while one large picture is in memory, no other is decoded.
func TestLargePicturesTakeTurns(t *testing.T) {
	large := make(turn, 1)
	flat := func() (raster, error) { return image.NewUniform(color.White), nil }
	first := &picture{size: largePicture, large: large, decode: flat}
	second := &picture{size: largePicture, large: large, decode: flat}
	if _, err := first.picture(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := second.picture(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("two at a time: %v", err)
	}
	small := &picture{size: largePicture - 1, large: large, decode: flat}
	if _, err := small.picture(ctx); err != nil {
		t.Errorf("a small one waits: %v", err)
	}
	first.release()
	if _, err := second.picture(context.Background()); err != nil {
		t.Error(err)
	}
	second.release()
	broken := &picture{size: largePicture, large: large, decode: func() (raster, error) { return nil, ErrDamaged }}
	if _, err := broken.picture(context.Background()); !errors.Is(err, ErrDamaged) || len(large) != 0 {
		t.Errorf("%v, and the turn is kept", err)
	}
}

// TestManyScans: a progressive picture that would be gone over a thousand times is not.
func TestManyScans(t *testing.T) {
	scan := []byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00")
	data := []byte("\xff\xd8\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00")
	if _, err := open(t, append(data, bytes.Repeat(scan, 10)...)); err != nil {
		t.Errorf("ten scans: %v", err)
	}
	if _, err := open(t, append(data, bytes.Repeat(scan, 1000)...)); !errors.Is(err, ErrTooComplex) {
		t.Errorf("a thousand: %v", err)
	}
}
