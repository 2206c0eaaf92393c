package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"faxgate/mailio"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// A Fetcher watches one mailbox. With a server that knows IDLE it stays logged
// in; otherwise it comes back after every Interval.
type Fetcher struct {
	*mailio.Rounds

	// IdleFor is how long one IDLE lasts, 0: 25 minutes. RFC 2177 allows 29.
	IdleFor time.Duration

	box    mailio.Mailbox
	pickup *mailio.Pickup

	validity string    // of the last session
	first    imap.UID  // messages below it need not be listed
	whole    time.Time // of the last listing from the start
}

// New prepares a fetcher for a mailbox.
func New(box mailio.Mailbox) *Fetcher {
	f := &Fetcher{box: box.WithDefaults(143, 993), IdleFor: 25 * time.Minute}
	f.Rounds = mailio.NewRounds(&f.box)
	f.pickup = mailio.NewPickup(&f.box)
	return f
}

// Run watches the mailbox until ctx ends, and returns ctx's error. Whatever goes
// wrong meanwhile is told by Status and tried again later.
func (f *Fetcher) Run(ctx context.Context) error {
	look := func(ctx context.Context) (time.Time, error) {
		err := f.visit(ctx, f.stay)
		return f.pickup.Next(), err
	}
	return f.Rounds.Run(ctx, look, refused)
}

// refused tells of a server's no that will not change soon.
func refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Temporary()
}

// Look fetches what is there now, without waiting for more.
func (f *Fetcher) Look(ctx context.Context) error {
	err := f.visit(ctx, nil)
	if err != nil {
		f.Become(mailio.Unable, err.Error())
	}
	return err
}

// visit logs in, fetches what is there, and stays if there is a stay.
func (f *Fetcher) visit(ctx context.Context, stay func(context.Context, *session) error) error {
	if err := f.Ready(); err != nil {
		return fmt.Errorf("not fetching: %w", err)
	}
	f.Become(mailio.InProgress, "")
	s, err := open(ctx, &f.box)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.login(); err != nil {
		return err
	}
	if err := s.choose(); err != nil {
		return err
	}
	f.enter(s)
	if err := f.takeAll(ctx, s); err != nil {
		return err
	}
	f.Become(mailio.Operating, "")
	if stay != nil && s.imap.Caps().Has(imap.CapIdle) {
		return stay(ctx, s)
	}
	return s.do("LOGOUT", 0, func() error { return s.imap.Logout().Wait() })
}

// enter begins a session. A new UIDVALIDITY means that the server has given
// the messages new numbers: all are looked at anew.
func (f *Fetcher) enter(s *session) {
	if f.validity != "" && f.validity != s.validity && f.box.Journal != nil {
		f.box.Journal(mailio.Item{Account: f.box.Name, Validity: s.validity},
			fmt.Sprintf("the server has numbered the messages anew (UIDVALIDITY %s, was %s): all are looked at again", s.validity, f.validity))
	}
	if f.validity != s.validity {
		f.pickup = mailio.NewPickup(&f.box)
	}
	f.validity, f.first, f.whole = s.validity, 1, f.box.Now()
}

// stay waits for new messages and takes them, until the connection ends.
func (f *Fetcher) stay(ctx context.Context, s *session) error {
	for {
		if err := f.idle(ctx, s); err != nil {
			return err
		}
		if err := f.Ready(); err != nil {
			return fmt.Errorf("not fetching: %w", err)
		}
		if f.box.Now().Sub(f.whole) >= f.box.Interval {
			f.first, f.whole = 1, f.box.Now()
		}
		if err := f.takeAll(ctx, s); err != nil {
			return err
		}
		f.Become(mailio.Operating, "")
	}
}

// idle returns when there is something to do: new mail, a look that was asked
// for or is due, or the end of an IDLE.
func (f *Fetcher) idle(ctx context.Context, s *session) error {
	if len(s.news) > 0 {
		return nil
	}
	var cmd *imapclient.IdleCommand
	err := s.do("IDLE", 0, func() (err error) {
		cmd, err = s.imap.Idle()
		return err
	})
	if err != nil {
		return err
	}
	wait := time.NewTimer(f.patience())
	defer wait.Stop()
	select {
	case <-s.news:
	case <-f.Asked():
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.imap.Closed():
		return fmt.Errorf("IDLE: the server closed the connection: %w", io.ErrUnexpectedEOF)
	}
	return s.do("DONE", 0, func() error {
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
}

func (f *Fetcher) patience() time.Duration {
	wait := min(f.IdleFor, f.box.Interval)
	if due := f.pickup.Next(); !due.IsZero() {
		wait = min(wait, max(due.Sub(f.box.Now()), 0))
	}
	return wait
}

// perExpunge is how many messages are taken before those taken are deleted.
const perExpunge = 100

// takeAll goes through the new messages, and those that could not be taken
// before.
func (f *Fetcher) takeAll(ctx context.Context, s *session) error {
	select {
	case <-s.news:
	default:
	}
	messages, err := s.list(f.first)
	if err != nil {
		return err
	}
	items := make([]mailio.Item, len(messages))
	for i, m := range messages {
		items[i] = f.item(m)
	}
	f.pickup.Begin(items)
	var done []message
	for _, m := range messages {
		if f.Ready() != nil {
			return f.remove(ctx, s, done)
		}
		step, err := f.handle(ctx, s, m)
		if err != nil {
			return err
		}
		if step == mailio.Delete {
			done = append(done, m)
		}
		if len(done) < perExpunge {
			continue
		}
		if err := f.remove(ctx, s, done); err != nil {
			return err
		}
		done = nil
	}
	if err := f.remove(ctx, s, done); err != nil {
		return err
	}
	f.advance(messages)
	return nil
}

func (f *Fetcher) item(m message) mailio.Item {
	return mailio.Item{Account: f.box.Name, Validity: f.validity, UID: strconv.FormatUint(uint64(m.uid), 10)}
}

// advance leaves out of the next listing what needs no more looking at.
func (f *Fetcher) advance(messages []message) {
	for _, m := range messages {
		if f.pickup.Waits(f.item(m)) {
			f.first = m.uid
			return
		}
	}
	if len(messages) > 0 {
		f.first = messages[len(messages)-1].uid + 1
	}
}

// handle decides about one message, and takes it if it is new. Messages that
// somebody else has marked as deleted are left alone.
func (f *Fetcher) handle(ctx context.Context, s *session, m message) (mailio.Step, error) {
	step, err := f.pickup.Decide(ctx, f.item(m), m.size)
	if err != nil || step != mailio.Take {
		return step, err
	}
	if m.deleted {
		return mailio.Leave, nil
	}
	taken, err := f.take(ctx, s, m)
	if refused, ok := errors.AsType[*Error](err); ok {
		f.pickup.Fail(f.item(m), refused)
		return mailio.Leave, nil
	}
	if err != nil || !taken.yes {
		return mailio.Leave, err
	}
	// The answer to it is the gateway's now: no other program should send one
	// (RFC 3503 s3.1). A mailbox that keeps no such flag is no error.
	flags := []imap.Flag{imap.FlagMDNSent, imap.FlagSeen}
	if err := s.store([]imap.UID{m.uid}, flags...); err != nil && !isRefusal(err) {
		return mailio.Leave, err
	}
	return taken.step, nil
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// An outcome tells what became of a message that was fetched.
type outcome struct {
	yes  bool // the Handler has it
	step mailio.Step
}

// take fetches one message and hands it over, as it streams in.
func (f *Fetcher) take(ctx context.Context, s *session, m message) (out outcome, err error) {
	section := &imap.FetchItemBodySection{Peek: true}
	err = s.do(fmt.Sprintf("UID FETCH %d (BODY.PEEK[])", m.uid), m.size*2, func() error {
		cmd := s.imap.Fetch(imap.UIDSetNum(m.uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		lost := f.handOver(ctx, s, cmd, m, &out)
		if lost != nil {
			_ = s.conn.Close() // instead of waiting for the rest
			_ = cmd.Close()
			return &transferError{m, lost}
		}
		return cmd.Close()
	})
	return out, err
}

func (f *Fetcher) handOver(ctx context.Context, s *session, cmd *imapclient.FetchCommand, m message, out *outcome) error {
	item := f.item(m)
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		for part := data.Next(); part != nil; part = data.Next() {
			body, ok := part.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			env := mailio.Envelope{Source: "imap:" + f.box.Name, Mailbox: &item, Size: m.size, MDNSent: m.mdnSent}
			step, lost := f.pickup.Hand(ctx, env, &whole{r: body.Literal, guard: s.guard})
			*out = outcome{yes: lost == nil && !f.pickup.Waits(item), step: step}
			return lost
		}
	}
	f.pickup.Fail(item, errors.New("the server gives no body for it"))
	return nil
}

// A transferError means that a message did not come through.
type transferError struct {
	message message
	err     error
}

func (e *transferError) Error() string {
	return fmt.Sprintf("fetching message %d of %d octets: %v", e.message.uid, e.message.size, e.err)
}

func (e *transferError) Unwrap() error { return e.err }

// whole is a message whose end is the true one: where the guard has padded it,
// the reading fails.
type whole struct {
	r     io.Reader
	guard *guard
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.guard.padded.Load() {
		return 0, w.guard.cause(io.ErrUnexpectedEOF)
	}
	return n, err
}

// remove deletes messages on the server.
func (f *Fetcher) remove(ctx context.Context, s *session, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	uids := make([]imap.UID, len(messages))
	for i, m := range messages {
		uids[i] = m.uid
	}
	err := s.expunge(uids)
	if errors.Is(err, errForeign) || isRefusal(err) {
		for _, m := range messages {
			f.pickup.Fail(f.item(m), err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := f.pickup.Deleted(ctx, f.item(m)); err != nil {
			return err
		}
	}
	return nil
}
