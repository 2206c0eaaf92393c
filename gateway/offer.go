package gateway

import (
	"cmp"
	"strings"

	"faxgate/codec"
	"faxgate/ifax"
	"faxgate/spool"
)

// offer.go is RFC 3297 from the sender's side, on for contacts that say so: a fax in the plain form offers its better one, an MDN may ask for it, and the fax goes once more, in full, in the
// best form that the MDN allows. What such an MDN tells is used for this fax only (section 6.2).

// offer describes the documents and what else they can be had as. Nothing is offered that is no better.
func (g *Gateway) offer(body *faxBody, p plan, targets []codec.Target, sums []codec.Summary) {
	sum := together(sums)
	if !body.form.MDN || body.form.Profile != "S" || len(targets) == 0 {
		return
	}
	sent := targets[0]
	var better []codec.Target
	for _, shades := range []codec.MultiValue{p.shades, codec.MultiNone} {
		t := ifax.Choose(g.own.sends(shades), g.own.sends(shades), sum)
		finer := t.Resolution.X*t.Resolution.Y > sent.Resolution.X*sent.Resolution.Y*11/10
		if (finer || t.Kind > sent.Kind) && (len(better) == 0 || better[0].Kind != t.Kind) {
			better = append(better, t)
		}
	}
	if len(better) == 0 {
		return
	}
	var texts, words []string
	for _, t := range better {
		texts = append(texts, ifax.DocumentFeatures(t, paperFor(t, sum.Paper)))
		words = append(words, t.Profile.String()+" "+t.Resolution.String())
	}
	for i := range body.documents {
		body.documents[i].Features, body.documents[i].Alternatives = ifax.DocumentFeatures(sent, paperFor(sent, sum.Paper)), texts
	}
	body.form.Offer = strings.Join(words, " or ")
	body.form.Why = append(body.form.Why, body.form.Offer+" is offered, as the contact says so")
}

// asked takes what the recipient told in the MDN that asks in the place of all other knowledge; what cannot be read is the plain form.
func (p *plan) asked(features string) {
	p.pdf, p.hand = false, ContactForm{}
	p.why = "the recipient asked for the better form that was offered"
	var err error
	if p.theirs, err = ifax.ParseCapabilities(features); err != nil {
		p.theirs = ifax.ProfileS()
	}
}

// sorry makes the message one that says that there is no better form for what the recipient takes (RFC 3297 section 3.3): it shows what it has.
func (b *faxBody) sorry() {
	b.documents, b.form.Sorry = nil, true
	b.form.Why = append(b.form.Why, "which is the form that it has, so it is told that there is no other")
}

// negotiated writes what belongs to a negotiation into a message.
func negotiated(m *ifax.Message, w faxWhat, form messageForm) {
	m.OriginalMessageID = w.Original
	if m.Notify != nil && form.Offer != "" {
		m.Notify.Options = "Alternative-available=optional,transient"
	}
	if form.Sorry {
		m.Text = "There is no other form of this fax that your machine takes. Please use the one that you have.\n"
		if m.Notify != nil {
			m.Notify.Options = "Alternative-not-available=required,(TRUE)"
		}
	}
}

// negotiate sends a fax once more in the form that its recipient asks for. To ask twice, or for what was not offered, is an error of the recipient's, and the fax has failed: it was not used
// in the form that it was sent in.
func (g *Gateway) negotiate(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, f finding) error {
	w, form := readWhat[faxWhat](t), readForm(m)
	switch t.State {
	case Sending, Accepted, Delivered, Uncertain:
	default:
		return g.note(tx, t, report, "the recipient asks for another form, too late: "+f.words)
	}
	if form.Offer == "" || w.Asked != "" {
		return g.setState(tx, t, Failed, change{by: f.by, words: "the recipient wants another form than the one it was sent, and none was offered: " + f.words})
	}
	w.Asked, w.Original, w.Spent, w.Since = cmp.Or(strings.TrimSpace(f.features), ifax.ProfileS().String()), m.MessageID, m.ID, tx.Now()
	t.What = marshal(w)
	if err := tx.SetTask(t.ID, spool.TaskChange{What: t.What}); err != nil {
		return err
	}
	due := tx.Now()
	return g.setState(tx, t, Queued, change{due: &due, release: true, by: f.by, words: "the recipient asks for the better form that was offered (" + form.Offer + "): it goes once more, in full; " + f.words})
}
