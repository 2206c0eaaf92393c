package mailio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Step is what a fetcher does next with an item.
type Step int

// The steps.
const (
	Leave  Step = iota // nothing, for now
	Take               // fetch it and hand it over
	Delete             // delete it on the server
)

// maxTries is how often a message is handed over before a person is told.
const maxTries = 10

// longest is the longest time between two tries.
const longest = 24 * time.Hour

// A Pickup is a fetcher's memory of one mailbox: it decides, message by
// message, so that one that cannot be taken never holds up the next. It is
// used by one goroutine.
type Pickup struct {
	box   *Mailbox
	memos map[Item]*memo
}

// A memo is kept for the messages that could not be taken.
type memo struct {
	tries int
	next  time.Time
	large bool
}

// NewPickup starts with an empty memory: it is the Ledger that remembers
// across restarts.
func NewPickup(box *Mailbox) *Pickup {
	return &Pickup{box: box, memos: make(map[Item]*memo)}
}

// Begin notes which items the server lists now. Messages that were not taken
// and are gone tell of another program that reads this mailbox, and may take
// faxes away (settings.md, "exclusive e-mail account").
func (p *Pickup) Begin(items []Item) {
	present := make(map[Item]bool, len(items))
	for _, item := range items {
		present[item] = true
	}
	for item := range p.memos {
		if !present[item] {
			p.box.journal(item, "gone from the server before it was taken: does another program read this mailbox?")
			delete(p.memos, item)
		}
	}
}

// Decide says what to do with an item of size octets. An error means that the
// Ledger cannot tell: then nothing should be fetched at all.
func (p *Pickup) Decide(ctx context.Context, item Item, size int64) (Step, error) {
	if p.box.Ledger != nil {
		known, err := p.box.Ledger.Known(ctx, item)
		if err != nil {
			return Leave, fmt.Errorf("asking whether message %s is known: %w", item.UID, err)
		}
		if known {
			return p.after(ctx, item)
		}
	}
	if p.box.MaxSize > 0 && size > p.box.MaxSize {
		p.tooLarge(item, size)
		return Leave, nil
	}
	if m := p.memos[item]; m != nil && (m.large || p.box.Now().Before(m.next)) {
		return Leave, nil
	}
	return Take, nil
}

// after says what to do with an item that was taken earlier.
func (p *Pickup) after(ctx context.Context, item Item) (Step, error) {
	switch p.box.Keep {
	case KeepAll:
		return Leave, nil
	case KeepErrors:
		judge, ok := p.box.Ledger.(Judge)
		if !ok {
			return Leave, nil
		}
		settled, failed, err := judge.Outcome(ctx, item)
		if err != nil {
			return Leave, fmt.Errorf("asking what became of message %s: %w", item.UID, err)
		}
		if !settled || failed {
			return Leave, nil
		}
	}
	return Delete, nil
}

// Hand gives a message to the Handler; env holds Source, Mailbox and Size. The
// Step is Delete if it was taken and need not stay; lost is the error that
// broke the transfer: then the connection is of no more use.
func (p *Pickup) Hand(ctx context.Context, env Envelope, body io.Reader) (step Step, lost error) {
	item := *env.Mailbox
	watch := &watched{r: body, left: -1}
	if p.box.MaxSize > 0 {
		watch.left = p.box.MaxSize
	}
	err := p.box.Handler.Message(ctx, env, watch)
	if watch.err == nil && err != nil {
		_, _ = io.Copy(io.Discard, watch) // the rest, so that the dialogue can go on
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return Leave, ctx.Err()
	case errors.Is(watch.err, errTooLarge):
		p.tooLarge(item, env.Size)
		return Leave, watch.err
	case watch.err != nil:
		p.failed(item, fmt.Errorf("the transfer broke off: %w", watch.err))
		return Leave, watch.err
	case err != nil:
		p.failed(item, err)
		return Leave, nil
	}
	delete(p.memos, item)
	if p.box.Keep == KeepAll || p.box.Keep == KeepErrors {
		return Leave, nil
	}
	return Delete, nil
}

// Fail notes that the server would not give an item.
func (p *Pickup) Fail(item Item, err error) { p.failed(item, err) }

// Deleted notes that the server has deleted the item.
func (p *Pickup) Deleted(ctx context.Context, item Item) error {
	delete(p.memos, item)
	if p.box.Ledger == nil {
		return nil
	}
	return p.box.Ledger.Deleted(ctx, item)
}

// Waits tells whether an item could not be taken yet.
func (p *Pickup) Waits(item Item) bool { return p.memos[item] != nil }

// Next is when the next of the messages that could not be taken is due; zero
// if there is none.
func (p *Pickup) Next() time.Time {
	var due time.Time
	for _, m := range p.memos {
		if !m.large && (due.IsZero() || m.next.Before(due)) {
			due = m.next
		}
	}
	return due
}

func (p *Pickup) memo(item Item) *memo {
	m := p.memos[item]
	if m == nil {
		m = new(memo)
		p.memos[item] = m
	}
	return m
}

func (p *Pickup) tooLarge(item Item, size int64) {
	m := p.memo(item)
	if !m.large {
		m.large = true
		p.box.alarm(item, fmt.Errorf("message %s has %d octets, more than the %d allowed: it stays on the server; raise the limit or delete it there",
			item.UID, size, p.box.MaxSize))
	}
}

// failed leaves an item for later: 1, 2, 4, … times Backoff, at most a day.
func (p *Pickup) failed(item Item, err error) {
	m := p.memo(item)
	m.tries++
	wait := min(p.box.Backoff<<min(m.tries-1, 20), longest)
	if wait <= 0 {
		wait = longest
	}
	m.next = p.box.Now().Add(wait)
	if m.tries == maxTries {
		p.box.alarm(item, fmt.Errorf("message %s could not be taken %d times, it stays on the server: %w", item.UID, m.tries, err))
		return
	}
	p.box.journal(item, fmt.Sprintf("message %s could not be taken (try %d), next try in %v: %v", item.UID, m.tries, wait, err))
}

// errTooLarge ends the reading of a message that is larger than its server
// said.
var errTooLarge = errors.New("the message is larger than allowed")

// watched remembers how the reading of a message ended.
type watched struct {
	r    io.Reader
	left int64 // octets that may still come, negative: any number
	err  error // other than io.EOF
}

func (w *watched) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.r.Read(p)
	if w.left >= 0 {
		if w.left -= int64(n); w.left < 0 {
			n, err = 0, errTooLarge
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
