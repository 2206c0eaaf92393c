package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// bridge.go is the way from office mail to fax: a mail of an authorised person to a contact's code, a contact's own address, a fax number or the reply address of a received fax.

// originMail marks jobs that a mail made, bridgedKind the mail itself.
const (
	originMail  = "mail"
	bridgedKind = "bridged"
)

// subjectTo finds "to: …" at the head of a subject, for people whose mail program knows only the fax account.
var subjectTo = regexp.MustCompile(`(?i)^\s*to:\s*(\S+)\s*`)

// mayBridge tells whether mail of this session may be faxed at all: after a log-in, or from a mail server that is trusted. A From line alone is never enough.
func (g *Gateway) mayBridge(s mailio.Session) bool {
	if s.AuthUser != "" {
		return true
	}
	tcp, ok := s.Remote.(*net.TCPAddr)
	return ok && g.cfg.Listen.Trusts(tcp.AddrPort().Addr())
}

// senderOf finds the configured sender that both the envelope and the From line are of.
func (g *Gateway) senderOf(env mailio.Envelope, msg *ifax.Message) (config.Sender, bool) {
	i := slices.IndexFunc(g.cfg.Sender, func(s config.Sender) bool {
		return s.Matches(env.From) && s.Matches(msg.From.Address)
	})
	if i < 0 {
		return config.Sender{}, false
	}
	return g.cfg.Sender[i], true
}

// destination says who a mail for rcpt is to be faxed to: the contact or group whose code it is, the contact whose address or number it is. ErrNotFound: nobody that faxes go to.
func (g *Gateway) destination(tx *spool.Tx, rcpt string) ([]addressee, error) {
	a, err := ifax.ParseAddress(rcpt)
	if err != nil {
		return nil, ErrNotFound
	}
	if !g.ownDomain(a.Domain) {
		c, err := tx.Contact(peerKey(rcpt))
		return []addressee{{c.Address, contactOfRow(c).HeaderName}}, notFound(err)
	}
	code := a.Local
	if a.Fax != nil {
		code = a.Fax.Phone
	}
	to, err := byCode(tx, code)
	if _, ok := errors.AsType[*InputError](err); ok && a.Fax != nil {
		return nil, &mailio.Refusal{Code: 550, Enhanced: "5.1.2", Text: fmt.Sprintf("telephone numbers cannot be dialled from here; give a contact the code %s, then mail to this address is faxed to that contact", code)}
	} else if ok {
		return nil, ErrNotFound
	}
	return to, err
}

func (g *Gateway) ownDomain(domain string) bool {
	return slices.ContainsFunc(g.cfg.Own(), func(own string) bool {
		_, have, _ := strings.Cut(own, "@")
		return strings.EqualFold(have, domain)
	})
}

// answerTo is the machine that a received fax came from.
func answerTo(rec spool.Received) string { return cmp.Or(rec.From, rec.EnvelopeFrom) }

// bridgeRecipient answers RCPT for an address that is no fax address of ours; nil: mail for it is faxed.
func (g *Gateway) bridgeRecipient(ctx context.Context, s mailio.Session, rcpt string) *mailio.Refusal {
	unknown := &mailio.Refusal{Code: 550, Enhanced: "5.1.1", Text: "<" + rcpt + "> is no fax address of this gateway"}
	if len(g.cfg.Sender) == 0 || !g.mayBridge(s) {
		return unknown
	}
	err := g.spool.View(ctx, func(tx *spool.Tx) error { _, err := g.destination(tx, rcpt); return err })
	if r, ok := errors.AsType[*mailio.Refusal](err); ok {
		return r
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return unknown
	case err != nil:
		return &mailio.Refusal{Code: 451, Enhanced: "4.3.0", Text: "the address book cannot be read at present, try again later"}
	}
	return nil
}

// bridged is what of a mail is to be faxed: to whom, and on whose wish.
type bridged struct {
	to     []addressee
	sender config.Sender
	rest   []mailio.Rcpt // who gets it as a received fax
	named  bool          // an address was used that means nothing but faxing
	token  bool          // the answer to a received fax: the token in it was told to nobody else
}

// split tells the recipients that a mail is to be faxed to from those who get it as a fax. A *mailio.Refusal says why a mail to be faxed is not.
func (g *Gateway) split(ctx context.Context, env mailio.Envelope, in incoming) (b bridged, err error) {
	if len(g.cfg.Sender) == 0 {
		return bridged{rest: g.rcpts(env)}, nil
	}
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		b = bridged{}
		for _, r := range g.rcpts(env) {
			if err := g.splitOne(tx, env, r, in, &b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(b.to) == 0 {
		return b, err
	}
	if why := g.notFaxed(env, in, &b); why != nil {
		if b.named && env.Mailbox == nil {
			return b, why
		}
		return bridged{rest: g.rcpts(env)}, nil // to the fax account itself: whoever may not have it faxed has sent a fax
	}
	return b, nil
}

// splitOne decides about one recipient.
func (g *Gateway) splitOne(tx *spool.Tx, env mailio.Envelope, r mailio.Rcpt, in incoming, b *bridged) error {
	if !g.isOwn(r.Address) {
		to, err := g.destination(tx, r.Address)
		b.to, b.named = append(b.to, to...), true
		return err
	}
	sub := g.subAddress(r, env.Mailbox != nil, in.msg)
	if token, ok := replyTokenOf(sub, in.msg.Subject); ok {
		rec, err := g.tokenOwner(tx, token)
		if err == nil {
			b.to = append(b.to, addressee{address: answerTo(rec)})
			b.token, b.named = true, b.named || sub != ""
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	m := subjectTo.FindStringSubmatch(in.msg.Subject)
	if m == nil || env.Mailbox != nil || !g.mayBridge(env.Session) { // what is fetched comes without a log-in: only a token proves anything there
		b.rest = append(b.rest, r)
		return nil
	}
	to, err := addressees(tx, m[1])
	if ie, ok := errors.AsType[*InputError](err); ok {
		return &mailio.Refusal{Code: 550, Enhanced: "5.1.1", Text: "the subject asks for a fax, but " + ie.Text}
	}
	b.to = append(b.to, to...)
	return err
}

// notFaxed says why a mail is not faxed; nil: it is.
func (g *Gateway) notFaxed(env mailio.Envelope, in incoming, b *bridged) *mailio.Refusal {
	refuse := func(text string) *mailio.Refusal { return &mailio.Refusal{Code: 550, Enhanced: "5.7.1", Text: text} }
	var listed bool
	b.sender, listed = g.senderOf(env, in.msg)
	req := in.msg.Request()
	switch {
	case in.fragment():
		return &mailio.Refusal{Code: 554, Enhanced: "5.6.1", Text: "a piece of a split mail (message/partial) cannot be faxed on: send the mail whole"}
	case req.Auto || req.IsReport || req.IsList || req.Bulk:
		return refuse("mail from programs and lists is not faxed")
	case env.Mailbox != nil && !b.token, env.Mailbox == nil && !g.mayBridge(env.Session):
		return refuse("log in to your mail server to have mail faxed: an address alone proves nothing")
	case !listed:
		return refuse(fmt.Sprintf("<%s> (From: %s) may not send faxes by mail; the administrator can add it as a [[sender]]", env.From, in.msg.From.Address))
	case !g.rate.allow(g.now(), strings.ToLower(in.msg.From.Address), g.cfg.Limits.MailsPerMinute):
		return &mailio.Refusal{Code: 451, Enhanced: "4.7.1", Text: fmt.Sprintf("more than %d mails to fax in a minute; try again later", g.cfg.Limits.MailsPerMinute)}
	}
	for _, d := range in.docs {
		if d.Error != "" {
			return &mailio.Refusal{Code: 554, Enhanced: "5.6.1", Text: fmt.Sprintf("nothing was faxed: %s: %s", d.Name, d.Error)}
		}
	}
	return nil
}

// submitMail queues what is to be faxed, in the transaction that keeps the mail. The same mail again is the same fax.
func (g *Gateway) submitMail(tx *spool.Tx, env mailio.Envelope, raw spool.Hash, size int64, in incoming, b bridged) error {
	rcpt := mailio.Rcpt{Address: b.to[0].address}
	rec := spool.Received{
		Blob: raw, Size: size, EnvelopeFrom: env.From, EnvelopeTo: rcpt.Address, Source: env.Source, State: Reported, Kind: bridgedKind, From: in.msg.From.Address,
		Subject: in.msg.Subject, MessageID: in.msg.MessageID, DedupKey: bridgedKind + ":" + dedupKey(env, rcpt, raw, in),
		Attrs: marshal(g.bridgedAttrs(env, in, b)),
	}
	id, err := tx.AddReceived(rec)
	if dup, ok := errors.AsType[*spool.DuplicateError](err); ok {
		return g.suppress(tx, env, rec, dup.ID)
	}
	if err != nil {
		return err
	}
	r := SubmitRequest{HeaderName: b.sender.HeaderName, Outcome: Outcome{To: in.msg.From.Address, When: b.sender.Outcome, Content: b.sender.Content}}
	d := spool.Draft{Documents: in.docs, Job: spool.Job{Origin: originMail, Sender: g.cfg.Account(), Subject: cleanSubject(in.msg.Subject)}}
	var names []string
	for _, a := range b.to {
		d.Tasks = append(d.Tasks, g.faxTask(r, a))
		names = append(names, a.address)
	}
	d.Tasks = append(d.Tasks, g.troubleTask(r.Outcome, g.due(r))...)
	job, err := g.addFax(tx, d, jobAttrs{Outcome: r.Outcome, Mail: id})
	if err != nil {
		return err
	}
	if err := g.markItem(tx, env, id); err != nil {
		return err
	}
	words := fmt.Sprintf("a mail of %s, handed over by %s, is faxed to %s", in.msg.From.Address, handedBy(env), cutWords(strings.Join(names, ", ")))
	_, err = tx.AddEvent(spool.Event{Job: job, Received: id, Kind: "bridged", Words: words})
	return err
}

// handedBy names the one that a mail was taken from.
func handedBy(env mailio.Envelope) string {
	if env.Session.AuthUser != "" {
		return env.Session.AuthUser
	}
	if env.Session.Remote != nil {
		return env.Session.Remote.String()
	}
	return env.Source
}

// cleanSubject is a subject without what steers us.
func cleanSubject(s string) string {
	if token, ok := replyTagOf(s); ok {
		i := strings.Index(strings.ToLower(s), token)
		from, to := strings.LastIndexByte(s[:i], '['), i+len(token)+1
		s = s[:max(0, from)] + s[min(len(s), to):]
	}
	return strings.TrimSpace(subjectTo.ReplaceAllString(s, ""))
}

// withCover puts the mail's own words before its documents, without what was quoted and without the signature, if the sender wants that and anything is left. A mail of words only is
// the words.
func (g *Gateway) withCover(ctx context.Context, in incoming, wanted bool) (incoming, error) {
	words := ownWords(in.msg.Text)
	onlyWords := len(in.docs) == 1 && in.docs[0].Type == "text/plain"
	if words == "" || !wanted && !onlyWords {
		return in, nil
	}
	hash, size, err := g.blobs.Put(ctx, strings.NewReader(words))
	if err != nil {
		return in, fmt.Errorf("keep the words of the mail: %w", err)
	}
	cover := spool.Document{Name: "text.txt", Type: "text/plain", Hash: hash, Size: size, Pages: 1}
	if onlyWords {
		in.docs = nil
	}
	in.docs = append([]spool.Document{cover}, in.docs...)
	return in, nil
}

// quoteIntro is the line that mail programs put before what they quote.
var quoteIntro = regexp.MustCompile(`(?im)^(on .{5,120} wrote:|am .{5,120} schrieb.{0,80}:|-+ ?original message ?-+|-+ ?ursprüngliche nachricht ?-+)\s*$`)

// ownWords leaves out quoted lines, what follows "On … wrote:", and the signature (RFC 3676 section 4.3).
func ownWords(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if i := quoteIntro.FindStringIndex(text); i != nil {
		text = text[:i[0]]
	}
	if i := strings.Index("\n"+text, "\n-- \n"); i >= 0 {
		text = text[:max(0, i-1)]
	}
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(l, ">") })
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
