package ccitt

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

var errBroken = errors.New("broken")

// TestStreaming gives the data in pieces of all kinds; the pages are larger
// than the decoder's buffer.
func TestStreaming(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	page := testPage("noise", 2432, 400)
	for _, f := range forms {
		f.p.Width = 2432
		data := encode(t, e, f.p, page)
		if len(data) < 3*chunk {
			t.Fatalf("only %d bytes", len(data))
		}
		for name, src := range map[string]io.Reader{
			"one byte": iotest.OneByteReader(bytes.NewReader(data)),
			"half":     iotest.HalfReader(bytes.NewReader(data)),
			"data err": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			if err := d.Reset(src, f.p); err != nil {
				t.Fatal(err)
			}
			if got := drain(t, d); !bytes.Equal(got, page) || d.Stats().Bad > 0 {
				t.Errorf("%s %s: other pixels; %+v", f.name, name, d.Stats())
			}
			if st := d.Stats(); st.Bytes != int64(len(data)) {
				t.Errorf("%s %s: %d bytes used up of %d", f.name, name, st.Bytes, len(data))
			}
		}
	}
}

// TestReaderFails expects the rows before a failure, then the failure.
func TestReaderFails(t *testing.T) {
	d := NewDecoder(Limits{})
	p := Params{Coding: MMR, Width: 2432}
	data := encode(t, NewEncoder(), p, testPage("noise", 2432, 400))
	src := io.MultiReader(bytes.NewReader(data[:2*chunk]), iotest.ErrReader(errBroken))
	if err := d.Reset(src, p); err != nil {
		t.Fatal(err)
	}
	rows := 0
	var err error
	for ; err == nil; rows++ {
		_, err = d.NextRow()
	}
	if !errors.Is(err, errBroken) || rows < 100 || !d.Stats().Partial {
		t.Errorf("%d rows, then %v; %+v", rows, err, d.Stats())
	}
	if err := d.Reset(idle{}, p); err != nil {
		t.Fatal(err)
	}
	if _, err := d.NextRow(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestLimits(t *testing.T) {
	p := Params{Coding: MMR, Width: 2432}
	data := encode(t, NewEncoder(), p, testPage("noise", 2432, 200))
	for name, lim := range map[string]Limits{
		"rows": {MaxRows: 100}, "bytes": {MaxBytes: 40_000}, "width": {MaxWidth: 2000}, "rows given": {MaxRows: 10},
	} {
		d := NewDecoder(lim)
		q := p
		if name == "rows given" {
			q.Rows = 11
		}
		err := d.Reset(bytes.NewReader(data), q)
		for err == nil {
			_, err = d.NextRow()
		}
		if !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v, want ErrLimit", name, err)
		}
	}
}

func TestMisuse(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, p := range []Params{{}, {Coding: MH}, {Coding: 4, Width: 8}, {Coding: MR, Width: 8, Rows: -1}} {
		if err := d.Reset(nil, p); !errors.Is(err, ErrParams) {
			t.Errorf("decoder: %+v: %v", p, err)
		}
		if err := e.Reset(nil, p); !errors.Is(err, ErrParams) {
			t.Errorf("encoder: %+v: %v", p, err)
		}
	}
	if err := e.Reset(nil, Params{Coding: MH, EOL: true, Width: 8, ByteAlign: true, RTC: true}); !errors.Is(err, ErrParams) {
		t.Errorf("aligned RTC: %v", err)
	}
	if _, err := NewDecoder(Limits{}).NextRow(); !errors.Is(err, io.EOF) {
		t.Errorf("row before Reset: %v", err)
	}
	if err := errors.Join(e.PutRow(nil), e.PutChanges(nil)); !errors.Is(err, ErrClosed) || !errors.Is(e.Close(), ErrClosed) {
		t.Errorf("use before Reset: %v", err)
	}
}

func TestWrongRows(t *testing.T) {
	e := NewEncoder()
	if err := e.Reset(io.Discard, Params{Coding: MMR, Width: 16}); err != nil {
		t.Fatal(err)
	}
	if err := e.PutRow([]byte{1}); !errors.Is(err, ErrRow) {
		t.Errorf("short row: %v", err)
	}
	for _, c := range []Changes{nil, {1, 2}, {3, 3, 16, 16, 16, 16}, {5, 4, 16}, {-1, 16}, {17, 17, 17, 17}} {
		if err := e.PutChanges(c); !errors.Is(err, ErrRow) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestWriterFails expects the failure from the call that meets it and from
// Close.
func TestWriterFails(t *testing.T) {
	e := NewEncoder()
	if err := e.Reset(failing{}, Params{Coding: MMR, Width: 2432}); err != nil {
		t.Fatal(err)
	}
	row := testPage("noise", 2432, 1)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = e.PutRow(row)
		row[i%len(row)] ^= 0x55
	}
	if !errors.Is(err, errBroken) || !errors.Is(e.Close(), errBroken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errBroken }

// TestSteadyState codes and decodes pages with nothing allocated.
func TestSteadyState(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	page := testPage("text", 1728, 100)
	for _, f := range forms {
		f.p.Width, f.p.Rows = 1728, 100
		data := encode(t, e, f.p, page)
		src := bytes.NewReader(data)
		n := testing.AllocsPerRun(5, func() {
			src.Reset(data)
			if d.Reset(src, f.p) != nil || e.Reset(io.Discard, f.p) != nil {
				t.Error("reset fails")
			}
			for c, err := d.NextRow(); err == nil; c, err = d.NextRow() {
				if e.PutChanges(c) != nil {
					t.Error("row refused")
				}
			}
			if e.Close() != nil || d.Stats().Rows != 100 {
				t.Error("not the whole page")
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations for a page", f.name, n)
		}
	}
}

// TestMemory holds the promise about the decoder's size.
func TestMemory(t *testing.T) {
	d := NewDecoder(Limits{})
	if err := d.Reset(bytes.NewReader(nil), Params{Coding: MMR, Width: 7296}); err != nil {
		t.Fatal(err)
	}
	if n := len(d.in.buf) + 4*cap(d.lists); n > 128<<10 {
		t.Errorf("%d bytes for the widest fax page", n)
	}
}
