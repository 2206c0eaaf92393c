package ccitt

import (
	"errors"
	"io"
)

// Decoder decodes pages row by row.
type Decoder struct{ st Stats }

// NewDecoder makes a decoder; Reset gives it a page.
func NewDecoder(lim Limits) *Decoder { return &Decoder{} }

// Reset starts a page.
func (d *Decoder) Reset(src io.Reader, p Params) error { return errors.ErrUnsupported }

// NextRow decodes the next row, io.EOF at the end of the page; the list is
// valid until the next call.
func (d *Decoder) NextRow() (Changes, error) { return nil, errors.ErrUnsupported }

// Stats tells how the page went so far.
func (d *Decoder) Stats() Stats { return d.st }

// Encoder codes pages row by row.
type Encoder struct{}

// NewEncoder makes an encoder; Reset gives it a page.
func NewEncoder() *Encoder { return &Encoder{} }

// Reset starts a page.
func (e *Encoder) Reset(dst io.Writer, p Params) error { return errors.ErrUnsupported }

// PutChanges codes a row.
func (e *Encoder) PutChanges(c Changes) error { return errors.ErrUnsupported }

// PutRow codes a packed row.
func (e *Encoder) PutRow(row []byte) error { return errors.ErrUnsupported }

// Close ends the page.
func (e *Encoder) Close() error { return errors.ErrUnsupported }

// Paint draws the row.
func Paint(dst []byte, c Changes) {}

// Scan finds the changes of a packed row.
func Scan(dst Changes, row []byte, width int) Changes { return dst }
