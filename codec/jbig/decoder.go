package jbig

import "io"

// Decoder decodes pages row by row. It is used again from page to page: once at the size of the widest page it allocates
// nothing. A Decoder is for one goroutine at a time.
type Decoder struct {
	lim Limits
	p   Params
	st  Stats
}

// NewDecoder makes a decoder; Reset gives it a page.
func NewDecoder(lim Limits) *Decoder { return &Decoder{lim: lim} }

// Reset starts a page and reads its header. The error is ErrParams, ErrUnsupported, ErrLimit or that of src.
func (d *Decoder) Reset(src io.Reader) error { return nil }

// NextRow gives the next row, packed, (width+7)/8 bytes, most significant bit first, 1 = black, the bits past the width
// 0. It is valid until the next call. The error at the end of the page, whole or not, is io.EOF; Stats tells which.
func (d *Decoder) NextRow() ([]byte, error) { return nil, io.EOF }

// Params are those of the page's header; Height is corrected when a NEWLEN is met.
func (d *Decoder) Params() Params { return d.p }

// Stats tell how the page went so far.
func (d *Decoder) Stats() Stats { return d.st }
