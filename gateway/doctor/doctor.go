// Package doctor looks at an installation from the outside, step by step, and says what to do about what it finds: configuration, data directory, room, lock, rights, listeners,
// names (RFC 1035), the mail server that faxes are handed to (RFC 5321, RFC 4954), the mailboxes (RFC 1939, RFC 9051) and the watched folders. It changes nothing, and works whether or not a gateway runs.
package doctor

import (
	"context"
	"fmt"
	"net"
	"time"

	"faxgate/gateway/config"
	"faxgate/mailio"
)

// State is how a check ended.
type State string

// The states of a check.
const (
	OK   State = "ok"
	Warn State = "warn" // it works, but not as well as it could
	Fail State = "fail" // it does not work
)

// Check is what was found at one step.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Words string `json:"words"`
	Do    string `json:"do,omitempty"` // what to do about it
}

// Options say what is looked at. The functions are those that the gateway itself uses.
type Options struct {
	File      string // the configuration file; empty: none, all defaults
	Config    config.Config
	ConfigErr error // why the configuration could not be read
	// Relay tries to log in at a mail server as sending does.
	Relay func(context.Context, config.Relay) (mailio.Reply, error)
	// Mailbox tries to log in at a mailbox as fetching does, and says what it saw there.
	Mailbox func(context.Context, config.Mailbox) (string, error)
	// Render gets the PDF renderer ready.
	Render func(context.Context) error
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Timeout bounds each step; 0: 20 s.
	Timeout time.Duration
}

// examination is one run of the doctor.
type examination struct {
	Options
	ctx     context.Context //nolint:containedctx // it lives for one call of Run
	report  func(Check)
	failed  bool
	running bool // a gateway has the data directory
}

// Run makes every check in turn, reports each as soon as it is known, and tells whether none has failed.
func Run(ctx context.Context, o Options, report func(Check)) bool {
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &examination{Options: o, ctx: ctx, report: report}
	e.configuration()
	if o.ConfigErr != nil {
		return false // the rest would look at defaults that nobody wants
	}
	e.addresses()
	e.dataDirectory()
	e.room()
	e.lock()
	e.listeners()
	e.certificate()
	e.renderer()
	e.relay()
	e.direct()
	for _, m := range o.Config.Mailbox {
		e.mailbox(m)
	}
	for _, f := range o.Config.Folder {
		e.folder(f)
	}
	return !e.failed
}

func (e *examination) say(name string, s State, do, format string, args ...any) {
	e.failed = e.failed || s == Fail
	e.report(Check{Name: name, State: s, Words: fmt.Sprintf(format, args...), Do: do})
}

func (e *examination) ok(name, format string, args ...any) { e.say(name, OK, "", format, args...) }

func (e *examination) configuration() {
	switch {
	case e.ConfigErr != nil:
		e.say("configuration", Fail, "correct the file; `faxgate config default` shows every key", "%v", e.ConfigErr)
	case e.File == "":
		e.ok("configuration", "no file: the defaults, everything on loopback")
	default:
		e.ok("configuration", "%s is good", e.File)
	}
}

func (e *examination) addresses() {
	f := e.Config.Fax
	if len(f.Addresses) == 0 {
		e.say("addresses", Warn, "set fax.addresses to the address that faxes come to and go out from", "no fax address of your own: only fax@localhost is served")
	} else {
		e.ok("addresses", "faxes go out from %s", e.Config.Account())
	}
	if f.Administrator == "" {
		e.say("administrator", Warn, "set fax.administrator to a person's address", "nobody is told when a fax fails")
	} else {
		e.ok("administrator", "%s is told when a fax fails", f.Administrator)
	}
}

func (e *examination) relay() {
	r := e.Config.Relay
	if r.Host == "" {
		e.say("relay", Warn, "set relay.host to your mail server, unless all faxes go to [[direct]] hosts or IP addresses", "no mail server to hand faxes to")
		return
	}
	e.server("relay", r)
}

func (e *examination) direct() {
	for _, d := range e.Config.Direct {
		e.server("direct "+d.To, config.Relay{Host: d.Host, Port: d.Port, TLS: d.TLS, Timeout: e.Config.Relay.Timeout})
	}
}

// server resolves a mail server's name and logs in there.
func (e *examination) server(name string, r config.Relay) {
	if !e.resolves(name+" name", r.Host) {
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.Timeout)
	defer cancel()
	reply, err := e.Relay(ctx, r)
	switch {
	case err != nil:
		e.say(name, Fail, "check host, port, tls, user and password_file, and that no firewall is in the way", "%v", err)
	case reply.TLS == "" && r.TLS != "off":
		e.say(name, Warn, "ask the server's administrator for STARTTLS, or set tls = \"off\" to say that this is meant", "%s answers, but in plain text only: %s", reply.Hop, reply.Note)
	case r.User == "":
		e.ok(name, "%s answers (%s), no log-in set", reply.Hop, encryption(reply.TLS))
	default:
		e.ok(name, "logged in at %s as %s (%s)", reply.Hop, r.User, encryption(reply.TLS))
	}
}

func encryption(tls string) string {
	if tls == "" {
		return "plain text"
	}
	return tls
}

// resolves tells whether a host has an address.
func (e *examination) resolves(name, host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.Timeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		e.say(name, Fail, "check the spelling of the host and this machine's DNS servers", "%v", err)
		return false
	}
	e.ok(name, "%s is %s", host, found[0])
	return true
}

func (e *examination) mailbox(m config.Mailbox) {
	name := "mailbox " + m.Name
	if !e.resolves(name+" name", m.Host) {
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.Timeout)
	defer cancel()
	saw, err := e.Mailbox(ctx, m)
	if err != nil {
		e.say(name, Fail, "check host, port, tls, user and password_file of this [[mailbox]]", "%s:%d: %v", m.Host, m.Port, err)
		return
	}
	e.ok(name, "%s:%d: %s", m.Host, m.Port, saw)
}

func (e *examination) renderer() {
	ctx, cancel := context.WithTimeout(e.ctx, max(e.Timeout, 2*time.Minute)) // the one-time compilation is in it
	defer cancel()
	if err := e.Render(ctx); err != nil {
		e.say("pdf renderer", Fail, "PDF documents cannot be sent until this works; TIFF, PNG, JPEG and text can", "%v", err)
		return
	}
	e.ok("pdf renderer", "ready")
}
