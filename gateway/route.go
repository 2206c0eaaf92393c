package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/mail"
	"os"
	"slices"
	"strconv"
	"strings"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/mdn"
	"faxgate/spool"
)

// route passes a received fax on: as PDF, by mail, to the configured address. The fax stays in the inbox in any case.
func (g *Gateway) route(ctx context.Context, l *spool.Lease) error {
	m, err := g.mailOf(ctx, l, func(m *spool.Message) error { return g.composeRoute(ctx, m, l.Task) })
	return g.mail(ctx, l, m, err)
}

// maxHops is how many gateways may pass a fax on to each other: more is a loop.
const maxHops = 3

// hopsField carries the count from one faxgate to the next.
const hopsField = "X-Faxgate-Hops"

// startRoutes queues what is to be done with a received fax, unless it has been going round.
func (g *Gateway) startRoutes(tx *spool.Tx, rec spool.Received) error {
	if g.cfg.Fax.DeliverTo == "" {
		return nil
	}
	if hops := readAttrs(rec).Hops; hops >= maxHops {
		words := fmt.Sprintf("not passed on to %s: the fax has been passed on %d times already, so gateways are sending it round (check their deliver_to); it is kept in the inbox", g.cfg.Fax.DeliverTo, hops)
		if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "loop", Words: words}); err != nil {
			return err
		}
		return g.tellAdministrator(tx, spool.Task{Received: rec.ID, Kind: KindRoute, Recipient: g.cfg.Fax.DeliverTo}, Held, words)
	}
	now := tx.Now()
	_, err := tx.AddTask(spool.Task{Received: rec.ID, Kind: KindRoute, Recipient: g.cfg.Fax.DeliverTo, State: Queued, DueAt: &now})
	return err
}

// mail sends a composed mail that is no fax and settles the task. A repeat after an unanswered dot is the same mail under the same Message-ID, so that mail programs can tell.
func (g *Gateway) mail(ctx context.Context, l *spool.Lease, m spool.Message, err error) error {
	t := l.Task
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return g.endMail(ctx, l, "", g.judge(mailio.Reply{}, err, t.Attempts+1, began(t)))
	}
	env := mailio.Envelope{From: g.cfg.Account(), To: t.Recipient, Size: m.Size, EnvID: m.EnvID, Ret: "HDRS"}
	attempt, reply, err := g.transmit(ctx, l, m, env, nil)
	if ctx.Err() != nil && !isAnswer(err) {
		return g.putBack(ctx, l, attempt)
	}
	v := g.judge(reply, err, t.Attempts+1, began(t))
	if v.state == Uncertain {
		if v, err = g.onceMore(ctx, m, v); err != nil {
			return err
		}
	}
	return g.endMail(ctx, l, attempt, v)
}

// onceMore repeats a mail whose dot was not answered once, after the grace period; then it waits for a person, so that nobody's mailbox is filled with copies.
func (g *Gateway) onceMore(ctx context.Context, m spool.Message, v verdict) (verdict, error) {
	var tried []spool.Attempt
	err := g.spool.View(context.WithoutCancel(ctx), func(tx *spool.Tx) (err error) {
		tried, err = tx.Attempts(m.ID)
		return err
	})
	v.state = Queued
	if slices.ContainsFunc(tried, func(a spool.Attempt) bool { return a.Outcome == v.outcome }) {
		v.state, v.due = Held, nil
		v.words = "sent twice without an answer to the end of the message: look whether it has arrived, then retry or cancel it; the last word: " + v.words
	}
	return v, err
}

// endMail settles a task that is no fax. A failed or held route is told to the administrator; a failed notice is only logged, because telling it would fail too.
func (g *Gateway) endMail(ctx context.Context, l *spool.Lease, attempt spool.ID, v verdict) error {
	if v.state == Accepted {
		v.state = Done
	}
	if v.state == Failed {
		g.log.ErrorContext(ctx, string(l.Task.Kind)+" failed", "task", l.Task.ID, "inbox", l.Task.Received, "to", l.Task.Recipient, "words", v.words)
	}
	return l.Update(context.WithoutCancel(ctx), func(tx *spool.Tx) error {
		if attempt != "" {
			if err := g.endAttempt(tx, attempt, v); err != nil {
				return err
			}
		}
		if (v.state == Failed || v.state == Held) && l.Task.Kind == KindRoute {
			if err := g.tellAdministrator(tx, l.Task, v.state, v.words); err != nil {
				return err
			}
		}
		return g.setState(tx, l.Task, v.state, change{by: v.by, words: v.words, due: v.due, try: true, release: true})
	})
}

// mailOf returns the stored message of a task, or composes and stores it: once, so that a repeat is the same message.
func (g *Gateway) mailOf(ctx context.Context, l *spool.Lease, compose func(*spool.Message) error) (spool.Message, error) {
	var stored []spool.Message
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		stored, err = tx.Messages(l.Task.ID)
		return err
	})
	if err != nil {
		return spool.Message{}, err
	}
	if len(stored) > 0 {
		return stored[len(stored)-1], nil
	}
	m := spool.Message{ID: spool.NewID(), Task: l.Task.ID, MessageID: g.newMessageID(), Part: 1, Parts: 1}
	m.EnvID = string(m.ID)
	if err := compose(&m); err != nil {
		return spool.Message{}, err
	}
	return m, l.Update(ctx, func(tx *spool.Tx) error {
		_, err := tx.AddMessage(m)
		return err
	})
}

// composeRoute writes the mail with the PDF.
func (g *Gateway) composeRoute(ctx context.Context, m *spool.Message, t spool.Task) error {
	var rec spool.Received
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		rec, err = tx.Received(t.Received)
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(g.tempDir(), "route-*.pdf")
	if err != nil {
		return fmt.Errorf("make a temporary file: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := g.receivedPDF(ctx, rec, f); err != nil {
		if errors.Is(err, ErrNotFound) {
			return unsendable("make the PDF: %w", err)
		}
		return blame(err, "make the PDF: %w", err)
	}
	return g.storeMail(ctx, m, g.routeMail(rec, t, m.MessageID, f.Name()))
}

func (g *Gateway) routeMail(rec spool.Received, t spool.Task, messageID, file string) ifax.Message {
	from := rec.From
	if from == "" {
		from = rec.EnvelopeFrom
	}
	subject := fmt.Sprintf("Fax from %s (%s)", from, countPages(rec.Pages))
	var text strings.Builder
	fmt.Fprintf(&text, "A fax has come in.\n\nFrom:     %s\nTo:       %s\nReceived: %s\nPages:    %d\nSubject:  %s\n", from, rec.EnvelopeTo, stamp(rec.ReceivedAt), rec.Pages, rec.Subject)
	if rec.Error != "" {
		subject = "Incomplete f" + subject[1:]
		fmt.Fprintf(&text, "\nIt is incomplete: %s\nThe sender has been told where a receipt was asked for.\n", rec.Error)
	}
	fmt.Fprintf(&text, "\nThe original is kept in the inbox of faxgate as %s.\n", rec.ID)
	return ifax.Message{
		From: mail.Address{Name: g.cfg.Fax.Name, Address: g.cfg.Account()}, To: []mail.Address{{Address: t.Recipient}},
		Date: g.now(), MessageID: messageID, Subject: subject, Text: text.String(), AutoSubmitted: automatic,
		Extra: []mdn.Field{{Name: hopsField, Value: strconv.Itoa(readAttrs(rec).Hops + 1)}},
		Documents: []ifax.Attachment{{
			Name: "fax-" + rec.ReceivedAt.Local().Format("20060102-150405") + ".pdf", Type: "application/pdf",
			Open: func() (io.ReadCloser, error) { return os.Open(file) },
		}},
	}
}

// receivedPDF writes all readable pages of a received fax as one PDF.
func (g *Gateway) receivedPDF(ctx context.Context, rec spool.Received, w io.Writer) error {
	var docs []spool.Document
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		docs, err = tx.ReceivedDocuments(rec.ID)
		return err
	})
	if err != nil {
		return err
	}
	return g.writePDF(ctx, docs, pdf.Meta{Title: rec.Subject, Author: rec.From, Created: rec.ReceivedAt}, w)
}

// writePDF writes the pages of documents that can be read, leaving out those that cannot: what is left out stands in the documents' own errors.
func (g *Gateway) writePDF(ctx context.Context, docs []spool.Document, meta pdf.Meta, w io.Writer) error {
	var opened []codec.Document
	defer func() {
		for _, d := range opened {
			d.Close()
		}
	}()
	known, err := g.knownPages(ctx, docs)
	if err != nil {
		return err
	}
	total, doubts := 0, map[int]doubt{}
	for _, d := range docs {
		if d.Hash == "" {
			continue
		}
		doc, _, err := g.openDocument(ctx, d.Hash)
		if isOurFault(err) {
			return err
		}
		if err != nil {
			continue
		}
		opened = append(opened, doc)
		noteDoubts(doubts, total, doc.Count(), known[d.ID])
		total += doc.Count()
	}
	if total == 0 {
		return fmt.Errorf("%w: no page can be read", ErrNotFound)
	}
	_, err = codec.WritePDF(ctx, w, meta, readablePages(ctx, allPages(ctx, opened, docs, total), doubts))
	return err
}

// doubt is what the intake has left open about a page.
type doubt int

const (
	broken doubt = iota + 1 // something was wrong with it: enough of it may be there to be shown
	unread                  // the intake gave up before it
)

// knownPages is what the intake has found in each document.
func (g *Gateway) knownPages(ctx context.Context, docs []spool.Document) (map[spool.ID][]spool.Page, error) {
	known := map[spool.ID][]spool.Page{}
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		for _, d := range docs {
			if known[d.ID], err = tx.Pages(d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return known, err
}

// noteDoubts adds the doubtful ones of a document's pages, which are numbered from first on. A document that has not been read yet has none.
func noteDoubts(doubts map[int]doubt, first, count int, known []spool.Page) {
	if len(known) == 0 {
		return
	}
	for i := range count {
		doubts[first+i] = unread
	}
	for _, p := range known {
		if delete(doubts, first+p.Index); p.Error != "" {
			doubts[first+p.Index] = broken
		}
	}
}

// readablePages leaves out the pages that cannot be opened or decoded. A fault of this installation ends the walk instead, so that no page is lost silently.
func readablePages(ctx context.Context, pages iter.Seq2[codec.Page, error], doubts map[int]doubt) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		for p, err := range pages {
			d := doubts[p.Index]
			if err == nil && d == broken {
				err = walkRows(ctx, p)
			}
			if d == unread || err != nil && !isOurFault(err) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}
