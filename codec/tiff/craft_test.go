package tiff_test

import (
	"encoding/binary"

	"faxgate/codec/tiff"
)

// craft builds TIFF files as no good writer would.
type craft struct {
	bo   binary.ByteOrder
	b    []byte
	link int // where the offset of the next directory goes
}

// newCraft starts a file with its header.
func newCraft(bo binary.ByteOrder) *craft {
	mark := "II"
	if bo == binary.ByteOrder(binary.BigEndian) {
		mark = "MM"
	}
	c := &craft{bo: bo, b: append([]byte(mark), 0, 0, 0, 0, 0, 0), link: 4}
	bo.PutUint16(c.b[2:], 42)
	return c
}

// put appends data and gives its offset.
func (c *craft) put(data ...byte) uint32 {
	at := len(c.b)
	c.b = append(c.b, data...)
	return uint32(at)
}

// odd makes the next offset odd.
func (c *craft) odd() {
	if len(c.b)%2 == 0 {
		c.put(0)
	}
}

// value is a field with its values; a RATIONAL has two numbers for each.
type value struct {
	tag   tiff.Tag
	typ   tiff.Type
	vals  []uint32
	count uint32 // 0: as many as there are values
}

// pack gives the bytes of the values.
func (c *craft) pack(v value) []byte {
	var b []byte
	for _, n := range v.vals {
		switch v.typ {
		case tiff.TypeByte:
			b = append(b, byte(n))
		case tiff.TypeShort:
			b = c.appendUint16(b, uint16(n))
		default:
			b = c.appendUint32(b, n)
		}
	}
	return b
}

func (c *craft) appendUint16(b []byte, v uint16) []byte {
	b = append(b, 0, 0)
	c.bo.PutUint16(b[len(b)-2:], v)
	return b
}

func (c *craft) appendUint32(b []byte, v uint32) []byte {
	b = append(b, 0, 0, 0, 0)
	c.bo.PutUint32(b[len(b)-4:], v)
	return b
}

// ifd appends a directory and links it to the one before.
func (c *craft) ifd(fields ...value) (at uint32) {
	var entries []byte
	for _, f := range fields {
		data := c.pack(f)
		n := uint32(len(f.vals))
		if f.typ == tiff.TypeRational {
			n /= 2
		}
		if f.count > 0 {
			n = f.count
		}
		entries = c.appendUint16(entries, uint16(f.tag))
		entries = c.appendUint16(entries, uint16(f.typ))
		entries = c.appendUint32(entries, n)
		if len(data) > 4 {
			data = c.appendUint32(nil, c.put(data...))
		}
		entries = append(entries, append(data, 0, 0, 0, 0)[:4]...)
	}
	at = uint32(len(c.b))
	c.bo.PutUint32(c.b[c.link:], at)
	c.b = c.appendUint16(c.b, uint16(len(fields)))
	c.put(entries...)
	c.link = int(c.put(0, 0, 0, 0))
	return at
}

func short(tag tiff.Tag, vals ...uint32) value {
	return value{tag: tag, typ: tiff.TypeShort, vals: vals}
}

func long(tag tiff.Tag, vals ...uint32) value { return value{tag: tag, typ: tiff.TypeLong, vals: vals} }

func rational(tag tiff.Tag, vals ...uint32) value {
	return value{tag: tag, typ: tiff.TypeRational, vals: vals}
}
