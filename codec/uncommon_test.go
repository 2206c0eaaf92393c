package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// tiles has libtiff lay a page out in tiles.
func tiles(t *testing.T, data []byte, coding string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "tiffcp", "-t", "-w", "256", "-l", "64", "-c", coding, in, out)
	made, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// firstPage reads the first page as packed rows.
func firstPage(t *testing.T, data []byte) (Page, [][]byte) {
	t.Helper()
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		rows, err := packedRows(p)
		if err != nil {
			t.Fatal(err)
		}
		return p, rows
	}
	return Page{}, nil
}

// TestTiles reads bilevel pages in tiles as libtiff writes them.
func TestTiles(t *testing.T) {
	strips := file(tiff.CompressionT6, coder{ccitt.NewEncoder()}.mmr(letterRows(1)))
	for _, coding := range []string{"g3:1d", "g3:2d", "g3:1d:fill", "g4", "none", "packbits", "lzw", "zip"} {
		p, rows := firstPage(t, tiles(t, strips, coding))
		if p.Kind != Bilevel || !slices.EqualFunc(rows, letterRows(1), bytes.Equal) {
			t.Errorf("%s: %v, %d rows are others", coding, p.Kind, len(rows))
		}
		if st := p.Stats(); st.Rows != damagedRows || st.BadRows != 0 || st.Missing != 0 {
			t.Errorf("%s: %+v", coding, st)
		}
	}
}

// TestDamagedTiles: what a tile lacks is white and told, the other tiles are whole.
func TestDamagedTiles(t *testing.T) {
	data := tiles(t, file(tiff.CompressionT6, coder{ccitt.NewEncoder()}.mmr(letterRows(1))), "g4")
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	second := f.Pages[0].Ints(tiff.TagTileOffsets)[8] // The second of the second row: seven are in each.
	clear(data[second : second+20])
	p, rows := firstPage(t, data)
	want := letterRows(1)
	for y, row := range rows {
		if y < 64 || y >= 128 {
			if !bytes.Equal(row, want[y]) {
				t.Errorf("row %d is another", y)
			}
		} else if !bytes.Equal(row[:32], want[y][:32]) || !bytes.Equal(row[64:], want[y][64:]) || y%20 < 14 && bytes.Equal(row, want[y]) {
			t.Errorf("row %d: another tile is damaged", y)
		}
	}
	if st := p.Stats(); st.Missing != 64 || !st.Partial || st.Err == nil {
		t.Errorf("%+v", st)
	}
}

// TestTilesThatCannotBe: pages whose tiles make no sense are refused in words.
func TestTilesThatCannotBe(t *testing.T) {
	for words, fields := range map[string][][4]uint32{
		"cannot be":     {{322, 4, 1, 0}, {323, 4, 1, 64}, {324, 4, 1, 8}, {325, 4, 1, 8}},
		"of the page's": {{322, 4, 1, 65528}, {323, 4, 1, 65535}, {324, 4, 1, 8}, {325, 4, 1, 8}},
		"no data":       {{322, 4, 1, 64}, {323, 4, 1, 64}},
	} {
		doc, err := open(t, tiffFile(append([][4]uint32{{256, 4, 1, 100}, {257, 4, 1, 100}, {258, 3, 1, 1}, {259, 3, 1, 4}, {262, 3, 1, 0}}, fields...), nil))
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if _, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), words) {
				t.Errorf("%d by %d: %v, want %q", p.Width, p.Height, err, words)
			}
		}
	}
}

// deep is a page of samples in one strip, each pixel's from a function, with what it is to look like.
type deep struct {
	name                       string
	bits, samples, photometric uint32
	sample                     func(x, y, i int) int
	gray                       func(x, y int) byte
}

// deepPages are the kinds of pages besides fax, grey of 8 bits and RGB that scanners write.
var deepPages = []deep{
	{"grey of 2 bits", 2, 1, tiff.BlackIsZero, func(x, y, _ int) int { return (x + y) % 4 }, func(x, y int) byte { return byte((x + y) % 4 * 85) }},
	{"grey of 4 bits", 4, 1, tiff.BlackIsZero, func(x, y, _ int) int { return (x + y) % 16 }, func(x, y int) byte { return byte((x + y) % 16 * 17) }},
	{"grey of 4 bits, white is zero", 4, 1, tiff.WhiteIsZero, func(x, y, _ int) int { return (x + y) % 16 }, func(x, y int) byte { return 255 - byte((x+y)%16*17) }},
	{"palette of 4 bits", 4, 1, tiff.Palette, func(x, y, _ int) int { return (x + y) % 16 }, func(x, y int) byte { v := byte((x + y) % 16); return luma(v*17, 255-v*17, v) }},
	{"palette of 8 bits", 8, 1, tiff.Palette, func(x, y, _ int) int { return (x + y) % 16 }, func(x, y int) byte { v := byte((x + y) % 16); return luma(v*17, 255-v*17, v) }},
	{"CMYK", 8, 4, tiff.CMYK, func(x, y, i int) int { return []int{0, 0, 0, (x + y) % 256}[i] }, func(x, y int) byte { return 255 - byte((x+y)%256) }},
}

// bytes makes the file.
func (d deep) bytes(width, height int) []byte {
	stride := (width*int(d.bits*d.samples) + 7) / 8
	pix := make([]byte, stride*height)
	for y := range height {
		for x := range width {
			for i := range int(d.samples) {
				bit := (x*int(d.samples) + i) * int(d.bits)
				pix[y*stride+bit/8] |= byte(d.sample(x, y, i) << (8 - int(d.bits) - bit%8))
			}
		}
	}
	leaf := newLeaf(tiff.CompressionNone, pix)
	leaf.set(tiff.TagImageWidth, uint32(width)).set(tiff.TagImageLength, uint32(height)).set(tiff.TagRowsPerStrip, uint32(height))
	leaf.set(tiff.TagSamplesPerPixel, d.samples).set(tiff.TagPhotometric, d.photometric).set(tiff.TagBitsPerSample, slices.Repeat([]uint32{d.bits}, int(d.samples))...)
	if d.photometric == tiff.Palette {
		colours := make([]uint32, 3<<d.bits)
		for v := range 16 {
			colours[v], colours[1<<d.bits+v], colours[2<<d.bits+v] = uint32(v)*17*257, uint32(255-v*17)*257, uint32(v)*257
		}
		leaf.set(tagColorMap, colours...)
	}
	return newBook(leaf).bytes()
}

// TestDeepStrips reads them, also where all is one large strip.
func TestDeepStrips(t *testing.T) {
	for _, d := range deepPages {
		t.Run(d.name, func(t *testing.T) {
			doc, err := open(t, d.bytes(37, 11))
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range doc.Pages(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				if want := d.photometric > tiff.BlackIsZero; p.Kind == Bilevel || want != (p.Kind == Colour) {
					t.Errorf("it is %v", p.Kind)
				}
				y := 0
				for row, err := range p.Gray(context.Background()) {
					if err != nil {
						t.Fatal(err)
					}
					for x, got := range row {
						if want := d.gray(x, y); max(got, want)-min(got, want) > 1 {
							t.Fatalf("pixel %d, %d is %d, want %d", x, y, got, want)
						}
					}
					y++
				}
			}
		})
	}
}

// hollow is a file of which only the beginning is in memory: the rest are zeros.
type hollow struct {
	head []byte
	size int64
}

func (h hollow) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at < int64(len(h.head)) {
		copy(b, h.head[at:])
	}
	if left := h.size - at; left < int64(len(b)) {
		return int(max(left, 0)), io.EOF
	}
	return len(b), nil
}

// TestLargeStrip: an A3 page at 400 dots per inch in one strip is read, whatever its pixels are.
func TestLargeStrip(t *testing.T) {
	const width, height = 4677, 6614
	for _, d := range deepPages {
		small := d.bytes(8, 8)
		f, err := tiff.Open(bytes.NewReader(small), int64(len(small)), tiff.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		size := (width*int(d.bits*d.samples) + 7) / 8 * height
		for e := range f.Pages[0].Entries() {
			switch e.Tag {
			case tiff.TagImageWidth:
				small[e.At+8], small[e.At+9] = byte(width&0xff), byte(width>>8)
			case tiff.TagImageLength, tiff.TagRowsPerStrip:
				small[e.At+8], small[e.At+9] = byte(height&0xff), byte(height>>8)
			case tiff.TagStripByteCounts:
				f.ByteOrder.PutUint32(small[e.At+8:], uint32(size))
			}
		}
		large := hollow{small[:f.Pages[0].Strips[0].Offset], f.Pages[0].Strips[0].Offset + int64(size)}
		doc, err := NewOpener(OpenerOptions{}).Open(context.Background(), large, large.size)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				t.Errorf("%s: %v", d.name, err)
				continue
			}
			for row, err := range p.Gray(context.Background()) {
				if err != nil || len(row) != width {
					t.Errorf("%s: %d pixels, %v", d.name, len(row), err)
				}
				break
			}
		}
		doc.Close()
	}
}
