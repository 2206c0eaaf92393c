package mailio

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// taker is a Handler that reads limit octets at most and then answers err.
type taker struct {
	limit int64
	err   error
}

func (h taker) Recipient(context.Context, Session, string) error { return nil }

func (h taker) Message(_ context.Context, _ Envelope, msg io.Reader) error {
	if _, err := io.CopyN(io.Discard, msg, h.limit); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return h.err
}

type ledger struct {
	known bool
	err   error
}

func (l ledger) Known(context.Context, Item) (bool, error) { return l.known, l.err }
func (l ledger) Deleted(context.Context, Item) error       { return l.err }

func TestHand(t *testing.T) {
	cut := io.MultiReader(strings.NewReader("half"), cutOff{io.ErrUnexpectedEOF})
	for name, c := range map[string]struct {
		handler taker
		keep    Keep
		body    io.Reader
		step    Step
		lost    error
		waits   bool
	}{
		"taken":                     {taker{limit: 100}, KeepOff, strings.NewReader("body"), Delete, nil, false},
		"taken and kept":            {taker{limit: 100}, KeepAll, strings.NewReader("body"), Leave, nil, false},
		"refused":                   {taker{1, &Refusal{Code: 554, Text: "no"}}, KeepOff, strings.NewReader("body"), Leave, nil, true},
		"cut":                       {taker{limit: 100}, KeepOff, cut, Leave, io.ErrUnexpectedEOF, true},
		"larger than the size said": {taker{limit: 100}, KeepOff, strings.NewReader("body is longer"), Leave, errTooLarge, true},
	} {
		t.Run(name, func(t *testing.T) {
			box := Mailbox{Handler: c.handler, Keep: c.keep, MaxSize: 10}.WithDefaults(1, 2)
			p := NewPickup(&box)
			item := Item{Account: "a", UID: "1"}
			step, lost := p.Hand(t.Context(), Envelope{Mailbox: &item, Size: 4}, c.body)
			if step != c.step || !errors.Is(lost, c.lost) || p.Waits(item) != c.waits {
				t.Errorf("step %d, lost %v, waits %t", step, lost, p.Waits(item))
			}
			if next, err := p.Decide(t.Context(), item, 4); err != nil || c.waits && next != Leave {
				t.Errorf("then %d, %v", next, err)
			}
		})
	}
}

// TestHandKeepsDialogue: what the Handler leaves unread is read, so that the
// next command is not answered by the rest of a message.
func TestHandKeepsDialogue(t *testing.T) {
	box := Mailbox{Handler: taker{1, errors.New("no")}}.WithDefaults(1, 2)
	body := strings.NewReader("a long body")
	item := Item{UID: "1"}
	if _, lost := NewPickup(&box).Hand(t.Context(), Envelope{Mailbox: &item}, body); lost != nil || body.Len() > 0 {
		t.Errorf("lost %v, %d octets unread", lost, body.Len())
	}
}

func TestDecide(t *testing.T) {
	down := errors.New("the database is down")
	for name, c := range map[string]struct {
		ledger Ledger
		keep   Keep
		size   int64
		want   Step
		err    error
	}{
		"new":                        {ledger{}, KeepOff, 5, Take, nil},
		"no ledger":                  {nil, KeepOff, 5, Take, nil},
		"known":                      {ledger{known: true}, KeepOff, 5, Delete, nil},
		"known and kept":             {ledger{known: true}, KeepAll, 5, Leave, nil},
		"known, nobody judges":       {ledger{known: true}, KeepErrors, 5, Leave, nil},
		"large":                      {ledger{}, KeepOff, 11, Leave, nil},
		"large, but taken before":    {ledger{known: true}, KeepOff, 11, Delete, nil},
		"the ledger does not answer": {ledger{err: down}, KeepOff, 5, Leave, down},
	} {
		t.Run(name, func(t *testing.T) {
			alarms := 0
			box := Mailbox{Ledger: c.ledger, Keep: c.keep, MaxSize: 10, Alarm: func(Item, error) { alarms++ }}.WithDefaults(1, 2)
			p := NewPickup(&box)
			for range 2 {
				step, err := p.Decide(t.Context(), Item{UID: "1"}, c.size)
				if step != c.want || !errors.Is(err, c.err) {
					t.Errorf("step %d, %v", step, err)
				}
			}
			if want := map[bool]int{true: 1}[name == "large"]; alarms != want {
				t.Errorf("%d alarms", alarms)
			}
		})
	}
}

// TestBegin: a message that waits and is gone tells of another reader.
func TestBegin(t *testing.T) {
	now := time.Now()
	var words []string
	box := Mailbox{
		Now:     func() time.Time { return now },
		Journal: func(_ Item, w string) { words = append(words, w) },
	}.WithDefaults(1, 2)
	p := NewPickup(&box)
	a, b := Item{UID: "a"}, Item{UID: "b"}
	p.Fail(a, errors.New("no"))
	p.Fail(b, errors.New("no"))
	words = nil
	if !p.Next().Equal(now.Add(time.Minute)) {
		t.Errorf("next at %v", p.Next().Sub(now))
	}
	p.Begin([]Item{b})
	if len(words) != 1 || !strings.Contains(words[0], "another program") || p.Waits(a) || !p.Waits(b) {
		t.Errorf("journal %q", words)
	}
}

// TestBackoff: the waits double up to a day, and never overflow.
func TestBackoff(t *testing.T) {
	now := time.Now()
	box := Mailbox{Backoff: time.Hour, Now: func() time.Time { return now }}.WithDefaults(1, 2)
	p := NewPickup(&box)
	item := Item{UID: "1"}
	for i := range 100 {
		p.Fail(item, errors.New("no"))
		if got, want := p.Next().Sub(now), min(time.Hour<<min(i, 10), 24*time.Hour); got != want {
			t.Errorf("after %d failures: %v, want %v", i+1, got, want)
		}
	}
}

type cutOff struct{ err error }

func (f cutOff) Read([]byte) (int, error) { return 0, f.err }
