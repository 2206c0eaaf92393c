package ccitt

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	xccitt "golang.org/x/image/ccitt"
)

// encode codes packed rows.
func encode(t testing.TB, e *Encoder, p Params, page []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := e.Reset(&out, p); err != nil {
		t.Fatal(err)
	}
	stride := (p.Width + 7) / 8
	for at := 0; at < len(page); at += stride {
		if err := e.PutRow(page[at : at+stride]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decode decodes to packed rows and fails the test unless all is clean.
func decode(t testing.TB, d *Decoder, p Params, data []byte) []byte {
	t.Helper()
	if err := d.Reset(bytes.NewReader(data), p); err != nil {
		t.Fatal(err)
	}
	rows := drain(t, d)
	if st := d.Stats(); st.Bad != 0 || st.Partial || st.Err != nil {
		t.Fatalf("decoding: %+v", st)
	}
	return rows
}

// TestRoundTrip also has the decoder find the end of the page by itself where
// the data tells it.
func TestRoundTrip(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	eachCase(24, func(name string, f form, page []byte) {
		data := encode(t, e, f.p, page)
		p := f.p
		if p.Width > 1 { // of a page one pixel wide the last bits may be fill or rows
			p.Rows = 0
		}
		if got := decode(t, d, p, data); !bytes.Equal(got, page) {
			t.Errorf("%s: %d bytes of rows differ from %d", name, len(got), len(page))
		}
		if st := d.Stats(); st.RTC != (f.p.RTC || f.p.Coding == MMR) || st.Bytes != int64(len(data)) {
			t.Errorf("%s: %+v for %d bytes", name, st, len(data))
		}
	})
}

func TestReference(t *testing.T) {
	e := NewEncoder()
	eachCase(8, func(name string, f form, page []byte) {
		data := encode(t, e, f.p, page)
		r := reference{data: data, p: f.p}
		got, err := r.rows(8)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(got, page) {
			t.Errorf("%s: the reference decoder sees other pixels", name)
		}
	})
}

// TestRecode goes from coding to coding on change lists alone.
func TestRecode(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, kind := range kinds {
		page := testPage(kind, 1728, 40)
		for _, from := range forms {
			from.p.Width = 1728
			data := encode(t, e, from.p, page)
			for _, to := range forms {
				to.p.Width = 1728
				want := encode(t, e, to.p, page)
				if got := recode(t, d, e, from.p, to.p, data); !bytes.Equal(got, want) {
					t.Errorf("%s: %s to %s gives other bytes than coding the bitmap", kind, from.name, to.name)
				}
			}
		}
	}
}

func recode(t testing.TB, d *Decoder, e *Encoder, from, to Params, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := errors.Join(d.Reset(bytes.NewReader(data), from), e.Reset(&out, to)); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := d.NextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := errors.Join(err, e.PutChanges(c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestXImage has x/image/ccitt read what it can: MH with plain EOLs and MMR.
func TestXImage(t *testing.T) {
	e := NewEncoder()
	eachCase(16, func(name string, f form, page []byte) {
		if f.name != "MH" && f.name != "MMR" {
			return
		}
		sub, order := xccitt.Group3, xccitt.MSB
		if f.p.Coding == MMR {
			sub = xccitt.Group4
		}
		if f.p.LSBFirst {
			order = xccitt.LSB
		}
		r := xccitt.NewReader(bytes.NewReader(encode(t, e, f.p, page)), order, sub, f.p.Width, 16, &xccitt.Options{Invert: true})
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, page) {
			t.Errorf("%s: x/image sees other pixels, error %v", name, err)
		}
	})
}

func TestScanPaint(t *testing.T) {
	var c Changes
	for _, width := range widths {
		for _, kind := range kinds {
			stride := (width + 7) / 8
			for row := range slices.Chunk(testPage(kind, width, 6), stride) {
				c = Scan(c, row, width)
				got := bytes.Repeat([]byte{0xa5}, stride)
				Paint(got, c)
				if diff := cmp.Diff(row, got); diff != "" {
					t.Fatalf("%s %d: (-want +got)\n%s", kind, width, diff)
				}
				if c.Width() != width || len(c) < sentinels {
					t.Fatalf("%s %d: list %v", kind, width, c)
				}
			}
		}
	}
}

// TestScanStrict compares Scan with a look at each pixel, rubbish past the
// width included.
func TestScanStrict(t *testing.T) {
	row := testPage("noise", 264, 1)
	for width := 1; width <= 264; width++ {
		want := Changes{}
		last := byte(0)
		for x := range width {
			if b := row[x/8] >> (7 - x%8) & 1; b != last {
				want, last = append(want, int32(x)), b
			}
		}
		for range sentinels {
			want = append(want, int32(width))
		}
		if diff := cmp.Diff(want, Scan(nil, row, width)); diff != "" {
			t.Fatalf("width %d (-want +got)\n%s", width, diff)
		}
	}
}
