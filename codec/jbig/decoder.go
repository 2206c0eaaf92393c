package jbig

import (
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	defaultMaxWidth = 1 << 16
	defaultMaxRows  = 200_000
	defaultMaxBytes = 256 << 20
)

// What ended a page or was wrong with a stripe; Stats.Err tells.
var (
	errCut      = errors.New("jbig: data ends within the page")
	errAbort    = errors.New("jbig: the sender gave up (ABORT)")
	errLeft     = errors.New("jbig: a stripe has data left over")
	errLate     = errors.New("jbig: the page is said to have fewer rows than were in its data (NEWLEN)")
	errMove     = errors.New("jbig: the template pixel is moved to where T.85 has none")
	errNoHeight = errors.New("jbig: data ends without saying how many rows the page has")
)

// Decoder decodes pages row by row. It is used again from page to page: once at the size of the widest page it allocates
// nothing. A Decoder is for one goroutine at a time.
type Decoder struct {
	lim Limits
	p   Params
	st  Stats

	arith arith
	rows  rows

	height   int // rows of the page, as far as known
	first    int // row of the stripe
	stop     int // number of rows after which to see how it goes on
	sure     int // rows to come that equal the last, decoded and counted already
	last     []byte
	typical  bool // the last row was
	template template
	moves    moves // of the stripe

	inStripe bool
	checked  bool  // it is known how the stripe's data ends
	ended    byte  // SDNORM or SDRST when the stripe's has been taken, or else 0
	ahead    moves // of the next stripe
	trouble  error // in what is between the stripes
	done     bool
}

// NewDecoder makes a decoder that keeps to the limits; Reset gives it a page.
func NewDecoder(lim Limits) *Decoder {
	if lim.MaxWidth <= 0 {
		lim.MaxWidth = defaultMaxWidth
	}
	if lim.MaxRows <= 0 {
		lim.MaxRows = defaultMaxRows
	}
	if lim.MaxBytes <= 0 {
		lim.MaxBytes = defaultMaxBytes
	}
	return &Decoder{lim: lim, done: true}
}

// Reset starts a page and reads its header. The error is ErrParams, ErrUnsupported, ErrLimit or that of src.
func (d *Decoder) Reset(src io.Reader) error {
	in := &d.arith.in
	in.reset(src, d.lim.MaxBytes)
	d.p, d.st, d.done, d.stop = Params{}, Stats{}, true, 0
	d.sure = 0
	if !in.want(headerSize) {
		if in.err != nil {
			return in.err
		}
		return fmt.Errorf("%w: the header is cut short", ErrParams)
	}
	p, table, err := parseHeader((*[headerSize]byte)(in.buf[in.pos:]))
	if err != nil {
		return err
	}
	switch {
	case p.Width > d.lim.MaxWidth:
		return fmt.Errorf("%w: width %d, at most %d", ErrLimit, p.Width, d.lim.MaxWidth)
	case p.Height > d.lim.MaxRows && !p.VariableLength:
		return fmt.Errorf("%w: %d rows, at most %d", ErrLimit, p.Height, d.lim.MaxRows)
	}
	in.skip(headerSize)
	if table {
		in.skip(privateTable)
	}
	d.start(p)
	return nil
}

// start brings everything but the input to the state before the first row.
func (d *Decoder) start(p Params) {
	d.p, d.done = p, false
	d.height = p.Height
	if d.height == 0 {
		d.height = math.MaxInt
	}
	d.rows.reset(p.Width)
	d.forget()
	d.inStripe, d.ended, d.ahead.n, d.trouble = false, 0, 0, nil
}

// forget brings the state to what it is at the top of a page.
func (d *Decoder) forget() {
	d.arith.ctx.reset()
	d.template = newTemplate(d.p.TwoLine, 0)
	d.typical = false
	clear(d.rows.cur)
	clear(d.rows.above)
}

// NextRow gives the next row, packed, (width+7)/8 bytes, most significant bit first, 1 = black, the bits past the width
// 0. It is valid until the next call. The error at the end of the page, whole or not, is io.EOF; Stats tells which.
func (d *Decoder) NextRow() ([]byte, error) {
	if d.sure > 0 {
		d.sure--
		return d.last, nil
	}
	return d.nextRow()
}

// nextRow decodes a row, and as many after it as equal it for sure.
func (d *Decoder) nextRow() ([]byte, error) {
	if d.st.Rows == d.stop && !d.ready() {
		return nil, io.EOF
	}
	if d.moves.n > 0 {
		d.template = d.moves.apply(d.template, d.p.TwoLine, d.st.Rows-d.first)
	}
	if d.p.NoTypical || !d.typicalRow() {
		d.rows.next()
		d.pixels()
	}
	if (d.arith.madeUp > 0 || d.p.VariableLength) && !d.checked && !d.late() {
		return nil, io.EOF
	}
	d.st.Rows++
	if d.rows.twins && d.moves.n == 0 {
		d.sure = d.arith.repeats(d.typicalContext(), d.stop-d.st.Rows)
		d.st.Rows += d.sure
	}
	d.last = d.rows.pixels(d.rows.cur)
	return d.last, nil
}

// late is asked for a row near the end of the stripe's data and says whether the row counts.
func (d *Decoder) late() bool {
	switch {
	case d.arith.madeUp == 0:
		if rows, ok := d.arith.in.peekLength(); ok {
			d.shorten(rows)
			d.setStop()
		}
	case d.cut():
		if d.arith.missing() > 0 {
			d.end(d.cause())
		}
	case d.p.VariableLength:
		// The page may end in the middle of this stripe, and what says so comes after it.
		d.endStripe()
		d.setStop()
		d.checked = true
	default:
		d.checked = true
	}
	return d.st.Rows < d.stop
}

// typicalRow decodes whether the row equals the one above, and makes it so (T.82 section 6.5).
func (d *Decoder) typicalRow() bool {
	if d.arith.symbol(d.typicalContext()) == 0 {
		d.typical = !d.typical
	}
	if d.typical {
		d.rows.repeat()
	}
	return d.typical
}

func (d *Decoder) typicalContext() uint64 {
	if d.p.TwoLine {
		return typical2
	}
	return typical3
}

// pixels decodes the pixels of the row.
func (d *Decoder) pixels() {
	clear(d.rows.cur)
	if d.p.TwoLine || d.template.tx > 0 {
		d.general()
	} else {
		d.row3()
	}
}

// Params are those of the page's header; Height is corrected when a NEWLEN is met.
func (d *Decoder) Params() Params { return d.p }

// Stats tell how the page went so far.
func (d *Decoder) Stats() Stats {
	st := d.st
	st.Rows -= d.sure
	st.Bytes = d.arith.in.used()
	return st
}
