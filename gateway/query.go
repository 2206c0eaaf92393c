package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/ifax"
	"faxgate/spool"
)

// Page is a window on a list, newest first.
type Page struct {
	Before spool.ID // only what is older; empty: from the newest
	Limit  int      // 0: 50
}

// all is the limit of a list that must not be cut: of what belongs to one fax.
const all = -1

func (p Page) window() spool.Window {
	if p.Limit <= 0 || p.Limit > 1000 {
		p.Limit = 50
	}
	return spool.Window{Before: p.Before, Limit: p.Limit}
}

// Faxes lists submitted faxes.
func (g *Gateway) Faxes(ctx context.Context, p Page) ([]Fax, error) {
	list := []Fax{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		jobs, err := tx.Jobs(spool.JobFilter{Window: p.window()})
		if err != nil {
			return err
		}
		for _, j := range jobs {
			f, err := faxView(tx, j)
			if err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	return list, err
}

// Fax tells all about one submitted fax; ErrNotFound if there is none with this id.
func (g *Gateway) Fax(ctx context.Context, id spool.ID) (f Fax, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		j, err := tx.Job(id)
		if err != nil {
			return notFound(err)
		}
		f, err = faxView(tx, j)
		return err
	})
	return f, err
}

func faxView(tx *spool.Tx, j spool.Job) (Fax, error) {
	f := Fax{ID: j.ID, Number: readJobAttrs(j).Number, Subject: j.Subject, CreatedAt: j.CreatedAt, Deliveries: []Delivery{}}
	docs, err := tx.Documents(j.ID)
	if err != nil {
		return f, err
	}
	for _, d := range docs {
		f.Documents = append(f.Documents, documentView(d))
		f.Pages += d.Pages
	}
	tasks, err := tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all}, Job: j.ID, Kinds: []spool.Kind{KindFax}})
	if err != nil {
		return f, err
	}
	slices.Reverse(tasks) // as submitted
	for _, t := range tasks {
		f.Priority = priorityWord(t.Priority)
		d, err := deliveryView(tx, t)
		if err != nil {
			return f, err
		}
		f.Deliveries = append(f.Deliveries, d)
	}
	f.State, f.Late = overall(f.Deliveries)
	return f, nil
}

// overall is the state of a fax to several recipients: that of the one who is least far.
func overall(list []Delivery) (spool.State, bool) {
	order := []spool.State{Sending, Queued, Uncertain, Held, Accepted, Delivered, Failed, Expired, Cancelled, Confirmed}
	best, late := len(order)-1, false
	for _, d := range list {
		best = min(best, max(0, slices.Index(order, d.State)))
		late = late || d.Late
	}
	return order[best], late && order[best] == Confirmed
}

func documentView(d spool.Document) DocumentView {
	return DocumentView{ID: d.ID, Name: d.Name, Type: d.Type, Pages: d.Pages, Size: d.Size, Error: d.Error}
}

func deliveryView(tx *spool.Tx, t spool.Task) (Delivery, error) {
	d := Delivery{Task: t.ID, To: t.Recipient, Part: readWhat[faxWhat](t).Part, State: t.State, Late: t.Late, Reason: t.Reason, Attempts: t.Attempts, NextAt: t.DueAt, Rungs: []Rung{}}
	messages, err := tx.Messages(t.ID)
	if err != nil {
		return d, err
	}
	if len(messages) > 0 {
		last := messages[len(messages)-1]
		d.MessageID, d.Form = last.MessageID, readForm(last).String()
	}
	switch t.Kind {
	case KindRoute:
		d.Form = readWhat[routeWhat](t).String()
	case KindReceipt:
		d.Form = "receipt (MDN)"
	}
	events, err := tx.Events(spool.EventFilter{Window: spool.Window{Limit: all}, Task: t.ID, Kinds: []string{"state"}})
	if err != nil {
		return d, err
	}
	d.Rungs = append(d.Rungs, Rung{State: Queued, At: t.CreatedAt})
	for _, e := range slices.Backward(events) {
		var data rungData
		if json.Unmarshal(e.Data, &data) == nil {
			d.Rungs = append(d.Rungs, Rung{State: data.State, At: e.At, By: data.By, Words: e.Words})
		}
	}
	return d, nil
}

// Inbox lists received faxes; receipts and other mail that carries none are left out.
func (g *Gateway) Inbox(ctx context.Context, p Page) ([]InboxFax, error) {
	list := []InboxFax{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		received, err := tx.ReceivedList(spool.ReceivedFilter{Window: p.window(), States: []spool.State{Kept, Read, Incomplete, Unreadable}})
		if err != nil {
			return err
		}
		holds, err := heldRoutes(tx, "")
		if err != nil {
			return err
		}
		for _, r := range received {
			list = append(list, inboxView(r, holds))
		}
		return nil
	})
	return list, err
}

func inboxView(r spool.Received, holds []spool.Task) InboxFax {
	f := InboxFax{
		ID: r.ID, From: senderOf(r), To: r.EnvelopeTo, ReceivedAt: r.ReceivedAt, Pages: r.Pages, MessageID: r.MessageID, Error: r.Error,
		State: r.State, Subject: r.Subject, Source: r.Source, SubAddress: readAttrs(r).SubAddress,
	}
	for _, t := range holds {
		if t.Received == r.ID {
			f.HeldBy = readWhat[routeWhat](t).Rule
		}
	}
	return f
}

// InboxFax tells all about one received fax.
func (g *Gateway) InboxFax(ctx context.Context, id spool.ID) (f InboxFax, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		r, err := tx.Received(id)
		if err != nil {
			return notFound(err)
		}
		holds, err := heldRoutes(tx, id)
		if err != nil {
			return err
		}
		f = inboxView(r, holds)
		if f.Receipt, f.ByHand, err = g.receiptState(tx, r); err != nil {
			return err
		}
		docs, err := tx.ReceivedDocuments(id)
		if err != nil {
			return err
		}
		for _, d := range docs {
			f.Documents = append(f.Documents, documentView(d))
		}
		tasks, err := tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all}, Received: id, Kinds: []spool.Kind{KindReceipt, KindRoute}})
		if err != nil {
			return err
		}
		for _, t := range slices.Backward(tasks) {
			d, err := deliveryView(tx, t)
			if err != nil {
				return err
			}
			f.Tasks = append(f.Tasks, d)
		}
		return nil
	})
	return f, err
}

// InboxRaw opens the message as it came; the caller closes it.
func (g *Gateway) InboxRaw(ctx context.Context, id spool.ID) (spool.Blob, error) {
	r, err := g.received(ctx, id)
	if err != nil {
		return nil, err
	}
	return g.blobs.Open(ctx, r.Blob)
}

func (g *Gateway) received(ctx context.Context, id spool.ID) (r spool.Received, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		r, err = tx.Received(id)
		return notFound(err)
	})
	return r, err
}

// Document opens one document of a fax or of the inbox; the caller closes it.
func (g *Gateway) Document(ctx context.Context, id spool.ID) (DocumentView, spool.Blob, error) {
	var d spool.Document
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		d, err = tx.Document(id)
		return notFound(err)
	})
	if err != nil {
		return DocumentView{}, nil, err
	}
	if d.Hash == "" {
		return documentView(d), nil, fmt.Errorf("%w: %s", ErrNotFound, d.Error)
	}
	b, err := g.blobs.Open(ctx, d.Hash)
	return documentView(d), b, err
}

// InboxPDF writes the readable pages of a received fax as PDF.
func (g *Gateway) InboxPDF(ctx context.Context, id spool.ID, w io.Writer) error {
	r, err := g.received(ctx, id)
	if err != nil {
		return err
	}
	return g.receivedPDF(ctx, r, w)
}

// InboxTIFF writes the readable pages of a received fax, of all its documents, as one TIFF.
func (g *Gateway) InboxTIFF(ctx context.Context, id spool.ID, w io.Writer) error {
	r, err := g.received(ctx, id)
	if err != nil {
		return err
	}
	return g.archiveTIFF(ctx, r, w)
}

// FaxPDF writes the pages of a submitted fax, as they were submitted, as PDF.
func (g *Gateway) FaxPDF(ctx context.Context, id spool.ID, w io.Writer) error {
	j, docs, err := g.jobDocuments(ctx, id)
	if err != nil {
		return err
	}
	return g.writePDF(ctx, docs, pdf.Meta{Title: j.Subject, Created: j.CreatedAt}, w)
}

func (g *Gateway) jobDocuments(ctx context.Context, id spool.ID) (j spool.Job, docs []spool.Document, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		if j, err = tx.Job(id); err != nil {
			return notFound(err)
		}
		docs, err = tx.Documents(id)
		return err
	})
	return j, docs, err
}

// InboxThumbnail writes page n (from 1) of a received fax as PNG, width pixels wide.
func (g *Gateway) InboxThumbnail(ctx context.Context, id spool.ID, n, width int, w io.Writer) error {
	var docs []spool.Document
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		docs, err = tx.ReceivedDocuments(id)
		return err
	})
	if err != nil {
		return err
	}
	return g.thumbnail(ctx, docs, n, width, w)
}

// FaxThumbnail writes page n (from 1) of a submitted fax as PNG, width pixels wide.
func (g *Gateway) FaxThumbnail(ctx context.Context, id spool.ID, n, width int, w io.Writer) error {
	_, docs, err := g.jobDocuments(ctx, id)
	if err != nil {
		return err
	}
	return g.thumbnail(ctx, docs, n, width, w)
}

func (g *Gateway) thumbnail(ctx context.Context, docs []spool.Document, n, width int, w io.Writer) error {
	for _, d := range docs {
		doc, _, err := g.openDocument(ctx, d.Hash)
		if err != nil {
			continue // its error stands with the document
		}
		if n > doc.Count() {
			n -= doc.Count()
			doc.Close()
			continue
		}
		defer doc.Close()
		for p, err := range doc.Pages(ctx) {
			if p.Index+1 != n {
				continue
			}
			if err != nil {
				return err
			}
			return codec.Thumbnail(ctx, w, p, width)
		}
	}
	return fmt.Errorf("%w: no such page", ErrNotFound)
}

// Peers lists what is known of other machines.
func (g *Gateway) Peers(ctx context.Context) ([]PeerView, error) {
	list := []PeerView{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		peers, err := tx.Peers(spool.PeerFilter{Limit: all})
		for _, p := range peers {
			list = append(list, g.peerView(p))
		}
		return err
	})
	return list, err
}

// Peer tells what is known of the machine behind an address.
func (g *Gateway) Peer(ctx context.Context, addr string) (v PeerView, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		p, err := tx.Peer(peerKey(addr))
		if err != nil {
			return notFound(err)
		}
		v = g.peerView(p)
		return nil
	})
	return v, err
}

func (g *Gateway) peerView(p spool.Peer) PeerView {
	v := PeerView{Address: p.Address, Features: p.Raw, Source: p.Source, LearnedAt: p.LearnedAt, ExpiresAt: p.ExpiresAt, Pinned: p.Pinned, Best: "Profile S (its abilities cannot be read)"}
	if p.ExpiresAt != nil && !p.Pinned && p.ExpiresAt.Before(g.now()) {
		v.Best = "Profile S (what was learned is too old to be believed)"
		return v
	}
	if c, err := ifax.ParseCapabilities(p.Raw); err == nil {
		t := ifax.Choose(c, g.own.sends(g.own.colour), codec.Summary{Pages: 1, Vector: true, Kind: codec.Bilevel, Paper: codec.A4})
		v.Best = fmt.Sprintf("profile %c, %s, %s", t.Profile.Letter, t.Profile.Coding, t.Resolution)
		if most := c.Shades(); most != codec.Bilevel {
			v.Best += fmt.Sprintf("; pages with shades in %s", most)
		}
	}
	return v
}

// JournalFilter selects lines of the journal.
type JournalFilter struct {
	Page
	Fax, Inbox spool.ID
}

// Journal lists what happened, newest first.
func (g *Gateway) Journal(ctx context.Context, f JournalFilter) ([]JournalLine, error) {
	list := []JournalLine{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		events, err := tx.Events(spool.EventFilter{Window: f.window(), Job: f.Fax, Received: f.Inbox})
		for _, e := range events {
			words := e.Words
			var data rungData
			if e.Kind == "state" && json.Unmarshal(e.Data, &data) == nil {
				words = strings.TrimSuffix(string(data.State)+": "+words, ": ")
			}
			list = append(list, JournalLine{At: e.At, Kind: e.Kind, Words: words, Fax: e.Job, Inbox: e.Received})
		}
		return err
	})
	return list, err
}
