package gateway

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/mailio"
	"faxgate/mdn"
	"faxgate/spool"
)

// relayed.go writes the delivery reports on mail that is faxed on (bridge.go). There this gateway is where the delivery reports of the mail servers end: the fax is a new message, with a sender,
// an envelope id and receipts of its own (RFC 3461 section 5.2.4). Once it rests, its sender's servers are told as NOTIFY says: delivered, where that is known; relayed, where the fax went out
// and nothing more came; failed.
//
// A received fax that a rule passes on by mail is another thing: it has been delivered here, into the inbox, where it stays whatever becomes of the copies. It was reported as delivered at its
// intake, and each recipient is reported on once (RFC 3461 section 5.2.2). So is one that is held. Delayed is never written: mail is answered with 250 only when it lies here, and what waits
// after that is the fax, of which the outcome mail tells.

// bridgedAttrs keeps what a delivery report on a mail that is faxed on must have.
func (g *Gateway) bridgedAttrs(env mailio.Envelope, in incoming, b bridged) receivedAttrs {
	a := receivedAttrs{Request: in.msg.Request(), EnvID: env.EnvID, SMTP: env.Mailbox == nil, Subject: in.msg.Subject}
	a.Request.ReturnPath, a.Request.HasReturnPath, a.Request.ReturnPaths = env.From, true, 0
	for _, r := range env.Rcpts {
		if !slices.Contains(b.rest, r) {
			a.Faxed = append(a.Faxed, r)
		}
	}
	return a
}

// tellServers owes the reports on a mail that is faxed on, once all of its deliveries rest: one delivery report, where NOTIFY asks for it (without NOTIFY there is none: people are told by the
// outcome mail, RFC 3461 section 5.2.4), and of a failure an MDN, where a receipt was asked for (RFC 4160 section 3.4).
func (g *Gateway) tellServers(tx *spool.Tx, j spool.Job, attrs jobAttrs) error {
	if attrs.Mail == "" {
		return nil
	}
	rec, err := tx.Received(attrs.Mail)
	if err != nil {
		return err
	}
	a := readAttrs(rec)
	if !a.SMTP || rec.EnvelopeFrom == "" || len(a.Request.To) == 0 && !slices.ContainsFunc(a.Faxed, func(r mailio.Rcpt) bool { return r.Notify != "" }) {
		return nil
	}
	tasks, err := tx.Tasks(spool.TaskFilter{Job: j.ID, Kinds: []spool.Kind{KindFax}, Window: spool.Window{Limit: all}})
	if err != nil {
		return err
	}
	w, rests := faxedAs(tasks)
	if !rests {
		return nil
	}
	if err := g.oweFailure(tx, rec, a, w); err != nil {
		return err
	}
	if len(faxedRcpts(a, w.Faxed)) == 0 {
		return nil
	}
	return g.oweOne(tx, rec, w, rec.EnvelopeFrom)
}

// faxedAs sums up what became of the deliveries of a mail; false: some still go on.
func faxedAs(tasks []spool.Task) (receiptWhat, bool) {
	w := receiptWhat{Kind: "dsn", Faxed: "delivered"}
	for _, t := range tasks {
		if !rests(t.State, t.DueAt) {
			return w, false
		}
		switch t.State {
		case Confirmed, Delivered:
		case Accepted, Expired:
			if w.Faxed == "delivered" {
				w.Faxed = "relayed"
			}
		default:
			w.Faxed, w.Trouble = "failed", strings.TrimPrefix(w.Trouble+"; "+t.Recipient+": "+t.Reason, "; ")
		}
	}
	return w, true
}

// oweFailure owes the MDN that tells of a fax that failed, by the rules for all MDNs.
func (g *Gateway) oweFailure(tx *spool.Tx, rec spool.Received, a receivedAttrs, w receiptWhat) error {
	if w.Faxed != "failed" {
		return nil
	}
	policy, err := g.policyFor(tx, rec, a)
	if err != nil {
		return err
	}
	ok, why := mdn.Answer(a.Request, policy)
	if len(a.Request.To) == 0 {
		return nil
	}
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "receipt", Words: answerWords(ok, why)}); err != nil || !ok {
		return err
	}
	return g.oweOne(tx, rec, receiptWhat{Kind: "mdn", Failed: true, Faxed: w.Faxed, Trouble: w.Trouble}, a.Request.To[0])
}

// faxedRcpts are those who asked for the report.
func faxedRcpts(a receivedAttrs, action string) []mailio.Rcpt {
	word := "SUCCESS"
	if action == "failed" {
		word = "FAILURE"
	}
	return slices.DeleteFunc(slices.Clone(a.Faxed), func(r mailio.Rcpt) bool { return !strings.Contains(strings.ToUpper(r.Notify), word) })
}

func (g *Gateway) faxedDSN(rec spool.Received, a receivedAttrs, w receiptWhat) mdn.DSN {
	d := mdn.DSN{EnvelopeID: a.EnvID, ReportingMTA: g.cfg.Hostname, Arrival: rec.ReceivedAt}
	for _, rcpt := range faxedRcpts(a, w.Faxed) {
		r := mdn.Recipient{OriginalRecipient: addressPart(rcpt.ORcpt), FinalRecipient: rcpt.Address, Action: w.Faxed, Status: "2.0.0"}
		if w.Faxed == "failed" {
			r.Status, r.Diagnostic = "5.0.0", "550 5.0.0 "+w.Trouble
		}
		d.Recipients = append(d.Recipients, r)
	}
	return d
}

func faxedWords(rec spool.Received, w receiptWhat) string {
	became := map[string]string{
		"delivered": "was faxed, and its arrival was confirmed.",
		"relayed":   "was faxed. Whether it was printed is not known: no receipt came from there.",
		"failed":    "could not be faxed: " + w.Trouble,
	}
	return fmt.Sprintf("Your mail %q, received on %s, %s\n", rec.Subject, stamp(rec.ReceivedAt), became[w.Faxed])
}
