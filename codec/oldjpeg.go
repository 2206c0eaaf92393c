package codec

import (
	"bufio"
	"bytes"
	"io"

	"faxgate/codec/jpeg"
	"faxgate/codec/tiff"
)

// Fields of old-style JPEG, TIFF 6.0 section 22.
const (
	tagInterchange       tiff.Tag = 513
	tagInterchangeLength tiff.Tag = 514
	tagQTables           tiff.Tag = 519
	tagDCTables          tiff.Tag = 520
	tagACTables          tiff.Tag = 521
	tagCoefficients      tiff.Tag = 529
	tagReference         tiff.Tag = 532
)

// isOldJPEG says whether a page is coded JPEG in the way of TIFF 6.0 section 22, which everybody understood differently.
func isOldJPEG(t *tiff.Page) bool {
	return t.Compression == tiff.CompressionOldJPEG && (t.Planar != 2 || t.SamplesPerPixel == 1) && (t.Tiled || len(t.Strips) > 0)
}

// openOldJPEG looks where the streams of such a page are: whole ones in the strips, a whole one that JPEGInterchangeFormat
// points to, or coded data in the strips whose tables stand elsewhere.
func openOldJPEG(p Page, r io.ReaderAt, size int64, t *tiff.Page, lim Limits) (Page, error) {
	j := &jpegPage{page: t, lim: lim}
	var err error
	if j.pieces, err = jpegPieces(r, t); err != nil {
		return p, err
	}
	whole := interchange(r, size, t)
	first := make([]byte, 2)
	_, _ = j.pieces[0].data.ReadAt(first, 0)
	switch {
	case bytes.Equal(first, []byte{0xff, 0xd8}):
	case whole != nil && holds(t, whole):
		j.pieces = []piece{{data: whole, width: t.Width, height: t.Height}}
	default:
		if j.parts, err = oldParts(r, t, whole); err != nil {
			return p, err
		}
		j.tables = j.parts.Tables
	}
	return j.open(p)
}

// interchange is the stream that JPEGInterchangeFormat points to; nil if there is none.
func interchange(r io.ReaderAt, size int64, t *tiff.Page) *io.SectionReader {
	at, length := t.Ints(tagInterchange), t.Ints(tagInterchangeLength)
	if len(at) == 0 || int64(at[0]) >= size {
		return nil
	}
	n := size - int64(at[0])
	if len(length) > 0 && length[0] > 0 {
		n = min(n, int64(length[0]))
	}
	return io.NewSectionReader(r, int64(at[0]), n)
}

// holds says whether a stream has the whole picture: the page's first strip begins in it.
func holds(t *tiff.Page, whole *io.SectionReader) bool {
	h, err := jpeg.ReadHeader(io.NewSectionReader(whole, 0, whole.Size()))
	if err != nil || h.Supported() != nil {
		return false
	}
	_, start, n := whole.Outer()
	first := t.Ints(tiff.TagStripOffsets)
	if t.Tiled {
		first = t.Ints(tiff.TagTileOffsets)
	}
	return len(first) == 1 && int64(first[0]) >= start && int64(first[0]) < start+n
}

// oldParts collects the tables and headers: those that the fields point to or spell out, or those of the stream.
func oldParts(r io.ReaderAt, t *tiff.Page, stream *io.SectionReader) (jpeg.Parts, error) {
	n := min(max(t.SamplesPerPixel, 1), 4)
	if stream != nil && len(t.Ints(tagACTables)) < n {
		parts, err := jpeg.ReadParts(stream)
		if err == nil && len(parts.Frame) >= 10+3*n {
			return parts, nil
		}
	}
	parts := jpeg.Parts{Tables: []byte{0xff, 0xd8}, Frame: oldFrame(t, n), Scan: oldScan(n)}
	for _, kind := range []struct {
		tag     tiff.Tag
		marker  byte
		class   byte
		counted bool
	}{{tagQTables, 0xdb, 0, false}, {tagDCTables, 0xc4, 0x00, true}, {tagACTables, 0xc4, 0x10, true}} {
		at := t.Ints(kind.tag)
		if len(at) < n {
			return parts, errorf("read", ErrDamaged, "the page's JPEG tables are missing")
		}
		for i := range n {
			data, err := oldTable(r, int64(at[i]), kind.counted)
			if err != nil {
				return parts, errorf("read", ErrDamaged, "the page's JPEG tables are damaged: %w", err)
			}
			length := len(data) + 3
			parts.Tables = append(parts.Tables, 0xff, kind.marker, byte(length>>8), byte(length), kind.class|byte(i))
			parts.Tables = append(parts.Tables, data...)
		}
	}
	parts.Tables = append(parts.Tables, 0xff, 0xd9)
	return parts, nil
}

// oldTable reads 64 steps of quantisation, or a Huffman table: 16 counts, and as many values as they come to.
func oldTable(r io.ReaderAt, at int64, counted bool) ([]byte, error) {
	in := bufio.NewReader(io.NewSectionReader(r, at, 16+256))
	if !counted {
		data := make([]byte, 64)
		_, err := io.ReadFull(in, data)
		return data, err
	}
	data := make([]byte, 16, 16+256)
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, err
	}
	sum := 0
	for _, v := range data {
		sum += int(v)
	}
	data = data[:16+min(sum, 256)]
	_, err := io.ReadFull(in, data[16:])
	return data, err
}

// oldFrame is the frame header of a strip, whose size is filled in for each, with the tables numbered by component. It is
// that of the extended process: the baseline has two of each table.
func oldFrame(t *tiff.Page, n int) []byte {
	x, y := 2, 2 // YCbCrSubSampling's default.
	for i, v := range t.Ints(tiff.TagChromaSubSampling) {
		if i == 0 {
			x = int(v & 15)
		} else {
			y = int(v & 15)
		}
	}
	frame := []byte{0xff, 0xc1, 0, byte(8 + 3*n), 8, 0, 0, 0, 0, byte(n)}
	for i := range n {
		sampling := byte(0x11)
		if i == 0 && n == 3 && t.Photometric == tiff.YCbCr {
			sampling = byte(x<<4 | y)
		}
		frame = append(frame, byte(i+1), sampling, byte(i))
	}
	return frame
}

// oldScan is the scan header that goes with it.
func oldScan(n int) []byte {
	scan := []byte{0xff, 0xda, 0, byte(6 + 2*n), byte(n)}
	for i := range n {
		scan = append(scan, byte(i+1), byte(i<<4|i))
	}
	return append(scan, 0, 63, 0)
}

// assembled puts a stream together for a piece: frame header, scan header unless the piece begins with one, and the coded
// data.
func (j *jpegPage) assembled(at piece) io.Reader {
	data, scan := bufio.NewReader(at.data), j.parts.Scan
	if two, err := data.Peek(2); err == nil && two[0] == 0xff && two[1] == 0xda {
		scan = nil
	}
	head := append([]byte{0xff, 0xd8}, j.parts.Frame...)
	head[7], head[8], head[9], head[10] = byte(at.height>>8), byte(at.height), byte(at.width>>8), byte(at.width)
	return io.MultiReader(bytes.NewReader(append(head, scan...)), data)
}
