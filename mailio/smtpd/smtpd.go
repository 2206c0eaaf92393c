// Package smtpd is the SMTP listener: RFC 5321 with STARTTLS (3207), AUTH
// (4954), SIZE (1870), DSN (3461), CHUNKING (3030), PIPELINING (2920) and
// enhanced status codes (2034). What comes in goes to a [mailio.Handler], and
// 250 is answered only once that has kept it.
//
// go-smtp holds the dialogue. Each of its connections is one of ours, which
// reads the commands first: it knows the parameters of MAIL and RCPT that
// go-smtp refuses or takes for others, reads the message itself, and carries
// deadlines, limits, TLS and the transcript.
package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"faxgate/mailio"
)

// A Server takes mail. The fields must not change once Serve runs.
type Server struct {
	Listeners    []net.Listener // plain text, with STARTTLS if TLSConfig is set
	TLSListeners []net.Listener // TLS from the first octet; they need TLSConfig
	TLSConfig    *tls.Config

	Domain  string         // our name in the greeting, and of <Postmaster>
	Handler mailio.Handler // is asked about each recipient, and takes the messages

	// Auth tells whether user may log in with password (PLAIN and LOGIN); nil:
	// nobody can. An error is "cannot tell now" (454).
	Auth func(ctx context.Context, user, password string) (bool, error)
	// Secret is the password of user, for CRAM-MD5; nil: not offered.
	Secret func(ctx context.Context, user string) (password string, known bool, err error)
	// PlaintextAuth offers PLAIN and LOGIN also without TLS: old machines know
	// nothing else (settings.md X7). CRAM-MD5 is always offered.
	PlaintextAuth bool
	// RequireAuth takes mail only after a log-in. Without it the Handler decides
	// by Session, and must refuse every recipient that is not its own.
	RequireAuth bool

	// Busy says why no mail can be taken at present, such as a full disk; nil
	// error: it can. It is asked at connect, where a *mailio.Refusal with code
	// 421 is answered, and at MAIL, where any error is: 452 if it says nothing
	// else.
	Busy func() error

	MaxSize       int64 // octets of a message; default 100 MiB
	MaxRecipients int   // of a message; default 100
	MaxConns      int   // at a time; default 100
	MaxConnsPerIP int   // at a time, IPv6 by /64; default 20

	CommandTimeout time.Duration // for a whole command line; default 5 min
	DataTimeout    time.Duration // for each read and write in a message; default 3 min
	// Grace is how long transfers in progress may go on when Serve is to end;
	// default 10 s.
	Grace time.Duration

	// Transcript, if not nil, is told each line of a dialogue, "C: " or "S: "
	// first; no message, no password.
	Transcript func(sessionID, line string)
	Log        *slog.Logger // nil: none
	Rand       io.Reader    // for CRAM-MD5's challenges; nil: crypto/rand

	mu  sync.Mutex
	run *run // while Serve runs
}

// limits are a Server's fields with the defaults filled in.
type limits struct {
	size           int64
	recipients     int
	conns, perIP   int
	command, block time.Duration
	grace          time.Duration
}

func (s *Server) limits() limits {
	return limits{
		size:       orDefault(s.MaxSize, 100<<20),
		recipients: orDefault(s.MaxRecipients, 100),
		conns:      orDefault(s.MaxConns, 100),
		perIP:      orDefault(s.MaxConnsPerIP, 20),
		command:    orDefault(s.CommandTimeout, 5*time.Minute),
		block:      orDefault(s.DataTimeout, 3*time.Minute),
		grace:      orDefault(s.Grace, 10*time.Second),
	}
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Serve takes mail until ctx ends, Shutdown is called, or a listener fails, the
// only case with an error. Then new commands get 421, transfers in progress
// have Grace to finish, and what is left is cut. All goroutines have ended when
// it returns, and the listeners are closed.
func (s *Server) Serve(ctx context.Context) error {
	if len(s.TLSListeners) > 0 && s.TLSConfig == nil {
		return errors.New("smtpd: listeners with TLS need a certificate")
	}
	r, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer close(r.done)
	err = r.serve()
	s.mu.Lock()
	s.run = nil
	s.mu.Unlock()
	return err
}

func (s *Server) start(ctx context.Context) (*run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return nil, errors.New("smtpd: Serve is running already")
	}
	s.run = newRun(ctx, s)
	return s.run, nil
}

// Shutdown ends Serve as the end of its context does, and waits for it. When
// ctx ends first, transfers in progress are cut at once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	r.stop()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		r.cut()
		<-r.done
		return ctx.Err()
	}
}
