package gateway

import (
	"context"
	"slices"

	"faxgate/mailio"
	"faxgate/spool"
)

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
