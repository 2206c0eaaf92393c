package codec

import (
	"context"
	"errors"
	"io"
	"iter"

	"faxgate/codec/pdf"
)

// OpenerOptions say how documents are opened.
type OpenerOptions struct {
	Limits  Limits
	PDF     pdf.WorkerOptions
	TempDir string // for what does not fit in memory; empty is the system's
}

// Opener opens documents. It is safe for use by several goroutines.
type Opener struct{ opts OpenerOptions }

// NewOpener makes an opener.
func NewOpener(opts OpenerOptions) *Opener { return &Opener{opts} }

// Open finds out what the document is and opens it; the error says what it is if it cannot be used. The document
// keeps r until it is closed.
func (o *Opener) Open(ctx context.Context, r io.ReaderAt, size int64) (Document, error) {
	return nil, errors.ErrUnsupported
}

// Close ends what the opener holds.
func (o *Opener) Close() error { return nil }

// Sniff gives the media type of a document by its first bytes (512 are plenty), "" if it is not known.
func Sniff(head []byte) string { return "" }

// Fit brings each page to the target.
func Fit(ctx context.Context, pages iter.Seq2[Page, error], t Target) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) { yield(Page{}, errors.ErrUnsupported) }
}

// Report tells what was written.
type Report struct {
	Pages int
	Bytes int64
}

// Write codes pages.
func Write(ctx context.Context, w io.Writer, p Profile, total int, pages iter.Seq2[Page, error]) (Report, error) {
	return Report{}, errors.ErrUnsupported
}

// WritePDF writes pages as PDF.
func WritePDF(ctx context.Context, w io.Writer, meta pdf.Meta, pages iter.Seq2[Page, error]) (Report, error) {
	return Report{}, errors.ErrUnsupported
}

// Thumbnail writes a PNG picture.
func Thumbnail(ctx context.Context, w io.Writer, p Page, width int) error {
	return errors.ErrUnsupported
}

// Summary tells about a document.
type Summary struct {
	Pages  int
	Kind   Kind
	MaxRes Resolution
	Paper  Paper
	Vector bool
}

// Summarise looks at a document.
func Summarise(ctx context.Context, doc Document) (Summary, error) {
	return Summary{}, errors.ErrUnsupported
}

// PageInfo is what faxgate tiff info --json prints about a page.
type PageInfo struct {
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	XRes        float64 `json:"xres"`
	YRes        float64 `json:"yres"`
	Coding      string  `json:"coding"`
	Profile     string  `json:"profile"`
	Photometric int     `json:"photometric"`
	FillOrder   int     `json:"fillOrder"`
	Strips      int     `json:"strips"`
	Rows        int     `json:"rows"`
	BadRows     int     `json:"badRows"`
	Pixels      string  `json:"pixels,omitempty"`
	Error       string  `json:"error,omitempty"`
}

// FileInfo is what faxgate tiff info --json prints.
type FileInfo struct {
	Pages []PageInfo `json:"pages"`
}

// Info tells about the pages of a TIFF file.
func Info(ctx context.Context, r io.ReaderAt, size int64) (FileInfo, error) {
	return FileInfo{}, errors.ErrUnsupported
}
