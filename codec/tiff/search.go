package tiff

import (
	"errors"
	"slices"
)

// What a directory has at least and at most where none is announced, so that coded data is not taken for one.
const (
	fewestEntries = 6
	mostEntries   = 128
	searchChunk   = 256 << 10
	searchMost    = 256 << 20 // bytes of a file that are looked through
)

// searchDirectories looks through the file for directories where the chain of them is broken, and appends their pages
// in the order of the file. Reduced images and those that belong to a page are none.
func (f *File) searchDirectories() error {
	if f.stopped == "" {
		return nil
	}
	found, err := f.directoriesFound()
	if err != nil {
		return err
	}
	for _, off := range found {
		if len(f.Pages) >= f.lim.MaxPages {
			break
		}
		why := f.stopped
		p, err := f.directory(off)
		f.stopped = why
		if errors.Is(err, ErrTooLarge) {
			break
		}
		if err != nil {
			return err
		}
		if p != nil && p.NewSubfileType&1 == 0 {
			f.warn("page %d: its directory at %d was found by looking for it", len(f.Pages)+1, off)
			f.Pages = append(f.Pages, p)
		}
	}
	return nil
}

// directoriesFound gives the offsets of directories that the chain does not lead to.
func (f *File) directoriesFound() (found []int64, err error) {
	known := f.knownDirectories()
	longest := int64(2 + mostEntries*entrySize + 4)
	b := make([]byte, min(searchChunk+longest, f.size))
	for at := int64(8); at < min(f.size, searchMost); at += searchChunk {
		b = b[:min(int64(cap(b)), f.size-at)]
		if err := f.readFull(b, at); err != nil {
			return nil, err
		}
		for i := int64(0); i < min(searchChunk, int64(len(b))); i++ {
			if size := f.directoryHere(b[i:]); size > 0 && !slices.Contains(known, at+i) {
				found = append(found, at+i)
				i += size - 1
			}
		}
	}
	return found, nil
}

// knownDirectories are the offsets of the pages' directories and of those that belong to them.
func (f *File) knownDirectories() (known []int64) {
	for _, p := range f.Pages {
		known = append(known, p.IFDOffset)
		for _, tag := range []Tag{TagSubIFDs, TagGlobalParametersIFD} {
			for _, off := range p.Ints(tag) {
				known = f.subChain(known, int64(off))
			}
		}
	}
	return known
}

// subChain adds the directory of a sub-image at off and those that it leads to.
func (f *File) subChain(known []int64, off int64) []int64 {
	b := make([]byte, 4)
	for off >= 8 && off+2 <= f.size && !slices.Contains(known, off) {
		known = append(known, off)
		if f.readFull(b[:2], off) != nil {
			break
		}
		next := off + 2 + int64(f.ByteOrder.Uint16(b))*entrySize
		if next+4 > f.size || f.readFull(b, next) != nil {
			break
		}
		off = int64(f.ByteOrder.Uint32(b))
	}
	return known
}

// directoryHere gives the length of a directory of an image at the front of b, 0 if there is none: its fields ascend, are
// of known types, and say how wide the image is and where its data.
func (f *File) directoryHere(b []byte) int64 {
	if len(b) < 2+fewestEntries*entrySize {
		return 0
	}
	n := int(f.ByteOrder.Uint16(b))
	if n < fewestEntries || n > mostEntries || len(b) < 2+n*entrySize+4 {
		return 0
	}
	last, need := -1, 0
	for i := range n {
		e := b[2+i*entrySize:]
		tag, typ := Tag(f.ByteOrder.Uint16(e)), Type(f.ByteOrder.Uint16(e[2:]))
		if int(tag) <= last || typ.size() == 0 || f.ByteOrder.Uint32(e[4:]) == 0 || i == 0 && tag > TagImageWidth {
			return 0
		}
		if tag == TagImageWidth || tag == TagCompression || tag == TagStripOffsets || tag == TagTileOffsets {
			need++
		}
		last = int(tag)
	}
	if need < 3 {
		return 0
	}
	return int64(2 + n*entrySize + 4)
}

// minLost is the shortest strip that is looked for where its offset leads nowhere.
const minLost = 16

// span is a part of the file.
type span struct{ from, to int64 }

// findLostStrips gives strips whose offsets lead out of the file, or are missing, the place in the file that belongs to
// nothing else and is as long as they are together.
func (f *File) findLostStrips() {
	var gaps []span
	for _, p := range f.Pages {
		if p.Tiled || p.Err != nil && !errors.Is(p.Err, ErrNoLength) {
			continue
		}
		for i := 0; i < len(p.Strips); i++ {
			n, length := p.lostFrom(i)
			if n == 0 || length < minLost {
				continue
			}
			if gaps == nil {
				gaps = f.unclaimed()
			}
			if g, ok := only(gaps, length); ok {
				p.moveStrips(i, n, g.from)
			}
			i += n - 1
		}
	}
}

// lostFrom counts the strips from i on that lie outside of the file, and their bytes.
func (p *Page) lostFrom(i int) (n int, length int64) {
	for ; i < len(p.Strips) && p.Strips[i].Offset >= p.file.size; i++ {
		n++
		length += p.Strips[i].Size
	}
	return n, length
}

// moveStrips lays n strips from i on one after the other.
func (p *Page) moveStrips(i, n int, at int64) {
	p.file.warn("page %d: StripOffsets leads out of the file, the data was found at %d", p.Index+1, at)
	for ; n > 0; n-- {
		p.Strips[i].Offset = at
		at += p.Strips[i].Size
		i++
	}
}

// only gives the one gap that has this length, or a byte more, which makes the next offset even.
func only(gaps []span, length int64) (found span, ok bool) {
	for _, g := range gaps {
		if n := g.to - g.from; n != length && n != length+1 {
			continue
		}
		if ok {
			return span{}, false
		}
		found, ok = g, true
	}
	return found, ok
}

// unclaimed gives the parts of the file that belong to nothing.
func (f *File) unclaimed() []span {
	claims := []span{{0, 8}, {f.size, f.size}}
	for _, p := range f.Pages {
		claims = append(claims, span{p.IFDOffset, p.IFDOffset + 2 + int64(len(p.entries)) + 4})
		for _, s := range p.Strips {
			if s.Offset < f.size {
				claims = append(claims, span{s.Offset, s.Offset + s.Size})
			}
		}
		for e := range p.Entries() {
			if off := p.offset(e); !e.inline() && off < f.size {
				claims = append(claims, span{off, off + e.size()})
			}
		}
	}
	slices.SortFunc(claims, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	gaps, end := []span{}, int64(0)
	for _, c := range claims {
		if c.from > end {
			gaps = append(gaps, span{end, c.from})
		}
		end = max(end, c.to)
	}
	return gaps
}
