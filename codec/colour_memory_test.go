package codec

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"testing"
)

// tall is a colour page of any size that is not in memory.
type tall struct{ width, height int }

func (e tall) gray(ctx context.Context) iter.Seq2[[]byte, error] { return e.fill(e.width) }
func (e tall) rgb(ctx context.Context) iter.Seq2[[]byte, error]  { return e.fill(3 * e.width) }

func (e tall) fill(n int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		row := make([]byte, n)
		for y := range e.height {
			for x := range row {
				row[x] = byte(60 + (x*7+y*3)%140)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// TestColourMemory: writing a large page takes little memory, whatever its height.
func TestColourMemory(t *testing.T) {
	page := func(height int) uint64 {
		src := tall{4864, height}
		p := Page{Total: 1, Width: src.width, Height: height, XRes: 400, YRes: 400, Kind: Colour, src: src, walk: &walk{}}
		target := Target{Profile: Profile{'C', JPEG}, Resolution: Resolution{400, 400}, Papers: []Paper{A3}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ctx := context.Background()
		if _, err := Write(ctx, io.Discard, target.Profile, 1, Fit(ctx, one(p), target)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if short, long := page(200), page(1200); long > 8<<20 || long > short+1<<20 {
		t.Errorf("%d KiB for a page of 200 rows, %d KiB for one of 1200", short>>10, long>>10)
	}
}

// TestHostileJPEG: sizes that would take too much memory are refused before they are decoded.
func TestHostileJPEG(t *testing.T) {
	bomb := func(width, height int, process byte) []byte {
		b := []byte{0xff, 0xd8, 0xff, process, 0, 17, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0}
		return append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0)
	}
	inTIFF := func(stream []byte, width, height uint32) []byte {
		return tiffFile([][4]uint32{
			{256, 4, 1, width},
			{257, 4, 1, height},
			{258, 3, 1, 8},
			{259, 3, 1, 7},
			{262, 3, 1, 10},
			{273, 4, 1, 0},
			{277, 3, 1, 3},
			{278, 4, 1, height},
			{279, 4, 1, uint32(len(stream))},
		}, stream)
	}
	for name, data := range map[string][]byte{
		"a picture":                 bomb(16_000, 16_000, 0xc0),
		"a progressive one":         bomb(4000, 4000, 0xc2),
		"in TIFF":                   inTIFF(bomb(16_000, 16_000, 0xc0), 16_000, 16_000),
		"progressive in TIFF":       inTIFF(bomb(4000, 4000, 0xc2), 4000, 4000),
		"larger than its directory": inTIFF(bomb(16_000, 16_000, 0xc0), 100, 100),
		"no height":                 bomb(4000, 0, 0xc0),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc, err := open(t, data)
		if err == nil {
			for _, pageErr := range doc.Pages(context.Background()) {
				err = pageErr
			}
		}
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: took %d MiB", name, used>>20)
		}
	}
}
