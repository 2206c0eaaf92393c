package gateway_test

import (
	"bytes"
	"context"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

// TestHeaderAndEnvelopeOfAFax looks at one message as it is handed over.
func TestHeaderAndEnvelopeOfAFax(t *testing.T) {
	for _, wanted := range []bool{true, false} { // a delivery report, and the parameter application
		s := answers(accepts)
		a := sending(t, s, func(c *config.Config) { c.Fax.RequestDSN, c.Fax.Application = wanted, wanted })
		const to = "FAX=+12025550123/T33S=7@gw.test"
		a.wait(a.submit(to, longTIFF(t, 3)), gateway.Accepted)
		env := s.envs[0]
		if env.From != "fax@a.test" || env.To != to || env.ORcpt != to || env.Size != int64(len(s.sent[0])) {
			t.Errorf("envelope %+v of %d octets", env, len(s.sent[0]))
		}
		if env.EnvID == "" || len(env.EnvID) > 38 || strings.Contains(env.Notify, "SUCCESS") != wanted || !wanted && env.Notify != "" {
			t.Errorf("ENVID %q, NOTIFY %q", env.EnvID, env.Notify)
		}
		m, err := mail.ReadMessage(bytes.NewReader(s.sent[0]))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"Date": "^[A-Z][a-z]{2}, ", "From": "<" + env.From + ">$", "To": "^<" + regexp.QuoteMeta(to) + ">$", "Message-Id": "^<[^@<>]+@a.test>$", "Mime-Version": `^1\.0$`,
			"Disposition-Notification-To": "^<" + env.From + ">$", "Content-Type": "^multipart/mixed;",
		} {
			if got := m.Header[name]; len(got) != 1 || !regexp.MustCompile(want).MatchString(got[0]) {
				t.Errorf("%s: %q", name, got)
			}
		}
		text := string(s.sent[0])
		head, body, _ := strings.Cut(text, "\r\n\r\nSUkqAAgAAA") // a Profile S file in base64
		if body == "" || !strings.Contains(head, "\r\nContent-Type: image/tiff;") || strings.Contains(head, "application=faxbw") != wanted {
			t.Errorf("the document is not there as image/tiff:\n%s", head)
		}
		if n := strings.Count(text, "image/tiff"); n != 1 || strings.Contains(text, "multipart/alternative") {
			t.Errorf("%d TIFFs, or a choice of them", n)
		}
		shortLines(t, text)
	}
}

// shortLines wants the lines of a message to end with CRLF and to be short.
func shortLines(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line, ok := strings.CutSuffix(line, "\r\n")
		if limit := map[bool]int{true: 998, false: 76}[strings.Contains(line, " ")]; !ok || len(line) > limit || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
}

// TestNobodyIsProbed (RFC 2532 section 3.3.1): a contact of whom nothing is known hears nothing before there is a fax, and then gets that.
func TestNobodyIsProbed(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, nil)
	a.contact(gateway.Contact{Address: "fax@b.test", Kind: gateway.Machine, Offer: true})
	a.view("fax@b.test")
	time.Sleep(300 * time.Millisecond)
	if s.tries() != 0 {
		t.Errorf("sent:\n%s", s.sent[0])
	}
	a.wait(a.submit("fax@b.test"), gateway.Accepted)
	if s.tries() != 1 || !strings.Contains(string(s.sent[0]), "\r\n\r\nSUkqAAgAAA") {
		t.Errorf("%d messages, or one without a fax", s.tries())
	}
}

// TestWhatWasLearnedExpires: after its time it counts for nothing.
func TestWhatWasLearnedExpires(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, func(c *config.Config) { c.Retry.Learned = config.Duration(2 * time.Second) })
	f := a.wait(a.submit("fax@b.test"), gateway.Accepted)
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"))
	if form := a.formOf("fax@b.test"); !strings.HasPrefix(form, "F MMR") {
		t.Errorf("learned: %s", form)
	}
	eventually(t, func() (bool, string) {
		form := a.formOf("fax@b.test")
		return strings.HasPrefix(form, "S MH"), "after its time: " + form
	})
}

// formOf is the form that the next fax to an address of the book would have.
func (n *node) formOf(address string) string {
	n.t.Helper()
	if _, err := n.Contact(context.Background(), address); err != nil {
		n.contact(gateway.Contact{Address: address})
	}
	return n.view(address).Next.Form
}

// TestAbilitiesThatCannotBeRead are kept as they came, and the next fax is in the plain form.
func TestAbilitiesThatCannotBeRead(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, nil)
	f := a.wait(a.submit("fax@b.test"), gateway.Accepted)
	head, _, _ := strings.Cut(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"), "Media-Accept-Features")
	a.reported(head + "Media-Accept-Features: (& (color=Binary\\ image-coding=[MMR\n\n--r--\n")
	a.journal("tells abilities that cannot be read")
	p, err := a.Peer(context.Background(), "fax@b.test")
	if err != nil || !strings.Contains(p.Features, "image-coding=[MMR") {
		t.Errorf("kept %+v, %v", p, err)
	}
	if f := a.wait(a.submit("fax@b.test"), gateway.Accepted); !strings.HasPrefix(f.Deliveries[0].Form, "S MH") {
		t.Errorf("the next one as %q", f.Deliveries[0].Form)
	}
}

// TestEachBoxOfAMachineIsAMessage (RFC 3192 section 4.1): two sub-addresses are two messages, each with its own recipient.
func TestEachBoxOfAMachineIsAMessage(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, nil)
	want := []string{"FAX=+1202/T33S=1@gw.test", "FAX=+1202/T33S=2@gw.test"}
	if _, err := a.Submit(context.Background(), gateway.SubmitRequest{To: want, Text: "words"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "not two messages" })
	for _, to := range want {
		h, _ := s.sentTo(t, to)
		if got := h.Get("To"); got != "<"+to+">" {
			t.Errorf("to %s went %q", to, got)
		}
	}
}
