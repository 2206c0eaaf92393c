// Package jbig codes and decodes bilevel fax pages by ITU-T T.85: the single-progression sequential form of JBIG (ITU-T
// T.82 | ISO/IEC 11544), one plane in one resolution layer, which RFC 3949 profile J puts into TIFF.
//
// Both directions stream: an [Encoder] takes packed rows and writes coded bytes, a [Decoder] pulls coded bytes from an
// io.Reader and hands out one packed row at a time. Three rows are all that either keeps of a page, so memory does not
// grow with its height, and one that has once seen the widest page allocates nothing more.
//
// # Height
//
// A page whose height is not known when it begins announces an upper bound and corrects it at the end by a NEWLEN marker
// segment (VLENGTH, T.82 section 6.2.6.2). The encoder does so for Params.Height 0; the decoder needs no telling.
//
// # Damage
//
// Arithmetically coded data decodes to something whatever is in it, so damage shows only where the data of a stripe ends
// too early or too late. The decoder hands out the rows that it has up to there and [Stats] says what was wrong.
package jbig

import (
	"errors"
	"fmt"
)

// Params say how a page is coded: the fields of the bi-level image header (T.82 section 6.2.1) that T.85 leaves open.
type Params struct {
	// Width is the number of pixels of a row, from 1.
	Width int
	// Height is the number of rows of the page. For the encoder 0 means not known yet; what the decoder says grows exact
	// when a NEWLEN is met.
	Height int
	// VariableLength (VLENGTH) says that Height is no more than an upper bound, which a NEWLEN corrects.
	VariableLength bool
	// Stripe is the number of rows of a stripe (L0). 0 is 128, T.85's basic value.
	Stripe int
	// MX is how many pixels to the left the adaptive template pixel may go, up to 127. 0 is 127, what T.85 asks every
	// decoder to take; negative: it never moves.
	MX int
	// TwoLine is the template of two lines instead of three (LRLTWO).
	TwoLine bool
	// NoTypical turns off typical prediction (TPBON), which codes a row that equals the one above as one decision.
	NoTypical bool
}

// Limits bound what a decoder does for one page; a zero field has the default.
type Limits struct {
	MaxWidth int   // pixels of a row, default 65,536
	MaxRows  int   // rows of a page, default 200,000
	MaxBytes int64 // coded bytes of a page, default 256 MiB
}

// Errors of this package, to be found with errors.Is.
var (
	// ErrParams is a Params or a header that cannot be: a width below 1, an offset of the template pixel over 127.
	ErrParams = errors.New("jbig: parameters make no sense")
	// ErrUnsupported is JBIG data that T.85 has no place for: several planes or resolution layers.
	ErrUnsupported = errors.New("jbig: not of the T.85 kind")
	// ErrLimit is a page that is larger than the decoder's Limits.
	ErrLimit = errors.New("jbig: page exceeds the limits")
	// ErrClosed is a use of an encoder after Close or before Reset.
	ErrClosed = errors.New("jbig: encoder is closed")
	// ErrRow is a row that does not fit the page: too short, or one too many or too few.
	ErrRow = errors.New("jbig: row does not fit the page")
)

// Stats tell how the decoding of a page went so far.
type Stats struct {
	Rows    int   // rows handed out
	Bad     int   // stripes whose data and rows do not agree, so that something in them was wrong
	Partial bool  // the data ended or broke before the page did
	Bytes   int64 // coded bytes used up
	// Err says what ended a partial page or what was wrong with the last damaged stripe; nil when nothing was.
	Err error
}

func (p Params) check() error {
	switch {
	case p.Width < 1:
		return fmt.Errorf("%w: width %d", ErrParams, p.Width)
	case p.Height < 0 || p.Stripe < 0:
		return fmt.Errorf("%w: height %d, stripes of %d rows", ErrParams, p.Height, p.Stripe)
	case p.MX > maxOffset:
		return fmt.Errorf("%w: template pixel moves by %d, at most %d", ErrParams, p.MX, maxOffset)
	}
	return nil
}

// maxOffset is T.82's and T.85's largest horizontal offset of the adaptive template pixel.
const maxOffset = 127
