package jbig

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// small keeps what a fuzzed header asks for within reason.
var small = Limits{MaxWidth: 700, MaxRows: 300, MaxBytes: 1 << 16}

// FuzzDecode: whatever comes in, the decoder keeps to its limits, gives the same rows however its input is cut up, and
// those that the slow decoder gives where that knows what to do.
func FuzzDecode(f *testing.F) {
	for i, kind := range kinds {
		b := kind.page(90+i*40, 40)
		for _, p := range []Params{{Stripe: 16}, {Height: b.height, TwoLine: true, Stripe: 8}, {NoTypical: true}} {
			p.Width = b.width
			f.Add(encode(f, p, b))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkAny(t, data) })
}

func checkAny(t *testing.T, data []byte) {
	t.Helper()
	d := NewDecoder(small)
	if d.Reset(bytes.NewReader(data)) != nil {
		return
	}
	p := d.Params()
	got := drain(t, d)
	st := d.Stats()
	if p.Width > small.MaxWidth || st.Rows > small.MaxRows || len(got) != st.Rows*((p.Width+7)/8) || st.Partial && st.Err == nil {
		t.Fatalf("%d bytes of rows, %+v, %+v", len(got), p, st)
	}
	if d.Reset(&drops{data: data}) != nil {
		t.Fatal("cannot be read in drops")
	}
	if again := drain(t, d); !bytes.Equal(again, got) || fmt.Sprint(d.Stats()) != fmt.Sprint(st) {
		t.Fatalf("read in drops it differs: %+v, %+v", d.Stats(), st)
	}
	if st.Partial || len(data) < headerSize || data[19]&(optDPON|optDPPRIV) == optDPON|optDPPRIV {
		return
	}
	want, ok := referenceDecode(p, data[headerSize:], st.Rows)
	if ok && st.Bad > 0 {
		// A NEWLEN that stands behind data that is left over comes too late for rows that were handed out.
		got = got[:min(len(got), len(want))]
	}
	if ok && !bytes.Equal(got, want) {
		t.Fatalf("the slow decoder gives other rows: %d of %d, %+v, %+v", len(want), len(got), p, st)
	}
}

// TestFlipped: pages with wrong bits, as checked for every input.
func TestFlipped(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		kind := kinds[i%len(kinds)]
		b := kind.page(1+r.IntN(300), 1+r.IntN(60))
		p := Params{Width: b.width, Height: b.height * (i % 2), Stripe: 1 + r.IntN(40), TwoLine: i%3 == 0, NoTypical: i%5 == 0}
		data := encode(t, p, b)
		for range 1 + r.IntN(3) {
			if at := r.IntN(len(data)); at >= headerSize || i%7 == 0 {
				data[at] ^= 1 << r.IntN(8)
			}
		}
		checkAny(t, data)
	}
}
