//go:build linux

package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/mailio/smtpd"
)

const (
	longPages   = 1000
	longSize    = 60 << 20         // of the mail, at least
	longPeak    = 128 << 20        // of the gateway process, by the kernel's own count
	longPatient = 60 * time.Second // how long machines wait for any answer
	longAnswer  = 20 * time.Second // how long the answer to the dot may take
)

// TestThousandPagesComeInWithinAMachinesPatience sends one fax of a thousand pages to a gateway process, as a machine does that hangs up after a minute. The pages are read and passed
// on as PDF, a receipt goes back, everything once, and in little memory.
func TestThousandPagesComeInWithinAMachinesPatience(t *testing.T) {
	out := newSink(t)
	gw := startChild(t, nodeConfig{
		Dir: t.TempDir(), Address: "fax@gw.test", DeliverTo: "office@office.test", Direct: out.direct("@office.test", "@machine.test"),
	})
	name := longFax(t, longPages)
	answered, size := sendAsMachine(t, gw.smtp, name)
	t.Logf("a mail of %d MB, answered %s after its dot", size>>20, answered.Round(time.Millisecond))
	if answered > longAnswer {
		t.Errorf("the answer to the dot took %s", answered)
	}
	if size < longSize {
		t.Errorf("the mail has only %d bytes", size)
	}
	out.wait(t, "office@office.test", 1)
	out.wait(t, "fax@machine.test", 1)
	gw.do(nodeCommand{Do: "inbox"}, func(a nodeAnswer) {
		if len(a.Inbox) != 1 || a.Inbox[0].Pages != longPages || a.Inbox[0].Error != "" {
			t.Errorf("inbox: %+v", a.Inbox)
		}
	})
	gw.checkPeak("taking, reading and passing on")
	gw.finish()
	out.once(t, "office@office.test", "fax@machine.test")
	out.big(t, "office@office.test")
}

// TestThousandPagesGoOutInLittleMemory has a gateway process code and send a fax of a thousand pages.
func TestThousandPagesGoOutInLittleMemory(t *testing.T) {
	out := newSink(t)
	gw := startChild(t, nodeConfig{Dir: t.TempDir(), Address: "fax@gw.test", Direct: out.direct("@machine.test")})
	gw.do(nodeCommand{Do: "submit", To: "fax@machine.test", Keys: []string{"long"}, File: longFax(t, longPages)}, nil)
	out.wait(t, "fax@machine.test", 1)
	gw.checkPeak("coding and sending")
	gw.finish()
	out.once(t, "fax@machine.test")
	out.big(t, "fax@machine.test")
}

// checkPeak asks the kernel for the most memory that the process ever had.
func (c *child) checkPeak(what string) {
	c.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		c.t.Fatal("the kernel tells no VmHWM")
	}
	kb, err := strconv.Atoi(fields[0])
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("peak memory of %s %d pages: %d MiB", what, longPages, kb>>10)
	if kb<<10 > longPeak {
		c.t.Errorf("%s: %d MiB at the peak, at most %d are allowed", what, kb>>10, longPeak>>20)
	}
}

// sendAsMachine is a machine: plain SMTP, no extensions, and no more patience than a minute for anything. It tells how long the answer to the dot took.
func sendAsMachine(t *testing.T, addr, name string) (answered time.Duration, size int64) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, longPatient)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	m := &machine{t: t, conn: conn, text: textproto.NewConn(conn)}
	m.expect(220)
	for _, c := range []struct {
		line string
		code int
	}{{"HELO machine.test", 250}, {"MAIL FROM:<fax@machine.test>", 250}, {"RCPT TO:<fax@gw.test>", 250}, {"DATA", 354}} {
		m.say(c.line)
		m.expect(c.code)
	}
	w := bufio.NewWriterSize(m, 64<<10)
	machine := mail.Address{Address: "fax@machine.test"}
	err = ifax.Compose(w, ifax.Message{
		From: machine, To: []mail.Address{{Address: "fax@gw.test"}}, Date: time.Now(), MessageID: "<long@machine.test>",
		Subject: "a thousand pages", Text: "See the pages.\n", Notify: &ifax.Notify{To: []mail.Address{machine}},
		Documents: []ifax.Attachment{{Name: "long.tif", Type: "image/tiff", Open: func() (io.ReadCloser, error) { return os.Open(name) }}},
	})
	if err := errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	m.say(".")
	m.expect(250)
	answered = time.Since(begun)
	m.say("QUIT")
	m.expect(221)
	return answered, m.sent
}

type machine struct {
	t    *testing.T
	conn net.Conn
	text *textproto.Conn
	sent int64
}

// Write sends a piece of the message.
func (m *machine) Write(p []byte) (int, error) {
	m.patience()
	n, err := m.conn.Write(p)
	m.sent += int64(n)
	return n, err
}

func (m *machine) patience() {
	if err := m.conn.SetDeadline(time.Now().Add(longPatient)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) say(line string) {
	m.t.Helper()
	m.patience()
	if err := m.text.PrintfLine("%s", line); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) expect(code int) {
	m.t.Helper()
	m.patience()
	if _, words, err := m.text.ReadResponse(code); err != nil {
		m.t.Fatalf("want %d: %v %s", code, err, words)
	}
}

// sink is a mail server that takes everything and counts it.
type sink struct {
	addr string
	mu   sync.Mutex
	got  map[string]int   // by recipient
	size map[string]int64 // of the last one
}

func newSink(t *testing.T) *sink {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{addr: ln.Addr().String(), got: map[string]int{}, size: map[string]int64{}}
	server := &smtpd.Server{Listeners: []net.Listener{ln}, Domain: "sink.test", Handler: s, MaxSize: 200 << 20, Grace: time.Second}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sink) direct(to ...string) []config.Direct {
	host, port, _ := net.SplitHostPort(s.addr)
	n, _ := strconv.Atoi(port)
	var list []config.Direct
	for _, addr := range to {
		list = append(list, config.Direct{To: addr, Host: host, Port: n, TLS: "off"})
	}
	return list
}

// Recipient takes everybody.
func (s *sink) Recipient(context.Context, mailio.Session, string) error { return nil }

// Message counts.
func (s *sink) Message(_ context.Context, env mailio.Envelope, r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[env.To]++
	s.size[env.To] = n
	return nil
}

func (s *sink) count(to string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[to]
}

func (s *sink) wait(t *testing.T, to string, n int) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); s.count(to) < n; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s got %d mails, want %d", to, s.count(to), n)
		}
	}
}

func (s *sink) once(t *testing.T, to ...string) {
	t.Helper()
	for _, addr := range to {
		if n := s.count(addr); n != 1 {
			t.Errorf("%s got %d mails", addr, n)
		}
	}
}

// big makes sure that all the pages came, not just a word about them.
func (s *sink) big(t *testing.T, to string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("the mail to %s has %d MB", to, s.size[to]>>20)
	if s.size[to] < longSize/2 { // MMR in a PDF is smaller than MH
		t.Errorf("the mail to %s has only %d bytes", to, s.size[to])
	}
}
