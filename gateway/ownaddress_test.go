package gateway_test

import (
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
)

// TestOurNumberHoweverItIsWritten: RFC 3191 has slashes, separators, quotes and capitals that mean nothing; a telephone number in another domain is not ours (RFC 3965 section 3.3).
func TestOurNumberHoweverItIsWritten(t *testing.T) {
	for _, tt := range []struct {
		to, sub string
		refused bool
	}{
		{"FAX=+4930123456@b.test", "", false},
		{"/fax=+49-30-123.456/@B.test", "", false},
		{`"FAX=+4930123456/T33S=7"@b.test`, "7", false},
		{"FAX=+49-30-123456/t33s=1-2/@b.test", "12", false},
		{"FAX=+4930123457@b.test", "", true},
		{"FAX=4930123456@b.test", "", true},
		{"FAX=+4930123456@mfp.test", "", true},
	} {
		t.Run(strings.ReplaceAll(tt.to, "/", "|"), func(t *testing.T) {
			b, _ := receiver(t, func(o *gateway.Options) { o.Config.Fax.Addresses = []string{"FAX=+4930123456@b.test"} })
			err := b.deliver("a@far.test", tt.to, "From: a@far.test\nMessage-ID: <n@far.test>\n\nJust words.\n")
			if tt.refused {
				if err == nil || !strings.Contains(err.Error(), "550 5.1.1") {
					t.Errorf("got %v, want 550 5.1.1", err)
				}
				b.journal("was refused")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in := b.inbox(1); in[0].SubAddress != tt.sub {
				t.Errorf("sub-address %q, want %q", in[0].SubAddress, tt.sub)
			}
		})
	}
}

// TestOneRecipientForEachSubAddress: several T.33 sub-addresses are several addresses, each with its own RCPT and ORCPT (RFC 3192 section 4.1). What stands before the @ of a domain that is
// not ours goes out as it came: elements that we do not know, and the number itself (RFC 3191 section 2, RFC 3965 section 3.3).
func TestOneRecipientForEachSubAddress(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	want := []string{"FAX=+4930901820/T33S=1@mfp.test", "FAX=+4930901820/T33S=2@mfp.test", "/fax=+49-30.901/X-NEW=a.b/@mfp.test"}
	for _, to := range want {
		a.submit(to)
	}
	eventually(t, func() (bool, string) { return s.tries() == len(want), "not all were sent" })
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := map[string]string{}
	for _, env := range s.envs {
		sent[env.To] = env.ORcpt
	}
	for _, to := range want {
		if sent[to] != to {
			t.Errorf("%s: sent %q", to, sent)
		}
	}
}
