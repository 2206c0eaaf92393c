package gateway_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"faxgate/codec"
)

// goodTIFF is a fax of one page as faxgate itself writes it.
func goodTIFF(t *testing.T, text string) []byte {
	t.Helper()
	doc, err := codec.NewOpener(codec.OpenerOptions{}).Open(t.Context(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	target := codec.Target{Profile: codec.Profile{Letter: 'S', Coding: codec.MH}}
	var b bytes.Buffer
	if _, err := codec.Write(context.Background(), &b, target.Profile, doc.Count(), codec.Fit(t.Context(), doc.Pages(t.Context()), target)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// looped leads from the last directory of a TIFF file of one page back to it.
func looped(file []byte) []byte {
	file = slices.Clone(file)
	le := binary.LittleEndian
	first := le.Uint32(file[4:])
	entries := uint32(le.Uint16(file[first:]))
	le.PutUint32(file[first+2+12*entries:], first)
	return file
}

// tiffOf makes a TIFF file of one page with one strip; three samples are 8 bits each, a single one is 1 bit.
func tiffOf(width, height, compression, photometric, samples uint32, strip []byte) []byte {
	le := binary.LittleEndian
	const fields, end = 9, 8 + 2 + 12*9 + 4
	b := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), fields)
	field := func(tag, kind, count, value uint32) {
		b = le.AppendUint16(b, uint16(tag))
		b = le.AppendUint16(b, uint16(kind))
		b = le.AppendUint32(b, count)
		b = le.AppendUint32(b, value)
	}
	bits := uint32(1)
	if samples == 3 {
		bits = end // where they stand
	}
	field(256, 4, 1, width)
	field(257, 4, 1, height)
	field(258, 3, samples, bits)
	field(259, 3, 1, compression)
	field(262, 3, 1, photometric)
	field(273, 4, 1, end+6)
	field(277, 3, 1, samples)
	field(278, 4, 1, height)
	field(279, 4, 1, uint32(len(strip)))
	b = append(b, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0)
	return append(b, strip...)
}

// g4Bomb is a page of T.6 whose every row repeats the white row above: one bit for each.
func g4Bomb(width, height uint32) []byte {
	return tiffOf(width, height, 4, 0, 1, bytes.Repeat([]byte{0xff}, int(height)/8))
}

// zeros are n zero octets, deflated: RFC 1951 has 13 bits for 258 of them.
func zeros(n int64) []byte {
	// A last block with fixed codes (011), then the literal 0 (00110000) for what the repetitions leave over; bits are in the order of the file, least significant first.
	w := bitWriter{out: []byte{0x78, 0x01}}
	w.put(0b011, 3)
	for range 1 + (n-1)%258 {
		w.put(0b00001100, 8)
	}
	for range (n - 1) / 258 {
		w.put(0b10100011, 8) // length 258 is code 285
		w.put(0, 5)          // distance 1
	}
	w.put(0, 7+7)                                                      // the end of the block, and of the octet
	return binary.BigEndian.AppendUint32(w.out, uint32(n%65521)<<16|1) // Adler-32
}

// bitWriter writes the least significant bit first.
type bitWriter struct {
	out  []byte
	bits uint32
	n    uint
}

func (w *bitWriter) put(v uint32, n uint) {
	w.bits |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// pngBomb is a whole black picture of one bit per pixel.
func pngBomb(width, height uint32) []byte {
	chunk := func(b []byte, kind string, data []byte) []byte {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[len(b)-len(data)-len(kind):]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	b := chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", append(head, 1, 0, 0, 0, 0))
	b = chunk(b, "IDAT", zeros(int64((width+7)/8+1)*int64(height)))
	return chunk(b, "IEND", nil)
}

// jpegBomb is a small picture that says it is a large one.
func jpegBomb(t *testing.T, width, height uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio444), nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	frame := bytes.Index(data, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(data[frame+5:], height)
	binary.BigEndian.PutUint16(data[frame+7:], width)
	return data
}

// pdfOf makes a PDF file of objects, of which the first is the catalog; trailer are further entries of the trailer.
func pdfOf(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, xref)
	return b.Bytes()
}

func pdfStream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
}

// pdfPage makes a PDF file of one page that draws content with the resources; further objects follow from number 5.
func pdfPage(resources, content string, further ...string) []byte {
	return pdfOf("", append([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<" + resources + ">>>>", content,
	}, further...)...)
}

// manyPages is a PDF file of n pages.
func manyPages(n int) []byte {
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, strings.Repeat("3 0 R ", n)),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
		pdfStream("", "2 w 50 50 495 742 re S"),
	}
	return pdfOf("", objects...)
}

// lockedPDF needs a password: no password gives the check value U (ISO 32000-1 section 7.6.3.4, algorithm 4).
func lockedPDF() []byte {
	secret := strings.Repeat("5a", 32)
	return pdfOf("/ID[<00><00>]/Encrypt 4 0 R", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
		"<</Filter/Standard/V 1/R 2/P -4/O<"+secret+">/U<"+secret+">>>")
}

// endlessPDF is shaded by a program of thousands of steps, which runs for each pixel.
func endlessPDF() []byte {
	program := "{ " + strings.Repeat("2 copy mul sin abs exch pop ", 3000) + " dup dup }"
	return pdfPage("/Shading<</S 5 0 R>>", pdfStream("", "/S sh"),
		"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]/Function 6 0 R>>",
		pdfStream("/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]", program))
}

// nestedPDF draws a form 40 times that draws a form 40 times that draws a form, and so on.
func nestedPDF() []byte {
	const levels = 12
	form := func(next int) string {
		return pdfStream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</F %d 0 R>>>>", next), strings.Repeat("/F Do ", 40))
	}
	var forms []string
	for i := range levels {
		forms = append(forms, form(6+i))
	}
	forms = append(forms, pdfStream("/Type/XObject/Subtype/Form/BBox[0 0 600 850]", strings.Repeat("10 10 500 700 re S ", 40)))
	return pdfPage("/XObject<</F 5 0 R>>", pdfStream("", "/F Do"), forms...)
}

// hugeImagePDF shows one picture of 1.2 GB.
func hugeImagePDF() []byte {
	return pdfPage("/XObject<</I 5 0 R>>", pdfStream("", "500 0 0 700 40 40 cm /I Do"),
		pdfStream("/Type/XObject/Subtype/Image/Width 20000/Height 20000/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode", string(zeros(1_200_000_000))))
}

// hugeContentPDF has a page description of a gigabyte.
func hugeContentPDF() []byte {
	return pdfPage("", pdfStream("/Filter/FlateDecode", string(zeros(900<<20))))
}

// scansJPEG is a progressive picture of n scans, which each say of every block that there is nothing new.
func scansJPEG(width, height uint16, n int) []byte {
	segment := func(b []byte, marker byte, data ...byte) []byte {
		b = binary.BigEndian.AppendUint16(append(b, 0xff, marker), uint16(len(data)+2))
		return append(b, data...)
	}
	b := []byte{0xff, 0xd8}
	b = segment(b, 0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	b = segment(b, 0xc2, 8, byte(height>>8), byte(height), byte(width>>8), byte(width), 1, 1, 0x11, 0)
	table := func(class byte, value byte) []byte {
		return append(append([]byte{class, 1}, make([]byte, 15)...), value)
	}
	b = segment(b, 0xc4, table(0x00, 0)...)    // DC: one code, 0: no difference
	b = segment(b, 0xc4, table(0x10, 0xe0)...) // AC: one code, 0: a run of 16384 blocks and more, told by 14 bits
	blocks := (int(width) + 7) / 8 * ((int(height) + 7) / 8)
	b = append(segment(b, 0xda, 1, 1, 0x00, 0, 0, 0), make([]byte, (blocks+7)/8)...)
	for range n - 1 {
		b = segment(b, 0xda, 1, 1, 0x00, 1, 63, 0)
		b = append(b, make([]byte, (blocks/16384+1)*15/8+1)...)
	}
	return append(b, 0xff, 0xd9)
}
