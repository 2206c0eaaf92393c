package mailio

import (
	"context"
	"sync"
	"time"
)

// Rounds is what runs a mailbox's looks, one after the other: at the start,
// after every Interval and when asked. After a failure the next one comes
// earlier: 1, 2, 4, … times Backoff later, as long as that is sooner.
type Rounds struct {
	box   *Mailbox
	check chan struct{}

	mu       sync.Mutex
	status   Status
	failures int
}

// NewRounds prepares the rounds of a mailbox that has its defaults.
func NewRounds(box *Mailbox) *Rounds {
	return &Rounds{
		box:    box,
		check:  make(chan struct{}, 1),
		status: Status{State: NotConnected, At: box.Now()},
	}
}

// CheckNow makes Run look at once. It does not wait.
func (r *Rounds) CheckNow() {
	select {
	case r.check <- struct{}{}:
	default: // asked already
	}
}

// Asked receives for each CheckNow. A look that takes its time may listen.
func (r *Rounds) Asked() <-chan struct{} { return r.check }

// Status tells how the last look went, or goes.
func (r *Rounds) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Become changes the status and tells Mailbox.Changed. Operating ends a series
// of failures.
func (r *Rounds) Become(state State, words string) {
	s := Status{State: state, At: r.box.Now(), Words: words}
	r.mu.Lock()
	r.status = s
	if state == Operating {
		r.failures = 0
	}
	r.mu.Unlock()
	if r.box.Changed != nil {
		r.box.Changed(s)
	}
}

// Ready says whether anything may be fetched now.
func (r *Rounds) Ready() error {
	if r.box.Busy == nil {
		return nil
	}
	return r.box.Busy()
}

// Run looks until ctx ends, and returns ctx's error. look returns when the next
// look is due, if that is before the Interval is over. refused tells of an
// error that it is of no use, or harmful, to try again soon: servers lock
// accounts whose password is wrong again and again.
func (r *Rounds) Run(ctx context.Context, look func(context.Context) (time.Time, error), refused func(error) bool) error {
	defer r.Become(Stop, "")
	for {
		due, err := r.once(ctx, look)
		wait := time.NewTimer(r.pause(due, err, refused))
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-r.check:
			wait.Stop()
		case <-wait.C:
		}
	}
}

func (r *Rounds) once(ctx context.Context, look func(context.Context) (time.Time, error)) (time.Time, error) {
	due, err := look(ctx)
	if err != nil {
		r.mu.Lock()
		r.failures++
		r.mu.Unlock()
		r.Become(Unable, err.Error())
	}
	return due, err
}

func (r *Rounds) pause(due time.Time, err error, refused func(error) bool) time.Duration {
	wait := r.box.Interval
	switch {
	case err != nil && !refused(err):
		r.mu.Lock()
		wait = min(wait, r.box.Backoff<<min(max(r.failures-1, 0), 20))
		r.mu.Unlock()
	case err == nil && !due.IsZero():
		wait = min(wait, max(due.Sub(r.box.Now()), 0))
	}
	return wait
}
