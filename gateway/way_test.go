package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

func TestFaxIsConfirmedAndTheNextOneIsBetter(t *testing.T) {
	a, b := pair(t, nil, nil)
	first := a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	d := first.Deliveries[0]
	if !strings.HasPrefix(d.Form, "S MH ") {
		t.Errorf("to a stranger the form is %q, want Profile S", d.Form)
	}
	var ladder []string
	for _, r := range d.Rungs {
		ladder = append(ladder, string(r.State))
	}
	if got := strings.Join(ladder, " "); got != "queued sending accepted confirmed" && got != "queued sending confirmed" {
		t.Errorf("rungs: %s", got)
	}
	p, err := a.Peer(context.Background(), "fax@b.test")
	if err != nil || !strings.Contains(p.Features, "MMR") {
		t.Fatalf("learned: %+v, %v", p, err)
	}
	second := a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	if f := second.Deliveries[0].Form; !strings.HasPrefix(f, "F MMR 4") {
		t.Errorf("the second fax went as %q, want MMR at 400 dpi", f)
	}
	in := b.inbox(2)
	if in[0].From != "fax@a.test" || in[0].To != "fax@b.test" || in[0].Pages != 1 || in[0].Error != "" {
		t.Errorf("inbox: %+v", in[0])
	}
	var pdf bytes.Buffer
	if err := b.InboxPDF(context.Background(), in[0].ID, &pdf); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-1.")) {
		t.Errorf("PDF of the inbox: %v, %.20q", err, pdf.Bytes())
	}
}

func TestIdempotencyKeyGivesTheSameFax(t *testing.T) {
	a, b := pair(t, nil, nil)
	r := gateway.SubmitRequest{To: []string{"fax@b.test"}, Files: []gateway.File{textFile("once")}, Key: "k1"}
	one, err1 := a.Submit(context.Background(), r)
	two, err2 := a.Submit(context.Background(), r)
	if err1 != nil || err2 != nil || one != two {
		t.Fatalf("%s %v, %s %v", one, err1, two, err2)
	}
	a.wait(one, gateway.Confirmed)
	b.inbox(1)
}

func TestSubmitRefusesWhatCannotBeSent(t *testing.T) {
	a := newNode(t, "fax@a.test", nil).start()
	for _, tt := range []struct {
		name string
		r    gateway.SubmitRequest
		want string
	}{
		{"no recipient", gateway.SubmitRequest{Files: []gateway.File{textFile("x")}}, "at least one recipient"},
		{"bad address", gateway.SubmitRequest{To: []string{"nobody"}, Files: []gateway.File{textFile("x")}}, "nobody"},
		{"no document", gateway.SubmitRequest{To: []string{"fax@b.test"}}, "at least one document"},
		{"empty file", gateway.SubmitRequest{To: []string{"fax@b.test"}, Files: []gateway.File{textFile("")}}, "empty"},
		{"a program", gateway.SubmitRequest{To: []string{"fax@b.test"}, Files: []gateway.File{textFile("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00")}}, "program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := a.Submit(context.Background(), tt.r)
			if _, ok := errors.AsType[*gateway.InputError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an InputError with %q", err, tt.want)
			}
		})
	}
}

func TestRefusedAtOnceIsFailedWithTheServersWords(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "5.1.1 <fax@b.test>: no such fax here")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	f := a.wait(a.submit("fax@b.test"), gateway.Failed)
	if !strings.Contains(f.Deliveries[0].Reason, "5.1.1 <fax@b.test>: no such fax here") {
		t.Errorf("reason: %q", f.Deliveries[0].Reason)
	}
	if s.tries() != 1 {
		t.Errorf("%d tries", s.tries())
	}
}

func TestTemporaryTroubleIsTriedAgainUpToTheCap(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageMAIL, 451, "4.3.0", "come back later")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way; o.Config.Retry.Cap = 3 }).start()
	f := a.wait(a.submit("fax@b.test"), gateway.Failed)
	if s.tries() != 3 || !strings.Contains(f.Deliveries[0].Reason, "given up after 3 tries") || !strings.Contains(f.Deliveries[0].Reason, "come back later") {
		t.Errorf("%d tries, reason %q", s.tries(), f.Deliveries[0].Reason)
	}
}

func TestWhatWaitsForItsNextTryIsTriedNowByHand(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageMAIL, 451, "4.3.0", "come back later"), accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Retry.FirstWait = config.Duration(time.Hour)
	}).start()
	id := a.submit("fax@b.test")
	eventually(t, func() (bool, string) {
		f, err := a.Fax(context.Background(), id)
		return err == nil && f.State == gateway.Queued && f.Deliveries[0].Attempts == 1, "the first try has not failed"
	})
	if err := a.Retry(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if f := a.wait(id, gateway.Accepted); s.tries() != 2 || f.Deliveries[0].Attempts != 2 {
		t.Errorf("%d tries, %d of them told", s.tries(), f.Deliveries[0].Attempts)
	}
}

func TestUnansweredDotIsUncertainAndSentOnceMoreByteForByte(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){hangsUp}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Retry.Grace = config.Duration(300 * time.Millisecond)
	}).start()
	id := a.submit("fax@b.test")
	a.wait(id, gateway.Uncertain)
	f := a.wait(id, gateway.Held)
	if s.tries() != 2 || !bytes.Equal(s.sent[0], s.sent[1]) {
		t.Fatalf("%d tries, or not the same bytes", s.tries())
	}
	if err := a.Retry(context.Background(), f.ID); err != nil {
		t.Fatal(err)
	}
	a.wait(id, gateway.Uncertain)
}

func TestRefusedFormGoesOnceMoreAsProfileS(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	b.inbox(1)
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageDot, 554, "5.6.1", "5.6.1 cannot decode attachment"), accepts}}
	a.end()
	a.opts.Sender = s.way
	a.start()
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Accepted)
	if s.tries() != 2 || !strings.HasPrefix(f.Deliveries[0].Form, "S MH") {
		t.Errorf("%d tries, form %q", s.tries(), f.Deliveries[0].Form)
	}
	a.journal("it goes once more as Profile S")
}

func TestOnlyAReceiptThatSpeaksOfTheFaxHealsIt(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	b.inbox(1)
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a.end()
	a.opts.Sender = s.way
	a.start()
	for _, tt := range []struct{ disposition, form string }{
		{"deleted/mailbox-terminated", "F MMR"}, {"processed/warning", "F MMR"}, {"processed/expired", "F MMR"}, {"processed/error", "S MH"},
	} {
		id := a.submit("fax@b.test")
		f := a.wait(id, gateway.Accepted)
		first := f.Deliveries[0].MessageID
		if err := a.deliver("", "fax@a.test", receiptFor(first, "fax@b.test", tt.disposition)); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() (bool, string) {
			f, err := a.Fax(context.Background(), id)
			d := f.Deliveries[0]
			return err == nil && (d.State == gateway.Failed || d.State == gateway.Accepted && d.MessageID != first), tt.disposition + ": fax is " + string(d.State)
		})
		f, err := a.Fax(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		healed := f.State == gateway.Accepted
		if wants := tt.form == "S MH"; healed != wants || !strings.HasPrefix(f.Deliveries[0].Form, tt.form) {
			t.Errorf("%s: %s, form %q", tt.disposition, f.State, f.Deliveries[0].Form)
		}
	}
}

func TestNoReceiptIsExpiredAndALateOneConfirms(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Retry.Monitoring = config.Duration(300 * time.Millisecond)
	}).start()
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Expired)
	if err := a.deliver("", "fax@a.test", receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched")); err != nil {
		t.Fatal(err)
	}
	if f = a.wait(id, gateway.Confirmed); !f.Late || !f.Deliveries[0].Late {
		t.Errorf("not marked late: %+v", f)
	}
	if s.tries() != 1 {
		t.Errorf("sent %d times", s.tries())
	}
}

func TestReceiptsDecide(t *testing.T) {
	for disposition, want := range map[string]string{
		"displayed": "confirmed", "processed/error": "failed", "failed/warning": "failed", "denied": "accepted", "deleted": "accepted",
	} {
		t.Run(disposition, func(t *testing.T) {
			s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
			a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
			id := a.submit("fax@b.test")
			f := a.wait(id, gateway.Accepted)
			if err := a.deliver("", "fax@a.test", receiptFor(f.Deliveries[0].MessageID, "fax@b.test", disposition)); err != nil {
				t.Fatal(err)
			}
			a.journal("a receipt was matched")
			if f, _ = a.Fax(context.Background(), id); string(f.State) != want {
				t.Errorf("fax is %s, want %s (%s)", f.State, want, f.Deliveries[0].Reason)
			}
		})
	}
}

func TestUnmatchedReceiptChangesNothing(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	id := a.submit("fax@b.test")
	a.wait(id, gateway.Accepted)
	if err := a.deliver("", "fax@a.test", receiptFor("<forged@b.test>", "fax@b.test", "dispatched")); err != nil {
		t.Fatal(err)
	}
	a.journal("matches nothing sent from here")
	if f, _ := a.Fax(context.Background(), id); f.State != gateway.Accepted {
		t.Errorf("fax is %s", f.State)
	}
	if peers, _ := a.Peers(context.Background()); len(peers) != 0 {
		t.Errorf("learned from a forged receipt: %+v", peers)
	}
}

func TestAReceiptFromAnotherAddressConfirmsButTeachesNothing(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Accepted)
	if err := a.deliver("", "fax@a.test", receiptFor(f.Deliveries[0].MessageID, "secretary@b.test", "displayed")); err != nil {
		t.Fatal(err)
	}
	a.wait(id, gateway.Confirmed)
	if peers, _ := a.Peers(context.Background()); len(peers) != 0 {
		t.Errorf("learned from another address: %+v", peers)
	}
}

// receiptFor is an MDN as an office machine writes it.
func receiptFor(messageID, recipient, disposition string) string {
	return `From: <` + recipient + `>
To: <fax@a.test>
Subject: Return receipt
Date: Sat, 21 Nov 2026 19:00:00 +0000
Message-ID: <r` + time.Now().Format("150405.000000000") + `@b.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

A receipt.
--r
Content-Type: message/disposition-notification

Reporting-UA: b.test; Machine
Final-Recipient: rfc822; ` + recipient + `
Original-Message-ID: ` + messageID + `
Disposition: automatic-action/MDN-sent-automatically; ` + disposition + `
Media-Accept-Features: (& (type="image/tiff") (color=Binary)
 (image-file-structure=TIFF-limited) (image-coding=[MH,MR,MMR]) (MRC-mode=0)
 (| (& (dpi=200) (dpi-xyratio=[200/100,1]) ) (& (dpi=400) (dpi-xyratio=1) ) )
 (size-x<=2150/254) (paper-size=[letter,A4]) (ua-media=stationery) )

--r--
`
}

func TestAFaxToOneselfIsConfirmedWithoutAnyConfiguration(t *testing.T) {
	a := newNode(t, "fax@localhost", func(o *gateway.Options) { o.Config.Fax.Addresses = nil; o.Config.Hostname = "localhost" }).start()
	a.wait(a.submit("fax@localhost"), gateway.Confirmed)
	if in := a.inbox(1); in[0].From != "fax@localhost" || in[0].Pages != 1 {
		t.Errorf("inbox: %+v", in[0])
	}
}

func TestEachDocumentIsATIFFOfItsOwnInOrder(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.wait(a.submit("fax@b.test", textFile("first"), gateway.File{Name: "second.txt", Open: textFile("second").Open}), gateway.Confirmed)
	in, err := b.InboxFax(context.Background(), b.inbox(1)[0].ID)
	if err != nil || len(in.Documents) != 2 || in.Documents[0].Name != "page.tif" || in.Documents[1].Name != "second.tif" || in.Pages != 2 {
		t.Errorf("%+v, %v", in, err)
	}
}
