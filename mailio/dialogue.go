package mailio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// A dialogue is one conversation with one server about one message.
type dialogue struct {
	client   *Client
	hop      hop
	env      Envelope
	auth     Auth
	tls      TLS
	timeouts Timeouts

	// Of the present connection:
	wire     *wire
	smtp     *smtp.Client
	stop     func() bool // ends the context's power over the connection
	stage    Stage
	greeting reply
	session  string // TLS in words
	verified bool   // and the server is who it should be

	note  string // why there is no TLS, or no verified one
	plain bool   // TLS was tried and broke
}

// run is the whole of it, from top to bottom.
func (d *dialogue) run(ctx context.Context, msg io.Reader, atDot func() error) (Reply, error) {
	defer d.cut()
	if err := d.open(ctx); err != nil {
		return Reply{}, err
	}
	if err := d.envelope(ctx); err != nil {
		if _, refused := errors.AsType[*ReplyError](err); refused {
			d.quit()
		}
		return Reply{}, err
	}
	rep, err := d.transfer(ctx, msg, atDot)
	if err != nil {
		return Reply{}, err
	}
	d.quit()
	return rep, nil
}

// open connects, encrypts and logs in. Each mechanism after a refused one gets
// a connection of its own: many servers hang up after a refusal.
func (d *dialogue) open(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	if d.auth.User == "" {
		return nil
	}
	_, offered := d.smtp.Extension("AUTH")
	mechs, err := d.auth.Choose(strings.Fields(offered), d.verified)
	if err != nil {
		d.stage = StageAUTH
		return d.fail(ctx, err)
	}
	for i, mech := range mechs {
		if i > 0 {
			if err := d.begin(ctx); err != nil {
				return err
			}
		}
		if err = d.login(ctx, mech); err == nil {
			return nil
		}
		var refused *ReplyError
		if !errors.As(err, &refused) || !refused.Permanent() {
			return err
		}
	}
	return err
}

func (d *dialogue) login(ctx context.Context, mech string) error {
	d.stage = StageAUTH
	client, err := d.auth.Client(mech)
	if err != nil {
		return d.fail(ctx, err)
	}
	d.wire.hide(d.auth)
	return d.result(ctx, d.smtp.Auth(client))
}

// begin opens a new connection and brings it to the state after the EHLO that
// counts: the one within TLS, if there is to be TLS.
func (d *dialogue) begin(ctx context.Context) error {
	d.cut()
	d.stage = StageConnect
	conn, err := d.dial(ctx)
	if err != nil {
		return d.fail(ctx, err)
	}
	d.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	d.attach(conn)
	if d.tls.Mode == TLSImplicit {
		if err := d.encrypt(ctx, conn); err != nil {
			return d.fail(ctx, err)
		}
	}
	if err := d.hello(ctx); err != nil {
		return err
	}
	if d.tls.Mode == TLSRequired || d.tls.Mode == TLSOpportunistic && !d.plain {
		return d.startTLS(ctx, conn)
	}
	return nil
}

func (d *dialogue) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeouts.Connect)
	defer cancel()
	up := d.client.Interfaces
	if up == nil {
		up = upInterfaces
	}
	hosts, err := d.hop.dialHosts(d.client.Interface, up)
	if err != nil {
		return nil, err
	}
	dial := d.client.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	var errs []error
	for _, h := range hosts {
		conn, err := dial(ctx, "tcp", net.JoinHostPort(h, strconv.Itoa(d.hop.port)))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("no connection: %w", errors.Join(errs...))
}

// attach starts a new SMTP client on conn.
func (d *dialogue) attach(conn net.Conn) {
	d.wire = newWire(conn, d.timeouts.Command, d.timeouts.Block, d.tell)
	d.wire.expect(d.timeouts.Command)
	d.smtp = smtp.NewClient(d.wire)
}

func (d *dialogue) tell(line string) {
	if d.client.Transcript != nil {
		d.client.Transcript(d.hop.String(), line)
	}
}

// encrypt puts TLS between conn and a new SMTP client.
func (d *dialogue) encrypt(ctx context.Context, conn net.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeouts.Connect)
	defer cancel()
	tc, unverified, err := d.tls.Handshake(ctx, conn, d.hop.host)
	if err != nil {
		d.tell("-- TLS: " + err.Error())
		return err
	}
	d.session, d.verified = TLSName(tc.ConnectionState()), unverified == nil
	if unverified != nil {
		d.note = "encrypted, but the server is not verified: " + unverified.Error()
	}
	d.tell("-- " + d.session)
	d.attach(tc)
	return nil
}

func (d *dialogue) hello(ctx context.Context) error {
	name := d.client.Helo
	if name == "" {
		name = addressLiteral(d.wire.LocalAddr())
	}
	err := d.smtp.Hello(name)
	if d.wire.verb == "" {
		d.greeting = d.wire.last
	} else {
		d.stage = StageEHLO
	}
	return d.result(ctx, err)
}

// startTLS is RFC 3207, with what the policy says to do without it.
func (d *dialogue) startTLS(ctx context.Context, conn net.Conn) error {
	d.stage = StageSTARTTLS
	required := d.tls.Mode == TLSRequired
	if ok, _ := d.smtp.Extension("STARTTLS"); !ok {
		if required {
			return d.fail(ctx, errors.New("the server offers no STARTTLS, which is required here: nothing was sent"))
		}
		d.note = "in plain text: the server offers no STARTTLS"
		return nil
	}
	rep, err := d.wire.ask("STARTTLS")
	switch {
	case err != nil:
		return d.fail(ctx, err)
	case rep.code != 220 && required:
		return d.refusal()
	case rep.code != 220:
		d.note = "in plain text: the server refused STARTTLS: " + rep.text()
		return nil
	case d.wire.in.Buffered() > 0:
		// RFC 3207 s6: what came in plain text must not be taken for the
		// server's word within TLS.
		return d.fail(ctx, errors.New("somebody put plain text behind the answer to STARTTLS: the connection is not trusted"))
	}
	if err := d.encrypt(ctx, conn); err != nil {
		if required || ctx.Err() != nil {
			return d.fail(ctx, err)
		}
		d.plain, d.note = true, "in plain text: "+err.Error()
		return d.begin(ctx)
	}
	d.wire.replay(reply{code: 220, lines: []string{"TLS"}})
	d.stage = StageEHLO
	return d.hello(ctx)
}

// result turns an error of go-smtp's into ours, with the reply verbatim. A
// reply that go-smtp takes for an error but which says yes is none.
func (d *dialogue) result(ctx context.Context, err error) error {
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && d.wire.last.code/100 == 2 && d.stage == StageMAIL:
		return nil
	case errors.As(err, &refused) && d.wire.last.code >= 400, errors.Is(err, errOutOfTurn):
		return d.refusal()
	}
	return d.fail(ctx, err)
}

// refusal is the last reply as an error.
func (d *dialogue) refusal() error {
	last := d.wire.last
	return &ReplyError{Stage: d.stage, Code: last.code, Enhanced: last.enhanced(), Text: last.text(), Hop: d.hop.String()}
}

// fail wraps what went wrong on our side of the server's words. When the
// context has ended, that is the cause: the connection was closed for it.
func (d *dialogue) fail(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &StageError{Stage: d.stage, Hop: d.hop.String(), Err: err}
}

// reply is the last reply as the caller sees it.
func (d *dialogue) reply() Reply {
	last := d.wire.last
	dsn, _ := d.smtp.Extension("DSN")
	size, _ := d.maxSize()
	return Reply{
		Hop: d.hop.String(), Code: last.code, Enhanced: last.enhanced(), Text: last.text(),
		TLS: d.session, Note: d.note, DSN: dsn, MaxSize: size,
	}
}

// quit leaves politely; nobody waits long for it.
func (d *dialogue) quit() {
	d.wire.expect(2 * time.Second)
	_ = d.smtp.Quit() // the result is known already
}

// cut ends the present connection, if there is one, without a word.
func (d *dialogue) cut() {
	if d.stop != nil {
		d.stop()
		_ = d.smtp.Close()
	}
	d.stop, d.session, d.verified = nil, "", false
}
