// Package gateway is the way of a page: what is submitted goes out as an Internet fax (ITU-T T.37, RFC 3965) and is tracked until a receipt or the end of waiting says what became of
// it; what comes in is kept, answered with a receipt (RFC 8098, RFC 3464) and routed on. Each direction is one plain function to read from top to bottom: send, receive, confirm,
// route.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
	"faxgate/spool/blob"
)

// The kinds of leased work.
const (
	KindFax     spool.Kind = "fax"     // one fax to one recipient
	KindIntake  spool.Kind = "intake"  // a received mail whose pages are to be read
	KindReceipt spool.Kind = "receipt" // a receipt that we owe
	KindRoute   spool.Kind = "route"   // a received fax to be passed on
	KindReport  spool.Kind = "report"  // a notice to the administrator
)

// The truthful states of a fax (design: what is promised).
const (
	Queued    spool.State = "queued"
	Sending   spool.State = "sending"
	Accepted  spool.State = "accepted"  // the next hop's 250
	Delivered spool.State = "delivered" // DSN
	Confirmed spool.State = "confirmed" // MDN
	Expired   spool.State = "expired"   // accepted, not confirmed in time
	Failed    spool.State = "failed"
	Uncertain spool.State = "uncertain" // the final dot went out and no reply was read
	Held      spool.State = "held"      // waits for a person
	Cancelled spool.State = "cancelled"
	Done      spool.State = "done" // of tasks that are no faxes
)

// The states of a received mail.
const (
	Kept       spool.State = "kept"       // durable, pages not read yet
	Read       spool.State = "received"   // all pages read
	Incomplete spool.State = "incomplete" // some could not be read
	Unreadable spool.State = "unreadable" // none could
	Reported   spool.State = "report"     // a receipt, or other mail that is no fax
	Waiting    spool.State = "waiting"    // a piece of a split message: others are missing
	Joined     spool.State = "joined"     // a piece of a split message that has been put together
)

// Options are what a gateway is made of.
type Options struct {
	Config    config.Config
	Log       *slog.Logger
	Version   string
	PDFWorker []string         // argv of the process that renders PDF pages; empty: PDF documents are refused
	Now       func() time.Time // nil: time.Now
	Fault     func(name string)
	Sender    func(to string) (mailio.Sender, error) // nil: by configuration
}

// Gateway is one running gateway. Open makes it, Run runs it, Close ends it.
type Gateway struct {
	cfg     config.Config
	log     *slog.Logger
	version string
	now     func() time.Time
	fault   func(name string)
	sender  func(to string) (mailio.Sender, error) // nil: by contact and configuration

	lock   *os.File
	spool  *spool.Spool
	blobs  spool.Blobs
	opener *codec.Opener
	worker pdf.WorkerOptions
	own    ownAbilities

	mu       sync.Mutex
	bound    map[string]string               // listener name → bound address
	accounts map[string]func() mailio.Status // mailbox name → its status
	lowDisk  bool
	running  chan struct{} // closed once Run listens
	refused  refusals
	rate     rates
}

// Open takes the data directory for this process, opens what lies in it, and makes what is missing. An error tells what to do.
func Open(ctx context.Context, o Options) (*Gateway, error) {
	g := &Gateway{
		cfg: o.Config, log: o.Log, version: o.Version, now: o.Now, fault: o.Fault, sender: o.Sender,
		bound: map[string]string{}, accounts: map[string]func() mailio.Status{}, running: make(chan struct{}),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.now == nil {
		g.now = time.Now
	}
	if g.fault == nil {
		g.fault = func(string) {}
	}
	if err := g.open(ctx, o); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context, o Options) error {
	dir := g.cfg.Data
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	g.lock = lock
	if g.blobs, err = blob.NewDir(filepath.Join(dir, "blobs")); err != nil {
		return fmt.Errorf("open the document store: %w", err)
	}
	if g.spool, err = spool.Open(ctx, spool.Options{DSN: "sqlite:" + filepath.Join(dir, "faxgate.db"), Blobs: g.blobs, Now: g.now, Owner: "faxgate", Log: g.log}); err != nil {
		return err
	}
	g.worker = pdf.WorkerOptions{Command: o.PDFWorker, CacheDir: filepath.Join(dir, "cache"), PageTimeout: g.cfg.Limits.PageTime.D()}
	g.opener = codec.NewOpener(codec.OpenerOptions{Limits: g.codecLimits(), PDF: g.worker})
	if err := os.MkdirAll(g.tempDir(), 0o700); err != nil {
		return fmt.Errorf("make the directory for temporary files: %w", err)
	}
	if g.own, err = abilitiesOf(g.cfg.Fax); err != nil {
		return err
	}
	return g.firstToken(ctx)
}

func (g *Gateway) codecLimits() codec.Limits {
	return codec.Limits{MaxPages: g.cfg.Limits.Pages, MaxPixels: int64(g.cfg.Limits.Pixels) * 1_000_000, MaxBytes: int64(g.cfg.Limits.Document)}
}

// Close lets go of everything that Open took. It is safe to call after a failed Open.
func (g *Gateway) Close() error {
	var errs []error
	if g.opener != nil {
		errs = append(errs, g.opener.Close())
	}
	if g.spool != nil {
		errs = append(errs, g.spool.Close())
	}
	if g.lock != nil {
		errs = append(errs, g.lock.Close())
	}
	return errors.Join(errs...)
}
