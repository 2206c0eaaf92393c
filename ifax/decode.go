package ifax

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"

	"faxgate/codec"
)

// errEncoding marks a part whose transfer encoding is damaged or unknown; it costs that part only.
var errEncoding = errors.New("transfer encoding")

// decoded undoes a Content-Transfer-Encoding (RFC 2045 section 6). Misspellings seen in the field are
// understood. An unknown one gives the octets as they are: the sniffer may still know them (RFC 2049 section 2).
func decoded(encoding string, r io.Reader) io.Reader {
	encoding, _, _ = strings.Cut(encoding, ";")
	switch strings.Trim(strings.ToLower(stripComment(encoding)), " \t\"") {
	case "base64", "base-64", "base 64", "b":
		return &base64Reader{br: bufio.NewReaderSize(r, lineBuffer)}
	case "quoted-printable", "quotedprintable", "quoted_printable", "q":
		return quotedReader{quotedprintable.NewReader(r)}
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return &uuReader{br: bufio.NewReaderSize(r, lineBuffer)}
	}
	return r
}

// stripComment takes a trailing "(comment)" off.
func stripComment(s string) string {
	s, _, _ = strings.Cut(s, "(")
	return s
}

// quotedReader marks the errors of the standard library's decoder, which is tolerant already.
type quotedReader struct{ *quotedprintable.Reader }

// Read implements io.Reader.
func (q quotedReader) Read(p []byte) (int, error) {
	n, err := q.Reader.Read(p)
	if err != nil && strings.HasPrefix(err.Error(), "quotedprintable:") {
		err = fmt.Errorf("%w: %w", errEncoding, err)
	}
	return n, err
}

// strayLimit is how many octets outside the alphabet a base64 part may have. RFC 2045 section 6.8 says to
// ignore them; more than a few mean that it is not base64 at all.
const strayLimit = 64

// base64Reader decodes base64 as tolerantly as can be told from damage: white space, any line length, a few
// stray octets, padding in the middle (parts that were encoded piece by piece) and words that a scanner or a
// list appended after the padding.
type base64Reader struct {
	br     *bufio.Reader
	quad   [4]byte
	have   int
	padded bool // the last quantum was padded: what follows may be a footer
	stray  int
	err    error
	buf    [3 << 10]byte
	out    []byte // what of buf is not yet given out
}

// Read implements io.Reader.
func (d *base64Reader) Read(p []byte) (int, error) {
	if len(d.out) == 0 && d.err == nil {
		d.fill()
	}
	if len(d.out) == 0 {
		return 0, d.err
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// fill decodes into the buffer until it is full or the data ends.
func (d *base64Reader) fill() {
	n := 0
	for n+3 <= len(d.buf) && d.err == nil {
		n += d.quantum(d.buf[n:])
	}
	d.out = d.buf[:n]
}

// quantum decodes up to three octets; at the end or on damage it sets err.
func (d *base64Reader) quantum(p []byte) int {
	for d.have < 4 {
		c, err := d.br.ReadByte()
		if err != nil {
			return d.finish(p, err)
		}
		switch {
		case isBase64(c):
			d.quad[d.have] = c
			d.have++
		case c == '=':
			return d.pad(p)
		case c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == 0:
		case d.padded:
			d.err = io.EOF // A footer in words.
			return 0
		default:
			if d.stray++; d.stray > strayLimit {
				d.err = fmt.Errorf("%w: this is not base64: more than %d octets outside its alphabet", errEncoding, strayLimit)
				return 0
			}
		}
	}
	d.have, d.padded = 0, false
	n, _ := base64.StdEncoding.Decode(p, d.quad[:])
	return n
}

// pad ends a quantum at "=".
func (d *base64Reader) pad(p []byte) int {
	have := d.have
	d.have = 0
	if have == 0 {
		return 0 // The second "=" of a pair, or a surplus one.
	}
	d.padded = true
	if have == 1 {
		d.stray++
		return 0
	}
	n, _ := base64.RawStdEncoding.Decode(p, d.quad[:have])
	return n
}

// finish ends the data. One character over cannot be an octet: the part was cut.
func (d *base64Reader) finish(p []byte, err error) int {
	d.err = err
	have := d.have
	d.have = 0
	if !errors.Is(err, io.EOF) || have == 0 {
		return 0
	}
	if have == 1 && !d.padded {
		d.err = fmt.Errorf("%w: the base64 ends in the middle of an octet", errEncoding)
	}
	n, _ := base64.RawStdEncoding.Decode(p, d.quad[:have])
	return n
}

// isBase64 tells the alphabet of RFC 2045 section 6.8.
func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// uuReader decodes uuencode, which some old gateways still write.
type uuReader struct {
	br    *bufio.Reader
	out   []byte
	begun bool
	err   error
}

// Read implements io.Reader.
func (d *uuReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 && d.err == nil {
		d.line()
	}
	if len(d.out) > 0 {
		n := copy(p, d.out)
		d.out = d.out[n:]
		return n, nil
	}
	return 0, d.err
}

// line decodes one line.
func (d *uuReader) line() {
	line, err := d.br.ReadSlice('\n')
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		d.err = err
		if errors.Is(err, io.EOF) {
			d.err = fmt.Errorf("%w: the uuencoded data has no end line", errEncoding)
		}
		return
	}
	text := strings.TrimRight(string(line), "\r\n")
	switch {
	case !d.begun:
		d.begun = strings.HasPrefix(text, "begin ")
	case text == "end":
		d.err = io.EOF
	case text != "":
		d.out = uuLine(text)
	}
}

// uuLine decodes a data line; characters that an editor cut off count as zero.
func uuLine(text string) []byte {
	size := int(text[0]-' ') & 63
	at := func(i int) byte {
		if i < len(text) {
			return (text[i] - ' ') & 63
		}
		return 0
	}
	out := make([]byte, 0, size+2)
	for i := 1; len(out) < size; i += 4 {
		a, b, c, e := at(i), at(i+1), at(i+2), at(i+3)
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|e)
	}
	return out[:size]
}

// isHiddenBase64 tells by its head a document in base64 that is declared as something else.
func isHiddenBase64(head []byte) bool {
	octets := make([]byte, 0, len(head))
	for _, c := range head {
		switch {
		case isBase64(c):
			octets = append(octets, c)
		case c != '\r' && c != '\n' && c != ' ' && c != '\t' && c != '=':
			return false
		}
	}
	octets = octets[:len(octets)&^3]
	n, err := base64.StdEncoding.Decode(octets, octets)
	return err == nil && n >= 16 && readable(codec.Sniff(octets[:n]))
}
