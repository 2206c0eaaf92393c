package ifax

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message"

	"faxgate/mdn"
)

// Compose writes the message (RFC 3965 section 2.2): multipart/mixed with the text and the documents, base64 in
// lines of 76, CRLF, 7-bit. Documents are read once and stream through. The same Message gives the same octets.
//
// From, To, Date and MessageID are needed. A value that could break out of its header field is an error, as
// are an Extra field that Compose writes itself and more than one address to be notified (RFC 8098 section 2.1).
func Compose(w io.Writer, m Message) error {
	buffered := bufio.NewWriterSize(w, lineBuffer)
	if err := compose(buffered, m); err != nil {
		return fmt.Errorf("composing the message: %w", err)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("composing the message: %w", err)
	}
	return nil
}

// compose writes header and parts.
func compose(w io.Writer, m Message) error {
	fields, err := m.fields()
	if err != nil {
		return err
	}
	if len(m.Documents) == 0 {
		return composeText(w, fields, m.Text)
	}
	boundary := fmt.Sprintf("faxgate_%x", sha256.Sum256([]byte(m.MessageID)))[:40]
	fields = append(fields, mdn.Field{Name: "Content-Type", Value: fmt.Sprintf("multipart/mixed; boundary=%q", boundary)})
	header, err := headerOf(fields)
	if err != nil {
		return err
	}
	mixed, err := message.CreateWriter(w, header)
	if err != nil {
		return err
	}
	if m.Text != "" {
		if err := addText(mixed, m.Text); err != nil {
			return err
		}
	}
	for i, d := range m.Documents {
		if err := d.add(mixed); err != nil {
			return fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return mixed.Close()
}

// composeText writes a message of text alone.
func composeText(w io.Writer, fields []mdn.Field, text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("there is neither a document nor a text to send")
	}
	textFields, body := textPart(text)
	header, err := headerOf(append(fields, textFields...))
	if err != nil {
		return err
	}
	single, err := message.CreateWriter(w, header)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(single, body); err != nil {
		return err
	}
	return single.Close()
}

// headerOf makes a header that is written in the order of the fields and folded by this project's own rules:
// go-message writes raw fields last first.
func headerOf(fields []mdn.Field) (message.Header, error) {
	var h message.Header
	for _, f := range slices.Backward(fields) {
		raw, err := f.Append(nil)
		if err != nil {
			return h, err
		}
		h.AddRaw(raw)
	}
	return h, nil
}

// fields gives the message's header without its Content-Type.
func (m Message) fields() ([]mdn.Field, error) {
	if m.Date.IsZero() || m.MessageID == "" || m.From.Address == "" || len(m.To) == 0 {
		return nil, errors.New("a message needs Date, From, To and Message-ID")
	}
	from, err := addressValue([]mail.Address{m.From})
	if err != nil {
		return nil, fmt.Errorf("writing From: %w", err)
	}
	to, err := addressValue(m.To)
	if err != nil {
		return nil, fmt.Errorf("writing To: %w", err)
	}
	cc, err := addressValue(m.Cc)
	if err != nil {
		return nil, fmt.Errorf("writing Cc: %w", err)
	}
	fields := []mdn.Field{
		{Name: "Date", Value: m.Date.UTC().Format(time.RFC1123Z)},
		{Name: "From", Value: from},
		{Name: "To", Value: to},
		{Name: "Cc", Value: cc},
		{Name: "Subject", Value: encodeWords(m.Subject)},
		{Name: "Message-ID", Value: angled(m.MessageID)},
		{Name: "Original-Message-ID", Value: m.OriginalMessageID},
		{Name: "In-Reply-To", Value: m.InReplyTo},
		{Name: "References", Value: strings.Join(m.References, " ")},
		{Name: "Auto-Submitted", Value: m.AutoSubmitted},
	}
	notify, err := m.notifyFields()
	if err != nil {
		return nil, err
	}
	extra, err := m.extraFields()
	if err != nil {
		return nil, err
	}
	fields = append(append(fields, notify...), extra...)
	fields = append(fields, mdn.Field{Name: "MIME-Version", Value: "1.0"})
	return slices.DeleteFunc(fields, func(f mdn.Field) bool { return f.Value == "" && f.Name != "Subject" }), nil
}

// notifyFields asks for a receipt, of one mailbox and at most once (RFC 8098 section 2.1).
func (m Message) notifyFields() ([]mdn.Field, error) {
	if m.Notify == nil {
		return nil, nil
	}
	if len(m.Notify.To) != 1 {
		return nil, fmt.Errorf("a receipt is asked for by exactly one address, not %d (RFC 8098 section 2.1)", len(m.Notify.To))
	}
	to, err := addressValue([]mail.Address{{Address: m.Notify.To[0].Address}})
	if err != nil {
		return nil, fmt.Errorf("writing Disposition-Notification-To: %w", err)
	}
	return []mdn.Field{
		{Name: "Disposition-Notification-To", Value: to},
		{Name: "Disposition-Notification-Options", Value: m.Notify.Options},
	}, nil
}

// ownFields are written from the Message's other members.
var ownFields = []string{
	"date", "from", "to", "cc", "bcc", "subject", "message-id", "original-message-id", "in-reply-to", "references", "auto-submitted",
	"disposition-notification-to", "disposition-notification-options", "mime-version", "return-path",
}

// extraFields gives the caller's own fields.
func (m Message) extraFields() ([]mdn.Field, error) {
	var fields []mdn.Field
	for _, f := range m.Extra {
		lower := strings.ToLower(f.Name)
		if slices.Contains(ownFields, lower) || strings.HasPrefix(lower, "content-") && lower != "content-convert" {
			return nil, fmt.Errorf("the extra field %s is written by the message itself", f.Name)
		}
		fields = append(fields, mdn.Field{Name: f.Name, Value: encodeWords(f.Value)})
	}
	return fields, nil
}

// addressValue writes mailboxes; each address is checked, so that none can hide a second one.
func addressValue(list []mail.Address) (string, error) {
	var words []string
	for _, a := range list {
		if strings.ContainsFunc(a.Name+a.Address, unicode.IsControl) {
			return "", fmt.Errorf("%q <%q> has a control character", a.Name, a.Address)
		}
		spec := (&mail.Address{Address: a.Address}).String()
		if _, err := ParseAddress(spec[1 : len(spec)-1]); err != nil {
			return "", err
		}
		words = append(words, a.String())
	}
	return strings.Join(words, ", "), nil
}

// encodeWords writes header text as RFC 2047 words where it is not ASCII. Control characters stay, for the
// field writer to refuse.
func encodeWords(s string) string {
	if strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return mime.QEncoding.Encode("utf-8", s)
}

// angled puts an id into angle brackets.
func angled(id string) string {
	if strings.HasPrefix(id, "<") {
		return id
	}
	return "<" + id + ">"
}

// textPart gives the fields and the body of a text: as it is when it is ASCII in short lines, else UTF-8 in
// base64, which every MIME reader takes.
func textPart(text string) ([]mdn.Field, string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.TrimRight(text, "\n") + "\n"
	plain := true
	for line := range strings.Lines(text) {
		plain = plain && len(line) < 900 && !strings.ContainsFunc(line, func(r rune) bool {
			return r < ' ' && r != '\t' && r != '\n' || r > '~'
		})
	}
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if plain {
		return []mdn.Field{
			{Name: "Content-Type", Value: "text/plain; charset=us-ascii"},
			{Name: "Content-Transfer-Encoding", Value: "7bit"},
		}, text
	}
	return []mdn.Field{
		{Name: "Content-Type", Value: "text/plain; charset=utf-8"},
		{Name: "Content-Transfer-Encoding", Value: "base64"},
	}, strings.ToValidUTF8(text, "\uFFFD")
}

// addText adds the cover text.
func addText(mixed *message.Writer, text string) error {
	fields, body := textPart(text)
	header, err := headerOf(fields)
	if err != nil {
		return err
	}
	part, err := mixed.CreatePart(header)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(part, body); err != nil {
		return err
	}
	return part.Close()
}

// add streams the document into the message.
func (a Attachment) add(mixed *message.Writer) (err error) {
	header, err := headerOf(a.fields())
	if err != nil {
		return err
	}
	if a.Open == nil {
		return errors.New("it cannot be opened")
	}
	r, err := a.Open()
	if err != nil {
		return fmt.Errorf("opening it: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	part, err := mixed.CreatePart(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, r); err != nil {
		return fmt.Errorf("reading it: %w", err)
	}
	return part.Close()
}

// fields gives the part's header. Machines read name=, which is ASCII; mail programs read filename=, or
// filename*= of RFC 2231 when the name is not ASCII. Fuji Xerox picks the paper by application= (RFC 3302 section 5.2).
func (a Attachment) fields() []mdn.Field {
	name := fileName(a.Name)
	if name == "" {
		name = "fax.tif"
	}
	short := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	kind := a.Type
	if kind == "" {
		kind = "application/octet-stream"
	}
	if a.Application != "" {
		kind += "; application=" + a.Application
	}
	disposition := fmt.Sprintf("attachment; filename=%q", short)
	if short != name {
		disposition = "attachment; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	fields := []mdn.Field{
		{Name: "Content-Type", Value: fmt.Sprintf("%s; name=%q", kind, short)},
		{Name: "Content-Transfer-Encoding", Value: "base64"},
		{Name: "Content-Disposition", Value: disposition},
	}
	if a.Features != "" {
		fields = append(fields, mdn.Field{Name: "Content-Features", Value: a.Features})
	}
	for _, alternative := range a.Alternatives {
		fields = append(fields, mdn.Field{Name: "Content-Alternative", Value: alternative})
	}
	return fields
}

// ComposedSize gives the octets that a document of n octets takes in a message: base64 in lines of 76 with CRLF.
func ComposedSize(n int64) int64 {
	encoded := (n + 2) / 3 * 4
	return encoded + (encoded+75)/76*2
}
