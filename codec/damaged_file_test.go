package codec

import (
	"encoding/binary"
	"slices"

	"faxgate/codec/tiff"
)

// leaf is one directory of a TIFF file that is made to be damaged.
type leaf struct {
	fields []leafField
	strips [][]byte
	hold   func(at, n []uint32) // changes where the strips are said to be and how long
	after  []byte               // stands behind the strips, belongs to nothing
}

// leafField is a field of values that are SHORT, LONG or RATIONAL (two numbers each).
type leafField struct {
	tag  tiff.Tag
	typ  tiff.Type
	vals []uint32
}

// newLeaf describes a page of letterRows by the fields that a fax has.
func newLeaf(compression uint32, strips ...[]byte) *leaf {
	rows := uint32((damagedRows + len(strips) - 1) / len(strips))
	s := &leaf{strips: strips, fields: []leafField{
		{tiff.TagNewSubfileType, tiff.TypeLong, []uint32{2}},
		{tiff.TagImageWidth, tiff.TypeShort, []uint32{damagedWidth}},
		{tiff.TagImageLength, tiff.TypeLong, []uint32{damagedRows}},
		{tiff.TagBitsPerSample, tiff.TypeShort, []uint32{1}},
		{tiff.TagCompression, tiff.TypeShort, []uint32{compression}},
		{tiff.TagPhotometric, tiff.TypeShort, []uint32{tiff.WhiteIsZero}},
		{tiff.TagFillOrder, tiff.TypeShort, []uint32{1}},
		{tiff.TagStripOffsets, tiff.TypeLong, nil},
		{tiff.TagSamplesPerPixel, tiff.TypeShort, []uint32{1}},
		{tiff.TagRowsPerStrip, tiff.TypeLong, []uint32{rows}},
		{tiff.TagStripByteCounts, tiff.TypeLong, nil},
		{tiff.TagXResolution, tiff.TypeRational, []uint32{204, 1}},
		{tiff.TagYResolution, tiff.TypeRational, []uint32{196, 1}},
		{tiff.TagResolutionUnit, tiff.TypeShort, []uint32{2}},
	}}
	if compression == tiff.CompressionT4 {
		s.set(tiff.TagT4Options, 0)
	}
	return s
}

// set gives a field other values; one that is not there is added in its place.
func (s *leaf) set(tag tiff.Tag, vals ...uint32) *leaf {
	i, ok := slices.BinarySearchFunc(s.fields, tag, func(f leafField, tag tiff.Tag) int { return int(f.tag) - int(tag) })
	if !ok {
		s.fields = slices.Insert(s.fields, i, leafField{tag: tag, typ: tiff.TypeLong})
	}
	s.fields[i].vals = vals
	return s
}

// drop leaves out fields.
func (s *leaf) drop(tags ...tiff.Tag) *leaf {
	s.fields = slices.DeleteFunc(s.fields, func(f leafField) bool { return slices.Contains(tags, f.tag) })
	return s
}

// telling lies about the strips.
func (s *leaf) telling(hold func(at, n []uint32)) *leaf {
	s.hold = hold
	return s
}

// book is a TIFF file of leaves.
type book struct {
	order  binary.ByteOrder
	last   bool // directories stand behind their data
	odd    bool // directories stand on odd offsets
	leaves []*leaf

	ifds  []int // where the directories are, once bytes was called
	links []int // where the offset of each next directory stands
	data  []int // where each leaf's first strip is
}

func newBook(leaves ...*leaf) *book { return &book{order: binary.LittleEndian, leaves: leaves} }

// bytes writes the file.
func (b *book) bytes() []byte {
	mark := "II"
	if b.order == binary.ByteOrder(binary.BigEndian) {
		mark = "MM"
	}
	out := append([]byte(mark), 0, 0, 0, 0, 0, 0)
	b.order.PutUint16(out[2:], 42)
	b.links = []int{4}
	for _, s := range b.leaves {
		out = b.leaf(out, s)
	}
	return out
}

// leaf appends one page: directory, values, strips, or strips, values, directory.
func (b *book) leaf(out []byte, s *leaf) []byte {
	size := 2 + 12*len(s.fields) + 4
	at, n := make([]uint32, len(s.strips)), make([]uint32, len(s.strips))
	strips := func() {
		b.data = append(b.data, len(out))
		for i, data := range s.strips {
			at[i], n[i] = uint32(len(out)), uint32(len(data))
			out = append(out, data...)
		}
		out = append(out, s.after...)
	}
	if b.last {
		strips()
	}
	if len(out)%2 == 1 != b.odd {
		out = append(out, 0)
	}
	ifd := len(out)
	if !b.last {
		ifd = len(out)
		values := s.valueSize()
		out = append(out, make([]byte, size+values)...)
		strips()
	} else {
		out = append(out, make([]byte, size+s.valueSize())...)
	}
	if s.hold != nil {
		s.hold(at, n)
	}
	b.order.PutUint32(out[b.links[len(b.links)-1]:], uint32(ifd))
	b.directory(out[ifd:], s, ifd, at, n)
	b.ifds, b.links = append(b.ifds, ifd), append(b.links, ifd+size-4)
	return out
}

// valueSize is the room that values outside of the directory take.
func (s *leaf) valueSize() (n int) {
	for _, f := range s.fields {
		if l := s.length(f); l > 4 {
			n += l
		}
	}
	return n
}

// length is the bytes of a field's values.
func (s *leaf) length(f leafField) int {
	count := len(f.vals)
	if f.vals == nil {
		count = len(s.strips)
	}
	if f.typ == tiff.TypeShort {
		return 2 * count
	}
	return 4 * count
}

// directory fills in the directory at the front of out.
func (b *book) directory(out []byte, s *leaf, ifd int, at, n []uint32) {
	b.order.PutUint16(out, uint16(len(s.fields)))
	values := 2 + 12*len(s.fields) + 4
	for i, f := range s.fields {
		if f.vals == nil && f.tag == tiff.TagStripOffsets {
			f.vals = at
		} else if f.vals == nil {
			f.vals = n
		}
		e := out[2+12*i:]
		count := len(f.vals)
		if f.typ == tiff.TypeRational {
			count /= 2
		}
		b.order.PutUint16(e, uint16(f.tag))
		b.order.PutUint16(e[2:], uint16(f.typ))
		b.order.PutUint32(e[4:], uint32(count))
		to := e[8:]
		if l := s.length(f); l > 4 {
			b.order.PutUint32(to, uint32(ifd+values))
			to = out[values:]
			values += l
		}
		for j, v := range f.vals {
			if f.typ == tiff.TypeShort {
				b.order.PutUint16(to[2*j:], uint16(v))
			} else {
				b.order.PutUint32(to[4*j:], v)
			}
		}
	}
}
