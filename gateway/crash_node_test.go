package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/spool"
)

// nodeWord makes the test binary a gateway in a process of its own, which can be killed.
const nodeWord = "gateway-of-the-test"

// nodeConfig is what such a process is told at its start.
type nodeConfig struct {
	Dir, Address  string
	Direct        []config.Direct
	DeliverTo     string
	Folders       []config.Folder
	MaxResolution string
	Workers       int
	Grace         time.Duration
	Monitoring    time.Duration
	Wait          time.Duration // between tries
	PDF           bool
	Verbose       bool
}

// nodeCommand is one line on the standard input of the process.
type nodeCommand struct {
	Do    string   // submit, arm, states or page
	Keys  []string // submit: one fax for each
	To    string
	File  string // submit: the document; empty: a short text
	Fault string // arm: the point ...
	Hits  int32  // ... and at which hit the process kills itself
}

// nodeAnswer is one line on its standard output.
type nodeAnswer struct {
	SMTP  string                `json:",omitempty"` // first of all: where it listens
	Key   string                `json:",omitempty"` // for each submitted fax
	Fax   spool.ID              `json:",omitempty"`
	Done  bool                  `json:",omitempty"` // the command is done
	Tasks map[string]int        `json:",omitempty"` // states: how many tasks, by "kind state"
	Fault string                `json:",omitempty"` // the last word before it kills itself
	At    time.Time             `json:",omitzero"`
	Err   string                `json:",omitempty"`
	Inbox []gateway.InboxFax    `json:",omitempty"`
	Lines []gateway.JournalLine `json:",omitempty"`
}

// serveNode is the main function of the process: a gateway, and commands until the standard input ends or SIGTERM comes.
func serveNode(arg string, in io.Reader, out io.Writer) error {
	var nc nodeConfig
	if err := json.Unmarshal([]byte(arg), &nc); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	n := &process{enc: json.NewEncoder(out)}
	opts, err := nc.options()
	if err != nil {
		return err
	}
	opts.Fault = n.fault
	if n.gw, err = gateway.Open(ctx, opts); err != nil {
		return err
	}
	go func() {
		select {
		case <-n.gw.Running():
			n.say(nodeAnswer{SMTP: n.gw.Addr("smtp")})
			n.commands(ctx, in)
			end()
		case <-ctx.Done():
		}
	}()
	return errors.Join(n.gw.Run(ctx), n.gw.Close())
}

func (nc nodeConfig) options() (gateway.Options, error) {
	cfg, err := config.Read("")
	if err != nil {
		return gateway.Options{}, err
	}
	cfg.Data, cfg.Direct, cfg.Fax.DeliverTo, cfg.Folder = nc.Dir, nc.Direct, nc.DeliverTo, nc.Folders
	cfg.Hostname = nc.Address[strings.IndexByte(nc.Address, '@')+1:]
	cfg.Fax.Addresses, cfg.Listen.SMTP = []string{nc.Address}, "127.0.0.1:0"
	cfg.Limits.FreeDisk = 1 << 20
	if nc.MaxResolution != "" {
		cfg.Fax.MaxResolution = nc.MaxResolution
	}
	if nc.Workers > 0 {
		cfg.Limits.Workers = nc.Workers
	}
	if nc.Wait > 0 {
		cfg.Retry.FirstWait, cfg.Retry.Wait = config.Duration(nc.Wait), config.Duration(nc.Wait)
		cfg.Retry.Cap = 10_000
	}
	if nc.Grace > 0 {
		cfg.Retry.Grace = config.Duration(nc.Grace)
	}
	if nc.Monitoring > 0 {
		cfg.Retry.Monitoring = config.Duration(nc.Monitoring)
	}
	o := gateway.Options{Config: cfg, Version: "test"}
	if nc.Verbose {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return o, nil
}

// process is the inside of a gateway process.
type process struct {
	gw    *gateway.Gateway
	mu    sync.Mutex
	enc   *json.Encoder
	point atomic.Pointer[faultPoint]
}

type faultPoint struct {
	name string
	left atomic.Int32
}

func (n *process) say(a nodeAnswer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.enc.Encode(a) // nobody hears it: the test has ended
}

// fault kills the process at the armed point, once it has told when: nothing runs after it, no deferred call, no flush.
func (n *process) fault(name string) {
	p := n.point.Load()
	if p == nil || p.name != name || p.left.Add(-1) != 0 {
		return
	}
	n.say(nodeAnswer{Fault: name, At: time.Now()})
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

func (n *process) commands(ctx context.Context, in io.Reader) {
	lines := json.NewDecoder(in)
	for {
		var c nodeCommand
		if err := lines.Decode(&c); err != nil {
			return
		}
		if err := n.command(ctx, c); err != nil {
			n.say(nodeAnswer{Err: err.Error()})
		}
		n.say(nodeAnswer{Done: true})
	}
}

func (n *process) command(ctx context.Context, c nodeCommand) error {
	switch c.Do {
	case "submit":
		for _, key := range c.Keys {
			id, err := n.submit(ctx, c, key)
			if err != nil {
				return err
			}
			n.say(nodeAnswer{Key: key, Fax: id})
		}
	case "arm":
		p := &faultPoint{name: c.Fault}
		p.left.Store(c.Hits)
		n.point.Store(p)
	case "states":
		st, err := n.gw.Stats(ctx)
		if err != nil {
			return err
		}
		a := nodeAnswer{Tasks: map[string]int{}}
		for _, t := range st.Tasks {
			a.Tasks[string(t.Kind)+" "+string(t.State)] += t.Count
		}
		n.say(a)
	case "inbox":
		list, err := n.gw.Inbox(ctx, gateway.Page{Limit: 1000})
		n.say(nodeAnswer{Inbox: list})
		return err
	case "journal":
		list, err := n.gw.Journal(ctx, gateway.JournalFilter{Page: gateway.Page{Limit: 1000}})
		n.say(nodeAnswer{Lines: list})
		return err
	default:
		return fmt.Errorf("no command %q", c.Do)
	}
	return nil
}

func (n *process) submit(ctx context.Context, c nodeCommand, key string) (spool.ID, error) {
	file := textFile("Fax " + key + "\nA short letter.\n")
	if c.File != "" {
		file = gateway.File{Name: "long.tif", Open: func() (io.ReadCloser, error) { return os.Open(c.File) }}
	}
	return n.gw.Submit(ctx, gateway.SubmitRequest{To: []string{c.To}, Files: []gateway.File{file}, Key: key, Subject: key, Origin: "test"})
}

// child is a gateway process as the test sees it.
type child struct {
	t       *testing.T
	cmd     *exec.Cmd
	in      *json.Encoder
	stdin   io.Closer
	answers chan nodeAnswer // closed when its output has ended
	dead    chan struct{}   // closed when the process is gone
	err     error           // how it ended; after dead
	smtp    string
	fault   nodeAnswer // its last word, if it killed itself; after dead
}

// startChild starts a gateway process and waits until it listens.
func startChild(t *testing.T, nc nodeConfig) *child {
	t.Helper()
	return launch(t, nc).ready()
}

func launch(t *testing.T, nc nodeConfig) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	arg, err := json.Marshal(nc)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(self, nodeWord, string(arg)), answers: make(chan nodeAnswer, 64), dead: make(chan struct{})}
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.stdin = json.NewEncoder(in), in
	go c.listen(out)
	t.Cleanup(func() { c.kill() })
	return c
}

// ready waits until the process listens.
func (c *child) ready() *child {
	c.t.Helper()
	select {
	case a := <-c.answers:
		c.smtp = a.SMTP
	case <-time.After(30 * time.Second):
	}
	if c.smtp == "" {
		c.kill()
		c.t.Fatalf("the gateway process did not start: %v", c.err)
	}
	return c
}

// listen reads what the process says, to its end.
func (c *child) listen(out io.Reader) {
	defer close(c.dead)
	s := bufio.NewScanner(out)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var a nodeAnswer
		if json.Unmarshal(s.Bytes(), &a) != nil {
			continue // cut in the middle by the kill
		}
		if a.Fault != "" {
			c.fault = a
			continue
		}
		c.answers <- a
	}
	c.err = c.cmd.Wait()
	close(c.answers)
}

// kill is kill -9, and returns once the process is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended by itself
	for range c.answers {    //nolint:revive // what it still said is nothing to wait for
	}
	<-c.dead
}

// do gives a command and passes the answers to each; false: the process died before it was done.
func (c *child) do(cmd nodeCommand, each func(nodeAnswer)) bool {
	c.t.Helper()
	if c.in.Encode(cmd) != nil {
		return false
	}
	for a := range c.answers {
		switch {
		case a.Err != "":
			c.t.Fatalf("%s: %s", cmd.Do, a.Err)
		case a.Done:
			return true
		case each != nil:
			each(a)
		}
	}
	return false
}

// terminate is SIGTERM; the process must end by itself, without an error.
func (c *child) terminate() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	c.ended()
}

func (c *child) ended() {
	c.t.Helper()
	select {
	case <-c.dead:
	case <-time.After(30 * time.Second):
		c.t.Fatal("the gateway did not stop within 30 s")
	}
	if c.err != nil {
		c.t.Errorf("the gateway stopped with %v", c.err)
	}
}

// finish lets the process stop well: the end of its input.
func (c *child) finish() {
	c.t.Helper()
	c.stdin.Close()
	c.ended()
}
