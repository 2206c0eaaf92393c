package ifax

import (
	"faxgate/mdn"
)

// DocumentInfo is what became of one document, for Describe.
type DocumentInfo struct {
	Name  string `json:"name,omitempty"`
	Type  string `json:"type,omitempty"`
	Pages int    `json:"pages,omitempty"`
	Error string `json:"error,omitempty"`
}

// Description is what `faxgate mail parse --json` prints. Absent members are left out.
type Description struct {
	Kind      string          `json:"kind"`
	From      string          `json:"from,omitempty"`
	To        []string        `json:"to,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	MessageID string          `json:"messageId,omitempty"`
	Documents []DocumentInfo  `json:"documents,omitempty"`
	Text      string          `json:"text,omitempty"`
	MDN       *MDNDescription `json:"mdn,omitempty"`
	DSN       *DSNDescription `json:"dsn,omitempty"`
}

// MDNDescription tells of a disposition notification. Disposition is the type alone, such as "processed".
type MDNDescription struct {
	Disposition       string   `json:"disposition,omitempty"`
	Modifiers         []string `json:"modifiers,omitempty"`
	OriginalMessageID string   `json:"originalMessageId,omitempty"`
	FinalRecipient    string   `json:"finalRecipient,omitempty"`
	Features          string   `json:"features,omitempty"`
}

// DSNDescription tells of a delivery status notification.
type DSNDescription struct {
	EnvelopeID string                 `json:"envelopeId,omitempty"`
	Recipients []RecipientDescription `json:"recipients,omitempty"`
}

// RecipientDescription tells of one recipient of a DSN.
type RecipientDescription struct {
	FinalRecipient    string `json:"finalRecipient,omitempty"`
	OriginalRecipient string `json:"originalRecipient,omitempty"`
	Action            string `json:"action,omitempty"`
	Status            string `json:"status,omitempty"`
	Diagnostic        string `json:"diagnostic,omitempty"`
}

// Describe joins a parsed message with what became of its documents when they were opened. docs stand in the
// order of m.Parts; nil describes the parts as they were parsed, without page counts.
func Describe(m *Message, docs []DocumentInfo) Description {
	d := Description{
		Kind: m.Kind, From: m.From.Address, Subject: m.Subject, MessageID: m.MessageID, Text: m.Text,
		MDN: describeMDN(m.MDN), DSN: describeDSN(m.DSN), Documents: docs,
	}
	for _, to := range m.To {
		d.To = append(d.To, to.Address)
	}
	if docs == nil {
		d.Documents = m.DocumentInfos()
	}
	return d
}

// DocumentInfos describes the parts, for a caller to add page counts and errors to.
func (m *Message) DocumentInfos() []DocumentInfo {
	var docs []DocumentInfo
	for _, part := range m.Parts {
		info := DocumentInfo{Name: part.Name, Type: part.Type}
		if info.Type == "" {
			info.Type = part.Declared
		}
		if part.Err != nil {
			info.Error = part.Err.Error()
		}
		docs = append(docs, info)
	}
	return docs
}

// describeMDN tells of an MDN; nil for none.
func describeMDN(m *mdn.MDN) *MDNDescription {
	if m == nil {
		return nil
	}
	return &MDNDescription{
		Disposition: m.Type, Modifiers: m.Modifiers, OriginalMessageID: m.OriginalMessageID,
		FinalRecipient: m.FinalRecipient, Features: m.Features,
	}
}

// describeDSN tells of a DSN; nil for none.
func describeDSN(d *mdn.DSN) *DSNDescription {
	if d == nil {
		return nil
	}
	out := &DSNDescription{EnvelopeID: d.EnvelopeID}
	for _, r := range d.Recipients {
		out.Recipients = append(out.Recipients, RecipientDescription{
			FinalRecipient: r.FinalRecipient, OriginalRecipient: r.OriginalRecipient,
			Action: r.Action, Status: r.Status, Diagnostic: r.Diagnostic,
		})
	}
	return out
}
