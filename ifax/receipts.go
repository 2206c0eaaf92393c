package ifax

import (
	"bufio"
	"strings"

	"faxgate/mdn"
)

// receipts.go knows the receipts that are no report of RFC 6522: in words, and in Outlook's TNEF.

// receiptWords are how programs word a receipt: each pair must stand in the text, in this order. The meaning is a type of RFC 8098, or
// only that the mail was delivered.
var receiptWords = []struct{ first, then, meaning string }{
	{"your message", "was deleted without being read", mdn.TypeDeleted}, // Outlook, in words of its languages
	{"your message", "was read on", mdn.TypeDisplayed},
	{"ihre nachricht", "ungelesen gelöscht", mdn.TypeDeleted},
	{"ihre nachricht", "wurde gelesen", mdn.TypeDisplayed},
	{"votre message", "a été lu", mdn.TypeDisplayed},
	{"your message", "was displayed", mdn.TypeDisplayed},
	{"return receipt", "displayed on the recipient", mdn.TypeDisplayed},
	{"confirmation of reading", "was read at", mdn.TypeDisplayed}, // Pegasus Mail
	{"success", ": received from", mdn.TypeProcessed},             // Brother
	{"your message was", "received", wordsDelivered},              // Return-Receipt-To of old servers and programs
	{"your message", "was delivered to the following", wordsDelivered},
}

// wordsDelivered: the words say that the mail has arrived, and no more.
const wordsDelivered = "delivered"

// receiptLimit is how far into a text its meaning is looked for, in octets.
const receiptLimit = 2000

// receiptInWords reads a receipt that a mail program or an old machine wrote for people. It speaks for who it is from, as it names
// nobody; what it is about, the fields of its header tell, or nothing does.
func (m *Message) receiptInWords() bool {
	if len(m.Parts) > 0 || m.Precedence == "bulk" || m.Precedence == "list" {
		return false
	}
	text := strings.ToLower(m.Text[:min(len(m.Text), receiptLimit)])
	for _, w := range receiptWords {
		_, rest, ok := strings.Cut(text, w.first)
		if !ok || !strings.Contains(rest, w.then) {
			continue
		}
		if w.meaning != wordsDelivered {
			m.MDN = &mdn.MDN{Mode: mdn.ManualAction, Sending: mdn.SentAutomatically, FinalRecipient: m.From.Address, Type: w.meaning}
			return true
		}
		if m.answersByItself() || m.InReplyTo == "" && len(m.References) == 0 && !m.fromSystem() {
			return false // A note of absence thanks for the message too, and so may a letter.
		}
		words := clip(strings.Join(strings.Fields(m.Text), " "), 200)
		m.DSN = &mdn.DSN{Recipients: []mdn.Recipient{{FinalRecipient: m.From.Address, Action: "delivered", Status: "2.0.0", Diagnostic: words}}}
		return true
	}
	return false
}

// isAutomatic tells a text-only mail that a program wrote: an out-of-office note, an alert of a machine.
func (m *Message) isAutomatic() bool {
	return m.answersByItself() || m.AutoSubmitted != "" && m.AutoSubmitted != "no"
}

// answersByItself tells answers of programs (RFC 3834, and what was there before it).
func (m *Message) answersByItself() bool {
	return strings.HasPrefix(m.AutoSubmitted, "auto-replied") || m.Header.Has("X-Autoreply") || m.Header.Has("X-Autorespond") || m.Precedence == "auto_reply"
}

// tnefReceipt takes Outlook's receipt in TNEF; false: it is another TNEF.
func (p *parser) tnefReceipt(r *bufio.Reader, head []byte) bool {
	if p.msg.MDN != nil || !mdn.IsTNEFReceipt(head) {
		return false
	}
	receipt, err := mdn.ParseTNEF(r)
	if err != nil {
		p.warn("%v", err)
		return true
	}
	receipt.FinalRecipient = p.msg.From.Address
	p.msg.MDN = receipt
	return true
}
