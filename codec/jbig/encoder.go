package jbig

import (
	"fmt"
	"io"
)

// Encoder codes pages row by row. It is used again from page to page: once at the size of the widest page it allocates
// nothing. An Encoder is for one goroutine at a time.
type Encoder struct {
	p    Params
	open bool
}

// NewEncoder makes an encoder; Reset gives it a page.
func NewEncoder() *Encoder { return &Encoder{} }

// Reset starts a page that goes to dst; a page before it that was not closed is dropped. The error is ErrParams.
func (e *Encoder) Reset(dst io.Writer, p Params) error {
	e.open = false
	if err := p.check(); err != nil {
		return err
	}
	e.p, e.open = p, true
	return nil
}

// PutRow codes a packed row, most significant bit first, 1 = black. A row shorter than (width+7)/8 bytes is an ErrRow.
func (e *Encoder) PutRow(row []byte) error {
	if !e.open {
		return ErrClosed
	}
	if len(row) < (e.p.Width+7)/8 {
		return fmt.Errorf("%w: %d bytes for %d pixels", ErrRow, len(row), e.p.Width)
	}
	return nil
}

// Close ends the page and writes all that is left.
func (e *Encoder) Close() error {
	if !e.open {
		return ErrClosed
	}
	e.open = false
	return nil
}
