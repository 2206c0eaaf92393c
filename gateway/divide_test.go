package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
	"faxgate/spool"
)

// longTIFF is a fax of so many pages, to be sent.
func longTIFF(t *testing.T, pages int) gateway.File {
	t.Helper()
	name := longFax(t, pages)
	return gateway.File{Name: "long.tif", Open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// smallMailbox refuses what is larger, at the dot, and keeps what is not.
type smallMailbox struct {
	scriptedSender
	limit     int
	announced bool // by SIZE, so that the limit is known before
	deliver   func(from, to, raw string) error
}

func (s *smallMailbox) Send(ctx context.Context, env mailio.Envelope, msg io.Reader, atDot func() error) (mailio.Reply, error) {
	body, err := io.ReadAll(msg)
	if err != nil {
		return mailio.Reply{}, err
	}
	if len(body) > s.limit {
		if s.announced {
			return mailio.Reply{}, &mailio.ReplyError{Stage: mailio.StageSize, Code: 552, Enhanced: "5.3.4", Text: "too big", Hop: "mx.test:25", MaxSize: int64(s.limit)}
		}
		return refuses(mailio.StageDot, 552, "5.2.3", "5.2.3 message exceeds fixed maximum size")(atDot)
	}
	s.mu.Lock()
	s.sent, s.envs = append(s.sent, body), append(s.envs, env)
	s.mu.Unlock()
	if err := s.deliver(env.From, env.To, string(body)); err != nil {
		return mailio.Reply{}, err
	}
	return accepts(atDot)
}

// TestATooLargeFaxIsDividedByPages sends twelve pages to a mailbox that takes fewer at a time, by all ways to learn that: each page arrives, once, and each part is a fax of its own.
func TestATooLargeFaxIsDividedByPages(t *testing.T) {
	for _, tt := range []struct {
		name      string
		announced bool
		contact   bool
		words     string
		parts     int
	}{
		{"SIZE", true, false, "too big", 3},
		{"552 at the dot", false, false, "fixed maximum size", 4},
		{"contact", false, true, "the contact fax@b.test takes at most", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := receiver(t, nil)
			s := &smallMailbox{limit: 500 << 10, announced: tt.announced, deliver: b.deliver}
			a := newNode(t, "fax@a.test", func(o *gateway.Options) {
				o.Sender = func(string) (mailio.Sender, error) { return s, nil }
			}).start()
			if tt.contact {
				a.contact(gateway.Contact{Address: "fax@b.test", SizeLimit: 500 << 10})
			}
			id := a.submit("fax@b.test", longTIFF(t, 12))
			var f gateway.Fax
			eventually(t, func() (bool, string) {
				f = a.wait(id, gateway.Accepted)
				return len(f.Deliveries) == tt.parts, fmt.Sprintf("%d parts, want %d", len(f.Deliveries), tt.parts)
			})
			f = a.wait(id, gateway.Accepted)
			a.journal(tt.words)
			pages := 0
			for _, in := range b.inbox(tt.parts) {
				pages += in.Pages
			}
			if pages != 12 {
				t.Errorf("%d pages arrived", pages)
			}
			sent := map[int]int{}
			for _, raw := range s.sent {
				text := string(raw)
				m := regexp.MustCompile(`This is part ([0-9/, ]+): pages (\d+) to (\d+) of 12`).FindStringSubmatch(text)
				if m == nil || !strings.Contains(text, "("+m[1]+")") {
					t.Fatalf("a part does not say which it is:\n%.1500s", text)
				}
				first, err1 := strconv.Atoi(m[2])
				last, err2 := strconv.Atoi(m[3])
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				for n := first; n <= last; n++ {
					sent[n]++
				}
			}
			for n := 1; n <= 12; n++ {
				if sent[n] != 1 {
					t.Errorf("page %d was sent %d times", n, sent[n])
				}
			}
		})
	}
}

// TestAFullMailboxIsNoMatterOfSize is not divided, and a page that is too large by itself fails in clear words.
func TestAFullMailboxIsNoMatterOfSize(t *testing.T) {
	full := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageDot, 552, "5.2.2", "5.2.2 mailbox full")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = full.way }).start()
	f := a.wait(a.submit("fax@b.test", longTIFF(t, 4)), gateway.Failed)
	if len(f.Deliveries) != 1 || full.tries() != 1 {
		t.Errorf("%d parts after %d tries", len(f.Deliveries), full.tries())
	}
	a.contact(gateway.Contact{Address: "tiny@b.test", SizeLimit: 10 << 10})
	f = a.wait(a.submit("tiny@b.test", longTIFF(t, 2)), gateway.Failed)
	for _, d := range f.Deliveries {
		if !strings.Contains(d.Reason, "a single page is too large already") {
			t.Errorf("part %s: %s", d.Part, d.Reason)
		}
	}
	if len(f.Deliveries) != 2 || full.tries() != 1 {
		t.Errorf("%d parts, %d tries", len(f.Deliveries), full.tries())
	}
}

// TestASizeBounceDivides learns of the limit by a DSN, after the next hop has taken the fax.
func TestASizeBounceDivides(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	id := a.submit("fax@b.test", longTIFF(t, 3))
	f := a.wait(id, gateway.Accepted)
	bounce := "From: MAILER-DAEMON@relay.test\nTo: fax@a.test\nSubject: Undelivered\nMessage-ID: <b1@relay.test>\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\nToo large.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.test\n\n" +
		"Final-Recipient: rfc822; fax@b.test\nAction: failed\nStatus: 5.3.4\nDiagnostic-Code: smtp; 552 5.3.4 Message too big\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + f.Deliveries[0].MessageID + "\n\n--b--\n"
	if err := a.deliver("", "fax@a.test", bounce); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 3, fmt.Sprintf("%d tries", s.tries()) })
	f = a.wait(id, gateway.Accepted)
	ids := map[string]spool.ID{}
	for _, d := range f.Deliveries {
		ids[d.MessageID] = d.Task
	}
	if len(ids) != 2 || ids[f.Deliveries[0].MessageID] == "" {
		t.Errorf("the parts are %+v", f.Deliveries)
	}
	a.journal("Message too big): divided by pages, this is part 1/2")
}
