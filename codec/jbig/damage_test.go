package jbig

import (
	"bytes"
	"errors"
	"testing"
)

// TestTruncated: of a page that is cut anywhere the rows before the cut come out right, and it says that it is cut.
func TestTruncated(t *testing.T) {
	for _, b := range []bitmap{strokes(200, 60), noise(64, 60, 0.5), dots(13, 300, 60)} {
		data := encode(t, Params{Width: b.width, Height: b.height, Stripe: 25}, b)
		d, least := NewDecoder(Limits{}), 0
		for n := headerSize; n < len(data)-2; n++ {
			if err := d.Reset(bytes.NewReader(data[:n])); err != nil {
				t.Fatal(err)
			}
			rows := drain(t, d)
			st := d.Stats()
			if !bytes.HasPrefix(b.rows, rows) || !st.Partial || !errors.Is(st.Err, errCut) || st.Rows < least {
				t.Fatalf("cut to %d bytes of %d: %+v, at one less there were %d rows", n, len(data), st, least)
			}
			least = st.Rows
		}
		if least < b.height-5 {
			t.Errorf("without its end %d rows of %d come out", least, b.height)
		}
	}
}

// stripes gives the data of a page of three stripes: its header and the stripes with their ends.
func stripes(t *testing.T, b bitmap) (parts [4][]byte) {
	t.Helper()
	data := encode(t, Params{Width: b.width, Height: b.height, Stripe: b.height / 3, MX: -1}, b)
	parts[0], data = data[:headerSize], data[headerSize:]
	for i := 1; i <= 3; i++ {
		end := bytes.Index(data, []byte{esc, mSDNORM}) + 2
		parts[i], data = data[:end], data[end:]
	}
	return parts
}

// TestBetweenStripes: what may be between and behind stripes, and what may not.
func TestBetweenStripes(t *testing.T) {
	b := strokes(150, 60)
	part := stripes(t, b)
	noHeight := bytes.Clone(part[0])
	copy(noHeight[8:], []byte{0xff, 0xff, 0xff, 0xff})
	noHeight[19] |= optVLENGTH
	second := part[2][:len(part[2])-2]
	sdnorm := []byte{esc, mSDNORM}
	for _, tt := range []struct {
		name    string
		data    [][]byte
		rows    int // that come out; -n: more than n, and fewer than 40
		bad     int
		partial error
	}{
		{"whole", part[:], 60, 0, nil},
		{"rubbish behind the page", [][]byte{part[0], part[1], part[2], part[3], []byte("rubbish")}, 60, 0, nil},
		{"comments", [][]byte{part[0], {esc, mCOMMENT, 0, 0, 0, 3, esc, mABORT, 1}, part[1], {esc, mCOMMENT, 0, 0, 0, 0}, part[2], part[3]}, 60, 0, nil},
		{"two bytes more than needed", [][]byte{part[0], part[1], second, {0, 0, 0, 9, 9}, sdnorm, part[3]}, 60, 0, nil},
		{"data left over", [][]byte{part[0], part[1], second, bytes.Repeat([]byte{9}, 20), sdnorm, part[3]}, 60, 1, nil},
		{"ABORT", [][]byte{part[0], part[1], {esc, mABORT}, part[2], part[3]}, 20, 0, errAbort},
		{"ABORT in a stripe", [][]byte{part[0], part[1], second[:len(second)-6], {esc, mABORT}}, -20, 0, errAbort},
		{"no such marker in a stripe", [][]byte{part[0], part[1], second[:len(second)-6], {esc, 9}, part[3]}, -20, 0, errCut},
		{"a comment longer than the data", [][]byte{part[0], part[1], {esc, mCOMMENT, 0, 1, 0, 0}, part[2]}, 20, 0, errCut},
		{"a move that is cut", [][]byte{part[0], part[1], {esc, mATMOVE, 0, 0, 0}}, 20, 0, errCut},
		{"a move upwards", [][]byte{part[0], part[1], {esc, mATMOVE, 0, 0, 0, 0, 5, 1}, part[2]}, 20, 0, errMove},
		{"a move onto the template", [][]byte{part[0], part[1], {esc, mATMOVE, 0, 0, 0, 0, 2, 0}, part[2]}, 20, 0, errMove},
		{"a move where no row is", [][]byte{part[0], part[1], {esc, mATMOVE, 0, 0, 1, 0, 9, 0}, part[2], part[3]}, 60, 0, nil},
		{"too many moves", [][]byte{part[0], part[1], bytes.Repeat([]byte{esc, mATMOVE, 0, 0, 1, 0, 9, 0}, 20), part[2]}, 20, 0, errMove},
		{"a stripe is missing", [][]byte{part[0], part[1], part[2]}, 40, 0, errCut},
		{"the height never comes", [][]byte{noHeight, part[1], part[2], part[3]}, 60, 0, errNoHeight},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder(Limits{})
			if err := d.Reset(bytes.NewReader(bytes.Join(tt.data, nil))); err != nil {
				t.Fatal(err)
			}
			rows := drain(t, d)
			st := d.Stats()
			if tt.rows >= 0 && st.Rows != tt.rows || tt.rows < 0 && (st.Rows <= -tt.rows || st.Rows >= 40) {
				t.Errorf("%d rows, want %d", st.Rows, tt.rows)
			}
			if !bytes.HasPrefix(b.rows, rows) {
				t.Error("other pixels")
			}
			if st.Bad != tt.bad || st.Partial != (tt.partial != nil) || st.Partial && !errors.Is(st.Err, tt.partial) {
				t.Errorf("%+v", st)
			}
			if _, err := d.NextRow(); err == nil {
				t.Error("there is a row behind the end")
			}
		})
	}
}

// TestReadError: what a reader says is told, and the rows before it come out.
func TestReadError(t *testing.T) {
	b := noise(300, 60, 0.4)
	data := encode(t, Params{Width: b.width, Height: b.height}, b)
	lost := errors.New("line lost")
	d := NewDecoder(Limits{})
	if err := d.Reset(&cutLine{bytes.NewReader(data[:len(data)/2]), lost}); err != nil {
		t.Fatal(err)
	}
	rows := drain(t, d)
	if st := d.Stats(); !errors.Is(st.Err, lost) || !st.Partial || st.Rows < 20 || !bytes.HasPrefix(b.rows, rows) {
		t.Errorf("%+v", st)
	}
}

// cutLine gives an error where its data ends.
type cutLine struct {
	*bytes.Reader
	err error
}

func (c *cutLine) Read(b []byte) (int, error) {
	if c.Len() == 0 {
		return 0, c.err
	}
	return c.Reader.Read(b)
}
