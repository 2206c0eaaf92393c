package codec

import (
	"bufio"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// encoding of a plain text.
type encoding int

const (
	utf8Text encoding = iota
	windows1252
	utf16LE
	utf16BE
)

// textRune is one character and where it stands in the text.
type textRune struct {
	r   rune
	at  int64
	bad bool // not of the encoding
}

// runeReader reads the characters of a text.
type runeReader struct {
	in       *bufio.Reader
	encoding encoding
	at       int64
}

func (r *runeReader) next() (textRune, error) {
	c := textRune{at: r.at}
	switch r.encoding {
	case windows1252:
		b, err := r.in.ReadByte()
		if err != nil {
			return c, err
		}
		c.r = charmap.Windows1252.DecodeByte(b)
		r.at++
	case utf16LE, utf16BE:
		return r.utf16()
	default:
		v, n, err := r.in.ReadRune()
		if err != nil {
			return c, err
		}
		c.r, c.bad = v, v == utf8.RuneError && n == 1
		r.at += int64(n)
	}
	return c, nil
}

func (r *runeReader) utf16() (textRune, error) {
	c := textRune{at: r.at}
	v, err := r.unit()
	if err != nil {
		return c, err
	}
	c.r = rune(v)
	if utf16.IsSurrogate(c.r) {
		low, err := r.unit()
		if err != nil {
			return c, err
		}
		c.r = utf16.DecodeRune(c.r, rune(low))
	}
	return c, nil
}

func (r *runeReader) unit() (uint16, error) {
	a, err := r.in.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := r.in.ReadByte()
	if err != nil {
		return 0, err
	}
	r.at += 2
	if r.encoding == utf16LE {
		a, b = b, a
	}
	return uint16(a)<<8 | uint16(b), nil
}

// newline makes one line feed of a carriage return and the line feed after it.
func (r *runeReader) newline(c textRune) textRune {
	c.r = '\n'
	n := map[encoding]int{utf16LE: 2, utf16BE: 2}[r.encoding]
	b, err := r.in.Peek(max(n, 1))
	if err != nil {
		return c
	}
	if string(b) == "\n" || string(b) == "\n\x00" || string(b) == "\x00\n" {
		_, _ = r.in.Discard(len(b))
		r.at += int64(len(b))
	}
	return c
}
