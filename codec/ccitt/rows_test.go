package ccitt

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
)

// repeated puts each row of a page that many times.
func repeated(page []byte, stride, times int) []byte {
	var out []byte
	for at := 0; at < len(page); at += stride {
		out = append(out, bytes.Repeat(page[at:at+stride], times)...)
	}
	return out
}

// readRows reads a page a few rows at a time, into memory that is not clear.
func readRows(t testing.TB, d *Decoder, stride, rows int) []byte {
	t.Helper()
	var out []byte
	band := make([]byte, stride*rows+stride/2)
	for {
		for i := range band {
			band[i] = 0xa5
		}
		n, err := d.ReadRows(band)
		out = append(out, band[:n*stride]...)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil || n != rows {
			t.Fatalf("%d rows of %d, %v", n, rows, err)
		}
	}
}

// TestReadRows expects the rows of NextRow and Paint, and the same of Stats,
// from pages whose rows repeat.
func TestReadRows(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, times := range []int{1, 2, 70} {
		eachCase(4, func(name string, f form, page []byte) {
			stride := (f.p.Width + 7) / 8
			page = repeated(page, stride, times)
			f.p.Rows = len(page) / stride
			data := encode(t, e, f.p, page)
			if got := decode(t, d, f.p, data); !bytes.Equal(got, page) {
				t.Errorf("%s: NextRow gives other pixels", name)
			}
			want := d.Stats()
			if err := d.Reset(bytes.NewReader(data), f.p); err != nil {
				t.Fatal(err)
			}
			if got := readRows(t, d, stride, 3); !bytes.Equal(got, page) || d.Stats() != want {
				t.Errorf("%s: ReadRows gives other pixels or %+v, want %+v", name, d.Stats(), want)
			}
		})
	}
}

// TestDecodeAllocates expects nothing from the second page on, for each form and
// kind of page, painted row by row or in bands.
func TestDecodeAllocates(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	const width, height = 1728, 64
	bits := make([]byte, width/8*height)
	src := new(bytes.Reader)
	for _, kind := range kinds {
		page := testPage(kind, width, height)
		for _, f := range forms {
			f.p.Width, f.p.Rows = width, height
			data := encode(t, e, f.p, page)
			byRow := func() {
				src.Reset(data)
				err := d.Reset(src, f.p)
				for at := 0; err == nil; at += width / 8 {
					var c Changes
					if c, err = d.NextRow(); err == nil {
						Paint(bits[at:], c)
					}
				}
			}
			inBands := func() {
				src.Reset(data)
				err := d.Reset(src, f.p)
				for err == nil {
					_, err = d.ReadRows(bits[:10*width/8])
				}
			}
			for _, run := range []func(){byRow, inBands} {
				if n := testing.AllocsPerRun(3, run); n != 0 {
					t.Errorf("%s %s: %v allocations for a page", f.name, kind, n)
				}
			}
			if byRow(); !bytes.Equal(bits, page) {
				t.Errorf("%s %s: other pixels", f.name, kind)
			}
		}
	}
}

// endless gives the same bytes again and again, as many as n.
type endless struct {
	data []byte
	at   int
	n    int
}

func (r *endless) Read(b []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), r.n)], r.data[r.at:])
	r.at, r.n = (r.at+n)%len(r.data), r.n-n
	return n, nil
}

// TestDecoderMemory decodes a page of any height, new decoder included, with
// less than 256 KiB allocated in all. The tables, which a process makes once,
// are not counted.
func TestDecoderMemory(t *testing.T) {
	decodeTables()
	encodeTable()
	for _, width := range []int{4960, 10208} {
		for _, coding := range []Coding{MH, MR, MMR} {
			const rows = 60_000
			p := Params{Coding: coding, Width: width, EOL: coding == MH, K: 4}
			data := encode(t, NewEncoder(), p, testPage("text", width, 40))
			if coding == MMR {
				data = bytes.Repeat([]byte{0xff}, 5) // pages cannot be joined, blank rows can
			}
			src := &endless{data: data, n: rows / 40 * len(data)}
			row := make([]byte, width/8)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d := NewDecoder(Limits{})
			err := d.Reset(src, p)
			for err == nil {
				_, err = d.ReadRows(row)
			}
			runtime.ReadMemStats(&after)
			if st := d.Stats(); st.Rows != rows || st.Bad > 0 {
				t.Errorf("%s %d: %+v", coding, width, st)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 256<<10 {
				t.Errorf("%s %d: %d bytes allocated", coding, width, n)
			}
		}
	}
}
