package ifax

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
)

// Limits of a list of MAPI properties: Outlook writes some hundred, with one value each.
const (
	tnefPropertiesLimit = 10_000
	tnefValuesLimit     = 10_000
)

// errTNEFProperties says that a list of properties is none.
var errTNEFProperties = fmt.Errorf("a list of properties is no such list: %w", errTNEFCut)

// Properties that are looked at (MS-OXPROPS).
const (
	propBody     = 0x1000
	propHTML     = 0x1013
	propData     = 0x3701
	propFileName = 0x3704
	propLongName = 0x3707
	propMIMEType = 0x370e
)

// Types of properties whose values have their length before them (MS-OXCDATA section 2.11.1).
const (
	typeObject  = 0x000d
	typeString8 = 0x001e
	typeUnicode = 0x001f
	typeBinary  = 0x0102
)

// tnefFixed are the types of fixed size, as they lie in the stream.
var tnefFixed = map[uint16]int64{
	0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000a: 4, 0x000b: 4, // short, long, float, error, boolean
	0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, // double, currency, time, long long, system time
	0x0048: 16,
}

// properties reads a list (MS-OXTNEF section 2.1.3.4) and gives each value that has a length to take, with the type and id.
func (t *tnef) properties(r io.Reader, take func(kind, id uint16, value *io.LimitedReader) error) error {
	count, err := tnefUint32(r)
	if err != nil {
		return err
	}
	if count > tnefPropertiesLimit {
		return errTNEFProperties
	}
	for range count {
		head, err := tnefUint32(r)
		if err != nil {
			return err
		}
		kind, id := uint16(head), uint16(head>>16)
		if id >= 0x8000 {
			if err := skipTNEFName(r); err != nil {
				return err
			}
		}
		if err := tnefValues(r, kind, func(value *io.LimitedReader) error { return take(kind&^0x1000, id, value) }); err != nil {
			return err
		}
	}
	return nil
}

// tnefValues reads the values of one property.
func tnefValues(r io.Reader, kind uint16, take func(*io.LimitedReader) error) error {
	size, fixed := tnefFixed[kind&^0x1000]
	if fixed && kind&0x1000 == 0 {
		return skipTNEF(r, size)
	}
	count, err := tnefUint32(r)
	if err != nil {
		return err
	}
	if count > tnefValuesLimit {
		return errTNEFProperties
	}
	for range count {
		if fixed {
			err = skipTNEF(r, size)
		} else {
			err = tnefValue(r, take)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tnefValue reads a value with its length before it and padding behind.
func tnefValue(r io.Reader, take func(*io.LimitedReader) error) error {
	size, err := tnefUint32(r)
	if err != nil {
		return err
	}
	value := &io.LimitedReader{R: r, N: int64(size)}
	if err := take(value); err != nil {
		return err
	}
	return skipTNEF(r, value.N+int64(-size&3))
}

// skipTNEFName passes over the name of a named property: its set, and a number or a string.
func skipTNEFName(r io.Reader) error {
	if err := skipTNEF(r, 16); err != nil {
		return err
	}
	kind, err := tnefUint32(r)
	if err != nil {
		return err
	}
	size, err := tnefUint32(r) // Or the number.
	if err != nil || kind == 0 {
		return err
	}
	return skipTNEF(r, int64(size)+int64(-size&3))
}

// tnefUint32 reads a number.
func tnefUint32(r io.Reader) (uint32, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, eof(err)
	}
	return binary.LittleEndian.Uint32(b[:]), nil
}

// skipTNEF passes over n octets.
func skipTNEF(r io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return eof(err)
}

// messageProperty takes the words of the message.
func (t *tnef) messageProperty(kind, id uint16, value *io.LimitedReader) error {
	switch id {
	case propBody:
		return t.text(&t.at.sink.text, t.words(kind, value))
	case propHTML:
		if kind == typeBinary {
			return t.text(&t.at.sink.html, textReader(value, "", nil))
		}
		return t.text(&t.at.sink.html, t.words(kind, value))
	}
	return nil
}

// fileProperty takes the name and the octets of an attachment.
func (t *tnef) fileProperty(kind, id uint16, value *io.LimitedReader) error {
	f := t.current()
	switch id {
	case propData:
		if kind == typeObject { // The interface comes first.
			if err := skipTNEF(value, min(value.N, 16)); err != nil {
				return err
			}
		}
		return t.keep(value)
	case propLongName:
		return t.name(&f.long, kind, value)
	case propMIMEType:
		return t.name(&f.kind, kind, value)
	case propFileName:
		if f.name == "" {
			return t.name(&f.name, kind, value)
		}
	}
	return nil
}

// words is a string property in UTF-8.
func (t *tnef) words(kind uint16, value io.Reader) io.Reader {
	switch kind {
	case typeUnicode:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Reader(value)
	case typeString8:
		return textReader(value, t.charset, nil)
	}
	return io.LimitReader(value, 0)
}

// name takes a short string.
func (t *tnef) name(to *string, kind uint16, value io.Reader) error {
	b, err := io.ReadAll(noNULs{t.words(kind, io.LimitReader(value, tnefNameLimit))})
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	*to = string(b)
	return nil
}
