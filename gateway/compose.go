package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"faxgate/codec"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// faxMessage returns the message to send: the stored one if it still stands, byte for byte, or a newly composed one. What cannot be composed is an *unsendableError.
func (g *Gateway) faxMessage(ctx context.Context, l *spool.Lease) (spool.Message, error) {
	w := readWhat[faxWhat](l.Task)
	var stored []spool.Message
	var job spool.Job
	var docs []spool.Document
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		if stored, err = tx.Messages(l.Task.ID); err != nil {
			return err
		}
		if job, err = tx.Job(l.Task.Job); err != nil {
			return err
		}
		docs, err = tx.Documents(l.Task.Job)
		return err
	})
	if err != nil {
		return spool.Message{}, err
	}
	var last spool.Message
	if len(stored) > 0 {
		last = stored[len(stored)-1]
		if last.ID != w.Spent {
			return last, nil
		}
	}
	if w.Whole != "" {
		return g.composeFragment(ctx, l, w)
	}
	return g.composeFax(ctx, l, job, docs, last.ID, w.Healed)
}

// composeFax codes the pages for the peer, writes the message around them and keeps it under new ids.
func (g *Gateway) composeFax(ctx context.Context, l *spool.Lease, job spool.Job, docs []spool.Document, supersedes spool.ID, healed bool) (spool.Message, error) {
	opened, closeAll, err := g.openAll(ctx, docs)
	if err != nil {
		return spool.Message{}, err
	}
	defer closeAll()
	body, err := g.codeFax(ctx, l.Task, opened, docs, healed)
	defer body.remove()
	if err != nil {
		return spool.Message{}, err
	}
	m := spool.Message{ID: spool.NewID(), Task: l.Task.ID, Part: 1, Parts: 1, Supersedes: supersedes}
	m.EnvID = string(m.ID)
	m.MessageID = g.newMessageID()
	m.Form = marshal(body.form)
	if err := g.storeMail(ctx, &m, g.faxMail(l.Task, job, m.MessageID, body)); err != nil {
		return spool.Message{}, err
	}
	return m, l.Update(ctx, func(tx *spool.Tx) error {
		if _, err := tx.AddMessage(m); err != nil {
			return err
		}
		_, err := tx.AddEvent(spool.Event{
			Job: job.ID, Task: l.Task.ID, Kind: "composed",
			Words: body.form.words(), Data: m.Form,
		})
		return err
	})
}

// openAll opens the documents of a job; a document that cannot be opened makes the fax unsendable.
func (g *Gateway) openAll(ctx context.Context, docs []spool.Document) ([]codec.Document, func(), error) {
	var opened []codec.Document
	closeAll := func() {
		for _, d := range opened {
			d.Close()
		}
	}
	for _, d := range docs {
		doc, _, err := g.openDocument(ctx, d.Hash)
		if err != nil {
			closeAll()
			return nil, nil, blame(err, "%s: %w", d.Name, err)
		}
		opened = append(opened, doc)
	}
	return opened, closeAll, nil
}

// headerLine is the line at the top of each page, in the sender name that was fixed when the fax was submitted.
func (g *Gateway) headerLine(t spool.Task, pages int) codec.Header {
	if !g.cfg.Fax.HeaderLine {
		return codec.Header{}
	}
	h := codec.Header{Time: g.now().Local(), Sender: g.senderName(t), Address: g.cfg.Account(), Total: pages}
	if w := readWhat[faxWhat](t); w.First > 0 {
		h.Before, h.Total = w.First-1, w.Total
	}
	return h
}

// both sums up two documents as one: the form must do for the most demanding page.
func both(a, b codec.Summary) codec.Summary {
	if a.Pages == 0 {
		return b
	}
	if slices.Index(sizes, b.Paper) > slices.Index(sizes, a.Paper) {
		a.Paper = b.Paper
	}
	if b.MaxRes.X*b.MaxRes.Y > a.MaxRes.X*a.MaxRes.Y {
		a.MaxRes = b.MaxRes
	}
	a.Pages += b.Pages
	a.Kind = max(a.Kind, b.Kind)
	a.Vector = a.Vector || b.Vector
	return a
}

// sizes are the papers from small to large.
var sizes = []codec.Paper{codec.Letter, codec.A4, codec.Legal, codec.B4, codec.A3}

// paperFor is the paper that the largest page lands on: its own where the peer has it, else the next larger one, else the largest.
func paperFor(t codec.Target, largest codec.Paper) codec.Paper {
	best := codec.Paper("")
	for _, p := range sizes {
		if !slices.Contains(t.Papers, p) {
			continue
		}
		best = p
		if slices.Index(sizes, p) >= slices.Index(sizes, largest) {
			return p
		}
	}
	return best
}

// faxMail is the Internet-fax message (RFC 3965): MAIL FROM, From and Disposition-Notification-To are the fax account, because a receiver answers only then (RFC 8098 section 2.1).
func (g *Gateway) faxMail(t spool.Task, job spool.Job, messageID string, body faxBody) ifax.Message {
	account := mail.Address{Name: g.senderName(t), Address: g.cfg.Account()}
	m := ifax.Message{
		From: account, To: []mail.Address{{Address: t.Recipient}}, Date: g.now(), MessageID: messageID,
		Subject: job.Subject, Text: job.Text, Documents: body.documents,
	}
	if m.Subject == "" {
		m.Subject = g.subject(t, job, body.form.Pages-body.form.Blank)
	}
	if m.Text == "" {
		m.Text = fmt.Sprintf("An Internet fax of %s from %s is attached.\n", countPages(body.form.Pages-body.form.Blank), g.cfg.Account())
	}
	if w := readWhat[faxWhat](t); w.Part != "" {
		m.Subject = fmt.Sprintf("%s (%s)", m.Subject, w.Part)
		m.Text = strings.TrimRight(m.Text, "\n") + fmt.Sprintf("\n\nThis is part %s: pages %d to %d of %d.\n", w.Part, w.First, w.Last, w.Total)
	}
	if body.form.MDN {
		m.Notify = &ifax.Notify{To: []mail.Address{{Address: account.Address}}}
	}
	negotiated(&m, readWhat[faxWhat](t), body.form)
	return m
}

// senderName is the name that was chosen when the fax was submitted: the same on every retry.
func (g *Gateway) senderName(t spool.Task) string {
	if w := readWhat[faxWhat](t); w.Header != "" {
		return w.Header
	}
	name, _ := g.cfg.Fax.SenderName("")
	return name
}

// subject fills the template of the configuration for one recipient.
func (g *Gateway) subject(t spool.Task, job spool.Job, pages int) string {
	return g.cfg.Fax.SubjectOf(map[string]string{
		"device": g.cfg.DeviceName(), "name": g.senderName(t), "number": fmt.Sprintf("%04d", readJobAttrs(job).Number), "pages": countPages(pages),
		"from": g.cfg.Account(), "to": t.Recipient, "date": job.CreatedAt.Local().Format(time.DateOnly),
	})
}

func countPages(n int) string {
	if n == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", n)
}

// faxEnvelope asks for what the rows expect. Without a success DSN the ids are given all the same, without NOTIFY: a failed DSN still comes and can be matched (RFC 3461 section 5.2.6).
func (g *Gateway) faxEnvelope(to string, m spool.Message) mailio.Envelope {
	env := mailio.Envelope{From: g.cfg.Account(), To: to, Size: m.Size, EnvID: m.EnvID, Ret: "HDRS", ORcpt: to}
	if readForm(m).DSN {
		env.Notify = "SUCCESS,FAILURE,DELAY"
	}
	return env
}

// storeMail composes a mail straight into the store, so that no mail is ever held in memory, and notes where it lies.
func (g *Gateway) storeMail(ctx context.Context, m *spool.Message, msg ifax.Message) error {
	return g.storeComposed(ctx, m, func(w io.Writer) error { return ifax.Compose(w, msg) })
}

func (g *Gateway) storeComposed(ctx context.Context, m *spool.Message, compose func(io.Writer) error) error {
	pr, pw := io.Pipe()
	composed := make(chan error, 1)
	go func() {
		err := compose(pw)
		pw.CloseWithError(err)
		composed <- err
	}()
	hash, size, err := g.blobs.Put(ctx, pr)
	pr.CloseWithError(io.ErrClosedPipe)
	if cause := <-composed; cause != nil && !errors.Is(cause, io.ErrClosedPipe) && !isOurFault(cause) {
		return unsendable("compose the message: %w", cause) // an address or a text that no header can carry
	}
	if err != nil {
		return fmt.Errorf("compose and keep the message: %w", err)
	}
	m.Blob, m.Size = hash, size
	return nil
}

func (g *Gateway) newMessageID() string {
	return fmt.Sprintf("<%s.fax@%s>", spool.NewID(), g.cfg.Hostname)
}

func (g *Gateway) tempDir() string { return filepath.Join(g.cfg.Data, "tmp") }

// stamp is a time as people read it.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 -0700") }
