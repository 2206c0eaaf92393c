package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/codec/pdf"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
)

// workerWord makes the test binary the PDF worker that the gateway starts.
const workerWord = "pdf-worker-of-the-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerWord {
		if err := pdf.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 2 && os.Args[1] == nodeWord {
		if err := serveNode(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func worker(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, workerWord}
}

// node is one gateway under test, with a directory of its own.
type node struct {
	*gateway.Gateway
	t    *testing.T
	dir  string
	opts gateway.Options
	stop context.CancelFunc
	done chan error
}

// newNode makes a gateway with the one fax address addr; change may alter its options before it is opened.
func newNode(t *testing.T, addr string, change func(*gateway.Options)) *node {
	t.Helper()
	cfg, err := config.Read("")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	cfg.Hostname = addr[strings.IndexByte(addr, '@')+1:]
	cfg.Fax.Addresses = []string{addr}
	cfg.Listen.SMTP = "127.0.0.1:0"
	cfg.Retry.FirstWait = config.Duration(200 * time.Millisecond)
	cfg.Retry.Wait = config.Duration(400 * time.Millisecond)
	cfg.Limits.FreeDisk = 1 << 20
	n := &node{t: t, dir: cfg.Data, opts: gateway.Options{Config: cfg, Log: testLog(t), PDFWorker: worker(t), Version: "test"}}
	if change != nil {
		change(&n.opts)
	}
	return n
}

// start opens and runs it; the test's end stops it.
func (n *node) start() *node {
	n.t.Helper()
	g, err := gateway.Open(context.Background(), n.opts)
	if err != nil {
		n.t.Fatal(err)
	}
	n.Gateway = g
	ctx, stop := context.WithCancel(context.Background())
	n.stop, n.done = stop, make(chan error, 1)
	go func() { n.done <- g.Run(ctx) }()
	select {
	case <-g.Running():
	case err := <-n.done:
		n.t.Fatalf("run: %v", err)
	}
	n.t.Cleanup(n.end)
	return n
}

// end stops it well; a second call does nothing.
func (n *node) end() {
	if n.Gateway == nil {
		return
	}
	n.stop()
	select {
	case err := <-n.done:
		if err != nil {
			n.t.Errorf("run: %v", err)
		}
	case <-time.After(30 * time.Second):
		n.t.Error("the gateway did not stop within 30 s")
	}
	if err := n.Close(); err != nil {
		n.t.Errorf("close: %v", err)
	}
	n.Gateway = nil
}

// pair is two gateways that reach each other by direct SMTP.
func pair(t *testing.T, changeA, changeB func(*gateway.Options)) (a, b *node) {
	t.Helper()
	a, b = newNode(t, "fax@a.test", changeA), newNode(t, "fax@b.test", changeB)
	way := func(to string) (mailio.Sender, error) {
		target := a
		if strings.HasSuffix(to, "@b.test") {
			target = b
		}
		return clientTo(target.Addr("smtp"))
	}
	for _, n := range []*node{a, b} {
		if n.opts.Sender == nil {
			n.opts.Sender = way
		}
	}
	return a.start(), b.start()
}

func clientTo(addr string) (mailio.Sender, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	p, err := strconv.Atoi(port)
	return &mailio.Client{Host: host, Port: p}, err
}

func textFile(text string) gateway.File {
	return gateway.File{Name: "page.txt", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func (n *node) submit(to string, files ...gateway.File) spool.ID {
	n.t.Helper()
	if len(files) == 0 {
		files = []gateway.File{textFile("A short letter.\n")}
	}
	id, err := n.Submit(context.Background(), gateway.SubmitRequest{To: []string{to}, Files: files, Origin: "test"})
	if err != nil {
		n.t.Fatal(err)
	}
	return id
}

// wait waits until the fax is in the state.
func (n *node) wait(id spool.ID, want spool.State) gateway.Fax {
	n.t.Helper()
	var f gateway.Fax
	eventually(n.t, func() (bool, string) {
		var err error
		if f, err = n.Fax(context.Background(), id); err != nil {
			n.t.Fatal(err)
		}
		if f.State != want && (f.State == gateway.Failed || f.State == gateway.Confirmed) {
			n.t.Fatalf("fax ended as %s, want %s: %+v", f.State, want, f.Deliveries)
		}
		return f.State == want, fmt.Sprintf("fax is %s, want %s: %+v", f.State, want, f.Deliveries)
	})
	return f
}

// inbox waits until n faxes have been read.
func (n *node) inbox(want int) []gateway.InboxFax {
	n.t.Helper()
	var list []gateway.InboxFax
	eventually(n.t, func() (bool, string) {
		var err error
		if list, err = n.Inbox(context.Background(), gateway.Page{}); err != nil {
			n.t.Fatal(err)
		}
		read := 0
		for _, f := range list {
			if f.State != gateway.Kept {
				read++
			}
		}
		return read == want && len(list) == want, fmt.Sprintf("inbox has %d faxes, %d read, want %d", len(list), read, want)
	})
	return list
}

// journal waits for a line with these words.
func (n *node) journal(words string) {
	n.t.Helper()
	eventually(n.t, func() (bool, string) {
		lines, err := n.Journal(context.Background(), gateway.JournalFilter{Page: gateway.Page{Limit: 1000}})
		if err != nil {
			n.t.Fatal(err)
		}
		var all strings.Builder
		for _, l := range lines {
			if strings.Contains(l.Words, words) {
				return true, ""
			}
			fmt.Fprintf(&all, "%s: %s\n", l.Kind, l.Words)
		}
		return false, fmt.Sprintf("no line of the journal says %q:\n%s", words, all.String())
	})
}

func eventually(t *testing.T, ok func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	for {
		good, words := ok()
		if good {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(words)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// deliver sends a raw mail to the node by SMTP.
func (n *node) deliver(from, to, raw string) error {
	c, err := clientTo(n.Addr("smtp"))
	if err != nil {
		n.t.Fatal(err)
	}
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
	_, err = c.Send(context.Background(), mailio.Envelope{From: from, To: to, Size: int64(len(raw))}, strings.NewReader(raw), nil)
	return err
}

// scriptedSender answers each try with the next of its answers, and keeps what was sent.
type scriptedSender struct {
	mu      sync.Mutex
	answers []func(atDot func() error) (mailio.Reply, error)
	sent    [][]byte
	envs    []mailio.Envelope
}

func (s *scriptedSender) Send(_ context.Context, env mailio.Envelope, msg io.Reader, atDot func() error) (mailio.Reply, error) {
	body, err := io.ReadAll(msg)
	if err != nil {
		return mailio.Reply{}, err
	}
	s.mu.Lock()
	s.sent, s.envs = append(s.sent, bytes.Clone(body)), append(s.envs, env)
	answer := s.answers[min(len(s.sent), len(s.answers))-1]
	s.mu.Unlock()
	return answer(atDot)
}

func (s *scriptedSender) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

func (s *scriptedSender) way(string) (mailio.Sender, error) { return s, nil }

func accepts(atDot func() error) (mailio.Reply, error) {
	if err := atDot(); err != nil {
		return mailio.Reply{}, err
	}
	return mailio.Reply{Hop: "mx.test:25", Code: 250, Enhanced: "2.0.0", Text: "2.0.0 Ok: queued as ABC"}, nil
}

func hangsUp(atDot func() error) (mailio.Reply, error) {
	if err := atDot(); err != nil {
		return mailio.Reply{}, err
	}
	return mailio.Reply{}, &mailio.UncertainError{Hop: "mx.test:25", Err: io.ErrUnexpectedEOF}
}

func refuses(stage mailio.Stage, code int, enhanced, text string) func(func() error) (mailio.Reply, error) {
	return func(atDot func() error) (mailio.Reply, error) {
		if stage == mailio.StageDot {
			if err := atDot(); err != nil {
				return mailio.Reply{}, err
			}
		}
		return mailio.Reply{}, &mailio.ReplyError{Stage: stage, Code: code, Enhanced: enhanced, Text: text, Hop: "mx.test:25"}
	}
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// testLog shows the gateway's log with -v only.
func testLog(t *testing.T) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// pngPart is a small picture as a mail part.
func pngPart(t *testing.T) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 200, 100))
	for i := range img.Pix {
		img.Pix[i] = byte(i % 251)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return `image/png; name="three.png"|` + b.String()
}
