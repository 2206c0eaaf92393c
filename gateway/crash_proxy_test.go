package gateway_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// The kinds of entries in the ledger.
const (
	ledgerDot    = "dot"    // a final dot is passed on to the receiver
	ledgerReply  = "reply"  // the receiver's reply to it
	ledgerPassed = "passed" // that reply was handed to the sender's system
	ledgerCut    = "cut"    // the receiver hung up while the message came in, or owing the reply to it
)

// The points at which a proxy can hold up a fax.
const (
	holdBody  = "body"  // in the middle of the message
	holdDot   = "dot"   // before the final dot goes on
	holdReply = "reply" // before the reply to it goes back
)

// entry is one line of the ledger: what went over the wire, seen from outside of both gateways.
type entry struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	To        string    `json:"to"` // the receiving node, "a" or "b"
	MessageID string    `json:"messageId,omitempty"`
	MDN       bool      `json:"mdn,omitempty"`
	Original  string    `json:"original,omitempty"` // the Original-Message-ID of an MDN
	Sum       string    `json:"sum,omitempty"`      // SHA-256 of the message as it went over the wire
	Code      string    `json:"code,omitempty"`     // of a reply
}

// ledger is a file outside of both data directories, written as things happen.
type ledger struct {
	t       *testing.T
	mu      sync.Mutex
	file    *os.File
	entries []entry
}

func newLedger(t *testing.T, name string) *ledger {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &ledger{t: t, file: f}
}

func (l *ledger) add(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = time.Now()
	l.entries = append(l.entries, e)
	if err := json.NewEncoder(l.file).Encode(e); err != nil {
		l.t.Errorf("ledger: %v", err)
	}
}

// filter lists the entries for which ok holds, in order.
func (l *ledger) filter(ok func(entry) bool) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []entry
	for _, e := range l.entries {
		if ok(e) {
			list = append(list, e)
		}
	}
	return list
}

// proxy stands before one gateway and passes SMTP on to it, as slowly as a network may be, and writes the ledger. While no gateway is behind it, connections are cut.
type proxy struct {
	to     string
	ledger *ledger
	ln     net.Listener
	conns  sync.WaitGroup

	mu      sync.Mutex
	backend string
	open    chan struct{} // closed: traffic may go
	delay   time.Duration // the longest stop before a final dot and before its reply
	rnd     *rand.Rand
	hook    func(point string) // holds a fax up at holdBody, holdDot or holdReply
	live    map[net.Conn]bool
}

func newProxy(t *testing.T, to string, l *ledger, seed uint64) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: to, ledger: l, ln: ln, open: make(chan struct{}), rnd: rand.New(rand.NewPCG(seed, 1)), live: map[net.Conn]bool{}}
	p.conns.Go(p.accept)
	t.Cleanup(func() {
		ln.Close()
		p.behind("")
		p.gate(true)
		p.cut()
		p.conns.Wait()
	})
	return p
}

func (p *proxy) port() int { return p.ln.Addr().(*net.TCPAddr).Port }

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.conns.Go(func() { p.serve(c) })
	}
}

// behind says which address the gateway has now; "" is none.
func (p *proxy) behind(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backend = addr
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.live {
		c.Close()
	}
}

// gate stops new connections before their first byte, or lets them go.
func (p *proxy) gate(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		if !open {
			p.open = make(chan struct{})
		}
	default:
		if open {
			close(p.open)
		}
	}
}

func (p *proxy) slow(longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = longest
}

// pause is the slowness of the network. Receipts are small and travel faster.
func (p *proxy) pause(e entry, point string) {
	p.mu.Lock()
	longest, d, hook := p.delay, time.Duration(0), p.hook
	if e.MDN {
		longest /= 8
	}
	if longest > 0 {
		d = time.Duration(p.rnd.Int64N(int64(longest)))
	}
	p.mu.Unlock()
	if hook != nil && !e.MDN {
		hook(point)
	}
	time.Sleep(d)
}

// join connects to the gateway, if there is one, and remembers both ends for the cut.
func (p *proxy) join(client net.Conn) (net.Conn, bool) {
	p.mu.Lock()
	addr, open := p.backend, p.open
	p.live[client] = true
	p.mu.Unlock()
	if addr == "" {
		return nil, false
	}
	<-open
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live[server] = true
	return server, p.backend == addr
}

func (p *proxy) leave(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if c != nil {
			delete(p.live, c)
			c.Close()
		}
	}
}

func (p *proxy) serve(client net.Conn) {
	server, ok := p.join(client)
	defer p.leave(client, server)
	if !ok {
		return
	}
	s := &session{p: p, client: client, server: server}
	var replies sync.WaitGroup
	replies.Go(s.replies)
	s.commands()
	if s.owed() {
		replies.Wait() // the sender is gone, but the ledger wants the reply
	}
	server.Close()
	replies.Wait()
}

// session is one SMTP connection through the proxy.
type session struct {
	p              *proxy
	client, server net.Conn

	mu    sync.Mutex
	stage string // "", "asked" (DATA), "data", "dot"
	gone  bool   // the sender has hung up
	msg   entry
	head  bool // within the message's own header
	sum   hash.Hash
	lines int // of the message
}

// owed tells whether the receiver has the whole message and owes the reply.
func (s *session) owed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stage == "dot"
}

// commands passes on what the sender says, until it hangs up.
func (s *session) commands() {
	r, w := bufio.NewReaderSize(s.client, 64<<10), bufio.NewWriterSize(s.server, 64<<10)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			s.mu.Lock()
			s.gone = true
			s.mu.Unlock()
			return
		}
		s.line(line, w)
		if _, err := w.Write(line); err != nil {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// line takes note of one line from the sender before it is passed on.
func (s *session) line(line []byte, w *bufio.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stage == "" && strings.EqualFold(string(bytes.TrimSpace(line)), "DATA"):
		s.stage, s.msg, s.head, s.sum, s.lines = "asked", entry{To: s.p.to}, true, sha256.New(), 0
	case s.stage == "data" && string(line) == ".\r\n":
		if w.Flush() == nil { // the message is there, only its end is on the way
			s.pause(holdDot)
		}
		s.msg.Sum, s.stage = hex.EncodeToString(s.sum.Sum(nil)), "dot"
		s.note(ledgerDot, "")
	case s.stage == "data":
		if s.lines++; s.lines == linesToHold {
			s.pause(holdBody)
		}
		s.sum.Write(line)
		s.look(strings.TrimRight(string(line), "\r\n"))
	}
}

// linesToHold is where the middle of a message is: more than a short fax has.
const linesToHold = 2000

// pause lets go of the lock as long as the network takes.
func (s *session) pause(point string) {
	e := s.msg
	s.mu.Unlock()
	defer s.mu.Lock()
	s.p.pause(e, point)
}

// look reads just enough of the message to know it again.
func (s *session) look(line string) {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case line == "":
		s.head = false
	case !ok:
	case s.head && strings.EqualFold(name, "Message-ID"):
		s.msg.MessageID = value
	case s.head && strings.EqualFold(name, "Content-Type"):
		s.msg.MDN = strings.HasPrefix(strings.ToLower(value), "multipart/report")
	case s.msg.MDN && strings.EqualFold(name, "Original-Message-ID"):
		s.msg.Original = value
	}
}

func (s *session) note(what, code string) {
	e := s.msg
	e.What, e.Code = what, code
	s.p.ledger.add(e)
}

// replies passes on what the receiver says, until it hangs up.
func (s *session) replies() {
	defer s.client.Close()
	r := bufio.NewReader(s.server)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.gone && (s.stage == "data" || s.stage == "dot") {
				s.note(ledgerCut, "")
			}
			return
		}
		if !s.reply(line) {
			return
		}
	}
}

// reply passes one line on; the reply to a final dot stands in the ledger before the sender can have it.
func (s *session) reply(line string) bool {
	if len(line) < 4 || line[3] != ' ' {
		_, err := s.client.Write([]byte(line))
		return err == nil
	}
	s.mu.Lock()
	dot := s.stage == "dot"
	switch {
	case dot:
		s.note(ledgerReply, line[:3])
		s.pause(holdReply)
	case s.stage == "asked" && line[:3] == "354":
		s.stage = "data"
	case s.stage == "asked":
		s.stage = ""
	}
	s.mu.Unlock()
	if _, err := s.client.Write([]byte(line)); err != nil {
		return false
	}
	if dot {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.note(ledgerPassed, line[:3])
		s.stage = ""
	}
	return true
}
