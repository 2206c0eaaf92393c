package ifax_test

import (
	"testing"

	"faxgate/ifax"
)

// TestReceiptsInWords has receipts of programs, and what people and other programs write that is none.
func TestReceiptsInWords(t *testing.T) {
	for name, test := range map[string]struct{ header, text, kind, verdict string }{
		"Outlook":                   {"", "Your message\n\n  To: x\n\nwas read on Monday.", ifax.KindMDN, "confirmed"},
		"Outlook, deleted":          {"", "Your message\n\n  To: x\n\nwas deleted without being read on Monday.", ifax.KindMDN, "deleted"},
		"Outlook, French":           {"", "Votre message\n\n  À : x\n\na été lu lundi.", ifax.KindMDN, "confirmed"},
		"Pegasus Mail":              {"", "Confirmation of reading: your message -\n  Subject: fax\nWas read at 10:32, 21 Nov 26.", ifax.KindMDN, "confirmed"},
		"Brother":                   {"", "SUCCESS : Received From fax@a.test", ifax.KindMDN, "confirmed"},
		"Brother, an older one":     {"", "SUCCESS: Received From fax@a.test", ifax.KindMDN, "confirmed"},
		"arrived, says its server":  {"Return-Path: <>\n", "Your message was received by x.", ifax.KindDSN, "delivered"},
		"arrived, in answer to it":  {"In-Reply-To: <1@a>\n", "Your message was received by x.", ifax.KindDSN, "delivered"},
		"a letter about arrival":    {"", "Your message was received with thanks.", ifax.KindFax, ""},
		"a letter":                  {"", "Was your message read on the radio? Received with thanks, a success.", ifax.KindFax, ""},
		"a note of absence":         {"In-Reply-To: <1@a>\nAuto-Submitted: auto-replied\n", "Your message was received. I am away.", ifax.KindOther, ""},
		"one of before RFC 3834":    {"In-Reply-To: <1@a>\nX-Autoreply: yes\n", "Your message was received. I am away.", ifax.KindOther, ""},
		"a list that quotes a word": {"Precedence: list\n", "Your message was read on Monday.", ifax.KindFax, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, m := outcome(t, "From: x@example.com\n"+test.header+"Content-Type: text/plain; charset=utf-8\n\n"+test.text+"\n")
			verdict := ""
			switch {
			case m.MDN != nil:
				verdict = string(m.MDN.Verdict())
			case m.DSN != nil:
				verdict = string(m.DSN.Recipients[0].Verdict())
			}
			if m.Kind != test.kind || verdict != test.verdict {
				t.Errorf("%s, %q; want %s, %q", m.Kind, verdict, test.kind, test.verdict)
			}
			if keys := m.Keys("").Recipients; test.verdict != "" && keys[0] != "x@example.com" {
				t.Errorf("speaks for %v", keys)
			}
		})
	}
}
