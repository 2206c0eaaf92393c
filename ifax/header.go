package ifax

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding/japanese"

	"faxgate/mdn"
)

// Header is a message or part header in order: names as written, values unfolded, octets as read.
type Header []mdn.Field

// Get gives the first value of the field, empty when there is none. Names have no case.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values gives all values of the field in order.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Has tells whether the field is there, be it empty.
func (h Header) Has(name string) bool { return len(h.Values(name)) > 0 }

// errHeaderTooLong stops the parse: a header without end is an attack or no mail.
var errHeaderTooLong = errors.New("a header is longer than the limit")

// readHeader reads up to and including the blank line. Blank lines before the first field are passed over in a
// whole message; a part that begins with one has no header. ended says that a boundary or the end of the message
// came first, so that there is no body. A line that is neither a field nor a continuation is passed over and
// counted in junk: machines put banners and mbox marks there, and one such line must not cost the fax.
func readHeader(s *source, limit int, message bool) (h Header, junk int, ended bool, err error) {
	c := collector{limit: limit, message: message}
	for {
		line, start, err := s.chunk()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return c.finish(), c.junk, true, err
		}
		if start && s.delimiter(line) {
			return c.finish(), c.junk, true, nil
		}
		if start && c.isBody(line) {
			s.back(line)
			return c.finish(), c.junk, false, nil
		}
		done, err := c.line(line, start)
		if done || err != nil {
			return c.finish(), c.junk, err != nil, err
		}
	}
}

// collector gathers the lines of a header.
type collector struct {
	limit, size, junk int
	message           bool
	h                 Header
	open              bool   // lines still belong to the last field
	value             []byte // its value so far, so that long ones grow without being copied
}

// line takes one line, or the next piece of a long one; done is true at the blank line.
func (c *collector) line(line []byte, start bool) (done bool, err error) {
	if c.size += len(line); c.size > c.limit {
		return true, errHeaderTooLong
	}
	text := bytes.TrimRight(line, "\r\n")
	switch {
	case !start:
		c.value = append(c.value, text...)
	case len(bytes.TrimSpace(text)) == 0:
		return len(c.h) > 0 || !c.message, nil
	case text[0] == ' ' || text[0] == '\t':
		c.value = append(append(c.value, ' '), bytes.TrimLeft(text, " \t")...)
	default:
		c.add(string(text))
	}
	return false, nil
}

// isBody tells a line of base64 after a header that says base64 comes: the blank line between is missing.
func (c *collector) isBody(line []byte) bool {
	text := bytes.TrimRight(line, "\r\n")
	if len(text) < 20 || !strings.Contains(strings.ToLower(c.encoding()), "base64") {
		return false
	}
	return !bytes.ContainsFunc(text, func(r rune) bool { return r > '~' || !isBase64(byte(r)) && r != '=' })
}

// encoding is the transfer encoding as far as it has been read.
func (c *collector) encoding() string {
	const name = "Content-Transfer-Encoding"
	if last := len(c.h) - 1; c.open && strings.EqualFold(c.h[last].Name, name) {
		return string(c.value)
	}
	return c.h.Get(name)
}

// add begins the field of a first line. What is none is junk, and so are its continuations.
func (c *collector) add(line string) {
	c.finish()
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.junk++
		return
	}
	c.h = append(c.h, mdn.Field{Name: name})
	c.open = true
	c.value = append(c.value, value...)
}

// finish closes the last field.
func (c *collector) finish() Header {
	if c.open {
		c.h[len(c.h)-1].Value = string(bytes.TrimSpace(c.value))
	}
	c.open, c.value = false, c.value[:0]
	return c.h
}

// hint is the charset to assume for raw octets: the body's when it is known, else what the header as a whole
// looks like. A name of three kanji tells nothing, the subject beside it does.
func (h Header) hint(charset string) string {
	if lookup(charset) != nil {
		return charset
	}
	var all strings.Builder
	for _, f := range h {
		all.WriteString(f.Value + "\n")
	}
	if guess([]byte(all.String())) == japanese.ShiftJIS {
		return "shift_jis"
	}
	return charset
}

// listLimit is how much of an address list is read, in octets.
const listLimit = 64 << 10

// addresses reads an address list, strictly first and then as far as it goes.
func (h Header) addresses(name, charset string) []mail.Address {
	var list []mail.Address
	for _, value := range h.Values(name) {
		value = decodeRaw(value[:min(len(value), listLimit)], charset)
		parser := mail.AddressParser{WordDecoder: wordDecoder()}
		strict, err := parser.ParseList(value)
		if err != nil {
			list = append(list, looseAddresses(value)...)
			continue
		}
		for _, a := range strict {
			list = append(list, mail.Address{Name: tidy(a.Name), Address: a.Address})
		}
	}
	return list
}

// address reads a field that has one address.
func (h Header) address(name, charset string) mail.Address {
	if list := h.addresses(name, charset); len(list) > 0 {
		return list[0]
	}
	return mail.Address{}
}

// looseAddresses finds what has an "@" between commas, or whatever stands in angle brackets.
func looseAddresses(value string) []mail.Address {
	var list []mail.Address
	for _, item := range splitOutsideQuotes(value, ',') {
		a := mail.Address{Address: strings.TrimSpace(item)}
		if open := strings.LastIndexByte(item, '<'); open >= 0 {
			inner, _, _ := strings.Cut(item[open+1:], ">")
			a = mail.Address{Name: tidy(decodeWords(strings.Trim(item[:open], " \t\""))), Address: strings.TrimSpace(inner)}
		}
		if _, domain, ok := strings.Cut(a.Address, "@"); ok && domain != "" && !strings.ContainsAny(a.Address, " \t") {
			list = append(list, a)
		}
	}
	return list
}

// splitOutsideQuotes splits at sep where it does not stand in a quoted string.
func splitOutsideQuotes(s string, sep byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// messageIDs gives the ids of In-Reply-To or References, with their angle brackets. In-Reply-To of old mail
// programs has words around it.
func (h Header) messageIDs(name string) []string {
	var ids []string
	for _, value := range h.Values(name) {
		for {
			open := strings.IndexByte(value, '<')
			if open < 0 {
				break
			}
			end := strings.IndexByte(value[open:], '>')
			if end < 0 {
				break
			}
			ids = append(ids, value[open:open+end+1])
			value = value[open+end+1:]
		}
	}
	return ids
}

// dateLayouts are what machines write besides RFC 5322.
var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04 -0700",
	"Mon Jan 2 15:04:05 2006", time.RFC3339, "Mon, 2-Jan-2006 15:04:05 -0700", "Mon, 2 Jan 06 15:04:05 -0700",
}

// date is zero when the field is missing or unreadable.
func (h Header) date() time.Time {
	value := h.Get("Date")
	if t, err := mail.ParseDate(value); err == nil {
		return t.UTC()
	}
	value, _, _ = strings.Cut(value, " (")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
