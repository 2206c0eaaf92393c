package ifax

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// charsetAliases are names that mail uses and the WHATWG index does not know.
var charsetAliases = map[string]encoding.Encoding{
	"cp932": japanese.ShiftJIS, "ms932": japanese.ShiftJIS, "windows-932": japanese.ShiftJIS, "cswindows31j": japanese.ShiftJIS,
	"iso-2022-jp-1": japanese.ISO2022JP, "iso-2022-jp-2": japanese.ISO2022JP, "iso-2022-jp-ms": japanese.ISO2022JP,
	"cp50220": japanese.ISO2022JP, "cp50221": japanese.ISO2022JP, "eucjp-ms": japanese.EUCJP, "cp51932": japanese.EUCJP,
	"cp437": charmap.CodePage437, "ibm437": charmap.CodePage437, "cp850": charmap.CodePage850, "ibm850": charmap.CodePage850,
	"cp1252": charmap.Windows1252, "ansi": charmap.Windows1252, "cp1250": charmap.Windows1250, "cp1251": charmap.Windows1251,
	"utf-32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM),
}

// lookup finds a charset; nil stands for "guess": no name, ASCII (which is rarely true where it matters),
// UTF-8 and names that nobody knows.
func lookup(charset string) encoding.Encoding {
	charset = strings.ToLower(strings.Trim(charset, " \t\"'"))
	switch charset {
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "default", "binary":
		return nil
	}
	if e, ok := charsetAliases[charset]; ok {
		return e
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil
	}
	return e
}

// decodeRaw makes UTF-8 of the octets of a header, which are in no charset by rights. What is UTF-8 stays; else
// the charset of the body is tried, and without one the usual suspects.
func decodeRaw(s, hint string) string {
	if isASCII(s) && !strings.Contains(s, "\x1b$") {
		return s
	}
	e := guess([]byte(s))
	if known := lookup(hint); known != nil && e != nil && e != japanese.ISO2022JP && known != japanese.ISO2022JP {
		e = known
	}
	return decodeAs(s, e)
}

// decodeCharset makes UTF-8 of text whose charset its sender named.
func decodeCharset(s, charset string) string {
	if e := lookup(charset); e != nil && (e != japanese.ISO2022JP || isASCII(s)) { // ISO-2022-JP has no high octets: it is labelled wrongly.
		return decodeAs(s, e)
	}
	return decodeRaw(s, "")
}

// decodeAs decodes; nil stands for UTF-8.
func decodeAs(s string, e encoding.Encoding) string {
	if e == nil {
		return s
	}
	text, err := e.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return text
}

// guess tells the encoding of text whose charset is not known; nil for UTF-8 and ASCII.
func guess(sample []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(sample, []byte("\xff\xfe")), bytes.HasPrefix(sample, []byte("\xfe\xff")):
		return utf16.UTF16(utf16.LittleEndian, utf16.UseBOM)
	case bytes.Contains(sample, []byte("\x1b$")):
		return japanese.ISO2022JP
	case utf8.Valid(trimPartial(sample)):
		return nil
	case isShiftJIS(sample):
		return japanese.ShiftJIS
	}
	return charmap.Windows1252
}

// trimPartial takes a rune that the end of the sample cut off.
func trimPartial(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// isShiftJIS tells text all of whose high octets form Shift_JIS characters, kana among them: Western text in
// an 8-bit charset does not look like that.
func isShiftJIS(b []byte) bool {
	kana := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80 || c >= 0xA1 && c <= 0xDF:
			continue
		case c == 0x80 || c == 0xA0 || c > 0xFC:
			return false
		case i+1 == len(b):
			return kana
		}
		i++
		if d := b[i]; d < 0x40 || d == 0x7F || d > 0xFC {
			return false
		}
		kana = kana || c == 0x82 || c == 0x83
	}
	return kana
}

// isASCII tells text without high octets.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// textReader gives the text of a part in UTF-8. sample is what was peeked of it, for guessing.
func textReader(r io.Reader, charset string, sample []byte) io.Reader {
	e := lookup(charset)
	if e == nil || e == japanese.ISO2022JP && !isASCII(string(sample)) {
		e = guess(sample)
	}
	if e == nil {
		return r
	}
	return e.NewDecoder().Reader(r)
}

// wordDecoder decodes RFC 2047 words in any charset that lookup knows.
func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		octets, err := io.ReadAll(io.LimitReader(r, lineBuffer))
		if err != nil {
			return nil, fmt.Errorf("decoding an encoded word: %w", err)
		}
		charset, _, _ = strings.Cut(charset, "*") // RFC 2231 section 5: a language may follow.
		return strings.NewReader(decodeCharset(string(octets), charset)), nil
	}}
}

// wordsLimit is how long a text may be that encoded words are looked for in.
const wordsLimit = 16 << 10

// decodeWords decodes RFC 2047 words; what cannot be decoded stays as it is.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") || len(s) > wordsLimit {
		return s
	}
	text, err := wordDecoder().DecodeHeader(s)
	if err != nil {
		return s
	}
	return text
}

// tidy makes decoded header text one line of valid UTF-8.
func tidy(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
