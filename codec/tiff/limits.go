package tiff

import (
	"errors"
	"fmt"
)

// Errors of Open; test with errors.Is. The full text says what was found.
var (
	ErrNotTIFF   = errors.New("not a TIFF file")
	ErrBigTIFF   = errors.New("BigTIFF is not read here: save the file as classic TIFF")
	ErrNoPages   = errors.New("no page can be read")
	ErrTooLarge  = errors.New("over the limit")
	ErrTruncated = errors.New("the file is cut short")
	// ErrNoLength is the Err of a page that has strips, and rows to be counted in them: see Page.Counted.
	ErrNoLength = errors.New("the page has no rows: ImageLength is missing or 0")
)

// Limits bound what Open accepts from a file that may be hostile. A zero member means its default.
type Limits struct {
	MaxPages   int   // pages in the file; default 10 000
	MaxWidth   int   // pixels of one row; default 65 535
	MaxHeight  int   // rows of one page; default 1 048 575
	MaxPixels  int64 // pixels of one page; default 2^28, more than A3 at 1000 dots per inch
	MaxEntries int   // fields of one directory; default 4096, as in libtiff
	MaxFields  int   // fields of all directories; default 2^19
	MaxStrips  int   // strips of all pages; default 2^20
}

// withDefaults fills in the zero members.
func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.MaxPages, 10_000)
	set(&l.MaxWidth, 1<<16-1)
	set(&l.MaxHeight, 1<<20-1)
	set(&l.MaxEntries, 4096)
	set(&l.MaxFields, 1<<19)
	set(&l.MaxStrips, 1<<20)
	if l.MaxPixels <= 0 {
		l.MaxPixels = 1 << 28
	}
	return l
}

// size says whether a page of this size is accepted; the error names the size and the limit.
func (l Limits) size(width, height uint32) error {
	switch {
	case int64(width) > int64(l.MaxWidth):
		return fmt.Errorf("page of %d by %d pixels: %w of %d pixels in a row", width, height, ErrTooLarge, l.MaxWidth)
	case int64(height) > int64(l.MaxHeight):
		return fmt.Errorf("page of %d by %d pixels: %w of %d rows", width, height, ErrTooLarge, l.MaxHeight)
	case int64(width)*int64(height) > l.MaxPixels:
		return fmt.Errorf("page of %d by %d pixels: %w of %d pixels", width, height, ErrTooLarge, l.MaxPixels)
	}
	return nil
}
