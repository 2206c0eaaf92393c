// Package pop3 fetches messages from POP3 mailboxes (RFC 1939, with CAPA of RFC
// 2449, STLS of RFC 2595 and AUTH of RFC 5034).
//
// A [Client] speaks the protocol; a [Fetcher] looks into one mailbox again and
// again and hands each message to a mailio.Handler once. A message is deleted
// only after it was durably kept, and counts as deleted only once the server
// has answered QUIT: before that every POP3 server forgets its DELEs.
package pop3

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"faxgate/mailio"
)

// An Error is a server's refusal, verbatim.
type Error struct {
	Command string // "greeting" for what a server says first
	Code    string // RFC 2449 s8, such as "IN-USE", empty if none is given
	Text    string // what follows -ERR
}

func (e *Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the server refused %s: -ERR %s", e.Command, e.Text))
}

// Temporary tells whether the server says that it may be better later (RFC 2449
// s8.1, RFC 3206).
func (e *Error) Temporary() bool {
	return e.Code == "IN-USE" || e.Code == "LOGIN-DELAY" || e.Code == "SYS/TEMP"
}

// maxLine is the longest line read into memory. RFC 2449 s4 allows 512 octets.
const maxLine = 8 << 10

// A Client is one POP3 session. It is used by one goroutine.
type Client struct {
	Greeting     string // what the server said first, without +OK
	TLS          string // protocol and cipher, empty in plain text
	Note         string // why it is in plain text, or unverified, although TLS was wanted
	confidential bool

	box  mailio.Mailbox
	conn *mailio.Conn
	wire net.Conn // conn, or TLS over it
	in   *bufio.Reader
	caps map[string][]string // keyword to arguments, nil without CAPA
	body *dotReader          // the multi-line reply that may still be unread
}

// Dial connects to the mailbox's server, secures the connection as box.TLS says
// and asks for the server's capabilities. The connection is closed when ctx
// ends.
func Dial(ctx context.Context, box mailio.Mailbox) (*Client, error) {
	box = box.WithDefaults(110, 995)
	conn, err := box.Dial(ctx)
	if err != nil {
		return nil, err
	}
	c := &Client{box: box, conn: conn}
	c.use(conn)
	if err := c.open(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) use(conn net.Conn) {
	c.wire, c.in = conn, bufio.NewReaderSize(conn, maxLine)
}

func (c *Client) open(ctx context.Context) error {
	if c.box.TLS.Mode == mailio.TLSImplicit {
		if err := c.secure(ctx); err != nil {
			return err
		}
	}
	var err error
	if c.Greeting, err = c.reply("greeting"); err != nil {
		return err
	}
	if err := c.capa(); err != nil {
		return err
	}
	if m := c.box.TLS.Mode; m == mailio.TLSOpportunistic || m == mailio.TLSRequired {
		return c.stls(ctx)
	}
	return nil
}

// stls is RFC 2595 s4. What the server said before it counts no longer.
func (c *Client) stls(ctx context.Context) error {
	required := c.box.TLS.Mode == mailio.TLSRequired
	if !c.Has("STLS") && !required {
		c.Note = "the server offers no STLS"
		return nil
	}
	if _, err := c.ask("STLS"); err != nil {
		var refused *Error
		switch {
		case errors.As(err, &refused) && required:
			return fmt.Errorf("no encryption, but it is required: %w", err)
		case errors.As(err, &refused):
			c.Note = err.Error()
			return nil
		}
		return err
	}
	if c.in.Buffered() > 0 {
		return errors.New("the server, or somebody in between, spoke on before the encryption began")
	}
	if err := c.secure(ctx); err != nil {
		return err
	}
	return c.capa()
}

func (c *Client) secure(ctx context.Context) error {
	tc, unverified, err := c.box.TLS.Handshake(ctx, c.conn, c.box.Host)
	if err != nil {
		return err
	}
	c.confidential = unverified == nil
	if unverified != nil {
		c.Note = unverified.Error()
	}
	c.TLS = mailio.TLSName(tc.ConnectionState())
	c.use(tc)
	return nil
}

// Has tells whether the server announced a capability.
func (c *Client) Has(keyword string) bool {
	_, ok := c.caps[keyword]
	return ok
}

// capa is RFC 2449 s5. A server that does not know it has no capabilities.
func (c *Client) capa() error {
	c.caps = nil
	lines, err := c.lines("CAPA", 200)
	if _, ok := errors.AsType[*Error](err); ok {
		return nil
	}
	if err != nil {
		return err
	}
	c.caps = make(map[string][]string, len(lines))
	for _, line := range lines {
		if words := strings.Fields(strings.ToUpper(line)); len(words) > 0 {
			c.caps[words[0]] = words[1:]
		}
	}
	return nil
}

// ask sends a command and reads the first line of its reply, without +OK.
func (c *Client) ask(command string) (string, error) {
	verb, _, _ := strings.Cut(command, " ")
	if err := c.send(command, command); err != nil {
		return "", err
	}
	return c.reply(verb)
}

// send writes one line; shown is what the transcript gets.
func (c *Client) send(line, shown string) error {
	if err := c.finish(); err != nil {
		return err
	}
	if strings.ContainsAny(line, "\r\n\x00") {
		return errors.New("a command cannot hold a line end")
	}
	c.say("C: " + shown)
	_, err := c.wire.Write([]byte(line + "\r\n"))
	return err
}

// finish reads what is left of a multi-line reply.
func (c *Client) finish() error {
	if c.body == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, c.body)
	c.body = nil
	return err
}

// reply reads a status line.
func (c *Client) reply(command string) (string, error) {
	line, err := readLine(c.in)
	if err != nil {
		return "", fmt.Errorf("waiting for the answer to %s: %w", command, err)
	}
	c.say("S: " + line)
	return parseStatus(command, line)
}

func (c *Client) say(line string) {
	if c.box.Transcript != nil {
		c.box.Transcript(strings.ToValidUTF8(line, "?"))
	}
}

// parseStatus takes a status line apart. Some servers write the indicator in
// lower case.
func parseStatus(command, line string) (string, error) {
	word, text, _ := strings.Cut(line, " ")
	switch strings.ToUpper(word) {
	case "+OK":
		return text, nil
	case "-ERR":
		e := &Error{Command: command, Text: text}
		if rest, ok := strings.CutPrefix(text, "["); ok {
			if code, _, closed := strings.Cut(rest, "]"); closed {
				e.Code = strings.ToUpper(code)
			}
		}
		return "", e
	}
	return "", fmt.Errorf("%s: this is no POP3 server's answer: %.100q", command, line)
}

// readLine reads one line without its end, CRLF or LF.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("a line of the server is longer than %d octets", maxLine)
	case errors.Is(err, io.EOF):
		return "", fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// multi sends a command whose reply has many lines, and returns these.
func (c *Client) multi(command string) (io.Reader, error) {
	if _, err := c.ask(command); err != nil {
		return nil, err
	}
	c.body = &dotReader{in: c.in, start: true}
	return c.body, nil
}

// lines collects the lines of a multi-line reply, at most limit.
func (c *Client) lines(command string, limit int) ([]string, error) {
	body, err := c.multi(command)
	if err != nil {
		return nil, err
	}
	var all []string
	in := bufio.NewReaderSize(body, maxLine)
	for {
		line, err := readLine(in)
		if errors.Is(err, io.ErrUnexpectedEOF) && c.body.done {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the answer to %s: %w", command, err)
		}
		if len(all) == limit {
			return nil, fmt.Errorf("the answer to %s has more than %d lines", command, limit)
		}
		all = append(all, line)
	}
}

// Top returns the header of message n and the first lines of its body. It must
// be read before the next command.
func (c *Client) Top(n, lines int) (io.Reader, error) {
	return c.multi(fmt.Sprintf("TOP %d %d", n, lines))
}

// Retrieve returns message n, octet for octet as the server has it. It must be
// read before the next command; an end before the true one is
// io.ErrUnexpectedEOF.
func (c *Client) Retrieve(n int) (io.Reader, error) {
	return c.multi(fmt.Sprintf("RETR %d", n))
}

// Delete marks message n. It is deleted by Quit.
func (c *Client) Delete(n int) error {
	_, err := c.ask(fmt.Sprintf("DELE %d", n))
	return err
}

// Quit ends the session. Only if it returns nil are the marked messages
// deleted: a server that could not delete them all says -ERR (RFC 1939 s6).
func (c *Client) Quit() error {
	defer c.Close()
	_, err := c.ask("QUIT")
	return err
}

// Close ends the connection without QUIT: nothing is deleted.
func (c *Client) Close() {
	if tc, ok := c.wire.(*tls.Conn); ok {
		_ = tc.Close() // close_notify, RFC 8314
	}
	_ = c.conn.Close()
}
