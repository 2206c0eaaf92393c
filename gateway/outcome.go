package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/mail"
	"os"
	"slices"
	"strings"
	"time"

	"faxgate/ifax"
	"faxgate/spool"
)

// Outcome says who is told what became of a fax, and when. The zero value tells nobody.
type Outcome struct {
	To      string `json:"to,omitempty"`
	When    string `json:"when,omitempty"`    // OutcomeAlways, OutcomeTrouble or OutcomeNever
	Content bool   `json:"content,omitempty"` // with a picture of the first page
}

// When an outcome is told.
const (
	OutcomeAlways  = "always"
	OutcomeTrouble = "trouble"
	OutcomeNever   = "never"
)

// firstPageWidth is the width of the picture in the outcome mail, in pixels.
const firstPageWidth = 600

// jobAttrs is the gateway's own part of a job.
type jobAttrs struct {
	Number  int64   `json:"number,omitempty"` // the running fax number of this gateway
	Outcome Outcome `json:"outcome,omitzero"`
	Told    bool    `json:"told,omitempty"` // the outcome mail has been queued

	Mail spool.ID `json:"mail,omitempty"` // the mail that was faxed on
}

func readJobAttrs(j spool.Job) jobAttrs {
	var a jobAttrs
	if len(j.Attrs) > 0 {
		_ = json.Unmarshal(j.Attrs, &a)
	}
	return a
}

// wanted tells whether anybody is to be told at all.
func (o Outcome) wanted() bool { return o.To != "" && o.When != OutcomeNever && o.When != "" }

// troubleTask is the look at a fax some time (an hour) after it was submitted; it is work only if there is somebody to tell.
func (g *Gateway) troubleTask(o Outcome, from time.Time) []spool.Task {
	if !o.wanted() {
		return nil
	}
	due := from.Add(g.cfg.Retry.Tell.D())
	return []spool.Task{{Kind: KindReport, Recipient: o.To, State: Queued, DueAt: &due, What: marshal(reportWhat{Trouble: true})}}
}

// rests tells whether a delivery has come to the rung on which it stays by itself: nothing is tried and no receipt is awaited any more.
func rests(s spool.State, due *time.Time) bool {
	return final(s) || (s == Accepted || s == Delivered) && due == nil
}

// tellOutcome queues the one outcome mail once every recipient of the fax rests on its last rung. It is called in the transaction that brings the last one there.
func (g *Gateway) tellOutcome(tx *spool.Tx, job spool.ID) error {
	j, err := tx.Job(job)
	if err != nil {
		return err
	}
	a := readJobAttrs(j)
	if err := g.tellServers(tx, j, a); err != nil || !a.Outcome.wanted() || a.Told {
		return err
	}
	tasks, err := tx.Tasks(spool.TaskFilter{Job: job, Kinds: []spool.Kind{KindFax}, Window: spool.Window{Limit: -1}})
	if err != nil {
		return err
	}
	trouble := false
	for _, t := range tasks {
		if !rests(t.State, t.DueAt) {
			return nil
		}
		trouble = trouble || t.State == Failed || t.State == Held || t.State == Expired
	}
	a.Told = true
	j.Attrs = marshal(a)
	if err := tx.SetJob(j); err != nil {
		return err
	}
	if a.Outcome.When == OutcomeTrouble && !trouble {
		return nil
	}
	now := tx.Now()
	_, err = tx.AddTask(spool.Task{Job: job, Kind: KindReport, Recipient: a.Outcome.To, State: Queued, DueAt: &now, What: marshal(reportWhat{Outcome: true})})
	return err
}

// outcomeMail writes the mail that tells the sender: each recipient's state, the peer's words, the first page as a picture.
func (g *Gateway) outcomeMail(ctx context.Context, m *spool.Message, t spool.Task, trouble bool) error {
	f, err := g.Fax(ctx, t.Job)
	if err != nil {
		return err
	}
	j, docs, err := g.jobDocuments(ctx, t.Job)
	if err != nil {
		return err
	}
	msg := ifax.Message{
		From: mail.Address{Name: g.cfg.Fax.Name, Address: g.cfg.Account()}, To: []mail.Address{{Address: t.Recipient}},
		Date: g.now(), MessageID: m.MessageID, Subject: outcomeSubject(f, trouble), Text: outcomeText(f, trouble), AutoSubmitted: automatic,
	}
	if readJobAttrs(j).Outcome.Content {
		picture, err := g.firstPage(ctx, docs)
		if err != nil {
			return err
		}
		if picture != "" {
			defer os.Remove(picture)
			msg.Documents = []ifax.Attachment{{Name: "first-page.png", Type: "image/png", Open: func() (io.ReadCloser, error) { return os.Open(picture) }}}
		}
	}
	return g.storeMail(ctx, m, msg)
}

// firstPage draws the first page into a temporary file; a page that cannot be drawn is no reason not to tell the outcome.
func (g *Gateway) firstPage(ctx context.Context, docs []spool.Document) (string, error) {
	f, err := os.CreateTemp(g.tempDir(), "page-*.png")
	if err != nil {
		return "", fmt.Errorf("make a temporary file: %w", err)
	}
	err = g.thumbnail(ctx, docs, 1, firstPageWidth, f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		return f.Name(), nil
	}
	os.Remove(f.Name())
	return "", ctx.Err()
}

func outcomeSubject(f Fax, trouble bool) string {
	what := fmt.Sprintf("Fax of %s", countPages(f.Pages))
	if f.Subject != "" {
		what = fmt.Sprintf("Fax %q", f.Subject)
	}
	if trouble {
		return what + ": not sent yet, still trying"
	}
	if len(f.Deliveries) == 1 {
		return fmt.Sprintf("%s to %s: %s", what, f.Deliveries[0].Who(), stateWords(f.Deliveries[0]))
	}
	good := 0
	for _, d := range f.Deliveries {
		if d.State == Confirmed {
			good++
		}
	}
	if f.Deliveries[0].Part != "" {
		return fmt.Sprintf("%s in %d parts: %d confirmed", what, len(f.Deliveries), good)
	}
	return fmt.Sprintf("%s to %d recipients: %d confirmed", what, len(f.Deliveries), good)
}

// outcomeText tells each recipient's state truthfully, with the peer's own words.
func outcomeText(f Fax, trouble bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Your fax of %s, handed in on %s:\n", countPages(f.Pages), stamp(f.CreatedAt))
	for _, d := range f.Deliveries {
		fmt.Fprintf(&b, "\n%s\n  %s\n", d.Who(), stateWords(d))
		for _, r := range lastWords(d) {
			fmt.Fprintf(&b, "  %s: %s\n", stamp(r.At), strings.ReplaceAll(r.Words, "\n", "\n    "))
		}
		if d.Form != "" {
			fmt.Fprintf(&b, "  sent as %s\n", d.Form)
		}
	}
	if trouble {
		b.WriteString("\nIt is tried again by itself; you are told the outcome in any case.\n")
	}
	fmt.Fprintf(&b, "\nFax %s\n", f.ID)
	return b.String()
}

// stateWords says a state as a person would.
func stateWords(d Delivery) string {
	switch d.State {
	case Confirmed:
		if d.Late {
			return "confirmed (late)"
		}
		return "confirmed"
	case Delivered:
		return "delivered, not confirmed"
	case Accepted:
		return "accepted, no receipt asked for or given"
	case Expired:
		return "accepted, but not confirmed in time"
	case Uncertain:
		return "uncertain: the connection broke at the very end"
	case Held:
		return "held: waits for a person"
	case Queued, Sending:
		return "not sent yet"
	default:
		return string(d.State)
	}
}

// lastWords picks the rungs that say something: what the peer said when it took or refused the fax, and how it ended.
func lastWords(d Delivery) []Rung {
	said := slices.DeleteFunc(slices.Clone(d.Rungs), func(r Rung) bool { return r.Words == "" })
	return said[max(0, len(said)-3):]
}

// stillTrouble tells whether a fax has not been taken by anybody yet: what the look after the first hour asks.
func stillTrouble(f Fax) bool {
	return slices.ContainsFunc(f.Deliveries, func(d Delivery) bool {
		return d.State == Queued || d.State == Sending || d.State == Uncertain
	})
}
