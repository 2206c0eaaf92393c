package codec

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"golang.org/x/image/tiff"
)

// collect reads all grey rows of a document's only page.
func collect(t *testing.T, data []byte) (Page, [][]byte) {
	t.Helper()
	doc, err := NewOpener(OpenerOptions{}).Open(t.Context(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	var page Page
	var rows [][]byte
	for p, err := range doc.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		page = p
		for row, err := range p.Gray(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, bytes.Clone(row))
		}
	}
	return page, rows
}

// TestReadsWhatTheOtherGoLibraryWrites: golang.org/x/image/tiff is the second writer, uncompressed and with Deflate.
func TestReadsWhatTheOtherGoLibraryWrites(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 333, 77))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7 % 256)
	}
	for _, c := range []tiff.CompressionType{tiff.Uncompressed, tiff.Deflate} {
		var b bytes.Buffer
		if err := tiff.Encode(&b, img, &tiff.Options{Compression: c, Predictor: c == tiff.Deflate}); err != nil {
			t.Fatal(err)
		}
		p, rows := collect(t, b.Bytes())
		if p.Width != 333 || len(rows) != 77 {
			t.Fatalf("compression %d: %d by %d", c, p.Width, len(rows))
		}
		for y, row := range rows {
			if !bytes.Equal(row, img.Pix[y*img.Stride:][:333]) {
				t.Fatalf("compression %d: row %d differs", c, y)
			}
		}
	}
}

// TestTheOtherGoLibraryReadsWhatIsWritten: golang.org/x/image/tiff is the second reader of our MMR, which it decodes with a decoder of its own.
func TestTheOtherGoLibraryReadsWhatIsWritten(t *testing.T) {
	text := "A page of text for a second reader.\nIts pixels are compared one by one.\n"
	doc, err := NewOpener(OpenerOptions{}).Open(t.Context(), bytes.NewReader([]byte(text)), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	target := Target{Profile: Profile{'F', "MMR"}, Resolution: Resolution{204, 196}, Papers: []Paper{A4}}
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, target.Profile, 1, Fit(t.Context(), doc.Pages(t.Context()), target)); err != nil {
		t.Fatal(err)
	}
	img, err := tiff.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	_, rows := collect(t, b.Bytes())
	black := 0
	for y, row := range rows {
		for x, v := range row {
			if other := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y; other != v {
				t.Fatalf("pixel %d, %d: %d, x/image reads %d", x, y, v, other)
			}
			if v == 0 {
				black++
			}
		}
	}
	if black < 1000 {
		t.Errorf("only %d black pixels on the page", black)
	}
}
