package pop3

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"faxgate/mailio"
)

// perSession is how many messages are taken before QUIT makes the deletions
// count.
const perSession = 100

// A Fetcher looks into one mailbox: at the start, after every Interval and when
// asked.
type Fetcher struct {
	box    mailio.Mailbox
	pickup *mailio.Pickup
	check  chan struct{}

	mu     sync.Mutex
	status mailio.Status
}

// New prepares a fetcher for a mailbox.
func New(box mailio.Mailbox) *Fetcher {
	f := &Fetcher{box: box.WithDefaults(110, 995), check: make(chan struct{}, 1)}
	f.pickup = mailio.NewPickup(&f.box)
	f.status = mailio.Status{State: mailio.NotConnected, At: f.box.Now()}
	return f
}

// CheckNow makes Run look at once. It does not wait.
func (f *Fetcher) CheckNow() {
	select {
	case f.check <- struct{}{}:
	default: // asked already
	}
}

// Status tells how the last look went.
func (f *Fetcher) Status() mailio.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *Fetcher) become(state mailio.State, words string) {
	s := mailio.Status{State: state, At: f.box.Now(), Words: words}
	f.mu.Lock()
	f.status = s
	f.mu.Unlock()
	if f.box.Changed != nil {
		f.box.Changed(s)
	}
}

// Run looks into the mailbox until ctx ends, and returns ctx's error. Whatever
// goes wrong meanwhile is told by Status and tried again later.
func (f *Fetcher) Run(ctx context.Context) error {
	defer f.become(mailio.Stop, "")
	for failures := 0; ; {
		err := f.Look(ctx)
		failures++
		if err == nil {
			failures = 0
		}
		wait := time.NewTimer(f.pause(failures, err))
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-f.check:
			wait.Stop()
		case <-wait.C:
		}
	}
}

// pause is how long to wait until the next look. A refused log-in is not
// repeated early: servers lock accounts that do.
func (f *Fetcher) pause(failures int, err error) time.Duration {
	wait := f.box.Interval
	var refused *Error
	switch {
	case err != nil && (!errors.As(err, &refused) || refused.Temporary()):
		wait = min(wait, f.box.Backoff<<min(failures-1, 20))
	case err == nil:
		if due := f.pickup.Next(); !due.IsZero() {
			wait = min(wait, max(due.Sub(f.box.Now()), 0))
		}
	}
	return wait
}

// Look fetches what is there now. Run calls it; it is for a single look, too.
func (f *Fetcher) Look(ctx context.Context) error {
	if f.box.Busy != nil {
		if err := f.box.Busy(); err != nil {
			f.become(mailio.Unable, "not fetching: "+err.Error())
			return err
		}
	}
	f.become(mailio.InProgress, "")
	for {
		more, err := f.session(ctx)
		if err != nil {
			f.become(mailio.Unable, err.Error())
			return err
		}
		if !more {
			break
		}
	}
	f.become(mailio.Operating, "")
	return nil
}

// session is one log-in. more tells that messages were left for another.
func (f *Fetcher) session(ctx context.Context) (more bool, err error) {
	c, err := Dial(ctx, f.box)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if err := c.Login(); err != nil {
		return false, err
	}
	messages, err := c.List()
	if err != nil {
		return false, err
	}
	f.pickup.Begin(f.items(messages))
	deleted, more, err := f.takeAll(ctx, c, messages)
	if err != nil {
		return false, err
	}
	if err := c.Quit(); err != nil {
		return false, fmt.Errorf("the server may not have deleted what was fetched: %w", err)
	}
	for _, item := range deleted {
		if err := f.pickup.Deleted(ctx, item); err != nil {
			return false, err
		}
	}
	return more, nil
}

func (f *Fetcher) items(messages []Message) []mailio.Item {
	items := make([]mailio.Item, len(messages))
	for i, m := range messages {
		items[i] = f.item(m)
	}
	return items
}

func (f *Fetcher) item(m Message) mailio.Item {
	return mailio.Item{Account: f.box.Name, UID: m.UID}
}

// takeAll goes through the messages once. It returns those that QUIT will
// delete.
func (f *Fetcher) takeAll(ctx context.Context, c *Client, messages []Message) (deleted []mailio.Item, more bool, err error) {
	taken := 0
	for _, m := range messages {
		if taken == perSession {
			return deleted, true, nil
		}
		if f.box.Busy != nil && f.box.Busy() != nil {
			return deleted, false, nil
		}
		step, err := f.pickup.Decide(ctx, f.item(m), m.Size)
		if err != nil {
			return nil, false, err
		}
		if step == mailio.Take {
			taken++
			if step, err = f.take(ctx, c, m); err != nil {
				return nil, false, err
			}
		}
		if step != mailio.Delete {
			continue
		}
		var refused *Error
		switch err := c.Delete(m.N); {
		case errors.As(err, &refused):
			f.pickup.Fail(f.item(m), err)
		case err != nil:
			return nil, false, err
		default:
			deleted = append(deleted, f.item(m))
		}
	}
	return deleted, false, nil
}

// take fetches one message and hands it over.
func (f *Fetcher) take(ctx context.Context, c *Client, m Message) (mailio.Step, error) {
	body, err := c.Retrieve(m.N)
	if _, ok := errors.AsType[*Error](err); ok {
		f.pickup.Fail(f.item(m), err)
		return mailio.Leave, nil
	}
	if err != nil {
		return mailio.Leave, err
	}
	step, lost := f.pickup.Hand(ctx, "pop3:"+f.box.Name, f.item(m), m.Size, body)
	if lost != nil {
		return mailio.Leave, fmt.Errorf("fetching message %d of %d octets: %w", m.N, m.Size, lost)
	}
	return step, nil
}
