package spool

import (
	"encoding/json"
	"time"
)

type (
	// ID names a row: a UUIDv7 as text, so that ids sort by the time of their making.
	ID string
	// Kind says what work a task is ("fax", "receipt", "route", "report"); the spool keeps it and selects by it, no more.
	Kind string
	// State is where a task or a received mail stands; the spool keeps it and selects by it, no more.
	State string
	// Hash is the address of a blob: SHA-256 in lower-case hex, see [ParseHash].
	Hash string
)

// Job is one request to send: its documents go to one or more recipients, each of them a [Task].
type Job struct {
	ID        ID              `json:"id"`
	Key       string          `json:"key,omitempty"` // the submitter's idempotency key, unique; empty: none
	Origin    string          `json:"origin"`        // the way in: "api", "mail", "folder", …
	Sender    string          `json:"sender"`
	Subject   string          `json:"subject"`
	Text      string          `json:"text"`
	Attrs     json.RawMessage `json:"attrs,omitempty"` // the gateway's own, kept as it is
	CreatedAt time.Time       `json:"createdAt"`
}

// Document is one file of a job or of a received mail: exactly one of Job and Received is set.
type Document struct {
	ID       ID     `json:"id"`
	Job      ID     `json:"job,omitempty"`
	Received ID     `json:"received,omitempty"`
	Pos      int    `json:"pos"` // the order within its job or mail, from 0
	Name     string `json:"name"`
	Type     string `json:"type"` // media type
	Hash     Hash   `json:"hash,omitempty"`
	Size     int64  `json:"size"`
	Pages    int    `json:"pages"`
	BadRows  int    `json:"badRows"`
	Error    string `json:"error,omitempty"` // why it could not be read, in words
}

// Page is one page of a [Document] as it was read.
type Page struct {
	Document ID      `json:"document"`
	Index    int     `json:"index"` // from 0
	Width    int     `json:"width"`
	Height   int     `json:"height"`
	XRes     float64 `json:"xRes"` // dots per inch
	YRes     float64 `json:"yRes"`
	Coding   string  `json:"coding"`
	Error    string  `json:"error,omitempty"`
}

// Priority says whose turn it is among the tasks that are due.
type Priority int

// The priorities; the zero value is the usual one.
const (
	Low    Priority = -1
	Normal Priority = 0
	High   Priority = 1
)

// Task is one piece of leased work. It can be leased when DueAt is set and has come, and no lease runs.
type Task struct {
	ID         ID              `json:"id"`
	Job        ID              `json:"job,omitempty"`
	Received   ID              `json:"received,omitempty"`
	Kind       Kind            `json:"kind"`
	Recipient  string          `json:"recipient"`
	State      State           `json:"state"`
	Late       bool            `json:"late"`
	Priority   Priority        `json:"priority"`
	DueAt      *time.Time      `json:"dueAt,omitempty"` // nil: nothing to do
	Attempts   int             `json:"attempts"`
	Fence      int64           `json:"fence"` // counts the leases; a write under an older one is refused
	LeaseBy    string          `json:"leaseBy,omitempty"`
	LeaseUntil *time.Time      `json:"leaseUntil,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	What       json.RawMessage `json:"what,omitempty"` // the gateway's own, kept as it is
	CreatedAt  time.Time       `json:"createdAt"`
	UpdatedAt  time.Time       `json:"updatedAt"`
}

// Message is one composed mail of a task, composed once and kept: a repeat is byte-identical under the same ids.
type Message struct {
	ID         ID              `json:"id"`
	Task       ID              `json:"task"`
	MessageID  string          `json:"messageId,omitempty"` // unique
	EnvID      string          `json:"envId,omitempty"`     // unique
	Form       json.RawMessage `json:"form,omitempty"`      // profile, coding, resolution: the gateway's own
	Blob       Hash            `json:"blob"`
	Size       int64           `json:"size"`
	Part       int             `json:"part"` // n of m
	Parts      int             `json:"parts"`
	Supersedes ID              `json:"supersedes,omitempty"`
	CreatedAt  time.Time       `json:"createdAt"`
}

// Attempt is one SMTP transaction for a [Message].
type Attempt struct {
	ID        ID         `json:"id"`
	Message   ID         `json:"message"`
	StartedAt time.Time  `json:"startedAt"`
	DotAt     *time.Time `json:"dotAt,omitempty"` // committed just before the final dot was sent
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	Hop       string     `json:"hop"`
	Code      int        `json:"code"`
	Reply     string     `json:"reply"` // verbatim
	TLS       string     `json:"tls"`
	Outcome   string     `json:"outcome"`
}

// Confirmation is one answer that may still come for a [Message], by its deadline, or that has come.
type Confirmation struct {
	ID         ID         `json:"id"`
	Message    ID         `json:"message"`
	Kind       string     `json:"kind"` // "mdn", "dsn"
	Deadline   *time.Time `json:"deadline,omitempty"`
	ReceivedAt *time.Time `json:"receivedAt,omitempty"`
	Result     string     `json:"result,omitempty"`
	Report     ID         `json:"report,omitempty"` // the received mail that said so
}

// Received is one mail that came in; its raw text is the blob.
type Received struct {
	ID           ID              `json:"id"`
	Blob         Hash            `json:"blob"`
	Size         int64           `json:"size"`
	EnvelopeFrom string          `json:"envelopeFrom"`
	EnvelopeTo   string          `json:"envelopeTo"`
	Source       string          `json:"source"`
	DedupKey     string          `json:"dedupKey,omitempty"` // unique; empty: none
	State        State           `json:"state"`
	Kind         string          `json:"kind"`
	From         string          `json:"from"`
	Subject      string          `json:"subject"`
	MessageID    string          `json:"messageId,omitempty"` // as the sender gave it, not unique
	Pages        int             `json:"pages"`
	Error        string          `json:"error,omitempty"`
	Attrs        json.RawMessage `json:"attrs,omitempty"` // the gateway's own, kept as it is
	ReceivedAt   time.Time       `json:"receivedAt"`
}

// MailboxItem is one mail of a mailbox that has been fetched: (Account, Validity, UID) names it for ever.
type MailboxItem struct {
	Account   string     `json:"account"`
	Validity  string     `json:"validity,omitempty"` // IMAP UIDVALIDITY; empty for POP3
	UID       string     `json:"uid"`                // IMAP UID or POP3 UIDL
	Received  ID         `json:"received,omitempty"`
	DeletedAt *time.Time `json:"deletedAt,omitempty"` // nil: kept here, still on the server
}

// Notice is a receipt we owe or gave: at most one per mail, recipient and kind (RFC 8098 section 2.1).
type Notice struct {
	Received  ID         `json:"received"`
	Recipient string     `json:"recipient"`
	Kind      string     `json:"kind"` // "mdn", "dsn"
	Task      ID         `json:"task,omitempty"`
	SentAt    *time.Time `json:"sentAt,omitempty"` // committed before the dot
}

// Peer is what is known of the machine behind an address.
type Peer struct {
	Address     string          `json:"address"`
	Raw         string          `json:"raw,omitempty"`       // the features as they came
	Canonical   string          `json:"canonical,omitempty"` // and as the gateway reads them
	Source      string          `json:"source"`              // "mdn", "dsn", "hand", …
	LearnedFrom ID              `json:"learnedFrom,omitempty"`
	LearnedAt   time.Time       `json:"learnedAt"`
	ExpiresAt   *time.Time      `json:"expiresAt,omitempty"` // nil: never
	Pinned      bool            `json:"pinned"`
	Attrs       json.RawMessage `json:"attrs,omitempty"` // limits, TLS history: the gateway's own
}

// Event is one line of the journal, which is only ever added to.
type Event struct {
	ID       ID              `json:"id"`
	At       time.Time       `json:"at"`
	Job      ID              `json:"job,omitempty"`
	Task     ID              `json:"task,omitempty"`
	Received ID              `json:"received,omitempty"`
	Kind     string          `json:"kind"`
	Words    string          `json:"words"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// Token is an API token; only the hash of its secret is kept.
type Token struct {
	ID        ID         `json:"id"`
	Name      string     `json:"name"`
	Hash      string     `json:"-"`
	Scope     string     `json:"scope"`
	CreatedAt time.Time  `json:"createdAt"`
	RevokedAt *time.Time `json:"revokedAt,omitempty"`
	LastUsed  *time.Time `json:"lastUsed,omitempty"`
}
