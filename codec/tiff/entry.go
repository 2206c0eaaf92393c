package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
)

// entrySize is the length of one field in a directory.
const entrySize = 12

// maxBlob bounds what Bytes and Text read.
const maxBlob = 1 << 20

// Entry is one field of a directory as it stands in the file.
type Entry struct {
	Tag   Tag
	Type  Type
	Count uint32
	Value [4]byte // the values if they fit, else their offset, in the file's byte order
	At    int64   // offset of the entry itself
}

// size gives the bytes of all values; -1 for an unknown type.
func (e Entry) size() int64 {
	n := e.Type.size()
	if n == 0 {
		return -1
	}
	return n * int64(e.Count)
}

// inline says whether the values are in the entry.
func (e Entry) inline() bool { return e.size() <= 4 }

// Entries yields the fields of the page's directory in the order of the file.
func (p *Page) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := 0; i+entrySize <= len(p.entries); i += entrySize {
			if !yield(p.entryAt(i)) {
				return
			}
		}
	}
}

// entryAt decodes the entry whose bytes start at i.
func (p *Page) entryAt(i int) Entry {
	b, bo := p.entries[i:i+entrySize], p.file.ByteOrder
	e := Entry{Tag: Tag(bo.Uint16(b)), Type: Type(bo.Uint16(b[2:])), Count: bo.Uint32(b[4:])}
	copy(e.Value[:], b[8:])
	e.At = p.IFDOffset + 2 + int64(i)
	return e
}

// find gives the first entry of a tag, as libtiff does when there are several.
func (p *Page) find(tag Tag) (Entry, bool) {
	bo := p.file.ByteOrder
	for i := 0; i+entrySize <= len(p.entries); i += entrySize {
		if Tag(bo.Uint16(p.entries[i:])) == tag {
			return p.entryAt(i), true
		}
	}
	return Entry{}, false
}

// Has says whether the directory has the field.
func (p *Page) Has(tag Tag) bool {
	_, ok := p.find(tag)
	return ok
}

// offset is the value read as the place of the values.
func (p *Page) offset(e Entry) int64 { return int64(p.file.ByteOrder.Uint32(e.Value[:])) }

// raw reads the first n bytes of a field's values.
func (p *Page) raw(e Entry, n int64) ([]byte, error) {
	if e.inline() {
		return e.Value[:min(n, 4)], nil
	}
	off := p.offset(e)
	if off >= p.file.size {
		return nil, fmt.Errorf("%s: values at %d, but the file ends at %d", e.Tag, off, p.file.size)
	}
	b := make([]byte, min(n, p.file.size-off))
	got, err := p.file.r.ReadAt(b, off)
	if got < len(b) && err != nil && !errors.Is(err, io.EOF) {
		p.file.failed = fmt.Errorf("read the values of %s: %w", e.Tag, err)
		return nil, p.file.failed
	}
	return b[:got], nil
}

// ints reads up to limit values of an integer field. A count that leads out of the file gives what is there.
func (p *Page) ints(e Entry, limit int) ([]uint32, error) {
	n := e.Type.size()
	if n == 0 || n > 4 || e.Type == TypeASCII || e.Type == TypeFloat {
		return nil, fmt.Errorf("%s: %s is not an integer type", e.Tag, e.Type)
	}
	b, err := p.raw(e, n*min(int64(e.Count), int64(limit)))
	if err != nil {
		return nil, err
	}
	vals := make([]uint32, len(b)/int(n))
	for i := range vals {
		vals[i] = decodeInt(p.file.ByteOrder, b[i*int(n):][:n])
	}
	return vals, nil
}

// decodeInt reads an unsigned value of 1, 2 or 4 bytes.
func decodeInt(bo binary.ByteOrder, b []byte) uint32 {
	switch len(b) {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(bo.Uint16(b))
	}
	return bo.Uint32(b)
}

// Ints gives the values of an integer field, at most 65 536 of them; nil if it is absent or of another type.
func (p *Page) Ints(tag Tag) []uint32 {
	e, ok := p.find(tag)
	if !ok {
		return nil
	}
	vals, err := p.ints(e, 1<<16)
	if err != nil {
		return nil
	}
	return vals
}

// scalar gives the first value of an integer field, whatever its count says, or def if there is none.
func (p *Page) scalar(tag Tag, def uint32) uint32 {
	e, ok := p.find(tag)
	if !ok {
		return def
	}
	if v, ok := p.misjustified(e); ok {
		return v
	}
	if e.Count == 0 {
		e.Count = 1
	}
	vals, err := p.ints(e, 1)
	if err != nil || len(vals) == 0 {
		// The count is wrong and the "offset" leads nowhere: the value itself is in the entry.
		e.Count = 1
		if vals, err = p.ints(e, 1); err != nil || len(vals) == 0 {
			return def
		}
	}
	return vals[0]
}

// misjustified finds the value of a big-endian field that was written as the other of SHORT and LONG than its type
// says, which leaves it in the wrong half (RFC 3249 section 5.2.3.1: tolerate). Only fields that cannot be 0 and that
// fit 16 bits can tell.
func (p *Page) misjustified(e Entry) (uint32, bool) {
	if p.file.ByteOrder != binary.ByteOrder(binary.BigEndian) || e.Count > 1 {
		return 0, false
	}
	high, low := binary.BigEndian.Uint16(e.Value[:2]), binary.BigEndian.Uint16(e.Value[2:])
	switch e.Tag {
	case TagImageWidth, TagCompression, TagBitsPerSample, TagSamplesPerPixel, TagFillOrder:
		if e.Type == TypeLong && high != 0 && low == 0 {
			return uint32(high), true
		}
	case TagImageLength, TagRowsPerStrip: // 65 536 rows are possible, so a LONG is believed.
	default:
		return 0, false
	}
	return uint32(low), e.Type == TypeShort && high == 0 && low != 0
}

// rational gives the first value of a field as a number; 0 if it is absent or makes no sense.
func (p *Page) rational(tag Tag) float64 {
	e, ok := p.find(tag)
	if !ok {
		return 0
	}
	e.Count = max(e.Count, 1)
	if e.Type.size() < 8 && e.Type != TypeFloat {
		return float64(p.scalar(tag, 0))
	}
	b, err := p.raw(e, e.Type.size())
	if err != nil || int64(len(b)) < e.Type.size() {
		return 0
	}
	v := decodeReal(p.file.ByteOrder, e.Type, b)
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}

// decodeReal reads one RATIONAL, SRATIONAL, FLOAT or DOUBLE.
func decodeReal(bo binary.ByteOrder, t Type, b []byte) float64 {
	switch t {
	case TypeFloat:
		return float64(math.Float32frombits(bo.Uint32(b)))
	case TypeDouble:
		return math.Float64frombits(bo.Uint64(b))
	case TypeSRational:
		return float64(int32(bo.Uint32(b))) / float64(int32(bo.Uint32(b[4:])))
	}
	return float64(bo.Uint32(b)) / float64(bo.Uint32(b[4:]))
}

// Bytes gives the bytes of a field such as JPEGTables; nil if it is absent. Over 1 MiB is an error.
func (p *Page) Bytes(tag Tag) ([]byte, error) {
	e, ok := p.find(tag)
	if !ok {
		return nil, nil
	}
	if e.size() > maxBlob {
		return nil, fmt.Errorf("%s of %d bytes: %w of %d", tag, e.size(), ErrTooLarge, maxBlob)
	}
	return p.raw(e, max(e.size(), 0))
}

// Text gives an ASCII field such as Software without its closing NUL; empty if it is absent.
func (p *Page) Text(tag Tag) string {
	b, err := p.Bytes(tag)
	if err != nil {
		return ""
	}
	text, _, _ := strings.Cut(string(b), "\x00")
	return text
}
