package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"testing"
)

// TestReadInPieces: a marker byte at the end of what is buffered stays what it is, wherever the buffer ends.
func TestReadInPieces(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	var coded bytes.Buffer
	if err := jpeg.Encode(&coded, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	want, err := jpeg.Decode(bytes.NewReader(coded.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 2, 3, 4096} {
		got, err := Decode(&pieces{coded.Bytes(), size}, Options{})
		if err != nil {
			t.Fatalf("in pieces of %d: %v", size, err)
		}
		if !bytes.Equal(got.parts[0].pix, want.(*image.Gray).Pix) {
			t.Errorf("in pieces of %d: other pixels than image/jpeg has", size)
		}
	}
}

// pieces gives its data a few bytes at a time.
type pieces struct {
	data []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.data)
	p.data = p.data[n:]
	return n, nil
}
