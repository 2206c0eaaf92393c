package mdn

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// ReportHeader is the header of a report message.
type ReportHeader struct {
	// From is the recipient of the fax for an MDN, the postmaster for a DSN. To is who asked to be told.
	From, To mail.Address
	Date     time.Time
	// MessageID is the report's own new id, with angle brackets.
	MessageID string
	// Subject may be empty: then RFC 3249 section 4.4.2 gives the words.
	Subject string
	// InReplyTo is the Message-ID of the message reported on, empty when it had none.
	InReplyTo string
	// Returned is the header of the message reported on, given back as text/rfc822-headers; empty leaves the
	// third part out. An encrypted message must not be given back in clear (RFC 8098 section 3).
	Returned []byte
}

// ComposeMDN writes a whole disposition notification (RFC 6522, RFC 8098 section 3): CRLF, 7-bit. human is what
// a person reads first. Mode and Sending default to those of an unattended device. It goes out with MAIL
// FROM:<> (RFC 8098 section 3), which is the sender's business.
func ComposeMDN(w io.Writer, h ReportHeader, human string, m MDN) error {
	fields, err := m.fields()
	if err != nil {
		return fmt.Errorf("composing a disposition notification: %w", err)
	}
	if h.Subject == "" {
		h.Subject = "Your message was processed successfully. (MDN)"
		if m.Verdict() != Confirmed {
			h.Subject = "Your message has been rejected. (MDN)"
		}
	}
	if err := compose(w, h, "disposition-notification", human, fields); err != nil {
		return fmt.Errorf("composing a disposition notification: %w", err)
	}
	return nil
}

// fields writes the message/disposition-notification part.
func (m MDN) fields() ([]byte, error) {
	if m.FinalRecipient == "" || m.Type == "" {
		return nil, errors.New("an MDN needs Final-Recipient and Disposition (RFC 8098 section 3.2)")
	}
	var l fieldList
	l.text("Reporting-UA", m.ReportingUA)
	l.typed("MDN-Gateway", "dns", m.MDNGateway)
	l.typed("Original-Recipient", "rfc822", m.OriginalRecipient)
	l.typed("Final-Recipient", "rfc822", m.FinalRecipient)
	l.exact("Original-Message-ID", m.OriginalMessageID)
	l.exact("Disposition", m.Disposition())
	for _, text := range m.Errors {
		l.text("Error", text)
	}
	l.text("Media-Accept-Features", m.Features)
	for _, f := range m.Extra {
		l.text(f.Name, f.Value)
	}
	return l.b, l.err
}

// Disposition is the value of the Disposition field (RFC 8098 section 3.2.6).
func (m MDN) Disposition() string {
	mode, sending := m.Mode, m.Sending
	if mode == "" {
		mode = AutomaticAction
	}
	if sending == "" {
		sending = SentAutomatically
	}
	value := mode + "/" + sending + "; " + m.Type
	if len(m.Modifiers) > 0 {
		value += "/" + strings.Join(m.Modifiers, ",")
	}
	return value
}

// ComposeDSN writes a whole delivery status notification (RFC 6522, RFC 3464): CRLF, 7-bit.
func ComposeDSN(w io.Writer, h ReportHeader, human string, d DSN) error {
	fields, err := d.fields()
	if err != nil {
		return fmt.Errorf("composing a delivery status notification: %w", err)
	}
	if h.Subject == "" {
		h.Subject = d.subject()
	}
	if err := compose(w, h, "delivery-status", human, fields); err != nil {
		return fmt.Errorf("composing a delivery status notification: %w", err)
	}
	return nil
}

// subject gives the words of RFC 3249 section 4.4.2; the worst news of all recipients counts.
func (d DSN) subject() string {
	delayed := false
	for _, r := range d.Recipients {
		switch r.Verdict() {
		case Failed:
			return "Your message could not be delivered. (DSN)"
		case Delayed:
			delayed = true
		}
	}
	if delayed {
		return "Your message is delayed. (DSN)"
	}
	return "Your message was delivered successfully. (DSN)"
}

// fields writes the message/delivery-status part.
func (d DSN) fields() ([]byte, error) {
	if d.ReportingMTA == "" || len(d.Recipients) == 0 {
		return nil, errors.New("a DSN needs Reporting-MTA and at least one recipient (RFC 3464 section 2)")
	}
	var l fieldList
	l.exact("Original-Envelope-Id", d.EnvelopeID)
	l.typed("Reporting-MTA", "dns", d.ReportingMTA)
	l.typed("DSN-Gateway", "dns", d.Gateway)
	l.typed("Received-From-MTA", "dns", d.ReceivedFrom)
	l.date("Arrival-Date", d.Arrival)
	for _, f := range d.Extra {
		l.text(f.Name, f.Value)
	}
	for _, r := range d.Recipients {
		if r.FinalRecipient == "" || r.Action == "" || r.Status == "" {
			return nil, errors.New("a DSN recipient needs Final-Recipient, Action and Status (RFC 3464 section 2.3)")
		}
		l.b = append(l.b, "\r\n"...)
		r.append(&l)
	}
	return l.b, l.err
}

// append writes the block of one recipient.
func (r Recipient) append(l *fieldList) {
	l.typed("Original-Recipient", "rfc822", r.OriginalRecipient)
	l.typed("Final-Recipient", "rfc822", r.FinalRecipient)
	l.exact("Action", r.Action)
	l.exact("Status", r.Status)
	l.typed("Remote-MTA", "dns", r.RemoteMTA)
	if r.Diagnostic != "" {
		l.text("Diagnostic-Code", "smtp; "+r.Diagnostic)
	}
	l.date("Last-Attempt-Date", r.LastAttempt)
	l.text("Final-Log-ID", r.FinalLogID)
	if r.Verdict() == Delayed { // RFC 3464 section 2.3.9: only there.
		l.date("Will-Retry-Until", r.WillRetryUntil)
	}
	l.text("Media-Accept-Features", r.Features)
	for _, f := range r.Extra {
		l.text(f.Name, f.Value)
	}
}

// fieldList collects fields; the first error stays.
type fieldList struct {
	b   []byte
	err error
}

// exact adds a field whose octets matter; an empty one is left out.
func (l *fieldList) exact(name, value string) {
	if value == "" || l.err != nil {
		return
	}
	l.b, l.err = Field{Name: name, Value: value}.Append(l.b)
}

// text adds a field of words, made fit for 7-bit.
func (l *fieldList) text(name, value string) { l.exact(name, plain(value)) }

// typed adds "type; value".
func (l *fieldList) typed(name, kind, value string) {
	if value != "" {
		l.exact(name, kind+"; "+value)
	}
}

// date adds a time with a numeric zone.
func (l *fieldList) date(name string, t time.Time) {
	if !t.IsZero() {
		l.exact(name, t.UTC().Format(time.RFC1123Z))
	}
}

// compose writes header and parts.
func compose(w io.Writer, h ReportHeader, report, human string, fields []byte) error {
	boundary := fmt.Sprintf("=_report_%x", sha256.Sum256([]byte(h.MessageID)))[:40]
	head, err := h.append(report, boundary)
	if err != nil {
		return err
	}
	b := bytes.NewBuffer(head)
	fmt.Fprintf(b, "\r\n--%s\r\n", boundary)
	writeText(b, human)
	fmt.Fprintf(b, "\r\n--%s\r\nContent-Type: message/%s\r\nContent-Transfer-Encoding: 7bit\r\n\r\n", boundary, report)
	b.Write(fields)
	if len(h.Returned) > 0 {
		fmt.Fprintf(b, "\r\n--%s\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 7bit\r\n\r\n", boundary)
		writeReturned(b, h.Returned)
	}
	fmt.Fprintf(b, "\r\n--%s--\r\n", boundary)
	_, err = w.Write(b.Bytes())
	return err
}

// append writes the message's header. Auto-Submitted says auto-replied: RFC 3834 section 5.2 forbids
// auto-generated for reports.
func (h ReportHeader) append(report, boundary string) ([]byte, error) {
	if h.From.Address == "" || h.To.Address == "" || h.MessageID == "" || h.Date.IsZero() {
		return nil, errors.New("a report needs From, To, Date and Message-ID")
	}
	for _, a := range []mail.Address{h.From, h.To} {
		if strings.ContainsFunc(a.Name+a.Address, unicode.IsControl) {
			return nil, fmt.Errorf("the address %q has a control character", a.String())
		}
	}
	var l fieldList
	l.exact("Date", h.Date.UTC().Format(time.RFC1123Z))
	l.exact("From", h.From.String())
	l.exact("To", h.To.String())
	l.exact("Subject", mime.QEncoding.Encode("utf-8", h.Subject))
	l.exact("Message-ID", bracketed(h.MessageID))
	l.exact("In-Reply-To", h.InReplyTo)
	l.exact("References", h.InReplyTo)
	l.exact("Auto-Submitted", "auto-replied")
	l.exact("MIME-Version", "1.0")
	l.exact("Content-Type", fmt.Sprintf("multipart/report; report-type=%s; boundary=%q", report, boundary))
	return l.b, l.err
}

// writeText writes the words for a person: as they are when they are short lines of ASCII, else
// quoted-printable.
func writeText(b *bytes.Buffer, human string) {
	human = strings.ReplaceAll(strings.ReplaceAll(human, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(strings.TrimRight(human, "\n"), "\n")
	if isPlain(lines) {
		b.WriteString("Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n")
		b.WriteString(strings.Join(lines, "\r\n") + "\r\n")
		return
	}
	b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	q := quotedprintable.NewWriter(b)
	_, _ = io.WriteString(q, strings.Join(lines, "\r\n")+"\r\n") // A bytes.Buffer takes everything.
	_ = q.Close()
}

// isPlain tells whether all lines may stand as 7bit.
func isPlain(lines []string) bool {
	for _, line := range lines {
		if len(line) > lineLimit-20 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' }) {
			return false
		}
	}
	return true
}

// writeReturned writes the returned header with CRLF and without octets that 7-bit cannot have.
func writeReturned(b *bytes.Buffer, header []byte) {
	for line := range bytes.Lines(header) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		for _, c := range line[:min(len(line), lineLimit)] {
			if c < ' ' && c != '\t' || c > '~' {
				c = '?'
			}
			b.WriteByte(c)
		}
		b.WriteString("\r\n")
	}
}
