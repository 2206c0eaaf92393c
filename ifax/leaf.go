package ifax

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"faxgate/codec"
	"faxgate/mdn"
)

// Sizes of what is looked at: the head for sniffing, and what a picture may have to pass for a logo.
const (
	sniffSize = 1024
	logoSize  = 100 << 10
)

// leaf reads a part that has no parts.
func (p *parser) leaf(s *source, h Header, t mediaType, at place) error {
	b := &body{s: s}
	err := p.leafBody(b, h, t, at)
	if b.err != nil {
		return b.err
	}
	if err != nil {
		return err
	}
	if err := b.drain(); err != nil {
		return err
	}
	return b.err
}

// leafBody finds out what the part is and sends it where it belongs.
func (p *parser) leafBody(b *body, h Header, t mediaType, at place) error {
	info := p.info(h, t)
	top := p.depth == 0
	what := decoration(t, info.Name)
	kind := reportTypes[t.value]
	switch {
	case t.value == "message/partial" && top:
		p.msg.partial(t)
		return nil
	case kind != "" && !at.forward:
		return p.report(kind, decoded(h.Get("Content-Transfer-Encoding"), b))
	case kind != "":
		p.leaveOut(info, "a report inside a forwarded message")
		return nil
	case isReturnedHeader(t.value) && at.report:
		return p.returned(decoded(h.Get("Content-Transfer-Encoding"), b))
	case what != "":
		p.leaveOut(info, what)
		return nil
	case at.voice && t.major() == "audio":
		p.leaveOut(info, "the sound of a voice message")
		return nil
	}
	r := bufio.NewReaderSize(decoded(h.Get("Content-Transfer-Encoding"), b), lineBuffer)
	head, err := r.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return p.failed(at.sink, info, err)
	}
	if isHiddenBase64(head) {
		p.warn("base64 that is not declared as base64")
		r = bufio.NewReaderSize(&base64Reader{br: r}, lineBuffer)
		if head, err = r.Peek(sniffSize); err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
			return p.failed(at.sink, info, err)
		}
	}
	return p.sorted(r, head, h, t, info, at)
}

// sorted sends a decoded part on by what its head shows.
func (p *parser) sorted(r *bufio.Reader, head []byte, h Header, t mediaType, info PartInfo, at place) error {
	info.Type = codec.Sniff(head)
	attached := info.Disposition == "attachment" && info.Name != ""
	text := t.major() == "text" && t.value != "text/rtf"
	switch {
	case !at.forward && strings.HasPrefix(string(head), tnefMagic) && p.tnefReceipt(r, head):
		return nil
	case strings.HasPrefix(string(head), tnefMagic):
		return p.tnef(r, info, at)
	case readable(info.Type):
		p.msg.described(h)
		return p.document(r, info, at)
	case text && !attached && t.value == "text/html":
		return p.text(&at.sink.html, io.LimitReader(textReader(r, t.params["charset"], head), htmlLimit))
	case text && !attached:
		return p.plain(textReader(r, t.params["charset"], head), t, info, at)
	case text && t.value == "text/html":
		return p.attachedHTML(textReader(r, t.params["charset"], head), info, at)
	case text, info.Type == "text/plain" && (isTextName(info.Name) || t.value == "application/octet-stream"):
		info.Type = "text/plain"
		return p.document(textReader(r, t.params["charset"], head), info, at)
	case len(head) == 0:
		return p.unusable(at.sink, info, errors.New("the part is empty"))
	case p.isLogo(r, info, at):
		p.leaveOut(info, "a picture in the HTML text")
		return nil
	}
	if at.report {
		p.leaveOut(info, "a part of a report")
		return nil
	}
	return p.unusable(at.sink, info, unreadable(t, head, info))
}

// isTextName tells attachments that are plain text although they are not declared so.
func isTextName(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".txt") || strings.HasSuffix(lower, ".text") || strings.HasSuffix(lower, ".log")
}

// unreadable says what a part is that cannot become a page.
func unreadable(t mediaType, head []byte, info PartInfo) error {
	switch {
	case smime(t, head, info.Name) != "":
		return errors.New(smime(t, head, info.Name))
	case unsupported[t.value] != "":
		return errors.New(unsupported[t.value])
	case codec.Describe(head) != "":
		return fmt.Errorf("the document is %s; TIFF, PDF, PNG, JPEG and plain text can be faxed", codec.Describe(head))
	case t.value == "image/tiff" || t.value == "image/tiff-fx" || t.value == "image/tif":
		return errors.New("declared as a TIFF, but it does not begin like one")
	}
	what := t.value
	if info.Name != "" {
		what = info.Name + " (" + t.value + ")"
	}
	return fmt.Errorf("%s cannot be turned into pages: send TIFF, PDF, PNG, JPEG or plain text", what)
}

// info describes the part by its header.
func (p *parser) info(h Header, t mediaType) PartInfo {
	d := parseMediaType(h.Get("Content-Disposition"), p.charset)
	name := d.params["filename"]
	for _, other := range []string{t.params["name"], d.params["name"]} {
		if name == "" {
			name = other
		}
	}
	return PartInfo{
		Index: -1, Name: fileName(tidy(name)), Declared: t.value, Disposition: d.value,
		ContentID: strings.Trim(strings.TrimSpace(h.Get("Content-ID")), "<>"),
	}
}

// document hands a part to keep, or holds it back inside an alternative.
func (p *parser) document(r io.Reader, info PartInfo, at place) error {
	if at.report {
		return p.deferred(r, info, &p.beside) // Until it is known whether the report is one.
	}
	picture := info.Type == "image/png" || info.Type == "image/jpeg"
	if picture && at.related && info.ContentID != "" && info.Disposition != "attachment" {
		if buffered, ok := r.(*bufio.Reader); ok {
			return p.picture(buffered, info, at)
		}
	}
	if at.sink.defers {
		return p.deferred(r, info, at.sink)
	}
	return p.give(r, info)
}

// give calls keep and notes the part.
func (p *parser) give(r io.Reader, info PartInfo) error {
	info.Index = p.index
	p.index++
	m := &meter{r: r}
	err := p.keep(info, m)
	if err == nil && m.err == nil {
		_, _ = io.Copy(io.Discard, m) // What keep left; m remembers what goes wrong.
	}
	part := Part{PartInfo: info, Size: m.n}
	switch {
	case m.err != nil && errors.Is(m.err, errEncoding):
		part.Err = m.err
	case m.err != nil:
		return m.err
	case err != nil:
		return fmt.Errorf("keeping part %d: %w", info.Index+1, err)
	}
	p.msg.Parts = append(p.msg.Parts, part)
	return nil
}

// meter counts octets and remembers the error.
type meter struct {
	r   io.Reader
	n   int64
	err error
}

// Read implements io.Reader.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

// deferred holds a document back.
func (p *parser) deferred(r io.Reader, info PartInfo, to *sink) error {
	data := p.hold()
	_, err := io.Copy(data, r)
	part := Part{PartInfo: info, Size: data.size}
	if errors.Is(err, errEncoding) {
		part.Err, data = err, nil
	} else if err != nil {
		return err
	}
	to.docs = append(to.docs, pending{part: part, data: data})
	return nil
}

// commit passes documents that were held back on: to keep, or to the enclosing branch.
func (p *parser) commit(to *sink, docs []pending) error {
	if to.defers {
		to.docs = append(to.docs, docs...)
		return nil
	}
	for _, d := range docs {
		if d.part.Err != nil {
			p.msg.Parts = append(p.msg.Parts, d.part)
			continue
		}
		r, err := d.data.reader()
		if err != nil {
			return err
		}
		if err := p.give(r, d.part.PartInfo); err != nil {
			return err
		}
	}
	return nil
}

// unusable notes a document that has nothing to keep.
func (p *parser) unusable(to *sink, info PartInfo, why error) error {
	return p.commit(to, []pending{{part: Part{PartInfo: info, Err: why}}})
}

// failed sorts an error: damage to the part costs the part, anything else the parse.
func (p *parser) failed(to *sink, info PartInfo, err error) error {
	if errors.Is(err, errEncoding) {
		return p.unusable(to, info, err)
	}
	return err
}

// leaveOut notes decoration.
func (p *parser) leaveOut(info PartInfo, reason string) {
	p.msg.LeftOut = append(p.msg.LeftOut, Part{PartInfo: info, Reason: reason})
}

// report reads the machine's part of an MDN or DSN. One that cannot be read is a warning: the message stays a
// report for Answer, and confirms nothing.
func (p *parser) report(kind string, r io.Reader) error {
	var err error
	if kind == KindMDN && p.msg.MDN == nil {
		p.msg.MDN, err = mdn.ParseMDN(r)
	} else if kind == KindDSN && p.msg.DSN == nil {
		p.msg.DSN, err = mdn.ParseDSN(r)
	}
	if err != nil {
		p.warn("%v", err)
	}
	return nil
}

// returned reads a header that came back.
func (p *parser) returned(r io.Reader) error {
	h, _, _, err := readHeader(newSource(p.ctx, r, p.lim.Size), p.lim.Header, true)
	if p.msg.Returned == nil {
		p.msg.Returned = h
	}
	if errors.Is(err, errEncoding) {
		return nil
	}
	return err
}
