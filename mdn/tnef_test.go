package mdn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"faxgate/mdn"
)

// attribute is one of a TNEF stream (MS-OXTNEF section 2.1.3): level, id, length, octets, checksum.
func attribute(id uint32, octets []byte) []byte {
	b := append([]byte{1}, binary.LittleEndian.AppendUint32(nil, id)...)
	b = append(binary.LittleEndian.AppendUint32(b, uint32(len(octets))), octets...)
	var sum uint16
	for _, o := range octets {
		sum += uint16(o)
	}
	return binary.LittleEndian.AppendUint16(b, sum)
}

// property is a string property of type 0x1e (octets) or 0x1f (UTF-16), padded to four octets.
func property(kind, id uint16, text string) []byte {
	value := []byte(text + "\x00")
	if kind == 0x1f {
		value = nil
		for _, unit := range utf16.Encode([]rune(text + "\x00")) {
			value = binary.LittleEndian.AppendUint16(value, unit)
		}
	}
	b := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), id)
	b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), uint32(len(value)))
	return append(append(b, value...), make([]byte, -len(value)&3)...)
}

func tnef(class string, properties ...[]byte) []byte {
	b := append([]byte("\x78\x9f\x3e\x22\x01\x00"), attribute(0x00089006, []byte{0, 0, 1, 0})...)
	b = append(b, attribute(0x00078008, []byte(class+"\x00"))...)
	list := binary.LittleEndian.AppendUint32(nil, uint32(len(properties)))
	return append(b, attribute(0x00069003, append(list, bytes.Join(properties, nil)...))...)
}

// others are properties of all shapes that stand before the one wanted: numbers, a time, octets, several strings, a named one.
func others() [][]byte {
	return [][]byte{
		{0x03, 0, 0x26, 0, 1, 0, 0, 0},
		{0x0b, 0, 0x1f, 0x0e, 1, 0, 0, 0},
		{0x40, 0, 0x39, 0, 1, 2, 3, 4, 5, 6, 7, 8},
		{0x02, 0x01, 0x31, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0},
		{0x03, 0x10, 0x01, 0x30, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0},
		append(append([]byte{0x03, 0, 0x01, 0x80}, make([]byte, 16)...), 0, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0),
	}
}

func TestParseTNEF(t *testing.T) {
	const id = "<1.fax@gw.example.com>"
	for name, test := range map[string]struct {
		stream   []byte
		kind, id string
	}{
		"read, with the id":             {tnef("IPM.Microsoft Mail.Read Receipt", append(others(), property(0x1e, 0x1046, id))...), "displayed", id},
		"the class as a property":       {tnef("IPM.Microsoft Mail.Note", property(0x1f, 0x001a, "REPORT.IPM.Note.IPNRN"), property(0x1f, 0x1042, id)), "displayed", id},
		"not read":                      {tnef("REPORT.IPM.NOTE.IPNNRN", property(0x1f, 0x1042, "<2@b>"), property(0x1e, 0x1046, id)), "deleted", id},
		"no id at all":                  {tnef("Report.IPM.Note.IPNRN"), "displayed", ""},
		"cut off within its properties": {tnef("Report.IPM.Note.IPNRN", property(0x1e, 0x1046, id))[:85], "displayed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if !mdn.IsTNEFReceipt(test.stream[:min(512, len(test.stream))]) {
				t.Error("not told by its head")
			}
			m, err := mdn.ParseTNEF(bytes.NewReader(test.stream))
			if err != nil || m.Type != test.kind || m.OriginalMessageID != test.id {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
	for _, text := range []string{"", "Hello", string(tnef("IPM.Microsoft Mail.Note")), string(tnef("REPORT.IPM.Note.NDR"))} {
		if m, err := mdn.ParseTNEF(strings.NewReader(text)); !errors.Is(err, mdn.ErrNoTNEFReceipt) || mdn.IsTNEFReceipt([]byte(text)) {
			t.Errorf("%q: %+v, %v", text, m, err)
		}
	}
}

func FuzzParseTNEF(f *testing.F) {
	f.Add(tnef("IPM.Microsoft Mail.Read Receipt", append(others(), property(0x1e, 0x1046, "<1@a>"))...))
	f.Add(tnef("REPORT.IPM.Note.IPNNRN", property(0x1f, 0x1042, "<1@a>")))
	f.Fuzz(func(t *testing.T, octets []byte) {
		m, err := mdn.ParseTNEF(bytes.NewReader(octets))
		if (err == nil) != (m != nil) || m != nil && m.Type == "" {
			t.Errorf("%+v, %v", m, err)
		}
	})
}
