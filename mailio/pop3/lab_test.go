package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/deploy/lab"
	"faxgate/mailio"
)

// keeper is a Handler and a Ledger that keeps everything in memory.
type keeper struct {
	refuse func(body string) error // asked first

	mu      sync.Mutex
	bodies  []string
	envs    []mailio.Envelope
	known   map[mailio.Item]bool
	deleted []mailio.Item
}

func (k *keeper) Recipient(context.Context, mailio.Session, string) error { return nil }

func (k *keeper) Message(_ context.Context, env mailio.Envelope, msg io.Reader) error {
	raw, err := io.ReadAll(msg)
	if err != nil {
		return err
	}
	if k.refuse != nil {
		if err := k.refuse(string(raw)); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = make(map[mailio.Item]bool)
	}
	k.known[*env.Mailbox] = true
	k.bodies = append(k.bodies, string(raw))
	k.envs = append(k.envs, env)
	return nil
}

func (k *keeper) Known(_ context.Context, item mailio.Item) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[item], nil
}

func (k *keeper) Deleted(_ context.Context, item mailio.Item) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deleted = append(k.deleted, item)
	return nil
}

func (k *keeper) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.bodies)
}

// mailbox is a user's mailbox on the lab's POP3 port, with a keeper behind it.
func mailbox(t *testing.T, l *lab.Lab, u lab.User) (mailio.Mailbox, *keeper) {
	t.Helper()
	k := new(keeper)
	return mailio.Mailbox{
		Name: "office", Host: l.Host, Port: l.POP3,
		TLS:     mailio.TLS{RootCAs: l.Roots(t)},
		Auth:    mailio.Auth{User: u.Address, Password: u.Password},
		Handler: k, Ledger: k, Timeout: 10 * time.Second,
	}, k
}

func deliver(t *testing.T, l *lab.Lab, u lab.User, subjects ...string) {
	t.Helper()
	for _, s := range subjects {
		l.Deliver(t, u, "sender@test.local", strings.NewReader("Subject: "+s+"\r\n\r\n.a dot\r\n..\r\n.\r\nend\r\n"))
	}
}

func look(t *testing.T, f *Fetcher) {
	t.Helper()
	if err := f.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	for _, mech := range []string{"", "CRAM-MD5", "APOP", "PLAIN", "LOGIN", "USER"} {
		for mode, port := range map[mailio.TLSMode]int{
			mailio.TLSOff: l.POP3, mailio.TLSOpportunistic: l.POP3,
			mailio.TLSRequired: l.POP3, mailio.TLSImplicit: l.POP3S,
		} {
			t.Run(fmt.Sprintf("%s/%s", mech, mode), func(t *testing.T) {
				var said strings.Builder
				box, _ := mailbox(t, l, u)
				box.Port, box.TLS.Mode = port, mode
				box.Auth.AllowPlaintext = true
				box.Transcript = func(line string) { said.WriteString(line + "\n") }
				if mech != "" {
					box.Auth.Mechanisms = []string{mech}
				}
				c, err := Dial(t.Context(), box)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if (c.TLS == "") != (mode == mailio.TLSOff) {
					t.Errorf("TLS is %q", c.TLS)
				}
				if err := c.Login(); err != nil {
					t.Fatal(err)
				}
				if _, err := c.List(); err != nil {
					t.Error(err)
				}
				if err := c.Quit(); err != nil {
					t.Error(err)
				}
				if strings.Contains(said.String(), u.Password) || !strings.Contains(said.String(), "C: QUIT") {
					t.Errorf("transcript:\n%s", said.String())
				}
			})
		}
	}
}

func TestLoginRefused(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	for name, c := range map[string]struct {
		change func(*mailio.Mailbox)
		want   string
	}{
		"wrong password":       {func(b *mailio.Mailbox) { b.Auth.Password = "wrong" }, "[AUTH] Authentication failed."},
		"password in the open": {func(b *mailio.Mailbox) { b.Auth.Mechanisms = []string{"PLAIN", "USER"} }, "would show the password"},
		"unknown mechanism":    {func(b *mailio.Mailbox) { b.Auth.Mechanisms = []string{"NTLM"} }, "none of which is wanted here (NTLM)"},
		"unknown authority":    {func(b *mailio.Mailbox) { b.TLS = mailio.TLS{Mode: mailio.TLSRequired} }, "import that authority's certificate"},
		"TLS on the plain port": {
			func(b *mailio.Mailbox) { b.TLS.Mode = mailio.TLSImplicit }, "does not speak TLS on this port",
		},
		"line end in the name": {func(b *mailio.Mailbox) {
			b.Auth = mailio.Auth{User: "a\r\nDELE 1", Mechanisms: []string{"USER"}, AllowPlaintext: true}
		}, "cannot hold a line end"},
	} {
		t.Run(name, func(t *testing.T) {
			box, _ := mailbox(t, l, u)
			c.change(&box)
			f := New(box)
			err := f.Look(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if s := f.Status(); s.State != mailio.Unable || s.Words != err.Error() {
				t.Errorf("status %+v", s)
			}
		})
	}
}

func TestFetch(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "one", "two", "three")
	box, k := mailbox(t, l, u)
	f := New(box)
	look(t, f)
	if k.count() != 3 || len(k.deleted) != 3 || len(u.Messages(t)) != 0 {
		t.Fatalf("took %d, deleted %d, %d left", k.count(), len(k.deleted), len(u.Messages(t)))
	}
	for i, want := range []string{"one", "two", "three"} {
		body := k.bodies[i]
		if !strings.HasPrefix(body, "Return-Path: <sender@test.local>\r\n") ||
			!strings.HasSuffix(body, "Subject: "+want+"\r\n\r\n.a dot\r\n..\r\n.\r\nend\r\n") {
			t.Errorf("message %d: %q", i, body)
		}
		if e := k.envs[i]; e.Source != "pop3:office" || e.Mailbox.Account != "office" || e.Size != int64(len(body)) {
			t.Errorf("envelope %+v, %d octets", e, len(body))
		}
	}
	look(t, f)
	if k.count() != 3 {
		t.Errorf("took %d", k.count())
	}
	if s := f.Status(); s.State != mailio.Operating {
		t.Errorf("status %+v", s)
	}
}

// TestCut loses the connection in the middle of the second message: the first
// is then deleted without being handed over again.
func TestCut(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "one")
	l.Deliver(t, u, "sender@test.local", strings.NewReader("Subject: two\r\n\r\n"+strings.Repeat("x\r\n", 100_000)))
	proxy := lab.NewProxy(t, l.Addr(l.POP3))
	proxy.Next(lab.Fault{Bytes: 100_000})
	box, k := mailbox(t, l, u)
	box.Backoff = time.Millisecond
	through(t, &box, proxy)
	f := New(box)
	if err := f.Look(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("got %v", err)
	}
	if k.count() != 1 || len(k.deleted) != 0 || len(u.Messages(t)) != 2 {
		t.Fatalf("took %d, deleted %d, %d left", k.count(), len(k.deleted), len(u.Messages(t)))
	}
	time.Sleep(5 * time.Millisecond)
	look(t, f)
	if k.count() != 2 || len(k.deleted) != 2 || len(u.Messages(t)) != 0 {
		t.Errorf("took %d, deleted %d, %d left", k.count(), len(k.deleted), len(u.Messages(t)))
	}
}

// TestNoQuit loses the connection before QUIT is answered: nothing counts as
// deleted, and nothing is handed over twice.
func TestNoQuit(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "one")
	proxy := lab.NewProxy(t, l.Addr(l.POP3))
	box, k := mailbox(t, l, u)
	through(t, &box, proxy)
	box.Transcript = func(line string) {
		if line == "C: QUIT" && k.count() == 1 && proxy.Connections() == 1 {
			proxy.Cut()
		}
	}
	f := New(box)
	if err := f.Look(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if len(k.deleted) != 0 || len(u.Messages(t)) != 1 {
		t.Fatalf("deleted %d, %d left", len(k.deleted), len(u.Messages(t)))
	}
	look(t, f)
	if k.count() != 1 || len(k.deleted) != 1 || len(u.Messages(t)) != 0 {
		t.Errorf("took %d, deleted %d, %d left", k.count(), len(k.deleted), len(u.Messages(t)))
	}
}

func through(t *testing.T, box *mailio.Mailbox, p *lab.Proxy) {
	t.Helper()
	host, port, ok := strings.Cut(p.Addr, ":")
	if !ok {
		t.Fatal(p.Addr)
	}
	box.Host = host
	if _, err := fmt.Sscan(port, &box.Port); err != nil {
		t.Fatal(err)
	}
}

// judge is a keeper that knows which messages could not be used.
type judge struct{ *keeper }

func (j judge) Outcome(_ context.Context, item mailio.Item) (settled, failed bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.envs, func(e mailio.Envelope) bool { return *e.Mailbox == item })
	return true, strings.Contains(j.bodies[i], "broken"), nil
}

func TestKeep(t *testing.T) {
	l := lab.Get(t)
	for keep, left := range map[mailio.Keep]int{"": 0, mailio.KeepOff: 0, mailio.KeepAll: 2, mailio.KeepErrors: 1} {
		t.Run(string(keep), func(t *testing.T) {
			u := l.User(t)
			deliver(t, l, u, "good", "broken")
			box, k := mailbox(t, l, u)
			box.Keep, box.Ledger = keep, judge{k}
			f := New(box)
			look(t, f)
			look(t, f)
			if n := len(u.Messages(t)); n != left || k.count() != 2 {
				t.Errorf("took %d, %d left, want %d", k.count(), n, left)
			}
		})
	}
}

// TestPoison: a message that cannot be taken is tried ten times and never
// holds up another; one that is too large is never fetched.
func TestPoison(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "poison")
	l.Deliver(t, u, "sender@test.local", strings.NewReader("Subject: large\r\n\r\n"+strings.Repeat("x\r\n", 10_000)))
	deliver(t, l, u, "good")
	box, k := mailbox(t, l, u)
	tries := 0
	k.refuse = func(body string) error {
		if strings.Contains(body, "poison") {
			tries++
			return &mailio.Refusal{Code: 554, Text: "no"}
		}
		return nil
	}
	var alarms []string
	now := time.Now()
	box.Now = func() time.Time { return now }
	box.MaxSize = 10_000
	box.Alarm = func(_ mailio.Item, err error) { alarms = append(alarms, err.Error()) }
	f := New(box)
	look(t, f)
	look(t, f) // too early for another try
	if k.count() != 1 || tries != 1 || len(alarms) != 1 || !strings.Contains(alarms[0], "more than the 10000 allowed") {
		t.Fatalf("took %d, %d tries, alarms %q", k.count(), tries, alarms)
	}
	for range 11 {
		now = now.Add(25 * time.Hour)
		look(t, f)
	}
	if tries != 12 || len(alarms) != 2 || !strings.Contains(alarms[1], "could not be taken 10 times") {
		t.Errorf("%d tries, alarms %q", tries, alarms)
	}
	if len(u.Messages(t)) != 2 {
		t.Errorf("%d left", len(u.Messages(t)))
	}
}

// TestBusy: with a full disk nothing is fetched.
func TestBusy(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "one", "two")
	box, k := mailbox(t, l, u)
	box.Busy = func() error {
		if k.count() == 1 {
			return errors.New("the disk is nearly full")
		}
		return nil
	}
	f := New(box)
	look(t, f)
	if err := f.Look(t.Context()); err == nil || k.count() != 1 || len(u.Messages(t)) != 1 {
		t.Errorf("%v: took %d, %d left", err, k.count(), len(u.Messages(t)))
	}
}

// TestRun polls, looks when asked, and stops.
func TestRun(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	box, k := mailbox(t, l, u)
	box.Interval = 200 * time.Millisecond
	f := New(box)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	deliver(t, l, u, "polled")
	lab.Eventually(t, 10*time.Second, "the polled message", func() bool { return k.count() == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if s := f.Status(); s.State != mailio.Stop {
		t.Errorf("status %+v", s)
	}

	box.Interval = time.Hour
	f = New(box)
	ctx, cancel = context.WithCancel(t.Context())
	go func() { done <- f.Run(ctx) }()
	lab.Eventually(t, 10*time.Second, "the first look", func() bool { return f.Status().State == mailio.Operating })
	deliver(t, l, u, "asked for")
	f.CheckNow()
	lab.Eventually(t, 10*time.Second, "the message asked for", func() bool { return k.count() == 2 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestPerSession: a full mailbox is emptied in steps, so that a lost connection
// loses few deletions.
func TestPerSession(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "1", "2", "3", "4", "5")
	proxy := lab.NewProxy(t, l.Addr(l.POP3))
	box, k := mailbox(t, l, u)
	through(t, &box, proxy)
	f := New(box)
	f.perSession = 2
	look(t, f)
	if n := proxy.Connections(); k.count() != 5 || len(k.deleted) != 5 || n != 3 {
		t.Errorf("took %d, deleted %d, %d sessions", k.count(), len(k.deleted), n)
	}
}

// TestCheck looks without taking anything.
func TestCheck(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "one")
	box, k := mailbox(t, l, u)
	box.TLS.Mode = mailio.TLSRequired
	words, err := Check(t.Context(), box)
	if want := "logged in as " + u.Address + ", 1 messages, TLS 1.3 "; err != nil || !strings.HasPrefix(words, want) || strings.Contains(words, ";") {
		t.Errorf("%q, %v", words, err)
	}
	if k.count() > 0 || len(u.Messages(t)) != 1 {
		t.Errorf("took %d, %d left", k.count(), len(u.Messages(t)))
	}
	box.Auth.Password = "wrong"
	if _, err := Check(t.Context(), box); err == nil || !strings.Contains(err.Error(), "Authentication failed") {
		t.Errorf("got %v", err)
	}
}

// TestLarge: a message of 20 MB goes through in little memory.
func TestLarge(t *testing.T) {
	const size = 20 << 20
	l := lab.Get(t)
	u := l.User(t)
	line := []byte(strings.Repeat("x", 76) + "\r\n")
	l.Deliver(t, u, "sender@test.local", io.LimitReader(&repeat{line: line}, size))
	box, _ := mailbox(t, l, u)
	box.TLS.Mode = mailio.TLSRequired
	counter := new(counter)
	box.Handler = counter
	f := New(box)
	before := allocated()
	look(t, f)
	if grown := allocated() - before; grown > 4<<20 {
		t.Errorf("%d octets allocated", grown)
	}
	if counter.n < size {
		t.Errorf("%d octets", counter.n)
	}
}

type repeat struct {
	line []byte
	buf  bytes.Reader
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.buf.Len() == 0 {
		r.buf.Reset(r.line)
	}
	return r.buf.Read(p)
}

type counter struct{ n int64 }

func (c *counter) Recipient(context.Context, mailio.Session, string) error { return nil }

func (c *counter) Message(_ context.Context, _ mailio.Envelope, msg io.Reader) error {
	n, err := io.Copy(io.Discard, msg)
	c.n += n
	return err
}
