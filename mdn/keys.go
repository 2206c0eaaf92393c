package mdn

import (
	"slices"
	"strings"
)

// Keys is what a report can be matched to a sent message by. A report that matches nothing must change
// nothing (RFC 8098 section 6.1).
type Keys struct {
	// OriginalMessageID is from the MDN.
	OriginalMessageID string
	// InReplyTo and References are from the report's own header: Exchange gives nothing else.
	InReplyTo, References []string
	// EnvelopeID is from the DSN.
	EnvelopeID string
	// Returned is the Message-ID of the message or header that came back as the report's third part.
	Returned string
	// Recipients are Original-Recipient, Final-Recipient and From, in this order: who is reported on.
	Recipients []string
	// Tagged is the address that the report came to, where tagged addresses are in use.
	Tagged string
}

// Key is one thing to look up: the field it is from, and its value.
type Key struct{ Field, Value string }

// Names of Key.Field.
const (
	KeyOriginalMessageID = "Original-Message-ID"
	KeyInReplyTo         = "In-Reply-To"
	KeyReferences        = "References"
	KeyEnvelopeID        = "Original-Envelope-Id"
	KeyReturned          = "returned Message-ID"
	KeyTagged            = "tagged address"
)

// Candidates gives the keys in the order in which to try them; the first that is known decides. Message ids
// have their angle brackets, added where the peer dropped them. References are tried from the last, which is
// the message replied to. No value comes twice.
func (k Keys) Candidates() []Key {
	var keys []Key
	add := func(field, value string) {
		if value != "" && !slices.ContainsFunc(keys, func(have Key) bool { return have.Value == value }) {
			keys = append(keys, Key{Field: field, Value: value})
		}
	}
	add(KeyOriginalMessageID, bracketed(k.OriginalMessageID))
	for _, id := range k.InReplyTo {
		add(KeyInReplyTo, bracketed(id))
	}
	for _, id := range slices.Backward(k.References) {
		add(KeyReferences, bracketed(id))
	}
	add(KeyEnvelopeID, strings.TrimSpace(k.EnvelopeID))
	add(KeyReturned, bracketed(k.Returned))
	add(KeyTagged, strings.TrimSpace(k.Tagged))
	return keys
}

// bracketed puts an id into angle brackets that the peer left out.
func bracketed(id string) string {
	id = strings.TrimSpace(id)
	if id == "" || strings.HasPrefix(id, "<") {
		return id
	}
	return "<" + id + ">"
}

// Concerns tells whether address is one of the Recipients, decoded from xtext where a peer left it encoded.
func (k Keys) Concerns(address string) bool {
	return slices.ContainsFunc(k.Recipients, func(have string) bool {
		if SameAddress(have, address) {
			return true
		}
		decoded, err := DecodeXText(have)
		return err == nil && SameAddress(decoded, address)
	})
}
