package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"

	"faxgate/codec/ccitt"
)

// Errors of Writer that a caller may want to tell apart.
var (
	ErrPageOpen = errors.New("tiff: the page before is not closed")
	ErrTotal    = errors.New("tiff: the number of pages is not the one that was announced")
)

// maxFile is what the 32-bit offsets of TIFF can reach.
const maxFile = math.MaxUint32

// PageInfo describes a page that is to be written.
type PageInfo struct {
	Profile       byte         // 'S', 'F', 'J' or 'C'
	Coding        ccitt.Coding // of S and F: J is always JBIG and C always JPEG
	Width, Height int          // pixels; a Height of 0 is to be given by SetHeight before Close
	XRes, YRes    int          // dots per inch
	Raw           bool         // any width and resolution, for archive copies of what arrived
	Quality       *Quality     // page-quality fields, Profile F only, for archive copies of what arrived

	// Of Profile C, which has no Coding but JPEG: the samples of a pixel, 1 for grey (L*) or 3 for colour (L*a*b*), and the
	// pixels for each sample of a* and b*, both ways: 1 or 2.
	Samples, Sampling int
}

// Writer writes a TIFF file in the layout that RFC 3949 section 3.5 asks of Profile S, whatever the profile: the
// header, then for each page its directory, its two resolutions and its one strip. It never seeks. A page is written
// out when the next one starts or the file is closed, because only then the directory can say where the next one is.
type Writer struct {
	TempDir string // where coded pages over 1 MiB wait; empty is the system's

	w       io.Writer
	total   int
	at      int64 // bytes written
	pages   int   // pages started
	page    *PageWriter
	strip   hold // of page
	scratch [4096]byte
	err     error // sticky
}

// PageWriter takes the strip of one page.
type PageWriter struct {
	w      *Writer
	info   PageInfo
	number int
	closed bool
}

// NewWriter starts a file of total pages on w; 0 if their number is not known, which PageNumber then says. Close must
// be called in the end, also after an error: it removes temporary files.
func NewWriter(w io.Writer, total int) *Writer { return &Writer{w: w, total: total} }

// Page starts the next page. The coded data goes to the PageWriter, in these forms: MH with EOLs that end on byte
// boundaries (T4Options 4), MR with unaligned EOLs (T4Options 1), neither with an RTC; MMR with its EOFB; JBIG as one
// bi-level image entity (T.85), header and all. The error
// names the widths and resolutions that the profile allows if these are not among them.
func (w *Writer) Page(info PageInfo) (*PageWriter, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.page != nil && !w.page.closed {
		return nil, ErrPageOpen
	}
	if err := info.check(); err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	if w.pages > math.MaxUint16 {
		return nil, fmt.Errorf("tiff: page %d: PageNumber ends at %d: %w", w.pages+1, math.MaxUint16, ErrTooLarge)
	}
	if err := w.flush(true); err != nil {
		return nil, err
	}
	w.page = &PageWriter{w: w, info: info, number: w.pages}
	w.strip.dir = w.TempDir
	w.pages++
	return w.page, nil
}

// check says whether such a page may be written.
func (i PageInfo) check() error {
	switch {
	case i.Profile == 'C':
		return i.checkColour()
	case i.Profile != 'S' && i.Profile != 'F' && i.Profile != 'J':
		return fmt.Errorf("profile %q is not written here, only S, F, J and C", i.Profile)
	case i.Profile == 'S' && i.Coding != ccitt.MH:
		return fmt.Errorf("profile S is always MH, not %s", i.Coding)
	case i.Profile != 'J' && (i.Coding < ccitt.MH || i.Coding > ccitt.MMR):
		return fmt.Errorf("%s is no coding of profile F", i.Coding)
	case i.Profile == 'S' && i.Quality != nil:
		return errors.New("profile S has no page-quality fields")
	case i.Width < 1 || i.Width > math.MaxUint16 || i.Height < 0:
		return fmt.Errorf("a page of %d×%d pixels cannot be", i.Width, i.Height)
	case i.XRes < 1 || i.YRes < 1:
		return fmt.Errorf("a resolution of %d×%d dots per inch cannot be", i.XRes, i.YRes)
	case i.Raw:
		return nil
	}
	return legalSize(i.Profile, i.Width, i.XRes, i.YRes)
}

// Write takes coded bytes, most significant bit first; it stores them least significant bit first (FillOrder 2), but for
// JBIG and JPEG.
func (p *PageWriter) Write(b []byte) (int, error) {
	if p.closed {
		return 0, errors.New("tiff: write to a closed page")
	}
	if p.info.Profile == 'C' || p.info.Profile == 'J' {
		return p.keep(b)
	}
	w, written := p.w, 0
	for len(b) > 0 {
		n := min(len(b), len(w.scratch))
		for i, v := range b[:n] {
			w.scratch[i] = bits.Reverse8(v)
		}
		m, err := w.strip.Write(w.scratch[:n])
		written += m
		if err != nil {
			w.err = err
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

// keep stores bytes as they are.
func (p *PageWriter) keep(b []byte) (n int, err error) {
	if n, err = p.w.strip.Write(b); err != nil {
		p.w.err = err
	}
	return n, err
}

// SetHeight gives the number of rows when it was not known at the start.
func (p *PageWriter) SetHeight(rows int) { p.info.Height = rows }

// SetQuality gives the page-quality fields when they were not known at the start; nil is none. Close refuses them where
// Page would.
func (p *PageWriter) SetQuality(q *Quality) { p.info.Quality = q }

// Close ends the page.
func (p *PageWriter) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	switch {
	case p.w.err != nil:
	case p.info.Height < 1:
		p.w.err = fmt.Errorf("tiff: page %d has %d rows", p.number+1, p.info.Height)
	case p.w.strip.size == 0:
		p.w.err = fmt.Errorf("tiff: page %d has no data", p.number+1)
	case p.info.Quality != nil && p.info.Profile != 'F':
		p.w.err = fmt.Errorf("tiff: page %d: only profile F has page-quality fields", p.number+1)
	}
	return p.w.err
}

// Close writes out the last page. A file without any page is an error, since TIFF cannot be empty; so is another
// number of pages than NewWriter was told (ErrTotal: the file is complete, but PageNumber is wrong).
func (w *Writer) Close() error {
	defer w.drop()
	if w.err != nil {
		return w.err
	}
	if w.page == nil {
		return errors.New("tiff: a file needs a page")
	}
	if !w.page.closed {
		return ErrPageOpen
	}
	if err := w.flush(false); err != nil {
		return err
	}
	w.err = errors.New("tiff: the file is closed")
	if w.total > 0 && w.total != w.pages {
		return fmt.Errorf("%w: %d written, %d announced", ErrTotal, w.pages, w.total)
	}
	return nil
}

// drop removes temporary files.
func (w *Writer) drop() {
	if w.page != nil {
		w.page.closed = true
		_ = w.strip.drop() // What is held is of no more use, and the first error was reported.
	}
}

// flush writes out the page that waits, if there is one; more says whether another page follows.
func (w *Writer) flush(more bool) error {
	if w.page == nil {
		_, w.err = w.emit([]byte{'I', 'I', 42, 0, 8, 0, 0, 0})
		return w.err
	}
	p := w.page
	ifd := p.directory(w.at, more)
	if w.at+int64(len(ifd))+w.strip.size+1 > maxFile {
		w.err = fmt.Errorf("tiff: page %d would make the file longer than 4 GiB: %w", p.number+1, ErrTooLarge)
		return w.err
	}
	odd := w.strip.size%2 == 1
	if _, w.err = w.emit(ifd); w.err == nil {
		w.err = w.strip.sendTo(emitter{w})
	}
	if w.err == nil && odd && more {
		_, w.err = w.emit([]byte{0})
	}
	return w.err
}

// emit writes and counts.
func (w *Writer) emit(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.at += int64(n)
	if err != nil {
		return n, fmt.Errorf("tiff: %w", err)
	}
	return n, nil
}

// emitter is the Writer as a target for coded data.
type emitter struct{ w *Writer }

func (e emitter) Write(b []byte) (int, error) { return e.w.emit(b) }

// field is one entry that is written: its value fits, or is the offset of a resolution or of a blob.
type field struct {
	tag   Tag
	typ   Type
	count uint32
	value uint32
}

// directory gives the bytes of the directory that starts at offset at, with the resolutions that follow it.
func (p *PageWriter) directory(at int64, more bool) []byte {
	fields, blobs := p.fields(), []blob(nil)
	switch p.info.Profile {
	case 'C':
		fields, blobs = p.colourFields()
	case 'J':
		fields, blobs = p.jbigFields()
	}
	values := at + 2 + int64(len(fields))*entrySize + 4
	extra := place(fields, blobs, values+16)
	strip := values + 16 + int64(len(extra))
	next := int64(0)
	if more {
		next = strip + p.w.strip.size + p.w.strip.size%2
	}
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(len(fields)))
	for _, f := range fields {
		switch f.tag {
		case TagXResolution:
			f.value = uint32(values)
		case TagYResolution:
			f.value = uint32(values + 8)
		case TagStripOffsets:
			f.value = uint32(strip)
		}
		b = le.AppendUint16(b, uint16(f.tag))
		b = le.AppendUint16(b, uint16(f.typ))
		b = le.AppendUint32(b, f.count)
		b = le.AppendUint32(b, f.value)
	}
	b = le.AppendUint32(b, uint32(next))
	for _, v := range []int{p.info.XRes, 1, p.info.YRes, 1} {
		b = le.AppendUint32(b, uint32(v))
	}
	return append(b, extra...)
}

// fields lists the entries in ascending order of tags; offsets are filled in by directory.
func (p *PageWriter) fields() []field {
	info := p.info
	compression, options := codingFields(info.Coding)
	total := p.w.total
	if total > math.MaxUint16 {
		total = 0
	}
	f := []field{
		{TagNewSubfileType, TypeLong, 1, 2},
		{TagImageWidth, TypeShort, 1, uint32(info.Width)},
		{TagImageLength, TypeLong, 1, uint32(info.Height)},
		{TagBitsPerSample, TypeShort, 1, 1},
		{TagCompression, TypeShort, 1, compression},
		{TagPhotometric, TypeShort, 1, WhiteIsZero},
		{TagFillOrder, TypeShort, 1, 2},
		{TagStripOffsets, TypeLong, 1, 0},
		{TagSamplesPerPixel, TypeShort, 1, 1},
		{TagRowsPerStrip, TypeLong, 1, uint32(info.Height)},
		{TagStripByteCounts, TypeLong, 1, uint32(p.w.strip.size)},
		{TagXResolution, TypeRational, 1, 0},
		{TagYResolution, TypeRational, 1, 0},
		options,
		{TagResolutionUnit, TypeShort, 1, 2},
		{TagPageNumber, TypeShort, 2, uint32(p.number) | uint32(total)<<16},
	}
	if q := info.Quality; q != nil {
		f = append(f, field{TagBadFaxLines, TypeLong, 1, uint32(q.BadFaxLines)},
			field{TagCleanFaxData, TypeShort, 1, uint32(q.CleanFaxData)},
			field{TagConsecutiveBadFaxLines, TypeLong, 1, uint32(q.ConsecutiveBadFaxLines)})
	}
	return f
}

// codingFields gives Compression and the options field: MH with aligned EOLs, MR without, because readers disagree on
// where an aligned tag bit goes.
func codingFields(c ccitt.Coding) (compression uint32, options field) {
	switch c {
	case ccitt.MMR:
		return CompressionT6, field{TagT6Options, TypeLong, 1, 0}
	case ccitt.MR:
		return CompressionT4, field{TagT4Options, TypeLong, 1, T4TwoDimensional}
	}
	return CompressionT4, field{TagT4Options, TypeLong, 1, T4ByteAligned}
}
