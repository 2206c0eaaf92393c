package tiff_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// TestNotTIFF gives what cannot be opened, and the words of the error.
func TestNotTIFF(t *testing.T) {
	good := sFile(t, 2)
	for _, tt := range []struct {
		name, data string
		is         error
		words      string
	}{
		{"empty", "", tiff.ErrNotTIFF, "0 bytes"},
		{"short", "II*\x00", tiff.ErrNotTIFF, "4 bytes"},
		{"PDF", "%PDF-1.4\n%%EOF", tiff.ErrNotTIFF, `"%P", neither II nor MM`},
		{"mixed marks", "IM*\x00\x08\x00\x00\x00\x00\x00", tiff.ErrNotTIFF, "neither II nor MM"},
		{"version", "II\x2b\x01\x08\x00\x00\x00\x00\x00", tiff.ErrNotTIFF, "version is 299"},
		{"BigTIFF", "II\x2b\x00\x08\x00\x00\x00\x10\x00\x00\x00", tiff.ErrBigTIFF, "classic TIFF"},
		{"no directory", "II*\x00\x00\x00\x00\x00", tiff.ErrNoPages, "no directory at 0"},
		{"empty directory", "II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00", tiff.ErrNoPages, ""},
		{"cut in the header's page", string(good[:8]), tiff.ErrTruncated, "first directory is at 8, but the file ends at 8"},
		{"far away", "II*\x00\xf0\xff\xff\xff\x00\x00", tiff.ErrTruncated, "4294967280"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tiff.Open(strings.NewReader(tt.data), int64(len(tt.data)), tiff.Limits{})
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %v, want %v with %q", err, tt.is, tt.words)
			}
		})
	}
}

// TestTolerated reads pages that break rules and looks what was made of them.
func TestTolerated(t *testing.T) {
	data := []byte{1, 2, 3, 4, 5}
	size := []value{short(tiff.TagImageWidth, 1728), short(tiff.TagImageLength, 10), short(tiff.TagCompression, 4)}
	strip := []value{long(tiff.TagStripOffsets, 8), long(tiff.TagStripByteCounts, 5)}
	for _, tt := range []struct {
		name   string
		fields []value
		want   func(p *tiff.Page) any // what to look at
		is     any
	}{
		{"defaults", slices.Concat(size, strip), func(p *tiff.Page) any {
			return fmt.Sprint(p.FillOrder, p.Photometric, p.BitsPerSample, p.SamplesPerPixel, p.Orientation, p.RowsPerStrip, p.T6Options, p.XRes, p.ResolutionUnit)
		}, "1 0 [1] 1 1 10 0 0 2"},
		{"unsorted", slices.Concat(strip, size), func(p *tiff.Page) any { return p.Width }, 1728},
		{"width LONG", slices.Concat(strip, size[1:], []value{long(tiff.TagImageWidth, 1728)}), func(p *tiff.Page) any { return p.Width }, 1728},
		{"length BYTE", slices.Concat(strip, size[:1], []value{{tag: tiff.TagImageLength, typ: tiff.TypeByte, vals: []uint32{9}}}), func(p *tiff.Page) any { return p.Height }, 9},
		{"count 0", slices.Concat(strip, size[1:], []value{{tag: tiff.TagImageWidth, typ: tiff.TypeShort, vals: []uint32{1728}}}), func(p *tiff.Page) any { return p.Width }, 1728},
		{"count too high", slices.Concat(strip, size[1:], []value{{tag: tiff.TagImageWidth, typ: tiff.TypeShort, vals: []uint32{1728}, count: 900}}), func(p *tiff.Page) any { return p.Width }, 1728},
		{"no StripByteCounts", slices.Concat(size, strip[:1]), func(p *tiff.Page) any { return p.Strips[0].Size }, int64(5)},
		{"StripByteCounts 0", slices.Concat(size, strip[:1], []value{long(tiff.TagStripByteCounts, 0)}), func(p *tiff.Page) any { return p.Strips[0].Size }, int64(5)},
		{"RowsPerStrip 0", slices.Concat(size, strip, []value{short(tiff.TagRowsPerStrip, 0)}), func(p *tiff.Page) any { return p.RowsPerStrip }, 10},
		{"RowsPerStrip too high", slices.Concat(size, strip, []value{long(tiff.TagRowsPerStrip, 1<<31)}), func(p *tiff.Page) any { return p.RowsPerStrip }, 10},
		{
			"several strips", slices.Concat(size, []value{short(tiff.TagStripOffsets, 8, 10, 12), short(tiff.TagStripByteCounts, 2, 2, 1), short(tiff.TagRowsPerStrip, 4)}),
			func(p *tiff.Page) any { return p.Strips },
			[]tiff.Strip{{8, 2, 4}, {10, 2, 4}, {12, 1, 2}},
		},
		{
			"several strips without counts", slices.Concat(size, []value{short(tiff.TagStripOffsets, 8, 10, 12), short(tiff.TagRowsPerStrip, 4)}),
			func(p *tiff.Page) any { return p.Strips },
			[]tiff.Strip{{8, 2, 4}, {10, 2, 4}, {12, 1, 2}},
		},
		{
			"several strips without RowsPerStrip", slices.Concat(size, []value{short(tiff.TagStripOffsets, 8, 10), short(tiff.TagStripByteCounts, 2, 3)}),
			func(p *tiff.Page) any { return p.Strips },
			[]tiff.Strip{{8, 2, 5}, {10, 3, 5}},
		},
		{"too few strips", slices.Concat(size, strip, []value{short(tiff.TagRowsPerStrip, 4)}), func(p *tiff.Page) any { return []any{len(p.Strips), p.Truncated} }, []any{1, true}},
		{"FillOrder 7", slices.Concat(size, strip, []value{short(tiff.TagFillOrder, 7)}), func(p *tiff.Page) any { return p.FillOrder }, 1},
		{"Orientation 0", slices.Concat(size, strip, []value{short(tiff.TagOrientation, 0)}), func(p *tiff.Page) any { return p.Orientation }, 1},
		{"tiles", slices.Concat(size, []value{short(tiff.TagTileWidth, 64), long(tiff.TagTileOffsets, 8)}), func(p *tiff.Page) any { return []any{p.Tiled, p.Width, len(p.Strips)} }, []any{true, 1728, 0}},
		{
			"colour",
			[]value{short(tiff.TagImageWidth, 2), short(tiff.TagImageLength, 1), short(tiff.TagSamplesPerPixel, 3), short(tiff.TagBitsPerSample, 8), strip[0], strip[1]},
			func(p *tiff.Page) any { return fmt.Sprint(p.BitsPerSample, p.Photometric) }, "[8 8 8] 2",
		},
	} {
		for _, bo := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(tt.name+"/"+bo.String(), func(t *testing.T) {
				c := newCraft(bo)
				c.put(data...)
				c.odd()
				c.ifd(tt.fields...)
				p := open(t, c.b).Pages[0]
				if p.Err != nil {
					t.Fatal(p.Err)
				}
				if diff := cmp.Diff(tt.is, tt.want(p)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestResolution converts and snaps.
func TestResolution(t *testing.T) {
	for _, tt := range []struct {
		name         string
		x, y, unit   []uint32
		wantX, wantY float64
	}{
		{"inch", []uint32{204, 1}, []uint32{98, 1}, []uint32{2}, 204, 98},
		{"no unit", []uint32{200, 1}, []uint32{100, 1}, nil, 200, 100},
		{"centimetre", []uint32{80, 1}, []uint32{385, 10}, []uint32{3}, 204, 98},
		{"centimetre fine", []uint32{8000, 100}, []uint32{77, 1}, []uint32{3}, 204, 196},
		{"centimetre superfine", []uint32{160, 1}, []uint32{154, 1}, []uint32{3}, 408, 391},
		{"converted by libtiff", []uint32{2032, 10}, []uint32{19558, 100}, []uint32{2}, 204, 196},
		{"not near", []uint32{150, 1}, []uint32{75, 1}, []uint32{2}, 150, 75},
		{"screen", []uint32{72, 1}, []uint32{72, 1}, []uint32{2}, 72, 72},
		{"only one", []uint32{300, 1}, nil, []uint32{2}, 300, 300},
		{"only the other", nil, []uint32{600, 1}, []uint32{2}, 600, 600},
		{"none", nil, nil, []uint32{2}, 0, 0},
		{"divided by 0", []uint32{300, 0}, []uint32{300, 0}, []uint32{2}, 0, 0},
		{"aspect only", []uint32{1, 1}, []uint32{1, 1}, []uint32{1}, 0, 0},
		{"unit none but fax", []uint32{204, 1}, []uint32{196, 1}, []uint32{1}, 204, 196},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := []value{short(tiff.TagImageWidth, 8), short(tiff.TagImageLength, 1), long(tiff.TagStripOffsets, 4), long(tiff.TagStripByteCounts, 1)}
			if tt.x != nil {
				fields = append(fields, rational(tiff.TagXResolution, tt.x...))
			}
			if tt.y != nil {
				fields = append(fields, rational(tiff.TagYResolution, tt.y...))
			}
			if tt.unit != nil {
				fields = append(fields, short(tiff.TagResolutionUnit, tt.unit...))
			}
			c := newCraft(binary.BigEndian)
			c.ifd(fields...)
			if p := open(t, c.b).Pages[0]; p.XRes != tt.wantX || p.YRes != tt.wantY {
				t.Errorf("got %v×%v, want %v×%v", p.XRes, p.YRes, tt.wantX, tt.wantY)
			}
		})
	}
}

// TestResolutionTypes reads resolutions that are no RATIONAL.
func TestResolutionTypes(t *testing.T) {
	for _, tt := range []struct {
		typ  tiff.Type
		vals []uint32
	}{
		{tiff.TypeShort, []uint32{300}},
		{tiff.TypeLong, []uint32{300}},
		{tiff.TypeSRational, []uint32{600, 2}},
		{tiff.TypeFloat, []uint32{math.Float32bits(300)}},
		{tiff.TypeDouble, []uint32{uint32(math.Float64bits(300)), uint32(math.Float64bits(300) >> 32)}},
	} {
		c := newCraft(binary.LittleEndian)
		c.ifd(append(onePixel(), value{tag: tiff.TagXResolution, typ: tt.typ, vals: tt.vals, count: 1})...)
		if p := open(t, c.b).Pages[0]; p.XRes != 300 || p.YRes != 300 {
			t.Errorf("%v: %v×%v", tt.typ, p.XRes, p.YRes)
		}
	}
}

// onePixel is the least that makes a page.
func onePixel() []value {
	return []value{short(tiff.TagImageWidth, 1), short(tiff.TagImageLength, 1), long(tiff.TagStripOffsets, 4), long(tiff.TagStripByteCounts, 1)}
}

// TestPlaces reads directories that are anywhere but in order, and chains that do not end.
func TestPlaces(t *testing.T) {
	t.Run("backward and odd", func(t *testing.T) {
		c := newCraft(binary.LittleEndian)
		c.odd()
		second := c.ifd(onePixel()...)
		c.link = 4
		c.odd()
		c.ifd(onePixel()...)
		c.bo.PutUint32(c.b[c.link:], second)
		f := open(t, c.b)
		if len(f.Pages) != 2 || f.Truncated || f.Pages[1].IFDOffset != int64(second) || f.Pages[0].IFDOffset%2 != 1 {
			t.Errorf("%d pages, %q", len(f.Pages), f.Warnings)
		}
	})
	t.Run("loop", func(t *testing.T) {
		c := newCraft(binary.LittleEndian)
		first := c.ifd(onePixel()...)
		c.ifd(onePixel()...)
		c.bo.PutUint32(c.b[c.link:], first)
		f := open(t, c.b)
		if len(f.Pages) != 2 || !f.Truncated || !slices.Contains(f.Warnings, "the chain of directories leads back to page 1") {
			t.Errorf("%d pages, %q", len(f.Pages), f.Warnings)
		}
	})
	t.Run("sub-directories", func(t *testing.T) {
		c := newCraft(binary.LittleEndian)
		sub := c.ifd(onePixel()...)
		c.link = 4
		c.ifd(append(onePixel(), long(tiff.TagSubIFDs, sub))...)
		if f := open(t, c.b); len(f.Pages) != 1 {
			t.Errorf("%d pages", len(f.Pages))
		}
	})
	t.Run("outside", func(t *testing.T) {
		c := newCraft(binary.LittleEndian)
		c.ifd(onePixel()...)
		c.bo.PutUint32(c.b[c.link:], 1<<30)
		if f := open(t, c.b); len(f.Pages) != 1 || !f.Truncated {
			t.Errorf("%d pages, %q", len(f.Pages), f.Warnings)
		}
	})
}

// TestTruncated cuts a good file everywhere: nothing may hang or panic, whole pages stay whole.
func TestTruncated(t *testing.T) {
	data := sFile(t, 3)
	whole := open(t, data)
	for n := range data {
		f, err := tiff.Open(bytes.NewReader(data[:n]), int64(n), tiff.Limits{})
		if err != nil {
			if n > 200 {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		for i, p := range f.Pages {
			end := whole.Pages[i].Strips[0].Offset + whole.Pages[i].Strips[0].Size
			if complete := int64(n) >= end; complete != (p.Err == nil && !p.Truncated) {
				t.Fatalf("%d bytes: page %d, whose data ends at %d: %v, truncated %v", n, i+1, end, p.Err, p.Truncated)
			}
		}
		if len(f.Pages) < 3 && !f.Truncated {
			t.Fatalf("%d bytes: %d pages and nothing said", n, len(f.Pages))
		}
	}
}

// TestMissing looks at the errors of pages that cannot be used; the other pages are listed all the same.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		tag   tiff.Tag
		words string
	}{
		{tiff.TagImageWidth, "no width"},
		{tiff.TagImageLength, "no rows"},
		{tiff.TagStripOffsets, "no data"},
	} {
		data := sFile(t, 3)
		remove(t, data, 1, tt.tag)
		setValue(t, data, 1, tiff.TagStripByteCounts, 1) // What is lost is found by its length.
		f := open(t, data)
		if len(f.Pages) != 3 || f.Pages[0].Err != nil || f.Pages[2].Err != nil {
			t.Fatalf("without %s the other pages suffer", tt.tag)
		}
		if err := f.Pages[1].Err; err == nil || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("without %s: %v", tt.tag, err)
		}
	}
	data := sFile(t, 1)
	setValue(t, data, 0, tiff.TagStripOffsets, 1<<24)
	setValue(t, data, 0, tiff.TagStripByteCounts, 1)
	if err := open(t, data).Pages[0].Err; !errors.Is(err, tiff.ErrTruncated) || !strings.Contains(err.Error(), "16777216") {
		t.Errorf("strip behind the file: %v", err)
	}
}

// TestLimits opens bombs.
func TestLimits(t *testing.T) {
	bomb := newCraft(binary.LittleEndian)
	bomb.ifd(long(tiff.TagImageWidth, 40000), long(tiff.TagImageLength, 40000), long(tiff.TagStripOffsets, 4), long(tiff.TagStripByteCounts, 1))
	bomb.ifd(onePixel()...)
	f := open(t, bomb.b)
	if err := f.Pages[0].Err; !errors.Is(err, tiff.ErrTooLarge) || !strings.Contains(err.Error(), "40000 by 40000") || !strings.Contains(err.Error(), "268435456") {
		t.Errorf("bomb: %v", err)
	}
	if len(f.Pages) != 2 || f.Pages[1].Err != nil {
		t.Error("the page after the bomb is lost")
	}

	data := sFile(t, 5)
	for _, tt := range []struct {
		name string
		lim  tiff.Limits
	}{
		{"pages", tiff.Limits{MaxPages: 4}},
		{"fields", tiff.Limits{MaxFields: 70}},
	} {
		if _, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tt.lim); !errors.Is(err, tiff.ErrTooLarge) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, tt := range []struct {
		name string
		lim  tiff.Limits
		bad  int // pages over the limit
	}{
		{"width", tiff.Limits{MaxWidth: 1727}, 5},
		{"height", tiff.Limits{MaxHeight: 42}, 2},
		{"pixels", tiff.Limits{MaxPixels: 1728 * 40}, 4},
		{"strips", tiff.Limits{MaxStrips: 3}, 2},
	} {
		f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tt.lim)
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for _, p := range f.Pages {
			if errors.Is(p.Err, tiff.ErrTooLarge) {
				bad++
			}
		}
		if bad != tt.bad {
			t.Errorf("%s: %d pages over the limit, want %d", tt.name, bad, tt.bad)
		}
	}
}

// TestSharedList lets 5000 directories point at one long list of strips: the limit of strips holds for the file.
func TestSharedList(t *testing.T) {
	c := newCraft(binary.LittleEndian)
	list := c.put(make([]byte, 4*60000)...)
	for range 5000 {
		c.ifd(short(tiff.TagImageWidth, 8), long(tiff.TagImageLength, 60000), short(tiff.TagRowsPerStrip, 1),
			value{tag: tiff.TagStripOffsets, typ: tiff.TypeLong, vals: []uint32{list}, count: 60000})
	}
	start := time.Now()
	f := open(t, c.b)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	if len(f.Pages) != 5000 || !errors.Is(f.Pages[4999].Err, tiff.ErrTooLarge) {
		t.Errorf("%d pages, last: %v", len(f.Pages), f.Pages[len(f.Pages)-1].Err)
	}
}

// TestOverlap opens strips that share their data: a few may, a bomb may not.
func TestOverlap(t *testing.T) {
	c := newCraft(binary.LittleEndian)
	data := c.put(make([]byte, 100_000)...)
	for range 1000 {
		c.ifd(short(tiff.TagImageWidth, 8), long(tiff.TagImageLength, 1), long(tiff.TagStripOffsets, data), long(tiff.TagStripByteCounts, 100_000))
	}
	f := open(t, c.b)
	if f.Pages[9].Err != nil || !errors.Is(f.Pages[999].Err, tiff.ErrTooLarge) {
		t.Errorf("page 10: %v, page 1000: %v", f.Pages[9].Err, f.Pages[999].Err)
	}
	c = newCraft(binary.LittleEndian)
	c.put(make([]byte, 10)...)
	c.ifd(short(tiff.TagImageWidth, 8), long(tiff.TagImageLength, 3), short(tiff.TagRowsPerStrip, 1), short(tiff.TagStripOffsets, 8, 10, 13), short(tiff.TagStripByteCounts, 60, 60, 60))
	if got, want := open(t, c.b).Pages[0].Strips, []tiff.Strip{{8, 2, 1}, {10, 3, 1}, {13, 5, 1}}; !slices.Equal(got, want) {
		t.Errorf("sizes too large: got %v, want %v", got, want)
	}
}

// counter counts what is read.
type counter struct {
	r     io.ReaderAt
	bytes int
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.bytes += len(b)
	return c.r.ReadAt(b, off)
}

// manyPages is a file of n pages with 300 rows, all with the same data.
func manyPages(t *testing.T, n int) []byte {
	t.Helper()
	var strip, file bytes.Buffer
	encode(t, &strip, text(1728, 300), params(ccitt.MH))
	w := tiff.NewWriter(&file, n)
	for range n {
		pw, err := w.Page(tiff.PageInfo{Profile: 'S', Coding: ccitt.MH, Width: 1728, Height: 300, XRes: 204, YRes: 196})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pw.Write(strip.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := pw.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestManyPages walks 1000 pages: quickly, with little memory, and without reading their strips.
func TestManyPages(t *testing.T) {
	data := manyPages(t, 1000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := &counter{r: bytes.NewReader(data)}
	start := time.Now()
	f, err := tiff.Open(r, int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if len(f.Pages) != 1000 || r.bytes > 1000*300 || held > 2<<20 || took > time.Second {
		t.Errorf("%d pages, %d bytes of %d read, %d bytes held, %v", len(f.Pages), r.bytes, len(data), held, took)
	}
	if p := f.Pages[999]; p.PageNumber != [2]int{999, 1000} || p.Height != 300 {
		t.Errorf("last page: number %v, %d rows", p.PageNumber, p.Height)
	}
	runtime.KeepAlive(f)
}

// TestBlobs reads fields that are not numbers.
func TestBlobs(t *testing.T) {
	c := newCraft(binary.LittleEndian)
	text := value{tag: tiff.TagSoftware, typ: tiff.TypeByte, vals: []uint32{'f', 'a', 'x', 0}}
	tables := value{tag: tiff.TagJPEGTables, typ: tiff.TypeByte, vals: []uint32{0xFF, 0xD8, 1, 2, 0xFF, 0xD9}}
	huge := value{tag: tiff.TagImageDescription, typ: tiff.TypeByte, vals: []uint32{8}, count: 1 << 30}
	c.ifd(append(onePixel(), text, tables, huge)...)
	p := open(t, c.b).Pages[0]
	if got := p.Text(tiff.TagSoftware); got != "fax" {
		t.Errorf("Software %q", got)
	}
	if got, err := p.Bytes(tiff.TagJPEGTables); err != nil || !bytes.Equal(got, []byte{0xFF, 0xD8, 1, 2, 0xFF, 0xD9}) {
		t.Errorf("JPEGTables % x, %v", got, err)
	}
	if _, err := p.Bytes(tiff.TagImageDescription); !errors.Is(err, tiff.ErrTooLarge) {
		t.Errorf("a description of 1 GiB: %v", err)
	}
	if got, err := p.Bytes(tiff.TagDateTime); got != nil || err != nil || p.Text(tiff.TagDateTime) != "" || p.Ints(tiff.TagDateTime) != nil {
		t.Errorf("an absent field: %q, %v", got, err)
	}
}

// broken is a disk that fails behind a certain offset.
type broken struct {
	r     io.ReaderAt
	after int64
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.after {
		return 0, errors.New("input/output error")
	}
	return b.r.ReadAt(p, off)
}

// TestBrokenDisk keeps a disk's error apart from a damaged file.
func TestBrokenDisk(t *testing.T) {
	data := sFile(t, 2)
	for _, after := range []int64{0, 9, 100, int64(len(data)) / 2} {
		_, err := tiff.Open(broken{bytes.NewReader(data), after}, int64(len(data)), tiff.Limits{})
		if err == nil || !strings.Contains(err.Error(), "input/output error") {
			t.Errorf("fails after %d: %v", after, err)
		}
	}
}

// TestLibtiffWrites opens what libtiff makes of a fax: the other byte order and bit order, strips, tiles, BigTIFF.
func TestLibtiffWrites(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, fFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(args ...string) []byte {
		run(t, "tiffcp", append(args, in, out)...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	f := open(t, read("-B", "-c", "g4", "-f", "lsb2msb", "-r", "10"))
	if f.ByteOrder != binary.ByteOrder(binary.BigEndian) || len(f.Pages) != 3 {
		t.Errorf("%d pages, %v", len(f.Pages), f.ByteOrder)
	}
	for _, p := range f.Pages {
		if p.Err != nil || p.FillOrder != 2 || len(p.Strips) != 5 || p.XRes != 300 || p.PageNumber[0] != p.Index {
			t.Errorf("strips: page %d: %v, fill order %d, %d strips, %v dpi, number %v", p.Index, p.Err, p.FillOrder, len(p.Strips), p.XRes, p.PageNumber)
		}
	}
	for _, p := range open(t, read("-t", "-w", "256", "-l", "256", "-c", "g4")).Pages {
		if p.Err != nil || !p.Tiled || p.Width != 2592 || p.Height != 50 {
			t.Errorf("tiles: page %d: %v, %d×%d, in tiles %v", p.Index, p.Err, p.Width, p.Height, p.Tiled)
		}
	}
	big := read("-8")
	if _, err := tiff.Open(bytes.NewReader(big), int64(len(big)), tiff.Limits{}); !errors.Is(err, tiff.ErrBigTIFF) {
		t.Errorf("BigTIFF: %v", err)
	}
}
