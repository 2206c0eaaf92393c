package ifax_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"faxgate/ifax"
)

// attribute writes one (MS-OXTNEF section 2.1.3).
func attribute(level byte, id uint32, value string) string {
	b := binary.LittleEndian.AppendUint32([]byte{level}, id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	sum := uint16(0)
	for i := range len(value) {
		sum += uint16(value[i])
	}
	return string(binary.LittleEndian.AppendUint16(append(b, value...), sum))
}

// property writes one with a value that has its length before it.
func property(kind, id uint16, value string) string {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, id)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	return string(append(b, value...)) + strings.Repeat("\x00", -len(value)&3)
}

func properties(list ...string) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(list)))) + strings.Join(list, "")
}

const (
	tnefHead = "\x78\x9f\x3e\x22\x01\x00"
	tnefRend = "\x02\x02\x90\x06\x00\x0e\x00\x00\x00" + "\x01\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00" + "\xfd\x03"
)

// winmail is a mail that is a TNEF stream and nothing else.
func winmail(attributes ...string) string {
	return "From: a@example.com\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		encoded(tnefHead+strings.Join(attributes, ""))
}

func TestTNEF(t *testing.T) {
	tiff := "II*\x00" + strings.Repeat("\x00", 60)
	file := func(name, data string) string {
		return tnefRend + attribute(2, 0x00018010, name+"\x00") + attribute(2, 0x0006800f, data)
	}
	inner := tnefHead + file("inner.tif", tiff)
	deep := inner
	for range 40 {
		deep = tnefHead + file("w.dat", deep)
	}
	const broken = "error: the winmail.dat of Outlook (TNEF) breaks off: send the documents as plain attachments"
	named := "\x02\x01\x00\x80" + strings.Repeat("g", 16) + "\x01\x00\x00\x00\x04\x00\x00\x00n\x00\x00\x00" + "\x01\x00\x00\x00\x03\x00\x00\x00abc\x00"
	for _, test := range []struct {
		name, mail string
		want       []string
	}{
		{"no file at all", winmail(), []string{"error: a winmail.dat of Outlook (TNEF) with no document in it: send the mail as plain text or HTML, not as rich text"}},
		{"a file", winmail(file("a.tif", tiff)), []string{"image/tiff a.tif 64"}},
		{"padding at the end", winmail(file("a.tif", tiff), "\x00\x00\r\n"), []string{"image/tiff a.tif 64"}},
		{"the last checksum is missing", winmail(strings.TrimSuffix(file("a.tif", "II*\x00"), "\xbc\x00")), []string{"image/tiff a.tif 4"}},
		{"a path for a name", winmail(file(`C:\x\..\a.tif`, tiff)), []string{"image/tiff a.tif 64"}},
		{"no beginning of the attachment", winmail(attribute(2, 0x0006800f, tiff)), []string{"image/tiff  64"}},
		{"an attachment without data", winmail(tnefRend, attribute(2, 0x00018010, "x\x00"), file("a.tif", tiff)), []string{"image/tiff a.tif 64"}},
		{"an empty attachment", winmail(file("a.tif", "")), []string{"error: the part is empty"}},
		{"an object: a mail in the mail", winmail(tnefRend, attribute(2, 0x00069005, properties(property(0x000d, 0x3701, strings.Repeat("g", 16)+inner)))), []string{"image/tiff inner.tif 64"}},
		{"a named property before the data", winmail(tnefRend, attribute(2, 0x00069005, properties(named, property(0x0102, 0x3701, tiff)))), []string{"image/tiff  64"}},
		{"more properties than there are", winmail(attribute(1, 0x00069003, "\x09\x00\x00\x00")), []string{broken}},
		{"millions of properties", winmail(attribute(1, 0x00069003, "\xff\xff\xff\x7f")), []string{broken}},
		{"millions of values", winmail(attribute(1, 0x00069003, "\x01\x00\x00\x00\x03\x10\x01\x00\xff\xff\xff\xff")), []string{broken}},
		{"a length of 4 GiB", winmail(file("a.tif", tiff), "\x02\x0f\x80\x06\x00\xff\xff\xff\xff"), []string{"image/tiff a.tif 64", broken}},
		{"no TNEF after the signature", winmail("@@@@@@@@@@@@@@@"), []string{broken}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := outcome(t, test.mail)
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if _, _, err := parse(t, strings.NewReader(winmail(file("w.dat", deep))), ifax.Limits{}); !errors.Is(err, ifax.ErrLimit) {
		t.Errorf("40 TNEF in each other: %v", err)
	}
	if _, _, err := parse(t, strings.NewReader(winmail(strings.Repeat(tnefRend, 2000))), ifax.Limits{}); !errors.Is(err, ifax.ErrLimit) {
		t.Errorf("2000 attachments: %v", err)
	}
}

// FuzzTNEF reads streams as the whole of a mail.
func FuzzTNEF(f *testing.F) {
	const head = "From: a@example.com\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	data := regexp.MustCompile(`winmail.dat"\r\n\r\n([A-Za-z0-9+/=\r\n]+)`)
	for _, name := range []string{"tnef-tiff", "tnef-mapi-data", "tnef-body-only", "tnef-cut", "tnef-nothing"} {
		mail, err := os.ReadFile("testdata/malformed/" + name + ".eml")
		if err != nil {
			f.Fatal(err)
		}
		found := data.FindSubmatch(mail)
		if found == nil {
			f.Fatalf("%s has no stream", name)
		}
		stream, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(found[1])), ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		start := time.Now()
		kept := int64(0)
		m, err := ifax.Parse(t.Context(), io.MultiReader(strings.NewReader(head), bytes.NewReader(stream)), ifax.Limits{TempDir: t.TempDir()}, func(_ ifax.PartInfo, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			kept += n
			return err
		})
		if err != nil && !errors.Is(err, ifax.ErrLimit) {
			t.Errorf("%v", err)
		}
		if kept > 4*int64(len(stream))+64 {
			t.Errorf("%d octets came out of %d", kept, len(stream))
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("it took %v", d)
		}
		for _, part := range m.Parts {
			if strings.ContainsAny(part.Name, "/\\\r\n\x00") {
				t.Errorf("file name %q", part.Name)
			}
		}
	})
}
