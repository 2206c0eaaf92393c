package imap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"

	"faxgate/mailio"
)

// replies is how many octets an answer may have, apart from a message in it.
const replies = 1 << 20

// A guard stands between the library and the connection.
type guard struct {
	net.Conn
	replay string // read first
	mender mender
	left   atomic.Int64
	broken atomic.Pointer[error] // how reading ended: the library tells it in words only
	padded atomic.Bool           // a literal was cut, and zeros stand for the rest
}

// errFlood ends a connection: the library would keep in memory whatever comes.
var errFlood = errors.New("the server sends far more than was asked for")

// allow sets how many octets may come from now on.
func (g *guard) allow(n int64) { g.left.Store(n) }

// Read is called by one goroutine at a time: the library's own, or the one that
// reads a message. After a failed read of a message both would go on at once;
// so a message that is cut seems to end in zeros, and the error comes after it.
func (g *guard) Read(p []byte) (int, error) {
	if g.replay != "" {
		n := copy(p, g.replay)
		g.replay = g.replay[n:]
		return n, nil
	}
	if broken := g.broken.Load(); broken != nil {
		return g.pad(p, *broken)
	}
	n, err := g.Conn.Read(p)
	g.mender.mend(p[:n])
	if left := g.left.Add(int64(-n)); left < 0 || g.mender.literal > left {
		n, err = 0, errFlood
		g.mender.literal = 0
	}
	switch {
	case err == nil:
		return n, nil
	case n > 0: // the error comes with the next read
		g.broken.Store(&err)
		return n, nil
	}
	g.broken.Store(&err)
	return g.pad(p, err)
}

func (g *guard) pad(p []byte, err error) (int, error) {
	n := int(min(g.mender.literal, int64(len(p))))
	if n == 0 {
		return 0, err
	}
	g.padded.Store(true)
	clear(p[:n])
	g.mender.literal -= int64(n)
	return n, nil
}

// cause says why a command failed with err, which is not a server's no.
func (g *guard) cause(err error) error {
	broken := g.broken.Load()
	if broken == nil {
		return err
	}
	var ne net.Error
	switch {
	case errors.Is(*broken, io.EOF):
		return fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	case errors.As(*broken, &ne) && ne.Timeout():
		return fmt.Errorf("the server does not answer: %w", *broken)
	}
	return *broken
}

// Write mends the library's empty SASL response, which RFC 3501 s6.2.2 wants
// to be an empty line; "=" is for initial responses only.
func (g *guard) Write(p []byte) (int, error) {
	if string(p) == "=\r\n" {
		_, err := g.Conn.Write(p[1:])
		return len(p), err
	}
	return g.Conn.Write(p)
}

// secure brings the connection to where TLS begins, if it does. It returns the
// connection to go on with, and what the library should read first.
func (s *session) secure(ctx context.Context) (wire net.Conn, said string, err error) {
	switch s.box.TLS.Mode {
	case mailio.TLSImplicit:
		wire, err = s.handshake(ctx)
		return wire, "", err
	case mailio.TLSOpportunistic, mailio.TLSRequired:
		return s.startTLS(ctx)
	}
	return s.conn, "", nil
}

func (s *session) handshake(ctx context.Context) (net.Conn, error) {
	tc, unverified, err := s.box.TLS.Handshake(ctx, s.conn, s.box.Host)
	if err != nil {
		return nil, err
	}
	s.confidential = unverified == nil
	if unverified != nil {
		s.note = unverified.Error()
	}
	s.tls = mailio.TLSName(tc.ConnectionState())
	return tc, nil
}

// startTLS is RFC 3501 s6.2.1. The library could do it, but not tell before
// whether the server can. It hears a greeting without capabilities: those of
// before TLS count no longer.
func (s *session) startTLS(ctx context.Context) (net.Conn, string, error) {
	in := bufio.NewReaderSize(s.conn, 8<<10)
	greeting, err := readLine(in)
	if err != nil {
		return nil, "", fmt.Errorf("waiting for the greeting: %w", err)
	}
	if !strings.HasPrefix(strings.ToUpper(greeting), "* OK") {
		return nil, "", fmt.Errorf("the server ends the connection: %.200s", strings.TrimPrefix(greeting, "* "))
	}
	caps, _, err := s.ask(in, "f1", "CAPABILITY")
	if err != nil {
		return nil, "", err
	}
	refused := "the server offers no STARTTLS"
	if strings.Contains(strings.ToUpper(caps)+" ", " STARTTLS ") {
		var ok bool
		if refused, ok, err = s.ask(in, "f2", "STARTTLS"); err != nil {
			return nil, "", err
		}
		if ok {
			if in.Buffered() > 0 {
				return nil, "", errors.New("the server, or somebody in between, spoke on before the encryption began")
			}
			wire, err := s.handshake(ctx)
			return wire, "* OK encrypted\r\n", err
		}
	}
	if s.box.TLS.Mode == mailio.TLSRequired {
		return nil, "", fmt.Errorf("no encryption, but it is required: %s", refused)
	}
	s.note = refused
	return s.conn, "* OK not encrypted\r\n", nil
}

// ask sends a command and reads the answer: all its lines joined, and whether
// it is OK.
func (s *session) ask(in *bufio.Reader, tag, command string) (string, bool, error) {
	s.say("C: " + command)
	if _, err := io.WriteString(s.conn, tag+" "+command+"\r\n"); err != nil {
		return "", false, err
	}
	var all strings.Builder
	for range 50 {
		line, err := readLine(in)
		if err != nil {
			return "", false, fmt.Errorf("waiting for the answer to %s: %w", command, err)
		}
		if rest, ok := strings.CutPrefix(line, tag+" "); ok {
			s.say("S: " + rest)
			all.WriteString(rest)
			return all.String(), strings.HasPrefix(strings.ToUpper(rest), "OK"), nil
		}
		all.WriteString(line + " ")
	}
	return "", false, fmt.Errorf("the answer to %s has no end", command)
}

func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errFlood
	case errors.Is(err, io.EOF):
		return "", fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
