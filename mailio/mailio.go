// Package mailio carries whole messages between faxgate and mail servers: the
// SMTP client (RFC 5321, 3207, 4954, 1870, 3461) and the types that its rooms
// smtpd, pop3 and imap share. It knows no fax: a message is a stream of bytes
// with an [Envelope].
//
// Two contracts hold the promises of the whole program:
//
//   - a [Sender] tells exactly how far a message got. A [*ReplyError] is the
//     server's own word, a [*UncertainError] means that the final dot went out
//     and no reply came back, and every other error means that the message was
//     certainly not accepted;
//   - a [Handler] returns nil only once a message is durably kept. Only then is
//     250 answered, DELE sent or a mail expunged.
package mailio

import (
	"context"
	"io"
	"net"
	"time"
)

// A Sender hands one message to one recipient's next hop.
type Sender interface {
	// Send transmits msg to env.To. msg is read only after the server asked for
	// it (354). atDot, if not nil, runs once, after the last byte of the body
	// and before the final dot; if it or msg fails, the connection is cut and
	// the dot is never sent.
	//
	// A nil error means that the next hop accepted the message. *ReplyError: a
	// 4yz or 5yz reply. *UncertainError: the dot went out, or may have, and no
	// reply was read. Any other error: certainly not accepted.
	Send(ctx context.Context, env Envelope, msg io.Reader, atDot func() error) (Reply, error)
}

// A Handler takes the messages that come in, by SMTP or from a mailbox.
type Handler interface {
	// Recipient says whether mail for the addr-spec rcpt is taken. It is asked
	// by SMTP only, once per RCPT. A *Refusal is answered as it stands, any
	// other error as 451.
	Recipient(ctx context.Context, s Session, rcpt string) error

	// Message takes one message. It returns nil once the message is durably
	// kept; whoever called may then answer 250, or delete it from the mailbox.
	// A *Refusal is answered as it stands by SMTP and means "left there" for a
	// mailbox; any other error means "try again later" (451).
	//
	// A failed read of msg means that the rest never came: nothing of it may be
	// kept as a message. io.EOF is returned only at the true end.
	Message(ctx context.Context, env Envelope, msg io.Reader) error
}

// An Envelope is what travels with a message without being in it. Addresses are
// addr-specs without angle brackets; the null reverse-path is "".
type Envelope struct {
	From string // reverse-path (MAIL FROM)
	To   string // the recipient; receiving: Rcpts[0].Address
	Size int64  // octets in wire form; 0 is unknown

	// Delivery status notifications, RFC 3461, decoded. They are sent only to a
	// server that offers DSN; Reply.DSN tells.
	EnvID  string // any printable ASCII, 1 to 100 characters
	Ret    string // "FULL", "HDRS" or ""
	Notify string // "NEVER", or SUCCESS, FAILURE, DELAY joined by commas
	ORcpt  string // original recipient, "type;address" or an addr-spec (taken as rfc822)

	Hop string // sending: host[:port] to use instead of the client's own

	// What follows is set by those who receive.

	Rcpts   []Rcpt  // all accepted recipients, in order, at least one by SMTP
	Session Session // who handed the message over
	Source  string  // "smtp", "pop3:account" or "imap:account"
	Mailbox *Item   // the mailbox item, nil by SMTP
	MDNSent bool    // by IMAP: another program has answered it already ($MDNSent, RFC 3503)
}

// A Rcpt is one accepted recipient with its RFC 3461 parameters, decoded.
type Rcpt struct {
	Address string
	Notify  string // as Envelope.Notify
	ORcpt   string // "type;address" with the address decoded
}

// An Item names one message in a mailbox: Validity and UID mean something only
// within their account.
type Item struct {
	Account  string
	Validity string // IMAP UIDVALIDITY; empty for POP3
	UID      string // IMAP UID or POP3 UIDL
}

// A Session is one connection of a client to one of our listeners.
type Session struct {
	ID       string // unique within the process, for the journal
	Remote   net.Addr
	Local    net.Addr
	Helo     string // as the client named itself, not verified
	TLS      string // "TLS 1.3 TLS_AES_128_GCM_SHA256"; empty in plain text
	AuthUser string // empty: not authenticated
}

// A Reply is a server's answer to a message that it accepted.
type Reply struct {
	Hop      string // host:port that answered
	Code     int
	Enhanced string // "2.0.0", empty if the server gives none (RFC 2034)
	Text     string // the text after the code, verbatim; lines joined by "\n"
	TLS      string // as Session.TLS; empty: it went in plain text
	Note     string // opportunistic TLS: why it went in plain text, or to a server that is not verified
	DSN      bool   // the hop offers DSN: the parameters were passed on
	MaxSize  int64  // the SIZE that the hop announced; 0: none
}

// A Ledger remembers mailbox items across restarts.
type Ledger interface {
	// Known tells whether the item was already handed to a Handler that kept
	// it: then it is only deleted.
	Known(ctx context.Context, item Item) (bool, error)
	// Deleted notes that the server no longer has the item.
	Deleted(ctx context.Context, item Item) error
}

// A State is what an office machine would show for a connection (settings.md
// X10).
type State string

// The five states of a connection.
const (
	Stop         State = "stop"          // not switched on
	NotConnected State = "not connected" // before the first transfer
	InProgress   State = "in progress"
	Operating    State = "operating"         // the last one completed
	Unable       State = "unable to connect" // the last one failed; Words says why
)

// A Status is the state of an account or a next hop.
type Status struct {
	State State
	At    time.Time // when this state began
	Words string    // the last error, in words
}
