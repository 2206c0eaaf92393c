package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"faxgate/spool"
)

// Retry puts what has failed, expired or is held back into the queue: the same message where it may still be the same, by the person's own decision. What waits for its next try is tried now.
func (g *Gateway) Retry(ctx context.Context, id spool.ID) error {
	return g.manage(ctx, id, []spool.State{Queued, Failed, Expired, Held, Cancelled, Uncertain}, func(tx *spool.Tx, t spool.Task) error {
		none, due := 0, tx.Now()
		if t.State == Queued {
			return g.setState(tx, t, Queued, change{due: &due, by: "person", words: "tried now, by hand"})
		}
		if t.Kind == KindRoute {
			return g.retryRoute(tx, t)
		}
		w := readWhat[faxWhat](t)
		w.Resent, w.Told, w.Since = false, false, tx.Now()
		if spent, err := refusedMessage(tx, t); err != nil {
			return err
		} else if spent != "" {
			w.Spent = spent
		}
		if err := tx.SetTask(t.ID, spool.TaskChange{Attempts: &none, What: marshal(w)}); err != nil {
			return err
		}
		if err := tellAgain(tx, t.Job); err != nil {
			return err
		}
		t.Attempts, t.What = 0, marshal(w)
		return g.setState(tx, t, Queued, change{due: &due, release: true, by: "person", words: "tried again by hand"})
	})
}

// tellAgain has the sender told once more when the fax rests: what the outcome mail that has gone out says of it is not the last word any more.
func tellAgain(tx *spool.Tx, job spool.ID) error {
	j, err := tx.Job(job)
	if err != nil {
		return err
	}
	a := readJobAttrs(j)
	if !a.Told {
		return nil
	}
	a.Told = false
	j.Attrs = marshal(a)
	return tx.SetJob(j)
}

// retryRoute does a thing that a rule said once more. A fax that is held by a rule is released.
func (g *Gateway) retryRoute(tx *spool.Tx, t spool.Task) error {
	none, due := 0, tx.Now()
	w := readWhat[routeWhat](t)
	w.Since = due
	if err := tx.SetTask(t.ID, spool.TaskChange{Attempts: &none, What: marshal(w)}); err != nil {
		return err
	}
	t.Attempts = 0
	return g.setState(tx, t, Queued, change{due: &due, release: true, by: "person", words: "tried again by hand"})
}

// refusedMessage is the last message of a fax if its recipient has answered that it could not use it: the same one again would be taken for a repeat there, and get no second receipt
// (RFC 8098 section 2.1), so a new one is made.
func refusedMessage(tx *spool.Tx, t spool.Task) (spool.ID, error) {
	messages, err := tx.Messages(t.ID)
	if err != nil || len(messages) == 0 {
		return "", err
	}
	last := messages[len(messages)-1].ID
	answers, err := tx.Confirmations(last)
	if slices.ContainsFunc(answers, func(c spool.Confirmation) bool {
		return c.Kind == "mdn" && finalVerdict(strings.TrimSuffix(c.Result, elsewhere))
	}) {
		return last, err
	}
	return "", err
}

// Cancel ends what has not been accepted yet.
func (g *Gateway) Cancel(ctx context.Context, id spool.ID) error {
	return g.manage(ctx, id, []spool.State{Queued, Uncertain, Held}, func(tx *spool.Tx, t spool.Task) error {
		return g.setState(tx, t, Cancelled, change{release: true, by: "person", words: "cancelled by hand"})
	})
}

// manage changes the deliveries of a fax, or the routes of a received one, that are in one of the states; ErrState if none is.
func (g *Gateway) manage(ctx context.Context, id spool.ID, states []spool.State, do func(*spool.Tx, spool.Task) error) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		tasks, err := tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all}, Job: id, Kinds: []spool.Kind{KindFax}})
		if err == nil && len(tasks) == 0 {
			tasks, err = tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all}, Received: id, Kinds: []spool.Kind{KindRoute}})
		}
		if err != nil {
			return err
		}
		if len(tasks) == 0 {
			return ErrNotFound
		}
		n := 0
		for _, t := range tasks {
			if !slices.Contains(states, t.State) {
				continue
			}
			n++
			if err := do(tx, t); err != nil {
				return err
			}
		}
		if n == 0 {
			return fmt.Errorf("%w: it is %s", ErrState, tasks[0].State)
		}
		return nil
	})
}
