package ifax

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"faxgate/mdn"
)

// text adds a text part to the others. A damaged one keeps what could be read of it.
func (p *parser) text(to **hold, r io.Reader) error {
	err := p.write(to, r)
	if errors.Is(err, errEncoding) {
		p.warn("a text part is damaged: %v", err)
		return nil
	}
	return err
}

// attachedHTML makes a text document of an attached web page.
func (p *parser) attachedHTML(r io.Reader, info PartInfo, at place) error {
	octets, err := io.ReadAll(io.LimitReader(r, htmlLimit))
	if err != nil {
		return p.failed(at.sink, info, err)
	}
	info.Type = "text/plain"
	return p.document(strings.NewReader(htmlText(string(octets))), info, at)
}

// picture decides about a picture beside an HTML text that can refer to it: a small one is taken for a logo
// and set aside, to be used only when nothing else is in the mail.
func (p *parser) picture(r *bufio.Reader, info PartInfo, at place) error {
	small := &hold{dir: p.lim.TempDir}
	n, err := io.Copy(small, io.LimitReader(r, logoSize+1))
	if err != nil {
		return p.failed(at.sink, info, err)
	}
	if n > logoSize || len(p.logos) >= logosLimit {
		whole := io.MultiReader(strings.NewReader(small.mem.String()), r)
		if at.sink.defers {
			return p.deferred(whole, info, at.sink)
		}
		return p.give(whole, info)
	}
	p.logos = append(p.logos, pending{part: Part{PartInfo: info, Size: n}, data: small})
	return nil
}

// logosLimit is how many small pictures are set aside, so that they never come to much memory.
const logosLimit = 10

// isLogo tells a picture of a kind that cannot become a page but need not, as it only decorates.
func (p *parser) isLogo(r *bufio.Reader, info PartInfo, at place) bool {
	if !strings.HasPrefix(info.Declared, "image/") || info.ContentID == "" || !at.related {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, logoSize+1))
	return err == nil && n <= logoSize
}

// finish settles what was left open: the text, the logos, the kind.
func (p *parser) finish(root *sink) error {
	if err := p.settleText(root); err != nil {
		return err
	}
	m := p.msg
	switch {
	case m.Kind == KindPartial:
		return nil
	case m.MDN != nil:
		m.Kind = KindMDN
	case m.DSN != nil || p.bounceInWords():
		m.Kind = KindDSN
	case m.receiptInWords():
		if m.Kind = KindMDN; m.MDN == nil {
			m.Kind = KindDSN
		}
	case m.isReport() && hasGood(p.beside.docs):
		return p.faxAsReport(root)
	case m.isReport():
		p.warn("a report without a part that can be read")
	default:
		return p.settleFax(root)
	}
	for _, doc := range p.beside.docs {
		p.leaveOut(doc.part.PartInfo, "a picture in a report")
	}
	return nil
}

// faxAsReport takes the documents of what calls itself a report and reports nothing.
func (p *parser) faxAsReport(root *sink) error {
	p.warn("a report without a part that can be read, but with a document")
	if err := p.commit(&sink{}, p.beside.docs); err != nil {
		return err
	}
	return p.settleFax(root)
}

// settleText fills Message.Text, from the HTML when there is no other.
func (p *parser) settleText(root *sink) error {
	var err error
	if root.text != nil {
		if p.msg.Text, err = root.text.head(p.lim.Text); err != nil {
			return err
		}
	}
	if strings.TrimSpace(p.msg.Text) == "" && root.html != nil {
		source, err := root.html.head(htmlLimit)
		if err != nil {
			return err
		}
		text := htmlText(source)
		root.text = p.hold()
		if _, err := io.WriteString(root.text, text); err != nil {
			return err
		}
		p.msg.Text = text[:min(len(text), p.lim.Text)]
	}
	p.msg.Text = lines(strings.ToValidUTF8(strings.TrimPrefix(p.msg.Text, "\uFEFF"), ""))
	if strings.TrimSpace(p.msg.Text) == "" {
		p.msg.Text = ""
	}
	return nil
}

// lines ends every line in "\n", whatever it ended in.
func lines(s string) string {
	return strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n").Replace(s)
}

// settleFax decides between fax and other, and what the pages are made of.
func (p *parser) settleFax(root *sink) error {
	m := p.msg
	blank := strings.TrimSpace(m.Text) == ""
	usable := false
	for _, part := range m.Parts {
		usable = usable || part.Err == nil
	}
	if len(m.Parts) == 0 && !blank && m.isAutomatic() {
		return nil // Kind stays other: a robot's words are no fax.
	}
	if !usable && blank {
		if err := p.commit(&sink{}, p.logos); err != nil {
			return err
		}
		p.logos = nil
	}
	for _, logo := range p.logos {
		p.leaveOut(logo.part.PartInfo, "a small picture in the HTML text")
	}
	if !usable && !blank {
		if err := p.textDocument(root); err != nil {
			return err
		}
	}
	if len(m.Parts) == 0 && blank && len(m.LeftOut) > 0 && !m.isAutomatic() {
		left := m.LeftOut[0]
		why := fmt.Errorf("there is only %s in the message: send TIFF, PDF, PNG, JPEG or plain text", left.Reason)
		if err := p.unusable(&sink{}, left.PartInfo, why); err != nil {
			return err
		}
	}
	if len(m.Parts) > 0 {
		m.Kind = KindFax
	}
	return nil
}

// textDocument keeps the text as a document: RFC 3965 appendix A has receivers take text/plain.
func (p *parser) textDocument(root *sink) error {
	r, err := root.text.reader()
	if err != nil {
		return err
	}
	declared := "text/plain"
	if root.html != nil {
		declared = "text/html"
	}
	return p.give(r, PartInfo{Type: "text/plain", Declared: declared})
}

// addressInWords finds addresses in X-Failed-Recipients.
var addressInWords = regexp.MustCompile(`[^\s,;<>]+@[^\s,;<>]+`)

// bounceInWords reads bounces that are no report (see mdn.ParseWords). Only a message with the null return
// path or from the mail system itself can be one.
func (p *parser) bounceInWords() bool {
	m := p.msg
	if !m.fromSystem() || len(m.Parts) > 0 {
		return false
	}
	failed := addressInWords.FindAllString(m.Header.Get("X-Failed-Recipients"), 100)
	d, original := mdn.ParseWords(m.Text, failed...)
	if d == nil {
		return false
	}
	m.DSN = d
	if original != "" && m.Returned == nil {
		m.Returned = Header{{Name: "Message-ID", Value: original}}
	}
	return true
}

// fromSystem tells the null return path, and the name that mail systems write under.
func (m *Message) fromSystem() bool {
	return strings.HasPrefix(strings.ToLower(m.From.Address), "mailer-daemon@") || m.ReturnPaths > 0 && m.ReturnPath == ""
}

// Keys are what the report can be matched by (design: Original-Message-ID, In-Reply-To, References, ENVID,
// tagged address). tagged is the envelope recipient where tagged addresses are in use, else empty.
func (m *Message) Keys(tagged string) mdn.Keys {
	k := mdn.Keys{References: m.References, Tagged: tagged}
	if m.InReplyTo != "" {
		k.InReplyTo = []string{m.InReplyTo}
	}
	if m.MDN != nil {
		k.OriginalMessageID = m.MDN.OriginalMessageID
		k.Recipients = append(k.Recipients, m.MDN.OriginalRecipient, m.MDN.FinalRecipient)
	}
	if m.DSN != nil {
		k.EnvelopeID = m.DSN.EnvelopeID
		for _, r := range m.DSN.Recipients {
			k.Recipients = append(k.Recipients, r.OriginalRecipient, r.FinalRecipient)
		}
	}
	if ids := m.Returned.messageIDs("Message-ID"); len(ids) > 0 {
		k.Returned = ids[0]
	}
	k.Recipients = append(k.Recipients, m.From.Address)
	k.Recipients = unique(k.Recipients)
	return k
}

// unique drops empty and repeated strings and keeps the order.
func unique(list []string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, s := range list {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}
