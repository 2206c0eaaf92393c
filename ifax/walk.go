package ifax

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// entity reads one body, whatever it is, up to the boundary that ends it.
func (p *parser) entity(s *source, h Header, at place, fallback string) error {
	if p.parts++; p.parts > p.lim.Parts {
		return errTooManyParts
	}
	t := p.contentType(h, fallback)
	nests := t.major() == "multipart" || isMessage(t.value)
	if !nests {
		return p.leaf(s, h, t, at)
	}
	if p.depth++; p.depth > p.lim.Depth {
		return errTooDeep
	}
	defer func() { p.depth-- }()
	encoding := strings.ToLower(h.Get("Content-Transfer-Encoding"))
	if strings.Contains(encoding, "base64") || strings.Contains(encoding, "quoted") {
		return p.encodedEntity(s, h, t, at) // Forbidden by RFC 2045 section 6.4, and sent.
	}
	if t.major() == "multipart" {
		return p.multipart(s, t, at)
	}
	return p.embedded(s, at)
}

// encodedEntity reads a multipart or message that is itself transfer-encoded, as a source of its own.
func (p *parser) encodedEntity(s *source, h Header, t mediaType, at place) error {
	b := &body{s: s}
	p.warn("%s is transfer-encoded as a whole (RFC 2045 section 6.4)", t.value)
	inner := newSource(p.ctx, decoded(h.Get("Content-Transfer-Encoding"), b), p.lim.Size)
	var err error
	if t.major() == "multipart" {
		err = p.multipart(inner, t, at)
	} else {
		err = p.embedded(inner, at)
	}
	if err != nil && !errors.Is(err, errEncoding) {
		return err
	}
	if err != nil {
		err = p.unusable(at.sink, PartInfo{Index: -1, Declared: t.value}, err)
	}
	return errors.Join(err, b.drain(), b.err)
}

// errEncrypted is told of multipart/encrypted (RFC 1847).
var errEncrypted = errors.New("the message is encrypted and cannot be opened here: send it unencrypted")

// multipart reads the parts. An unknown subtype is mixed (RFC 2046 section 5.1.7), which is what Cisco's
// multipart/fax-message and VPIM's multipart/voice-message come to.
func (p *parser) multipart(s *source, t mediaType, at place) error {
	if t.value == "multipart/encrypted" {
		if err := p.unusable(at.sink, PartInfo{Index: -1, Declared: t.value}, errEncrypted); err != nil {
			return err
		}
		return s.skip()
	}
	index, err := p.preamble(s, t.params["boundary"])
	if err != nil || index < 0 {
		return err
	}
	err = p.children(s, index, t, at)
	s.pop()
	if err != nil {
		return err
	}
	if s.hit == index && s.final {
		return s.skip() // The epilogue.
	}
	p.warn("the final boundary of %s is missing: the message may be cut short", t.value)
	return nil
}

// preamble reads up to the first boundary, which is open after it, and gives its index. Where the parameter is missing the first line that
// looks like a boundary is taken for one; where it is another than in the body, one with a Content field after it. -1: there is none.
func (p *parser) preamble(s *source, declared string) (int, error) {
	known := strings.TrimSpace(declared) != ""
	index := -1
	if known {
		index = s.push(declared)
	} else {
		p.warn("a multipart has no boundary parameter")
	}
	candidate := ""
	for {
		line, start, err := s.chunk()
		if errors.Is(err, io.EOF) || err == nil && start && s.delimiter(line) {
			return index, nil
		}
		if err != nil {
			return index, err
		}
		if start && candidate != "" && isContentField(line) {
			s.back(line)
			if known {
				p.warn("the boundary is another than its parameter says")
				s.pop()
			}
			return p.begin(s, candidate), nil
		}
		if candidate = ""; start {
			candidate = likeBoundary(line)
		}
		if !known && len(candidate) > 2 {
			return p.begin(s, candidate), nil
		}
	}
}

// begin opens a multipart whose first boundary has just been read.
func (p *parser) begin(s *source, boundary string) int {
	index := s.push(boundary)
	s.hit, s.final = index, false
	return index
}

// likeBoundary gives what a line like a boundary has after its hyphens; rules of hyphens are none.
func likeBoundary(line []byte) string {
	text, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("--"))
	if !ok || len(bytes.Trim(text, "-")) == 0 {
		return ""
	}
	return string(text)
}

// isContentField tells the header of a part.
func isContentField(line []byte) bool {
	return len(line) > 8 && strings.EqualFold(string(line[:8]), "content-") && bytes.IndexByte(line, ':') > 0
}

// children reads the parts between the boundaries of index.
func (p *parser) children(s *source, index int, t mediaType, at place) error {
	at, fallback := inside(t, at)
	var branches []*sink
	outer := at.sink
	alternative := t.value == "multipart/alternative"
	for s.hit == index && !s.final {
		h, junk, ended, err := readHeader(s, p.lim.Header, false)
		if err != nil {
			return err
		}
		if junk > 0 {
			p.warn("%d lines of a part's header are no header fields", junk)
		}
		if ended {
			continue
		}
		if alternative {
			at.sink = &sink{defers: true}
			branches = append(branches, at.sink)
		}
		if err := p.entity(s, h, at, fallback); err != nil {
			return err
		}
	}
	if alternative {
		return p.choose(outer, branches)
	}
	return nil
}

// inside is the place of the parts of a multipart, and the type of a part that declares none.
func inside(t mediaType, at place) (place, string) {
	fallback := "text/plain"
	switch t.value {
	case "multipart/report":
		at.report = !at.forward
	case "multipart/related":
		at.related = true
	case "multipart/voice-message":
		at.voice = true
	case "multipart/digest":
		fallback = "message/rfc822"
	}
	return at, fallback
}

// choose takes one branch of a multipart/alternative: the documents of the last branch that has any (RFC 2046
// section 5.1.4: the last understood), and the first plain text, else the HTML.
func (p *parser) choose(to *sink, branches []*sink) error {
	var docs, text, html *sink
	for _, b := range branches {
		if hasGood(b.docs) || docs == nil && len(b.docs) > 0 {
			docs = b
		}
		if text == nil && b.text != nil && b.text.size > 0 {
			text = b
		}
		if b.html != nil {
			html = b
		}
	}
	if docs != nil {
		if err := p.commit(to, docs.docs); err != nil {
			return err
		}
	}
	switch {
	case text != nil:
		return p.append(&to.text, text.text)
	case html != nil:
		return p.append(&to.html, html.html)
	}
	return nil
}

// hasGood tells whether a document among docs can be used.
func hasGood(docs []pending) bool {
	for _, d := range docs {
		if d.part.Err == nil {
			return true
		}
	}
	return false
}

// append moves a text to the end of another one.
func (p *parser) append(to **hold, from *hold) error {
	r, err := from.reader()
	if err != nil {
		return err
	}
	return p.write(to, r)
}

// write adds text to a hold, with an empty line between.
func (p *parser) write(to **hold, r io.Reader) error {
	if *to == nil {
		*to = p.hold()
	}
	if (*to).size > 0 {
		if _, err := io.WriteString(*to, "\n"); err != nil {
			return err
		}
	}
	_, err := io.Copy(*to, r)
	return err
}

// embedded reads an attached message: what came back in a report, or one that was forwarded with its
// documents.
func (p *parser) embedded(s *source, at place) error {
	h, _, ended, err := readHeader(s, p.lim.Header, true)
	if err != nil {
		return err
	}
	if at.report {
		if p.msg.Returned == nil {
			p.msg.Returned = h
		}
		if ended {
			return nil
		}
		return s.skip()
	}
	if ended {
		return nil
	}
	at.forward, at.related = true, false
	return p.entity(s, h, at, "text/plain")
}

// partial notes the place of a fragment (RFC 2046 section 5.2.2).
func (m *Message) partial(t mediaType) {
	number, _ := strconv.Atoi(t.params["number"])
	total, _ := strconv.Atoi(t.params["total"])
	m.Kind = KindPartial
	m.Partial = &Partial{ID: t.params["id"], Number: number, Total: total}
}
