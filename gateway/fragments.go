package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"faxgate/ifax"
	"faxgate/mdn"
	"faxgate/spool"
)

// fragments.go sends what is too large in fragments (message/partial, RFC 2046 section 5.2.2; "binary division" on machines), to contacts that say so: each is a task like any other. The
// receipt is for the message that they make, and confirms them all (RFC 8098 section 2.4).

// errGrown is a header that leaves no room for anything else.
var errGrown = errors.New("the size limit leaves no room for a fragment")

// headroom is what the header of a fragment may take.
const headroom = 2 << 10

// fragment cuts a stored message, where the contact wants fragments. False: it wants pages.
func (g *Gateway) fragment(tx *spool.Tx, t spool.Task, m spool.Message, why tooLarge) (bool, error) {
	row, err := tx.Contact(peerKey(t.Recipient))
	if errors.Is(err, spool.ErrNotFound) || err == nil && contactOfRow(row).Split != "fragments" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	size := why.limit - headroom
	if why.limit == 0 {
		size = m.Size/2 + headroom
	}
	cuts, err := g.cuts(m, size)
	if err != nil {
		return false, nil //nolint:nilerr // by pages, then
	}
	w := readWhat[faxWhat](t)
	w.Whole, w.Spent, w.Since = m.ID, m.ID, tx.Now()
	why.refusal.Words += "; sent in " + strconv.Itoa(len(cuts)) + " fragments"
	for i, end := range cuts {
		w.From, w.To, w.Part = w.To, end, strconv.Itoa(i+1)+"/"+strconv.Itoa(len(cuts))
		words := fmt.Sprintf("too large (%s); this is fragment %s", why.refusal.Words, w.Part)
		if err := g.addPart(tx, t, w, i, why, words); err != nil {
			return false, err
		}
	}
	return true, nil
}

// cuts says where a stored message is cut.
func (g *Gateway) cuts(m spool.Message, size int64) ([]int64, error) {
	if size < headroom {
		return nil, errGrown
	}
	b, err := g.blobs.Open(context.Background(), m.Blob)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return ifax.Cuts(b, size)
}

// composeFragment writes the message around a fragment. The id of the set is that of the whole message.
func (g *Gateway) composeFragment(ctx context.Context, l *spool.Lease, w faxWhat) (spool.Message, error) {
	var whole spool.Message
	var job spool.Job
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		if whole, err = tx.Message(w.Whole); err != nil {
			return err
		}
		job, err = tx.Job(l.Task.Job)
		return err
	})
	if err != nil {
		return spool.Message{}, err
	}
	b, err := g.blobs.Open(ctx, whole.Blob)
	if err != nil {
		return spool.Message{}, unsendable("the composed message is gone from the store: %w", err)
	}
	defer b.Close()
	f := ifax.Fragment{
		From: mail.Address{Name: g.senderName(l.Task), Address: g.cfg.Account()}, To: mail.Address{Address: l.Task.Recipient}, Date: g.now(),
		Subject: job.Subject, MessageID: g.newMessageID(), Body: io.NewSectionReader(b, w.From, w.To-w.From),
	}
	number, total, _ := strings.Cut(w.Part, "/")
	f.ID = strings.Trim(whole.MessageID, "<>")
	f.Number, _ = strconv.Atoi(number)
	f.Total, _ = strconv.Atoi(total)
	if f.Subject == "" {
		f.Subject = g.subject(l.Task, job, readForm(whole).Pages)
	}
	m := spool.Message{ID: spool.NewID(), Task: l.Task.ID, MessageID: f.MessageID, Part: f.Number, Parts: f.Total, Form: whole.Form}
	m.EnvID = string(m.ID)
	if err := g.storeComposed(ctx, &m, func(wr io.Writer) error { return ifax.ComposeFragment(wr, f) }); err != nil {
		return spool.Message{}, err
	}
	return m, l.Update(ctx, func(tx *spool.Tx) error {
		_, err := tx.AddMessage(m)
		return err
	})
}

// confirmFragments brings all fragments of a message to the rung that a report on the message proves.
func (g *Gateway) confirmFragments(tx *spool.Tx, t spool.Task, f finding, c change) error {
	tasks, err := tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all, Oldest: true}, Job: t.Job, Kinds: []spool.Kind{KindFax}, Recipient: t.Recipient})
	if err != nil {
		return err
	}
	whole := readWhat[faxWhat](t).Whole
	state := map[mdn.Verdict]spool.State{mdn.Confirmed: Confirmed, mdn.Failed: Failed}[f.verdict]
	for _, o := range tasks {
		if readWhat[faxWhat](o).Whole != whole {
			continue
		}
		if state == "" || slices.Contains([]spool.State{Confirmed, Cancelled}, o.State) {
			err = g.note(tx, o, "", f.words)
		} else {
			err = g.setState(tx, o, state, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
