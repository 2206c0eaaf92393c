package mdn

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// EncodeXText encodes s as the xtext of ENVID and ORCPT (RFC 3461 section 4): printable ASCII stays, "+", "="
// and all else become "+XX".
func EncodeXText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// DecodeXText is the inverse of EncodeXText. Lower-case hexadecimal digits are taken; a "+" without two of
// them, and octets that xtext cannot have, are errors.
func DecodeXText(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '=' || c < '!' || c > '~':
			return "", fmt.Errorf("decoding xtext %q: octet %#x at %d must be written as +XX", s, c, i)
		case c != '+':
			b.WriteByte(c)
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("decoding xtext %q: two hexadecimal digits must follow the + at %d", s, i)
		}
		octet, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("decoding xtext %q: two hexadecimal digits must follow the + at %d", s, i)
		}
		b.WriteByte(byte(octet))
		i += 2
	}
	return b.String(), nil
}

// decodeUnitext undoes the \x{HEX} escapes of utf-8 addresses (RFC 6533 section 3); what is no escape stays.
func decodeUnitext(s string) string {
	var b strings.Builder
	for {
		head, tail, ok := strings.Cut(s, `\x{`)
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		digits, rest, ok := strings.Cut(tail, "}")
		code, err := strconv.ParseInt(digits, 16, 32)
		if !ok || err != nil || !utf8.ValidRune(rune(code)) {
			b.WriteString(`\x{`)
			s = tail
			continue
		}
		b.WriteRune(rune(code))
		s = rest
	}
}
