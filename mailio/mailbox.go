package mailio

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// A Keep says which messages stay in a mailbox after they were taken
// (settings.md R8).
type Keep string

// What stays on the server.
const (
	KeepOff    Keep = "off"    // nothing: what is durably kept here is deleted there
	KeepAll    Keep = "all"    // everything
	KeepErrors Keep = "errors" // what could not be used; see Judge
)

// A Mailbox is an account that messages are fetched from: what the fetchers of
// pop3 and imap have in common. Nil functions are not called.
type Mailbox struct {
	Name string // of the account: Item.Account
	Host string
	Port int // 0: the port of the protocol and the TLS mode
	TLS  TLS
	Auth Auth

	Interval time.Duration // between two looks, 0: 15 minutes (settings.md R6)
	Timeout  time.Duration // for each read, write and the dialling, 0: 30 s (settings.md D28)
	Backoff  time.Duration // before the second try, doubled each time, 0: 1 minute
	MaxSize  int64         // octets; what is larger stays on the server, 0: any size
	Keep     Keep          // empty: off

	Handler Handler
	Ledger  Ledger       // nil: nothing is known
	Busy    func() error // an error, such as a full disk, stops fetching

	Alarm      func(Item, error)                               // a person must look: once per item
	Journal    func(Item, string)                              // what else happens to an item
	Changed    func(Status)                                    // at each change
	Transcript func(line string)                               // the dialogue without passwords and messages
	Now        func() time.Time                                // nil: time.Now
	Dialer     func(context.Context, string) (net.Conn, error) // nil: TCP to host:port
}

// A Judge is a Ledger that also tells what became of an item. With KeepErrors a
// message that was taken is judged at a later look, since its pages are decoded
// after it was taken: it is deleted once it is settled and has not failed.
// Without a Judge, KeepErrors deletes nothing.
type Judge interface {
	Outcome(ctx context.Context, item Item) (settled, failed bool, err error)
}

// WithDefaults fills in what was left out; port and tlsPort are the protocol's.
func (m Mailbox) WithDefaults(port, tlsPort int) Mailbox {
	orDuration(&m.Interval, 15*time.Minute)
	orDuration(&m.Timeout, 30*time.Second)
	orDuration(&m.Backoff, time.Minute)
	if m.Port == 0 {
		m.Port = port
		if m.TLS.Mode == TLSImplicit {
			m.Port = tlsPort
		}
	}
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.Dialer == nil {
		m.Dialer = func(ctx context.Context, addr string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		}
	}
	return m
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
}

// Addr is host:port.
func (m Mailbox) Addr() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// Dial connects, in plain text. The connection is closed when ctx ends.
func (m Mailbox) Dial(ctx context.Context) (*Conn, error) {
	limited, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	conn, err := m.Dialer(limited, m.Addr())
	if err != nil {
		return nil, err
	}
	return NewConn(ctx, conn, m.Timeout), nil
}

// journal and alarm tell what happens to an item.
func (m Mailbox) journal(item Item, words string) {
	if m.Journal != nil {
		m.Journal(item, words)
	}
}

func (m Mailbox) alarm(item Item, err error) {
	m.journal(item, err.Error())
	if m.Alarm != nil {
		m.Alarm(item, err)
	}
}

// Logged says in words what a log-in to a mailbox has shown.
func Logged(user string, messages int, tls, note string) string {
	words := fmt.Sprintf("logged in as %s, %d messages, ", user, messages)
	if tls == "" {
		words += "in plain text"
	} else {
		words += tls
	}
	if note != "" {
		words += " (" + note + ")"
	}
	return words
}
