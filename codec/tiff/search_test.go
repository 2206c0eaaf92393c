package tiff_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"faxgate/codec/tiff"
)

// strips reads the strips of all pages.
func strips(t *testing.T, data []byte) (all [][]byte) {
	t.Helper()
	for _, p := range open(t, data).Pages {
		if p.Err != nil {
			t.Fatal(p.Err)
		}
		b, err := io.ReadAll(p.Strip(0))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// TestSearch breaks the chain of directories everywhere: the pages are found all the same, and that it is broken is told.
func TestSearch(t *testing.T) {
	whole := sFile(t, 4)
	want := strips(t, whole)
	next := func(i int) int64 { // Where the offset of the directory behind page i stands.
		n := binary.LittleEndian.Uint16(whole[open(t, whole).Pages[i].IFDOffset:])
		return open(t, whole).Pages[i].IFDOffset + 2 + 12*int64(n)
	}
	for name, at := range map[string]int64{"first": 4, "second": next(0), "third": next(1), "fourth": next(2)} {
		for _, to := range []uint32{3, 1 << 30, uint32(len(whole) - 1), uint32(open(t, whole).Pages[0].IFDOffset)} {
			if name == "first" && to == uint32(open(t, whole).Pages[0].IFDOffset) {
				continue
			}
			data := bytes.Clone(whole)
			binary.LittleEndian.PutUint32(data[at:], to)
			f := open(t, data)
			if got := strips(t, data); len(got) != len(want) || !f.Truncated {
				t.Errorf("%s directory at %d: %d pages, truncated %v", name, to, len(got), f.Truncated)
			} else {
				for i := range want {
					if !bytes.Equal(got[i], want[i]) {
						t.Errorf("%s directory at %d: page %d is another", name, to, i+1)
					}
				}
			}
		}
	}
}

// TestSearchIsBounded: no more pages are found than may be.
func TestSearchIsBounded(t *testing.T) {
	data := sFile(t, 4)
	binary.LittleEndian.PutUint32(data[4:], 1<<30)
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{MaxPages: 2})
	if err != nil || len(f.Pages) != 2 {
		t.Errorf("%v", err)
	}
}

// TestLostStrips: a strip whose offset is wrong or missing is where as many bytes belong to nothing.
func TestLostStrips(t *testing.T) {
	whole := sFile(t, 3)
	want := strips(t, whole)
	for name, damage := range map[string]func(data []byte){
		"beyond":  func(data []byte) { setValue(t, data, 1, tiff.TagStripOffsets, 1<<30) },
		"missing": func(data []byte) { remove(t, data, 1, tiff.TagStripOffsets) },
	} {
		data := bytes.Clone(whole)
		damage(data)
		if got := strips(t, data); !bytes.Equal(got[1], want[1]) {
			t.Errorf("%s: another strip", name)
		}
	}
}

// TestBeyond: behind a strip that is said to be too short stands what belongs to it.
func TestBeyond(t *testing.T) {
	data := sFile(t, 2)
	want := strips(t, data)
	p := open(t, data).Pages[0]
	if n := p.Beyond(0); n > 1 {
		t.Errorf("%d bytes behind a whole strip", n)
	}
	setValue(t, data, 0, tiff.TagStripByteCounts, uint32(len(want[0])-100))
	got, err := io.ReadAll(open(t, data).Pages[0].Whole(0))
	if err != nil || !bytes.HasPrefix(got, want[0]) || len(got) > len(want[0])+1 {
		t.Errorf("%d bytes of %d, %v", len(got), len(want[0]), err)
	}
}

// TestCounted: a page without ImageLength has strips and gets its rows later.
func TestCounted(t *testing.T) {
	data := sFile(t, 2)
	remove(t, data, 0, tiff.TagImageLength)
	p := open(t, data).Pages[0]
	if !errors.Is(p.Err, tiff.ErrNoLength) || len(p.Strips) != 1 || p.Strips[0].Size == 0 {
		t.Fatalf("%v, strips %v", p.Err, p.Strips)
	}
	q, err := p.Counted([]int{40})
	if err != nil || q.Err != nil || q.Height != 40 || q.Strips[0].Rows != 40 || p.Height != 0 {
		t.Errorf("%+v, %v", q, err)
	}
	if _, err := p.Counted([]int{1 << 21}); !errors.Is(err, tiff.ErrTooLarge) {
		t.Errorf("too many rows: %v", err)
	}
	if _, err := p.Counted([]int{0}); !errors.Is(err, tiff.ErrNoLength) {
		t.Errorf("no row: %v", err)
	}
}

// TestMarkLies: the version says which byte order it is.
func TestMarkLies(t *testing.T) {
	data := sFile(t, 2)
	want := strips(t, data)
	copy(data, "MM")
	if f := open(t, data); f.ByteOrder != binary.ByteOrder(binary.LittleEndian) || len(f.Warnings) == 0 {
		t.Errorf("%v, %q", f.ByteOrder, f.Warnings)
	}
	if got := strips(t, data); !bytes.Equal(got[1], want[1]) {
		t.Error("another strip")
	}
}
