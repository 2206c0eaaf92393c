package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"faxgate/spool"
)

// forward.go makes new faxes of documents that are here already: of a received fax, or of one that was sent.

// The origins of such faxes, and the kinds of their lines in the journal.
const (
	originForward = "forward"
	originResend  = "resend"
)

// Forward faxes the readable documents of a received fax to somebody else. Of the request, To, Key, Subject and what says when and how it goes are used; without a subject it is the
// received one's, after "Fwd:". The journal has it on both sides.
func (g *Gateway) Forward(ctx context.Context, id spool.ID, r SubmitRequest) (spool.ID, error) {
	to, err := g.repeatable(ctx, &r)
	if err != nil {
		return "", err
	}
	rec, err := g.received(ctx, id)
	if err != nil {
		return "", err
	}
	switch rec.State {
	case Kept:
		return "", fmt.Errorf("%w: its pages are still being read; try again in a moment", ErrState)
	case Read, Incomplete, Unreadable:
	default:
		return "", &InputError{"fax", "this mail carries no fax"}
	}
	docs, faults, err := g.readableDocuments(ctx, id)
	if err != nil {
		return "", err
	}
	if len(docs) == 0 {
		return "", &InputError{"fax", "nothing of this fax can be read, so nothing can be forwarded: " + cmp.Or(rec.Error, "it has no documents")}
	}
	r.Origin = originForward
	r.Subject = cmp.Or(r.Subject, forwarded(rec))
	words := fmt.Sprintf("the fax that came from %s on %s is forwarded to %s", senderOf(rec), stamp(rec.ReceivedAt), names(to))
	if len(faults) > 0 {
		words += "; not readable in full: " + cutWords(strings.Join(faults, "; "))
	}
	return g.queue(ctx, r, to, docs, spool.Event{Received: id, Kind: originForward, Words: words})
}

// Resend sends the documents of a sent fax as a new one: to the same recipients unless the request names others, under the same subject, sender name and priority, telling the same
// person, unless the request says otherwise.
func (g *Gateway) Resend(ctx context.Context, id spool.ID, r SubmitRequest) (spool.ID, error) {
	j, docs, err := g.jobDocuments(ctx, id)
	if err != nil {
		return "", err
	}
	if err := g.asBefore(ctx, j, &r); err != nil {
		return "", err
	}
	to, err := g.repeatable(ctx, &r)
	if err != nil {
		return "", err
	}
	for i := range docs {
		docs[i].ID = ""
	}
	r.id, r.Origin, r.Text = spool.NewID(), originResend, cmp.Or(r.Text, j.Text)
	return g.queue(ctx, r, to, docs,
		spool.Event{Kind: originResend, Words: fmt.Sprintf("the documents of fax %s are sent again to %s", id, names(to))},
		spool.Event{Job: id, Kind: originResend, Words: fmt.Sprintf("its documents are sent again to %s, as fax %s", names(to), r.id)})
}

// repeatable checks a request for documents that are here already.
func (g *Gateway) repeatable(ctx context.Context, r *SubmitRequest) ([]addressee, error) {
	to, err := g.recipients(ctx, r.To)
	if err != nil {
		return nil, err
	}
	if err := g.complete(r); err != nil {
		return nil, err
	}
	return to, g.roomOnDisk()
}

// asBefore fills what the request leaves open with what the sent fax had.
func (g *Gateway) asBefore(ctx context.Context, j spool.Job, r *SubmitRequest) error {
	var tasks []spool.Task
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		tasks, err = tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all, Oldest: true}, Job: j.ID, Kinds: []spool.Kind{KindFax}})
		return err
	})
	if err != nil || len(tasks) == 0 {
		return err
	}
	if len(r.To) == 0 {
		for _, t := range tasks {
			r.To = append(r.To, t.Recipient)
		}
	}
	r.Subject, r.Priority = cmp.Or(r.Subject, j.Subject), cmp.Or(r.Priority, priorityWord(tasks[0].Priority))
	if r.Outcome == (Outcome{}) {
		r.Outcome = readJobAttrs(j).Outcome
	}
	was := readWhat[faxWhat](tasks[0])
	r.Colour = cmp.Or(r.Colour, string(was.Colour))
	r.Deskew, r.DropBlank, r.Border = cmp.Or(r.Deskew, &was.Clean.Deskew), cmp.Or(r.DropBlank, &was.Clean.DropBlank), cmp.Or(r.Border, &was.Clean.Border)
	name := was.Header
	if _, known := g.cfg.Fax.SenderName(name); known && !slices.ContainsFunc(tasks, func(t spool.Task) bool { return readWhat[faxWhat](t).Header != name }) {
		r.HeaderName = cmp.Or(r.HeaderName, name)
	}
	return nil
}

// readableDocuments gives the documents of a received fax for a new one: whole ones as they came, of the others the pages that can be read. faults says what is wrong with them.
func (g *Gateway) readableDocuments(ctx context.Context, id spool.ID) (docs []spool.Document, faults []string, err error) {
	received, err := g.receivedDocuments(ctx, id)
	for _, d := range received {
		if d.Error != "" {
			faults = append(faults, fmt.Sprintf("%s: %s", d.Name, d.Error))
			if d, err = g.readablePart(ctx, d); errors.Is(err, ErrNotFound) {
				err = nil
				continue
			}
		}
		if err != nil {
			return nil, nil, err
		}
		docs = append(docs, spool.Document{Pos: len(docs), Name: d.Name, Type: d.Type, Hash: d.Hash, Size: d.Size, Pages: d.Pages})
	}
	return docs, faults, err
}

// readablePart makes a TIFF of the pages of a document that can be read; ErrNotFound: there are none.
func (g *Gateway) readablePart(ctx context.Context, d spool.Document) (spool.Document, error) {
	f, err := os.CreateTemp(g.tempDir(), "forward-*.tif")
	if err != nil {
		return d, fmt.Errorf("make a temporary file: %w", err)
	}
	defer os.Remove(f.Name())
	err = g.writeTIFF(ctx, []spool.Document{d}, f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil && !isOurFault(err):
		return d, ErrNotFound // not a page of it can be drawn: its own error says why
	case err != nil:
		return d, fmt.Errorf("%s: %w", d.Name, err)
	}
	name := strings.TrimSuffix(d.Name, filepath.Ext(d.Name)) + ".tif"
	return g.takeDocument(ctx, File{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(f.Name()) }})
}

// forwarded is the subject of a forwarded fax.
func forwarded(rec spool.Received) string {
	s := cleanSubject(rec.Subject)
	if s == "" {
		s = "fax from " + senderOf(rec)
	}
	if len(s) >= 4 && strings.EqualFold(s[:4], "fwd:") {
		return s
	}
	return "Fwd: " + s
}

// names lists addresses for a line of the journal.
func names(to []addressee) string {
	var list []string
	for _, a := range to {
		list = append(list, a.address)
	}
	return cutWords(strings.Join(list, ", "))
}
