package smtpd

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"faxgate/mailio"
)

// maxLine is the longest command line, CRLF included: RFC 4954 s4 wants 12288
// for log-ins, RFC 3461 s5.4 1036 for the rest.
const maxLine = 16384

// maxFailedLogins is how often a connection may guess.
const maxFailedLogins = 3

// A conn is a connection as go-smtp sees it: it reads one command at a time and
// writes replies. MAIL and RCPT reach go-smtp without their arguments, which
// the conn has parsed for the session; the message of DATA does not reach it at
// all, only its final dot.
type conn struct {
	net.Conn // tcp, or TLS over it
	run      *run
	tcp      net.Conn
	in       *bufio.Reader
	session  mailio.Session

	// Of the dialogue; go-smtp's goroutine alone uses these.
	verb         string // of the command being answered
	out          []byte // what go-smtp has not read yet
	chunk        int64  // octets of a BDAT chunk that follow
	answering    bool   // the next line answers a 334
	upgraded     bool   // go-smtp's greeting is not sent: it came before STARTTLS
	detached     bool   // a successor has the connection
	broken       error  // the connection is lost
	failedLogins int
	command      arguments // of the last MAIL or RCPT

	closing sync.Once

	mu       sync.Mutex // for what the run and a BDAT delivery touch
	tx       transaction
	draining bool
	waiting  bool // for a command
	lineBy   time.Time
}

func newConn(r *run, tcp net.Conn, session mailio.Session) *conn {
	c := &conn{Conn: tcp, tcp: tcp, run: r, session: session}
	c.in = bufio.NewReader(reads{c})
	return c
}

// reads are a conn's reads of the connection, each with its deadline.
type reads struct{ c *conn }

func (r reads) Read(p []byte) (int, error) {
	c := r.c
	c.mu.Lock()
	until := time.Now().Add(c.run.limits.block)
	if c.waiting {
		until = c.lineBy
		if c.draining {
			until = time.Unix(1, 0)
		}
	}
	err := c.SetReadDeadline(until)
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// SetDeadline does nothing: deadlines are the conn's own.
func (c *conn) SetDeadline(time.Time) error { return nil }

// drain ends the waiting for a command; a message goes on.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if c.waiting {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // fails only if closed, which will do
	}
}

// wait begins or ends the waiting for a command.
func (c *conn) wait(on bool) (draining bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.lineBy = on, time.Now().Add(c.run.limits.command)
	return c.draining
}

// Read hands go-smtp one command line, or a part of a chunk.
func (c *conn) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.broken != nil {
			return 0, c.broken
		}
		if c.chunk > 0 {
			n, err := c.in.Read(p[:min(int64(len(p)), c.chunk)])
			c.chunk -= int64(n)
			return n, err
		}
		if err := c.next(); err != nil {
			c.broken = err
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// next reads one line and decides what go-smtp gets of it.
func (c *conn) next() error {
	line, err := c.readLine()
	if err != nil {
		return c.partingWord(err)
	}
	if c.answering {
		c.answering = false
		c.say("C: ****")
		c.out = []byte(line + "\r\n")
		return nil
	}
	return c.take(line)
}

// readLine reads a line, without its end. One that is too long is read over
// and comes with errLongLine.
func (c *conn) readLine() (string, error) {
	defer c.wait(false)
	if c.wait(true) {
		return "", errDraining
	}
	if c.failedLogins >= maxFailedLogins {
		return "", errGuessing
	}
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		} else if err == nil {
			return "", errLongLine
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

var (
	errDraining = errors.New("shutting down")
	errGuessing = errors.New("too many failed log-ins")
	errLongLine = errors.New("line too long")
)

// partingWord tells the client why the session ends.
func (c *conn) partingWord(err error) error {
	c.mu.Lock()
	draining := c.draining
	c.mu.Unlock()
	var ne net.Error
	switch {
	case errors.Is(err, errLongLine):
		c.answer("500 5.5.6 line too long")
		return nil
	case errors.Is(err, errGuessing):
		c.answer("421 4.7.0 too many failed log-ins")
	case draining:
		c.answer("421 4.3.2 " + c.run.server.Domain + " is shutting down")
	case errors.As(err, &ne) && ne.Timeout():
		c.answer("421 4.4.2 no command came")
	}
	return io.EOF
}

// take deals with one command.
func (c *conn) take(line string) error {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	c.verb = strings.ToUpper(verb)
	c.sayCommand(line, rest)
	switch c.verb {
	case "STARTTLS":
		return c.startTLS(rest)
	case "MAIL":
		(&session{c}).Reset() // go-smtp would keep the old recipients
		c.command = parseMail(rest)
		line = "MAIL FROM:<>"
	case "RCPT":
		c.command = parseRcpt(rest, c.run.server.Domain)
		line = "RCPT TO:<a@b>"
	case "EHLO", "HELO":
		c.session.Helo, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		if c.session.Helo == "" {
			line = c.verb + " unknown" // some machines say no name
		}
	case "DATA", "BDAT":
		return c.takeMessage(line, rest)
	}
	c.out = []byte(line + "\r\n")
	return nil
}

// takeMessage deals with DATA, or a chunk by BDAT.
func (c *conn) takeMessage(line, rest string) error {
	if c.verb == "BDAT" {
		c.chunk = chunkSize(rest)
	}
	if c.begin() {
		c.out = []byte(line + "\r\n")
		return nil
	}
	// The chunk follows even when the command is refused (RFC 3030 s2).
	if _, err := io.CopyN(io.Discard, c.in, c.chunk); err != nil {
		return io.EOF
	}
	c.chunk = 0
	c.answer("503 5.5.1 no recipient yet")
	return nil
}

// chunkSize is what follows a BDAT command that go-smtp takes for one.
func chunkSize(rest string) int64 {
	f := strings.Fields(rest)
	if len(f) == 0 || len(f) > 2 || len(f) == 2 && !strings.EqualFold(f[1], "LAST") {
		return 0
	}
	n, err := strconv.ParseUint(f[0], 10, 32)
	if err != nil {
		return 0
	}
	return int64(n)
}

// answer replies in go-smtp's place.
func (c *conn) answer(line string) {
	c.say("S: %s", line)
	_ = c.write([]byte(line + "\r\n")) // a lost connection shows at the next read
}

func (c *conn) write(p []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(c.run.limits.block)); err != nil {
		return err
	}
	_, err := c.Conn.Write(p)
	return err
}

// Write sends one line of a reply of go-smtp's, after some corrections.
func (c *conn) Write(p []byte) (int, error) {
	if c.upgraded {
		c.upgraded = false
		return len(p), nil
	}
	lines := c.correct(strings.TrimRight(string(p), "\r\n"))
	for _, l := range lines {
		c.say("S: %s", l)
	}
	if err := c.write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// correct makes a line of go-smtp's say what holds here.
func (c *conn) correct(line string) []string {
	if len(line) < 4 {
		return []string{line}
	}
	code, text := line[:4], line[4:]
	switch {
	case code == "334 ":
		c.answering = true
	case c.verb == "EHLO" && strings.HasPrefix(text, "Hello "):
		lines := []string{code + c.run.server.Domain + " greets " + cleanLine(text[len("Hello "):])}
		if c.run.server.TLSConfig != nil && c.session.TLS == "" {
			lines = append(lines, "250-STARTTLS")
		}
		return lines
	case c.verb == "EHLO" && text == "SIZE":
		line = fmt.Sprintf("%sSIZE %d", code, c.run.limits.size)
	case c.verb == "MAIL" && code == "250 ":
		line = "250 2.1.0 sender <" + c.command.path + "> ok"
	case c.verb == "RCPT" && code == "250 ":
		line = "250 2.1.5 recipient <" + c.command.path + "> ok"
	case c.verb == "AUTH" && code == "235 ":
		line = "235 2.7.0 logged in"
	}
	return []string{line}
}

// startTLS is RFC 3207: the connection goes to a successor that knows nothing
// of what was said before, and go-smtp sees this one end.
func (c *conn) startTLS(rest string) error {
	switch {
	case rest != "":
		c.answer("501 5.5.4 STARTTLS takes no argument")
		return nil
	case c.session.TLS != "":
		c.answer("503 5.5.1 TLS is on already")
		return nil
	case c.run.server.TLSConfig == nil:
		c.answer("502 5.5.1 no TLS here")
		return nil
	}
	c.answer("220 2.0.0 ready for TLS")
	// What came in plain text behind the command is not the client's word
	// within TLS (RFC 3207 s6).
	_, _ = c.in.Discard(c.in.Buffered())
	successor, err := c.encrypt()
	if err != nil {
		c.say("-- TLS: %v", err)
		return io.EOF
	}
	successor.upgraded = true
	c.run.pass(successor)
	return io.EOF
}

// encrypt makes the successor of c, with TLS.
func (c *conn) encrypt() (*conn, error) {
	ctx, cancel := context.WithTimeout(c.run.ctx, c.run.limits.block)
	defer cancel()
	tc := tls.Server(c.tcp, c.run.server.TLSConfig)
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	session := c.session
	session.TLS, session.Helo, session.AuthUser = mailio.TLSName(tc.ConnectionState()), "", ""
	successor := newConn(c.run, c.tcp, session)
	successor.Conn = tc
	successor.failedLogins = c.failedLogins
	c.detached = true
	c.run.replace(c, successor)
	c.say("-- %s", session.TLS)
	return successor, nil
}

// Close closes the connection, unless a successor has it.
func (c *conn) Close() error {
	if c.detached {
		return nil
	}
	var err error
	c.closing.Do(func() {
		err = c.Conn.Close()
		c.run.forget(c)
	})
	return err
}

// sayCommand tells the transcript of a command; a log-in's second word is its
// mechanism, the third a secret.
func (c *conn) sayCommand(line, rest string) {
	if c.verb == "AUTH" {
		mech, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		line = "AUTH " + mech + " ****"
	}
	c.say("C: %s", line)
}

func (c *conn) say(format string, args ...any) {
	if c.run.server.Transcript != nil {
		c.run.server.Transcript(c.session.ID, strings.ToValidUTF8(fmt.Sprintf(format, args...), "?"))
	}
}
