package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxWarnings bounds File.Warnings.
const maxWarnings = 100

// Open reads the structure of a TIFF file of the given size: its directories, but no strip. A page that cannot be
// used is in Pages with its Err set. The error is about the file as a whole: ErrNotTIFF, ErrBigTIFF, ErrNoPages,
// ErrTruncated, ErrTooLarge (more pages than the limit), or that of r.
func Open(r io.ReaderAt, size int64, lim Limits) (*File, error) {
	f := &File{r: r, size: size, lim: lim.withDefaults()}
	first, err := f.header()
	if err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	if err := f.walk(first); err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	if err := f.searchDirectories(); err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	if len(f.Pages) == 0 {
		return nil, fmt.Errorf("tiff: %w", f.noPages(first))
	}
	f.locateStrips()
	if f.failed != nil {
		return nil, fmt.Errorf("tiff: %w", f.failed)
	}
	return f, nil
}

// header reads the first 8 bytes and gives the offset of the first directory.
func (f *File) header() (int64, error) {
	if f.size < 8 {
		return 0, fmt.Errorf("%w: it has only %d bytes", ErrNotTIFF, f.size)
	}
	b := make([]byte, 8)
	if _, err := f.r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the header: %w", err)
	}
	switch string(b[:2]) {
	case "II":
		f.ByteOrder = binary.LittleEndian
	case "MM":
		f.ByteOrder = binary.BigEndian
	default:
		return 0, fmt.Errorf("%w: it starts with %q, neither II nor MM", ErrNotTIFF, b[:2])
	}
	f.distrustMark(b)
	switch version := f.ByteOrder.Uint16(b[2:]); version {
	case 42:
		return int64(f.ByteOrder.Uint32(b[4:])), nil
	case 43:
		return 0, ErrBigTIFF
	default:
		return 0, fmt.Errorf("%w: its version is %d instead of 42", ErrNotTIFF, version)
	}
}

// distrustMark takes the byte order from the version, which is 42, where it contradicts the mark.
func (f *File) distrustMark(b []byte) {
	switch {
	case b[2] == 42 && b[3] == 0 && b[0] == 'M':
		f.ByteOrder = binary.LittleEndian
	case b[2] == 0 && b[3] == 42 && b[0] == 'I':
		f.ByteOrder = binary.BigEndian
	default:
		return
	}
	f.warn("the file is %v, but starts with %q", f.ByteOrder, b[:2])
}

// noPages says why there is no page.
func (f *File) noPages(first int64) error {
	if first >= f.size {
		return fmt.Errorf("%w: the first directory is at %d, but the file ends at %d: %w", ErrNoPages, first, f.size, ErrTruncated)
	}
	return fmt.Errorf("%w: there is no directory at %d", ErrNoPages, first)
}

// walk follows the chain of directories from offset off. Directories may be anywhere; one that was seen ends it.
func (f *File) walk(off int64) error {
	seen := map[int64]int{}
	for off != 0 {
		if page, loop := seen[off]; loop {
			f.stop("the chain of directories leads back to page %d", page)
			return nil
		}
		if len(f.Pages) >= f.lim.MaxPages {
			return fmt.Errorf("file with more than %d pages: %w", f.lim.MaxPages, ErrTooLarge)
		}
		seen[off] = len(f.Pages) + 1
		p, err := f.directory(off)
		if err != nil {
			return err
		}
		if p == nil {
			return nil
		}
		f.Pages = append(f.Pages, p)
		off = p.NextIFD
	}
	return nil
}

// directory reads the directory at off; nil if there is none and the walk ends.
func (f *File) directory(off int64) (*Page, error) {
	if off < 8 || off+2 > f.size {
		f.stop("the directory of page %d would be at %d, outside of the file of %d bytes", len(f.Pages)+1, off, f.size)
		return nil, nil
	}
	b := make([]byte, 2)
	if err := f.readFull(b, off); err != nil {
		return nil, err
	}
	n := int(f.ByteOrder.Uint16(b))
	if n == 0 || n > f.lim.MaxEntries {
		f.stop("the directory of page %d at %d claims %d fields", len(f.Pages)+1, off, n)
		return nil, nil
	}
	if f.fields += n; f.fields > f.lim.MaxFields {
		return nil, fmt.Errorf("file with more than %d fields: %w", f.lim.MaxFields, ErrTooLarge)
	}
	p := &Page{Index: len(f.Pages), IFDOffset: off, file: f}
	if err := p.readEntries(n); err != nil {
		return nil, err
	}
	p.interpret()
	return p, nil
}

// readEntries takes the n fields and the offset of the next directory, or what the file still has of them.
func (p *Page) readEntries(n int) error {
	f, start := p.file, p.IFDOffset+2
	b := make([]byte, min(int64(n*entrySize+4), f.size-start))
	if err := f.readFull(b, start); err != nil {
		return err
	}
	if len(b) < n*entrySize {
		f.stop("the file ends within the directory of page %d", p.Index+1)
		p.entries = b[:len(b)/entrySize*entrySize]
		return nil
	}
	p.entries = b[: n*entrySize : n*entrySize]
	if len(b) < n*entrySize+4 {
		f.stop("the file ends after the directory of page %d", p.Index+1)
		return nil
	}
	p.NextIFD = int64(f.ByteOrder.Uint32(b[n*entrySize:]))
	return nil
}

// readFull fills b from off, which lies within the file.
func (f *File) readFull(b []byte, off int64) error {
	n, err := f.r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	return fmt.Errorf("read %d bytes at %d: %w", len(b), off, err)
}

// warn notes something that was tolerated.
func (f *File) warn(format string, args ...any) {
	if len(f.Warnings) < maxWarnings {
		f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
	}
}

// stop notes why the chain of directories ends before its end.
func (f *File) stop(format string, args ...any) {
	f.Truncated = true
	f.stopped = fmt.Sprintf(format, args...)
	f.warn("%s", f.stopped)
}

// interpret sets the members from the fields, with the defaults of TIFF 6.0, and Err if they describe no image.
func (p *Page) interpret() {
	p.NewSubfileType = p.scalar(TagNewSubfileType, 0)
	p.Compression = int(p.scalar(TagCompression, CompressionNone) & math.MaxUint16)
	p.SamplesPerPixel = int(p.scalar(TagSamplesPerPixel, 1) & math.MaxUint16)
	p.Photometric = int(p.scalar(TagPhotometric, p.defaultPhotometric()) & math.MaxUint16)
	p.Planar = int(p.scalar(TagPlanarConfiguration, 1) & math.MaxUint16)
	p.T4Options = p.scalar(TagT4Options, 0)
	p.T6Options = p.scalar(TagT6Options, 0)
	p.Orientation = between(p.scalar(TagOrientation, 1), 1, 8)
	p.FillOrder = between(p.scalar(TagFillOrder, 1), 1, 2)
	p.Tiled = p.Has(TagTileOffsets) || p.Has(TagTileWidth) && !p.Has(TagStripOffsets)
	p.setBits()
	p.setResolution()
	p.setPageNumber()
	p.setQuality()
	p.Err = p.setSize()
}

// between gives v if it lies between first and last, else first.
func between(v, first, last uint32) int {
	if v < first || v > last {
		return int(first)
	}
	return int(v)
}

// defaultPhotometric is what libtiff takes when the required field is missing.
func (p *Page) defaultPhotometric() uint32 {
	switch p.Compression {
	case CompressionRLE, CompressionT4, CompressionT6, CompressionRLEW:
		return WhiteIsZero
	}
	if p.SamplesPerPixel >= 3 {
		return RGB
	}
	return BlackIsZero
}

// setBits fills BitsPerSample with one value per sample: a short list is continued with its last value.
func (p *Page) setBits() {
	n := min(max(p.SamplesPerPixel, 1), 16)
	p.BitsPerSample = make([]int, n)
	vals := p.Ints(TagBitsPerSample)
	last := int(p.scalar(TagBitsPerSample, 1) & math.MaxUint16)
	for i := range p.BitsPerSample {
		if i < len(vals) && i > 0 {
			last = int(vals[i] & math.MaxUint16)
		}
		p.BitsPerSample[i] = last
	}
}

// setPageNumber reads PageNumber.
func (p *Page) setPageNumber() {
	for i, v := range p.Ints(TagPageNumber) {
		if i < len(p.PageNumber) {
			p.PageNumber[i] = int(v & math.MaxUint16)
		}
	}
}

// setQuality reads the page-quality fields.
func (p *Page) setQuality() {
	if !p.Has(TagBadFaxLines) && !p.Has(TagCleanFaxData) && !p.Has(TagConsecutiveBadFaxLines) {
		return
	}
	clamp := func(v uint32) int { return int(min(v, math.MaxInt32)) }
	p.Quality = &Quality{
		BadFaxLines:            clamp(p.scalar(TagBadFaxLines, 0)),
		CleanFaxData:           clamp(p.scalar(TagCleanFaxData, 0)),
		ConsecutiveBadFaxLines: clamp(p.scalar(TagConsecutiveBadFaxLines, 0)),
	}
}

// setSize reads width, height and rows per strip; the error says why they cannot be used.
func (p *Page) setSize() error {
	width, height := p.scalar(TagImageWidth, 0), p.scalar(TagImageLength, 0)
	p.Width, p.Height = int(min(width, math.MaxInt32)), int(min(height, math.MaxInt32))
	switch {
	case width == 0 && height == 0:
		return errors.New("the directory describes no image: it has neither ImageWidth nor ImageLength")
	case width == 0:
		return errors.New("the page has no width: ImageWidth is missing or 0")
	case height == 0:
		return p.setUnknownLength()
	}
	rows := p.scalar(TagRowsPerStrip, math.MaxUint32)
	if rows == 0 || rows > height {
		rows = height
	}
	p.RowsPerStrip = int(min(rows, math.MaxInt32))
	return p.file.lim.size(width, height)
}

// setUnknownLength prepares a page whose rows are still to be counted, as far as the strips say how many they may be.
func (p *Page) setUnknownLength() error {
	p.RowsPerStrip = int(min(p.scalar(TagRowsPerStrip, 0), math.MaxInt32))
	if err := p.file.lim.size(uint32(p.Width), uint32(p.RowsPerStrip)); err != nil {
		return err
	}
	return ErrNoLength
}
