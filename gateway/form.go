package gateway

import (
	"context"
	"fmt"
	"slices"

	"faxgate/codec"
	"faxgate/ifax"
	"faxgate/spool"
)

// codeFax makes the documents in the form that the recipient gets. What it returns is to be removed also after an error.
func (g *Gateway) codeFax(ctx context.Context, t spool.Task, opened []codec.Document, docs []spool.Document, healed bool) (faxBody, error) {
	body := faxBody{remove: func() {}}
	c, err := g.contactFor(ctx, t.Recipient)
	if err != nil {
		return body, err
	}
	p, err := g.plan(ctx, c, healed)
	if err != nil {
		return body, err
	}
	w := readWhat[faxWhat](t)
	p.shades = g.multiValue(w)
	if w.Asked != "" && !healed {
		p.asked(w.Asked)
	}
	opened, docs = w.portion(opened, docs)
	sums, err := summaries(ctx, opened)
	if err != nil {
		return body, err
	}
	body.form = messageForm{Pages: together(sums).Pages, MDN: p.mdn, DSN: p.dsn}
	if p.pdf {
		body.form.Profile, body.form.Why = formPDF, []string{p.why}
		return body, g.pdfBody(ctx, &body, t, opened, docs)
	}
	targets, err := g.targets(ctx, p, opened, docs, sums)
	if err != nil {
		return body, err
	}
	for i := range targets {
		targets[i].Header, targets[i].Clean = g.headerLine(t, body.form.Pages), w.Clean
	}
	if err := g.tiffBody(ctx, &body, p, targets, sums, opened, docs); err != nil {
		return body, err
	}
	switch {
	case w.Asked != "" && body.form.Profile == "S":
		body.sorry()
	case c.Offer && c.Split != "fragments" && w.Asked == "" && !healed: // an answer to fragments could not be kept apart
		g.offer(&body, p, targets, sums)
	}
	return body, nil
}

// summaries sums up each document.
func summaries(ctx context.Context, docs []codec.Document) ([]codec.Summary, error) {
	sums := make([]codec.Summary, len(docs))
	for i, d := range docs {
		var err error
		if sums[i], err = codec.Summarise(ctx, d); err != nil {
			return sums, blame(err, "document %d: %w", i+1, err)
		}
	}
	return sums, nil
}

// together sums up documents as one.
func together(sums []codec.Summary) codec.Summary {
	var sum codec.Summary
	for _, s := range sums {
		sum = both(sum, s)
	}
	return sum
}

// targets chooses the form of each document. All have the same, but where the machine takes shades: a file has one profile (RFC 3949 section 2.2.4), so documents that have shades go as
// Profile C, and those that have none stay in black and white, sharp and small.
func (g *Gateway) targets(ctx context.Context, p plan, opened []codec.Document, docs []spool.Document, sums []codec.Summary) ([]codec.Target, error) {
	all, err := p.target(g.own, together(sums))
	targets := make([]codec.Target, len(sums))
	for i := range targets {
		targets[i] = all
	}
	if err != nil || all.Kind == codec.Bilevel {
		return targets, err
	}
	var plain []codec.Summary
	for i, d := range opened {
		if sums[i].Vector && sums[i].Kind != codec.Bilevel {
			if sums[i].Kind, err = shades(ctx, d); err != nil {
				return targets, err
			}
		}
		if sums[i].Kind == codec.Bilevel {
			plain = append(plain, sums[i])
		}
	}
	forPlain, err := p.target(g.own, together(plain))
	if err != nil {
		return targets, err
	}
	for i := range targets {
		if targets[i] = forPlain; sums[i].Kind == codec.Bilevel {
			continue
		}
		if targets[i], err = p.target(g.own, sums[i]); err != nil { // each no finer than it is itself
			return targets, err
		}
	}
	if len(plain) > 0 && len(plain) < len(sums) {
		apart(targets, sums, docs)
	}
	return targets, nil
}

// apart says which documents go without shades beside others that have them.
func apart(targets []codec.Target, sums []codec.Summary, docs []spool.Document) {
	var words []string
	for i, t := range targets {
		if sums[i].Kind == codec.Bilevel {
			words = append(words, fmt.Sprintf("%s has no shades and goes as profile %s at %s", docs[i].Name, t.Profile, t.Resolution))
		}
	}
	for i := range targets {
		targets[i].Why = append(slices.Clip(targets[i].Why), words...)
	}
}

// formOf describes a fax by the document that needs most of the machine.
func (f *messageForm) of(targets []codec.Target, sums []codec.Summary) {
	t := targets[0]
	for _, o := range targets {
		if o.Kind > t.Kind {
			t = o
		}
	}
	f.Profile, f.Coding, f.Resolution = string(t.Profile.Letter), string(t.Profile.Coding), t.Resolution.String()
	f.Paper, f.Why = string(paperFor(t, together(sums).Paper)), t.Why
	if t.Kind != codec.Bilevel {
		f.Shades = t.Kind.String()
	}
}

// tiffBody makes each document a TIFF for a machine.
func (g *Gateway) tiffBody(ctx context.Context, body *faxBody, p plan, targets []codec.Target, sums []codec.Summary, opened []codec.Document, docs []spool.Document) (err error) {
	body.form.of(targets, sums)
	var files []coded
	files, body.remove, err = g.codeAll(ctx, opened, docs, targets)
	for i, f := range files {
		t := targets[i]
		a := fileAttachment(f, p.theirs.MediaType(t))
		if g.cfg.Fax.Application && a.Type == "image/tiff" {
			a.Application = "faxbw"
			if t.Kind != codec.Bilevel {
				a.Application = "faxcolor"
			}
		}
		if g.cfg.Fax.Describe {
			a.Features = ifax.DocumentFeatures(t, paperFor(t, sums[i].Paper))
		}
		if f.pages > 0 { // a document of which nothing is left is left out
			body.documents = append(body.documents, a)
		}
		body.form.cleaned(f)
	}
	if err == nil && len(body.documents) == 0 {
		err = unsendable("there is nothing on any of the %s: nothing to send; send without leaving out blank pages", countPages(body.form.Pages))
	}
	return err
}

// cleaned tells what was done to the pages of a document.
func (f *messageForm) cleaned(c coded) {
	for _, p := range c.cleaned {
		var words string
		switch {
		case p.Blank:
			f.Blank++
			words = "left out, as nothing is on it"
		case p.Angle != 0 && p.Border:
			words = fmt.Sprintf("turned by %.1f degrees, its black border made white", p.Angle)
		case p.Angle != 0:
			words = fmt.Sprintf("turned by %.1f degrees", p.Angle)
		case p.Border:
			words = "its black border made white"
		}
		if words != "" {
			f.Why = append(f.Why, fmt.Sprintf("page %d of %s: %s", p.Page, c.name, words))
		}
	}
}
