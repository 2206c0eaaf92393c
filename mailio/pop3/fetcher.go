package pop3

import (
	"context"
	"errors"
	"fmt"
	"time"

	"faxgate/mailio"
)

// perSession is how many messages are marked before QUIT makes the deletions
// count.
const perSession = 100

// A Fetcher looks into one mailbox: at the start, after every Interval and when
// asked.
type Fetcher struct {
	*mailio.Rounds

	box        mailio.Mailbox
	pickup     *mailio.Pickup
	perSession int
}

// New prepares a fetcher for a mailbox.
func New(box mailio.Mailbox) *Fetcher {
	f := &Fetcher{box: box.WithDefaults(110, 995), perSession: perSession}
	f.Rounds = mailio.NewRounds(&f.box)
	f.pickup = mailio.NewPickup(&f.box)
	return f
}

// Run looks into the mailbox until ctx ends, and returns ctx's error. Whatever
// goes wrong meanwhile is told by Status and tried again later.
func (f *Fetcher) Run(ctx context.Context) error {
	look := func(ctx context.Context) (time.Time, error) {
		err := f.Look(ctx)
		return f.pickup.Next(), err
	}
	return f.Rounds.Run(ctx, look, refused)
}

// refused tells of a server's no that will not change soon.
func refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Temporary()
}

// Look fetches what is there now. Run calls it; it is for a single look, too.
func (f *Fetcher) Look(ctx context.Context) error {
	err := f.look(ctx)
	if err != nil {
		f.Become(mailio.Unable, err.Error())
		return err
	}
	f.Become(mailio.Operating, "")
	return nil
}

func (f *Fetcher) look(ctx context.Context) error {
	if err := f.Ready(); err != nil {
		return fmt.Errorf("not fetching: %w", err)
	}
	f.Become(mailio.InProgress, "")
	for {
		if more, err := f.session(ctx); err != nil || !more {
			return err
		}
	}
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
	for _, m := range messages {
		if len(deleted) == f.perSession {
			return deleted, true, nil
		}
		if f.Ready() != nil {
			return deleted, false, nil
		}
		step, err := f.pickup.Decide(ctx, f.item(m), m.Size)
		if err != nil {
			return nil, false, err
		}
		if step == mailio.Take {
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
	item := f.item(m)
	step, lost := f.pickup.Hand(ctx, mailio.Envelope{Source: "pop3:" + f.box.Name, Mailbox: &item, Size: m.Size}, body)
	if lost != nil {
		return mailio.Leave, fmt.Errorf("fetching message %d of %d octets: %w", m.N, m.Size, lost)
	}
	return step, nil
}
