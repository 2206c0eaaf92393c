package pdf

import (
	"errors"
	"io"
	"time"
)

// Meta is what the file says about itself.
type Meta struct {
	Title    string
	Author   string
	Subject  string
	Producer string
	Created  time.Time // zero: not said
}

// Image describes one page that is one image.
type Image struct {
	Width, Height int     // pixels as coded
	XRes, YRes    float64 // dots per inch
	Orientation   int     // of TIFF: 1 to 8; 0 is 1
}

// CCITT says how the data of a CCITTFaxDecode page is coded.
type CCITT struct {
	K         int  // -1 MMR, 0 MH, above 0 MR
	EOL       bool // an EOL stands before each row
	ByteAlign bool // each row starts on a byte boundary with no EOL: TIFF compression 2
	EndMark   bool // EOFB or RTC ends the data
	LSBFirst  bool // FillOrder 2: the writer reverses the bits
	Inverted  bool // 0 is black: PhotometricInterpretation 1
}

// Writer writes a PDF file.
type Writer struct {
	TempDir string // where page data over 1 MiB waits; empty is the system's
}

// NewWriter starts a file.
func NewWriter(w io.Writer, meta Meta) *Writer { return &Writer{} }

// CCITTPage adds a bilevel page.
func (w *Writer) CCITTPage(img Image, c CCITT, data io.Reader) error {
	return errors.New("pdf: not yet")
}

// JPEGPage adds a grey or YCbCr page.
func (w *Writer) JPEGPage(img Image, components int, data io.Reader) error {
	return errors.New("pdf: not yet")
}

// Close ends the file.
func (w *Writer) Close() error { return errors.New("pdf: not yet") }
