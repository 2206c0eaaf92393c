package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// bridge is a gateway whose office mail server (this machine) is believed, and whose clerks may fax.
func bridge(t *testing.T, change func(*gateway.Options)) (*node, *scriptedSender) {
	t.Helper()
	b, s := receiver(t, func(o *gateway.Options) {
		o.Config.Listen.Trusted = []string{"127.0.0.0/8"}
		o.Config.Sender = []config.Sender{{Address: "@office.test", Outcome: "always", Cover: true}}
		if change != nil {
			change(o)
		}
	})
	b.contact(gateway.Contact{Address: "fax@partner.test", Code: "acme", Name: "Acme Ltd", Kind: "machine"})
	b.contact(gateway.Contact{Address: "fax@number.test", Code: "+4930123456", Name: "By number", Kind: "machine"})
	return b, s
}

func officeMail(from, id, subject, headers string, parts ...string) string {
	raw := mailWith("Message-ID: <"+id+"@office.test>\nSubject: "+subject+"\n"+headers, parts...)
	return strings.Replace(raw, "From: Machine <machine@far.test>", "From: <"+from+">", 1)
}

// onlyFax waits for the one fax and returns it.
func (n *node) onlyFax() gateway.Fax {
	n.t.Helper()
	var list []gateway.Fax
	eventually(n.t, func() (bool, string) {
		var err error
		if list, err = n.Faxes(context.Background(), gateway.Page{}); err != nil {
			n.t.Fatal(err)
		}
		return len(list) == 1, fmt.Sprintf("%d faxes", len(list))
	})
	f, err := n.Fax(context.Background(), list[0].ID)
	if err != nil {
		n.t.Fatal(err)
	}
	return f
}

func TestMailToAContactIsFaxed(t *testing.T) {
	for _, tt := range []struct{ name, rcpt, subject, want string }{
		{"by code", "acme@b.test", "offer", "fax@partner.test"},
		{"by code in capitals", "ACME@B.test", "offer", "fax@partner.test"},
		{"by the contact's own address", "fax@partner.test", "offer", "fax@partner.test"},
		{"by number", "FAX=+4930123456@b.test", "offer", "fax@number.test"},
		{"by subject", "fax@b.test", "to: acme offer", "fax@partner.test"},
		{"by an address in the subject", "fax@b.test", "To:fax@else.test offer", "fax@else.test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := bridge(t, nil)
			raw := officeMail("clerk@office.test", "m1", tt.subject, "", "text/plain|Dear Acme,\n\nplease see below.\n\n-- \nThe clerk", pngPart(t))
			for range 2 { // a repeat is the same fax
				if err := b.deliver("clerk@office.test", tt.rcpt, raw); err != nil {
					t.Fatal(err)
				}
			}
			f := b.onlyFax()
			if len(f.Deliveries) != 1 || f.Deliveries[0].To != tt.want || f.Subject != "offer" {
				t.Errorf("fax: %+v", f)
			}
			if len(f.Documents) != 2 || f.Documents[0].Type != "text/plain" || f.Documents[1].Name != "three.png" {
				t.Errorf("documents: %+v", f.Documents)
			}
			eventually(t, func() (bool, string) { return s.tries() == 1, "nothing was sent" })
			b.inbox(0)
		})
	}
}

func TestTheSendersOwnNameStandsInTheHeaderLine(t *testing.T) {
	b, s := bridge(t, func(o *gateway.Options) {
		o.Config.Fax.Names = []string{"Head office", "Sales"}
		o.Config.Sender[0].HeaderName = "2"
	})
	if err := b.deliver("clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "h", "offer", "", "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() >= 1, "nothing was sent" })
	if h, _ := s.sentTo(t, "fax@partner.test"); !strings.Contains(h.Get("From"), "Sales") {
		t.Errorf("From: %s, want the sender name Sales in it", h.Get("From"))
	}
}

func TestUnauthorisedMailIsNotFaxed(t *testing.T) {
	plain := "text/plain|words"
	for _, tt := range []struct {
		name, envelope, rcpt, raw string
		untrusted                 bool
		want                      string
	}{
		{"forged From, no log-in", "clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "u1", "x", "", plain), true, "550 5.1.1"},
		{"stranger by the office's server", "x@evil.test", "acme@b.test", officeMail("x@evil.test", "u2", "x", "", plain), false, "550 5.7.1"},
		{"From of a clerk, envelope of a stranger", "x@evil.test", "acme@b.test", officeMail("clerk@office.test", "u3", "x", "", plain), false, "550 5.7.1"},
		{"envelope of a clerk, From of a stranger", "clerk@office.test", "acme@b.test", officeMail("x@evil.test", "u4", "x", "", plain), false, "550 5.7.1"},
		{"unknown code", "clerk@office.test", "nobody@b.test", officeMail("clerk@office.test", "u5", "x", "", plain), false, "550 5.1.1"},
		{"relay to anybody", "clerk@office.test", "someone@elsewhere.test", officeMail("clerk@office.test", "u6", "x", "", plain), false, "550 5.1.1"},
		{"relay by number", "clerk@office.test", "FAX=+81312345678@b.test", officeMail("clerk@office.test", "u7", "x", "", plain), false, "550 5.1.2"},
		{"mailing list", "clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "u8", "x", "List-Id: <all.office.test>\n", plain), false, "550 5.7.1"},
		{"unreadable part", "clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "u9", "x", "", plain, `application/octet-stream; name="a.exe"|MZ`+"\x90\x00\x03\x00\x00\x00\x04\x00"), false, "554 5.6.1"},
		{"subject with an unknown code", "clerk@office.test", "fax@b.test", officeMail("clerk@office.test", "u10", "to: nobody", "", plain), false, "550 5.1.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := bridge(t, func(o *gateway.Options) {
				if tt.untrusted {
					o.Config.Listen.Trusted = nil
				}
			})
			err := b.deliver(tt.envelope, tt.rcpt, tt.raw)
			re, ok := errors.AsType[*mailio.ReplyError](err)
			if !ok || !strings.HasPrefix(fmt.Sprintf("%d %s", re.Code, re.Enhanced), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			b.journal("refused")
			if list, _ := b.Faxes(context.Background(), gateway.Page{}); len(list) != 0 || s.tries() != 0 {
				t.Errorf("%d faxes, %d mails sent", len(list), s.tries())
			}
		})
	}
}

// TestAThousandMailsInAMinute: those beyond the limit are told to come later in the dialogue, nobody is answered by mail, and the journal says why without being flooded.
func TestAThousandMailsInAMinute(t *testing.T) {
	b, s := bridge(t, func(o *gateway.Options) { o.Config.Sender[0].Outcome = "never" })
	const mails, limit = 1000, 60
	began := time.Now()
	later := 0
	for n := range mails {
		err := b.deliver("clerk@office.test", "acme@b.test", officeMail("clerk@office.test", fmt.Sprintf("r%d", n), "x", "", "text/plain|words"))
		if re, ok := errors.AsType[*mailio.ReplyError](err); ok && re.Code == 451 && re.Enhanced == "4.7.1" {
			later++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	minutes := 1 + int(time.Since(began)/time.Minute)
	if taken := mails - later; taken < limit || taken > limit*minutes {
		t.Errorf("%d of %d mails were taken in %v, want %d a minute", taken, mails, time.Since(began), limit)
	}
	b.journal("more than 60 mails to fax in a minute")
	eventually(t, func() (bool, string) { return s.tries() >= mails-later, "the faxes that were taken did not go out" })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, env := range s.envs {
		if env.To != "fax@partner.test" {
			t.Errorf("a mail went to %s", env.To)
		}
	}
	lines, err := b.Journal(context.Background(), gateway.JournalFilter{Page: gateway.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, l := range lines {
		if l.Kind == "refused" {
			refused++
		}
	}
	if refused > 61*minutes {
		t.Errorf("%d lines of the journal for refusals", refused)
	}
}

func TestAnAnswerToAReceivedFaxGoesBackToItsMachine(t *testing.T) {
	for _, tt := range []struct {
		name string
		plus bool
	}{{"to the tagged address", true}, {"with the tag in the subject", false}} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := bridge(t, func(o *gateway.Options) {
				o.Config.Fax.DeliverTo, o.Config.Fax.PlusAddresses = "clerk@office.test", tt.plus
			})
			if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("in"), "text/plain|a question")); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() (bool, string) { return s.tries() == 1, "the fax was not passed on" })
			header, _ := s.sentTo(t, "clerk@office.test")
			to, subject := header.Get("Reply-To"), "Re: "+decodeSubject(t, header)
			if to == "" {
				to = header.Get("From")
			}
			to = strings.Trim(to[strings.LastIndexByte(to, '<')+1:], ">")
			answer := officeMail("clerk@office.test", "answer", subject, "", "text/plain|Our answer.\n\nOn Saturday, the machine wrote:\n> a question", pngPart(t))
			if err := b.deliver("clerk@office.test", to, answer); err != nil {
				t.Fatal(err)
			}
			f := b.onlyFax()
			if len(f.Deliveries) != 1 || f.Deliveries[0].To != "machine@far.test" || len(f.Documents) != 2 {
				t.Errorf("fax: %+v", f)
			}
			stranger := officeMail("x@evil.test", "stranger", subject, "", "text/plain|me too")
			if err := b.deliver("x@evil.test", to, stranger); tt.plus && err == nil {
				t.Error("a stranger's answer to the tagged address was taken")
			}
			if list, _ := b.Faxes(context.Background(), gateway.Page{}); len(list) != 1 {
				t.Errorf("%d faxes", len(list))
			}
		})
	}
}

func TestAnAnswerByAProgramToAnOutcomeMailEndsThere(t *testing.T) {
	b, s := bridge(t, func(o *gateway.Options) { o.Config.Fax.RequestMDN = false })
	if err := b.deliver("clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "m", "offer", "", "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "want the fax and the outcome mail" })
	away := officeMail("clerk@office.test", "away", "Re: Fax", "Auto-Submitted: auto-replied\n", "text/plain|I am away.")
	if err := b.deliver("clerk@office.test", "fax@b.test", away); err != nil {
		t.Fatal(err)
	}
	b.journal("the report has been dealt with")
	if n := s.tries(); n != 2 {
		t.Errorf("%d mails were sent", n)
	}
}

func decodeSubject(t *testing.T, h mail.Header) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
