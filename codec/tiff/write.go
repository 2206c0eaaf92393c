package tiff

import (
	"errors"
	"io"

	"faxgate/codec/ccitt"
)

// PageInfo describes a page that is to be written.
type PageInfo struct {
	Profile       byte // 'S' or 'F'
	Coding        ccitt.Coding
	Width, Height int      // pixels; a Height of 0 is to be given by SetHeight before Close
	XRes, YRes    int      // dots per inch
	Raw           bool     // any width and resolution, for archive copies of what arrived
	Quality       *Quality // page-quality fields, Profile F only, for archive copies of what arrived
}

// Writer writes a TIFF file.
type Writer struct {
	TempDir string // where coded pages over 1 MiB wait; empty is the system's
}

// PageWriter takes the strip of one page.
type PageWriter struct{}

// NewWriter starts a file of total pages, 0 if not known.
func NewWriter(w io.Writer, total int) *Writer { return &Writer{} }

// Page starts the next page.
func (w *Writer) Page(info PageInfo) (*PageWriter, error) { return nil, errors.New("tiff: not yet") }

// Close ends the file.
func (w *Writer) Close() error { return errors.New("tiff: not yet") }

// Write takes coded bytes, most significant bit first.
func (p *PageWriter) Write(b []byte) (int, error) { return 0, errors.New("tiff: not yet") }

// SetHeight gives the number of rows when PageInfo did not.
func (p *PageWriter) SetHeight(rows int) {}

// Close ends the page.
func (p *PageWriter) Close() error { return errors.New("tiff: not yet") }
