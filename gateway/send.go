package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"faxgate/mailio"
	"faxgate/spool"
)

// send takes one fax to one recipient one step further: this is the way out of a page, from the top to the bottom. The task's state says where it stands; whatever happens in here, a
// crash included, the rows say what is certain (design: out, at least once, repeats recognisable).
func (g *Gateway) send(ctx context.Context, l *spool.Lease) error {
	t := l.Task
	switch t.State {
	case Confirmed, Failed, Expired, Held, Cancelled:
		return l.Update(ctx, func(tx *spool.Tx) error { return tx.SetTask(t.ID, spool.TaskChange{NoDue: true, Release: true}) })
	case Accepted, Delivered:
		return g.expire(ctx, l)
	case Sending:
		if uncertain, err := g.interrupted(ctx, l); uncertain || err != nil {
			return err
		}
	case Uncertain:
		if again, err := g.resend(ctx, l); !again || err != nil {
			return err
		}
	}
	m, err := g.faxMessage(ctx, l)
	divided := false
	if err == nil {
		divided, err = g.withinLimit(ctx, l, m)
	}
	if err != nil {
		return g.uncomposed(ctx, l, err)
	}
	if divided {
		return nil
	}
	attempt, reply, err := g.transmit(ctx, l, m, g.faxEnvelope(t.Recipient, m), nil)
	if ctx.Err() != nil && !isAnswer(err) {
		return g.putBack(ctx, l, attempt)
	}
	g.fault("reply-read")
	return g.settle(ctx, l, m, attempt, g.judge(reply, err, t.Attempts+1, began(t)))
}

// errOvertaken means that a report has decided while a worker was at the task: the worker lets go of it, and writes nothing over what was decided.
var errOvertaken = errors.New("a report has decided meanwhile")

// stands is nil if the task is still in the state in which this worker has it.
func stands(tx *spool.Tx, l *spool.Lease) error {
	t, err := tx.Task(l.Task.ID)
	if err == nil && t.State != l.Task.State {
		return errOvertaken
	}
	return err
}

// uncomposed deals with a fax of which no message could be made: a fault of the document ends it, a fault of this installation does not.
func (g *Gateway) uncomposed(ctx context.Context, l *spool.Lease, err error) error {
	if _, ok := errors.AsType[*unsendableError](err); !ok {
		return err
	}
	return g.settle(ctx, l, spool.Message{}, "", g.judge(mailio.Reply{}, err, l.Task.Attempts+1, began(l.Task)))
}

// isAnswer tells whether a try ended with the peer's word, or with its silence after the dot: then a shutdown changes nothing about it.
func isAnswer(err error) bool {
	_, refused := errors.AsType[*mailio.ReplyError](err)
	_, uncertain := errors.AsType[*mailio.UncertainError](err)
	return err == nil || refused || uncertain
}

// transmit sends a stored message as it lies there: commit the attempt; talk SMTP; commit dot_at just before the final dot; send it. The caller commits what came of it.
func (g *Gateway) transmit(ctx context.Context, l *spool.Lease, m spool.Message, env mailio.Envelope, onDot func(*spool.Tx) error) (spool.ID, mailio.Reply, error) {
	attempt := spool.NewID()
	err := l.Update(ctx, func(tx *spool.Tx) error {
		if err := stands(tx, l); err != nil {
			return err
		}
		if _, err := tx.AddAttempt(spool.Attempt{ID: attempt, Message: m.ID}); err != nil {
			return err
		}
		return g.setState(tx, l.Task, Sending, change{by: g.cfg.Hostname})
	})
	if err != nil {
		return "", mailio.Reply{}, err
	}
	l.Task.State = Sending
	sender, err := g.nextHop(ctx, env.To)
	if err != nil {
		return attempt, mailio.Reply{}, err
	}
	b, err := g.blobs.Open(ctx, m.Blob)
	if err != nil {
		return attempt, mailio.Reply{}, unsendable("the composed message is gone from the store: %w", err)
	}
	defer b.Close()
	reply, err := sender.Send(ctx, env, b, func() error { return g.dot(ctx, l, attempt, onDot) })
	return attempt, reply, err
}

// dot commits that the final dot is about to go out: from here on the peer may have the message, whatever happens to this process.
func (g *Gateway) dot(ctx context.Context, l *spool.Lease, attempt spool.ID, onDot func(*spool.Tx) error) error {
	g.fault("before-dot-commit")
	err := l.Update(context.WithoutCancel(ctx), func(tx *spool.Tx) error {
		if err := stands(tx, l); err != nil {
			return err
		}
		if onDot != nil {
			if err := onDot(tx); err != nil {
				return err
			}
		}
		return tx.SetDot(attempt, tx.Now())
	})
	g.fault("dot-committed")
	return err
}

// settle commits what came of a try: the attempt with the reply verbatim, the new state with what may still answer and by when, and the journal, in one transaction.
func (g *Gateway) settle(ctx context.Context, l *spool.Lease, m spool.Message, attempt spool.ID, v verdict) error {
	err := l.Update(context.WithoutCancel(ctx), func(tx *spool.Tx) error {
		t, err := tx.Task(l.Task.ID)
		if err != nil {
			return err
		}
		if attempt != "" {
			if err := g.endAttempt(tx, attempt, v); err != nil {
				return err
			}
		}
		if t.State != Sending && t.State != Queued && t.State != Uncertain { // a receipt was quicker than the reply
			return tx.SetTask(t.ID, spool.TaskChange{Release: true})
		}
		if v.state == Failed && v.refusal != nil {
			if divided, err := g.divide(tx, t, m, tooLarge{refusal: replyRefusal(v.refusal), limit: v.refusal.MaxSize, try: true}); divided || err != nil {
				return err
			}
			if healed, err := g.heal(tx, t, m, replyRefusal(v.refusal)); healed || err != nil {
				return err
			}
		}
		return g.settled(tx, t, m, v)
	})
	if err == nil {
		g.log.InfoContext(ctx, "fax "+string(v.state), "fax", l.Task.Job, "task", l.Task.ID, "to", l.Task.Recipient, "words", v.words)
	}
	return err
}

func (g *Gateway) settled(tx *spool.Tx, t spool.Task, m spool.Message, v verdict) error {
	c := change{by: v.by, words: v.words, due: v.due, try: true, release: true}
	if v.state == Failed && readWhat[faxWhat](t).Resent {
		v.state = Held // the first copy, whose answer was never read, may have arrived all the same
		c.words = "the repeat was refused, but the first copy may have arrived: ask the recipient, then retry or cancel it; " + v.words
	}
	if v.state == Accepted {
		due, err := g.awaitReceipts(tx, m, v.dsn)
		if err != nil {
			return err
		}
		c.due = due
		if form := readForm(m); !form.MDN && !form.DSN {
			if err := g.note(tx, t, "", noReceipt); err != nil {
				return err
			}
		}
	}
	return g.setState(tx, t, v.state, c)
}

func (g *Gateway) endAttempt(tx *spool.Tx, id spool.ID, v verdict) error {
	return tx.EndAttempt(id, spool.AttemptEnd{Hop: v.by, Code: v.code, Reply: v.words, TLS: v.tls, Outcome: v.outcome})
}

// awaitReceipts writes the deadlines of the receipts that were asked for: rows, so that no restart loses one. Nil: none is awaited.
func (g *Gateway) awaitReceipts(tx *spool.Tx, m spool.Message, dsnPassed bool) (*time.Time, error) {
	form := readForm(m)
	deadline := tx.Now().Add(g.cfg.Retry.Monitoring.D())
	known, err := tx.Confirmations(m.ID)
	if err != nil {
		return nil, err
	}
	answered := map[string]bool{} // a report can be quicker than the reply to the dot
	for _, c := range known {
		if c.ReceivedAt != nil && finalVerdict(c.Result) {
			answered[c.Kind] = true
		}
	}
	var due *time.Time
	for kind, asked := range map[string]bool{"mdn": form.MDN, "dsn": form.DSN && dsnPassed} {
		if !asked || answered[kind] {
			continue
		}
		due = &deadline
		if _, err := tx.AddConfirmation(spool.Confirmation{Message: m.ID, Kind: kind, Deadline: &deadline}); err != nil {
			return nil, err
		}
	}
	return due, nil
}

// interrupted looks at a fax whose sender died: without dot_at it certainly did not go out and is tried at once; with it, and without an answer, it is uncertain.
func (g *Gateway) interrupted(ctx context.Context, l *spool.Lease) (uncertain bool, err error) {
	err = l.Update(ctx, func(tx *spool.Tx) error {
		if err := stands(tx, l); err != nil {
			return err
		}
		a, err := openAttempt(tx, l.Task.ID)
		if err != nil || a == nil {
			return err
		}
		v := verdict{outcome: "interrupted", words: "the gateway was stopped before the end of the message: certainly not sent"}
		if uncertain = a.DotAt != nil; uncertain {
			v = verdict{outcome: "uncertain", words: "the gateway was stopped before the answer was read"}
		}
		if err := g.endAttempt(tx, a.ID, v); err != nil || !uncertain {
			return err
		}
		due := tx.Now().Add(g.cfg.Retry.Grace.D())
		return g.setState(tx, l.Task, Uncertain, change{
			by: g.cfg.Hostname, due: &due, try: true, release: true,
			words: "the gateway was stopped after the end of the message had gone out and before the answer was read: the peer may have the fax",
		})
	})
	return uncertain, err
}

// openAttempt is the last try of a task if nothing is known of its end, else nil.
func openAttempt(tx *spool.Tx, task spool.ID) (*spool.Attempt, error) {
	last, err := lastAttempt(tx, task)
	if last == nil || last.EndedAt != nil {
		return nil, err
	}
	return last, nil
}

// lastAttempt is the last try of a task, nil if there was none.
func lastAttempt(tx *spool.Tx, task spool.ID) (*spool.Attempt, error) {
	messages, err := tx.Messages(task)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	attempts, err := tx.Attempts(messages[len(messages)-1].ID)
	if err != nil || len(attempts) == 0 {
		return nil, err
	}
	return &attempts[len(attempts)-1], nil
}

// resend decides about an uncertain fax whose grace period has passed without a report: the stored message goes once more, byte for byte, so that the peer can tell the repeat; after
// that it waits for a person.
func (g *Gateway) resend(ctx context.Context, l *spool.Lease) (again bool, err error) {
	t, w := l.Task, readWhat[faxWhat](l.Task)
	err = l.Update(ctx, func(tx *spool.Tx) error {
		if err := stands(tx, l); err != nil {
			return err
		}
		if w.Resent {
			return g.setState(tx, l.Task, Held, change{
				by: g.cfg.Hostname, release: true,
				words: "sent twice without an answer to the end of the message: ask the recipient, then retry or cancel it",
			})
		}
		again = true
		used, now := w, tx.Now()
		used.Resent = true
		t.What = marshal(used)
		if err := tx.SetTask(t.ID, spool.TaskChange{What: t.What}); err != nil {
			return err
		}
		return g.setState(tx, t, Queued, change{due: &now, by: g.cfg.Hostname, words: "no report came in the grace period: the same message is sent once more"})
	})
	if err == nil && again {
		l.Task.State, l.Task.What = Queued, t.What
	}
	return again, err
}

// expire ends the waiting for a receipt: an end of waiting, never a failure, and never a reason to send again.
func (g *Gateway) expire(ctx context.Context, l *spool.Lease) error {
	return l.Update(ctx, func(tx *spool.Tx) error {
		if err := stands(tx, l); err != nil {
			return err
		}
		return g.setState(tx, l.Task, Expired, change{
			by: g.cfg.Hostname, release: true,
			words: fmt.Sprintf("no receipt within %s: it was %s, and that is all that is known", g.cfg.Retry.Monitoring.D(), l.Task.State),
		})
	})
}

// putBack returns what was not sent to the queue when the gateway stops: it is no failed try.
func (g *Gateway) putBack(ctx context.Context, l *spool.Lease, attempt spool.ID) error {
	return l.Update(context.WithoutCancel(ctx), func(tx *spool.Tx) error {
		if attempt != "" {
			if err := g.endAttempt(tx, attempt, verdict{outcome: "interrupted", words: "the gateway was stopped before the end of the message"}); err != nil {
				return err
			}
		}
		if err := stands(tx, l); err != nil {
			return err
		}
		now := tx.Now()
		return g.setState(tx, l.Task, Queued, change{due: &now, release: true, by: g.cfg.Hostname, words: "the gateway was stopped before it was sent; it goes on after the start"})
	})
}
