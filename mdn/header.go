package mdn

import (
	"fmt"
	"strings"
)

// Widths of a line without its CRLF: where folding is aimed at, and what RFC 5322 section 2.1.1 forbids.
const (
	lineWidth = 78
	lineLimit = 998
)

// Append adds the field to dst, folded before white space so that lines keep to 78 octets where that can be
// done, with CRLF; unfolding gives the value back. Everything must be printable ASCII: a line break or another
// control character is an error, so that no caller's text can become a header of its own, and so is a word
// too long for a line of mail.
func (f Field) Append(dst []byte) ([]byte, error) {
	if err := f.check(); err != nil {
		return dst, err
	}
	dst = append(dst, f.Name...)
	dst = append(dst, ':')
	column := len(f.Name) + 1
	for rest := " " + strings.TrimSpace(f.Value); rest != ""; {
		var word string
		word, rest = cutWord(rest)
		if len(word) > lineLimit {
			return dst, fmt.Errorf("writing %s: a word of %d octets is longer than a line of mail may be", f.Name, len(word))
		}
		fits := column+len(word) <= lineWidth
		if column == len(f.Name)+1 && !strings.HasPrefix(word, " =?") { // Old readers want the value to begin here.
			fits = column+len(word) <= lineLimit
		}
		if !fits {
			dst = append(dst, "\r\n"...)
			column = 0
		}
		dst = append(dst, word...)
		column += len(word)
	}
	return append(dst, "\r\n"...), nil
}

// cutWord cuts off the first word together with the white space before it.
func cutWord(s string) (word, rest string) {
	start := len(s) - len(strings.TrimLeft(s, " \t"))
	if end := strings.IndexAny(s[start:], " \t"); end >= 0 {
		return s[:start+end], s[start+end:]
	}
	return s, ""
}

// check refuses what could end the field early or is no field at all.
func (f Field) check() error {
	if f.Name == "" || strings.ContainsFunc(f.Name, func(r rune) bool { return r <= ' ' || r == ':' || r > '~' }) {
		return fmt.Errorf("writing a header: %q is no field name", f.Name)
	}
	for i := range len(f.Value) {
		if c := f.Value[i]; c < ' ' && c != '\t' || c > '~' {
			return fmt.Errorf("writing %s: octet %#x at %d is not printable ASCII", f.Name, c, i)
		}
	}
	return nil
}

// plain makes text fit for a report field: control characters become blanks, what is not ASCII a question
// mark (RFC 8098 section 3.1: the part is 7-bit US-ASCII).
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case r > '~':
			return '?'
		}
		return r
	}, s))
}
