package ccitt

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// checkList fails unless c is a list of the width as Changes promises.
func checkList(t testing.TB, c Changes, width int) {
	t.Helper()
	if len(c) < sentinels {
		t.Fatalf("list of %d", len(c))
	}
	for _, x := range c[len(c)-sentinels:] {
		if int(x) != width {
			t.Fatalf("list of width %d ends with %v", width, c[len(c)-sentinels:])
		}
	}
	last := int32(-1)
	for _, x := range c[:len(c)-sentinels] {
		if x <= last || int(x) >= width {
			t.Fatalf("change at %d after %d, width %d", x, last, width)
		}
		last = x
	}
}

// survive decodes whatever it is given and checks what must hold of the result.
func survive(t testing.TB, d *Decoder, p Params, data []byte) int {
	t.Helper()
	if err := d.Reset(bytes.NewReader(data), p); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for {
		c, err := d.NextRow()
		if errors.Is(err, io.EOF) || errors.Is(err, ErrLimit) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		checkList(t, c, p.Width)
		rows++
	}
	st := d.Stats()
	if st.Rows != rows || st.Bad > rows+1 || st.MaxConsecutiveBad > st.Bad || st.Bytes > int64(len(data)) || st.Bytes < 0 {
		t.Fatalf("%d rows of %d bytes: %+v", rows, len(data), st)
	}
	if p.Rows > 0 && (rows > p.Rows || rows < p.Rows && !st.Partial) {
		t.Fatalf("%d rows of %d: %+v", rows, p.Rows, st)
	}
	return rows
}

func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	e, d := NewEncoder(), NewDecoder(Limits{MaxRows: 5000})
	for _, kind := range kinds {
		page := testPage(kind, 1001, 60)
		for _, f := range forms {
			f.p.Width = 1001
			sound := encode(t, e, f.p, page)
			for range 25 {
				f.p.Rows = 60 * rng.IntN(2)
				data := bytes.Clone(sound)
				for range 1 + rng.IntN(8) {
					data[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
				}
				survive(t, d, f.p, data)
				survive(t, d, f.p, sound[:rng.IntN(len(sound))])
			}
		}
	}
}

// TestDamageIsLocal flips bits in T.4 data: most rows stay what they were.
func TestDamageIsLocal(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	e, d := NewEncoder(), NewDecoder(Limits{})
	const width, height, stride = 1728, 200, 216
	page := testPage("text", width, height)
	for _, f := range forms {
		if !f.p.EOL && f.p.Coding != MR || f.p.K > 4 {
			continue
		}
		f.p.Width, f.p.Rows = width, height
		for range 20 {
			data := encode(t, e, f.p, page)
			data = bytes.Clone(data)
			data[len(data)/10+rng.IntN(len(data)/2)] ^= 1 << rng.IntN(8)
			if err := d.Reset(bytes.NewReader(data), f.p); err != nil {
				t.Fatal(err)
			}
			got := drain(t, d)
			if common := commonRows(page, got, stride); common < height-2*max(f.p.K, 1) {
				t.Errorf("%s: one bit spoils %d rows; %+v", f.name, height-common, d.Stats())
			}
		}
	}
}

// commonRows counts the rows equal from the start and, behind the first that
// are not, from the end.
func commonRows(x, y []byte, stride int) int {
	n := 0
	for len(x) > 0 && len(y) > 0 && bytes.Equal(x[:stride], y[:stride]) {
		x, y, n = x[stride:], y[stride:], n+1
	}
	for len(x) > 0 && len(y) > 0 && bytes.Equal(x[len(x)-stride:], y[len(y)-stride:]) {
		x, y, n = x[:len(x)-stride], y[:len(y)-stride], n+1
	}
	return n
}

func FuzzDecode(f *testing.F) {
	e := NewEncoder()
	for i, fm := range forms {
		fm.p.Width = 65
		f.Add(encode(f, e, fm.p, testPage("text", 65, 20)), uint8(i), uint16(65), uint8(0))
	}
	for _, tt := range toleranceCases {
		f.Add(bitString(tt.data), uint8(0), uint16(16), uint8(3))
	}
	d := NewDecoder(Limits{MaxRows: 2000})
	f.Fuzz(func(t *testing.T, data []byte, which uint8, width uint16, rows uint8) {
		p := forms[int(which)%len(forms)].p
		p.Width, p.Rows, p.LSBFirst = max(1, int(width)), int(rows), which >= 128
		survive(t, d, p, data)
	})
}

func FuzzRoundTrip(f *testing.F) {
	for i, kind := range kinds {
		f.Add(testPage(kind, 77, 9), uint16(77), uint8(i))
	}
	e, d := NewEncoder(), NewDecoder(Limits{})
	f.Fuzz(func(t *testing.T, page []byte, width uint16, which uint8) {
		p := forms[int(which)%len(forms)].p
		p.Width, p.LSBFirst = max(1, int(width)), which >= 128
		stride := (p.Width + 7) / 8
		page = page[:len(page)/stride*stride]
		for i := stride - 1; i < len(page); i += stride {
			page[i] &= 0xff << (-p.Width & 7)
		}
		p.Rows = len(page) / stride
		if p.Rows == 0 {
			return
		}
		if got := decode(t, d, p, encode(t, e, p, page)); !bytes.Equal(got, page) {
			t.Errorf("%d rows of %d: other pixels", p.Rows, p.Width)
		}
	})
}
