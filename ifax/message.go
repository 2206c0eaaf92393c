// Package ifax is the Internet-fax message of RFC 3965: written ([Compose]), read ([Parse]), addressed
// ([Address], RFC 3191 and 3192) and fitted to what the peer can take ([Capabilities], [Choose]; RFC 2530,
// 2533, 2738, 2879).
//
// Composing is strict: CRLF, 7-bit, lines of at most 78 octets where folding is possible, no header that a
// caller's text could break out of. Parsing is tolerant, because the mail of office machines is what it is;
// each decoded part streams once, and nothing over 1 MiB is held in memory.
package ifax

import (
	"io"
	"net/mail"
	"time"

	"faxgate/mdn"
)

// Kinds of a received message.
const (
	KindFax     = "fax"     // carries documents, or text that becomes a page
	KindMDN     = "mdn"     // a disposition notification (RFC 8098)
	KindDSN     = "dsn"     // a delivery status notification (RFC 3464), or a bounce in words that we know
	KindPartial = "partial" // a fragment of a larger message (RFC 2046 section 5.2.2)
	KindOther   = "other"   // nothing that could become a page, or an automatic reply
)

// Message is an Internet-fax message. Parse fills it in; Compose reads the fields said to be for composing.
type Message struct {
	// Kind is one of the Kind constants. Not for composing.
	Kind string
	// From is the author. Compose needs it.
	From mail.Address
	// To are the addressees of the header, never a reason to route (RFC 2532 section 2.2.2). Compose needs one.
	To, Cc []mail.Address
	// Subject is decoded text.
	Subject string
	// MessageID and InReplyTo carry their angle brackets, byte for byte as on the wire. Compose needs MessageID.
	MessageID, InReplyTo string
	References           []string
	// Date is zero when it is missing or unreadable. Compose needs it.
	Date time.Time
	// Text is the body's text in UTF-8, at most 256 KiB of it; for Compose the cover text.
	Text string
	// Notify is the request for a receipt, nil when there is none.
	Notify *Notify
	// ReturnPath is the last hop's Return-Path, without angle brackets; empty for the null path.
	ReturnPath string
	// ReturnPaths counts the Return-Path fields.
	ReturnPaths int
	// OriginalRecipient is the address of an Original-Recipient field (RFC 8098 section 2.3).
	OriginalRecipient string
	// OriginalMessageID is set on a message sent again (RFC 3297 section 5).
	OriginalMessageID string
	// MDN or DSN is the report that the message is.
	MDN *mdn.MDN
	DSN *mdn.DSN
	// Returned is the header of the message that a report gives back, nil when none came.
	Returned Header
	// Partial tells which fragment of what the message is.
	Partial *Partial
	// Parts are the parts that carry documents, in order, each with its own error.
	Parts []Part
	// LeftOut are parts that decorate the message: signatures, cards, logos, twins of the text.
	LeftOut []Part
	// AutoSubmitted, Precedence and ListID are what loop guards look at; ListID is set for any List- field.
	AutoSubmitted, Precedence, ListID string
	// Features is the text of Content-features of the message or of its first document (RFC 2912).
	Features string
	// Alternatives are the texts of Content-alternative of the message or of its first document: what else its sender can give (RFC 3297 section 4).
	Alternatives []string
	// Header is the message's whole header as read.
	Header Header
	// Warnings are deviations that Parse tolerated, in words.
	Warnings []string

	// Documents are what Compose attaches.
	Documents []Attachment
	// Extra are further header fields to compose.
	Extra []mdn.Field
}

// Notify is a request for a disposition notification (RFC 8098 section 2).
type Notify struct {
	// To are the mailboxes; a sender gives exactly one.
	To []mail.Address
	// Options is the text of Disposition-Notification-Options.
	Options string
}

// Partial is the place of a fragment (RFC 2046 section 5.2.2).
type Partial struct {
	ID     string
	Number int // from 1
	Total  int // 0 when not told
}

// Part is one body part of a received message.
type Part struct {
	PartInfo
	// Size is the number of decoded octets.
	Size int64
	// Err says, in words for a person, why the part cannot be used; nil when it went to keep whole.
	Err error
	// Reason says why a part was left out; empty for documents.
	Reason string
}

// PartInfo describes a part before its octets are read.
type PartInfo struct {
	// Index counts the documents from 0 in the order of the message; -1 for a part that never reaches keep.
	Index int
	// Name is the file name with path and control characters taken out; may be empty.
	Name string
	// Type is the media type told from the octets, Declared the one that the sender wrote.
	Type, Declared string
	// Disposition is "attachment", "inline" or empty.
	Disposition string
	// ContentID is without angle brackets.
	ContentID string
}

// Attachment is a document to compose.
type Attachment struct {
	// Name is the file name shown to the recipient.
	Name string
	// Type is the media type, such as image/tiff or application/pdf.
	Type string
	// Application is the parameter that machines choose paper by: "faxbw"; empty leaves it out.
	Application string
	// Features is the text of a Content-features field (RFC 2912); empty leaves it out.
	Features string
	// Alternatives are the texts of Content-alternative fields (RFC 3297 section 4).
	Alternatives []string
	// Open gives the octets; Compose reads them once and closes.
	Open func() (io.ReadCloser, error)
}

// Limits bound what Parse takes; a zero field means its default.
type Limits struct {
	// Depth is how deep parts may nest (32).
	Depth int
	// Parts is how many parts of any kind a message may have (1000).
	Parts int
	// Header is how many octets one header may have (256 KiB).
	Header int
	// Text is how many octets Message.Text may have (256 KiB).
	Text int
	// Size is how many octets the message may have (no limit).
	Size int64
	// TempDir is where what is held back and over 1 MiB goes (the system's).
	TempDir string
}
