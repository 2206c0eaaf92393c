package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
)

// answers is a sender that gives these answers, one after the other.
func answers(list ...func(func() error) (mailio.Reply, error)) *scriptedSender {
	return &scriptedSender{answers: list}
}

// sending is a gateway whose faxes go to s.
func sending(t *testing.T, s *scriptedSender, change func(*config.Config)) *node {
	t.Helper()
	return newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		if change != nil {
			change(&o.Config)
		}
	}).start()
}

// rungsOf is the rungs of a fax in one line.
func rungsOf(f gateway.Fax) string {
	var list []string
	for _, r := range f.Deliveries[0].Rungs {
		list = append(list, string(r.State))
	}
	return strings.Join(list, " ")
}

// reported hands the gateway a report and waits until it has been dealt with.
func (n *node) reported(report string) {
	n.t.Helper()
	before := n.count("report")
	if err := n.deliver("", "fax@a.test", report); err != nil {
		n.t.Fatal(err)
	}
	eventually(n.t, func() (bool, string) { return n.count("report") > before, "the report was not dealt with" })
}

// count counts the lines of the journal of one kind.
func (n *node) count(kind string) (lines int) {
	n.t.Helper()
	list, err := n.Journal(context.Background(), gateway.JournalFilter{Page: gateway.Page{Limit: 1000}})
	if err != nil {
		n.t.Fatal(err)
	}
	for _, l := range list {
		if l.Kind == kind {
			lines++
		}
	}
	return lines
}

// stays makes sure that the fax is in the state and does not leave it.
func (n *node) stays(id spool.ID, want spool.State) {
	n.t.Helper()
	for range 10 {
		f, err := n.Fax(context.Background(), id)
		if err != nil || f.State != want {
			n.t.Fatalf("fax is %s, want %s (%s): %v", f.State, want, rungsOf(f), err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// deliveryReport is a DSN on a message of ours, one block for each recipient: "address action status".
func deliveryReport(messageID string, blocks ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `From: <postmaster@b.test>
To: <fax@a.test>
Subject: Delivery report
Date: Sat, 21 Nov 2026 19:00:00 +0000
Message-ID: <d%d@b.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="d"

--d
Content-Type: text/plain

A report.
--d
Content-Type: message/delivery-status

Reporting-MTA: dns; b.test
`, time.Now().UnixNano())
	for _, block := range blocks {
		f := strings.Fields(block)
		fmt.Fprintf(&b, "\nFinal-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n", f[0], f[1], f[2])
	}
	fmt.Fprintf(&b, "\n--d\nContent-Type: text/rfc822-headers\n\nMessage-ID: %s\nSubject: fax\n\n--d--\n", messageID)
	return b.String()
}

func TestAReceiptThatComesDuringTheRepeatStopsIt(t *testing.T) {
	var a *node
	var id spool.ID
	dots := 0
	s := answers(hangsUp, func(atDot func() error) (mailio.Reply, error) {
		f := a.wait(id, gateway.Sending)
		a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"))
		if err := atDot(); err != nil {
			return mailio.Reply{}, &mailio.StageError{Stage: mailio.StageDATA, Hop: "mx.test:25", Err: err}
		}
		dots++
		return mailio.Reply{Hop: "mx.test:25", Code: 250}, nil
	})
	a = sending(t, s, func(c *config.Config) { c.Retry.Grace = config.Duration(300 * time.Millisecond) })
	id = a.submit("fax@b.test")
	f := a.wait(id, gateway.Confirmed)
	a.stays(id, gateway.Confirmed)
	if dots != 0 {
		t.Error("the repeat went out although the fax was confirmed")
	}
	if got := rungsOf(f); got != "queued sending uncertain queued sending confirmed" {
		t.Errorf("rungs: %s", got)
	}
}

func TestARefusalToTheMessageBeforeDoesNotStopTheOneThatHealsIt(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, func(c *config.Config) { c.Fax.MaxResolution = "204x196" })
	first := a.submit("fax@b.test")
	f := a.wait(first, gateway.Accepted)
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"))
	a.wait(first, gateway.Confirmed)
	id := a.submit("fax@b.test")
	f = a.wait(id, gateway.Accepted)
	refused := f.Deliveries[0].MessageID
	a.reported(receiptFor(refused, "fax@b.test", "processed/error"))
	eventually(t, func() (bool, string) { return s.tries() == 3, "the fax was not sent once more" })
	f = a.wait(id, gateway.Accepted)
	if d := f.Deliveries[0]; d.MessageID == refused || !strings.HasPrefix(d.Form, "S MH") {
		t.Fatalf("healed as %q under %s", d.Form, d.MessageID)
	}
	a.reported(deliveryReport(refused, "fax@b.test delivered 2.0.0"))
	a.reported(deliveryReport(refused, "fax@b.test failed 5.6.1"))
	a.stays(id, gateway.Accepted)
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"))
	a.wait(id, gateway.Confirmed)
}

func TestRetryAfterARefusalIsANewMessageThatCanBeConfirmed(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, nil)
	id := a.submit("fax@b.test")
	refused := a.wait(id, gateway.Accepted).Deliveries[0].MessageID
	a.reported(receiptFor(refused, "fax@b.test", "processed/error"))
	a.wait(id, gateway.Failed)
	if err := a.Retry(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "not sent again" })
	again := a.wait(id, gateway.Accepted).Deliveries[0].MessageID
	if again == refused {
		t.Fatal("sent again under the same Message-ID: its recipient takes it for a repeat and owes no second receipt")
	}
	a.reported(receiptFor(again, "fax@b.test", "dispatched"))
	a.wait(id, gateway.Confirmed)
}

func TestRetryByHandHasTheWholeScheduleAgain(t *testing.T) {
	s := answers(refuses(mailio.StageMAIL, 451, "4.3.0", "come back later"))
	a := sending(t, s, func(c *config.Config) {
		c.Retry.FirstWait, c.Retry.GiveUp = config.Duration(100*time.Millisecond), config.Duration(350*time.Millisecond)
		c.Retry.Wait = c.Retry.FirstWait
	})
	id := a.submit("fax@b.test")
	a.wait(id, gateway.Failed)
	time.Sleep(400 * time.Millisecond) // a fax is looked at when it is older than the schedule is long
	before := s.tries()
	if err := a.Retry(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() >= before+2, "given up after one try" })
	a.wait(id, gateway.Failed)
}

func TestAReportOnSeveralRecipientsSaysOfOursOnlyWhatItSaysOfOurs(t *testing.T) {
	a := sending(t, answers(accepts), nil)
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Accepted)
	a.reported(deliveryReport(f.Deliveries[0].MessageID, "other@b.test failed 5.1.1", "fax@b.test delivered 2.0.0"))
	a.stays(id, gateway.Delivered)
}

func TestADeniedReceiptProvesThatAnUncertainFaxArrived(t *testing.T) {
	s := answers(hangsUp)
	a := sending(t, s, func(c *config.Config) { c.Retry.Grace = config.Duration(time.Hour) })
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Uncertain)
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "denied"))
	a.stays(id, gateway.Accepted)
	if s.tries() != 1 {
		t.Errorf("sent %d times", s.tries())
	}
}

func TestABadReportDoesNotReviveACancelledFax(t *testing.T) {
	s := answers(hangsUp)
	a := sending(t, s, func(c *config.Config) { c.Retry.Grace = config.Duration(time.Hour) })
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Uncertain)
	if err := a.Cancel(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "processed/error"))
	a.stays(id, gateway.Cancelled)
}

func TestAWrongPasswordOfTheRelayEndsNoFax(t *testing.T) {
	s := answers(refuses(mailio.StageAUTH, 535, "5.7.8", "5.7.8 authentication failed"), accepts)
	a := sending(t, s, nil)
	a.wait(a.submit("fax@b.test"), gateway.Accepted)
	a.journal("5.7.8 authentication failed")
}

func TestARendererThatCannotStartEndsNoFax(t *testing.T) {
	s := answers(accepts)
	a := sending(t, s, nil)
	words := a.submit("fax@b.test")
	a.wait(words, gateway.Accepted)
	var pdf bytes.Buffer
	if err := a.FaxPDF(context.Background(), words, &pdf); err != nil {
		t.Fatal(err)
	}
	a.end()
	g, err := gateway.Open(context.Background(), a.opts)
	if err != nil {
		t.Fatal(err)
	}
	file := gateway.File{Name: "letter.pdf", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(pdf.Bytes())), nil }}
	id, err := g.Submit(context.Background(), gateway.SubmitRequest{To: []string{"fax@b.test"}, Files: []gateway.File{file}})
	if err = errors.Join(err, g.Close()); err != nil {
		t.Fatal(err)
	}
	good := a.opts.PDFWorker
	a.opts.PDFWorker = []string{filepath.Join(a.dir, "no-such-program")}
	a.start()
	eventually(t, func() (bool, string) { return a.count("fault") > 0, "the fault is not in the journal" })
	a.stays(id, gateway.Queued)
	a.end()
	a.opts.PDFWorker = good
	a.start()
	if err := a.Cancel(context.Background(), id); err != nil { // by a person who will not wait for the next try
		t.Fatal(err)
	}
	if err := a.Retry(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	a.wait(id, gateway.Accepted)
}

func TestWordsAloneAreAFax(t *testing.T) {
	a, b := pair(t, nil, nil)
	id, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{"fax@b.test"}, Text: "Nothing but words.\n"})
	if err != nil {
		t.Fatal(err)
	}
	a.wait(id, gateway.Confirmed)
	b.inbox(1)
}

func TestAFaxToManyIsShownAndCancelledWhole(t *testing.T) {
	const many = 120
	a := sending(t, answers(refuses(mailio.StageMAIL, 451, "4.3.0", "later")), func(c *config.Config) { c.Retry.FirstWait = config.Duration(time.Hour) })
	r := gateway.SubmitRequest{Text: "to all"}
	for i := range many {
		r.To = append(r.To, fmt.Sprintf("fax%d@b.test", i))
	}
	id, err := a.Submit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) {
		err := a.Cancel(context.Background(), id)
		f, _ := a.Fax(context.Background(), id)
		return f.State == gateway.Cancelled && len(f.Deliveries) == many, fmt.Sprintf("%s, %d deliveries: %v", f.State, len(f.Deliveries), err)
	})
}

func TestAMailboxWithoutItsPasswordEndsRun(t *testing.T) {
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Config.Mailbox = []config.Mailbox{{
			Name: "m", Protocol: "pop3", Host: "127.0.0.1", Port: 1, TLS: "off", User: "u", Address: "fax@a.test", Keep: "off",
			PasswordFile: filepath.Join(o.Config.Data, "gone"), Interval: config.Duration(time.Hour),
		}}
	})
	g, err := gateway.Open(context.Background(), a.opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("run: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// deliverAsking delivers a mail whose envelope asks for delivery reports.
func (n *node) deliverAsking(from, notify, raw string) {
	n.t.Helper()
	c, err := clientTo(n.Addr("smtp"))
	if err != nil {
		n.t.Fatal(err)
	}
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	env := mailio.Envelope{From: from, To: "fax@b.test", Size: int64(len(raw)), Notify: notify, EnvID: "job+1", ORcpt: "rfc822;Fax+1@b.test"}
	if _, err := c.Send(context.Background(), env, strings.NewReader(raw), nil); err != nil {
		n.t.Fatal(err)
	}
}

func TestDeliveryReportsGoAsNotifySays(t *testing.T) {
	whole := func(headers string) string { return mailWith(withID("n")+headers, "text/plain|words") }
	broken := mailWith(withID("n"), "text/plain|words", `image/tiff; name="two.tif"|II*`+"\x00\xff\xff\x00\x00", pngPart(t))
	for _, tt := range []struct {
		name, from, notify, raw string
		want                    string // in the one report; empty: there is none
	}{
		{"success asked", "machine@far.test", "SUCCESS", whole(""), "Action: delivered"},
		{"never", "machine@far.test", "NEVER", whole(""), ""},
		{"nothing asked, delivered", "machine@far.test", "", whole(""), ""},
		{"failure asked, delivered", "machine@far.test", "FAILURE", whole(""), ""},
		{"null sender", "", "SUCCESS", whole(""), ""},
		{"a part that cannot be read", "machine@far.test", "", broken, "Action: failed"},
		{"a part that cannot be read, never", "machine@far.test", "NEVER", broken, ""},
		{"a part that cannot be read, success asked only", "machine@far.test", "SUCCESS", broken, ""},
		{"receipt asked for", "machine@far.test", "", whole(wantsReceipt), "Disposition: automatic-action/MDN-sent-automatically; dispatched"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := receiver(t, nil)
			b.deliverAsking(tt.from, tt.notify, tt.raw)
			b.journal("receipt is sent")
			if tt.want == "" {
				b.inbox(1)
				time.Sleep(50 * time.Millisecond)
				if s.tries() != 0 {
					t.Fatalf("a report was sent:\n%s", s.sent[0])
				}
				return
			}
			eventually(t, func() (bool, string) { return s.tries() == 1, "no report was sent" })
			got, env := string(s.sent[0]), s.envs[0]
			if env.From != "" || env.Notify != "NEVER" || env.Ret != "" || env.To != "machine@far.test" {
				t.Errorf("envelope: %+v", env)
			}
			for _, want := range []string{tt.want, "\r\nOriginal-Recipient: rfc822; Fax+1@b.test\r\n", "\r\nFinal-Recipient: rfc822; fax@b.test\r\n"} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if dsn := strings.Contains(got, "message/delivery-status"); dsn != strings.Contains(got, "\r\nOriginal-Envelope-Id: job+1\r\n") {
				t.Errorf("envelope id:\n%s", got)
			}
		})
	}
}

func TestAReceiptThatWasNotTakenAtTheDotIsTriedAgainUntilItIs(t *testing.T) {
	s := answers(refuses(mailio.StageDot, 451, "4.7.1", "4.7.1 greylisted, try again later"), hangsUp)
	b := newNode(t, "fax@b.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("grey")+wantsReceipt, "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	b.journal("its answer was not read; it is not sent again")
	time.Sleep(600 * time.Millisecond) // longer than the time between two tries
	if s.tries() != 2 || !bytes.Equal(s.sent[0], s.sent[1]) {
		t.Errorf("%d tries, or not the same receipt", s.tries())
	}
}

func TestAPageThatBreaksOffHoldsUpNoOther(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.DeliverTo = "office@b.test" })
	cut := pngPart(t)
	raw := mailWith(withID("cut"), `text/plain; name="one.txt"|one`, cut[:len(cut)*2/3], pngPart(t))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)
	if in[0].State != gateway.Incomplete {
		t.Fatalf("inbox: %+v", in[0])
	}
	var pdf bytes.Buffer
	if err := b.InboxPDF(context.Background(), in[0].ID, &pdf); err != nil {
		t.Errorf("PDF of the inbox: %v", err)
	}
	eventually(t, func() (bool, string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, env := range s.envs {
			if env.To == "office@b.test" {
				return true, ""
			}
		}
		return false, "the readable pages were not passed on"
	})
}

func TestARouteWhoseDotIsNeverAnsweredIsRepeatedOnceAndThenHeld(t *testing.T) {
	s := answers(hangsUp, hangsUp, accepts)
	b := newNode(t, "fax@b.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Fax.DeliverTo, o.Config.Fax.Administrator = "office@b.test", "admin@b.test"
		o.Config.Retry.Grace = config.Duration(100 * time.Millisecond)
	}).start()
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("route"), "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() >= 3, "the administrator was not told" })
	time.Sleep(300 * time.Millisecond)
	if s.tries() != 3 || !bytes.Equal(s.sent[0], s.sent[1]) || s.envs[2].To != "admin@b.test" {
		t.Errorf("%d tries, the last one to %s", s.tries(), s.envs[2].To)
	}
}

func TestAPanicIsAFaultOfItsOwnFaxAlone(t *testing.T) {
	s := answers(func(func() error) (mailio.Reply, error) { panic("a page that nobody was ready for") }, accepts)
	a := sending(t, s, nil)
	id := a.submit("fax@b.test")
	a.journal("a page that nobody was ready for")
	a.wait(a.submit("other@b.test"), gateway.Accepted)
	a.wait(id, gateway.Accepted) // at its next try
}

func TestAFaultThatStaysEndsInAHeldFaxNotInTriesForEver(t *testing.T) {
	s := answers(func(func() error) (mailio.Reply, error) { panic("always") })
	a := sending(t, s, func(c *config.Config) { c.Retry.Cap = 1 })
	f := a.wait(a.submit("fax@b.test"), gateway.Held)
	if !strings.Contains(f.Deliveries[0].Reason, "always") || s.tries() != 1 {
		t.Errorf("%d tries, reason %q", s.tries(), f.Deliveries[0].Reason)
	}
}

func TestAReceiptQuickerThanTheReplyIsNotWaitedForAgain(t *testing.T) {
	for disposition, want := range map[string]spool.State{"dispatched": gateway.Confirmed, "denied": gateway.Accepted} {
		t.Run(disposition, func(t *testing.T) {
			var a *node
			var id spool.ID
			s := answers(func(atDot func() error) (mailio.Reply, error) {
				if err := atDot(); err != nil {
					return mailio.Reply{}, err
				}
				f := a.wait(id, gateway.Sending)
				a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", disposition))
				return mailio.Reply{Hop: "mx.test:25", Code: 250, Text: "Ok"}, nil
			})
			ready := make(chan struct{})
			a = newNode(t, "fax@a.test", func(o *gateway.Options) {
				o.Sender = func(string) (mailio.Sender, error) { <-ready; return s, nil }
				o.Config.Retry.Monitoring = config.Duration(2 * time.Second)
			}).start()
			id = a.submit("fax@b.test")
			close(ready)
			a.wait(id, want)
			a.stays(id, want)
			if f, _ := a.Fax(context.Background(), id); f.Deliveries[0].NextAt != nil {
				t.Errorf("still waited for until %v", f.Deliveries[0].NextAt)
			}
		})
	}
}

func TestARefusedRepeatOfAnUncertainFaxIsHeldNotFailed(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){hangsUp, refuses(mailio.StageRCPT, 550, "5.1.1", "unknown now")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Retry.Grace = config.Duration(200 * time.Millisecond)
	}).start()
	f := a.wait(a.submit("fax@b.test"), gateway.Held)
	if r := f.Deliveries[0].Reason; !strings.Contains(r, "first copy may have arrived") || !strings.Contains(r, "unknown now") {
		t.Errorf("reason: %q", r)
	}
}
