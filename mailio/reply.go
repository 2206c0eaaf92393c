package mailio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a server may say in one reply.
const (
	maxReplyLine  = 4096
	maxReplyLines = 256
)

// A reply is one SMTP reply as it came, with its lines' text verbatim.
type reply struct {
	code  int
	lines []string
}

func (r reply) text() string { return strings.Join(r.lines, "\n") }

// enhanced is the enhanced status code of RFC 2034 that the text begins with,
// or "" if there is none, or one of another class than the reply's.
func (r reply) enhanced() string {
	if len(r.lines) == 0 {
		return ""
	}
	word, _, _ := strings.Cut(r.lines[0], " ")
	class, rest, ok := strings.Cut(word, ".")
	subject, detail, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || class != strconv.Itoa(r.code/100) || !isShortNumber(subject) || !isShortNumber(detail) {
		return ""
	}
	return word
}

func isShortNumber(s string) bool {
	return len(s) >= 1 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// readReply reads one reply (RFC 5321 s4.2). It forgives a bare LF at the end
// of a line, a code without text, and text lines without a code within a reply
// of several lines; the last line's code counts.
func readReply(r *bufio.Reader) (reply, error) {
	var rep reply
	for len(rep.lines) < maxReplyLines {
		line, err := readReplyLine(r)
		if err != nil {
			return rep, err
		}
		code, text, more, ok := cutReplyLine(line)
		if !ok && len(rep.lines) == 0 {
			return rep, fmt.Errorf("this is no SMTP server, it says %q", clip(line, 80))
		}
		rep.lines = append(rep.lines, text)
		if !ok {
			continue
		}
		rep.code = code
		if !more {
			return rep, nil
		}
	}
	return rep, errors.New("the reply has too many lines")
}

func readReplyLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxReplyLine {
			return "", errors.New("the reply has too long a line")
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return "", err
		}
		return string(bytes.TrimRight(line, "\r\n")), nil
	}
}

// cutReplyLine takes a line apart: code, text, and whether another follows.
func cutReplyLine(line string) (code int, text string, more, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isShortNumber(line[:3]) {
		return 0, line, true, false
	}
	code, _ = strconv.Atoi(line[:3])
	switch {
	case len(line) == 3:
		return code, "", false, true
	case line[3] == ' ' || line[3] == '-':
		return code, line[4:], line[3] == '-', true
	}
	return 0, line, true, false
}

// wire is the reply as go-smtp likes to read it: one code, and lines of a
// length that it takes. The keywords of an EHLO reply are folded to upper case,
// because go-smtp compares them as they come.
func (r reply) wire(ehlo bool) []byte {
	var b bytes.Buffer
	for i, text := range r.lines {
		sep := byte('-')
		if i == len(r.lines)-1 {
			sep = ' '
		}
		if ehlo && i > 0 {
			text = foldKeyword(text)
		}
		b.WriteString(strconv.Itoa(r.code))
		b.WriteByte(sep)
		b.WriteString(clip(text, 1900))
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// foldKeyword also reads the old "AUTH=LOGIN" as "AUTH LOGIN".
func foldKeyword(line string) string {
	word, rest, found := strings.Cut(strings.TrimSpace(line), " ")
	word = strings.ToUpper(word)
	if mechs, ok := strings.CutPrefix(word, "AUTH="); ok {
		word, rest, found = "AUTH", strings.TrimSpace(mechs+" "+rest), true
	}
	if !found {
		return word
	}
	return word + " " + rest
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n]
}
