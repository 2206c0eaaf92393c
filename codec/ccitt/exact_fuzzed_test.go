package ccitt

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestFuzzed compares the decoder with the reference decoder on 10,000 inputs,
// or as many as FAXGATE_INPUTS says; see agree for what is compared.
func TestFuzzed(t *testing.T) {
	inputs := uint64(10_000)
	if s := os.Getenv("FAXGATE_INPUTS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		inputs = n
	}
	start := time.Now()
	e, d := NewEncoder(), NewDecoder(Limits{})
	seen := map[string]uint64{}
	for i := range inputs {
		in := makeInput(t, e, i)
		c := comparison{t: t, d: d, in: in, number: i}
		seen[in.kind]++
		seen[c.run()]++
		if c.ximage {
			seen["read by x/image too"]++
		}
		if t.Failed() && seen["differs"] > 10 {
			break
		}
	}
	t.Logf("%d inputs in %v: %v", inputs, time.Since(start).Round(time.Millisecond), seen)
	for _, what := range []string{"whole", "begins alike", "empty runs"} {
		if seen[what] < inputs/100 {
			t.Errorf("only %d of %d inputs: %s", seen[what], inputs, what)
		}
	}
	if seen["read by x/image too"] < inputs/20 {
		t.Errorf("x/image has read only %d of %d inputs", seen["read by x/image too"], inputs)
	}
}

// comparison is that of decoder and reference on one input.
type comparison struct {
	t      *testing.T
	d      *Decoder
	in     input
	number uint64
	ximage bool
}

// run decodes the input by both and says how that went:
//   - whole: the reference finds nothing wrong, nor may the decoder, and all
//     pixels agree; where x/image reads the data, it agrees too;
//   - begins alike: the reference meets an error. All rows before it agree, and a
//     T.6 page ends there, or one row later where zeros, which the decoder as
//     well as libtiff sees behind the end of the data, make one;
//   - empty runs: rows agree up to the first that has runs without pixels, which
//     T.4 does not know; the rows that refer to it are decoded as libtiff does;
//   - relabelled: the decoder has found that the parameters are wrong.
func (c *comparison) run() string {
	want, why := c.reference()
	refused := why != nil && !errors.Is(why, errEmpty)
	if err := c.d.Reset(bytes.NewReader(c.in.data), c.in.p); err != nil {
		c.t.Fatal(err)
	}
	got := c.rows()
	st := c.d.Stats()
	stride := (c.in.p.Width + 7) / 8
	switch {
	case c.in.page != nil && (refused || !bytes.Equal(want, c.in.page)):
		return c.differs("the reference does not see the page that was coded")
	case why != nil && st.Params != c.in.p:
		return "relabelled"
	case len(got) < len(want) || !bytes.Equal(got[:len(want)], want):
		return c.differs("of the %d rows of the reference, others: %d rows, %+v", len(want)/stride, len(got)/stride, st)
	case refused && c.in.p.Coding == MMR && !st.Uncompressed && !c.endsAt(why, len(want)/stride, len(got)/stride):
		return c.differs("the reference ends after %d rows, the decoder after %d: %+v", len(want)/stride, len(got)/stride, st)
	case refused:
		return "begins alike"
	case why != nil:
		return "empty runs"
	case len(got) > len(want) || st.Bad > 0 || st.Partial || st.Err != nil || st.Params != c.in.p:
		return c.differs("nothing is wrong, but: %d rows, %+v", len(got)/stride, st)
	}
	return c.others(want)
}

// rows are all that the decoder gives, row by row or in bands of some rows.
func (c *comparison) rows() []byte {
	band := (int(c.number)+len(c.in.data))%8 - 2
	if band < 1 {
		return drain(c.t, c.d)
	}
	stride := (c.in.p.Width + 7) / 8
	buf := make([]byte, band*stride)
	for out := []byte(nil); ; {
		n, err := c.d.ReadRows(buf)
		out = append(out, buf[:n*stride]...)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// Why the reference did not go on.
var (
	errEmpty = errors.New("reference: runs without pixels")
	errEOL   = errors.New("reference: an EOL in T.6 data")
)

// reference decodes the rows up to an error, or to the first with empty runs.
func (c *comparison) reference() (rows []byte, why error) {
	r := reference{data: c.in.data, p: c.in.p, above: make([]byte, c.in.p.Width)}
	for range c.in.p.Rows {
		start := r.at
		row, err := r.row()
		if err != nil {
			if r.at = start; r.eol() {
				err = errEOL
			}
			return rows, err
		}
		if r.empty > maxEmptyRuns/2 {
			return rows, errEmpty // the decoder has a limit
		}
		rows = append(rows, packRow(row)...)
		r.above = row
		if r.empty > 0 && c.in.p.Coding != MH {
			return rows, errEmpty
		}
	}
	return rows, nil
}

// endsAt reports whether the decoder may have ended a T.6 page after so many
// rows, where the reference ended it so. After an EOL it may find another strip.
func (c *comparison) endsAt(why error, want, got int) bool {
	switch {
	case errors.Is(why, errEOL):
		return true
	case errors.Is(why, errEnd) && got == want+1:
		return true
	}
	return got == want && c.d.Stats().Partial
}

// others has x/image/ccitt read what it can.
func (c *comparison) others(want []byte) string {
	if p := c.in.p; p.Coding == MMR || p.Coding == MH && p.EOL {
		got, err := ximage(c.in.data, p)
		if c.ximage = err == nil; c.ximage && !bytes.Equal(got, want) {
			return c.differs("x/image sees other pixels")
		}
	}
	return "whole"
}

func (c *comparison) differs(format string, args ...any) string {
	c.t.Helper()
	c.t.Errorf("input %d, %s, %+v: "+format+"\n%x", append(append([]any{c.number, c.in.kind, c.in.p}, args...), c.in.data)...)
	return "differs"
}
