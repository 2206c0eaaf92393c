package mdn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// Receipts that Outlook wraps up as TNEF (winmail.dat): MS-OXTNEF has the stream, MS-OXCMAIL the message classes,
// MS-OXPROPS the properties.

// ErrNoTNEFReceipt says that a TNEF stream is none of a read or not-read receipt.
var ErrNoTNEFReceipt = errors.New("no receipt in this TNEF")

// Parts of a TNEF stream (MS-OXTNEF section 2.1.3).
const (
	tnefSignature    = 0x223e9f78
	attMessageClass  = 0x00078008
	attMsgProps      = 0x00069003
	attributeHead    = 9       // level, id and length
	maxTNEF          = 1 << 20 // a receipt has a few kilobytes
	maxProperties    = 10_000
	propMessageClass = 0x001a
	propInReplyTo    = 0x1042
	propOriginalID   = 0x1046
)

// IsTNEFReceipt tells by its head, of which the first 512 octets are enough, whether a TNEF stream is a receipt.
func IsTNEFReceipt(head []byte) bool {
	t := tnefReceipt{}
	_ = t.read(head)
	return t.kind != ""
}

// ParseTNEF reads a receipt that is a TNEF stream. The message id is that of the message reported on, as far as the stream has it; the
// recipient stands in the mail around it only. What is no receipt gives ErrNoTNEFReceipt.
func ParseTNEF(r io.Reader) (*MDN, error) {
	octets, err := io.ReadAll(io.LimitReader(r, maxTNEF))
	if err != nil {
		return nil, fmt.Errorf("reading a TNEF receipt: %w", err)
	}
	t := tnefReceipt{}
	err = t.read(octets)
	if t.kind == "" {
		return nil, fmt.Errorf("reading a TNEF receipt: %w", errors.Join(ErrNoTNEFReceipt, err))
	}
	m := &MDN{Mode: ManualAction, Sending: SentAutomatically, Type: t.kind}
	first(&m.OriginalMessageID, messageID(t.original))
	first(&m.OriginalMessageID, messageID(t.replied))
	return m, nil
}

// tnefReceipt is what is wanted of the stream.
type tnefReceipt struct{ kind, original, replied string }

// read goes through the attributes; a stream that breaks off gives what came before.
func (t *tnefReceipt) read(b []byte) error {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != tnefSignature {
		return errors.New("this is no TNEF")
	}
	for b = b[6:]; len(b) >= attributeHead; {
		id, size := binary.LittleEndian.Uint32(b[1:]), int64(binary.LittleEndian.Uint32(b[5:]))
		b = b[attributeHead:]
		value := b[:min(size, int64(len(b)))]
		switch id {
		case attMessageClass:
			t.class(string(bytes.TrimRight(value, "\x00")))
		case attMsgProps:
			t.properties(value)
		}
		if size+2 > int64(len(b)) {
			return io.ErrUnexpectedEOF
		}
		b = b[size+2:] // with its checksum
	}
	return nil
}

// class tells receipts by their message class (MS-OXTNEF section 2.1.3.3.5).
func (t *tnefReceipt) class(name string) {
	lower := strings.ToLower(name)
	switch {
	case lower == "ipm.microsoft mail.read receipt", strings.HasPrefix(lower, "report.") && strings.HasSuffix(lower, ".ipnrn"):
		t.kind = TypeDisplayed
	case strings.HasPrefix(lower, "report.") && strings.HasSuffix(lower, ".ipnnrn"):
		t.kind = TypeDeleted
	}
}

// properties reads the list of MAPI properties up to the first that cannot be read (MS-OXTNEF section 2.1.3.3.21).
func (t *tnefReceipt) properties(b []byte) {
	c := &tnefCursor{b: b}
	for range min(c.uint32(), maxProperties) {
		kind, id := c.uint16(), c.uint16()
		if id >= 0x8000 {
			c.name()
		}
		value := c.values(kind)
		if c.short {
			return
		}
		switch id {
		case propMessageClass:
			t.class(value)
		case propInReplyTo:
			first(&t.replied, value)
		case propOriginalID:
			first(&t.original, value)
		}
	}
}

// tnefCursor reads little-endian values; short is set at the first that is not there.
type tnefCursor struct {
	b     []byte
	short bool
}

func (c *tnefCursor) take(n uint32) []byte {
	if c.short || uint64(n) > uint64(len(c.b)) {
		c.short = true
		return nil
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

func (c *tnefCursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *tnefCursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// padded takes n octets and those that fill up the last four.
func (c *tnefCursor) padded(n uint32) []byte {
	b := c.take(n)
	c.take(-n & 3)
	return b
}

// name passes over the name of a named property: its set, and a number or a string.
func (c *tnefCursor) name() {
	c.take(16)
	if c.uint32() == 0 {
		c.take(4)
		return
	}
	c.padded(c.uint32())
}

// values passes over the values of a property; the text is that of the last string among them.
func (c *tnefCursor) values(kind uint16) (text string) {
	count := uint32(1)
	size, fixed := tnefSizes[kind&^0x1000]
	if !fixed || kind&0x1000 != 0 {
		count = c.uint32()
	}
	for range min(count, maxTNEF) {
		if c.short {
			return ""
		}
		if fixed {
			c.take(size)
			continue
		}
		text = tnefText(kind, c.padded(c.uint32()))
	}
	return text
}

// tnefSizes are the types of fixed size, as they lie in the stream; all others have their length before them.
var tnefSizes = map[uint16]uint32{
	0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000a: 4, 0x000b: 4, // short, long, float, error, boolean
	0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, // double, currency, time, long long, system time
	0x0048: 16,
}

// tnefText is a string of eight or sixteen bits, without its end.
func tnefText(kind uint16, b []byte) string {
	switch kind {
	case 0x001e:
		return string(bytes.TrimRight(b, "\x00"))
	case 0x001f:
		units := make([]uint16, 0, len(b)/2)
		for pair := range slices.Chunk(b[:len(b)&^1], 2) {
			units = append(units, binary.LittleEndian.Uint16(pair))
		}
		return strings.TrimRight(string(utf16.Decode(units)), "\x00")
	}
	return ""
}
