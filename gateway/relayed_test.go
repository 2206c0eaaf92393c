package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// reportIn gives the delivery report among what was sent; empty when there is none.
func (s *scriptedSender) reportIn() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, sent := range s.sent {
		if text := string(sent); strings.Contains(text, "message/delivery-status") {
			return fmt.Sprintf("MAIL FROM:<%s> RCPT TO:<%s> NOTIFY=%s\r\n%s", s.envs[i].From, s.envs[i].To, s.envs[i].Notify, text)
		}
	}
	return ""
}

// TestServersAreToldWhatBecameOfAMailThatIsFaxedOn: this gateway ends the world of delivery reports for such a mail (RFC 3461 section 5.2.4).
func TestServersAreToldWhatBecameOfAMailThatIsFaxedOn(t *testing.T) {
	refused := refuses(mailio.StageRCPT, 550, "5.1.1", "5.1.1 no such user")
	for _, tt := range []struct {
		name, notify string
		answer       func(func() error) (mailio.Reply, error)
		receipts     bool
		want         string // empty: no report
	}{
		{"confirmed", "SUCCESS", accepts, true, "\r\nAction: delivered\r\nStatus: 2.0.0\r\n"},
		{"no receipt to be had", "SUCCESS,FAILURE", accepts, false, "\r\nAction: relayed\r\nStatus: 2.0.0\r\n"},
		{"refused", "SUCCESS,FAILURE", refused, false, "\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.0.0 fax@partner.test"},
		{"refused, of success only", "SUCCESS", refused, false, ""},
		{"accepted, of failure only", "FAILURE", accepts, false, ""},
		{"nothing asked", "", refused, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := bridge(t, func(o *gateway.Options) {
				o.Config.Fax.RequestMDN = tt.receipts
				o.Config.Sender = []config.Sender{{Address: "@office.test", Outcome: "never"}}
			})
			s.mu.Lock()
			s.answers = append([]func(func() error) (mailio.Reply, error){tt.answer}, accepts)
			s.mu.Unlock()
			c, err := clientTo(b.Addr("smtp"))
			if err != nil {
				t.Fatal(err)
			}
			raw := strings.ReplaceAll(officeMail("clerk@office.test", "m1", "offer", "", "text/plain|Dear Acme"), "\n", "\r\n")
			env := mailio.Envelope{From: "clerk@office.test", To: "acme@b.test", Size: int64(len(raw)), Notify: tt.notify, EnvID: "office+7", ORcpt: "rfc822;Acme@office.test"}
			if _, err := c.Send(context.Background(), env, strings.NewReader(raw), nil); err != nil {
				t.Fatal(err)
			}
			f := b.onlyFax()
			if tt.receipts {
				f = b.wait(f.ID, gateway.Accepted)
				if err := b.deliver("", "fax@b.test", receiptFor(f.Deliveries[0].MessageID, "fax@partner.test", "dispatched")); err != nil {
					t.Fatal(err)
				}
			}
			if tt.want == "" {
				eventually(t, func() (bool, string) { return s.tries() == 1, "nothing was sent" })
				time.Sleep(200 * time.Millisecond)
				if got := s.reportIn(); got != "" {
					t.Errorf("a report was sent:\n%s", got)
				}
				return
			}
			eventually(t, func() (bool, string) { return s.reportIn() != "", "no report was sent" })
			got := s.reportIn()
			for _, want := range []string{
				tt.want, "MAIL FROM:<> RCPT TO:<clerk@office.test> NOTIFY=NEVER\r\n", "<postmaster@b.test>", "\r\nOriginal-Envelope-Id: office+7\r\n",
				"\r\nOriginal-Recipient: rfc822; Acme@office.test\r\n", "\r\nFinal-Recipient: rfc822; acme@b.test\r\n",
			} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
		})
	}
}

// TestWhatCannotBeFaxedOnIsToldByAnMDN: with a receipt asked for, a failure is told by processed/error, from the address that the mail was sent to (RFC 4160 section 3.4).
func TestWhatCannotBeFaxedOnIsToldByAnMDN(t *testing.T) {
	b, s := bridge(t, func(o *gateway.Options) {
		o.Config.Sender = []config.Sender{{Address: "@office.test", Outcome: "never"}}
	})
	s.mu.Lock()
	s.answers = append([]func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "5.1.1 no such user")}, accepts)
	s.mu.Unlock()
	raw := officeMail("clerk@office.test", "m1", "offer", "Disposition-Notification-To: <clerk@office.test>\n", "text/plain|Dear Acme")
	if err := b.deliver("clerk@office.test", "acme@b.test", raw); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, fmt.Sprintf("%d mails were sent", s.tries()) })
	got := strings.ReplaceAll(string(s.sent[1]), "\r\n ", " ")
	for _, want := range []string{"; processed/error", "Final-Recipient: rfc822; acme@b.test", "no such user", "could not be faxed"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if env := s.envs[1]; env.From != "" || env.To != "clerk@office.test" {
		t.Errorf("from <%s> to <%s>", env.From, env.To)
	}
}
