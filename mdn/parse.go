package mdn

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNoReport says that a part has none of the fields that a report must have.
var ErrNoReport = errors.New("no report in it: none of the fields of RFC 8098 or RFC 3464")

// ParseMDN reads the body of a message/disposition-notification part, already transfer-decoded. Comments,
// folding, any case, a comma for the semicolon and the types of RFC 2298 are understood. Without any field of
// an MDN it gives ErrNoReport; what could be read of a report that is too long comes with the error.
func ParseMDN(r io.Reader) (*MDN, error) {
	blocks, err := readBlocks(r)
	m := &MDN{}
	known := 0
	for _, block := range blocks {
		for _, f := range block {
			if m.set(f) {
				known++
			} else {
				m.Extra = append(m.Extra, f)
			}
		}
	}
	if err != nil {
		return m, fmt.Errorf("reading the disposition notification: %w", err)
	}
	if known == 0 {
		return nil, fmt.Errorf("reading the disposition notification: %w", ErrNoReport)
	}
	return m, nil
}

// set puts a field where it belongs; false for names that RFC 8098 does not know. A field that may come once
// counts the first time.
func (m *MDN) set(f Field) bool {
	switch strings.ToLower(f.Name) {
	case "reporting-ua":
		first(&m.ReportingUA, f.Value)
	case "mdn-gateway":
		first(&m.MDNGateway, untyped(f.Value))
	case "original-recipient":
		first(&m.OriginalRecipient, address(f.Value))
	case "final-recipient":
		first(&m.FinalRecipient, address(f.Value))
	case "original-message-id":
		first(&m.OriginalMessageID, messageID(f.Value))
	case "disposition":
		if m.Type == "" {
			m.disposition(f.Value)
		}
	case "error":
		m.Errors = append(m.Errors, f.Value)
	case "warning":
		m.Warnings = append(m.Warnings, f.Value)
	case "failure":
		m.Failures = append(m.Failures, f.Value)
	case "media-accept-features":
		m.Features = features(m.Features, f.Value)
	default:
		return false
	}
	return true
}

// first keeps what is there already.
func first(dst *string, value string) {
	if *dst == "" {
		*dst = value
	}
}

// disposition reads "mode/sending; type/modifier,modifier" (RFC 8098 section 3.2.6). RFC 3297 prints a comma
// for the semicolon, and some peers send the type alone.
func (m *MDN) disposition(value string) {
	value = stripComments(value)
	mode, rest, ok := strings.Cut(value, ";")
	if !ok {
		mode, rest = "", value
		if lower := strings.ToLower(value); strings.HasPrefix(lower, "manual-action") || strings.HasPrefix(lower, AutomaticAction) {
			mode, rest, _ = strings.Cut(value, ",")
		}
	}
	action, sending, _ := strings.Cut(mode, "/")
	m.Mode = strings.ToLower(strings.TrimSpace(action))
	m.Sending = strings.TrimSpace(sending)
	kind, modifiers, _ := strings.Cut(rest, "/")
	m.Type = strings.ToLower(strings.TrimSpace(kind))
	for modifier := range strings.SplitSeq(modifiers, ",") {
		if modifier = strings.ToLower(strings.TrimSpace(modifier)); modifier != "" {
			m.Modifiers = append(m.Modifiers, modifier)
		}
	}
}

// ParseDSN reads the body of a message/delivery-status part, already transfer-decoded. A missing blank line
// between blocks is made up for by the names of the fields. Without any field of a DSN it gives ErrNoReport.
func ParseDSN(r io.Reader) (*DSN, error) {
	blocks, err := readBlocks(r)
	d := &DSN{}
	known := 0
	for i, block := range blocks {
		known += d.block(block, i == 0)
	}
	if err != nil {
		return d, fmt.Errorf("reading the delivery status: %w", err)
	}
	if known == 0 {
		return nil, fmt.Errorf("reading the delivery status: %w", ErrNoReport)
	}
	return d, nil
}

// block reads one block and counts the fields it knew.
func (d *DSN) block(block []Field, head bool) (known int) {
	var r *Recipient
	for _, f := range block {
		switch {
		case r == nil && d.set(f):
			known++
		case isRecipientField(f.Name):
			r = d.recipient(r, f.Name)
			r.set(f)
			known++
		case r != nil:
			r.Extra = append(r.Extra, f)
		case head:
			d.Extra = append(d.Extra, f)
		}
	}
	return known
}

// set puts a per-message field where it belongs (RFC 3464 section 2.2).
func (d *DSN) set(f Field) bool {
	switch strings.ToLower(f.Name) {
	case "original-envelope-id":
		first(&d.EnvelopeID, stripComments(f.Value))
	case "reporting-mta":
		first(&d.ReportingMTA, untyped(f.Value))
	case "dsn-gateway":
		first(&d.Gateway, untyped(f.Value))
	case "received-from-mta":
		first(&d.ReceivedFrom, untyped(f.Value))
	case "arrival-date":
		d.Arrival = date(f.Value)
	default:
		return false
	}
	return true
}

// isRecipientField tells the fields of RFC 3464 section 2.3 and RFC 2530 section 3.
func isRecipientField(name string) bool {
	switch strings.ToLower(name) {
	case "original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
		"last-attempt-date", "final-log-id", "will-retry-until", "media-accept-features":
		return true
	}
	return false
}

// recipient gives the recipient that the field belongs to: a new one at the first field of a block, and where a
// field comes again that a recipient has once. The order of fields within a block is anybody's: Postfix writes
// Final-Recipient first, Exim Action.
func (d *DSN) recipient(r *Recipient, name string) *Recipient {
	again := r == nil
	if !again {
		switch strings.ToLower(name) {
		case "original-recipient":
			again = r.OriginalRecipient != ""
		case "final-recipient":
			again = r.FinalRecipient != ""
		case "action":
			again = r.Action != ""
		}
	}
	if again {
		d.Recipients = append(d.Recipients, Recipient{})
	}
	return &d.Recipients[len(d.Recipients)-1]
}

// set puts a per-recipient field where it belongs.
func (r *Recipient) set(f Field) {
	switch strings.ToLower(f.Name) {
	case "original-recipient":
		first(&r.OriginalRecipient, address(f.Value))
	case "final-recipient":
		first(&r.FinalRecipient, address(f.Value))
	case "action":
		first(&r.Action, strings.ToLower(stripComments(f.Value)))
	case "status":
		first(&r.Status, status(f.Value))
	case "remote-mta":
		first(&r.RemoteMTA, untyped(f.Value))
	case "diagnostic-code":
		_, text, _ := cutType(f.Value) // The reply is verbatim: its parentheses are the peer's words.
		first(&r.Diagnostic, text)
	case "last-attempt-date":
		r.LastAttempt = date(f.Value)
	case "final-log-id":
		first(&r.FinalLogID, f.Value)
	case "will-retry-until":
		r.WillRetryUntil = date(f.Value)
	case "media-accept-features":
		r.Features = features(r.Features, f.Value)
	}
}

// status is the d.d.d at the head of the value (RFC 3463 section 2); peers put "#" before and words behind.
func status(value string) string {
	fields := strings.Fields(stripComments(value))
	if len(fields) == 0 {
		return ""
	}
	return strings.Trim(fields[0], "#;,")
}
