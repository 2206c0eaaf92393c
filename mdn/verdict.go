package mdn

import (
	"slices"
	"strings"
)

// Verdict is what an MDN or one recipient of a DSN says about a fax.
type Verdict string

// What an MDN can say.
const (
	// Confirmed: displayed, dispatched or processed, without error or warning.
	Confirmed Verdict = "confirmed"
	// Failed: the recipient could not process it (processed/error, failed).
	Failed Verdict = "failed"
	// Refused: the recipient denies a receipt (RFC 2298 "denied"); it says nothing about the fax.
	Refused Verdict = "refused"
	// Deleted: deleted without being read; not confirmed, not failed.
	Deleted Verdict = "deleted"
	// Negotiate: the recipient prefers an alternative (RFC 3297).
	Negotiate Verdict = "negotiate"
	// Unknown: no disposition that we know.
	Unknown Verdict = "unknown"
)

// What a DSN can say of a recipient (RFC 3464 section 2.3.3). Failed is shared with the MDN.
const (
	Delivered Verdict = "delivered"
	Relayed   Verdict = "relayed"
	Expanded  Verdict = "expanded"
	Delayed   Verdict = "delayed"
)

// Verdict weighs type and modifiers (standards: RFC 8098 section 3.2.6, RFC 2298, RFC 3249 section 4.4.1.1).
// An unknown modifier does not change the meaning of the type.
func (m MDN) Verdict() Verdict {
	switch {
	case m.has(AlternativePreferred):
		return Negotiate
	case m.Type == TypeDenied:
		return Refused
	case m.Type == TypeFailed, m.negative():
		return Failed
	}
	switch m.Type {
	case TypeDisplayed, TypeDispatched, TypeProcessed:
		return Confirmed
	case TypeDeleted:
		return Deleted
	}
	return Unknown
}

// negative tells whether a modifier makes the disposition a bad one.
func (m MDN) negative() bool {
	return slices.ContainsFunc([]string{ModifierError, "warning", "expired", "superseded", "mailbox-terminated"}, m.has)
}

// Verdict says what became of the recipient.
func (r Recipient) Verdict() Verdict {
	switch strings.ToLower(r.Action) {
	case "delivered":
		return Delivered
	case "relayed":
		return Relayed
	case "expanded":
		return Expanded
	case "delayed":
		return Delayed
	case "failed":
		return Failed
	}
	return r.verdictByStatus()
}

// verdictByStatus serves peers that leave Action out or misspell it.
func (r Recipient) verdictByStatus() Verdict {
	switch {
	case strings.HasPrefix(r.Status, "2."):
		return Delivered
	case strings.HasPrefix(r.Status, "4."):
		return Delayed
	case strings.HasPrefix(r.Status, "5."):
		return Failed
	}
	return Unknown
}

// Cause is the most telling status code: Status, unless it says no more than the class (5.0.0) and the peer's
// words have a better one of the same class. Exim reports "Status: 5.0.0" whatever the reply was.
func (r Recipient) Cause() string {
	class, ok := strings.CutSuffix(r.Status, ".0.0")
	if !ok && r.Status != "" {
		return r.Status
	}
	if m := statusInWords.FindStringSubmatch(r.Diagnostic); m != nil && strings.HasPrefix(m[1], class) {
		return m[1]
	}
	return r.Status
}
