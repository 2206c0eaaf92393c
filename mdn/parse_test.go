package mdn_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/mdn"
)

func TestParseMDN(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       mdn.MDN
		verdict    mdn.Verdict
	}{
		{
			name: "a full mode machine with its abilities folded",
			text: "Reporting-UA: gw.example.net; IFax\r\nFinal-Recipient: rfc822; ifax@example.net\r\n" +
				"Original-Message-ID: <job1.1@gw.example.com>\r\n" +
				"Disposition: automatic-action/MDN-sent-automatically; dispatched\r\n" +
				"Media-Accept-Features: (& (type=\"image/tiff\")\r\n (color=Binary)\r\n\t(image-coding=[MH,MR,MMR]) )\r\n",
			want: mdn.MDN{
				ReportingUA: "gw.example.net; IFax", FinalRecipient: "ifax@example.net", OriginalMessageID: "<job1.1@gw.example.com>",
				Mode: "automatic-action", Sending: "MDN-sent-automatically", Type: "dispatched",
				Features: `(& (type="image/tiff") (color=Binary) (image-coding=[MH,MR,MMR]) )`,
			},
			verdict: mdn.Confirmed,
		},
		{
			name: "comments, case and folding in structured fields (RFC 8098 section 3.1.1)",
			text: "FINAL-RECIPIENT: RFC822 (the type) ;\n <Fax@Example.NET> (the \\) third (floor))\n" +
				"original-recipient: fax@example.net\n" +
				"DISPOSITION: Manual-Action/MDN-sent-manually (a person);Displayed (on screen)\n" +
				"X-Key: kept (as it is)\n",
			want: mdn.MDN{
				FinalRecipient: "Fax@Example.NET", OriginalRecipient: "fax@example.net", Mode: "manual-action",
				Sending: "MDN-sent-manually", Type: "displayed", Extra: []mdn.Field{{Name: "X-Key", Value: "kept (as it is)"}},
			},
			verdict: mdn.Confirmed,
		},
		{
			name: "processed with error, several error texts",
			text: "Final-Recipient: rfc822;a@b\nDisposition: automatic-action/MDN-sent-automatically; processed/error\n" +
				"Error: 5.6.1 unsupported compression\nError: page 2\n",
			want: mdn.MDN{
				FinalRecipient: "a@b", Mode: "automatic-action", Sending: "MDN-sent-automatically", Type: "processed",
				Modifiers: []string{"error"}, Errors: []string{"5.6.1 unsupported compression", "page 2"},
			},
			verdict: mdn.Failed,
		},
		{
			name: "the comma of RFC 3297 for the semicolon, and a negotiation",
			text: "Final-Recipient: rfc822;a@b\nDisposition: automatic-action/MDN-sent-automatically,deleted/alternative-preferred\n",
			want: mdn.MDN{
				FinalRecipient: "a@b", Mode: "automatic-action", Sending: "MDN-sent-automatically", Type: "deleted",
				Modifiers: []string{"alternative-preferred"},
			},
			verdict: mdn.Negotiate,
		},
		{
			name: "RFC 2298: denied, with its fields",
			text: "Final-Recipient: rfc822;a@b\nDisposition: manual-action/MDN-sent-manually; denied\nWarning: none\nFailure: no\n",
			want: mdn.MDN{
				FinalRecipient: "a@b", Mode: "manual-action", Sending: "MDN-sent-manually", Type: "denied",
				Warnings: []string{"none"}, Failures: []string{"no"},
			},
			verdict: mdn.Refused,
		},
		{
			name:    "the type alone",
			text:    "Final-Recipient: a@b\nDisposition: displayed/warning, expired\n",
			want:    mdn.MDN{FinalRecipient: "a@b", Type: "displayed", Modifiers: []string{"warning", "expired"}},
			verdict: mdn.Failed,
		},
		{
			name: "an unknown modifier changes nothing",
			text: "Final-Recipient: rfc822;a@b\nDisposition: automatic-action/MDN-sent-automatically; processed/x-printed-twice\n",
			want: mdn.MDN{
				FinalRecipient: "a@b", Mode: "automatic-action", Sending: "MDN-sent-automatically", Type: "processed",
				Modifiers: []string{"x-printed-twice"},
			},
			verdict: mdn.Confirmed,
		},
		{
			name:    "deleted unread is neither good nor bad",
			text:    "Disposition: manual-action/MDN-sent-manually; deleted\n",
			want:    mdn.MDN{Mode: "manual-action", Sending: "MDN-sent-manually", Type: "deleted"},
			verdict: mdn.Deleted,
		},
		{
			name: "two sets of abilities, blank lines between, a junk line, ids of odd shape",
			text: "\n\nFinal-Recipient: utf-8; f\\x{e4}x@b\nOriginal-Message-ID: (see) <2EFF2002135054556@faxe.> (ours)\n\n" +
				"this is no field\nDisposition: automatic-action/MDN-sent-automatically; dispatched\n" +
				"Media-Accept-Features: (color=Binary)\nmedia-accept-features: (color=grey)\nMedia-Accept-Features: (dpi=200)\n",
			want: mdn.MDN{
				FinalRecipient: "fäx@b", OriginalMessageID: "<2EFF2002135054556@faxe.>", Mode: "automatic-action",
				Sending: "MDN-sent-automatically", Type: "dispatched", Features: "(| (color=Binary) (color=grey) (dpi=200))",
			},
			verdict: mdn.Confirmed,
		},
		{
			name:    "an id without brackets, and no disposition at all",
			text:    "Original-Message-ID: abc@example.com (ours)\nMDN-Gateway: dns; fax.example.org\n",
			want:    mdn.MDN{OriginalMessageID: "abc@example.com", MDNGateway: "fax.example.org"},
			verdict: mdn.Unknown,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := mdn.ParseMDN(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Verdict() != test.verdict {
				t.Errorf("verdict %q, want %q", got.Verdict(), test.verdict)
			}
		})
	}
}

func TestParseDSN(t *testing.T) {
	at := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, text string
		want       mdn.DSN
		verdicts   []mdn.Verdict
	}{
		{
			name: "a failure with everything",
			text: "Original-Envelope-Id: job0001234\r\nReporting-MTA: dns; gw.example.net\r\nArrival-Date: Sat, 21 Nov 2026 20:00:00 +0100 (CET)\r\n" +
				"X-Queue-ID: 4F2\r\n\r\n" +
				"Original-Recipient: rfc822;IFax@example.net\r\nFinal-Recipient: rfc822; ifax@example.net\r\nAction: Failed\r\n" +
				"Status: 5.6.1 (Media not supported)\r\nRemote-MTA: dns; mfp.example.net\r\n" +
				"Diagnostic-Code: smtp; 554 5.6.1 cannot decode (page 2)\r\n\tattachment\r\n" +
				"Last-Attempt-Date: Sat, 21 Nov 2026 19:00:00 +0000\r\nFinal-Log-ID: 77\r\n" +
				"Media-Accept-Features: (& (color=Binary)\r\n (image-coding=MH))\r\nX-More: 1\r\n",
			want: mdn.DSN{
				EnvelopeID: "job0001234", ReportingMTA: "gw.example.net", Arrival: at, Extra: []mdn.Field{{Name: "X-Queue-ID", Value: "4F2"}},
				Recipients: []mdn.Recipient{{
					OriginalRecipient: "IFax@example.net", FinalRecipient: "ifax@example.net", Action: "failed", Status: "5.6.1",
					RemoteMTA: "mfp.example.net", Diagnostic: "554 5.6.1 cannot decode (page 2) attachment", LastAttempt: at, FinalLogID: "77",
					Features: "(& (color=Binary) (image-coding=MH))", Extra: []mdn.Field{{Name: "X-More", Value: "1"}},
				}},
			},
			verdicts: []mdn.Verdict{mdn.Failed},
		},
		{
			name: "several recipients, all actions, missing ones told by status",
			text: "Reporting-MTA: mx.example.net\n\nFinal-Recipient: rfc822;a@b\nAction: delivered\nStatus: 2.1.5\n\n" +
				"Final-Recipient: rfc822;c@d\nAction: relayed (to a machine)\nStatus: 2.0.0\n\nFinal-Recipient: rfc822;e@f\nAction: expanded\n\n" +
				"Final-Recipient: rfc822;g@h\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Sat, 21 Nov 2026 19:00:00 GMT\n\n" +
				"Final-Recipient: rfc822;i@j\nStatus: #5.1.1\n\nFinal-Recipient: rfc822;k@l\n",
			want: mdn.DSN{ReportingMTA: "mx.example.net", Recipients: []mdn.Recipient{
				{FinalRecipient: "a@b", Action: "delivered", Status: "2.1.5"},
				{FinalRecipient: "c@d", Action: "relayed", Status: "2.0.0"},
				{FinalRecipient: "e@f", Action: "expanded"},
				{FinalRecipient: "g@h", Action: "delayed", Status: "4.4.1", WillRetryUntil: at},
				{FinalRecipient: "i@j", Status: "5.1.1"},
				{FinalRecipient: "k@l"},
			}},
			verdicts: []mdn.Verdict{mdn.Delivered, mdn.Relayed, mdn.Expanded, mdn.Delayed, mdn.Failed, mdn.Unknown},
		},
		{
			name: "the orders of Postfix and Exim",
			text: "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nOriginal-Recipient: rfc822;A@b\nAction: failed\nStatus: 5.1.1\n\n" +
				"Action: failed\nFinal-Recipient: rfc822;c@d\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 5.6.1 no\n",
			want: mdn.DSN{ReportingMTA: "x", Recipients: []mdn.Recipient{
				{OriginalRecipient: "A@b", FinalRecipient: "a@b", Action: "failed", Status: "5.1.1"},
				{FinalRecipient: "c@d", Action: "failed", Status: "5.0.0", Diagnostic: "554 5.6.1 no"},
			}},
			verdicts: []mdn.Verdict{mdn.Failed, mdn.Failed},
		},
		{
			name: "no blank lines anywhere",
			text: "Reporting-MTA: dns; x\nOriginal-Recipient: rfc822;a@b\nFinal-Recipient: rfc822;a@b\nAction: failed\nStatus: 5.1.1\n" +
				"Original-Recipient: rfc822;c@d\nFinal-Recipient: rfc822;c@d\nAction: failed\nStatus: 5.7.1\n",
			want: mdn.DSN{ReportingMTA: "x", Recipients: []mdn.Recipient{
				{OriginalRecipient: "a@b", FinalRecipient: "a@b", Action: "failed", Status: "5.1.1"},
				{OriginalRecipient: "c@d", FinalRecipient: "c@d", Action: "failed", Status: "5.7.1"},
			}},
			verdicts: []mdn.Verdict{mdn.Failed, mdn.Failed},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := mdn.ParseDSN(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for i, r := range got.Recipients {
				if r.Verdict() != test.verdicts[i] {
					t.Errorf("recipient %d: verdict %q, want %q", i, r.Verdict(), test.verdicts[i])
				}
			}
		})
	}
}

func TestCause(t *testing.T) {
	for _, test := range []struct{ status, diagnostic, want string }{
		{"5.1.1", "550 5.7.1 no", "5.1.1"},
		{"5.0.0", "554 5.6.1 cannot decode", "5.6.1"},
		{"5.0.0", "450 4.2.0 later", "5.0.0"},
		{"5.0.0", "no", "5.0.0"},
		{"", "550 #5.1.1 no", "5.1.1"},
	} {
		if got := (mdn.Recipient{Status: test.status, Diagnostic: test.diagnostic}).Cause(); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestParseRefusesWhatIsNoReport(t *testing.T) {
	for _, text := range []string{"", "\n\n", "Hello,\nthis is a letter: with a colon in it\n"} {
		if _, err := mdn.ParseMDN(strings.NewReader(text)); !errors.Is(err, mdn.ErrNoReport) {
			t.Errorf("MDN %q: error %v", text, err)
		}
		if _, err := mdn.ParseDSN(strings.NewReader(text)); !errors.Is(err, mdn.ErrNoReport) {
			t.Errorf("DSN %q: error %v", text, err)
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	long := "Disposition: automatic-action/MDN-sent-automatically; displayed\n" + strings.Repeat("X-Filler: y\n", 100_000)
	got, err := mdn.ParseMDN(strings.NewReader(long))
	if err == nil || got == nil || got.Type != "displayed" {
		t.Errorf("a report over 1 MiB: error %v; want its head and an error", err)
	}
	if _, err := mdn.ParseDSN(strings.NewReader("Action: failed\n" + strings.Repeat("z", 2<<20))); err == nil {
		t.Error("a line over 1 MiB gave no error")
	}
}

func TestParseWords(t *testing.T) {
	qmail := "Hi. This is the qmail-send program at mx.example.org.\r\nI'm afraid I wasn't able to deliver your message.\r\n\r\n" +
		"<fax@example.net>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 5.1.1 no such machine\r\n\r\n" +
		"<b@example.net>:\r\nSorry, no mailbox here by that name. (#5.2.1)\r\n\r\n" +
		"--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <gw@example.com>\r\nMessage-ID: <j9@gw.example.com>\r\n"
	d, original := mdn.ParseWords(qmail)
	want := &mdn.DSN{Recipients: []mdn.Recipient{
		{FinalRecipient: "fax@example.net", Action: "failed", Status: "5.1.1", Diagnostic: "192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 no such machine"},
		{FinalRecipient: "b@example.net", Action: "failed", Status: "5.2.1", Diagnostic: "Sorry, no mailbox here by that name. (#5.2.1)"},
	}}
	if diff := cmp.Diff(want, d); diff != "" || original != "<j9@gw.example.com>" {
		t.Errorf("original %q (-want +got)\n%s", original, diff)
	}
	d, _ = mdn.ParseWords("A message that you sent could not be delivered.\n\n  x@y\n    mailbox is full\n", "x@y")
	if d == nil || d.Recipients[0].FinalRecipient != "x@y" || d.Recipients[0].Status != "5.0.0" {
		t.Errorf("with the address known: %+v", d)
	}
	if d, _ := mdn.ParseWords("Dear colleague,\n\n<see> the enclosed fax.\n"); d != nil {
		t.Errorf("a letter was taken for a bounce: %+v", d)
	}
}

func TestXText(t *testing.T) {
	for plain, encoded := range map[string]string{
		"":                                 "",
		"job0001234":                       "job0001234",
		"FAX=+12027653000/T33S=1387@f.org": "FAX+3D+2B12027653000/T33S+3D1387@f.org",
		"a b\r\nRCPT":                      "a+20b+0D+0ARCPT",
		"f\xc3\xa4x":                       "f+C3+A4x",
	} {
		if got := mdn.EncodeXText(plain); got != encoded {
			t.Errorf("encoding %q: %q, want %q", plain, got, encoded)
		}
		if got, err := mdn.DecodeXText(encoded); err != nil || got != plain {
			t.Errorf("decoding %q: %q, %v", encoded, got, err)
		}
	}
	for _, bad := range []string{"+", "a+2", "a+zz", "a=b", "a b", "+2"} {
		if got, err := mdn.DecodeXText(bad); err == nil {
			t.Errorf("decoding %q gave %q and no error", bad, got)
		}
	}
}

// addReports gives a fuzz target the reports of testdata, whole: what is no field of theirs is passed over.
func addReports(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/reports/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d reports, %v", len(files), err)
	}
	for _, file := range files {
		octets, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(octets))
	}
}

func FuzzParseMDN(f *testing.F) {
	addReports(f)
	f.Add("Final-Recipient: rfc822;a@b (x)\nDisposition: a/b; c/d,e\nMedia-Accept-Features: (& (a=b)\n (c=d))\n")
	f.Add("Disposition: ,;/(\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := mdn.ParseMDN(strings.NewReader(text))
		if err == nil && m == nil {
			t.Fatal("neither MDN nor error")
		}
		if m != nil && m.Verdict() == "" {
			t.Error("no verdict")
		}
	})
}

func FuzzParseDSN(f *testing.F) {
	addReports(f)
	f.Add("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@b\nAction: failed\nStatus: 5.1.1 (x)\nDiagnostic-Code: smtp; 550 (\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := mdn.ParseDSN(strings.NewReader(text))
		if err == nil && d == nil {
			t.Fatal("neither DSN nor error")
		}
		if d != nil {
			for _, r := range d.Recipients {
				if r.Verdict() == "" {
					t.Error("no verdict")
				}
			}
		}
		mdn.ParseWords(text, text)
	})
}
