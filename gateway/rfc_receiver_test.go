package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// fetched hands b what its mailbox has, as if it had been fetched.
func (n *node) fetched(uid, raw string, answered bool) {
	n.t.Helper()
	box, err := n.Mailbox(config.Mailbox{Name: "office", Protocol: "imap", TLS: "off", Address: "fax@b.test", PasswordFile: secretFile(n.t, "x"), Keep: "off"})
	if err != nil {
		n.t.Fatal(err)
	}
	env := mailio.Envelope{Source: "imap:office", Mailbox: &mailio.Item{Account: "office", Validity: "1", UID: uid}, Size: int64(len(raw)), MDNSent: answered}
	if err := box.Handler.Message(context.Background(), env, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n"))); err != nil {
		n.t.Fatal(err)
	}
}

// TestFetchedMail: of what comes by POP or IMAP nothing but the mailbox says who it is for, no DSN is written, and what another program has answered is answered.
func TestFetchedMail(t *testing.T) {
	broken := []string{"text/plain|words", `image/tiff; name="two.tif"|II*` + "\x00\xff\xff\x00\x00"}
	const path = "Return-Path: <machine@far.test>\n"
	t.Run("no delivery report", func(t *testing.T) {
		b, s := receiver(t, nil)
		b.fetched("1", path+mailWith(withID("one"), broken...), false)
		b.journal("no receipt is sent")
		if in := b.inbox(1)[0]; in.State == gateway.Read || s.tries() != 0 {
			t.Errorf("%s; sent %q", in.State, s.sent)
		}
		b.fetched("2", path+mailWith(withID("two")+wantsReceipt, broken...), false)
		eventually(t, func() (bool, string) { return s.tries() == 1, "no MDN" })
		if got := string(s.sent[0]); !strings.Contains(got, "; processed/error") || strings.Contains(got, "delivery-status") {
			t.Errorf("the receipt:\n%s", got)
		}
	})
	t.Run("the mailbox decides", func(t *testing.T) {
		b, s := bridge(t, nil)
		for i, to := range []string{"acme@b.test", "fax@partner.test", "someone@elsewhere.test", "FAX=+4930123456@b.test"} {
			raw := strings.Replace(officeMail("clerk@office.test", fmt.Sprint("m", i), "x", "Cc: acme@b.test\nBcc: fax@partner.test\n", "text/plain|words"), "To: fax@b.test", "To: "+to, 1)
			b.fetched(fmt.Sprint(i), raw, false)
		}
		for _, in := range b.inbox(4) {
			if in.To != "fax@b.test" {
				t.Errorf("for %s", in.To)
			}
		}
		if list, err := b.Faxes(context.Background(), gateway.Page{}); err != nil || len(list) != 0 || s.tries() != 0 {
			t.Errorf("%d faxes, %d mails sent, %v", len(list), s.tries(), err)
		}
	})
	t.Run("answered by another program", func(t *testing.T) {
		b, s := receiver(t, nil)
		b.fetched("1", path+mailWith(withID("seen")+wantsReceipt, "text/plain|words"), true)
		b.inbox(1)
		b.journal("no receipt is sent")
		if s.tries() != 0 {
			t.Errorf("answered again:\n%s", s.sent[0])
		}
		b.fetched("2", path+mailWith(withID("new")+wantsReceipt, "text/plain|words"), false)
		eventually(t, func() (bool, string) { return s.tries() == 1, "no MDN" })
	})
}

// reportOf takes a report apart with the standard library: its header, its parts' types and the fields of the second.
func reportOf(t *testing.T, raw []byte) (mail.Header, []string, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	types, fields := []string{kind + " " + params["report-type"]}, map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m.Header, types, fields
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		types = append(types, kind)
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(types) == 3 {
			for line := range strings.SplitSeq(strings.ReplaceAll(string(body), "\r\n ", " "), "\r\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					fields[name] += value
				}
			}
		}
	}
}

// TestAReceiptByItsOctets: what is in an MDN and in its envelope, and what is not.
func TestAReceiptByItsOctets(t *testing.T) {
	const secret = "the words that nobody else may read"
	for _, tt := range []struct {
		name, headers string
		own           func(*gateway.Options)
		want          map[string]string // of its fields; empty: not there
	}{
		{"all", withID("all") + "Original-Recipient: rfc822;Fax@b.test\n", nil, map[string]string{"Original-Message-ID": "<all@far.test>", "Original-Recipient": "rfc822; Fax@b.test"}},
		{"nothing of its own", "Subject: x\n", nil, map[string]string{"Original-Message-ID": "", "Original-Recipient": ""}},
		{"plain machine", withID("s"), func(o *gateway.Options) { o.Config.Fax.Codings, o.Config.Fax.MaxResolution = []string{"MH"}, "204x196" }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := receiver(t, tt.own)
			if err := b.deliver("machine@far.test", "fax@b.test", mailWith(tt.headers+"Disposition-Notification-To: <machine@FAR.test>\n", "text/plain|"+secret)); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt" })
			if env := s.envs[0]; env.From != "" || env.To != "machine@FAR.test" || env.Ret != "" || env.Notify != "NEVER" {
				t.Errorf("envelope %+v", env)
			}
			h, types, fields := reportOf(t, s.sent[0])
			if diff := cmp.Diff([]string{"multipart/report disposition-notification", "text/plain", "message/disposition-notification"}, types); diff != "" {
				t.Error(diff)
			}
			if h.Get("To") != "<machine@FAR.test>" || h.Get("Auto-Submitted") != "auto-replied" || h.Get("Disposition-Notification-To") != "" || h.Get("Message-Id") == "" {
				t.Errorf("header %v", h)
			}
			if fields["Final-Recipient"] != "rfc822; fax@b.test" || fields["Disposition"] != "automatic-action/MDN-sent-automatically; dispatched" ||
				!strings.Contains(fields["Media-Accept-Features"], "(image-coding=") {
				t.Errorf("fields %v", fields)
			}
			for name, want := range tt.want {
				if fields[name] != want {
					t.Errorf("%s: %q, want %q", name, fields[name], want)
				}
			}
			if text := string(s.sent[0]); strings.Contains(text, secret) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(secret))[:30]) {
				t.Errorf("the mail itself is sent back:\n%s", text)
			}
		})
	}
}

// TestUnaskedReceipts: what is told to whom did not ask, and to whom did.
func TestUnaskedReceipts(t *testing.T) {
	good, broken := []string{"text/plain|words"}, []string{"text/plain|words", `image/tiff; name="two.tif"|II*` + "\x00\xff\xff\x00\x00"}
	for _, tt := range []struct {
		name, answer, headers string
		parts                 []string
		want                  string
	}{
		{"never", "off", wantsReceipt, good, ""},
		{"never of an error", "off", wantsReceipt, broken, ""},
		{"unasked success", "asked", "", good, ""},
		{"unasked error", "asked", "", broken, ""},
		{"unasked success, errors on", "errors", "", good, ""},
		{"unasked error, errors on", "errors", "", broken, "; processed/error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.Answer = tt.answer })
			b.fetched("1", "Return-Path: <machine@far.test>\n"+mailWith(withID("u")+tt.headers, tt.parts...), false)
			b.inbox(1)
			b.journal("receipt is sent")
			if tt.want == "" {
				time.Sleep(100 * time.Millisecond)
				if s.tries() != 0 {
					t.Errorf("sent:\n%s", s.sent[0])
				}
				return
			}
			eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt" })
			if got := string(s.sent[0]); !strings.Contains(got, tt.want) || s.envs[0].To != "machine@far.test" {
				t.Errorf("to %s:\n%s", s.envs[0].To, got)
			}
		})
	}
}

// TestReportsAskingForReceiptsGetNone: whatever an MDN or DSN asks for.
func TestReportsAskingForReceiptsGetNone(t *testing.T) {
	b, s := receiver(t, nil)
	for _, report := range []string{receiptFor("<x@b.test>", "machine@far.test", "dispatched"), deliveryReport("<x@b.test>", "machine@far.test failed 5.1.1")} {
		before := b.count("report")
		if err := b.deliver("machine@far.test", "fax@b.test", "Disposition-Notification-To: <machine@far.test>\n"+report); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() (bool, string) { return b.count("report") > before, "the report was not dealt with" })
	}
	time.Sleep(100 * time.Millisecond)
	if s.tries() != 0 {
		t.Errorf("answered:\n%s", s.sent[0])
	}
}

// TestOneReceiptOverARestart: the same mail after a restart is known, and answered no more.
func TestOneReceiptOverARestart(t *testing.T) {
	b, s := receiver(t, nil)
	raw := mailWith(withID("again")+wantsReceipt, "text/plain|words")
	for i := range 3 {
		if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
			t.Fatal(err)
		}
		b.inbox(1)
		eventually(t, func() (bool, string) {
			return s.tries() == 1, fmt.Sprintf("%d receipts after %d starts", s.tries(), i+1)
		})
		b.end()
		b.start()
	}
	time.Sleep(200 * time.Millisecond)
	if s.tries() != 1 {
		t.Errorf("%d receipts", s.tries())
	}
}

// asking delivers a mail with these parameters in its envelope.
func (n *node) asking(env mailio.Envelope, raw string) {
	n.t.Helper()
	c, err := clientTo(n.Addr("smtp"))
	if err != nil {
		n.t.Fatal(err)
	}
	env.From, env.To = "machine@far.test", "fax@b.test"
	if _, err := c.Send(context.Background(), env, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), nil); err != nil {
		n.t.Fatal(err)
	}
}

// TestReportWithoutParameters: what the envelope did not have, a DSN does not tell; what it had in xtext, it tells in plain.
func TestReportWithoutParameters(t *testing.T) {
	for _, tt := range []struct {
		env  mailio.Envelope
		want map[string]string
	}{
		{mailio.Envelope{Notify: "SUCCESS"}, map[string]string{"Original-Envelope-Id": "", "Original-Recipient": ""}},
		{mailio.Envelope{Notify: "SUCCESS", EnvID: "a+b=c d", ORcpt: "rfc822;FAX=+1@B.test"}, map[string]string{"Original-Envelope-Id": "a+b=c d", "Original-Recipient": "rfc822; FAX=+1@B.test"}},
	} {
		b, s := receiver(t, nil)
		b.asking(tt.env, mailWith(withID("n"), "text/plain|words"))
		eventually(t, func() (bool, string) { return s.tries() == 1, "no report" })
		_, types, fields := reportOf(t, s.sent[0])
		if types[0] != "multipart/report delivery-status" || fields["Final-Recipient"] != "rfc822; fax@b.test" || fields["Action"] != "delivered" || fields["Status"] != "2.0.0" || fields["Will-Retry-Until"] != "" {
			t.Errorf("%v, %v", types, fields)
		}
		for name, want := range tt.want {
			if fields[name] != want {
				t.Errorf("%s: %q, want %q", name, fields[name], want)
			}
		}
	}
}

// TestNoReportOfADelay: what is taken is delivered, so that nobody hears of a delay, asked for or not.
func TestNoReportOfADelay(t *testing.T) {
	b, s := receiver(t, nil)
	for i, notify := range []string{"DELAY", "FAILURE,DELAY", ""} {
		b.asking(mailio.Envelope{Notify: notify}, mailWith(withID(fmt.Sprint("d", i)), "text/plain|words"))
		b.inbox(i + 1)
	}
	time.Sleep(200 * time.Millisecond)
	if s.tries() != 0 {
		t.Errorf("sent:\n%s", s.sent[0])
	}
}

// TestCodesMeanSomethingInOwnDomainsOnly: the same local parts elsewhere are somebody else's.
func TestCodesMeanSomethingInOwnDomainsOnly(t *testing.T) {
	for _, local := range []string{"acme", "FAX=+4930123456", "/FAX=+49-30.123456/"} {
		b, s := bridge(t, nil)
		raw := officeMail("clerk@office.test", "m", "x", "", "text/plain|words")
		for _, domain := range []string{"elsewhere.test", "sub.b.test", "b.test.elsewhere.test"} {
			err := b.deliver("clerk@office.test", local+"@"+domain, raw)
			if re, ok := errors.AsType[*mailio.ReplyError](err); !ok || re.Code != 550 {
				t.Errorf("%s@%s: %v", local, domain, err)
			}
		}
		if s.tries() != 0 {
			t.Fatalf("%d mails", s.tries())
		}
		if err := b.deliver("clerk@office.test", local+"@B.test", raw); err != nil {
			t.Errorf("%s: %v", local, err)
		}
		want := map[bool]string{true: "fax@partner.test", false: "fax@number.test"}[local == "acme"]
		if f := b.onlyFax(); f.Deliveries[0].To != want {
			t.Errorf("%s was faxed to %s", local, f.Deliveries[0].To)
		}
	}
}

// TestAnUnknownCompressionFailsTheMessage, whatever else is in it.
func TestAnUnknownCompressionFailsTheMessage(t *testing.T) {
	strange := func(compression uint32) string {
		return `image/tiff; name="strange.tif"|` + string(tiffOf(1728, 40, compression, 0, 1, []byte{1, 2, 3, 4}))
	}
	for _, compression := range []uint32{33000, 34712} {
		b, s := receiver(t, nil)
		raw := mailWith(withID("strange")+wantsReceipt, `image/tiff; name="good.tif"|`+string(goodTIFF(t, "A page.\n")), strange(compression))
		if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
			t.Fatal(err)
		}
		if in := b.inbox(1)[0]; in.State != gateway.Incomplete || !strings.Contains(in.Error, "strange.tif") {
			t.Errorf("in the inbox: %+v", in)
		}
		eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt" })
		_, _, fields := reportOf(t, s.sent[0])
		if !strings.HasSuffix(fields["Disposition"], "; processed/error") || !strings.HasPrefix(fields["Error"], "5.6.1 ") {
			t.Errorf("compression %d: %v", compression, fields)
		}
	}
}
