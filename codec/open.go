package codec

import (
	"context"
	"errors"
	"io"

	"faxgate/codec/pdf"
)

// OpenerOptions say how documents are opened.
type OpenerOptions struct {
	Limits Limits
	PDF    pdf.WorkerOptions // without a Command, PDF documents are refused as unavailable
}

// Opener opens documents. It is safe for use by several goroutines.
type Opener struct {
	limits Limits
	pdf    pdf.WorkerOptions
}

// NewOpener makes an opener.
func NewOpener(opts OpenerOptions) *Opener {
	o := &Opener{limits: opts.Limits.withDefaults(), pdf: opts.PDF}
	o.limits.large = make(turn, 1)
	if o.pdf.MaxPages == 0 {
		o.pdf.MaxPages = o.limits.pages(1000)
	}
	return o
}

// Open finds out what the document is and opens it. An *Error says what it is and what its owner can do if it cannot be
// used. The document reads from r until it is closed.
func (o *Opener) Open(ctx context.Context, r io.ReaderAt, size int64) (Document, error) {
	head, err := o.head(r, size)
	if err != nil {
		return nil, err
	}
	switch Sniff(head) {
	case typeTIFF:
		return openTIFF(r, size, o.limits)
	case typePDF:
		return openPDF(ctx, r, size, o.limits, o.pdf)
	case typePNG:
		return openPNG(r, size, o.limits)
	case typeJPEG:
		return openJPEG(r, size, o.limits)
	case typeText:
		return openText(r, size, o.limits)
	}
	what := named(head)
	if what == "" {
		what = "a file of an unknown kind"
	}
	return nil, errorf("open", ErrUnsupported, "the document is %s; TIFF, PDF, PNG, JPEG and plain text can be faxed", what)
}

// Close ends what the opener holds. Open documents are closed by themselves.
func (o *Opener) Close() error { return nil }

// head reads the beginning of a document that is neither empty nor too large.
func (o *Opener) head(r io.ReaderAt, size int64) ([]byte, error) {
	switch {
	case size <= 0:
		return nil, errorf("open", ErrEmpty, "the document is an empty file")
	case size > o.limits.MaxBytes:
		return nil, errorf("open", ErrTooLarge, "the document has %d bytes, the limit is %d", size, o.limits.MaxBytes)
	}
	head := make([]byte, min(size, 4096))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, errorf("open", ErrDamaged, "read the document: %w", err)
	}
	return head, nil
}
