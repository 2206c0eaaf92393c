package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/mailio"
)

// TestTwoGatewaysNegotiate is the whole of RFC 3297 between two gateways: the plain form with an offer, the MDN that asks, the better form, the MDN that confirms and teaches.
func TestTwoGatewaysNegotiate(t *testing.T) {
	a, b := pair(t, nil, preferring(time.Minute))
	a.contact(gateway.Contact{Address: "fax@b.test", Offer: true})
	id := a.submit("fax@b.test")
	a.journal("it goes once more, in full")
	if v, err := a.Peer(context.Background(), "fax@b.test"); err == nil && v.Features != "" {
		if f, err := a.Fax(context.Background(), id); err != nil || f.State != gateway.Confirmed {
			t.Errorf("learned from the MDN that asks: %+v", v)
		}
	}
	f := a.wait(id, gateway.Confirmed)
	in := b.inbox(1)[0]
	got, err := b.InboxFax(context.Background(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	if in.State != gateway.Read || in.MessageID != f.Deliveries[0].MessageID || !strings.HasPrefix(f.Deliveries[0].Form, "F MMR 400x400") {
		t.Errorf("arrived %+v, sent as %q", got, f.Deliveries[0].Form)
	}
	b.journal("the better form has come and takes its place")
	if _, err := a.Peer(context.Background(), "fax@b.test"); err != nil {
		t.Errorf("nothing was learned of the final MDN: %v", err)
	}
	f = a.wait(a.submit("fax@b.test"), gateway.Confirmed) // now it is known, and nothing is offered
	if !strings.HasPrefix(f.Deliveries[0].Form, "F MMR 400x400") || len(f.Deliveries[0].Rungs) > 5 {
		t.Errorf("the second fax: %+v", f.Deliveries[0])
	}
}

// asks is an MDN that asks for another form.
func asks(messageID, features string) string {
	head, _, _ := strings.Cut(receiptFor(messageID, "fax@b.test", "deleted/alternative-preferred"), "Media-Accept-Features")
	return head + "Media-Accept-Features: " + features + "\n\n--r--\n"
}

// TestAnOfferEndsInTruth scripts the peer: what it can take is what it gets, to ask twice is an error, and to ask for nothing better is told so.
func TestAnOfferEndsInTruth(t *testing.T) {
	start := func(t *testing.T) (*node, *scriptedSender, gateway.Fax) {
		t.Helper()
		s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
		a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
		a.contact(gateway.Contact{Address: "fax@b.test", Offer: true})
		f := a.wait(a.submit("fax@b.test"), gateway.Accepted)
		sent := strings.ReplaceAll(string(s.sent[0]), "\r\n ", " ")
		for _, want := range []string{"Disposition-Notification-Options: Alternative-available=optional,transient", "Content-Features: (& ", "Content-Alternative: (& ", "(image-coding=MMR)"} {
			if !strings.Contains(sent, want) {
				t.Fatalf("the offer lacks %q:\n%.1500s", want, sent)
			}
		}
		return a, s, f
	}
	t.Run("what it takes", func(t *testing.T) {
		a, s, f := start(t)
		first := f.Deliveries[0].MessageID
		if err := a.deliver("", "fax@a.test", asks(first, "(& (color=Binary) (image-file-structure=TIFF-limited) (image-coding=[MH,MR]) (dpi=204) (dpi-xyratio=[204/196,204/391]) (MRC-mode=0) (paper-size=A4))")); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() (bool, string) { return s.tries() == 2, "not sent again" })
		f = a.wait(f.ID, gateway.Accepted)
		again := string(s.sent[1])
		if !strings.Contains(again, "Original-Message-ID: "+first) || strings.Contains(again, "Alternative-available") || !strings.HasPrefix(f.Deliveries[0].Form, "F MR 204x391") {
			t.Errorf("sent again as %q:\n%.1200s", f.Deliveries[0].Form, again)
		}
		if v, err := a.Peer(context.Background(), "fax@b.test"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("learned: %+v, %v", v, err)
		}
		if err := a.deliver("", "fax@a.test", asks(f.Deliveries[0].MessageID, "(& (color=Binary) (image-coding=MMR) (dpi=600))")); err != nil {
			t.Fatal(err)
		}
		a.wait(f.ID, gateway.Failed)
		a.journal("none was offered")
	})
	t.Run("nothing better", func(t *testing.T) {
		a, s, f := start(t)
		if err := a.deliver("", "fax@a.test", asks(f.Deliveries[0].MessageID, "(& (color=Binary) (image-file-structure=TIFF-minimal) (image-coding=MH) (dpi=204) (dpi-xyratio=204/196))")); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() (bool, string) { return s.tries() == 2, "not answered" })
		sorry := string(s.sent[1])
		if !strings.Contains(sorry, "Alternative-not-available=required,(TRUE)") || strings.Contains(sorry, "image/tiff") || !strings.Contains(sorry, "There is no other form") {
			t.Errorf("answered:\n%.1200s", sorry)
		}
	})
	t.Run("not offered", func(t *testing.T) {
		s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
		a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
		f := a.wait(a.submit("fax@b.test"), gateway.Accepted)
		if strings.Contains(string(s.sent[0]), "Alternative") {
			t.Errorf("offered without a word of the contact:\n%.1200s", s.sent[0])
		}
		if err := a.deliver("", "fax@a.test", asks(f.Deliveries[0].MessageID, "(& (color=Binary) (image-coding=MMR) (dpi=400))")); err != nil {
			t.Fatal(err)
		}
		a.wait(f.ID, gateway.Failed)
	})
}
