package gateway

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/spool"
)

// divide.go makes several faxes of one that is too large for the recipient: by pages, each a whole fax of its own that any machine can read, with its own receipt (design: who is at the
// other end). Each part is a task like any other, so that it retries, is confirmed and survives a crash like any other.

// tooLarge says why a message has to be smaller.
type tooLarge struct {
	refusal ifax.Refusal
	limit   int64  // what is taken, in octets; 0: not told
	by      string // who says so; empty: the next hop
	try     bool   // a try to send ended with it
}

// withinLimit divides a message that is larger than its recipient is known to take, before it is sent.
func (g *Gateway) withinLimit(ctx context.Context, l *spool.Lease, m spool.Message) (divided bool, err error) {
	c, err := g.contactFor(ctx, l.Task.Recipient)
	if err != nil || c.SizeLimit == 0 || m.Size <= int64(c.SizeLimit) {
		return false, err
	}
	words := fmt.Sprintf("the message has %s, and the contact %s takes at most %s", bytesText(config.Size(m.Size)), c.Address, bytesText(c.SizeLimit))
	err = l.Update(ctx, func(tx *spool.Tx) (err error) {
		if err := stands(tx, l); err != nil {
			return err
		}
		divided, err = g.divide(tx, l.Task, m, tooLarge{refusal: ifax.Refusal{Size: true, Words: words}, limit: int64(c.SizeLimit), by: g.cfg.Hostname})
		return err
	})
	if err != nil || divided {
		return divided, err
	}
	return false, unsendable("not sent: %s; a single page is too large already: send a coarser form, or raise the contact's size limit", words)
}

// divide makes as many faxes of a task's pages as the limit asks for, or two where it was not told. A single page goes once more as Profile S, which is smaller. False: nothing of this can be
// done, or the refusal was not for the size. A repeat of what may have arrived already is never divided.
func (g *Gateway) divide(tx *spool.Tx, t spool.Task, m spool.Message, why tooLarge) (bool, error) {
	w, form := readWhat[faxWhat](t), readForm(m)
	if !why.refusal.TooLarge() || w.Resent || w.Whole != "" || form.Pages == 0 {
		return false, nil
	}
	if done, err := g.fragment(tx, t, m, why); done || err != nil {
		return done, err
	}
	if w.First == 0 {
		w.First, w.Last, w.Total = 1, form.Pages, form.Pages
	}
	pages := w.Last - w.First + 1
	w.Spent, w.Since = m.ID, tx.Now()
	if pages < 2 {
		return g.coarser(tx, t, form, why)
	}
	parts := partsFor(m.Size, why.limit, pages)
	whole, label := w, w.Part
	for i := range parts {
		w.First, w.Last = whole.First+pages*i/parts, whole.First+pages*(i+1)/parts-1
		w.Part = strconv.Itoa(i+1) + "/" + strconv.Itoa(parts)
		if label != "" {
			w.Part = label + ", " + w.Part
		}
		words := fmt.Sprintf("too large (%s): divided by pages, this is part %s with the pages %d to %d of %d", why.refusal.Words, w.Part, w.First, w.Last, w.Total)
		if err := g.addPart(tx, t, w, i, why, words); err != nil {
			return false, err
		}
	}
	return true, nil
}

// partSpacing lets the parts go out one after the other where nothing holds one up, so that they are printed in order.
const partSpacing = time.Second

// addPart makes the task itself the first part, and a new one of each other.
func (g *Gateway) addPart(tx *spool.Tx, t spool.Task, w faxWhat, i int, why tooLarge, words string) error {
	due := tx.Now().Add(time.Duration(i) * partSpacing)
	if i > 0 {
		w.Spent, w.Told = "", false
		_, err := tx.AddTask(spool.Task{Job: t.Job, Kind: KindFax, Recipient: t.Recipient, State: Queued, DueAt: &due, Priority: t.Priority, What: marshal(w)})
		return err
	}
	t.What = marshal(w)
	if err := tx.SetTask(t.ID, spool.TaskChange{What: t.What}); err != nil {
		return err
	}
	return g.setState(tx, t, Queued, change{due: &due, try: why.try, release: true, by: why.by, words: words})
}

// coarser sends a single page that is too large once more as Profile S.
func (g *Gateway) coarser(tx *spool.Tx, t spool.Task, form messageForm, why tooLarge) (bool, error) {
	w := readWhat[faxWhat](t)
	if w.Healed || form.Profile == "" || form.Profile == formPDF || form.Profile == "S" {
		return false, nil
	}
	list, err := tx.Messages(t.ID)
	if err != nil || len(list) == 0 {
		return false, err
	}
	w.Healed, w.Spent, w.Since = true, list[len(list)-1].ID, tx.Now()
	t.What = marshal(w)
	if err := tx.SetTask(t.ID, spool.TaskChange{What: t.What}); err != nil {
		return false, err
	}
	due := tx.Now()
	return true, g.setState(tx, t, Queued, change{
		due: &due, try: why.try, release: true, by: why.by,
		words: fmt.Sprintf("too large (%s), and it has only one page: it goes once more as Profile S, which is smaller", why.refusal.Words),
	})
}

// partsFor is the number of parts that keep within the limit, if pages are about equally large: a tenth is left for those that are not, and for the mail around them.
func partsFor(size, limit int64, pages int) int {
	parts := int64(2)
	if limit > 0 {
		usable := max(limit*9/10, 1)
		parts = max(parts, (size+usable-1)/usable)
	}
	return int(min(parts, int64(pages)))
}
