package jbig

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// kinds are made-up pages, each the same every time.
var kinds = []struct {
	name string
	page func(width, height int) bitmap
}{
	{"strokes", strokes},
	{"noise", func(w, h int) bitmap { return noise(w, h, 0.5) }},
	{"specks", func(w, h int) bitmap { return noise(w, h, 0.01) }},
	{"black", func(w, h int) bitmap { return noise(w, h, 1) }},
	{"white", func(w, h int) bitmap { return noise(w, h, 0) }},
	{"dots", func(w, h int) bitmap { return dots(13, w, h) }},
	{"stripes", func(w, h int) bitmap {
		return draw(w, h, func(x, y int) bool { return y/5%2 == 0 && x > y || y%50 == 7 })
	}},
}

func draw(width, height int, black func(x, y int) bool) bitmap {
	b := bitmap{width: width, height: height, rows: make([]byte, (width+7)/8*height)}
	for y := range height {
		for x := range width {
			if black(x, y) {
				b.row(y)[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return b
}

func noise(width, height int, share float64) bitmap {
	r := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	return draw(width, height, func(int, int) bool { return r.Float64() < share })
}

// strokes are upright and slanted ones with blank lines between, a little like text.
func strokes(width, height int) bitmap {
	return draw(width, height, func(x, y int) bool {
		return y%16 < 11 && (x%9 < 2 && x/9%5 != 3 || (x+y)%13 == 0 && x%40 < 30)
	})
}

// dots are a screen with some noise.
func dots(period, width, height int) bitmap {
	r := rand.New(rand.NewPCG(uint64(period), 1))
	tile := make([]bool, 5*period)
	for i := range tile {
		tile[i] = r.Float64() < 0.4
	}
	return draw(width, height, func(x, y int) bool {
		return tile[y%5*period+x%period] != (r.Float64() < 0.02)
	})
}

// decode decodes a whole page without damage.
func decode(t testing.TB, data []byte) []byte {
	t.Helper()
	d := NewDecoder(Limits{})
	if err := d.Reset(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	rows := drain(t, d)
	if st := d.Stats(); st.Partial || st.Bad > 0 || st.Err != nil || d.Params().Height != st.Rows {
		t.Fatalf("page of %d rows: %+v", d.Params().Height, st)
	}
	return rows
}

// drain gives all rows that the decoder still has.
func drain(t testing.TB, d *Decoder) (rows []byte) {
	t.Helper()
	for {
		row, err := d.NextRow()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row...)
	}
}
