package smtpd

import (
	"errors"
	"io"
	"slices"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"faxgate/mailio"
)

// A transaction is a message's envelope in the making (RFC 5321 s3.3).
type transaction struct {
	open  bool
	mail  arguments
	rcpts []mailio.Rcpt
	next  *delivery // begun by DATA or the first BDAT, for go-smtp to call Data
	begun bool
}

// A delivery is one message on its way to the Handler.
type delivery struct {
	env mailio.Envelope
	dot bool // by DATA: the message is read here; by BDAT: go-smtp reads it
}

// A session is a conn as go-smtp calls it.
type session struct{ c *conn }

var _ smtp.AuthSession = (*session)(nil)

func newSession(sc *smtp.Conn) (smtp.Session, error) {
	c, ok := sc.Conn().(*conn)
	if !ok {
		return nil, errors.New("not a connection of this listener")
	}
	return &session{c}, nil
}

// Reset ends a transaction: RSET, EHLO, the end of a message.
func (s *session) Reset() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.tx = transaction{}
}

// Logout has nothing to free.
func (s *session) Logout() error { return nil }

// Mail begins a transaction. One that was open already is given up, with its
// recipients.
func (s *session) Mail(string, *smtp.MailOptions) error {
	c, srv := s.c, s.c.run.server
	switch {
	case c.command.err != nil:
		return c.command.err
	case srv.RequireAuth && c.session.AuthUser == "":
		return reply(530, "5.7.0", "log in first")
	case c.command.size > c.run.limits.size:
		return reply(552, "5.3.4", errTooBig.Error())
	}
	if srv.Busy != nil {
		if err := srv.Busy(); err != nil {
			return s.busy(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tx = transaction{open: true, mail: c.command}
	return nil
}

func (s *session) busy(err error) error {
	s.c.run.log.Warn("smtp: no mail taken", "session", s.c.session.ID, "why", err)
	if _, worded := errors.AsType[*mailio.Refusal](err); worded {
		return refusal(err)
	}
	return reply(452, "4.3.1", err.Error())
}

// Rcpt asks the Handler about one recipient.
func (s *session) Rcpt(string, *smtp.RcptOptions) error {
	c := s.c
	if c.command.err != nil {
		return c.command.err
	}
	c.mu.Lock()
	tx := c.tx
	c.mu.Unlock()
	switch {
	case !tx.open:
		return reply(503, "5.5.1", "MAIL first")
	case len(tx.rcpts) >= c.run.limits.recipients:
		return reply(452, "4.5.3", "too many recipients, send the rest in another message")
	}
	rcpt := mailio.Rcpt{Address: c.command.path, Notify: c.command.notify, ORcpt: c.command.orcpt}
	if err := c.run.server.Handler.Recipient(c.run.ctx, c.session, rcpt.Address); err != nil {
		return c.refuse("recipient", err)
	}
	if slices.ContainsFunc(tx.rcpts, func(r mailio.Rcpt) bool { return r.Address == rcpt.Address }) {
		return nil // given twice, delivered once
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tx.rcpts = append(c.tx.rcpts, rcpt)
	return nil
}

// refuse answers a Handler's error, and logs what the answer keeps back.
func (c *conn) refuse(what string, err error) error {
	c.run.log.Info("smtp: "+what+" refused", "session", c.session.ID, "remote", c.session.Remote.String(), "why", err)
	return refusal(err)
}

// begin prepares the delivery that go-smtp will ask for. It is false if there
// is no recipient.
func (c *conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := &c.tx
	if len(tx.rcpts) == 0 {
		return false
	}
	if tx.begun {
		return true // a further chunk
	}
	tx.begun = true
	first := tx.rcpts[0]
	tx.next = &delivery{dot: c.verb == "DATA", env: mailio.Envelope{
		From: tx.mail.path, To: first.Address, Size: tx.mail.size,
		EnvID: tx.mail.envID, Ret: tx.mail.ret, Notify: first.Notify, ORcpt: first.ORcpt,
		Rcpts: slices.Clone(tx.rcpts), Session: c.session, Source: "smtp",
	}}
	return true
}

// Data takes the message. By BDAT go-smtp calls it in a goroutine of its own,
// which may outlive the transaction: then there is no delivery any more.
func (s *session) Data(r io.Reader) error {
	c := s.c
	c.mu.Lock()
	d := c.tx.next
	c.tx.next = nil
	c.mu.Unlock()
	if d == nil || !c.run.enter() {
		return reply(451, "4.3.0", "the transaction is over")
	}
	defer c.run.working.Done()
	if !d.dot {
		_, err := c.deliver(d.env, r)
		return err
	}
	lost, err := c.deliver(d.env, &dotReader{in: c.in})
	if lost != nil {
		c.broken = io.EOF
		return err
	}
	c.out = []byte(".\r\n") // all that go-smtp sees of the message
	return err
}

// deliver gives a message to the Handler and sees to it that all of it is read,
// so that the answer comes where the client expects it. lost says why that
// cannot be.
func (c *conn) deliver(env mailio.Envelope, body io.Reader) (lost, answer error) {
	msg := &sizeReader{r: body, left: c.run.limits.size}
	err := c.run.server.Handler.Message(c.run.ctx, env, msg)
	lost = c.readOut(msg)
	switch {
	case msg.over:
		return lost, c.refuse("message", &mailio.Refusal{Code: 552, Enhanced: "5.3.4", Text: errTooBig.Error()})
	case lost != nil:
		c.run.log.Info("smtp: message broken off", "session", c.session.ID, "from", env.From, "why", lost)
		return lost, reply(451, "4.4.2", "the message broke off")
	case err != nil:
		return nil, c.refuse("message", err)
	}
	return nil, nil
}

// readOut reads what the Handler left of a message. A client that goes on far
// beyond the size is lost.
func (c *conn) readOut(msg *sizeReader) error {
	_, err := io.Copy(io.Discard, msg)
	if !errors.Is(err, errTooBig) {
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(msg.r, c.run.limits.size+1))
	if err == nil && n > c.run.limits.size {
		return errTooBig
	}
	return err
}

// AuthMechanisms are those that this connection may use.
func (s *session) AuthMechanisms() []string {
	var m []string
	if s.c.run.server.Secret != nil {
		m = append(m, "CRAM-MD5")
	}
	if s.c.run.server.Auth != nil && (s.c.session.TLS != "" || s.c.run.server.PlaintextAuth) {
		m = append(m, "PLAIN", "LOGIN")
	}
	return m
}

// Auth begins a log-in.
func (s *session) Auth(mech string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mech) {
		if s.c.session.TLS == "" && (mech == "PLAIN" || mech == "LOGIN") && s.c.run.server.Auth != nil {
			return nil, reply(538, "5.7.11", "not without TLS")
		}
		return nil, reply(504, "5.5.4", "mechanism not known here")
	}
	return s.c.loginServer(mech)
}
