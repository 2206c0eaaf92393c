package jbig

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// drops gives its data in pieces of 0 to 3 bytes.
type drops struct {
	data []byte
	n    int
}

func (d *drops) Read(b []byte) (int, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	d.n++
	n := copy(b, d.data[:min(len(d.data), d.n%4)])
	d.data = d.data[n:]
	return n, nil
}

// TestNoAllocations: a page in steady state takes no memory, in either direction.
func TestNoAllocations(t *testing.T) {
	for _, b := range []bitmap{strokes(1728, 200), dots(17, 1000, 200)} {
		for _, p := range []Params{{Width: b.width, Height: b.height}, {Width: b.width, TwoLine: true, NoTypical: true, Stripe: 20}} {
			e, d, src := NewEncoder(), NewDecoder(Limits{}), bytes.NewReader(nil)
			data := encode(t, p, b)
			if n := testing.AllocsPerRun(3, func() { put(t, e, io.Discard, p, b) }); n != 0 {
				t.Errorf("%+v: %v allocations to encode", p, n)
			}
			if n := testing.AllocsPerRun(3, func() {
				src.Reset(data)
				if err := d.Reset(src); err != nil {
					t.Fatal(err)
				}
				for err := error(nil); err == nil; {
					_, err = d.NextRow()
				}
			}); n != 0 || d.Stats().Rows != b.height {
				t.Errorf("%+v: %v allocations to decode %d rows", p, n, d.Stats().Rows)
			}
		}
	}
}

// TestUsedAgain: what a page leaves behind does not change the next one.
func TestUsedAgain(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, b := range []bitmap{dots(23, 300, 90), noise(50, 60, 0.3), dots(9, 301, 80), strokes(300, 40)} {
		p := Params{Width: b.width, Height: b.height, Stripe: 30}
		var out bytes.Buffer
		put(t, e, &out, p, b)
		if want := encode(t, p, b); !bytes.Equal(out.Bytes(), want) {
			t.Errorf("page of %d by %d: other bytes than a new encoder's", b.width, b.height)
		}
		if err := d.Reset(&out); err != nil {
			t.Fatal(err)
		}
		if rows := drain(t, d); !bytes.Equal(rows, b.rows) {
			t.Errorf("page of %d by %d: other pixels", b.width, b.height)
		}
	}
}

// TestPadding: what is in a row past the width does not matter.
func TestPadding(t *testing.T) {
	b := noise(53, 30, 0.4)
	p := Params{Width: b.width, Height: b.height}
	dirty := bitmap{b.width, b.height, bytes.Clone(b.rows)}
	for y := range b.height {
		dirty.row(y)[6] |= 0x07
	}
	if !bytes.Equal(encode(t, p, b), encode(t, p, dirty)) {
		t.Error("the bits past the width were coded")
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }
func (b broken) Read([]byte) (int, error)  { return 0, b.err }

func TestEncoderErrors(t *testing.T) {
	e := NewEncoder()
	if err := e.PutRow(nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := e.Close(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	for _, p := range []Params{{}, {Width: -1}, {Width: 1 << 21}, {Width: 8, Height: -1}, {Width: 8, Stripe: -1}, {Width: 8, MX: 128}} {
		if err := e.Reset(io.Discard, p); !errors.Is(err, ErrParams) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	p := Params{Width: 17, Height: 2}
	if err := e.Reset(io.Discard, p); err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 3)
	if err := e.PutRow(row[:2]); !errors.Is(err, ErrRow) {
		t.Error(err)
	}
	if err := errors.Join(e.PutRow(row), e.PutRow(row)); err != nil {
		t.Error(err)
	}
	if err := e.PutRow(row); !errors.Is(err, ErrRow) {
		t.Error(err)
	}
	if err := errors.Join(e.Close(), e.Reset(io.Discard, p), e.PutRow(row)); err != nil {
		t.Error(err)
	}
	if err := e.Close(); !errors.Is(err, ErrRow) {
		t.Errorf("a row is missing: %v", err)
	}
	full := errors.New("disk full")
	if err := e.Reset(broken{full}, Params{Width: 8, Height: 1}); err != nil {
		t.Fatal(err)
	}
	if err := e.PutRow(row); !errors.Is(err, full) {
		t.Errorf("of a writer that fails: %v", err)
	}
}

// header gives a page's data with some bytes of its header changed.
func header(t *testing.T, change map[int]byte) []byte {
	data := encode(t, Params{Width: 64, Height: 20}, strokes(64, 20))
	for i, v := range change {
		data[i] = v
	}
	return data
}

func TestHeaders(t *testing.T) {
	for _, tt := range []struct {
		change map[int]byte
		kind   error
		says   string
	}{
		{map[int]byte{1: 2}, ErrUnsupported, "resolution layers"},
		{map[int]byte{0: 1, 1: 1}, ErrUnsupported, "resolution layers"},
		{map[int]byte{2: 4}, ErrUnsupported, "4 planes"},
		{map[int]byte{2: 0}, ErrUnsupported, "0 planes"},
		{map[int]byte{19: 0x88}, ErrUnsupported, "0x88"},
		{map[int]byte{7: 0}, ErrParams, "0 by 20"},
		{map[int]byte{11: 0}, ErrParams, "64 by 0"},
		{map[int]byte{15: 0}, ErrParams, "stripes of 0"},
		{map[int]byte{4: 0xff}, ErrLimit, "width"},
		{map[int]byte{5: 2}, ErrLimit, "at most 65536"},
		{map[int]byte{8: 1}, ErrLimit, "rows"},
		{map[int]byte{17: 5, 18: 3, 19: 0x1c}, nil, ""}, // MY, the order of layers and their options: nothing to us
	} {
		err := NewDecoder(Limits{}).Reset(bytes.NewReader(header(t, tt.change)))
		if !errors.Is(err, tt.kind) || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v: %v", tt.change, err)
		}
	}
	wrong := errors.New("no more paper")
	if err := NewDecoder(Limits{}).Reset(broken{wrong}); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if err := NewDecoder(Limits{}).Reset(strings.NewReader("short")); !errors.Is(err, ErrParams) {
		t.Error(err)
	}
	// A table for layers that are not there is skipped.
	data := header(t, map[int]byte{19: optTPBON | optDPON | optDPPRIV})
	data = append(data[:headerSize:headerSize], append(make([]byte, privateTable), data[headerSize:]...)...)
	if rows := decode(t, data); !bytes.Equal(rows, strokes(64, 20).rows) {
		t.Error("with a private table: other pixels")
	}
}

// TestLimits: a page of unknown height ends at the limit, and so do too many bytes.
func TestLimits(t *testing.T) {
	b := strokes(200, 400)
	d := NewDecoder(Limits{MaxRows: 150})
	if err := d.Reset(bytes.NewReader(encode(t, Params{Width: 200}, b))); err != nil {
		t.Fatal(err)
	}
	rows := drain(t, d)
	if st := d.Stats(); !errors.Is(st.Err, ErrLimit) || !st.Partial || st.Rows != 150 || !bytes.HasPrefix(b.rows, rows) {
		t.Errorf("%+v", st)
	}
	page := noise(1000, 300, 0.5)
	d = NewDecoder(Limits{MaxBytes: 10_000})
	if err := d.Reset(bytes.NewReader(encode(t, Params{Width: 1000}, page))); err != nil {
		t.Fatal(err)
	}
	rows = drain(t, d)
	if st := d.Stats(); !errors.Is(st.Err, ErrLimit) || !st.Partial || st.Rows == 0 || !bytes.HasPrefix(page.rows, rows) {
		t.Errorf("%+v", st)
	}
}

// TestNewLengthEarly: a NEWLEN may come long before the rows that it speaks of, and never makes a page longer.
func TestNewLengthEarly(t *testing.T) {
	b := strokes(120, 90)
	data := encode(t, Params{Width: 120, Height: 90, VariableLength: true, Stripe: 30}, b)
	for rows, want := range map[uint32]int{90: 90, 61: 61, 30: 30, 1: 1, 5000: 90} {
		segment := binary.BigEndian.AppendUint32([]byte{esc, mNEWLEN}, rows)
		changed := append(bytes.Clone(data[:headerSize]), append(segment, data[headerSize:]...)...)
		d := NewDecoder(Limits{})
		if err := d.Reset(bytes.NewReader(changed)); err != nil {
			t.Fatal(err)
		}
		got := drain(t, d)
		if st := d.Stats(); st.Rows != want || st.Partial || !bytes.HasPrefix(b.rows, got) {
			t.Errorf("NEWLEN %d: %+v", rows, st)
		}
	}
}
