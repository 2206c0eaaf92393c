// Package ccitt codes and decodes bilevel fax pages: ITU-T T.4 one-dimensional
// (MH) and two-dimensional (MR) coding and ITU-T T.6 (MMR), in the forms that
// TIFF 6.0 compressions 2, 3 and 4 and RFC 3949 give them.
//
// Both directions work on change lists, see [Changes], and stream: a [Decoder]
// pulls coded bytes from an io.Reader and hands out one row at a time, an
// [Encoder] takes rows and writes coded bytes, so memory does not grow with
// the height of a page and a page can be re-coded without ever becoming a
// bitmap. [Paint] and [Scan] are the only ways between rows and bitmaps.
//
// # Colours
//
// White and black are the colours of the code tables of T.4. What they look
// like is for the reader of the container to say (TIFF's
// PhotometricInterpretation).
//
// # Damage
//
// Real fax data is often not quite what its labels say, so the decoder accepts
// fill bits anywhere before an EOL, EOLs on byte boundaries or not, T.4 data
// without its first EOL or without any, an RTC or EOFB or neither, and rubbish
// after the end. Within T.4 data a damaged row is replaced by the row above it
// and decoding goes on at the next EOL; T.6 data has no place to go on from,
// so the first error there ends the page and [Stats] says so.
//
// Labels lie too. Where the beginning of a page makes no sense by its [Params],
// the decoder tries T.4's other forms and the other bit order, and goes by those
// that decode it; Stats.Params tells which.
package ccitt

import (
	"errors"
	"fmt"
)

// Coding is one of the three coding schemes.
type Coding int

// The codings: MH and MR are T.4 one- and two-dimensional coding, MMR is T.6.
const (
	MH Coding = iota + 1
	MR
	MMR
)

// String gives the name that fax people use: MH, MR or MMR.
func (c Coding) String() string {
	switch c {
	case MH:
		return "MH"
	case MR:
		return "MR"
	case MMR:
		return "MMR"
	}
	return fmt.Sprintf("Coding(%d)", int(c))
}

// Params say how a page is coded.
type Params struct {
	Coding Coding
	// Width is the number of pixels of a row, from 1.
	Width int
	// Rows is the number of rows of the page; 0 means not known. The decoder
	// ends the page after this many, the encoder does not look at it.
	Rows int
	// K is the MR parameter: of K rows at most K-1 are coded by reference to
	// the row above (T.4 section 4.2.1: 2 at standard and 4 at fine resolution). 0 is 4.
	K int
	// EOL, for MH: an EOL before each row (T.4, TIFF compression 3). False is
	// TIFF compression 2: no EOLs, each row starts on a byte boundary. MR
	// always has EOLs and MMR never.
	EOL bool
	// ByteAlign makes the encoder put fill bits before each EOL so that it
	// ends on a byte boundary (T4Options bit 2, RFC 3949 section 4.5.3; with
	// MR the tag bit after the EOL ends there). The decoder needs no telling.
	ByteAlign bool
	// RTC makes the encoder end T.4 data with six EOLs. RFC 3949 section
	// 3.4.1: not to be written in TIFF files, and never with ByteAlign.
	RTC bool
	// LSBFirst: the first bit of the code is the lowest of its byte (TIFF
	// FillOrder 2).
	LSBFirst bool
	// Uncompressed says that the data may use T.4's and T.6's uncompressed
	// mode. The decoder needs no telling; the encoder never writes it.
	Uncompressed bool
}

// Limits bound what a decoder does for one page; a zero field has the default.
type Limits struct {
	MaxWidth int   // pixels of a row, default 65,536
	MaxRows  int   // rows of a page, default 200,000
	MaxBytes int64 // coded bytes of a page, default 256 MiB
	// WhiteRows puts white rows in the place of rows of T.4 data that cannot be
	// decoded; else they repeat the row above.
	WhiteRows bool
}

// Errors of this package, to be found with errors.Is.
var (
	// ErrParams is a Params that cannot be: no such coding, a width below 1.
	ErrParams = errors.New("ccitt: parameters make no sense")
	// ErrLimit is a page that is larger than the decoder's Limits.
	ErrLimit = errors.New("ccitt: page exceeds the limits")
	// ErrClosed is a use of an encoder after Close or before Reset.
	ErrClosed = errors.New("ccitt: encoder is closed")
	// ErrRow is a row that does not fit the page's width.
	ErrRow = errors.New("ccitt: row does not fit the page's width")
)

// Stats tell how the decoding of a page went so far.
type Stats struct {
	Rows int // rows handed out
	// Bad is the number of damaged rows (TIFF-F's BadFaxLines): a code that
	// does not exist, or too few or too many pixels.
	Bad               int
	MaxConsecutiveBad int  // longest run of damaged rows (ConsecutiveBadFaxLines)
	RTC               bool // the end was marked: RTC in T.4, EOFB in T.6 data
	Partial           bool // the data ended or broke before the page did
	More              bool // the data goes on behind the last row that the page should have
	Doubt             bool // the first rows make no sense by Params, and by nothing else that was tried
	Uncompressed      bool // uncompressed mode was met
	// Params are those that the page is decoded by: the given ones, or where
	// these did not fit the data, those that did.
	Params Params
	Bytes  int64 // coded bytes used up
	// Err says what ended a partial page or what was wrong with the last
	// damaged row; nil when nothing was.
	Err error
}

func (p Params) check(maxWidth int) error {
	switch {
	case p.Coding < MH || p.Coding > MMR:
		return fmt.Errorf("%w: coding %d", ErrParams, int(p.Coding))
	case p.Width < 1:
		return fmt.Errorf("%w: width %d", ErrParams, p.Width)
	case p.Rows < 0 || p.K < 0:
		return fmt.Errorf("%w: rows %d, K %d", ErrParams, p.Rows, p.K)
	case p.Width > maxWidth:
		return fmt.Errorf("%w: width %d, at most %d", ErrLimit, p.Width, maxWidth)
	}
	return nil
}
