// Package codec turns documents into fax pages and back: TIFF (TIFF 6.0, RFC 3949), PDF, PNG, JPEG and plain text in, TIFF
// for fax (RFC 3949 profiles S and F, coded by ITU-T T.4 and T.6, J by T.85 and C by T.81), PDF and PNG out.
//
// The way of a page: [Opener.Open] finds out what a document is and yields its pages, [Fit] brings each to the paper,
// resolution and two colours that the other machine takes, and [Write] codes them. Pages stream: rows are made when they
// are asked for, so memory grows neither with the length of a page nor with the number of pages. A page that is bilevel
// and already fits passes from change list to change list and never becomes a bitmap.
//
// Everything that comes from outside is bounded by [Limits]; the error of a document that cannot be used is an [*Error]
// and says what the document is and what its owner can do.
package codec

import (
	"errors"
	"fmt"
	"time"
)

// What is wrong with a document, to be found with errors.Is.
var (
	ErrEmpty       = errors.New("empty document")
	ErrEncrypted   = errors.New("encrypted document")
	ErrUnsupported = errors.New("unsupported document")
	ErrDamaged     = errors.New("damaged document")
	ErrTooLarge    = errors.New("document over a limit")
	ErrTooComplex  = errors.New("page too complex")
	// ErrUnavailable is a fault of this installation, not of the document: trying again later may help.
	ErrUnavailable = errors.New("renderer unavailable")
	// ErrTarget is a target or profile that cannot be written.
	ErrTarget = errors.New("impossible target")
)

// Error is what is wrong with a document or page, in words for the person who sent it.
type Error struct {
	Op   string // what was being done: open, read, fit, write
	Kind error  // one of the errors above
	Text string
	Err  error // the cause, if there is one
}

// Error gives the words.
func (e *Error) Error() string { return e.Text }

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

func errorf(op string, kind error, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Op: op, Kind: kind, Text: err.Error(), Err: errors.Unwrap(err)}
}

// Limits bound what a document may cost. A zero member means its default.
type Limits struct {
	MaxPages   int           // pages of a document; default 1000, TIFF 10 000
	MaxBytes   int64         // size of a document; default 1 GiB (PDF: also pdf.WorkerOptions)
	MaxWidth   int           // pixels of one row; default 65 535
	MaxHeight  int           // rows of one page; default 200 000
	MaxPixels  int64         // pixels of one page; default 2^28
	MaxDecoded int64         // memory of a picture that can only be decoded as a whole; default 160 MiB
	MaxText    int64         // size of a plain text; default 4 MiB
	PageTime   time.Duration // time to decode one page; default 20 s
	WhiteRows  bool          // damaged rows of T.4 data are white; default: they repeat the row above

	large turn // the opener's, for pictures that can only be decoded as a whole
}

func (l Limits) withDefaults() Limits {
	l.MaxBytes = orDefault(l.MaxBytes, 1<<30)
	l.MaxWidth = orDefault(l.MaxWidth, 1<<16-1)
	l.MaxHeight = orDefault(l.MaxHeight, 200_000)
	l.MaxPixels = orDefault(l.MaxPixels, 1<<28)
	l.MaxDecoded = orDefault(l.MaxDecoded, 160<<20)
	l.MaxText = orDefault(l.MaxText, 4<<20)
	l.PageTime = orDefault(l.PageTime, 20*time.Second)
	return l
}

func (l Limits) pages(def int) int { return orDefault(l.MaxPages, def) }

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// size says whether a picture of this size may be decoded.
func (l Limits) size(what string, width, height int) error {
	switch {
	case width < 1 || height < 1:
		return errorf("read", ErrDamaged, "%s has no pixels (%d by %d)", what, width, height)
	case width > l.MaxWidth:
		return errorf("read", ErrTooLarge, "%s is %d pixels wide, the limit is %d", what, width, l.MaxWidth)
	case height > l.MaxHeight:
		return errorf("read", ErrTooLarge, "%s is %d pixels high, the limit is %d", what, height, l.MaxHeight)
	case int64(width)*int64(height) > l.MaxPixels:
		return errorf("read", ErrTooLarge, "%s has %d by %d pixels, the limit is %d in all", what, width, height, l.MaxPixels)
	}
	return nil
}

// decoded says whether a picture that takes n bytes when decoded may be.
func (l Limits) decoded(what string, n int64) error {
	if n <= l.MaxDecoded {
		return nil
	}
	return errorf("read", ErrTooLarge, "%s needs %d MiB to decode, the limit is %d: save it with fewer pixels", what, n>>20, l.MaxDecoded>>20)
}
