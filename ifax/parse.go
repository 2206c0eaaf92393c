package ifax

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"

	"faxgate/mdn"
)

// Defaults of Limits.
const (
	defaultDepth  = 32
	defaultParts  = 1000
	defaultHeader = 256 << 10
	defaultText   = 256 << 10
)

// errTooDeep and errTooManyParts end a parse; they are told by ErrLimit.
var (
	errTooDeep      = errors.New("parts are nested too deeply")
	errTooManyParts = errors.New("the message has too many parts")
)

// ErrLimit says that a message is beyond Limits: nobody's fax looks like that, and it will not get better by
// trying again.
var ErrLimit = errors.New("the message is beyond what is taken")

// withDefaults fills in the zero fields.
func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Depth, defaultDepth)
	set(&l.Parts, defaultParts)
	set(&l.Header, defaultHeader)
	set(&l.Text, defaultText)
	if l.Size <= 0 {
		l.Size = 1 << 62
	}
	return l
}

// Parse reads a message (RFC 5322, MIME as RFC 2049 section 2 asks of receivers) and calls keep once for each
// document in it, with its decoded octets; a text-only mail is one document of type text/plain in UTF-8. What
// a document is, is told by its first octets, not by what the sender declared. keep need not read to the end.
//
// A part that cannot be decoded gets its Part.Err and the others go on. An error of keep, of r or of ctx ends
// the parse, as does ErrLimit. The Message is never nil: it has whatever could be read.
func Parse(ctx context.Context, r io.Reader, lim Limits, keep func(PartInfo, io.Reader) error) (*Message, error) {
	if keep == nil {
		keep = func(PartInfo, io.Reader) error { return nil }
	}
	lim = lim.withDefaults()
	p := &parser{ctx: ctx, lim: lim, keep: keep, msg: &Message{Kind: KindOther}}
	s := newSource(ctx, r, lim.Size)
	err := p.message(s)
	err = errors.Join(err, p.close())
	for _, limit := range []error{errTooDeep, errTooManyParts, errHeaderTooLong, errTooLarge} {
		if errors.Is(err, limit) {
			return p.msg, fmt.Errorf("parsing the message: %w: %w", ErrLimit, err)
		}
	}
	if err != nil {
		return p.msg, fmt.Errorf("parsing the message: %w", err)
	}
	return p.msg, nil
}

// parser is one run of Parse.
type parser struct {
	ctx     context.Context
	lim     Limits
	keep    func(PartInfo, io.Reader) error
	msg     *Message
	charset string // of the message, a hint for raw octets in headers
	parts   int
	depth   int
	index   int     // of the next document
	held    []*hold // to be closed at the end
	logos   []pending
	beside  sink // documents in a report
}

// place is where in the message a part stands.
type place struct {
	sink    *sink
	report  bool // in a multipart/report: a message is what came back
	forward bool // in an attached message: a report is somebody else's
	related bool // beside an HTML text that may refer to it
	voice   bool // in a multipart/voice-message (RFC 3801)
}

// sink collects documents and texts; inside a multipart/alternative they are held back until one of the
// branches is chosen.
type sink struct {
	defers bool
	text   *hold
	html   *hold
	docs   []pending
}

// pending is a document that is held back.
type pending struct {
	part Part
	data *hold // nil when the part has an error
}

// warn notes a deviation, each once and not without end.
func (p *parser) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(p.msg.Warnings) < 50 && !slices.Contains(p.msg.Warnings, text) {
		p.msg.Warnings = append(p.msg.Warnings, text)
	}
}

// close gives back what was held.
func (p *parser) close() error {
	var errs []error
	for _, h := range p.held {
		errs = append(errs, h.close())
	}
	return errors.Join(errs...)
}

// hold makes a place to hold octets.
func (p *parser) hold() *hold {
	h := &hold{dir: p.lim.TempDir}
	p.held = append(p.held, h)
	return h
}

// message reads the top-level header and everything below it.
func (p *parser) message(s *source) error {
	s.oldFashions()
	h, junk, ended, err := readHeader(s, p.lim.Header, true)
	p.msg.Header = h
	if err != nil {
		return err
	}
	if junk > 0 {
		p.warn("%d lines of the header are no header fields", junk)
	}
	p.charset = h.hint(p.contentType(h, "text/plain").params["charset"])
	p.msg.fill(h, p.charset)
	if ended && len(h) == 0 {
		return errors.New("this is no mail: there is no header")
	}
	root := &sink{}
	if !ended {
		if err := p.entity(s, h, place{sink: root}, "text/plain"); err != nil {
			return err
		}
	}
	return p.finish(root)
}

// contentType gives the first readable Content-Type; some machines write two (the first may be empty).
func (p *parser) contentType(h Header, fallback string) mediaType {
	values := h.Values("Content-Type")
	var first mediaType
	for _, value := range values {
		t := parseMediaType(value, p.charset)
		switch {
		case !t.isType():
		case first.value == "":
			first = t
		case first.major() != "multipart" && t.major() == "multipart" && t.params["boundary"] != "":
			p.warn("two types of content: the one with parts counts")
			return t
		}
	}
	if first.value != "" {
		return first
	}
	if len(values) > 0 {
		p.warn("Content-Type %q is not readable", clip(values[0], 80))
		if t := parseMediaType(values[0], p.charset); t.value == "" || t.value == "text" {
			return mediaType{value: fallback, params: t.params} // As mail of before MIME has it.
		}
		return mediaType{value: "application/octet-stream", params: parseMediaType(values[0], p.charset).params}
	}
	return mediaType{value: fallback, params: map[string]string{}}
}

// clip shortens a peer's text for a message to people.
func clip(s string, limit int) string {
	s = tidy(s)
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// fill takes over what the header says about the message.
func (m *Message) fill(h Header, charset string) {
	m.From = h.address("From", charset)
	m.To, m.Cc = h.addresses("To", charset), h.addresses("Cc", charset)
	m.Subject = tidy(decodeWords(decodeRaw(h.Get("Subject"), charset)))
	m.MessageID = strings.TrimSpace(h.Get("Message-ID"))
	if ids := h.messageIDs("Message-ID"); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	if ids := h.messageIDs("In-Reply-To"); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.References = h.messageIDs("References")
	m.OriginalMessageID = strings.TrimSpace(h.Get("Original-Message-ID"))
	m.Date = h.date()
	m.notify(h, charset)
	paths := h.Values("Return-Path")
	m.ReturnPaths = len(paths)
	if len(paths) > 0 {
		m.ReturnPath = strings.Trim(strings.TrimSpace(paths[0]), "<>")
	}
	_, recipient, ok := strings.Cut(h.Get("Original-Recipient"), ";")
	if ok {
		m.OriginalRecipient = strings.TrimSpace(recipient)
	}
	auto, _, _ := strings.Cut(h.Get("Auto-Submitted"), ";")
	m.AutoSubmitted = strings.ToLower(strings.TrimSpace(stripComment(auto)))
	m.Precedence = strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	for _, name := range []string{"List-Id", "List-Post", "List-Unsubscribe", "List-Help"} {
		if m.ListID == "" && h.Has(name) {
			m.ListID = tidy(h.Get(name))
		}
	}
	m.described(h)
}

// described takes over what a header says about the features of what is below it; the first one that says anything counts.
func (m *Message) described(h Header) {
	if m.Features == "" && len(m.Alternatives) == 0 {
		m.Features, m.Alternatives = h.Get("Content-Features"), h.Values("Content-Alternative")
	}
}

// Option tells whether the request for a receipt has this option (RFC 3297: Alternative-available, Alternative-not-available).
func (m *Message) Option(attribute string) bool {
	if m.Notify == nil {
		return false
	}
	return slices.ContainsFunc(mdn.Options(m.Notify.Options), func(o mdn.Option) bool { return strings.EqualFold(o.Attribute, attribute) })
}

// Names tells whether the header names an address as a recipient: only then may that one ask for another form (RFC 3297 section 3).
func (m *Message) Names(address string) bool {
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a mail.Address) bool { return mdn.SameAddress(a.Address, address) })
}

// notify reads a request for a receipt (RFC 8098 section 2.1).
func (m *Message) notify(h Header, charset string) {
	if to := h.addresses("Disposition-Notification-To", charset); len(to) > 0 {
		m.Notify = &Notify{To: to, Options: strings.Join(h.Values("Disposition-Notification-Options"), "; ")}
	}
}

// Request tells what the message says about a receipt; who has the envelope puts its sender into ReturnPath.
func (m *Message) Request() mdn.Request {
	req := mdn.Request{
		ReturnPath: m.ReturnPath, HasReturnPath: m.ReturnPaths > 0, ReturnPaths: m.ReturnPaths,
		IsReport:  m.isReport(),
		IsList:    m.ListID != "",
		Auto:      m.AutoSubmitted != "" && m.AutoSubmitted != "no",
		Bulk:      m.Precedence == "bulk" || m.Precedence == "list" || m.Precedence == "junk",
		Partial:   m.Kind == KindPartial,
		MessageID: m.MessageID, OriginalRecipient: m.OriginalRecipient,
	}
	if m.Notify != nil {
		req.Options = m.Notify.Options
		for _, to := range m.Notify.To {
			req.To = append(req.To, to.Address)
		}
	}
	return req
}

// isReport tells MDNs, DSNs, and whatever else came as multipart/report.
func (m *Message) isReport() bool {
	return m.MDN != nil || m.DSN != nil || m.Kind == KindMDN || m.Kind == KindDSN ||
		strings.HasPrefix(strings.ToLower(m.Header.Get("Content-Type")), "multipart/report")
}
