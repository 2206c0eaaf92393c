package gateway

import (
	"context"
	"errors"
	"fmt"

	"faxgate/mdn"
	"faxgate/spool"
)

// byhand.go is about receipts that were asked for and that a device must not send by itself, such as those of a machine whose Disposition-Notification-To is not its Return-Path (a Konica
// Minolta as it leaves the factory): a person sees that, and may have it sent.

// policyFor is the administrator's word on receipts, and what is known of this one.
func (g *Gateway) policyFor(tx *spool.Tx, rec spool.Received, a receivedAttrs) (mdn.Policy, error) {
	p := mdn.Policy{Never: g.cfg.Fax.Answer == "off", Sent: a.Answered}
	var err error
	if p.SameDevice, err = sameDevice(tx, a.Request); err != nil {
		return p, err
	}
	n, err := tx.Notice(rec.ID, rec.EnvelopeTo, "mdn")
	if errors.Is(err, spool.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	_, failed, err := unsentReceipt(tx, n)
	p.Sent = !failed
	return p, err
}

// unsentReceipt gives the task of a receipt, and whether it was given up without ever going out.
func unsentReceipt(tx *spool.Tx, n spool.Notice) (spool.Task, bool, error) {
	if n.SentAt != nil || n.Task == "" {
		return spool.Task{}, false, nil
	}
	t, err := tx.Task(n.Task)
	return t, err == nil && (t.State == Failed || t.State == Held), err
}

// sameDevice tells whether the address that asks for a receipt and the return path are one machine, as the contact of either says.
func sameDevice(tx *spool.Tx, req mdn.Request) (bool, error) {
	if len(req.To) != 1 || req.ReturnPath == "" {
		return false, nil
	}
	for _, pair := range [][2]string{{req.To[0], req.ReturnPath}, {req.ReturnPath, req.To[0]}} {
		row, err := tx.Contact(peerKey(pair[0]))
		if errors.Is(err, spool.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		if c := contactOfRow(row); c.SameDevice != "" && mdn.SameAddress(c.SameDevice, pair[1]) {
			return true, nil
		}
	}
	return false, nil
}

// receiptState says what became of the receipt that a received fax asks for; empty where none was asked for, or the pages are not read yet.
func (g *Gateway) receiptState(tx *spool.Tx, rec spool.Received) (words string, byHand bool, err error) {
	a := readAttrs(rec)
	if len(a.Request.To) == 0 || rec.State == Kept {
		return "", false, nil
	}
	switch n, err := tx.Notice(rec.ID, rec.EnvelopeTo, "mdn"); {
	case err == nil && n.SentAt != nil:
		return "Receipt sent on " + stamp(*n.SentAt), false, nil
	case err == nil:
		t, failed, err := unsentReceipt(tx, n)
		if failed {
			return "The receipt could not be sent: " + t.Reason, g.cfg.Fax.Answer != "off", err
		}
		return "The receipt is on its way", false, err
	case !errors.Is(err, spool.ErrNotFound):
		return "", false, err
	}
	policy, err := g.policyFor(tx, rec, a)
	if err != nil {
		return "", false, err
	}
	_, why := mdn.Answer(a.Request, policy)
	ok, _ := mdn.AnswerByHand(a.Request, policy)
	if ok && len(a.Request.To) == 1 && a.Request.ReturnPath != "" && !mdn.SameAddress(a.Request.To[0], a.Request.ReturnPath) {
		return fmt.Sprintf("Receipt asked for, addresses differ: %s asks, and the mail came from %s", a.Request.To[0], a.Request.ReturnPath), true, nil
	}
	return "Receipt asked for, not sent: " + why, ok, nil
}

// SendReceipt has the receipt sent that a received fax asks for, by a person's word, where it was not sent by itself. ErrState says why it cannot be.
func (g *Gateway) SendReceipt(ctx context.Context, id spool.ID) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		rec, err := tx.Received(id)
		if err != nil {
			return notFound(err)
		}
		if rec.State == Kept || rec.State == Reported {
			return fmt.Errorf("%w: it is %s", ErrState, rec.State)
		}
		a := readAttrs(rec)
		policy, err := g.policyFor(tx, rec, a)
		if err != nil {
			return err
		}
		ok, why := mdn.AnswerByHand(a.Request, policy)
		if !ok {
			return fmt.Errorf("%w: %s", ErrState, why)
		}
		if _, err := tx.AddEvent(spool.Event{Received: id, Kind: "receipt", Words: answerWords(true, why)}); err != nil {
			return err
		}
		if n, err := tx.Notice(id, rec.EnvelopeTo, "mdn"); err == nil { // it was given up, and goes out now
			t, _, err := unsentReceipt(tx, n)
			if err != nil {
				return err
			}
			none, due := 0, tx.Now()
			if err := tx.SetTask(t.ID, spool.TaskChange{Attempts: &none}); err != nil {
				return err
			}
			t.Attempts = 0
			return g.setState(tx, t, Queued, change{due: &due, release: true, by: "person", words: "tried again by hand"})
		} else if !errors.Is(err, spool.ErrNotFound) {
			return err
		}
		w := receiptWhat{Kind: "mdn", Failed: rec.State != Read, Trouble: rec.Error, Pages: rec.Pages, ByHand: true}
		return g.oweOne(tx, rec, w, a.Request.To[0])
	})
}

// acknowledge queues a plain mail that says what became of a fax, to a machine of the own network that cannot ask for receipts and whose contact says so. What a program or a list sent gets none.
func (g *Gateway) acknowledge(tx *spool.Tx, rec spool.Received, a receivedAttrs, w receiptWhat) error {
	r := a.Request
	if r.ReturnPath == "" || r.Auto || r.IsList || r.IsReport || r.Bulk || r.Partial || g.cfg.Fax.Answer == "off" {
		return nil
	}
	row, err := tx.Contact(peerKey(r.ReturnPath))
	if errors.Is(err, spool.ErrNotFound) || err == nil && !contactOfRow(row).Acknowledge {
		return nil
	}
	if err != nil {
		return err
	}
	subject := "Fax received: " + countPages(w.Pages)
	if w.Failed {
		subject = "Fax not received in full"
	}
	now := tx.Now()
	_, err = tx.AddTask(spool.Task{
		Received: rec.ID, Kind: KindReport, Recipient: row.Address, State: Queued, DueAt: &now, What: marshal(reportWhat{Subject: subject, Text: g.mdnWords(rec, w)}),
	})
	return err
}
