package selftest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// fill puts values into a mail as a machine writes it: {name} stands for the value of that name, {date} for the time.
func fill(text string, values map[string]string) string {
	pairs := []string{"{date}", time.Now().Format(time.RFC1123Z)}
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(strings.TrimPrefix(text, "\n"))
}

// base64Lines codes a document for a mail.
func base64Lines(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var s strings.Builder
	for len(text) > 76 {
		s.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	return s.String() + text
}

// taken is a mail that came to the machine, taken apart by the standard library, not by what wrote it.
type taken struct {
	from, to string
	params   [2]string // of MAIL and RCPT
	raw      []byte
	header   mail.Header
	parts    []part
	err      error // why it could not be taken apart
}

// part is one leaf of a mail.
type part struct {
	kind   string // media type
	params map[string]string
	name   string
	body   []byte
}

func open(from, to string, params [2]string, raw []byte) *taken {
	t := &taken{from: from, to: to, params: params, raw: raw}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.err = err
		return t
	}
	t.header = msg.Header
	t.err = t.leaf(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Disposition"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return t
}

// leaf adds a part, or all parts of a multipart.
func (t *taken) leaf(contentType, disposition, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		t.parts = append(t.parts, part{kind: kind, params: params})
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			h := p.Header
			if err := t.leaf(h.Get("Content-Type"), h.Get("Content-Disposition"), h.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	p := part{kind: kind, params: params, name: params["name"]}
	if _, d, err := mime.ParseMediaType(disposition); err == nil && d["filename"] != "" {
		p.name = d["filename"]
	}
	p.body, err = io.ReadAll(body)
	t.parts = append(t.parts, p)
	return err
}

// get is a header field.
func (t *taken) get(name string) string { return t.header.Get(name) }

// id is the Message-ID, as written.
func (t *taken) id() string { return strings.TrimSpace(t.get("Message-Id")) }

// of lists the parts of a media type.
func (t *taken) of(kinds ...string) (list []part) {
	for _, p := range t.parts {
		for _, k := range kinds {
			if p.kind == k {
				list = append(list, p)
			}
		}
	}
	return list
}

// documents are the parts that a machine would print: TIFF, and what it cannot print but must say so.
func (t *taken) documents() []part {
	return t.of("image/tiff", "image/tiff-fx", "application/pdf", "image/jpeg")
}

// fax tells whether the mail brings a document.
func (t *taken) fax() bool { return len(t.documents()) > 0 }

// report is the machine-readable part of a receipt: of an MDN (RFC 8098) or a DSN (RFC 3464); empty where it is none.
func (t *taken) report(kind string) string {
	for _, p := range t.of(kind) {
		return strings.ReplaceAll(string(p.body), "\r\n", "\n")
	}
	return ""
}

// The media types of reports.
const (
	mdnReport = "message/disposition-notification"
	dsnReport = "message/delivery-status"
)
