package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/spool"
)

// formPDF is the form that people get.
const formPDF = "PDF"

// noReceipt is the journal's last word on a fax whose acceptance is its end.
const noReceipt = "no receipt was asked for: that the next mail server has taken it is the last that will be known of it"

// plan is the form in which a fax to an address goes, why, and which receipts are asked for.
type plan struct {
	pdf      bool
	theirs   ifax.Capabilities
	hand     ContactForm // set by hand, and it counts
	shades   codec.MultiValue
	why      string
	mdn, dsn bool
}

// contactFor is the address book's entry for an address; without one, a contact of unknown kind.
func (g *Gateway) contactFor(ctx context.Context, to string) (Contact, error) {
	c := Contact{Address: peerKey(to), Kind: Unknown}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		r, err := tx.Contact(c.Address)
		if err == nil {
			c = contactOfRow(r)
		}
		if errors.Is(err, spool.ErrNotFound) {
			return nil
		}
		return err
	})
	return c, err
}

// plan decides by what is set by hand and by what the recipient's machine has told. What a machine has told wins over the hand, unless the hand is pinned; a person's mail program tells
// nothing of its abilities. Healed is a fax that was refused for its form.
func (g *Gateway) plan(ctx context.Context, c Contact, healed bool) (plan, error) {
	p := plan{theirs: ifax.ProfileS()}
	p.mdn, p.dsn = g.receipts(c)
	learned, told, why, err := g.abilities(ctx, c.Address)
	hand := c.Form != ContactForm{}
	switch {
	case err != nil:
		return p, err
	case healed:
		p.why = "the recipient refused another form, so Profile S, which every Internet fax takes"
	case hand && (c.Pinned || !told || c.Kind == Person):
		p.pdf, p.hand, p.why = c.Form.Profile == formPDF, c.Form, "the form "+c.Form.String()+" is set by hand for this contact"
		if c.Pinned && told {
			p.why += " and pinned, so it wins over what the machine told of itself"
		}
	case c.Kind == Person:
		p.pdf, p.why = true, "the contact is a person, so a PDF, which every mail program opens"
	default:
		p.theirs, p.why = learned, why
		if hand {
			p.why += ", which wins over the form set by hand, as that is not pinned"
		}
	}
	return p, nil
}

// receipts says which receipts are asked for: of a person none, unless the contact says so.
func (g *Gateway) receipts(c Contact) (mdn, dsn bool) {
	switch {
	case c.Receipt != nil:
		return *c.Receipt, *c.Receipt && g.cfg.Fax.RequestDSN
	case c.Kind == Person:
		return false, false
	}
	return g.cfg.Fax.RequestMDN, g.cfg.Fax.RequestDSN
}

// target is the form as the codec makes it: never finer than the document, unless the hand says so.
func (p plan) target(own ownAbilities, sum codec.Summary) (codec.Target, error) {
	t := ifax.Choose(p.theirs, own.sends(p.shades), sum)
	if p.hand != (ContactForm{}) {
		var err error
		if t, err = p.hand.target(own, p.shades, sum); err != nil {
			return t, err
		}
	}
	t.Why = append([]string{p.why}, t.Why...)
	t.Reduce = true
	return t, nil
}

// target is the form that is set by hand. What it leaves open is the best that we have in Profile F, and otherwise as in Profile S: nothing is assumed of a machine that nobody has said.
func (f ContactForm) target(own ownAbilities, m codec.MultiValue, sum codec.Summary) (codec.Target, error) {
	set := ifax.OursConfig{Shades: f.shades()}
	if f.Coding != "" {
		set.Codings = []codec.Coding{codec.Coding(f.Coding)}
	} else if f.Profile == "J" {
		set.Codings = []codec.Coding{codec.JBIG}
	}
	if f.Paper != "" {
		set.Papers = []codec.Paper{codec.Paper(f.Paper)}
	}
	if f.Resolution != "" {
		r, err := codec.ParseResolution(f.Resolution)
		if err != nil {
			return codec.Target{}, unsendable("the form that is set by hand for the recipient: %w", err)
		}
		set.Resolutions = []codec.Resolution{r}
	}
	theirs, ours := ifax.Ours(set), own.sends(m)
	if f.Profile == "F" {
		theirs = own.profileF(f.shades())
	}
	t := ifax.Choose(theirs, ours, sum)
	t.Why = t.Why[1:] // what the peer takes was not asked
	return f.enforce(t, set), nil
}

// enforce puts what is named by hand into the target, finer than the document or not. Pages with shades have a coding and resolutions of their own.
func (f ContactForm) enforce(t codec.Target, set ifax.OursConfig) codec.Target {
	if set.Papers != nil {
		t.Papers = set.Papers
	}
	if set.Resolutions != nil && t.Profile.Allows(set.Resolutions[0]) {
		t.Resolution = set.Resolutions[0]
	}
	if t.Kind != codec.Bilevel {
		return t
	}
	if set.Codings != nil {
		t.Profile.Coding = set.Codings[0]
	}
	if set.Resolutions != nil {
		t.Resolution = set.Resolutions[0]
	}
	t.Profile.Letter = f.letter(t)
	return t
}

// shades is the most that pages may be by hand.
func (f ContactForm) shades() codec.Kind {
	if f.Colour == "" {
		return codec.Bilevel
	}
	return codec.MultiValue(f.Colour).Kind(codec.Colour)
}

// letter is the profile of a form set by hand: the one that is named, else S where the form belongs to it.
func (f ContactForm) letter(t codec.Target) byte {
	if t.Profile.Coding == codec.JBIG {
		return 'J'
	}
	wide := slices.Contains(t.Papers, codec.B4) || slices.Contains(t.Papers, codec.A3)
	if f.Profile == "S" || f.Profile == "" && t.Profile.Coding == codec.MH && t.Resolution.ProfileS() && !wide {
		return 'S'
	}
	return 'F'
}

// faxBody is the documents of a fax message in their form; remove takes their files away.
type faxBody struct {
	documents []ifax.Attachment
	form      messageForm
	remove    func()
}

// words tell the journal what was made, and why.
func (f messageForm) words() string {
	if f.Profile == formPDF {
		return "made a PDF: " + strings.Join(f.Why, "; ")
	}
	return fmt.Sprintf("coded as profile %s: %s", f, strings.Join(f.Why, "; "))
}

func fileAttachment(f coded, kind string) ifax.Attachment {
	return ifax.Attachment{Name: f.name, Type: kind, Open: func() (io.ReadCloser, error) { return os.Open(f.file) }}
}

// pdfBody makes each document a PDF for a person; one that is a PDF goes as it was handed over.
func (g *Gateway) pdfBody(ctx context.Context, body *faxBody, t spool.Task, opened []codec.Document, docs []spool.Document) error {
	var files []string
	body.remove = func() {
		for _, f := range files {
			os.Remove(f)
		}
	}
	header := g.headerLine(t, body.form.Pages)
	for i, doc := range opened {
		_, cut := doc.(some)
		if d := docs[i]; d.Type == "application/pdf" && !cut {
			open := func() (io.ReadCloser, error) { return g.openBlob(ctx, d.Hash) }
			body.documents = append(body.documents, ifax.Attachment{Name: d.Name, Type: d.Type, Open: open})
			body.form.Why = append(body.form.Why, d.Name+" goes as it was handed over")
		} else {
			f, err := os.CreateTemp(g.tempDir(), "fax-*.pdf")
			if err != nil {
				return fmt.Errorf("make a temporary file: %w", err)
			}
			files = append(files, f.Name())
			err = g.codePDF(ctx, f, doc, d.Name, pdf.Meta{Title: d.Name, Author: g.senderName(t), Created: g.now()}, header, readWhat[faxWhat](t).Clean)
			if err = errors.Join(err, f.Close()); err != nil {
				return blame(err, "make the PDF: %w", err)
			}
			body.documents = append(body.documents, fileAttachment(coded{name: strings.TrimSuffix(d.Name, filepath.Ext(d.Name)) + ".pdf", file: f.Name()}, "application/pdf"))
		}
		header.Before += doc.Count()
	}
	return nil
}

// codePDF writes one document as PDF: what is drawn or black and white is coded as for the best machine, with the header line; what has greys or colours keeps them.
func (g *Gateway) codePDF(ctx context.Context, w io.Writer, doc codec.Document, name string, meta pdf.Meta, header codec.Header, clean codec.Clean) error {
	sum, err := codec.Summarise(ctx, doc)
	if err != nil {
		return err
	}
	pages := numbered(doc.Pages(ctx), name, 0, doc.Count())
	if sum.Kind == codec.Bilevel || sum.Vector {
		target := ifax.Choose(g.own.told, g.own.profileF(codec.Bilevel), sum)
		target.Reduce, target.Header, target.Clean = true, header, clean
		pages = codec.Fit(ctx, pages, target)
	}
	_, err = codec.WritePDF(ctx, w, meta, pages)
	return err
}

// openBlob reads a kept document from its beginning.
func (g *Gateway) openBlob(ctx context.Context, hash spool.Hash) (io.ReadCloser, error) {
	b, err := g.blobs.Open(ctx, hash)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(b, 0, b.Size()), b}, nil
}

// bytesText is a size as people read it.
func bytesText(s config.Size) string {
	if s < 1<<20 {
		return fmt.Sprintf("%d kB", (s+1<<10-1)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(s)/(1<<20))
}

// NextFax tells how the next fax to an address would go, and why: words for the people who run an office.
type NextFax struct {
	Form       string   `json:"form"` // such as "PDF" or "F MMR 400x400 A4", for a page of text
	Way        string   `json:"way"`
	Receipt    bool     `json:"receipt"`
	HeaderName string   `json:"headerName,omitempty"`
	Why        []string `json:"why"`
}

// nextFax asks the same questions as sending does, of a page of text, and sends nothing.
func (g *Gateway) nextFax(ctx context.Context, to string) (n NextFax, err error) {
	c, err := g.contactFor(ctx, to)
	if err != nil {
		return n, err
	}
	p, err := g.plan(ctx, c, false)
	if err != nil {
		return n, err
	}
	n.Form, n.Why = formPDF, []string{p.why}
	if !p.pdf {
		p.shades = g.own.colour
		if n.Form, n.Why, err = g.nextForm(p); err != nil {
			return n, err
		}
	}
	n.Receipt = p.mdn || p.dsn
	n.Why = append(n.Why, receiptWords(c, n.Receipt))
	n.HeaderName, n.Why = g.nextName(c, n.Why)
	if c.SizeLimit > 0 {
		n.Why = append(n.Why, "a message of more than "+bytesText(c.SizeLimit)+" is divided by "+cmp.Or(c.Split, "pages")+": that is the size limit of this contact")
	}
	n.Way = g.wayWords(c, to)
	return n, nil
}

// nextForm is the form of a page of text, and says of a photograph in colour what would become of it.
func (g *Gateway) nextForm(p plan) (form string, why []string, err error) {
	var f, photo messageForm
	sum := codec.Summary{Pages: 1, Vector: true, Kind: codec.Bilevel, Paper: codec.A4}
	t, err := p.target(g.own, sum)
	if err != nil {
		return "", nil, err
	}
	f.of([]codec.Target{t}, []codec.Summary{sum})
	sum = codec.Summary{Pages: 1, Kind: codec.Colour, Paper: codec.A4, MaxRes: codec.Resolution{X: 600, Y: 600}}
	if t, err = p.target(g.own, sum); err != nil {
		return "", nil, err
	}
	photo.of([]codec.Target{t}, []codec.Summary{sum})
	if photo.Shades != "" {
		f.Why = append(f.Why, "a page with a colour photograph would go as "+photo.String())
	}
	return f.String(), f.Why, nil
}

func receiptWords(c Contact, asked bool) string {
	why := "as the contact says so"
	switch {
	case c.Receipt == nil && c.Kind == Person:
		why = "as the contact is a person"
	case c.Receipt == nil:
		why = "as the configuration has it for machines (fax.request_mdn, fax.request_dsn)"
	}
	if asked {
		return "a receipt is asked for, " + why
	}
	return "no receipt is asked for, " + why + ": the fax ends as accepted by the next mail server, and nothing more will be known"
}

func (g *Gateway) nextName(c Contact, why []string) (string, []string) {
	if name, ok := g.cfg.Fax.SenderName(c.HeaderName); ok {
		return name, why
	}
	name, _ := g.cfg.Fax.SenderName("")
	return name, append(why, fmt.Sprintf("the sender name %q of this contact is not in fax.names any more, so the default one", c.HeaderName))
}

func (g *Gateway) wayWords(c Contact, to string) string {
	hop, why, err := g.way(c, to)
	if err != nil {
		return err.Error()
	}
	tls := map[string]string{
		"off": "without TLS", "starttls": "with TLS where it is offered", "starttls-required": "only with TLS (STARTTLS)", "implicit": "with TLS from the start",
	}[hop.TLS]
	return fmt.Sprintf("it is handed to %s, port %d, %s: %s", hop.Host, hop.Port, tls, why)
}
