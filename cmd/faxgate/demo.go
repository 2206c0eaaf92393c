package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/spool"
)

// demoTime is how long the demo waits for anything before it says that something is wrong.
const demoTime = 3 * time.Minute

type demoCmd struct {
	output
	Keep  string   `help:"Directory for everything that the demo makes (default: a new temporary one)." placeholder:"DIR"`
	Files []string `arg:"" optional:"" name:"file" help:"Documents to send instead of the sample: PDF, TIFF, PNG, JPEG or text."`
}

// Run shows a fax going from gateway A to gateway B and its receipt coming back, and then the same fax again, better, because A has learned what B can take.
func (d *demoCmd) Run(a *app) error {
	ctx, cancel := context.WithTimeout(a, demoTime)
	defer cancel()
	s := &show{app: &app{ctx, a.stdin, a.stdout, a.stderr}, quiet: d.JSON, start: time.Now()}
	if err := s.prepare(d); err != nil {
		return err
	}
	err := s.play()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("the demo took more than %v; what the gateways did stands in %s", demoTime, s.dir)
	}
	if err != nil {
		return err
	}
	if d.JSON {
		return writeJSON(a.stdout, s.result)
	}
	return nil
}

// show is one run of the demo.
type show struct {
	*app
	quiet  bool
	start  time.Time
	dir    string
	files  []string
	a, b   *gateway.Gateway
	result demoResult
}

// demoResult is what `faxgate demo --json` prints.
type demoResult struct {
	Directory string             `json:"directory"`
	Steps     []demoStep         `json:"steps"`
	Sent      []gateway.Fax      `json:"sent"`
	Received  []gateway.InboxFax `json:"received"`
	PDF       string             `json:"pdf"`
	Console   string             `json:"console"` // the command that shows it in a browser
}

// demoStep is one thing that happened.
type demoStep struct {
	Seconds float64 `json:"seconds"`
	Gateway string  `json:"gateway,omitempty"`
	Words   string  `json:"words"`
}

const (
	addressA = "fax@a.example"
	addressB = "fax@b.example"
)

// step tells what happened, and when.
func (s *show) step(gw, format string, args ...any) {
	st := demoStep{time.Since(s.start).Seconds(), gw, fmt.Sprintf(format, args...)}
	s.result.Steps = append(s.result.Steps, st)
	if !s.quiet {
		fmt.Fprintf(s.stdout, "%6.2f s  %-1s  %s\n", st.Seconds, gw, st.Words)
	}
}

// prepare finds a place, and the documents to send.
func (s *show) prepare(d *demoCmd) error {
	var err error
	if s.dir = d.Keep; s.dir == "" {
		s.dir, err = os.MkdirTemp("", "faxgate-demo-*")
	} else {
		err = os.MkdirAll(s.dir, 0o700)
	}
	if err != nil {
		return err
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return err
	}
	s.result.Directory = s.dir
	if s.files = d.Files; len(s.files) > 0 {
		return nil
	}
	sample := filepath.Join(s.dir, "sample.tif")
	s.files = []string{sample}
	if err := toFile(s.app, sample, writeSample); err != nil {
		return err
	}
	s.step("", "drew and scanned a letter, a form and a photograph: %s", sample)
	return nil
}

// play runs both gateways while the faxes go.
func (s *show) play() (err error) {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	if s.a, err = s.open("a", addressA, ports[0], "@b.example", ports[1]); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.a.Close()) }()
	if s.b, err = s.open("b", addressB, ports[1], "@a.example", ports[0]); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.b.Close()) }()
	run, stop := context.WithCancel(s.Context)
	group, run := errgroup.WithContext(run)
	group.Go(func() error { return s.a.Run(run) })
	group.Go(func() error { return s.b.Run(run) })
	err = s.scenes(run)
	stop()
	if werr := group.Wait(); werr != nil && !errors.Is(werr, context.Canceled) {
		return errors.Join(werr, err) // a gateway that ended is why the scenes did
	}
	return err
}

// open makes a gateway of its own on loopback, which knows the way to the other one.
func (s *show) open(name, address string, port int, peer string, peerPort int) (*gateway.Gateway, error) {
	cfg := config.Default()
	cfg.Data = filepath.Join(s.dir, name)
	cfg.Hostname = name + ".example"
	cfg.Fax.Addresses = []string{address}
	cfg.Fax.Name = "Gateway " + strings.ToUpper(name)
	cfg.Listen.SMTP = fmt.Sprintf("127.0.0.1:%d", port)
	cfg.Direct = []config.Direct{{To: peer, Host: "127.0.0.1", Port: peerPort, TLS: "off"}}
	return gateway.Open(s.Context, gateway.Options{Config: cfg, Version: versionText(), PDFWorker: worker()})
}

// freePorts asks the system for ports that nobody uses.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close()
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// scenes sends the documents twice and leaves what arrived as PDF.
func (s *show) scenes(ctx context.Context) error {
	for _, gw := range []*gateway.Gateway{s.a, s.b} {
		select {
		case <-gw.Running():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.step("A", "%s listens on %s", addressA, s.a.Addr("smtp"))
	s.step("B", "%s listens on %s", addressB, s.b.Addr("smtp"))
	if err := s.send(ctx, "nothing is known of B yet, so A sends what every Internet fax takes"); err != nil {
		return err
	}
	peer, err := s.a.Peer(ctx, addressB)
	if err != nil {
		return fmt.Errorf("what A learned of B: %w", err)
	}
	s.step("A", "has learned from the receipt that B takes %s", peer.Best)
	if err := s.send(ctx, "the same again, as well as B can take it"); err != nil {
		return err
	}
	return s.finish(ctx)
}

// send follows one fax from A to B and back.
func (s *show) send(ctx context.Context, why string) error {
	r := gateway.SubmitRequest{To: []string{addressB}, Subject: "faxgate demo", Origin: "demo"}
	for _, name := range s.files {
		r.Files = append(r.Files, gateway.File{Name: filepath.Base(name), Open: func() (io.ReadCloser, error) { return os.Open(name) }})
	}
	id, err := s.a.Submit(ctx, r)
	if err != nil {
		return err
	}
	fax, err := s.watch(ctx, id, func(f gateway.Fax) bool {
		return f.Deliveries[0].State != gateway.Queued && f.Deliveries[0].State != gateway.Sending
	})
	if err != nil {
		return err
	}
	d := fax.Deliveries[0]
	s.step("A", "%s: %s sent as profile %s", why, count(fax.Pages), d.Form)
	for _, rung := range d.Rungs {
		if rung.State == gateway.Accepted {
			s.step("B", "took it: %s", rung.Words)
		}
	}
	if err := s.arrived(ctx); err != nil {
		return err
	}
	if fax, err = s.watch(ctx, id, console.Final); err != nil {
		return err
	}
	s.result.Sent = append(s.result.Sent, fax)
	d = fax.Deliveries[0]
	last := d.Rungs[len(d.Rungs)-1]
	if d.State != gateway.Confirmed {
		return fmt.Errorf("the fax is %s: %s", d.State, last.Words)
	}
	s.step("A", "the receipt (MDN) of %s came back and matches: confirmed (%s)", last.By, last.Words)
	return nil
}

// watch asks A for a fax until it is as wanted; a fax that has failed is as wanted as it gets.
func (s *show) watch(ctx context.Context, id spool.ID, wanted func(gateway.Fax) bool) (gateway.Fax, error) {
	for {
		fax, err := s.a.Fax(ctx, id)
		if err != nil || wanted(fax) || console.Final(fax) {
			return fax, err
		}
		if err := nap(ctx); err != nil {
			return fax, err
		}
	}
}

// arrived waits until B has read the pages of what came in last.
func (s *show) arrived(ctx context.Context) error {
	for {
		inbox, err := s.b.Inbox(ctx, gateway.Page{Limit: 1})
		if err != nil {
			return err
		}
		if n := len(s.result.Received); len(inbox) > 0 && inbox[0].State != gateway.Kept && (n == 0 || s.result.Received[n-1].ID != inbox[0].ID) {
			fax, err := s.b.InboxFax(ctx, inbox[0].ID)
			if err != nil {
				return err
			}
			s.result.Received = append(s.result.Received, fax)
			what := "every row of it readable"
			if fax.Error != "" {
				what = "not readable in full: " + fax.Error
			}
			s.step("B", "received %s (%s) from %s, %s", count(fax.Pages), size(fax.Documents), fax.From, what)
			return nil
		}
		if err := nap(ctx); err != nil {
			return err
		}
	}
}

func nap(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}

func count(pages int) string { return plural(pages, "page") }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func size(docs []gateway.DocumentView) string {
	var n int64
	for _, d := range docs {
		n += d.Size
	}
	return fmt.Sprintf("%d kB", (n+1023)/1024)
}

// finish leaves the last fax that B received as PDF, and says where to look.
func (s *show) finish(ctx context.Context) error {
	s.result.PDF = filepath.Join(s.dir, "received.pdf")
	last := s.result.Received[len(s.result.Received)-1]
	err := toFile(s.app, s.result.PDF, func(w io.Writer) error { return s.b.InboxPDF(ctx, last.ID, w) })
	if err != nil {
		return fmt.Errorf("write the received fax as PDF: %w", err)
	}
	s.step("B", "wrote what it received: %s", s.result.PDF)
	for i, r := range s.result.Received { // by now its receipt is done, too
		if s.result.Received[i], err = s.b.InboxFax(ctx, r.ID); err != nil {
			return err
		}
	}
	s.result.Console = invocation() + " serve --data " + filepath.Join(s.dir, "b")
	if !s.quiet {
		fmt.Fprintf(s.stdout, "\nThe received fax:\n  %s\nTo see it in a browser, open the link that this prints:\n  %s\n", s.result.PDF, s.result.Console)
	}
	return nil
}

// invocation is how this program was called, for a person to call it again.
func invocation() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/faxgate"
	}
	return os.Args[0]
}
