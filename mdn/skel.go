package mdn

import (
	"errors"
	"io"
	"net/mail"
	"time"
)

// ParseMDN reads.
func ParseMDN(r io.Reader) (*MDN, error) { return nil, errors.New("not yet") }

// ParseDSN reads.
func ParseDSN(r io.Reader) (*DSN, error) { return nil, errors.New("not yet") }

// ReportHeader is the header of a report message.
type ReportHeader struct {
	// From is the recipient of the fax for an MDN, the postmaster for a DSN. To is the one asked to be told.
	From, To mail.Address
	Date     time.Time
	// MessageID is the report's own new id, with angle brackets.
	MessageID string
	// Subject: RFC 3249 section 4.4.2 gives the words; empty chooses them by the disposition.
	Subject string
	// InReplyTo is the Message-ID of the message reported on; empty when it had none.
	InReplyTo string
}

// ComposeMDN writes.
func ComposeMDN(w io.Writer, h ReportHeader, human string, m MDN) error { return errors.New("not yet") }

// ComposeDSN writes.
func ComposeDSN(w io.Writer, h ReportHeader, human string, d DSN) error { return errors.New("not yet") }

// Request is what a received message and its envelope say about a receipt.
type Request struct {
	// To are the addr-specs of Disposition-Notification-To.
	To []string
	// Options is the text of Disposition-Notification-Options.
	Options string
	// ReturnPath is the envelope sender, or the Return-Path field of a fetched message; empty for <>.
	ReturnPath string
	// HasReturnPath tells a null path from none; ReturnPaths counts the fields.
	HasReturnPath bool
	ReturnPaths   int
	// IsReport: multipart/report. IsList: List-Id or the like. Auto: Auto-Submitted other than "no".
	// Bulk: Precedence bulk, list or junk. Partial: a message/partial fragment.
	IsReport, IsList, Auto, Bulk, Partial bool
	MessageID, OriginalRecipient          string
}

// Policy is the administrator's word on answering.
type Policy struct {
	// Never answers nothing (RFC 2532 section 2.2.1: an implementation must be able to).
	Never bool
	// Sent: a receipt for this message and recipient has gone out already.
	Sent bool
}

// Answer decides.
func Answer(req Request, policy Policy) (ok bool, why string) { return false, "not yet" }

// Keys is what a report can be matched by.
type Keys struct {
	// OriginalMessageID is from the MDN.
	OriginalMessageID string
	// InReplyTo and References are from the report's own header.
	InReplyTo, References []string
	// EnvelopeID is from the DSN.
	EnvelopeID string
	// Returned is the Message-ID of the headers or message that came back as the report's third part.
	Returned string
	// Recipients are Original-Recipient, Final-Recipient and From, in this order, each once.
	Recipients []string
	// Tagged is the address that the report came to, when tagged addresses are in use.
	Tagged string
}

// Key is one thing to look up: the field it is from and its value.
type Key struct{ Field, Value string }

// Candidates gives the keys in matching order.
func (k Keys) Candidates() []Key { return nil }

// EncodeXText encodes.
func EncodeXText(s string) string { return s }

// DecodeXText decodes.
func DecodeXText(s string) (string, error) { return s, nil }
