package gateway

import (
	"context"
	"fmt"
	"strings"

	"faxgate/ifax"
	"faxgate/spool"
)

// intake reads the pages of a received mail after its 250: what is readable is counted and routed, what is not is said in the receipt and in the journal. A report goes to confirm.
func (g *Gateway) intake(ctx context.Context, l *spool.Lease) error {
	var rec spool.Received
	var docs []spool.Document
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		if rec, err = tx.Received(l.Task.Received); err != nil {
			return err
		}
		docs, err = tx.ReceivedDocuments(rec.ID)
		return err
	})
	if err != nil {
		return err
	}
	if rec.Kind == ifax.KindMDN || rec.Kind == ifax.KindDSN {
		msg, err := g.parseAgain(ctx, rec)
		if err != nil {
			return err
		}
		return g.confirm(ctx, l, rec, msg)
	}
	if inSet(rec) {
		return g.gather(ctx, l, rec)
	}
	if rec.Kind == robotKind {
		return l.Update(ctx, func(tx *spool.Tx) error { return g.finishIntake(tx, l.Task, rec, Reported, 0, "") })
	}
	var found []pagesOf
	for _, d := range docs {
		p, err := g.readPages(ctx, d)
		if err != nil {
			return err // the store, or the shutdown: nothing is known of the pages
		}
		found = append(found, p)
	}
	g.fault("pages-read")
	return l.Update(ctx, func(tx *spool.Tx) error { return g.taken(tx, l.Task, rec, found) })
}

// parseAgain reads a kept report; its parts have been looked at before.
func (g *Gateway) parseAgain(ctx context.Context, rec spool.Received) (*ifax.Message, error) {
	b, err := g.blobs.Open(ctx, rec.Blob)
	if err != nil {
		return nil, fmt.Errorf("open the kept message: %w", err)
	}
	defer b.Close()
	msg, err := ifax.Parse(ctx, b, ifax.Limits{TempDir: g.tempDir()}, nil)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return msg, nil
}

// taken writes what was found, the receipt that we owe and the routes, in one transaction: after it nothing of this mail is left to chance.
func (g *Gateway) taken(tx *spool.Tx, t spool.Task, rec spool.Received, found []pagesOf) error {
	readable := 0
	var faults []string
	for _, f := range found {
		readable += f.readable
		if f.doc.Error != "" {
			faults = append(faults, fmt.Sprintf("%s: %s", f.doc.Name, f.doc.Error))
		}
		if err := tx.SetDocument(f.doc); err != nil {
			return err
		}
		for _, p := range f.pages {
			if err := tx.PutPage(p); err != nil {
				return err
			}
		}
	}
	state := Read
	switch {
	case readable == 0:
		state = Unreadable
		if len(faults) == 0 {
			faults = []string{"nothing in the message can be printed"}
			if rec.Kind == ifax.KindPartial {
				faults = []string{"a piece of a split message (message/partial) that does not say which it is, or that was split again and again"}
			}
		}
	case len(faults) > 0:
		state = Incomplete
	}
	trouble := strings.Join(faults, "; ")
	if done, err := g.alternative(tx, t, rec, state, found); done || err != nil {
		return err
	}
	if err := g.owe(tx, rec, state, readable, trouble); err != nil {
		return err
	}
	if readable > 0 {
		rec.State, rec.Pages, rec.Error = state, readable, trouble // the rules ask for them
		if err := g.startRoutes(tx, rec); err != nil {
			return err
		}
	}
	if readable == 0 {
		if err := g.tellAdministrator(tx, spool.Task{Received: rec.ID, Recipient: rec.EnvelopeTo, Kind: KindIntake}, Unreadable, trouble); err != nil {
			return err
		}
	}
	return g.finishIntake(tx, t, rec, state, readable, trouble)
}

// finishIntake ends the intake of a mail.
func (g *Gateway) finishIntake(tx *spool.Tx, t spool.Task, rec spool.Received, state spool.State, pages int, trouble string) error {
	rec.State, rec.Pages, rec.Error = state, pages, trouble
	if err := tx.SetReceived(rec); err != nil {
		return err
	}
	words := fmt.Sprintf("%s: %s", state, countPages(pages))
	if trouble != "" {
		words += "; " + trouble
	}
	if state == Reported {
		words = "the report has been dealt with"
	}
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "read", Words: words}); err != nil {
		return err
	}
	return tx.SetTask(t.ID, spool.TaskChange{State: Done, NoDue: true, Release: true})
}
