package mdn_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/mdn"
)

var (
	sent   = time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	header = mdn.ReportHeader{
		From: mail.Address{Name: "Büro 3", Address: "fax@office.example"}, To: mail.Address{Address: "gw@example.com"}, Date: sent,
		MessageID: "<r1@office.example>", InReplyTo: "<2EFF2002135054556@faxe.>",
	}
	abilities = `(& (type="image/tiff") (color=Binary) (image-file-structure=TIFF-limited) (image-coding=[MH,MR,MMR]) (MRC-mode=0) ` +
		`(| (& (dpi=200) (dpi-xyratio=[200/100,1])) (& (dpi=204) (dpi-xyratio=[204/98,204/196,204/391]))) (size-x<=2150/254) (paper-size=[letter,A4]) (ua-media=stationery))`
)

// split takes a report apart with the standard library.
func split(t *testing.T, octets []byte) (mail.Header, []string, [][]byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(octets))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	var bodies [][]byte
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m.Header, types, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		types, bodies = append(types, part.Header.Get("Content-Type")), append(bodies, body)
	}
}

// checkWire asks for CRLF, 7-bit and short lines.
func checkWire(t *testing.T, octets []byte, width int) {
	t.Helper()
	if n := bytes.Count(octets, []byte("\n")); n != bytes.Count(octets, []byte("\r\n")) || n != bytes.Count(octets, []byte("\r")) {
		t.Error("a line does not end in CRLF")
	}
	for line := range bytes.Lines(octets) {
		if len(bytes.TrimRight(line, "\r\n")) > width {
			t.Errorf("a line has %d octets: %q", len(line), line)
		}
		for _, c := range line {
			if c > '~' {
				t.Errorf("octet %#x in %q", c, line)
			}
		}
	}
}

func TestComposeMDN(t *testing.T) {
	m := mdn.MDN{
		ReportingUA: "office.example; faxgate", OriginalRecipient: "Fax@office.example", FinalRecipient: "fax@office.example",
		OriginalMessageID: "<2EFF2002135054556@faxe.>", Type: mdn.TypeProcessed, Modifiers: []string{mdn.ModifierError},
		Errors: []string{"5.6.1 Seite 2:\r\nunlesbar (größer als erlaubt)"}, Features: abilities,
	}
	var b bytes.Buffer
	if err := mdn.ComposeMDN(&b, header, "The fax of 21 November could not be printed.\n", m); err != nil {
		t.Fatal(err)
	}
	checkWire(t, b.Bytes(), 78)
	h, types, bodies := split(t, b.Bytes())
	for name, want := range map[string]string{
		"Subject": "Your message has been rejected. (MDN)", "In-Reply-To": "<2EFF2002135054556@faxe.>", "References": "<2EFF2002135054556@faxe.>",
		"Auto-Submitted": "auto-replied", "Message-Id": "<r1@office.example>", "Mime-Version": "1.0", "Disposition-Notification-To": "",
		"From": "=?utf-8?q?B=C3=BCro_3?= <fax@office.example>", "Date": "Sat, 21 Nov 2026 19:00:00 +0000",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if diff := cmp.Diff([]string{"text/plain; charset=us-ascii", "message/disposition-notification"}, types); diff != "" {
		t.Fatal(diff)
	}
	if string(bodies[0]) != "The fax of 21 November could not be printed.\r\n" {
		t.Errorf("the words: %q", bodies[0])
	}
	got, err := mdn.ParseMDN(bytes.NewReader(bodies[1]))
	if err != nil {
		t.Fatal(err)
	}
	m.Mode, m.Sending = mdn.AutomaticAction, mdn.SentAutomatically
	m.Errors = []string{"5.6.1 Seite 2:  unlesbar (gr??er als erlaubt)"}
	if diff := cmp.Diff(&m, got); diff != "" {
		t.Errorf("what was composed is not what is parsed (-want +got)\n%s", diff)
	}
}

func TestComposeDSN(t *testing.T) {
	d := mdn.DSN{
		EnvelopeID: "job 1", ReportingMTA: "gw.example.net", ReceivedFrom: "mfp.example.net", Arrival: sent,
		Recipients: []mdn.Recipient{
			{OriginalRecipient: "FAX=+12025550123@gw.example.net", FinalRecipient: "fax@gw.example.net", Action: "failed", Status: "5.6.1", Diagnostic: "554 5.6.1 cannot decode", LastAttempt: sent, WillRetryUntil: sent, Features: abilities},
			{FinalRecipient: "b@gw.example.net", Action: "delayed", Status: "4.4.1", RemoteMTA: "x.example", WillRetryUntil: sent},
		},
	}
	h := header
	h.Returned = []byte("Message-ID: <j1@gw.example.com>\nSubject: f\xc3\xa4x\n\nbody that must not appear\n")
	var b bytes.Buffer
	if err := mdn.ComposeDSN(&b, h, "Größe: zu groß\n"+strings.Repeat("x", 2000), d); err != nil {
		t.Fatal(err)
	}
	checkWire(t, b.Bytes(), 78)
	head, types, bodies := split(t, b.Bytes())
	if head.Get("Subject") != "Your message could not be delivered. (DSN)" {
		t.Errorf("subject %q", head.Get("Subject"))
	}
	if diff := cmp.Diff([]string{"text/plain; charset=utf-8", "message/delivery-status", "text/rfc822-headers"}, types); diff != "" {
		t.Fatal(diff)
	}
	if !strings.HasPrefix(string(bodies[0]), "Größe: zu groß\r\n") {
		t.Errorf("the words: %q", bodies[0])
	}
	got, err := mdn.ParseDSN(bytes.NewReader(bodies[1]))
	if err != nil {
		t.Fatal(err)
	}
	d.Recipients[0].WillRetryUntil = time.Time{} // RFC 3464 section 2.3.9: for delayed only.
	if diff := cmp.Diff(&d, got); diff != "" {
		t.Errorf("what was composed is not what is parsed (-want +got)\n%s", diff)
	}
	if string(bodies[2]) != "Message-ID: <j1@gw.example.com>\r\nSubject: f??x\r\n" {
		t.Errorf("returned header %q", bodies[2])
	}
}

// TestComposedIsReadByPython has another MIME implementation judge the message.
func TestComposedIsReadByPython(t *testing.T) {
	var b bytes.Buffer
	if err := mdn.ComposeMDN(&b, header, "Fäx da.", mdn.MDN{FinalRecipient: "fax@office.example", Type: mdn.TypeDispatched, OriginalMessageID: "<a@b>", Features: abilities}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", `
import sys, json, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
status = m.get_payload()[1].get_payload()[0]
print(json.dumps({"type": m.get_content_type(), "report": m["Content-Type"].params["report-type"], "from": str(m["From"]),
 "subject": m["Subject"], "text": m.get_payload()[0].get_content(), "disposition": status["Disposition"],
 "features": "".join(status["Media-Accept-Features"].splitlines()), "defects": [str(d) for p in m.walk() for d in p.defects]}))`)
	cmd.Stdin = &b
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3 (apt install python3): %v", err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"type": "multipart/report", "report": "disposition-notification", "from": "Büro 3 <fax@office.example>", "subject": "Your message was processed successfully. (MDN)",
		"text": "Fäx da.\n", "disposition": "automatic-action/MDN-sent-automatically; dispatched", "features": abilities, "defects": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestComposeRefuses(t *testing.T) {
	good := mdn.MDN{FinalRecipient: "a@b", Type: mdn.TypeDispatched}
	for name, change := range map[string]func(*mdn.ReportHeader, *mdn.MDN){
		"no recipient":               func(_ *mdn.ReportHeader, m *mdn.MDN) { m.FinalRecipient = "" },
		"no disposition":             func(_ *mdn.ReportHeader, m *mdn.MDN) { m.Type = "" },
		"no id":                      func(h *mdn.ReportHeader, _ *mdn.MDN) { h.MessageID = "" },
		"no date":                    func(h *mdn.ReportHeader, _ *mdn.MDN) { h.Date = time.Time{} },
		"a header in the recipient":  func(_ *mdn.ReportHeader, m *mdn.MDN) { m.FinalRecipient = "a@b\r\nBcc: c@d" },
		"a header in the message id": func(_ *mdn.ReportHeader, m *mdn.MDN) { m.OriginalMessageID = "<a>\nX: y" },
		"a header in In-Reply-To":    func(h *mdn.ReportHeader, _ *mdn.MDN) { h.InReplyTo = "<a>\r\n\r\nbody" },
		"a header in the address":    func(h *mdn.ReportHeader, _ *mdn.MDN) { h.To.Address = "a@b\r\nBcc: c@d" },
		"an endless id":              func(_ *mdn.ReportHeader, m *mdn.MDN) { m.OriginalMessageID = "<" + strings.Repeat("a", 2000) + ">" },
		"a field name with a colon":  func(_ *mdn.ReportHeader, m *mdn.MDN) { m.Extra = []mdn.Field{{Name: "A: b", Value: "c"}} },
	} {
		h, m := header, good
		change(&h, &m)
		var b bytes.Buffer
		if err := mdn.ComposeMDN(&b, h, "x", m); err == nil || b.Len() > 0 {
			t.Errorf("%s: error %v after %d octets", name, err, b.Len())
		}
	}
	if err := mdn.ComposeDSN(io.Discard, header, "x", mdn.DSN{ReportingMTA: "x", Recipients: []mdn.Recipient{{FinalRecipient: "a@b"}}}); err == nil {
		t.Error("a DSN recipient without action and status was written")
	}
}

func TestFieldUnfoldsToItself(t *testing.T) {
	for _, value := range []string{"", "a", "a  b\tc", strings.Repeat("word ", 60) + "end", strings.Repeat("x", 200) + " " + strings.Repeat("y", 90), `"quoted  string" and  more`} {
		raw, err := mdn.Field{Name: "Subject", Value: value}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := strings.CutSuffix(strings.ReplaceAll(string(raw), "\r\n ", " "), "\r\n")
		got = strings.ReplaceAll(got, "\r\n\t", "\t")
		if !ok || strings.TrimPrefix(got, "Subject: ") != value && value != "" {
			t.Errorf("%q was written as %q", value, raw)
		}
	}
}
