package selftest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of the machine's SMTP server: it talks to one gateway, but nothing from a socket is read without one.
const (
	maxCommand = 4 << 10
	maxMail    = 64 << 20
	quietTime  = 30 * time.Second // neither side says anything
)

// machine is the mail side of an office machine: an SMTP server of a few lines (RFC 5321 section 4.5.1), as such machines have.
type machine struct {
	vendor  vendor
	ln      net.Listener
	deliver func(letter) // hands the machine's own answers over

	mu     sync.Mutex
	gate   func(command string) string     // a refusal of a command; empty: none
	judge  func(*taken) (string, []letter) // the reply to the final dot, and what is sent back
	mailed []*taken                        // what it took, in order
	news   chan struct{}                   // closed at the next mail
	said   []string                        // the commands of the gateway, in order
	work   sync.WaitGroup
}

// letter is a mail that the machine hands over.
type letter struct {
	from, to string
	params   [2]string // of MAIL and RCPT (RFC 3461); with any, the machine says EHLO
	raw      string    // lines end with \n; they go out with \r\n
}

func newMachine(v vendor) (*machine, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &machine{vendor: v, ln: ln, news: make(chan struct{})}
	m.ordinary()
	m.work.Go(m.accept)
	return m, nil
}

// port is where the machine listens.
func (m *machine) port() int { return m.ln.Addr().(*net.TCPAddr).Port }

func (m *machine) close() {
	m.ln.Close()
	m.work.Wait()
}

// ordinary lets the machine do what it does on a good day.
func (m *machine) ordinary() { m.behave(nil, nil) }

// behave sets how the machine treats commands and mails from now on; nil is as on a good day.
func (m *machine) behave(gate func(string) string, judge func(*taken) (string, []letter)) {
	if gate == nil {
		gate = func(string) string { return "" }
	}
	if judge == nil {
		judge = m.everyday
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gate, m.judge = gate, judge
}

// everyday takes every mail, and answers a fax as its vendor's machines do.
func (m *machine) everyday(t *taken) (string, []letter) {
	const ok = "250 OK"
	if !t.fax() {
		return ok, nil
	}
	l := m.vendor.style.receipt(m.vendor, t, m.vendor.takes.examine(t))
	if l == nil {
		return ok, nil
	}
	return ok, []letter{*l}
}

// commands lists what the gateway has said so far.
func (m *machine) commands() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string{}, m.said...)
}

// mail waits for a mail that fits, among those from the n-th on.
func (m *machine) mail(ctx context.Context, from int, what string, fits func(*taken) bool) (*taken, error) {
	for {
		m.mu.Lock()
		list, news := m.mailed, m.news
		m.mu.Unlock()
		for _, t := range list[min(from, len(list)):] {
			if fits(t) {
				return t, nil
			}
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, mismatched(what, "no such mail came to the machine (%d others did)", max(0, len(list)-from))
		}
	}
}

// count is the number of mails that the machine has taken, of those that fit.
func (m *machine) count(from int, fits func(*taken) bool) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, t := range m.mailed[min(from, len(m.mailed)):] {
		if fits(t) {
			n++
		}
	}
	return n
}

// mark is the number of mails so far: what comes after it is new.
func (m *machine) mark() int { return m.count(0, func(*taken) bool { return true }) }

func (m *machine) accept() {
	for {
		conn, err := m.ln.Accept()
		if err != nil {
			return
		}
		m.work.Go(func() {
			defer conn.Close()
			s := &session{machine: m, conn: conn, r: bufio.NewReaderSize(conn, maxCommand)}
			s.talk()
		})
	}
}

// session is one connection of the gateway to the machine.
type session struct {
	*machine
	conn     net.Conn
	r        *bufio.Reader
	from, to string
	params   [2]string // of MAIL and RCPT
}

func (s *session) say(lines ...string) bool {
	_ = s.conn.SetDeadline(time.Now().Add(quietTime))
	_, err := io.WriteString(s.conn, strings.Join(lines, "\r\n")+"\r\n")
	return err == nil
}

// talk answers commands until the gateway has had enough.
func (s *session) talk() {
	for ok := s.say("220 " + s.vendor.helo + " Ready"); ok; {
		line, err := s.r.ReadSlice('\n')
		if err != nil {
			return
		}
		ok = s.command(strings.TrimRight(string(line), "\r\n"))
	}
}

// command answers one command; false ends the session.
func (s *session) command(line string) bool {
	s.mu.Lock()
	s.said = append(s.said, line)
	gate := s.gate
	s.mu.Unlock()
	if refusal := gate(line); refusal != "" {
		return s.say(refusal) && !strings.HasPrefix(refusal, "421") && !strings.HasPrefix(refusal, "220")
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return s.ehlo()
	case "HELO", "RSET", "NOOP":
		return s.say("250 " + s.vendor.helo)
	case "MAIL":
		s.from, s.params[0] = path(rest)
		return s.say("250 sender OK")
	case "RCPT":
		s.to, s.params[1] = path(rest)
		return s.say("250 recipient OK")
	case "DATA":
		return s.data()
	case "QUIT":
		s.say("221 bye")
		return false
	default:
		return s.say("500 unknown command")
	}
}

func (s *session) ehlo() bool {
	if s.vendor.offers == nil {
		return s.say("500 unknown command")
	}
	lines := append([]string{s.vendor.helo}, s.vendor.offers...)
	for i := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		lines[i] = "250" + sep + lines[i]
	}
	return s.say(lines...)
}

// path takes "FROM:<a@b> SIZE=1" apart.
func path(arg string) (addr, params string) {
	_, arg, _ = strings.Cut(arg, "<")
	addr, params, _ = strings.Cut(arg, ">")
	return addr, strings.TrimSpace(params)
}

// data takes a mail and replies to its final dot.
func (s *session) data() bool {
	if !s.say("354 go on") {
		return false
	}
	raw, err := s.body()
	if err != nil {
		return false
	}
	t := open(s.from, s.to, s.params, raw)
	s.mu.Lock()
	judge := s.judge
	s.mu.Unlock()
	reply, back := judge(t)
	if code, _ := strconv.Atoi(reply[:3]); code < 300 {
		s.mu.Lock()
		s.mailed = append(s.mailed, t)
		close(s.news)
		s.news = make(chan struct{})
		s.mu.Unlock()
	}
	ok := s.say(reply)
	for _, l := range back {
		s.deliver(l)
	}
	return ok
}

// body reads up to the final dot, and takes the doubled dots off.
func (s *session) body() ([]byte, error) {
	var b bytes.Buffer
	for {
		_ = s.conn.SetDeadline(time.Now().Add(quietTime))
		line, err := s.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return b.Bytes(), nil
		}
		if b.Len() > maxMail {
			return nil, fmt.Errorf("a mail of more than %d octets", maxMail)
		}
		b.Write(bytes.TrimPrefix(line, []byte(".")))
	}
}
