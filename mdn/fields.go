package mdn

import (
	"bufio"
	"errors"
	"io"
	"net/mail"
	"strings"
	"time"
)

// Bounds of a report part. Real ones have a few hundred octets per recipient.
const (
	maxReport = 1 << 20
	maxFields = 10_000
	maxValue  = 16 << 10 // of a field that goes on over several lines
)

// errReportTooLong stops reading of a hostile report.
var errReportTooLong = errors.New("the report is longer than 1 MiB or has more than 10 000 fields")

// readBlocks reads the field blocks of a report part, which blank lines separate (RFC 3464 section 2.1).
// Lines that are neither field nor continuation are passed over.
func readBlocks(r io.Reader) ([][]Field, error) {
	limited := &io.LimitedReader{R: r, N: maxReport + 1}
	scan := bufio.NewScanner(limited)
	scan.Buffer(make([]byte, 0, 4096), maxReport)
	var blocks [][]Field
	var block []Field
	count := 0
	for scan.Scan() {
		if count > maxFields {
			return append(blocks, block), errReportTooLong
		}
		line := strings.TrimRight(scan.Text(), "\r")
		if strings.TrimSpace(line) == "" {
			if len(block) > 0 {
				blocks = append(blocks, block)
			}
			block = nil
			continue
		}
		before := len(block)
		block = addLine(block, line)
		count += len(block) - before
	}
	if len(block) > 0 {
		blocks = append(blocks, block)
	}
	if limited.N <= 0 || errors.Is(scan.Err(), bufio.ErrTooLong) {
		return blocks, errReportTooLong
	}
	return blocks, scan.Err()
}

// addLine adds a field, or a continuation to the last one.
func addLine(block []Field, line string) []Field {
	if line[0] == ' ' || line[0] == '\t' {
		if len(block) == 0 {
			return block
		}
		last := &block[len(block)-1]
		if len(last.Value)+len(line) < maxValue {
			last.Value = strings.TrimLeft(last.Value+" "+strings.TrimSpace(line), " ")
		}
		return block
	}
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || strings.ContainsAny(name, " \t") {
		return block
	}
	return append(block, Field{Name: name, Value: strings.TrimSpace(value)})
}

// stripComments takes RFC 5322 comments out of a structured value. Quoted strings keep their parentheses, and
// an unbalanced one is text. Never to be used on Media-Accept-Features.
func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
			b.WriteByte(s[i])
			continue
		case c == '"':
			quoted = !quoted
		case c == '(' && !quoted:
			if end := commentEnd(s[i:]); end > 0 {
				i += end
				b.WriteByte(' ')
				continue
			}
			b.WriteString(s[i:]) // Unbalanced: text, and no second look at the rest.
			return strings.TrimSpace(b.String())
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}

// commentEnd gives the index of the parenthesis that closes the comment s begins with, or -1.
func commentEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// address takes the type off "rfc822; user@example.com" and gives the address. Peers leave the type out and
// put angle brackets in.
func address(value string) string {
	kind, rest, typed := cutType(stripComments(value))
	rest = strings.TrimSpace(rest)
	if strings.HasPrefix(rest, "<") && strings.HasSuffix(rest, ">") {
		rest = rest[1 : len(rest)-1]
	}
	if typed && strings.EqualFold(kind, "utf-8") {
		return decodeUnitext(rest)
	}
	return rest
}

// cutType splits "type; rest"; without a type all is rest.
func cutType(value string) (kind, rest string, typed bool) {
	kind, rest, ok := strings.Cut(value, ";")
	kind = strings.TrimSpace(kind)
	if !ok || kind == "" || strings.ContainsAny(kind, "@\"<> \t") {
		return "", value, false
	}
	return kind, strings.TrimSpace(rest), true
}

// untyped is the value of fields such as Reporting-MTA, without type and comments.
func untyped(value string) string {
	_, rest, _ := cutType(stripComments(value))
	return rest
}

// messageID is the id in its angle brackets, byte for byte; without brackets, the value less its comments.
func messageID(value string) string {
	open, end := strings.IndexByte(value, '<'), strings.LastIndexByte(value, '>')
	if open >= 0 && end > open {
		return value[open : end+1]
	}
	return stripComments(value)
}

// date reads a date-time of RFC 5322; zero when it cannot be read.
func date(value string) time.Time {
	t, err := mail.ParseDate(stripComments(value))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// features joins several feature sets: a document that suits one of them suits the peer.
func features(have, more string) string {
	switch {
	case have == "" || more == "":
		return have + more
	case strings.HasPrefix(have, "(| "):
		return strings.TrimSuffix(have, ")") + " " + more + ")"
	}
	return "(| " + have + " " + more + ")"
}
