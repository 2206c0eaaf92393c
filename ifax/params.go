package ifax

import (
	"path"
	"strconv"
	"strings"
	"unicode"
)

// mediaType is a Content-Type or Content-Disposition value.
type mediaType struct {
	value  string            // in lower case, without parameters
	params map[string]string // names in lower case, values decoded to UTF-8
}

// parseMediaType reads "type/subtype; name=value" the way mail programs write it rather than as RFC 2045 wants
// it: unquoted values with blanks, missing semicolons at the end, comments, RFC 2231 pieces and charsets, and
// RFC 2047 words where they do not belong.
func parseMediaType(value, charset string) mediaType {
	items := splitOutsideQuotes(value, ';')
	m := mediaType{
		value:  strings.ToLower(strings.Trim(strings.TrimSpace(stripComment(items[0])), `"`)),
		params: map[string]string{},
	}
	pieces := map[string]map[int]string{}
	for _, item := range items[1:] {
		name, text, ok := strings.Cut(item, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		text = unquote(strings.TrimSpace(text))
		if base, rest, extended := strings.Cut(name, "*"); extended {
			addPiece(pieces, base, rest, text)
			continue
		}
		if _, twice := m.params[name]; !twice {
			m.params[name] = decodeWords(decodeRaw(text, charset))
		}
	}
	for name, parts := range pieces {
		m.params[name] = joinPieces(parts)
	}
	return m
}

// isType tells "type/subtype" from what a confused sender wrote.
func (m mediaType) isType() bool {
	major, minor, ok := strings.Cut(m.value, "/")
	return ok && major != "" && minor != "" && !strings.ContainsAny(m.value, " \t\"=<>")
}

// major is the part before the slash.
func (m mediaType) major() string {
	major, _, _ := strings.Cut(m.value, "/")
	return major
}

// unquote takes a quoted string's quotes and backslashes out; a missing closing quote is forgiven. A path in
// Windows style keeps its backslashes apart: only quotes and backslashes may be escaped.
func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case c == '"':
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// piecesLimit bounds the pieces of one RFC 2231 parameter.
const piecesLimit = 200

// addPiece keeps "name*", "name*0", "name*0*" and so on. Pieces marked with a final "*" are percent-encoded;
// they are undone at once, but the charset of the first counts for all.
func addPiece(pieces map[string]map[int]string, base, rest, text string) {
	number, encoded := rest, rest == ""
	if cut, ok := strings.CutSuffix(rest, "*"); ok {
		number, encoded = cut, true
	}
	index := 0
	if number != "" {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > piecesLimit {
			return
		}
		index = n
	}
	if pieces[base] == nil {
		pieces[base] = map[int]string{}
	}
	if encoded {
		charset := ""
		if index == 0 {
			charset, text = cutCharset(text)
		}
		text = percentDecode(text)
		if charset != "" {
			pieces[base][-1] = charset
		}
	}
	pieces[base][index] = text
}

// cutCharset splits "charset'language'text".
func cutCharset(text string) (charset, rest string) {
	parts := strings.SplitN(text, "'", 3)
	if len(parts) < 3 {
		return "", text
	}
	return parts[0], parts[2]
}

// joinPieces puts the pieces together and decodes them.
func joinPieces(parts map[int]string) string {
	var b strings.Builder
	for i := 0; ; i++ {
		text, ok := parts[i]
		if !ok {
			break
		}
		b.WriteString(text)
	}
	return decodeCharset(b.String(), parts[-1])
}

// percentDecode undoes %XX; what is no such triple stays.
func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// nameLimit is what common file systems take, in octets.
const nameLimit = 200

// fileName makes a sender's file name harmless: no path, no control or direction characters, no leading dots,
// bounded length with the extension kept.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Trim(s, ". /\t")
	if ext := path.Ext(s); len(s) > nameLimit && len(ext) < 20 {
		s = strings.ToValidUTF8(s[:nameLimit-len(ext)], "") + ext
	} else if len(s) > nameLimit {
		s = strings.ToValidUTF8(s[:nameLimit], "")
	}
	return s
}
