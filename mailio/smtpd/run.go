package smtpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"faxgate/mailio"
)

// A run is one Serve: it owns the listeners, the connections and everything
// that works for them. As a net.Listener it hands connections to go-smtp, once
// they have their TLS.
type run struct {
	server *Server
	limits limits
	log    *slog.Logger

	ctx    context.Context // the handlers'; it ends with cut
	cut    context.CancelFunc
	ending context.Context // it ends when no new mail is taken any more
	stop   context.CancelFunc
	done   chan struct{} // closed when Serve returns

	ready  chan *conn    // for go-smtp
	closed chan struct{} // no more of them
	once   sync.Once

	mu      sync.Mutex
	conns   map[*conn]struct{}
	perIP   map[netip.Prefix]int
	tcp     int            // connections; one that changes to TLS counts once
	serial  int            // of the last session
	working sync.WaitGroup // deliveries, handshakes and acceptors; Add only under mu and before over
	over    bool
}

func newRun(ctx context.Context, s *Server) *run {
	r := &run{
		server: s, limits: s.limits(), log: s.Log, done: make(chan struct{}),
		ready: make(chan *conn), closed: make(chan struct{}),
		conns: make(map[*conn]struct{}), perIP: make(map[netip.Prefix]int),
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.ctx, r.cut = context.WithCancel(context.WithoutCancel(ctx))
	r.ending, r.stop = context.WithCancel(ctx)
	return r
}

// serve is the life of a run.
func (r *run) serve() error {
	defer r.cut()
	defer r.stop()
	failed := make(chan error, len(r.server.Listeners)+len(r.server.TLSListeners))
	for _, l := range r.server.Listeners {
		r.work(func() { failed <- r.accept(l, false) })
	}
	for _, l := range r.server.TLSListeners {
		r.work(func() { failed <- r.accept(l, true) })
	}
	dialogues := r.dialogues()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = dialogues.Serve(r) // ends with r
	}()

	var err error
	select {
	case <-r.ending.Done():
	case err = <-failed:
	}
	r.stop()
	r.end()
	_ = r.Close()
	<-served
	_ = dialogues.Shutdown(context.Background()) // waits for the dialogues
	return err
}

// dialogues is the go-smtp server. Its limits and deadlines are off: ours are
// in conn.
func (r *run) dialogues() *smtp.Server {
	d := smtp.NewServer(smtp.BackendFunc(newSession))
	d.Domain = r.server.Domain
	d.MaxLineLength = 0
	d.AllowInsecureAuth = true // session.AuthMechanisms decides
	d.EnableDSN = true
	d.ErrorLog = errorLog{r.log}
	return d
}

// end lets the transfers in progress finish, and cuts what has not in time.
func (r *run) end() {
	for _, l := range append(r.server.Listeners, r.server.TLSListeners...) {
		_ = l.Close()
	}
	r.mu.Lock()
	for c := range r.conns {
		c.drain()
	}
	r.mu.Unlock()

	grace := time.NewTimer(r.limits.grace)
	defer grace.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for patient := true; patient && !r.empty(); {
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			patient = false
		case <-grace.C:
			patient = false
		}
	}
	r.cut()
	r.mu.Lock()
	r.over = true
	for c := range r.conns {
		_ = c.tcp.Close()
	}
	r.mu.Unlock()
	r.working.Wait()
}

func (r *run) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tcp == 0
}

// work runs f in a goroutine that the run waits for; false: too late.
func (r *run) work(f func()) bool {
	if !r.enter() {
		return false
	}
	go func() {
		defer r.working.Done()
		f()
	}()
	return true
}

// enter makes the run wait for the caller, until r.working.Done.
func (r *run) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.working.Add(1)
	return true
}

// accept takes connections from l until it is closed.
func (r *run) accept(l net.Listener, implicit bool) error {
	for {
		tcp, err := l.Accept()
		var ne net.Error
		switch {
		case err == nil:
		case r.ending.Err() != nil:
			return nil
		case errors.As(err, &ne) && ne.Timeout():
			continue
		case !errors.Is(err, net.ErrClosed):
			// Too many open files and the like: it passes.
			r.log.Warn("smtp: accepting a connection", "listener", l.Addr().String(), "error", err)
			select {
			case <-time.After(time.Second):
			case <-r.ending.Done():
			}
			continue
		default:
			return fmt.Errorf("smtpd: listener %s: %w", l.Addr(), err)
		}
		r.admit(tcp, implicit)
	}
}

// admit counts a connection in, or says why not.
func (r *run) admit(tcp net.Conn, implicit bool) {
	c, err := r.register(tcp)
	if err == nil {
		err = r.busyAtConnect()
	}
	if err != nil {
		r.reject(tcp, implicit, err)
		if c != nil {
			_ = c.Close()
		}
		return
	}
	if !r.work(func() { r.hand(c, implicit) }) {
		_ = c.Close()
	}
}

func (r *run) busyAtConnect() error {
	if r.server.Busy == nil {
		return nil
	}
	var refused *mailio.Refusal
	if err := r.server.Busy(); errors.As(err, &refused) && refused.Code == 421 {
		return refused
	}
	return nil
}

// reject answers 421 to a client that cannot be served.
func (r *run) reject(tcp net.Conn, implicit bool, why error) {
	r.log.Info("smtp: connection refused", "remote", tcp.RemoteAddr().String(), "why", why)
	if !implicit {
		_ = tcp.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(tcp, "%s\r\n", replyLine(why.Error())) // it may be gone
	}
	_ = tcp.Close()
}

// register makes a connection known to the run.
func (r *run) register(tcp net.Conn) (*conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ip := remotePrefix(tcp.RemoteAddr())
	switch {
	case r.ending.Err() != nil:
		return nil, &mailio.Refusal{Code: 421, Enhanced: "4.3.2", Text: r.server.Domain + " is shutting down"}
	case r.tcp >= r.limits.conns, r.perIP[ip] >= r.limits.perIP:
		return nil, &mailio.Refusal{Code: 421, Enhanced: "4.7.0", Text: "too many connections, try again later"}
	}
	r.tcp++
	r.perIP[ip]++
	r.serial++
	session := mailio.Session{ID: fmt.Sprintf("smtp-%d", r.serial), Remote: tcp.RemoteAddr(), Local: tcp.LocalAddr()}
	c := newConn(r, tcp, session)
	r.conns[c] = struct{}{}
	return c, nil
}

// replace puts a connection's successor, which has TLS, in its place.
func (r *run) replace(old, successor *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, old)
	r.conns[successor] = struct{}{}
	if r.ending.Err() != nil {
		successor.drain()
	}
}

// forget counts a connection out.
func (r *run) forget(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ip := remotePrefix(c.session.Remote)
	delete(r.conns, c)
	r.tcp--
	if r.perIP[ip]--; r.perIP[ip] == 0 {
		delete(r.perIP, ip)
	}
}

// remotePrefix is what counts as one client: an IPv4 address or an IPv6 /64.
func remotePrefix(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{} // not IP: all are one
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

// hand gives a connection to go-smtp, with TLS first if it is to be.
func (r *run) hand(c *conn, implicit bool) {
	if implicit {
		successor, err := c.encrypt()
		if err != nil {
			c.say("-- TLS: %v", err)
			_ = c.Close()
			return
		}
		c = successor
	}
	r.pass(c)
}

// pass hands c to go-smtp's accept loop.
func (r *run) pass(c *conn) {
	select {
	case r.ready <- c:
	case <-r.closed:
		_ = c.Close()
	}
}

// Accept gives go-smtp its next connection.
func (r *run) Accept() (net.Conn, error) {
	select {
	case c := <-r.ready:
		return c, nil
	case <-r.closed:
		return nil, net.ErrClosed
	}
}

// Close ends go-smtp's accept loop.
func (r *run) Close() error {
	r.once.Do(func() { close(r.closed) })
	return nil
}

// Addr is nobody's: a run has many listeners.
func (r *run) Addr() net.Addr { return &net.TCPAddr{} }

// errorLog is go-smtp's log.
type errorLog struct{ log *slog.Logger }

func (l errorLog) Printf(format string, v ...any) { l.log.Warn("smtp: " + fmt.Sprintf(format, v...)) }

func (l errorLog) Println(v ...any) { l.log.Warn("smtp: " + fmt.Sprintln(v...)) }
