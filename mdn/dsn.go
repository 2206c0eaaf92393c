package mdn

import "time"

// DSN is the body of a message/delivery-status part (RFC 3464 section 2.1).
type DSN struct {
	// EnvelopeID is Original-Envelope-Id: the ENVID of the message reported on, decoded.
	EnvelopeID string
	// ReportingMTA, Gateway and ReceivedFrom are host names without their "dns;" type.
	ReportingMTA, Gateway, ReceivedFrom string
	// Arrival is when the message reached the reporting MTA; zero when unknown.
	Arrival time.Time
	// Recipients come in the order of the report.
	Recipients []Recipient
	// Extra are per-message fields of other names.
	Extra []Field
}

// Recipient is one per-recipient block of a DSN (RFC 3464 section 2.3).
type Recipient struct {
	// OriginalRecipient is the decoded ORCPT, FinalRecipient the address delivered to; both without type.
	OriginalRecipient, FinalRecipient string
	// Action is in lower case: failed, delayed, delivered, relayed or expanded.
	Action string
	// Status is "d.d.d" (RFC 3463), without its comment.
	Status string
	// Diagnostic is the text of Diagnostic-Code after its type, usually the SMTP reply, verbatim.
	Diagnostic string
	// RemoteMTA is the host that gave the diagnostic.
	RemoteMTA string
	// FinalLogID is the reporting MTA's own log id.
	FinalLogID string
	// Features is the text of Media-Accept-Features of this recipient (RFC 2530).
	Features string
	// LastAttempt and WillRetryUntil are zero when unknown.
	LastAttempt, WillRetryUntil time.Time
	// Extra are per-recipient fields of other names.
	Extra []Field
}
