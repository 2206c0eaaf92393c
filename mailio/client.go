package mailio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// Timeouts are the ends of a client's patience. RFC 5321 s4.5.3.2 has the
// defaults except for the first, which is the machines' (settings.md J15).
type Timeouts struct {
	Connect time.Duration // for TCP, and for TLS; default 60 s
	Command time.Duration // for the greeting and each reply; default 5 min
	Block   time.Duration // for one write of the message, up to 32 KiB; default 3 min
	Dot     time.Duration // for the reply to the whole message; default 10 min
	// Grace is how long the reply to the dot is still waited for when the
	// context has ended. Default: as long as Dot.
	Grace time.Duration
}

func (t Timeouts) orDefault() Timeouts {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&t.Connect, time.Minute)
	set(&t.Command, 5*time.Minute)
	set(&t.Block, 3*time.Minute)
	set(&t.Dot, 10*time.Minute)
	set(&t.Grace, t.Dot)
	return t
}

// A Client hands messages to an SMTP server, each over a connection of its own.
// It implements [Sender]; any number of Sends may run at once. The fields must
// not change after the first.
type Client struct {
	Host string // name or IP address, which may carry a port or a zone; may be empty if every Envelope has its Hop
	Port int    // 0: 25, or 465 with implicit TLS

	TLS TLS
	// Auth is used only with the server that Host and Port name, never with
	// another one that Envelope.Hop names.
	Auth Auth
	Helo string // a fully qualified name; empty: the address literal of our end

	Timeouts  Timeouts
	Interface string // for link-local addresses without a zone; empty: each that is up

	// Dial opens TCP connections; nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Interfaces names those that are up; nil: the machine's own.
	Interfaces func() ([]string, error)
	// Transcript, if not nil, is told each line of a dialogue, "C: " or "S: "
	// first; not the message, no password.
	Transcript func(hop, line string)

	mu     sync.Mutex
	status Status
}

var _ Sender = (*Client)(nil)

// Send implements [Sender]. Before it connects it refuses, as a *StageError,
// an envelope that cannot be put into commands.
func (c *Client) Send(ctx context.Context, env Envelope, msg io.Reader, atDot func() error) (Reply, error) {
	d, err := c.dialogue(env)
	if err != nil {
		return Reply{}, err
	}
	if env.To == "" {
		return Reply{}, &StageError{Stage: StageRCPT, Hop: d.hop.String(), Err: errors.New("no recipient given")}
	}
	c.setStatus(InProgress, nil)
	rep, err := d.run(ctx, msg, atDot)
	if err == nil || serves(err) {
		c.setStatus(Operating, nil)
		return rep, err
	}
	c.setStatus(Unable, err)
	return rep, err
}

// serves tells whether err is from a server that works, but does not want this
// message.
func serves(err error) bool {
	var refused *ReplyError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Stage {
	case StageSize, StageMAIL, StageRCPT, StageDATA, StageDot:
		return true
	}
	return false
}

// Check connects, negotiates TLS and logs in as Send would, and leaves again:
// what the doctor's "can I send?" does. The Reply is that to EHLO or AUTH.
func (c *Client) Check(ctx context.Context) (Reply, error) {
	d, err := c.dialogue(Envelope{})
	if err != nil {
		return Reply{}, err
	}
	defer d.cut()
	if err := d.open(ctx); err != nil {
		c.setStatus(Unable, err)
		return Reply{}, err
	}
	rep := d.reply()
	d.quit()
	c.setStatus(Operating, nil)
	return rep, nil
}

// Status is how the last Send or Check went.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status.State == "" {
		return Status{State: NotConnected}
	}
	return c.status
}

func (c *Client) setStatus(s State, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = Status{State: s, At: time.Now().UTC()}
	if err != nil {
		c.status.Words = err.Error()
	}
}

// dialogue prepares one transfer.
func (c *Client) dialogue(env Envelope) (*dialogue, error) {
	own, ownErr := c.server(c.Host)
	target, err := own, ownErr
	if env.Hop != "" {
		target, err = c.server(env.Hop)
	}
	if err == nil {
		err = checkEnvelope(env)
	}
	if err != nil {
		return nil, &StageError{Stage: StageConnect, Hop: env.Hop + c.Host, Err: err}
	}
	d := &dialogue{client: c, hop: target, env: env, timeouts: c.Timeouts.orDefault(), tls: c.TLS}
	if ownErr == nil && strings.EqualFold(own.String(), target.String()) {
		d.auth = c.Auth
	}
	return d, nil
}

func (c *Client) server(s string) (hop, error) {
	port := c.Port
	if port == 0 {
		port = 25
		if c.TLS.Mode == TLSImplicit {
			port = 465
		}
	}
	return parseHop(s, port)
}

// checkEnvelope refuses what would break out of a command line.
func checkEnvelope(env Envelope) error {
	for _, a := range []string{env.From, env.To} {
		if err := checkPath(a); err != nil {
			return err
		}
	}
	if len(env.EnvID) > 100 || !printable(env.EnvID) {
		return fmt.Errorf("envelope id %q: not 1 to 100 printable ASCII characters (RFC 3461 s4.4)", env.EnvID)
	}
	if len(env.ORcpt) > 500 || !printable(env.ORcpt) {
		return fmt.Errorf("original recipient %q: not up to 500 printable ASCII characters (RFC 3461 s4.2)", env.ORcpt)
	}
	switch env.Ret {
	case "", "FULL", "HDRS":
	default:
		return fmt.Errorf("RET %q: must be FULL or HDRS", env.Ret)
	}
	return nil
}

// checkPath takes what can stand between the angle brackets of MAIL and RCPT.
func checkPath(addr string) error {
	if !printable(addr) {
		return fmt.Errorf("address %q: only ASCII characters can be sent", addr)
	}
	quoted := false
	for i := 0; i < len(addr); i++ {
		switch c := addr[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(" <>", c) >= 0:
			return fmt.Errorf("address %q: %q must be quoted", addr, c)
		}
	}
	if quoted {
		return fmt.Errorf("address %q: the quotation does not end", addr)
	}
	return nil
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
