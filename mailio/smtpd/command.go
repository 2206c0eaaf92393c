package smtpd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// maxPath bounds an address. RFC 5321 s4.5.3.1 has 256, but fax addresses of
// RFC 3191 with their sub-addresses can be longer.
const maxPath = 512

// arguments are those of a MAIL or RCPT command, decoded.
type arguments struct {
	path string
	err  *smtp.SMTPError // what is wrong with them

	size       int64 // MAIL: RFC 1870
	ret, envID string
	notify     string // RCPT: RFC 3461
	orcpt      string
}

// parseMail reads the arguments of MAIL: "FROM:<path> parameters". A sender
// without a domain is taken: old machines send their bare name (settings.md X1).
func parseMail(s string) (a arguments) {
	rest, ok := cutPrefixFold(s, "FROM:")
	if !ok {
		a.err = syntaxError("5.5.2", "MAIL FROM:<address> is what was expected")
		return a
	}
	path, params, err := cutPath(rest)
	if err != nil {
		a.err = syntaxError("5.1.7", "sender: "+err.Error())
		return a
	}
	a.path = path
	a.err = eachParam(params, a.mailParam)
	return a
}

// parseRcpt reads the arguments of RCPT: "TO:<path> parameters". <Postmaster>
// (RFC 5321 s4.5.1) gets our domain.
func parseRcpt(s, domain string) (a arguments) {
	rest, ok := cutPrefixFold(s, "TO:")
	if !ok {
		a.err = syntaxError("5.5.2", "RCPT TO:<address> is what was expected")
		return a
	}
	path, params, err := cutPath(rest)
	switch {
	case err != nil:
	case strings.EqualFold(path, "postmaster"):
		path += "@" + domain
	case path == "":
		err = errors.New("the address is empty")
	case domainStart(path) < 0:
		err = fmt.Errorf("%q has no domain", path)
	}
	if err != nil {
		a.err = syntaxError("5.1.3", "recipient: "+err.Error())
		return a
	}
	a.path = path
	a.err = eachParam(params, a.rcptParam)
	return a
}

func syntaxError(enhanced, text string) *smtp.SMTPError {
	return reply(501, enhanced, text)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	s = strings.TrimLeft(s, " \t")
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// cutPath cuts a path (RFC 5321 s4.1.2) off the front of s: a mailbox in angle
// brackets or, as some machines have it, without. A source route is left out
// (s4.1.1.3), a quoted local part keeps its quotes.
func cutPath(s string) (path, rest string, err error) {
	s = strings.TrimLeft(s, " \t")
	end := endOfPath(s)
	if end < 0 {
		return "", "", errors.New("the address does not end")
	}
	path, rest = s[:end], s[end:]
	if strings.HasPrefix(path, "<") {
		path = path[1 : len(path)-1]
	} else if path == "" {
		return "", "", errors.New("no address given")
	}
	if strings.HasPrefix(path, "@") {
		if _, path, _ = strings.Cut(path, ":"); path == "" {
			return "", "", errors.New("the part before the @ is empty")
		}
	}
	return path, rest, checkMailbox(path)
}

// endOfPath is the index behind the path that s begins with, or -1.
func endOfPath(s string) int {
	quoted, bracket := false, strings.HasPrefix(s, "<")
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case bracket && c == '>':
			return i + 1
		case !bracket && (c == ' ' || c == '\t'):
			return i
		}
	}
	if quoted || bracket {
		return -1
	}
	return len(s)
}

// checkMailbox takes "", a bare local part, and local@domain.
func checkMailbox(s string) error {
	if len(s) > maxPath {
		return fmt.Errorf("the address has more than %d characters", maxPath)
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return errors.New("the address has characters other than ASCII")
		}
	}
	local, domain := s, ""
	if at := domainStart(s); at >= 0 {
		local, domain = s[:at], s[at+1:]
		if domain == "" {
			return errors.New("the domain is empty")
		}
	}
	if s != "" && local == "" {
		return errors.New("the part before the @ is empty")
	}
	if !isQuoted(local) && strings.ContainsAny(local, `()<>[]:;\,"@ `) {
		return fmt.Errorf("%q must be quoted", local)
	}
	if strings.ContainsAny(domain, `()<>;\,"@ `) {
		return fmt.Errorf("%q is not a domain", domain)
	}
	return nil
}

// isQuoted tells whether s is one quoted string and nothing else.
func isQuoted(s string) bool {
	if !strings.HasPrefix(s, `"`) {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i == len(s)-1
		}
	}
	return false
}

// domainStart is the index of the @ before the domain, or -1.
func domainStart(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '@' && !quoted:
			return i
		}
	}
	return -1
}

// eachParam takes the parameters apart. One that comes twice is an error (RFC
// 3461 s5.1), one that set does not know is 555 (RFC 5321 s4.1.1.11).
func eachParam(s string, set func(key, value string) (known bool, err error)) *smtp.SMTPError {
	seen := make(map[string]bool)
	for word := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(word, "=")
		key = strings.ToUpper(key)
		if seen[key] {
			return syntaxError("5.5.4", key+" is given twice")
		}
		seen[key] = true
		known, err := set(key, value)
		switch {
		case !known:
			return reply(555, "5.5.4", "parameter "+key+" is not known here")
		case err != nil:
			return syntaxError("5.5.4", key+": "+err.Error())
		}
	}
	return nil
}

func (a *arguments) mailParam(key, value string) (known bool, err error) {
	switch key {
	case "SIZE":
		a.size, err = parseSize(value)
	case "BODY":
		err = oneOf(value, "7BIT", "8BITMIME")
	case "RET":
		a.ret = strings.ToUpper(value)
		err = oneOf(value, "FULL", "HDRS")
	case "ENVID":
		a.envID, err = decodeXText(value)
		if err == nil && (value == "" || len(a.envID) > 100) {
			err = errors.New("must have 1 to 100 characters")
		}
	case "AUTH": // RFC 4954 s5: we trust nobody else's log-in
		_, err = decodeXText(value)
	default:
		return false, nil
	}
	return true, err
}

func (a *arguments) rcptParam(key, value string) (known bool, err error) {
	switch key {
	case "NOTIFY":
		a.notify = strings.ToUpper(value)
		err = checkNotify(a.notify)
	case "ORCPT":
		a.orcpt, err = decodeORcpt(value)
	default:
		return false, nil
	}
	return true, err
}

// parseSize reads RFC 1870's number of up to 20 digits.
func parseSize(s string) (int64, error) {
	if s == "" || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return 0, errors.New("must be a number")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, nil //nolint:nilerr // out of range: too big for any limit
	}
	return n, nil
}

func oneOf(s string, words ...string) error {
	for _, w := range words {
		if strings.EqualFold(s, w) {
			return nil
		}
	}
	return fmt.Errorf("must be %s", strings.Join(words, " or "))
}

// checkNotify is RFC 3461 s4.1: NEVER alone, or a list without repetitions.
func checkNotify(s string) error {
	seen := make(map[string]bool)
	words := strings.Split(s, ",")
	for _, w := range words {
		if err := oneOf(w, "NEVER", "SUCCESS", "FAILURE", "DELAY"); err != nil {
			return err
		}
		if seen[w] || w == "NEVER" && len(words) > 1 {
			return errors.New("must be NEVER, or each of SUCCESS, FAILURE and DELAY at most once")
		}
		seen[w] = true
	}
	return nil
}

// decodeORcpt is RFC 3461 s4.2: an address type, which may be any, ";" and the
// address in xtext.
func decodeORcpt(s string) (string, error) {
	kind, addr, ok := strings.Cut(s, ";")
	addr, err := decodeXText(addr)
	switch {
	case err != nil:
		return "", err
	case !ok || kind == "" || addr == "" || len(s) > 500:
		return "", errors.New("must be type;address of up to 500 characters")
	}
	return kind + ";" + addr, nil
}

// decodeXText is RFC 3461 s4: "+" and two upper-case hexadecimal digits stand
// for a character. What it stands for must be printable ASCII.
func decodeXText(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '=' || c < '!' || c > '~':
			return "", errors.New("not in xtext")
		case c == '+':
			if i+2 >= len(s) || strings.Trim(s[i+1:i+3], "0123456789ABCDEF") != "" {
				return "", errors.New("+ without two digits of 0 to 9, A to F")
			}
			n, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if c = byte(n); c < ' ' || c > '~' {
				return "", errors.New("not printable")
			}
			i += 2
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}
