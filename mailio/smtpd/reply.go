package smtpd

import (
	"errors"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"

	"faxgate/mailio"
)

// maxReplyText keeps a line of a reply within RFC 5321 s4.5.3.1.5's 512.
const maxReplyText = 490

// reply is an SMTP reply as go-smtp takes it. Each line of text but the last
// gets its enhanced code here (RFC 2034 s3), the last from go-smtp.
func reply(code int, enhanced, text string) *smtp.SMTPError {
	e := smtp.SMTPError{Code: code, EnhancedCode: parseEnhanced(code, enhanced)}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		lines[i] = cleanLine(l)
		if i < len(lines)-1 && enhanced != "" {
			lines[i] = enhanced + " " + lines[i]
		}
	}
	e.Message = strings.Join(lines, "\n")
	return &e
}

// parseEnhanced falls back to x.0.0 of the code's class.
func parseEnhanced(code int, s string) smtp.EnhancedCode {
	e := smtp.EnhancedCode{code / 100, 0, 0}
	parts := strings.Split(s, ".")
	if len(parts) != 3 || parts[0] != strconv.Itoa(code/100) {
		return e
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 999 {
			return smtp.EnhancedCode{code / 100, 0, 0}
		}
		e[i] = n
	}
	return e
}

// cleanLine leaves printable ASCII of a length that fits.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), maxReplyText)]
}

// replyLine makes an error's text one line of a reply.
func replyLine(s string) string { return cleanLine(strings.ReplaceAll(s, "\n", " ")) }

// refusal is a Handler's error as a reply: a *mailio.Refusal as it stands, any
// other as 451 with words that give nothing away.
func refusal(err error) *smtp.SMTPError {
	var r *mailio.Refusal
	if errors.As(err, &r) && r.Code >= 400 && r.Code <= 599 {
		return reply(r.Code, r.Enhanced, r.Text)
	}
	return reply(451, "4.3.0", "this cannot be taken at present, please send it again later")
}
