package ccitt

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	xccitt "golang.org/x/image/ccitt"
)

// TestBlankRows has blank rows in streaks of all lengths between others, in pages of all
// widths to beyond what one code word can hold, and looks at each with the reference decoder.
func TestBlankRows(t *testing.T) {
	e := NewEncoder()
	for _, width := range []int{1, 8, 1728, 2047, 2048, 2623, 2624, 5120, 7296, 10_000, 30_000} {
		stride, height := (width+7)/8, 60
		page := make([]byte, stride*height)
		rng := rand.New(rand.NewPCG(7, uint64(width)))
		for y := 0; y < height; y += 1 + rng.IntN(5) {
			x := rng.IntN(width)
			page[y*stride+x/8] |= 0x80 >> (x % 8)
		}
		for _, f := range forms {
			f.p.Width, f.p.Rows = width, height
			data := encode(t, e, f.p, page)
			r := reference{data: data, p: f.p}
			if got, err := r.rows(height); err != nil || !bytes.Equal(got, page) {
				t.Errorf("%s, %d wide: the reference decoder sees other pixels, error %v", f.name, width, err)
			}
		}
		data := encode(t, e, Params{Coding: MMR, ByteAlign: true, Width: width}, page)
		r := xccitt.NewReader(bytes.NewReader(data), xccitt.MSB, xccitt.Group4, width, height, &xccitt.Options{Align: true, Invert: true})
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, page) {
			t.Errorf("MMR aligned, %d wide: x/image sees other pixels, error %v", width, err)
		}
	}
}

// repeating draws a page of few different rows, in streaks and coming back, so that
// a row is often the one above or the one before that.
func repeating(kind string, width, height int) []byte {
	stride := (width + 7) / 8
	few := testPage(kind, width, 24)[16*stride:]
	rng := rand.New(rand.NewPCG(9, uint64(width)))
	var page []byte
	for len(page) < stride*height {
		y := rng.IntN(4)
		for range 1 + rng.IntN(3) {
			page = append(page, few[y*stride:(y+1)*stride]...)
		}
	}
	return page[:stride*height]
}

func TestRepeatedRows(t *testing.T) {
	const height = 60
	e := NewEncoder()
	for _, kind := range kinds {
		for _, width := range widths {
			page := repeating(kind, width, height)
			for _, f := range forms {
				f.p.Width, f.p.Rows = width, height
				r := reference{data: encode(t, e, f.p, page), p: f.p}
				if got, err := r.rows(height); err != nil || !bytes.Equal(got, page) {
					t.Errorf("%s %s, %d wide: the reference decoder sees other pixels, error %v", f.name, kind, width, err)
				}
			}
		}
	}
}

// TestRowsAndChanges mixes rows and change lists with any number of sentinels.
func TestRowsAndChanges(t *testing.T) {
	const width = 1728
	e := NewEncoder()
	for _, kind := range kinds {
		page := repeating(kind, width, 200)
		for _, f := range forms {
			f.p.Width = width
			var out bytes.Buffer
			if err := e.Reset(&out, f.p); err != nil {
				t.Fatal(err)
			}
			y := 0
			for row := range slices.Chunk(page, width/8) {
				if err := putSomehow(e, y*y/3, row, width); err != nil {
					t.Fatal(err)
				}
				y++
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), encode(t, NewEncoder(), f.p, page)) {
				t.Errorf("%s %s: other bytes than of rows alone", f.name, kind)
			}
		}
	}
}

// putSomehow puts a row in one of four ways.
func putSomehow(e *Encoder, way int, row []byte, width int) error {
	c := Scan(nil, row, width)
	switch way % 4 {
	case 1:
		return e.PutChanges(c)
	case 2:
		return e.PutChanges(c[:len(c)-sentinels+1])
	case 3:
		return e.PutChanges(append(c, int32(width), int32(width)))
	}
	return e.PutRow(row)
}

// TestRefusedRows leaves the page as if the row had not been put.
func TestRefusedRows(t *testing.T) {
	const width = 64
	page := testPage("noise", width, 8)
	e := NewEncoder()
	want := encode(t, NewEncoder(), Params{Coding: MMR, Width: width}, page)
	var out bytes.Buffer
	if err := e.Reset(&out, Params{Coding: MMR, Width: width}); err != nil {
		t.Fatal(err)
	}
	const far = -1 << 31
	for row := range slices.Chunk(page, width/8) {
		for _, c := range []Changes{
			{},
			{5},
			{far, width, width, width, width},
			{1, 2, far, 3, width, width, width, width},
			{0, -1, width, width, width, width},
			{7, 7, width},
			{width + 1, width},
			{5, 1<<31 - 1, width, width, width, width},
		} {
			if err := e.PutChanges(c); !errors.Is(err, ErrRow) {
				t.Errorf("%v: %v", c, err)
			}
		}
		if err := e.PutRow(row[:7]); !errors.Is(err, ErrRow) {
			t.Errorf("short row: %v", err)
		}
		if err := e.PutRow(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Error("a refused row left its mark")
	}
}

// TestLongRuns codes runs around every border of the code tables.
func TestLongRuns(t *testing.T) {
	const width = 12_000
	e := NewEncoder()
	for _, run := range []int32{63, 64, 1727, 1728, 1791, 1792, 2047, 2048, 2111, 2112, 2559, 2560, 2561, 2623, 2624, 2625, 4607, 4608, 5119, 5120, 5184} {
		page := make([]byte, 0, 2*width/8)
		for _, c := range []Changes{{run, 2 * run}, {0, run, run + 1, run + 2}, {run}, {1, run + 1}} {
			row := make([]byte, width/8)
			Paint(row, append(c, width, width, width, width))
			page = append(page, row...)
		}
		for _, f := range forms {
			f.p.Width, f.p.Rows = width, 4
			r := reference{data: encode(t, e, f.p, page), p: f.p}
			if got, err := r.rows(4); err != nil || !bytes.Equal(got, page) {
				t.Errorf("%s: runs of %d: the reference decoder sees other pixels, error %v", f.name, run, err)
			}
		}
	}
}

// TestEncodeAllocations codes pages, and lists the changes of rows, with nothing allocated
// once at their size.
func TestEncodeAllocations(t *testing.T) {
	const width, height = 1728, 60
	e := NewEncoder()
	var list Changes
	for _, kind := range kinds {
		page := testPage(kind, width, height)
		for _, f := range forms {
			f.p.Width = width
			n := testing.AllocsPerRun(3, func() {
				err := e.Reset(io.Discard, f.p)
				for at := 0; at < len(page); at += width / 8 {
					err = errors.Join(err, e.PutRow(page[at:at+width/8]))
				}
				if err := errors.Join(err, e.Close()); err != nil {
					t.Error(err)
				}
			})
			if n != 0 {
				t.Errorf("%s %s: %v allocations for a page", f.name, kind, n)
			}
		}
		n := testing.AllocsPerRun(3, func() {
			for at := 0; at < len(page); at += width / 8 {
				list = Scan(list, page[at:at+width/8], width)
			}
		})
		if n != 0 || list.Width() != width {
			t.Errorf("%s: %v allocations for Scan", kind, n)
		}
	}
}

// TestRecodeAllocations goes from MH to MMR with nothing allocated.
func TestRecodeAllocations(t *testing.T) {
	from, to := Params{Coding: MH, EOL: true, Width: 1728, Rows: 60}, Params{Coding: MMR, Width: 1728}
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, kind := range kinds {
		page := testPage(kind, 1728, 60)
		data, want := encode(t, e, from, page), encode(t, e, to, page)
		src, out := bytes.NewReader(nil), bytes.Buffer{}
		n := testing.AllocsPerRun(3, func() {
			src.Reset(data)
			out.Reset()
			err := errors.Join(d.Reset(src, from), e.Reset(&out, to))
			for c, end := d.NextRow(); end == nil; c, end = d.NextRow() {
				err = errors.Join(err, e.PutChanges(c))
			}
			if err := errors.Join(err, e.Close()); err != nil {
				t.Error(err)
			}
		})
		if n != 0 || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: %v allocations for a page", kind, n)
		}
	}
}

// TestEncoderMemory holds the encoder to 256 KiB at any height of the widest fax
// page.
func TestEncoderMemory(t *testing.T) {
	const width, limit = 7296, 256 << 10
	row := testPage("stripes", width, 1)
	for _, f := range forms {
		f.p.Width = width
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := NewEncoder()
		err := e.Reset(io.Discard, f.p)
		for range 2000 {
			err = errors.Join(err, e.PutRow(row))
		}
		if err := errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		// The table of codes is made once for all encoders.
		if n := after.TotalAlloc - before.TotalAlloc + 2*8*shortRuns; n > limit {
			t.Errorf("%s: an encoder takes %d bytes", f.name, n)
		}
	}
}
