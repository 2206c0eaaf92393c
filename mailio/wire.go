package mailio

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// wire is the one connection between go-smtp and a server. go-smtp writes
// commands to it and reads replies from it, one at a time; the message goes
// past go-smtp, through body. In between the wire
//
//   - gives every reply and every write its deadline, which go-smtp does not for
//     the body (and its own deadlines are ignored here);
//   - keeps the last reply verbatim, which go-smtp takes apart;
//   - tells a transcript that shows no password and no message;
//   - folds the keywords of an EHLO reply, which go-smtp compares as they come;
//   - ends a refused log-in as RFC 4954 has it: go-smtp would send a "*" that
//     servers count as an error.
type wire struct {
	net.Conn
	in   *bufio.Reader
	last reply  // the last reply, verbatim
	out  []byte // of it, what go-smtp has not read yet

	verb     string // of the command that waits for its reply
	dead     bool   // the log-in was refused: nothing more is said
	patience time.Duration
	block    time.Duration // for one write
	secrets  []string      // words that never reach the transcript or an error
	tell     func(line string)

	mu    sync.Mutex
	until time.Time // when the reply must have come
	limit time.Time // an earlier end, set by hurry
}

func newWire(conn net.Conn, patience, block time.Duration, tell func(string)) *wire {
	return &wire{Conn: conn, in: bufio.NewReader(conn), patience: patience, block: block, tell: tell}
}

// replay makes r the next reply that go-smtp reads, as if the server had sent
// it: after STARTTLS go-smtp wants a greeting that never comes.
func (w *wire) replay(r reply) { w.out = r.wire(false) }

// SetDeadline does nothing: deadlines are the wire's.
func (w *wire) SetDeadline(time.Time) error { return nil }

// Read hands out one reply.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.out) == 0 {
		if w.dead {
			return 0, io.EOF
		}
		if err := w.receive(); err != nil {
			return 0, err
		}
		w.out = w.last.wire(w.verb == "EHLO")
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

// receive reads one reply into w.last.
func (w *wire) receive() error {
	w.last = reply{}
	if err := w.setReadDeadline(); err != nil {
		return err
	}
	rep, err := readReply(w.in)
	if err != nil {
		return peerError(err)
	}
	for i, line := range rep.lines {
		rep.lines[i] = w.mask(line)
		w.say("S: %d %s", rep.code, rep.lines[i])
	}
	w.last = rep
	return nil
}

// Write sends a command of go-smtp's.
func (w *wire) Write(p []byte) (int, error) {
	if w.dead || w.refusedLogin(p) {
		w.dead = true
		return len(p), nil
	}
	if w.in.Buffered() > 0 {
		return 0, w.outOfTurn()
	}
	w.hear(p)
	w.mu.Lock()
	w.until = time.Now().Add(w.patience)
	w.mu.Unlock()
	return w.send(p)
}

// refusedLogin tells whether p is the "*" that go-smtp sends after a log-in
// that the server has ended already.
func (w *wire) refusedLogin(p []byte) bool {
	return w.verb == "AUTH" && string(p) == "*\r\n" && w.last.code != 334
}

// hear notes a command: its verb for the reply, its text for the transcript.
func (w *wire) hear(p []byte) {
	line := strings.TrimSpace(string(p)) // the dot has its CRLF in front of it
	if w.verb == "AUTH" && w.last.code == 334 {
		w.say("C: ****")
		return
	}
	verb, _, _ := strings.Cut(line, " ")
	w.verb = strings.ToUpper(verb)
	if w.verb == "AUTH" {
		if f := strings.Fields(line); len(f) > 2 {
			line = f[0] + " " + f[1] + " ****"
		}
	}
	w.say("C: %s", line)
}

// outOfTurn tells what a server said before it was asked: a parting word, or
// something that would be taken for the answer to the next command.
func (w *wire) outOfTurn() error {
	w.patience = time.Second
	if err := w.receive(); err != nil {
		return err
	}
	if w.last.code >= 400 {
		return errOutOfTurn
	}
	w.last = reply{}
	return errors.New("the server speaks out of turn")
}

// errOutOfTurn means that wire.last is a refusal that came unasked, such as
// "421 closing".
var errOutOfTurn = errors.New("the server ends the session")

// body sends octets of the message.
func (w *wire) body(p []byte) error {
	_, err := w.send(p)
	return err
}

func (w *wire) send(p []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(w.block)); err != nil {
		return 0, peerError(err)
	}
	n, err := w.Conn.Write(p)
	return n, peerError(err)
}

// expect gives the next reply d to come.
func (w *wire) expect(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patience, w.until = d, time.Now().Add(d)
}

// hurry gives the reply that is being waited for d from now, if it had longer.
func (w *wire) hurry(d time.Duration) {
	w.mu.Lock()
	w.limit = time.Now().Add(d)
	w.mu.Unlock()
	_ = w.setReadDeadline() // a closed connection ends the waiting as well
}

func (w *wire) setReadDeadline() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.until
	if !w.limit.IsZero() && w.limit.Before(end) {
		end = w.limit
	}
	return peerError(w.SetReadDeadline(end))
}

// ask sends a command that go-smtp does not know of and reads its reply.
func (w *wire) ask(command string) (reply, error) {
	if _, err := w.Write([]byte(command + "\r\n")); err != nil {
		return reply{}, err
	}
	err := w.receive()
	return w.last, err
}

// hide keeps a password, and what carries it on the wire, out of the
// transcript and the replies that repeat it.
func (w *wire) hide(a Auth) {
	if len(a.Password) < 4 {
		return // would garble every reply
	}
	plain := "\x00" + a.User + "\x00" + a.Password
	w.secrets = []string{a.Password, base64.StdEncoding.EncodeToString([]byte(a.Password)), base64.StdEncoding.EncodeToString([]byte(plain))}
}

func (w *wire) mask(line string) string {
	for _, s := range w.secrets {
		line = strings.ReplaceAll(line, s, "****")
	}
	return line
}

func (w *wire) say(format string, args ...any) {
	if w.tell != nil {
		w.tell(string(bytes.ToValidUTF8([]byte(fmt.Sprintf(format, args...)), []byte("?"))))
	}
}

// peerError says in words how a connection ended.
func peerError(err error) error {
	var ne net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("the server does not answer: %w", err)
	}
	return err
}
