package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/mdn"
	"faxgate/spool"
)

// receivedAttrs is the gateway's own part of a received mail: what is needed to answer it after a restart.
type receivedAttrs struct {
	Request  mdn.Request `json:"request"`            // what was asked for in the way of a receipt
	Rcpt     mailio.Rcpt `json:"rcpt"`               // the envelope recipient with its DSN parameters
	EnvID    string      `json:"envId,omitempty"`    // ENVID of the sender
	Ret      string      `json:"ret,omitempty"`      //
	SMTP     bool        `json:"smtp,omitempty"`     // it came by SMTP: DSNs are ours to send
	Peer     string      `json:"peer,omitempty"`     // who handed it over
	Subject  string      `json:"subject,omitempty"`  // for the receipt
	Warnings []string    `json:"warnings,omitempty"` // deviations that were tolerated
	Hops     int         `json:"hops,omitempty"`     // how often gateways have passed it on
	Answered bool        `json:"answered,omitempty"` // the mailbox says that another program has sent the MDN (RFC 3503)

	SubAddress string `json:"subAddress,omitempty"` // that the fax came with

	Faxed []mailio.Rcpt `json:"faxed,omitempty"` // the envelope recipients of a mail that is faxed on (bridge.go)

	Alternatives []string `json:"alternatives,omitempty"` // better forms that the sender offers, and that may be asked for (RFC 3297)
	Asked        bool     `json:"asked,omitempty"`        // one of them has been asked for
	Original     string   `json:"original,omitempty"`     // Message-ID of the fax that this one is the better form of
	Splits       int      `json:"splits,omitempty"`       // how often it was put together of pieces
	Unavailable  bool     `json:"unavailable,omitempty"`  // it is no fax, it says that there is no better form of that one
}

// maxTraces is the number of Received fields at which a mail is taken for a loop.
const maxTraces = 50

// robotKind marks a kept mail that is a program's answer and no receipt.
const robotKind = "robot"

// fiveDays is how long a mail without a Message-ID is remembered for telling a repeat.
const fiveDays = 5 * 24 * time.Hour

// Recipient says whether mail for rcpt is taken: only for our own fax addresses, whoever asks, and for what is to be faxed, from those who may (bridge.go). There is no relaying (RFC 5321 section 7.1 and pitfall: toll fraud through open gates).
func (g *Gateway) Recipient(ctx context.Context, s mailio.Session, rcpt string) error {
	var r *mailio.Refusal
	switch {
	case !g.isOwn(rcpt):
		if r = g.bridgeRecipient(ctx, s, rcpt); r == nil {
			return nil
		}
	case !g.mayDeliver(s):
		r = &mailio.Refusal{Code: 530, Enhanced: "5.7.0", Text: "fax@localhost is for programs on this machine; set fax.addresses to take faxes from others"}
	default:
		return nil
	}
	g.refused.note(ctx, g, fmt.Sprintf("mail from %v for <%s> was refused: %v", s.Remote, rcpt, r))
	return r
}

// isOwn compares as a mail server does for its own mailboxes: without regard to case, because people type addresses as they like. postmaster must be reachable (RFC 5321 section 4.5.1).
func (g *Gateway) isOwn(rcpt string) bool {
	if strings.EqualFold(rcpt, "postmaster") || strings.EqualFold(rcpt, "postmaster@"+g.cfg.Hostname) {
		return true
	}
	if _, _, ok := g.ownAddress(rcpt); ok {
		return true
	}
	return slices.ContainsFunc(g.cfg.Own(), func(own string) bool {
		return strings.EqualFold("postmaster"+own[strings.LastIndexByte(own, '@'):], rcpt)
	})
}

// mayDeliver lets only this machine in while no own address is set.
func (g *Gateway) mayDeliver(s mailio.Session) bool {
	if len(g.cfg.Fax.Addresses) > 0 {
		return true
	}
	tcp, ok := s.Remote.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// Message takes one mail: this is the way in of a page, up to the point where it is durable. Only structure is looked at, so that the answer comes within seconds however long the
// fax is; the pages are read after it (intake).
func (g *Gateway) Message(ctx context.Context, env mailio.Envelope, r io.Reader) error {
	if env.Mailbox == nil {
		if err := g.roomOnDisk(); err != nil {
			return &mailio.Refusal{Code: 452, Enhanced: "4.3.1", Text: "the disk of this fax gateway is nearly full, try again later"}
		}
	}
	raw, size, err := g.blobs.Put(ctx, r)
	if err != nil {
		return fmt.Errorf("keep the message: %w", err)
	}
	g.fault("receive-raw-kept")
	in, err := g.examine(ctx, raw)
	if err != nil {
		return err
	}
	if env.Mailbox == nil && in.hopeless() {
		words := in.refusal()
		g.journal(ctx, spool.Event{Kind: "refused", Words: fmt.Sprintf("a message from <%s> for %s was refused: %s", env.From, env.To, words)})
		return &mailio.Refusal{Code: 554, Enhanced: "5.6.1", Text: words}
	}
	b, err := g.split(ctx, env, in)
	if r, ok := errors.AsType[*mailio.Refusal](err); ok {
		g.refused.note(ctx, g, fmt.Sprintf("a mail of <%s> (From: %s) by %s, to be faxed, was refused: %v", env.From, in.msg.From.Address, handedBy(env), r))
		return r
	}
	if err != nil {
		return fmt.Errorf("look up who the message is for: %w", err)
	}
	faxed := in
	if len(b.to) > 0 {
		if faxed, err = g.withCover(ctx, in, b.sender.Cover); err != nil {
			return err
		}
	}
	err = g.spool.Update(ctx, func(tx *spool.Tx) error {
		for _, rcpt := range b.rest {
			if err := g.keep(tx, env, rcpt, raw, size, in); err != nil {
				return err
			}
		}
		if len(b.to) == 0 {
			return nil
		}
		return g.submitMail(tx, env, raw, size, faxed, b)
	})
	if err != nil {
		return fmt.Errorf("keep the message: %w", err)
	}
	g.fault("receive-committed")
	g.log.InfoContext(ctx, "mail received", "source", env.Source, "from", env.From, "to", env.To, "kind", in.msg.Kind, "documents", len(in.docs), "bytes", size)
	return nil
}

// rcpts lists the envelope recipients. A mailbox belongs to one address; the header is never asked (RFC 2532 section 2.2.2).
func (g *Gateway) rcpts(env mailio.Envelope) []mailio.Rcpt {
	if len(env.Rcpts) > 0 {
		return env.Rcpts
	}
	return []mailio.Rcpt{{Address: env.To}}
}

// incoming is a message after its structure was looked at.
type incoming struct {
	msg  *ifax.Message
	docs []spool.Document // with Error set where a part cannot be a document
	body string           // hash of the body, of a piece of a split message
	err  error            // what was wrong with the message as a whole
}

// regrets: a word of the sender that a fax cannot be had in a better form (RFC 3297 section 3.3), and no fax itself.
func (in incoming) regrets() bool {
	return in.msg.OriginalMessageID != "" && in.msg.Option("Alternative-not-available") &&
		!slices.ContainsFunc(in.docs, func(d spool.Document) bool { return d.Type != "text/plain" })
}

// hopeless: a part that carries the document cannot be decoded and no other can, or there is nothing at all to render.
func (in incoming) hopeless() bool {
	switch in.msg.Kind {
	case ifax.KindMDN, ifax.KindDSN:
		return false
	}
	if in.robot() || in.fragment() {
		return false
	}
	return !slices.ContainsFunc(in.docs, func(d spool.Document) bool { return d.Error == "" })
}

// robot: a program's answer that is no receipt, such as an absence note. It is kept and never answered, not even with a refusal that would make a bounce.
func (in incoming) robot() bool {
	r := in.msg.Request()
	return in.msg.Kind == ifax.KindOther && (r.Auto || r.IsReport)
}

func (in incoming) refusal() string {
	if in.msg.Kind == ifax.KindPartial {
		return in.msg.Partial.Check().Error()
	}
	for _, d := range in.docs {
		return fmt.Sprintf("%s: %s", d.Name, d.Error)
	}
	if in.err != nil {
		return in.err.Error()
	}
	return "nothing in the message can be printed: neither a document (TIFF, PDF, JPEG, PNG) nor text"
}

// examine parses the message and keeps each document part as a blob of its own, once, as it streams by.
func (g *Gateway) examine(ctx context.Context, raw spool.Hash) (incoming, error) {
	b, err := g.blobs.Open(ctx, raw)
	if err != nil {
		return incoming{}, fmt.Errorf("open the kept message: %w", err)
	}
	defer b.Close()
	kept := map[int]spool.Document{}
	var storeErr error
	msg, err := ifax.Parse(ctx, b, ifax.Limits{TempDir: g.tempDir()}, func(p ifax.PartInfo, r io.Reader) error {
		d, err := g.keepPart(ctx, p, r)
		if err != nil {
			storeErr = err
			return err
		}
		kept[p.Index] = d
		return nil
	})
	if storeErr != nil || ctx.Err() != nil {
		return incoming{}, errors.Join(storeErr, ctx.Err())
	}
	in := incoming{msg: msg, err: err}
	if in.fragment() {
		body, err := g.bodyHash(ctx, raw)
		if err != nil {
			return in, err
		}
		in.body = body
	}
	for _, p := range msg.Parts {
		in.docs = append(in.docs, g.partDocument(p, kept[p.Index]))
	}
	if err != nil && len(in.docs) > 0 { // what came after the error was never looked at: the receipt must say so
		in.docs = append(in.docs, spool.Document{Name: "the rest", Type: "message/rfc822", Error: err.Error()})
	}
	return in, nil
}

func (g *Gateway) keepPart(ctx context.Context, p ifax.PartInfo, r io.Reader) (spool.Document, error) {
	limit := int64(g.cfg.Limits.Document)
	counted := &readErr{r: io.LimitReader(r, limit+1)}
	hash, size, err := g.blobs.Put(ctx, counted)
	if counted.err != nil {
		return spool.Document{Error: counted.err.Error()}, nil // the part is broken, not the store
	}
	if err != nil {
		return spool.Document{}, err
	}
	d := spool.Document{Hash: hash, Size: size}
	if size > limit {
		d.Error = fmt.Sprintf("larger than the limit of %d MB", limit>>20)
		return d, nil
	}
	if p.Type == "image/tiff" {
		d.Pages, err = g.countTIFF(ctx, hash)
		if err != nil {
			d.Error = err.Error()
		}
	}
	return d, nil
}

// readErr tells a failure of the reader from one of the store.
type readErr struct {
	r   io.Reader
	err error
}

func (e *readErr) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		e.err = err
	}
	return n, err
}

// countTIFF walks the IFDs, which is quick whatever the pages hold.
func (g *Gateway) countTIFF(ctx context.Context, h spool.Hash) (int, error) {
	doc, _, err := g.openDocument(ctx, h)
	if err != nil {
		return 0, err
	}
	defer doc.Close()
	return doc.Count(), nil
}

func (g *Gateway) partDocument(p ifax.Part, d spool.Document) spool.Document {
	d.Name, d.Type = p.Name, p.Type
	if d.Name == "" {
		d.Name = "document"
		if p.Type == "text/plain" {
			d.Name = "text"
		}
	}
	if p.Err != nil {
		d.Error = p.Err.Error()
	}
	return d
}

// keep writes the rows of one received mail for one recipient, or recognises a repeat.
func (g *Gateway) keep(tx *spool.Tx, env mailio.Envelope, rcpt mailio.Rcpt, raw spool.Hash, size int64, in incoming) error {
	if in.robot() {
		in.msg.Kind = robotKind
	}
	rec := spool.Received{
		Blob: raw, Size: size, EnvelopeFrom: env.From, EnvelopeTo: rcpt.Address, Source: env.Source, State: Kept, Kind: in.msg.Kind,
		From: in.msg.From.Address, Subject: in.msg.Subject, MessageID: in.msg.MessageID, DedupKey: dedupKey(env, rcpt, raw, in),
		Attrs: marshal(g.attrs(env, rcpt, in)),
	}
	var set string
	if in.fragment() {
		var err error
		if set, err = g.openSet(tx, fragmentSet(env, rcpt, in.msg.Partial), in.msg.Partial, in.body); err != nil {
			return err
		}
		rec.DedupKey = fragmentKey(set, in.msg.Partial, in.body)
	}
	if err := g.forgetOld(tx, &rec); err != nil {
		return err
	}
	id, err := tx.AddReceived(rec)
	if dup, ok := errors.AsType[*spool.DuplicateError](err); ok {
		return g.suppress(tx, env, rec, dup.ID)
	}
	if err != nil {
		return err
	}
	if err := g.noteSameID(tx, rec, id); err != nil {
		return err
	}
	if p := in.msg.Partial; set != "" {
		if err := tx.PutFragment(spool.Fragment{Set: set, Number: p.Number, Total: p.Total, Received: id}); err != nil {
			return err
		}
	}
	if err := g.markItem(tx, env, id); err != nil {
		return err
	}
	return g.addParts(tx, rec, id, in)
}

// addParts writes the documents of a mail that has just been added, the task that reads them, and the journal.
func (g *Gateway) addParts(tx *spool.Tx, rec spool.Received, id spool.ID, in incoming) error {
	for i, d := range in.docs {
		d.Received, d.Pos = id, i
		if _, err := tx.AddDocument(d); err != nil {
			return err
		}
	}
	now := tx.Now()
	if _, err := tx.AddTask(spool.Task{Received: id, Kind: KindIntake, State: Queued, DueAt: &now}); err != nil {
		return err
	}
	words := fmt.Sprintf("kept: a mail from <%s> for %s, %d document(s), by %s", rec.EnvelopeFrom, rec.EnvelopeTo, len(in.docs), rec.Source)
	if p := in.msg.Partial; p != nil && in.fragment() {
		words = fmt.Sprintf("kept: piece %d of a split mail from <%s> for %s, by %s", p.Number, rec.EnvelopeFrom, rec.EnvelopeTo, rec.Source)
	}
	_, err := tx.AddEvent(spool.Event{Received: id, Kind: "kept", Words: words})
	return err
}

// suppress handles a repeat: answered like the first, journalled, no second receipt.
func (g *Gateway) suppress(tx *spool.Tx, env mailio.Envelope, rec spool.Received, first spool.ID) error {
	if err := g.markItem(tx, env, first); err != nil {
		return err
	}
	_, err := tx.AddEvent(spool.Event{
		Received: first, Kind: "duplicate",
		Words: fmt.Sprintf("the same message came again from <%s> by %s: answered as taken, kept once, no second receipt", rec.EnvelopeFrom, env.Source),
	})
	return err
}

func (g *Gateway) markItem(tx *spool.Tx, env mailio.Envelope, id spool.ID) error {
	if env.Mailbox == nil {
		return nil
	}
	return tx.PutMailboxItem(spool.MailboxItem{Account: env.Mailbox.Account, Validity: env.Mailbox.Validity, UID: env.Mailbox.UID, Received: id})
}

// dedupKey recognises repeats: Message-ID, envelope recipient and the documents' hashes; without a Message-ID the envelope and the raw message.
func dedupKey(env mailio.Envelope, rcpt mailio.Rcpt, raw spool.Hash, in incoming) string {
	h := sha256.New()
	if in.msg.MessageID == "" {
		fmt.Fprintf(h, "raw\n%s\n%s\n%s\n", env.From, peerKey(rcpt.Address), raw)
		return "raw:" + hex.EncodeToString(h.Sum(nil))
	}
	fmt.Fprintf(h, "id\n%s\n%s\n", in.msg.MessageID, peerKey(rcpt.Address))
	for _, d := range in.docs {
		fmt.Fprintln(h, d.Hash)
	}
	if len(in.docs) == 0 {
		fmt.Fprintln(h, raw)
	}
	return "id:" + hex.EncodeToString(h.Sum(nil))
}

// forgetOld lets a mail without a Message-ID come again after five days: then it is more likely a new fax with the same pages than a repeat.
func (g *Gateway) forgetOld(tx *spool.Tx, rec *spool.Received) error {
	if !strings.HasPrefix(rec.DedupKey, "raw:") {
		return nil
	}
	old, err := tx.ReceivedByDedupKey(rec.DedupKey)
	if errors.Is(err, spool.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if tx.Now().Sub(old.ReceivedAt) < fiveDays {
		return nil
	}
	old.DedupKey += "@" + string(old.ID)
	return tx.SetReceived(old)
}

// noteSameID journals a known Message-ID with other pages: a new fax, but one to look at.
func (g *Gateway) noteSameID(tx *spool.Tx, rec spool.Received, id spool.ID) error {
	if rec.MessageID == "" {
		return nil
	}
	same, err := tx.ReceivedList(spool.ReceivedFilter{MessageID: rec.MessageID, EnvelopeTo: rec.EnvelopeTo})
	if err != nil || len(same) < 2 {
		return err
	}
	_, err = tx.AddEvent(spool.Event{Received: id, Kind: "note", Words: "the same Message-ID came before with other pages: taken as a new fax"})
	return err
}

func (g *Gateway) attrs(env mailio.Envelope, rcpt mailio.Rcpt, in incoming) receivedAttrs {
	a := receivedAttrs{
		Request: in.msg.Request(), Rcpt: rcpt, EnvID: env.EnvID, Ret: env.Ret, SMTP: env.Mailbox == nil,
		Subject: in.msg.Subject, Warnings: in.msg.Warnings, Hops: hops(in.msg), Answered: env.MDNSent,
		SubAddress: g.subAddress(rcpt, env.Mailbox != nil, in.msg), Original: in.msg.OriginalMessageID, Unavailable: in.regrets(),
	}
	if in.msg.Option("Alternative-available") && in.msg.Features != "" && in.msg.Names(g.receiptFrom(spool.Received{EnvelopeTo: rcpt.Address})) {
		a.Alternatives = in.msg.Alternatives
	}
	if a.SMTP { // the envelope is the Return-Path itself
		a.Request.ReturnPath, a.Request.HasReturnPath, a.Request.ReturnPaths = env.From, true, 0
		if rcpt.ORcpt != "" && a.Request.OriginalRecipient == "" {
			a.Request.OriginalRecipient = addressPart(rcpt.ORcpt)
		}
	}
	if env.Session.Remote != nil {
		a.Peer = env.Session.Remote.String()
	}
	return a
}

// hops counts how often the mail has been passed on: by gateways, and by mail servers in numbers that no honest way has (RFC 5321 section 6.3).
func hops(msg *ifax.Message) int {
	n, traces := 0, 0
	for _, f := range msg.Header {
		if strings.EqualFold(f.Name, "Received") {
			traces++
		}
		if strings.EqualFold(f.Name, hopsField) {
			n, _ = strconv.Atoi(strings.TrimSpace(f.Value))
			n = max(n, 0)
		}
	}
	if traces > maxTraces {
		return maxHops
	}
	return n
}

func readAttrs(rec spool.Received) receivedAttrs {
	var a receivedAttrs
	if len(rec.Attrs) > 0 {
		_ = json.Unmarshal(rec.Attrs, &a)
	}
	return a
}

// journal writes one line outside of any other transaction; a journal that cannot be written is logged, because there is nobody left to tell.
func (g *Gateway) journal(ctx context.Context, e spool.Event) {
	err := g.spool.Update(context.WithoutCancel(ctx), func(tx *spool.Tx) error {
		_, err := tx.AddEvent(e)
		return err
	})
	if err != nil {
		g.log.ErrorContext(ctx, "write the journal", "err", err, "words", e.Words)
	}
}
