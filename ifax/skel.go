package ifax

import (
	"context"
	"errors"
	"io"

	"faxgate/codec"
)

// Header is a message header in order, as read.
type Header []struct{ Name, Value string }

// Compose writes.
func Compose(w io.Writer, m Message) error { return errors.New("not yet") }

// Parse reads.
func Parse(ctx context.Context, r io.Reader, lim Limits, keep func(PartInfo, io.Reader) error) (*Message, error) {
	return &Message{Kind: KindOther}, errors.New("not yet")
}

// Address is an addr-spec of RFC 5321.
type Address struct {
	// Local is the local part, unquoted; Domain is a name or an address literal with its brackets.
	Local, Domain string
	// Fax is set when the local part is a fax address of RFC 3192.
	Fax *FaxNumber
}

// FaxNumber is the number in a fax address.
type FaxNumber struct {
	// Phone is "+" and digits, separators removed; without "+" it is a local number.
	Phone string
	// Subaddress is T33S, digits.
	Subaddress string
	// Extra are further elements, verbatim, such as "ISUB=123".
	Extra []string
}

// ParseAddress reads.
func ParseAddress(s string) (Address, error) { return Address{}, errors.New("not yet") }

// String writes the address, its local part quoted where RFC 5321 asks for it.
func (a Address) String() string { return a.Local + "@" + a.Domain }

// Capabilities is a feature set.
type Capabilities struct{ text string }

// ParseCapabilities reads.
func ParseCapabilities(text string) (Capabilities, error) { return Capabilities{}, errors.New("not yet") }

// String is the canonical text.
func (c Capabilities) String() string { return c.text }

// Known is false for the zero value.
func (c Capabilities) Known() bool { return c.text != "" }

// ProfileS is what every Internet fax device takes.
func ProfileS() Capabilities { return Capabilities{} }

// OursConfig is what the administrator lets us advertise and use.
type OursConfig struct {
	Codings     []codec.Coding
	Papers      []codec.Paper
	Resolutions []codec.Resolution
}

// Ours writes our own abilities.
func Ours(c OursConfig) Capabilities { return Capabilities{} }

// AnyOf joins several feature sets: a document that suits one of them suits.
func AnyOf(sets ...Capabilities) Capabilities { return Capabilities{} }

// Choose picks.
func Choose(theirs, ours Capabilities, doc codec.Summary) codec.Target { return codec.Target{} }

// Refusal is what a peer said when it did not take a fax.
type Refusal struct {
	// Code is the SMTP reply code, 0 when the refusal came as a report.
	Code int
	// Status is the enhanced status code, such as "5.6.1"; empty when none was given.
	Status string
	// Words are the peer's, verbatim.
	Words string
	// Size: the peer found the message too big.
	Size bool
	// Report: a matched MDN with processed/error or failed.
	Report bool
	// AtDot: the reply answered the message itself, not the envelope.
	AtDot bool
	// Machine: the peer is known to be a machine.
	Machine bool
}

// Lower gives.
func Lower(t codec.Target, why Refusal) (codec.Target, bool) { return t, false }

// DocumentInfo is what became of one document, for Describe.
type DocumentInfo struct {
	Name  string `json:"name,omitempty"`
	Type  string `json:"type,omitempty"`
	Pages int    `json:"pages,omitempty"`
	Error string `json:"error,omitempty"`
}

// Description is what `faxgate mail parse --json` prints.
type Description struct {
	Kind string `json:"kind"`
}

// Describe joins.
func Describe(m *Message, docs []DocumentInfo) Description { return Description{Kind: m.Kind} }
