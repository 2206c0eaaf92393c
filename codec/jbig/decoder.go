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

	height   int  // rows of the page, as far as known
	line     int  // of the stripe
	typical  bool // the last row was
	template template
	moves    moves // of the stripe

	inStripe bool
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
	d.p, d.st, d.done = Params{}, Stats{}, true
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
	if d.done || !d.ready() {
		return nil, io.EOF
	}
	d.rows.next()
	d.template = d.moves.apply(d.template, d.p.TwoLine, d.line)
	if d.p.NoTypical || !d.typicalRow() {
		d.pixels()
	}
	d.line++
	switch {
	case d.arith.missing() > 0 && d.ended == 0 && d.cut():
		d.end(d.cause())
		return nil, io.EOF
	case d.arith.false > 0 && d.p.VariableLength && d.ended == 0:
		// The page may end in the middle of this stripe, and what says so comes after it.
		if d.endStripe(); d.st.Rows >= d.height {
			d.done = true
			return nil, io.EOF
		}
	}
	d.st.Rows++
	return d.rows.pixels(d.rows.cur), nil
}

// typicalRow decodes whether the row equals the one above, and makes it so (T.82 section 6.5).
func (d *Decoder) typicalRow() bool {
	cx := uint64(typical3)
	if d.p.TwoLine {
		cx = typical2
	}
	if d.arith.symbol(cx) == 0 {
		d.typical = !d.typical
	}
	if d.typical {
		copy(d.rows.cur, d.rows.above)
	}
	return d.typical
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
	d.st.Bytes = d.arith.in.used()
	return d.st
}
