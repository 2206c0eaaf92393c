package gateway

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"faxgate/codec/pdf"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/mailio/smtpd"
	"faxgate/spool"
)

const (
	leaseTime  = 2 * time.Minute
	stopGrace  = 10 * time.Second // for transfers past their final dot, and for mail that is being taken
	sweepEvery = time.Hour
	// pageWorkers is how many read pages at a time: more than one, so that a slow document holds up nobody; not more, because pages cost memory.
	pageWorkers = 2
	alarmAfter  = 10 // faults of this installation at one task, before a person is told
)

// Run listens, fetches and works until ctx ends, then stops well: no new mail (421), transfers past their dot finish, leases go back. It returns once all of it has ended.
func (g *Gateway) Run(ctx context.Context) error {
	if n, err := g.spool.Recover(ctx); err != nil {
		return err
	} else if n > 0 {
		g.log.InfoContext(ctx, "work that the last run left goes on", "tasks", n)
	}
	server, err := g.smtpServer()
	if err != nil {
		return err
	}
	g.clearTemp()
	close(g.running)
	group, ctx := errgroup.WithContext(ctx)
	if server != nil {
		group.Go(func() error { return server.Serve(ctx) })
	}
	for _, box := range g.cfg.Mailbox {
		group.Go(func() error { return g.fetch(ctx, box) })
	}
	for _, f := range g.cfg.Folder {
		group.Go(func() error { return g.watchFolder(ctx, f) })
	}
	for n := range g.cfg.Limits.Workers {
		group.Go(func() error { return g.work(ctx, KindFax, g.send) })
		group.Go(func() error { return g.work(ctx, KindReceipt, g.receipt) })
		if n < pageWorkers {
			group.Go(func() error { return g.work(ctx, KindIntake, g.intake) })
			group.Go(func() error { return g.work(ctx, KindRoute, g.route) })
		}
	}
	group.Go(func() error { return g.work(ctx, KindReport, g.report) })
	group.Go(func() error { return g.sweep(ctx) })
	group.Go(func() error { g.warmUp(ctx); return nil })
	return group.Wait()
}

// Running is closed once Run listens.
func (g *Gateway) Running() <-chan struct{} { return g.running }

// warmUp fills the PDF renderer's cache in the background at the first start, so that the first PDF does not wait for it.
func (g *Gateway) warmUp(ctx context.Context) {
	if len(g.worker.Command) == 0 {
		return
	}
	if err := pdf.Warm(ctx, g.worker); err != nil && ctx.Err() == nil {
		g.log.WarnContext(ctx, "the PDF renderer is not ready; PDF documents will be refused", "err", err)
	}
}

// clearTemp removes what a crash left of temporary files: nothing in them is the only copy.
func (g *Gateway) clearTemp() {
	entries, err := os.ReadDir(g.tempDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		g.log.Warn("clear the temporary files", "err", err)
	}
	for _, e := range entries {
		os.RemoveAll(filepath.Join(g.tempDir(), e.Name()))
	}
}

// work is one worker: lease a task, do it, again; when nothing is due, wait for the next due time or for news.
func (g *Gateway) work(ctx context.Context, kind spool.Kind, do func(context.Context, *spool.Lease) error) error {
	for ctx.Err() == nil {
		l, err := g.spool.Lease(ctx, []spool.Kind{kind}, leaseTime)
		if none, ok := errors.AsType[*spool.NoneError](err); ok {
			g.rest(ctx, none)
			continue
		}
		if err != nil {
			if ctx.Err() == nil {
				g.log.ErrorContext(ctx, "lease work", "kind", kind, "err", err)
				pause(ctx, time.Second)
			}
			continue
		}
		g.one(ctx, l, do)
	}
	return nil
}

func (g *Gateway) rest(ctx context.Context, none *spool.NoneError) {
	wait := time.Minute
	if !none.NextDue.IsZero() {
		wait = min(wait, max(none.NextDue.Sub(g.now()), time.Millisecond))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-none.Wake:
	case <-timer.C:
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// one does one task, keeping its lease alive. What goes wrong beyond the task's own rules (a full disk, a lost database) puts it back for later; a task that fails like this again and
// again waits longer each time and never holds up another.
func (g *Gateway) one(ctx context.Context, l *spool.Lease, do func(context.Context, *spool.Lease) error) {
	work, cancel := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		g.keepLease(work, l, cancel)
	}()
	err := g.safely(work, l, do)
	cancel()
	<-kept
	if err == nil || errors.Is(err, spool.ErrLeaseLost) {
		return
	}
	after := context.WithoutCancel(ctx)
	if ctx.Err() != nil || errors.Is(err, errOvertaken) {
		if err := l.Release(after); err != nil {
			g.log.WarnContext(ctx, "give back a task", "task", l.Task.ID, "err", err)
		}
		return
	}
	g.log.ErrorContext(ctx, "work on a task", "kind", l.Task.Kind, "task", l.Task.ID, "fax", l.Task.Job, "inbox", l.Task.Received, "err", err)
	if err := g.postpone(after, l, err); err != nil {
		g.log.ErrorContext(ctx, "postpone a task", "task", l.Task.ID, "err", err)
	}
}

// safely makes a panic, which a document that no decoder was ready for can bring about, a fault of its task alone: the process and all other faxes go on.
func (g *Gateway) safely(ctx context.Context, l *spool.Lease, do func(context.Context, *spool.Lease) error) (err error) {
	defer g.rescue(ctx, &err)
	return do(ctx, l)
}

// rescue, deferred, makes an error of a panic.
func (g *Gateway) rescue(ctx context.Context, err *error) {
	if p := recover(); p != nil {
		g.log.ErrorContext(ctx, "panic", "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("a fault of this program, please report it with the log: %v", p)
	}
}

func (g *Gateway) keepLease(ctx context.Context, l *spool.Lease, lost func()) {
	tick := time.NewTicker(leaseTime / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := l.Extend(ctx, leaseTime); errors.Is(err, spool.ErrLeaseLost) {
				lost()
				return
			}
		}
	}
}

// postpone puts a task that met a fault of this installation back, later each time. At the hard cap it waits for a person; what has come in is never given up.
func (g *Gateway) postpone(ctx context.Context, l *spool.Lease, fault error) error {
	return l.Update(ctx, func(tx *spool.Tx) error {
		if err := stands(tx, l); errors.Is(err, errOvertaken) {
			return tx.SetTask(l.Task.ID, spool.TaskChange{Release: true})
		} else if err != nil {
			return err
		}
		n := l.Task.Attempts + 1
		words := fault.Error()
		if n >= g.cfg.Retry.Cap && l.Task.Kind != KindIntake {
			return g.setState(tx, l.Task, Held, change{release: true, try: true, by: g.cfg.Hostname, words: fmt.Sprintf("held after %d tries; the last one: %s", n, words)})
		}
		due := tx.Now().Add(min(time.Duration(n*n)*5*time.Second, time.Hour))
		if _, err := tx.AddEvent(spool.Event{Job: l.Task.Job, Task: l.Task.ID, Received: l.Task.Received, Kind: "fault", Words: words}); err != nil {
			return err
		}
		if n == alarmAfter {
			if err := g.tellAdministrator(tx, l.Task, Held, fmt.Sprintf("%d times in a row: %s", n, words)); err != nil {
				return err
			}
		}
		return tx.SetTask(l.Task.ID, spool.TaskChange{Attempts: &n, Reason: &words, Due: due, Release: true})
	})
}

// sweep collects blobs that nothing refers to any more, and looks at the disk.
func (g *Gateway) sweep(ctx context.Context) error {
	for ctx.Err() == nil {
		if c, err := g.spool.Collect(ctx, 24*time.Hour); err != nil && ctx.Err() == nil {
			g.log.WarnContext(ctx, "collect unused documents", "err", err)
		} else if c.Removed > 0 {
			g.log.InfoContext(ctx, "unused documents removed", "count", c.Removed, "bytes", c.Bytes)
		}
		pause(ctx, sweepEvery)
	}
	return nil
}

// smtpServer binds the listeners; nil when none is set.
func (g *Gateway) smtpServer() (*smtpd.Server, error) {
	l := g.cfg.Listen
	if l.SMTP == "" && l.SMTPS == "" {
		return nil, nil
	}
	s := &smtpd.Server{
		Domain: g.cfg.Hostname, Handler: g, MaxSize: int64(l.MaxSize), MaxConns: g.cfg.Limits.Connections, Busy: g.busy, Grace: stopGrace,
		Auth: g.logIn, Secret: g.secretOf, PlaintextAuth: true, RequireAuth: l.RequireAuth, Log: g.log, MaxConnsPerIP: g.cfg.Limits.Connections,
	}
	if l.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(l.CertFile, l.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("listen.cert_file: %w", err)
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if l.SMTP != "" {
		ln, err := g.bind("smtp", l.SMTP)
		if err != nil {
			return nil, err
		}
		s.Listeners = append(s.Listeners, ln)
	}
	if l.SMTPS != "" {
		ln, err := g.bind("smtps", l.SMTPS)
		if err != nil {
			return nil, err
		}
		s.TLSListeners = append(s.TLSListeners, ln)
	}
	return s, nil
}

func (g *Gateway) bind(name, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen.%s: %w; is another mail server, or another faxgate, using the port?", name, err)
	}
	g.mu.Lock()
	g.bound[name] = ln.Addr().String()
	g.mu.Unlock()
	return ln, nil
}

// Addr is the address that a listener ("smtp", "smtps") is bound to; empty before Run.
func (g *Gateway) Addr(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bound[name]
}

// busy stops new mail while the disk is low.
func (g *Gateway) busy() error {
	if err := g.roomOnDisk(); err != nil {
		return &mailio.Refusal{Code: 452, Enhanced: "4.3.1", Text: "the disk of this fax gateway is nearly full, try again later"}
	}
	return nil
}

func (g *Gateway) logIn(ctx context.Context, user, password string) (bool, error) {
	want, known, err := g.secretOf(ctx, user)
	return known && subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1, err
}

func (g *Gateway) secretOf(_ context.Context, user string) (string, bool, error) {
	for _, u := range g.cfg.Listen.User {
		if u.Name == user {
			s, err := config.Secret(u.PasswordFile)
			return s, err == nil && s != "", err
		}
	}
	return "", false, nil
}

// Ready is nil when mail is taken and work goes on; otherwise it says in words what is missing.
func (g *Gateway) Ready(ctx context.Context) error {
	select {
	case <-g.running:
	default:
		return errors.New("starting")
	}
	if err := g.roomOnDisk(); err != nil {
		return err
	}
	return g.spool.View(ctx, func(tx *spool.Tx) error {
		_, err := tx.Jobs(spool.JobFilter{Window: spool.Window{Limit: 1}})
		return err
	})
}

// Stats counts what is in the spool.
func (g *Gateway) Stats(ctx context.Context) (spool.Stats, error) { return g.spool.Stats(ctx) }

// Config is the configuration that the gateway runs with.
func (g *Gateway) Config() config.Config { return g.cfg }

// Version is the program's version.
func (g *Gateway) Version() string { return g.version }
