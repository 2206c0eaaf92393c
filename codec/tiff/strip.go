package tiff

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// locateStrips fills in the strips of all pages. It comes after the walk, because where a strip without a byte count
// ends is where the next thing in the file begins.
func (f *File) locateStrips() {
	var guess []*Page
	for _, p := range f.Pages {
		if p.Err != nil && !errors.Is(p.Err, ErrNoLength) || p.Tiled {
			continue
		}
		if err := p.setStrips(); err != nil {
			p.Err = cmp.Or(p.Err, err)
		} else if !p.counted() {
			guess = append(guess, p)
		}
	}
	f.findLostStrips()
	if len(guess) > 0 {
		f.guessSizes(guess, f.landmarks())
	}
	for _, p := range f.Pages {
		if len(p.Strips) > 0 && (p.Err == nil || errors.Is(p.Err, ErrNoLength)) {
			p.Err = cmp.Or(p.clipStrips(), p.Err)
		}
	}
}

// counted says whether the sizes of the strips can be: none is missing, and together they fit in the file.
func (p *Page) counted() bool {
	var sum int64
	for _, s := range p.Strips {
		if s.Size == 0 && s.Offset != 0 {
			return false
		}
		sum += min(s.Size, max(p.file.size-s.Offset, 0))
	}
	return sum <= p.file.size
}

// setStrips reads the offsets and sizes.
func (p *Page) setStrips() error {
	offsets, err := p.stripOffsets()
	if err != nil {
		return err
	}
	var sizes []uint32
	if e, ok := p.find(TagStripByteCounts); ok {
		if sizes, err = p.stripValues(e); err != nil {
			p.file.warn("page %d: StripByteCounts cannot be read: %v", p.Index+1, err)
			sizes = nil
		}
	}
	p.Strips = make([]Strip, len(offsets))
	for i, off := range offsets {
		s := Strip{Offset: int64(off), Rows: p.stripRows(i)}
		if i < len(sizes) {
			s.Size = int64(sizes[i])
		}
		p.Strips[i] = s
	}
	return nil
}

// stripOffsets reads StripOffsets. Where the field is missing, but not the byte counts, the strips are somewhere.
func (p *Page) stripOffsets() ([]uint32, error) {
	if e, ok := p.find(TagStripOffsets); ok {
		return p.stripValues(e)
	}
	e, ok := p.find(TagStripByteCounts)
	if !ok {
		return nil, errNoOffsets
	}
	sizes, err := p.stripValues(e)
	if err != nil {
		return nil, errNoOffsets
	}
	for i := range sizes {
		sizes[i] = math.MaxUint32
	}
	return sizes, nil
}

var errNoOffsets = errors.New("the page has no data: StripOffsets is missing")

// stripCount is how many strips the geometry asks for.
func (p *Page) stripCount() int {
	if p.Height == 0 {
		return p.unmeasuredStrips()
	}
	n := (p.Height + p.RowsPerStrip - 1) / p.RowsPerStrip
	if p.Planar == 2 {
		n *= min(max(p.SamplesPerPixel, 1), 64)
	}
	return n
}

// unmeasuredStrips is how many strips a page without ImageLength has.
func (p *Page) unmeasuredStrips() int {
	if e, ok := p.find(TagStripOffsets); ok {
		return int(min(max(e.Count, 1), 1<<16))
	}
	return 1
}

// stripRows is the number of rows in strip i: fewer in the last one of each plane.
func (p *Page) stripRows(i int) int {
	if p.Height == 0 {
		return p.RowsPerStrip
	}
	perPlane := (p.Height + p.RowsPerStrip - 1) / p.RowsPerStrip
	return min(p.RowsPerStrip, p.Height-i%perPlane*p.RowsPerStrip)
}

// stripValues reads one value per strip. Values beyond what the geometry asks for are ignored; too few leave the page
// short of rows. The file's strips in all are limited, since directories may share their lists.
func (p *Page) stripValues(e Entry) ([]uint32, error) {
	n := p.stripCount()
	if n == 1 && p.Height > 0 && e.Count > 1 && e.Count <= uint32(p.Height) && !p.Has(TagRowsPerStrip) {
		n = p.guessRowsPerStrip(int(e.Count))
	}
	e.Count = max(e.Count, 1)
	if e.Tag == TagStripOffsets {
		if p.file.strips += n; p.file.strips > p.file.lim.MaxStrips {
			return nil, fmt.Errorf("page of %d strips: %w of %d strips in the file", n, ErrTooLarge, p.file.lim.MaxStrips)
		}
	}
	vals, err := p.ints(e, n)
	if err != nil {
		return nil, err
	}
	if len(vals) == 0 {
		return nil, fmt.Errorf("%s has no value", e.Tag)
	}
	if len(vals) < n && e.Tag == TagStripOffsets {
		p.Truncated = true
		p.file.warn("page %d: %d strips are asked for, %d are there", p.Index+1, n, len(vals))
	}
	return vals, nil
}

// guessRowsPerStrip takes the strips to be equally high, where there are several and RowsPerStrip is missing.
func (p *Page) guessRowsPerStrip(strips int) int {
	p.RowsPerStrip = (p.Height + strips - 1) / strips
	p.file.warn("page %d: RowsPerStrip is missing with %d strips, taken to be %d", p.Index+1, strips, p.RowsPerStrip)
	return p.stripCount()
}

// landmarks are the offsets at which something begins, in order.
func (f *File) landmarks() []int64 {
	var at []int64
	for _, p := range f.Pages {
		at = append(at, p.IFDOffset)
		for _, s := range p.Strips {
			at = append(at, s.Offset)
		}
		for e := range p.Entries() {
			if !e.inline() {
				at = append(at, p.offset(e))
			}
		}
	}
	slices.Sort(at)
	return append(slices.Compact(at), f.size)
}

// guessSizes lets each strip of these pages reach to the next landmark, unless it has a size that is smaller.
func (f *File) guessSizes(pages []*Page, landmarks []int64) {
	for _, p := range pages {
		f.warn("page %d: StripByteCounts is missing, 0 or too large, taken from what follows in the file", p.Index+1)
		for i := range p.Strips {
			s := &p.Strips[i]
			next, _ := slices.BinarySearch(landmarks, s.Offset+1)
			if s.Offset == 0 || next == len(landmarks) {
				continue
			}
			if gap := landmarks[next] - s.Offset; s.Size == 0 || s.Size > gap {
				s.Size = gap
			}
		}
	}
}

// maxShared bounds, as a multiple of the file's size, what the strips of all pages may come to: strips may overlap,
// but reading them must not cost more than the file deserves. Small files are let off.
const (
	maxShared   = 4
	sharedFloor = 16 << 20
)

// clipStrips cuts the strips to the file; the error says that nothing is left.
func (p *Page) clipStrips() error {
	var left int64
	short := 0
	for i := range p.Strips {
		s := &p.Strips[i]
		inFile := min(max(p.file.size-s.Offset, 0), s.Size)
		if inFile < s.Size {
			short++
			s.Size = inFile
		}
		left += s.Size
	}
	if short > 0 {
		p.Truncated = true
		p.file.warn("page %d: %d of %d strips run past the end of the file", p.Index+1, short, len(p.Strips))
	}
	if p.file.coded += left; p.file.coded > maxShared*p.file.size+sharedFloor {
		return fmt.Errorf("the strips up to this page come to %d bytes in a file of %d, so they overlap: %w", p.file.coded, p.file.size, ErrTooLarge)
	}
	if left > 0 {
		return nil
	}
	if !p.Has(TagStripOffsets) {
		return errNoOffsets
	}
	if p.Strips[0].Offset >= p.file.size {
		return fmt.Errorf("%w: the page's data would start at %d, but the file ends at %d", ErrTruncated, p.Strips[0].Offset, p.file.size)
	}
	return errors.New("the page has no data: its strips are empty")
}
