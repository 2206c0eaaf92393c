package jbig

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Encoder codes pages row by row. It is used again from page to page: once at the size of the widest page it allocates
// nothing. An Encoder is for one goroutine at a time.
type Encoder struct {
	p    Params
	open bool
	out  coder
	rows rows

	done     int  // rows
	line     int  // of the stripe
	typical  bool // the last row was
	template template
	move     mover
}

// NewEncoder makes an encoder; Reset gives it a page.
func NewEncoder() *Encoder { return &Encoder{out: coder{out: make([]byte, 0, outSize)}} }

// Reset starts a page that goes to dst; a page before it that was not closed is dropped. The error is ErrParams.
func (e *Encoder) Reset(dst io.Writer, p Params) error {
	e.open = false
	if err := p.check(); err != nil {
		return err
	}
	if p.Width > maxEncoderWidth || int64(max(p.Height, p.Stripe)) > math.MaxUint32 {
		return fmt.Errorf("%w: width %d, at most %d", ErrParams, p.Width, maxEncoderWidth)
	}
	if p.Height == 0 {
		p.VariableLength = true
	}
	if p.Stripe == 0 {
		p.Stripe = defaultStripe
	}
	switch {
	case p.MX == 0:
		p.MX = maxOffset
	case p.MX < 0:
		p.MX = 0
	}
	e.rows.reset(p.Width)
	e.out.dst, e.out.err, e.out.out = dst, nil, e.out.out[:0]
	e.out.ctx.reset()
	e.p, e.open, e.done, e.line, e.typical = p, true, 0, 0, false
	e.template = newTemplate(p.TwoLine, 0)
	e.move.reset(p)
	e.out.out = appendHeader(e.out.out, p)
	return nil
}

// maxEncoderWidth keeps a nonsensical width from becoming memory.
const maxEncoderWidth = 1 << 20

// PutRow codes a packed row, most significant bit first, 1 = black. A row shorter than (width+7)/8 bytes is an ErrRow,
// and so is one more than Params.Height.
func (e *Encoder) PutRow(row []byte) error {
	if !e.open {
		return ErrClosed
	}
	if len(row) < e.rows.stride {
		return fmt.Errorf("%w: %d bytes for %d pixels", ErrRow, len(row), e.p.Width)
	}
	if e.p.Height > 0 && e.done == e.p.Height {
		return fmt.Errorf("%w: more than %d", ErrRow, e.p.Height)
	}
	e.take(row)
	if e.line == 0 {
		e.beginStripe()
	}
	if e.p.NoTypical || !e.putTypical() {
		e.putPixels()
	}
	e.rows.next()
	e.done++
	if e.line++; e.line == e.p.Stripe || e.done == e.p.Height {
		e.endStripe()
	}
	return e.failed()
}

// take copies a row, without what is past the width.
func (e *Encoder) take(row []byte) {
	cur := e.rows.pixels(e.rows.cur)
	copy(cur, row)
	if pad := e.p.Width & 7; pad != 0 {
		cur[len(cur)-1] &= 0xff << (8 - pad)
	}
}

// putTypical codes whether the row equals the one above, and reports it (T.82 section 6.5).
func (e *Encoder) putTypical() bool {
	typical := bytes.Equal(e.rows.pixels(e.rows.cur), e.rows.pixels(e.rows.above))
	cx, bit := uint64(typical3), uint64(0)
	if e.p.TwoLine {
		cx = typical2
	}
	if typical == e.typical {
		bit = 1
	}
	e.out.symbol(cx, bit)
	e.typical = typical
	return typical
}

// putPixels codes the pixels of the row.
func (e *Encoder) putPixels() {
	if e.p.TwoLine || e.template.tx > 0 {
		e.putGeneral()
	} else {
		e.putRow3()
	}
	e.move.count(&e.rows, int(e.template.tx))
}

// beginStripe moves the adaptive pixel if the last stripe asked for it.
func (e *Encoder) beginStripe() {
	if tx := e.move.next(int(e.template.tx)); tx != int(e.template.tx) {
		e.template = newTemplate(e.p.TwoLine, tx)
		e.out.out = append(e.out.out, esc, mATMOVE, 0, 0, 0, 0, byte(tx), 0)
	}
	e.out.begin()
}

// endStripe ends the data of a stripe. What has been learnt stays for the next.
func (e *Encoder) endStripe() {
	e.out.finish()
	e.out.raw(esc)
	e.out.raw(mSDNORM)
	e.out.flush()
	e.line = 0
}

// Close ends the page and writes all that is left. Fewer rows than Params.Height without VariableLength are an ErrRow.
func (e *Encoder) Close() error {
	if !e.open {
		return ErrClosed
	}
	e.open = false
	if e.done == 0 || e.done < e.p.Height && !e.p.VariableLength {
		return fmt.Errorf("%w: %d of %d were put", ErrRow, e.done, e.p.Height)
	}
	if e.line > 0 {
		e.endStripe()
	}
	if e.done != e.p.Height {
		// T.85: after a NEWLEN about rows that have been, a stripe without data ends the page.
		e.out.out = append(e.out.out, esc, mNEWLEN)
		e.out.out = binary.BigEndian.AppendUint32(e.out.out, uint32(e.done))
		e.out.out = append(e.out.out, esc, mSDNORM)
	}
	e.out.flush()
	return e.failed()
}

func (e *Encoder) failed() error {
	if e.out.err == nil {
		return nil
	}
	e.open = false
	return fmt.Errorf("jbig: writing coded data: %w", e.out.err)
}
