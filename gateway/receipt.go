package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"faxgate/mailio"
	"faxgate/mdn"
	"faxgate/spool"
)

// receiptWhat is a receipt that we owe.
type receiptWhat struct {
	Kind    string `json:"kind"` // mdn or dsn
	Failed  bool   `json:"failed,omitempty"`
	Trouble string `json:"trouble,omitempty"`
	Pages   int    `json:"pages,omitempty"`
	ByHand  bool   `json:"byHand,omitempty"` // a person has it sent
	Prefer  bool   `json:"prefer,omitempty"` // it asks for a better form (RFC 3297)
	Faxed   string `json:"faxed,omitempty"`  // of a mail that was faxed on: the action to report (relayed.go)
}

// owe decides which receipts a received mail gets and queues them. The reason is in the journal, also for none.
func (g *Gateway) owe(tx *spool.Tx, rec spool.Received, state spool.State, pages int, trouble string) error {
	a := readAttrs(rec)
	w := receiptWhat{Kind: "mdn", Failed: state != Read, Trouble: trouble, Pages: pages}
	req := a.Request
	if len(req.To) == 0 && w.Failed && g.cfg.Fax.Answer == "errors" && req.ReturnPath != "" {
		req.To = []string{req.ReturnPath} // an error may be told unasked, a success never (RFC 2532 section 2.2.1)
	}
	policy, err := g.policyFor(tx, rec, a)
	if err != nil {
		return err
	}
	ok, why := mdn.Answer(req, policy)
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "receipt", Words: answerWords(ok, why)}); err != nil {
		return err
	}
	if ok {
		err = g.oweOne(tx, rec, w, req.To[0])
	} else {
		err = g.acknowledge(tx, rec, a, w)
	}
	if err != nil {
		return err
	}
	if w.Kind = "dsn"; a.owesDSN(&w, ok) {
		return g.oweOne(tx, rec, w, rec.EnvelopeFrom)
	}
	return nil
}

func answerWords(ok bool, why string) string {
	if ok {
		return "a receipt is sent: " + why
	}
	return "no receipt is sent: " + why
}

// owesDSN tells whether a delivery report is ours to send: only for what came by SMTP, never to the null sender, and as NOTIFY says (RFC 3461 section 5.2). Delivered, where success was
// to be told; failed, where no MDN tells it.
func (a receivedAttrs) owesDSN(w *receiptWhat, mdnSent bool) bool {
	notify := strings.ToUpper(a.Rcpt.Notify)
	if !a.SMTP || a.Request.ReturnPath == "" || notify == "NEVER" {
		return false
	}
	if w.Failed && !mdnSent && !a.Request.IsReport && !a.Request.IsList && !a.Request.Auto {
		return notify == "" || strings.Contains(notify, "FAILURE")
	}
	if w.Failed && !mdnSent {
		return false
	}
	w.Failed = false // the mail was delivered, whatever its pages are worth: the MDN tells that
	return strings.Contains(notify, "SUCCESS")
}

// oweOne writes the notice, which can exist once, and the task that sends it.
func (g *Gateway) oweOne(tx *spool.Tx, rec spool.Received, w receiptWhat, to string) error {
	if _, err := tx.Notice(rec.ID, rec.EnvelopeTo, w.Kind); !errors.Is(err, spool.ErrNotFound) {
		return err
	}
	now := tx.Now()
	id, err := tx.AddTask(spool.Task{Received: rec.ID, Kind: KindReceipt, Recipient: to, State: Queued, DueAt: &now, What: marshal(w)})
	if err != nil {
		return err
	}
	_, err = tx.AddNotice(spool.Notice{Received: rec.ID, Recipient: rec.EnvelopeTo, Kind: w.Kind, Task: id})
	return err
}

// receipt sends a receipt that we owe, at most once: that it is sent is committed before its final dot, and from then on it is never sent again (RFC 8098 section 2.1), unless the peer's
// reply to that dot was that it did not take it, as servers answer the first time that delay mail of strangers (greylisting).
func (g *Gateway) receipt(ctx context.Context, l *spool.Lease) error {
	w := readWhat[receiptWhat](l.Task)
	var rec spool.Received
	var n spool.Notice
	var last *spool.Attempt
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		if rec, err = tx.Received(l.Task.Received); err != nil {
			return err
		}
		if n, err = tx.Notice(rec.ID, rec.EnvelopeTo, w.Kind); err != nil {
			return err
		}
		last, err = lastAttempt(tx, l.Task.ID)
		return err
	})
	if err != nil {
		return err
	}
	notTaken := last != nil && last.Outcome == refusedOutcome
	if n.SentAt != nil && !notTaken {
		return g.endMail(ctx, l, "", verdict{state: Done, words: "the receipt had gone out when the gateway was stopped; it is not sent again"})
	}
	m, err := g.mailOf(ctx, l, func(m *spool.Message) error { return g.composeReceipt(ctx, m, l.Task.Recipient, rec, w) })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return g.endMail(ctx, l, "", g.judge(mailio.Reply{}, err, l.Task.Attempts+1, l.Task.CreatedAt))
	}
	env := mailio.Envelope{From: "", To: l.Task.Recipient, Size: m.Size, Notify: "NEVER"}
	g.fault("receipt-composed")
	attempt, reply, err := g.transmit(ctx, l, m, env, func(tx *spool.Tx) error {
		first, err := tx.SetNoticeSent(rec.ID, rec.EnvelopeTo, w.Kind, tx.Now())
		if err == nil && !first && !notTaken {
			return errors.New("this receipt was sent before")
		}
		return err
	})
	g.fault("receipt-replied")
	if ctx.Err() != nil && !isAnswer(err) {
		return g.putBack(ctx, l, attempt)
	}
	v := g.judge(reply, err, l.Task.Attempts+1, l.Task.CreatedAt)
	if v.state == Uncertain {
		v = verdict{state: Done, outcome: v.outcome, by: v.by, words: "the receipt went out, its answer was not read; it is not sent again"}
	}
	return g.endMail(ctx, l, attempt, v)
}

// composeReceipt writes the MDN or DSN.
func (g *Gateway) composeReceipt(ctx context.Context, m *spool.Message, to string, rec spool.Received, w receiptWhat) error {
	tells, err := g.tells(ctx, to)
	if err != nil {
		return err
	}
	a := readAttrs(rec)
	h := mdn.ReportHeader{
		From: mail.Address{Name: g.cfg.Fax.Name, Address: g.receiptFrom(rec)}, To: mail.Address{Address: to}, Date: g.now(),
		MessageID: m.MessageID, InReplyTo: rec.MessageID,
	}
	return g.storeComposed(ctx, m, func(wr io.Writer) error {
		if w.Faxed != "" && w.Kind == "dsn" {
			h.From = mail.Address{Name: "Mail Delivery System", Address: postmaster(g.cfg.Account())}
			return mdn.ComposeDSN(wr, h, faxedWords(rec, w), g.faxedDSN(rec, a, w))
		}
		if w.Kind == "dsn" {
			h.From = mail.Address{Name: "Mail Delivery System", Address: postmaster(h.From.Address)}
			return mdn.ComposeDSN(wr, h, g.dsnWords(rec, w), g.dsn(rec, a, w, tells.String()))
		}
		return mdn.ComposeMDN(wr, h, g.mdnWords(rec, w), g.mdn(rec, a, w, tells.String()))
	})
}

// postmaster is who delivery reports are from (RFC 3464 section 2), of the domain of an address.
func postmaster(address string) string {
	return "postmaster" + address[strings.LastIndexByte(address, '@'):]
}

// receiptFrom is the address that the fax was sent to (RFC 8098 section 3: From is the recipient for whom it is issued).
func (g *Gateway) receiptFrom(rec spool.Received) string {
	if a := readAttrs(rec); rec.Kind == bridgedKind && len(a.Faxed) > 0 {
		return a.Faxed[0].Address // the mail was sent to us, not to the machine that it was faxed to
	}
	if strings.Contains(rec.EnvelopeTo, "@") {
		return rec.EnvelopeTo
	}
	return g.cfg.Account()
}

func (g *Gateway) mdn(rec spool.Received, a receivedAttrs, w receiptWhat, tells string) mdn.MDN {
	m := mdn.MDN{
		ReportingUA: g.cfg.Hostname + "; faxgate", FinalRecipient: g.receiptFrom(rec), OriginalRecipient: a.Request.OriginalRecipient,
		OriginalMessageID: rec.MessageID, Type: mdn.TypeDispatched, Features: tells,
	}
	if w.ByHand {
		m.Mode, m.Sending, m.Type = mdn.ManualAction, mdn.SentManually, mdn.TypeDisplayed
	}
	if w.Prefer {
		m.Type, m.Modifiers = mdn.TypeDeleted, []string{mdn.AlternativePreferred}
	}
	if w.Failed {
		m.Type, m.Modifiers = mdn.TypeProcessed, []string{mdn.ModifierError}
		m.Errors = []string{"5.6.1 " + w.Trouble}
	}
	return m
}

func (g *Gateway) mdnWords(rec spool.Received, w receiptWhat) string {
	what := fmt.Sprintf("Your Internet fax %q to %s, received on %s,", rec.Subject, g.receiptFrom(rec), stamp(rec.ReceivedAt))
	switch {
	case w.Faxed != "":
		return faxedWords(rec, w)
	case w.Prefer:
		return what + " could be had in a better form, says its sender. Please send that one; this device tells below what it takes.\n"
	case !w.Failed:
		return fmt.Sprintf("%s was processed successfully: %s.\n", what, countPages(w.Pages))
	case w.Pages > 0:
		return fmt.Sprintf("%s could be read only in part: %s arrived, but not all of it.\n%s\nPlease send what is missing again.\n", what, countPages(w.Pages), w.Trouble)
	default:
		return fmt.Sprintf("%s could not be read.\n%s\nThis gateway takes TIFF (MH, MR, MMR), PDF, JPEG, PNG and text.\n", what, w.Trouble)
	}
}

func (g *Gateway) dsn(rec spool.Received, a receivedAttrs, w receiptWhat, tells string) mdn.DSN {
	r := mdn.Recipient{OriginalRecipient: addressPart(a.Rcpt.ORcpt), FinalRecipient: g.receiptFrom(rec), Action: "delivered", Status: "2.0.0", Features: tells}
	if w.Failed {
		r.Action, r.Status, r.Diagnostic = "failed", "5.6.1", "554 5.6.1 "+w.Trouble
	}
	return mdn.DSN{EnvelopeID: a.EnvID, ReportingMTA: g.cfg.Hostname, Arrival: rec.ReceivedAt, Recipients: []mdn.Recipient{r}}
}

func (g *Gateway) dsnWords(rec spool.Received, w receiptWhat) string {
	if w.Failed {
		return g.mdnWords(rec, w)
	}
	return fmt.Sprintf("Your Internet fax %q was delivered to %s on %s.\n", rec.Subject, g.receiptFrom(rec), stamp(rec.ReceivedAt))
}

// addressPart takes the "rfc822;" off an ORCPT.
func addressPart(orcpt string) string {
	if _, addr, ok := strings.Cut(orcpt, ";"); ok {
		return addr
	}
	return orcpt
}
