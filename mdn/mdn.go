// Package mdn speaks receipts: Message Disposition Notifications (RFC 8098, and what peers of RFC 3798 and
// 2298 send) and Delivery Status Notifications (RFC 3464, RFC 3461), built and parsed as RFC 6522 reports.
//
// The Media-Accept-Features field (RFC 2530) is carried as opaque text. Its parentheses look like comments of
// RFC 5322 and are not: they are never stripped.
//
// Parsing is tolerant, composing is strict. [Answer] decides whether a receipt may be sent at all (RFC 8098
// section 2.1); [Keys] gives what a report can be matched by, in the order in which to try.
package mdn

import "strings"

// MDN is the body of a message/disposition-notification part (RFC 8098 section 3.1).
type MDN struct {
	// ReportingUA is "name; product" as the peer wrote it.
	ReportingUA string
	// MDNGateway is the host of a gateway that translated a foreign report, without its type.
	MDNGateway string
	// OriginalRecipient and FinalRecipient are addresses without their "rfc822;" type.
	OriginalRecipient, FinalRecipient string
	// OriginalMessageID is byte for byte what the peer copied, angle brackets included.
	OriginalMessageID string
	// Mode is "manual-action" or "automatic-action"; Sending is "MDN-sent-manually" or
	// "MDN-sent-automatically". Either is empty when the peer left it out.
	Mode, Sending string
	// Type is in lower case: displayed, deleted, dispatched, processed, or denied and failed of RFC 2298.
	Type string
	// Modifiers are in lower case: error, warning, alternative-preferred and so on.
	Modifiers []string
	// Errors are the texts of the Error fields; Warnings and Failures those of RFC 2298.
	Errors, Warnings, Failures []string
	// Features is the text of Media-Accept-Features, unfolded, with its parentheses (RFC 2530). Several such
	// fields are joined into one "(| … )".
	Features string
	// Extra are the fields of other names, in order.
	Extra []Field
}

// Field is one header field or report field: its name as written and its unfolded value.
type Field struct{ Name, Value string }

// Disposition types (RFC 8098 section 3.2.6.2). RFC 3249 section 4.4.1.2 has an Internet fax device say
// dispatched when it printed or passed on, processed with ModifierError when it could not.
const (
	TypeDisplayed  = "displayed"
	TypeDeleted    = "deleted"
	TypeDispatched = "dispatched"
	TypeProcessed  = "processed"
	TypeDenied     = "denied" // RFC 2298 only
	TypeFailed     = "failed" // RFC 2298 only
)

// Modifiers, and the mode of an unattended device.
const (
	ModifierError        = "error"
	AlternativePreferred = "alternative-preferred" // RFC 3297 section 6
	AutomaticAction      = "automatic-action"
	SentAutomatically    = "MDN-sent-automatically"
	ManualAction         = "manual-action"
	SentManually         = "MDN-sent-manually"
)

// has tells whether the modifier m is there.
func (m MDN) has(modifier string) bool {
	for _, x := range m.Modifiers {
		if strings.EqualFold(x, modifier) {
			return true
		}
	}
	return false
}
