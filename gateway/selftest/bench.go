package selftest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"faxgate/codec"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/spool"
)

// us is the fax address of the gateway that is tested.
const us = "fax@gateway.example"

// bench is one machine and the gateway that it is played against.
type bench struct {
	vendor  vendor
	machine *machine
	gateway *gateway.Gateway
	ahead   atomic.Int64 // how far the gateway's clock is ahead
	stop    context.CancelFunc
	done    chan error
	answers sync.WaitGroup // answers of the machine that are on their way

	answered atomic.Int32 // answers that the gateway has taken or refused

	mu      sync.Mutex
	trouble []string // what the gateway said to answers that it did not take
}

// newBench starts both, in a directory of its own.
func newBench(ctx context.Context, v vendor, dir string, o Options) (*bench, error) {
	cfg, err := config.Read("")
	if err != nil {
		return nil, err
	}
	m, err := newMachine(v)
	if err != nil {
		return nil, err
	}
	b := &bench{vendor: v, machine: m, done: make(chan error, 1)}
	ctx, b.stop = context.WithCancel(ctx)
	m.deliver = func(l letter) { b.answers.Go(func() { b.answer(ctx, l) }) }
	cfg.Data, cfg.Hostname = dir, "gateway.example"
	cfg.Fax.Addresses, cfg.Fax.Name = []string{us}, "faxgate self-test"
	cfg.Listen.SMTP = "127.0.0.1:0"
	cfg.Retry.FirstWait, cfg.Retry.Wait = config.Duration(200*time.Millisecond), config.Duration(time.Second)
	cfg.Limits.FreeDisk = 1 << 20
	cfg.Direct = []config.Direct{{To: v.fax[strings.IndexByte(v.fax, '@'):], Host: "127.0.0.1", Port: m.port(), TLS: "starttls"}}
	if v.configure != nil {
		v.configure(&cfg)
	}
	opts := gateway.Options{Config: cfg, Log: o.Log, Version: "self-test", Now: func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }}
	if o.Alter != nil {
		o.Alter(&opts)
	}
	if b.gateway, err = gateway.Open(ctx, opts); err != nil {
		b.stop()
		m.close()
		return nil, err
	}
	go func() { b.done <- b.gateway.Run(ctx) }()
	select {
	case <-b.gateway.Running():
		return b, nil
	case err := <-b.done:
		b.done <- err
		return nil, fmt.Errorf("%w", b.closeAfter(err))
	}
}

func (b *bench) closeAfter(err error) error {
	if cerr := b.close(); err == nil {
		return cerr
	}
	return err
}

// close stops both.
func (b *bench) close() error {
	b.stop()
	b.machine.close()
	b.answers.Wait()
	err := <-b.done
	if cerr := b.gateway.Close(); err == nil {
		err = cerr
	}
	return err
}

// answer hands over an answer of the machine; a refusal is kept for the report.
func (b *bench) answer(ctx context.Context, l letter) {
	defer b.answered.Add(1)
	if err := handOver(ctx, b.gateway.Addr("smtp"), b.vendor.helo, l); err != nil && ctx.Err() == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.trouble = append(b.trouble, err.Error())
	}
}

// refused is what the gateway has said to answers of the machine that it did not take, since it was last asked.
func (b *bench) refused() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	words := strings.Join(b.trouble, "; ")
	b.trouble = nil
	return words
}

// send hands a mail of the machine over, which the gateway is to take.
func (b *bench) send(ctx context.Context, l letter) error {
	if l.to == "" {
		l.to = us
	}
	if err := handOver(ctx, b.gateway.Addr("smtp"), b.vendor.helo, l); err != nil {
		return mismatched("the gateway to take the mail with 250", "%v", err)
	}
	return nil
}

// pollEvery is how often the gateway is asked for news.
const pollEvery = 20 * time.Millisecond

// until asks again and again; look gives nil when it is as wanted, else what is still missing.
func until(ctx context.Context, look func() error) error {
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pollEvery):
		}
	}
}

// arrived waits until the fax with this Message-ID has been read, and wants as many pages of it, and no trouble.
func (b *bench) arrived(ctx context.Context, id string, pages int) (f gateway.InboxFax, err error) {
	want := fmt.Sprintf("the fax %s once in the inbox with %d page(s), read without fault", id, pages)
	var wrong error // it has been read, and is not so: no more waiting
	err = until(ctx, func() error {
		list, err := b.inbox(id)
		if err != nil {
			return err
		}
		switch {
		case len(list) > 1:
			wrong = mismatched(want, "it is there %d times", len(list))
			return nil
		case len(list) == 0 || list[0].State == gateway.Kept:
			return mismatched(want, "it is not there, or not read yet")
		}
		if f, err = b.gateway.InboxFax(context.WithoutCancel(ctx), list[0].ID); err != nil {
			return err
		}
		if f.State != gateway.Read || f.Pages != pages {
			wrong = mismatched(want, "it is %s with %d page(s) %s", f.State, f.Pages, f.Error)
		}
		return nil
	})
	return f, all(err, wrong)
}

// inbox lists the received faxes with a Message-ID.
func (b *bench) inbox(id string) (list []gateway.InboxFax, err error) {
	all, err := b.gateway.Inbox(context.Background(), gateway.Page{Limit: 1000})
	for _, f := range all {
		if f.MessageID == id {
			list = append(list, f)
		}
	}
	return list, err
}

// identical wants the pages of a received fax to be those that were drawn, pixel for pixel.
func (b *bench) identical(ctx context.Context, f gateway.InboxFax, drawn ...sheet) error {
	var file bytes.Buffer
	if err := b.gateway.InboxTIFF(ctx, f.ID, &file); err != nil {
		return fmt.Errorf("read the received fax back: %w", err)
	}
	info, err := codec.Info(ctx, bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		return fmt.Errorf("read the received fax back: %w", err)
	}
	if err := same("pages in the fax:", len(info.Pages), len(drawn)); err != nil {
		return err
	}
	for i, p := range info.Pages {
		if p.Pixels != drawn[i].pixels() {
			return mismatched(fmt.Sprintf("page %d as it was drawn, pixel for pixel", i+1), "it has other pixels (%dx%d, %s)", p.Width, p.Height, p.Coding)
		}
	}
	return nil
}

// mdn waits for the receipt for a mail of the machine.
func (b *bench) mdn(ctx context.Context, mark int, id string) (*taken, error) {
	return b.machine.mail(ctx, mark, "a receipt (MDN) for "+id, func(t *taken) bool {
		return strings.Contains(t.report(mdnReport), "Original-Message-ID: "+id+"\n")
	})
}

// fax hands documents to the gateway for the machine.
func (b *bench) fax(ctx context.Context, files ...file) (spool.ID, error) {
	if len(files) == 0 {
		files = []file{letterOf("A short letter.\n")}
	}
	return b.submit(ctx, gateway.SubmitRequest{Files: files})
}

func (b *bench) submit(ctx context.Context, r gateway.SubmitRequest) (spool.ID, error) {
	r.To, r.Origin = []string{b.vendor.fax}, "self-test"
	return b.gateway.Submit(ctx, r)
}

// settled waits until all of a fax is in a state.
func (b *bench) settled(ctx context.Context, id spool.ID, want spool.State) (f gateway.Fax, err error) {
	var wrong error // it has ended otherwise: no more waiting
	err = until(ctx, func() (err error) {
		if f, err = b.gateway.Fax(context.WithoutCancel(ctx), id); err != nil || f.State == want {
			return err
		}
		err = mismatched(fmt.Sprintf("the fax to be %s", want), "it is %s: %s", f.State, reasons(f))
		if f.State == gateway.Failed || f.State == gateway.Held || f.State == gateway.Confirmed {
			wrong = err
			return nil
		}
		return err
	})
	return f, all(err, wrong)
}

// reasons is why each part of a fax stands where it stands.
func reasons(f gateway.Fax) string {
	var words []string
	for _, d := range f.Deliveries {
		w := string(d.State) + " " + d.Form
		if d.Reason != "" {
			w += ", " + d.Reason
		}
		words = append(words, w)
	}
	return strings.Join(words, "; ")
}

// journal wants a line about a fax that has the words.
func (b *bench) journal(ctx context.Context, id spool.ID, words string) error {
	return until(ctx, func() error {
		lines, err := b.gateway.Journal(context.WithoutCancel(ctx), gateway.JournalFilter{Page: gateway.Page{Limit: 1000}, Fax: id})
		if err != nil {
			return err
		}
		var said []string
		for _, l := range lines {
			if strings.Contains(l.Words, words) {
				return nil
			}
			said = append(said, l.Words)
		}
		return mismatched(fmt.Sprintf("a line of the journal that says %q", words), "it says %s", strings.Join(said, " | "))
	})
}

// faxed sends a fax to the machine, waits until it is confirmed, and gives what the machine got.
func (b *bench) faxed(ctx context.Context, files ...file) (*taken, verdict, error) {
	mark := b.machine.mark()
	id, err := b.fax(ctx, files...)
	if err != nil {
		return nil, verdict{}, err
	}
	return b.got(ctx, mark, id)
}

// got waits until a fax is confirmed, and gives what the machine got.
func (b *bench) got(ctx context.Context, mark int, id spool.ID) (*taken, verdict, error) {
	if _, err := b.settled(ctx, id, gateway.Confirmed); err != nil {
		return nil, verdict{}, err
	}
	t, err := b.machine.mail(ctx, mark, "the fax at the machine", (*taken).fax)
	if err != nil {
		return nil, verdict{}, err
	}
	return t, b.vendor.takes.examine(t), nil
}

// profileS wants what every Internet fax takes: strict Profile S, and what goes with it on the wire.
func profileS(t *taken, v verdict) error {
	if v.trouble != "" {
		return mismatched("a fax that the machine can print", "it says: %s", v.trouble)
	}
	for _, p := range v.pages {
		if p.Profile != "S" {
			return mismatched("Profile S (MH, 1728 pixels, 204x98 or 204x196), as nothing more is known of the machine", "the fax is %s, %d pixels wide", v.form(), p.Width)
		}
	}
	return all(
		same("an MDN request to the return path:", strings.Trim(t.get("Disposition-Notification-To"), "<>"), t.from),
		same("the return path", t.from, us),
	)
}

// later puts the gateway's clock forward.
func (b *bench) later(d time.Duration) { b.ahead.Add(int64(d)) }
