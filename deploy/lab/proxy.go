package lab

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Proxy stands between a client and a server and can fail as networks do.
type Proxy struct {
	Addr string // where it listens, host:port

	target string
	ln     net.Listener
	work   sync.WaitGroup

	mu     sync.Mutex
	faults []Fault
	open   map[net.Conn]bool
	count  int
}

// A Fault befalls one connection: after Bytes octets from the server, or from
// the client if Upstream is set, the connection is cut, or falls silent.
type Fault struct {
	Bytes    int64
	Upstream bool
	Stall    bool
}

// NewProxy starts a proxy to the address target. It ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: ln.Addr().String(), target: target, ln: ln, open: make(map[net.Conn]bool)}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		p.Cut()
		p.work.Wait()
	})
	return p
}

// Next gives the next connections one fault each, in order.
func (p *Proxy) Next(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, faults...)
}

// Cut ends all open connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// Connections counts the connections accepted so far.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	fault := p.enter(client, server)
	defer p.leave(client, server)

	var both sync.WaitGroup
	pipe := func(dst, src net.Conn, upstream bool) {
		limit := int64(-1)
		if fault != nil && fault.Upstream == upstream {
			limit = fault.Bytes
		}
		transfer(dst, src, limit, fault != nil && fault.Stall)
		_ = client.Close()
		_ = server.Close()
	}
	both.Go(func() { pipe(server, client, true) })
	both.Go(func() { pipe(client, server, false) })
	both.Wait()
}

// transfer copies until an end, or until limit octets have passed; then it
// returns, or swallows what comes.
func transfer(dst io.Writer, src io.Reader, limit int64, stall bool) {
	if limit < 0 {
		_, _ = io.Copy(dst, src)
		return
	}
	if n, err := io.CopyN(dst, src, limit); err != nil || n < limit || !stall {
		return
	}
	_, _ = io.Copy(io.Discard, src)
}

func (p *Proxy) enter(conns ...net.Conn) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	for _, c := range conns {
		p.open[c] = true
	}
	if len(p.faults) == 0 {
		return nil
	}
	fault := p.faults[0]
	p.faults = p.faults[1:]
	return &fault
}

func (p *Proxy) leave(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
	}
}
