package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"faxgate/codec"
	"faxgate/spool"
)

// SubmitRequest is what every way in hands over: documents for one or more recipients.
type SubmitRequest struct {
	To      []string // addresses, codes of contacts and codes of groups
	Files   []File
	Key     string // idempotency key; the same key gives the same fax
	Subject string
	Text    string
	Origin  string // "api", "mail", "folder", "forward", "resend", …
	Outcome Outcome

	HeaderName string    // sender name: a slot's number or the name; empty: the contact's, else the default one
	When       time.Time // not sent before; zero or past: at once
	OffPeak    bool      // not sent before the off-peak time either
	Priority   string    // PriorityLow, PriorityNormal or PriorityHigh; empty: normal

	Colour    string // what becomes of pages with shades: colour, grey or none; empty: as the configuration says
	Deskew    *bool  // turn skewed pages; nil, also of the next two: as the configuration says
	DropBlank *bool  // leave out empty pages
	Border    *bool  // make a black border white

	id spool.ID // of the fax, where its journal names it; empty: any
}

// File is one document of a request.
type File struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// faxWhat is what a fax task needs to know beyond its rows.
type faxWhat struct {
	Healed bool `json:"healed,omitempty"` // refused once for its form: Profile S from now on
	Resent bool `json:"resent,omitempty"` // the one repeat after an unanswered dot was used
	Told   bool `json:"told,omitempty"`   // the administrator has been told of this fax

	Header string           `json:"header,omitempty"` // the sender name, fixed at submission
	Colour codec.MultiValue `json:"colour,omitempty"` // what becomes of shades; empty: as the configuration has it
	Clean  codec.Clean      `json:"clean,omitzero"`   // fixed at submission

	Part  string `json:"part,omitempty"`  // such as "1/3": this task sends only some of the pages
	First int    `json:"first,omitempty"` // the first of them, from 1; 0: all pages
	Last  int    `json:"last,omitempty"`
	Total int    `json:"total,omitempty"` // pages of the whole fax

	Whole spool.ID `json:"whole,omitempty"` // this task sends a fragment of this message: the octets from From to To
	From  int64    `json:"from,omitempty"`
	To    int64    `json:"to,omitempty"`

	Asked    string `json:"asked,omitempty"`    // what the recipient told that it takes, when it asked for a better form than the one it got (RFC 3297)
	Original string `json:"original,omitempty"` // the Message-ID of that one

	Spent spool.ID  `json:"spent,omitempty"` // the message that a report has ended: what goes next is a new one
	Since time.Time `json:"since,omitzero"`  // when the present round of tries began, if not with the task
}

// began is when the present round of tries began: with the task, or when a person or a report sent it round again.
func began(t spool.Task) time.Time {
	if w := readWhat[faxWhat](t); !w.Since.IsZero() {
		return w.Since
	}
	return t.CreatedAt
}

// Submit checks and keeps a request and returns once it is durable: one task for each recipient. A mistake of the caller's is an *InputError, and in the journal.
func (g *Gateway) Submit(ctx context.Context, r SubmitRequest) (spool.ID, error) {
	id, err := g.take(ctx, r)
	if ie, ok := errors.AsType[*InputError](err); ok {
		g.refused.note(ctx, g, fmt.Sprintf("a fax to %s, handed over by %s, was refused: %s", cutWords(strings.Join(r.To, ", ")), r.Origin, cutWords(ie.Error())))
	}
	return id, err
}

// cutWords keeps a line of the journal to a readable length.
func cutWords(s string) string {
	const limit = 500
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

func (g *Gateway) take(ctx context.Context, r SubmitRequest) (spool.ID, error) {
	to, err := g.recipients(ctx, r.To)
	if err != nil {
		return "", err
	}
	if err := g.complete(&r); err != nil {
		return "", err
	}
	if len(r.Files) == 0 && strings.TrimSpace(r.Text) == "" {
		return "", &InputError{"file", "give at least one document: PDF, TIFF, PNG, JPEG or text"}
	}
	if err := g.roomOnDisk(); err != nil {
		return "", err
	}
	if len(r.Files) == 0 { // the words are the fax
		r.Files = []File{{Name: "text.txt", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(r.Text)), nil }}}
	}
	var docs []spool.Document
	for _, f := range r.Files {
		doc, err := g.takeDocument(ctx, f)
		if err != nil {
			return "", err
		}
		docs = append(docs, doc)
	}
	return g.queue(ctx, r, to, docs)
}

// queue keeps a complete request whose documents are kept already: one task for each recipient.
func (g *Gateway) queue(ctx context.Context, r SubmitRequest, to []addressee, docs []spool.Document, events ...spool.Event) (spool.ID, error) {
	d := spool.Draft{Key: r.Key, Job: spool.Job{ID: r.id, Origin: r.Origin, Sender: g.cfg.Account(), Subject: r.Subject, Text: r.Text}, Documents: docs, Events: events}
	for _, a := range to {
		d.Tasks = append(d.Tasks, g.faxTask(r, a))
		d.Events = append(d.Events, g.lostName(r, a)...)
	}
	d.Tasks = append(d.Tasks, g.troubleTask(r.Outcome, g.due(r))...)
	id, err := g.keepFax(ctx, d, jobAttrs{Outcome: r.Outcome})
	if err != nil {
		return "", fmt.Errorf("keep the fax: %w", err)
	}
	g.log.InfoContext(ctx, "fax submitted", "fax", id, "recipients", len(to), "documents", len(d.Documents), "origin", r.Origin)
	return id, nil
}

// keepFax keeps a fax under the next running number, or finds the one that the key already has.
func (g *Gateway) keepFax(ctx context.Context, d spool.Draft, a jobAttrs) (id spool.ID, err error) {
	err = g.spool.Update(ctx, func(tx *spool.Tx) error {
		known, err := tx.JobByKey(d.Key)
		if id = known.ID; err == nil || !errors.Is(err, spool.ErrNotFound) {
			return err
		}
		id, err = g.addFax(tx, d, a)
		return err
	})
	return id, err
}

// addFax keeps a fax under the next running number.
func (g *Gateway) addFax(tx *spool.Tx, d spool.Draft, a jobAttrs) (id spool.ID, err error) {
	if a.Number, err = tx.NextNumber("fax"); err != nil {
		return "", err
	}
	d.Job.Attrs = marshal(a)
	id, _, err = tx.Submit(d)
	return id, err
}

// faxTask is one fax to one recipient. The sender name is fixed here: the request's, else the contact's, else the default one.
func (g *Gateway) faxTask(r SubmitRequest, to addressee) spool.Task {
	name, ok := g.cfg.Fax.SenderName(cmp.Or(r.HeaderName, to.headerName))
	if !ok { // see lostName
		name, _ = g.cfg.Fax.SenderName("")
	}
	due, w := g.due(r), faxWhat{Header: name, Colour: codec.MultiValue(r.Colour), Clean: r.clean()}
	if !r.When.IsZero() {
		w.Since = due // it is given up that long after it was to go, not after it was handed over
	}
	return spool.Task{Kind: KindFax, Recipient: to.address, State: Queued, Priority: priorities[r.Priority], DueAt: &due, What: marshal(w)}
}

// due is when a fax is to go.
func (g *Gateway) due(r SubmitRequest) time.Time {
	if now := g.now(); !r.When.After(now) {
		return now
	}
	return r.When
}

// takeDocument keeps a file as a blob and makes sure that its pages can be reached: what can be told now is told now.
func (g *Gateway) takeDocument(ctx context.Context, f File) (spool.Document, error) {
	name := cleanName(f.Name)
	src, err := f.Open()
	if err != nil {
		return spool.Document{}, &InputError{"file", fmt.Sprintf("open %s: %v", name, err)}
	}
	defer src.Close()
	limit := int64(g.cfg.Limits.Document)
	hash, size, err := g.blobs.Put(ctx, io.LimitReader(src, limit+1))
	if err != nil {
		return spool.Document{}, fmt.Errorf("keep %s: %w", name, err)
	}
	if size > limit {
		return spool.Document{}, &InputError{"file", fmt.Sprintf("%s is larger than the limit of %d MB (limits.document)", name, limit>>20)}
	}
	doc, kind, err := g.openDocument(ctx, hash)
	if isDocumentFault(err) {
		return spool.Document{}, &InputError{"file", fmt.Sprintf("%s: %v", name, err)}
	}
	if err != nil {
		return spool.Document{}, fmt.Errorf("read %s: %w", name, err)
	}
	defer doc.Close()
	if err := checkPages(ctx, name, doc); err != nil {
		return spool.Document{}, err
	}
	return spool.Document{Name: name, Type: kind, Hash: hash, Size: size, Pages: doc.Count()}, nil
}

// openDocument opens a kept document; closing it closes the blob too.
func (g *Gateway) openDocument(ctx context.Context, hash spool.Hash) (codec.Document, string, error) {
	b, err := g.blobs.Open(ctx, hash)
	if err != nil {
		return nil, "", fmt.Errorf("open the kept document: %w", err)
	}
	head := make([]byte, 1024)
	n, err := b.ReadAt(head, 0)
	if err != nil && err != io.EOF { //nolint:errorlint // ReaderAt's own contract
		b.Close()
		return nil, "", fmt.Errorf("read the kept document: %w", err)
	}
	doc, err := g.opener.Open(ctx, b, b.Size())
	if err != nil {
		b.Close()
		return nil, "", err
	}
	return &blobDocument{Document: doc, blob: b}, codec.Sniff(head[:n]), nil
}

type blobDocument struct {
	codec.Document
	blob io.Closer
}

func (d *blobDocument) Close() error {
	err := d.Document.Close()
	d.blob.Close()
	return err
}

// cleanName makes a file name safe to show and to write into a header: no path, no control characters.
func cleanName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' {
			return -1
		}
		return r
	}, name)
	if name == "" || name == "." || name == "/" {
		return "document"
	}
	return name
}

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own plain structs come here
	}
	return b
}
