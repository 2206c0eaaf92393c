package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/spool"
)

// lines tells what the journal says about a fax, sent or received.
func (n *node) lines(f gateway.JournalFilter) string {
	n.t.Helper()
	list, err := n.Journal(context.Background(), f)
	if err != nil {
		n.t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range list {
		fmt.Fprintf(&b, "%s: %s\n", l.Kind, l.Words)
	}
	return b.String()
}

func TestAReceivedFaxIsForwarded(t *testing.T) {
	fax := always(accepts)
	b := newNode(t, "fax@b.test", func(o *gateway.Options) { o.Sender = fax.way }).start()
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("whole"), `image/tiff; name="one.tif"|`+string(goodTIFF(t, "A letter.\n")), pngPart(t))); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	r := gateway.SubmitRequest{To: []string{"one@c.test", "two@c.test"}, Key: "forward-1", Priority: gateway.PriorityHigh}
	id, err := b.Forward(context.Background(), in.ID, r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Forward(context.Background(), in.ID, r)
	if err != nil || again != id {
		t.Errorf("the same key gave %s, then %s, %v", id, again, err)
	}
	f := b.wait(id, gateway.Accepted)
	if f.Subject != "Fwd: fax" || f.Pages != 2 || len(f.Documents) != 2 || len(f.Deliveries) != 2 || f.Priority != "high" {
		t.Errorf("forwarded: %+v", f)
	}
	if fax.tries() != 2 || !bytes.Contains(fax.sent[0], []byte("Subject: Fwd: fax")) || !bytes.Contains(fax.sent[0], []byte("image/tiff")) {
		t.Errorf("%d went; the first:\n%.600s", fax.tries(), fax.sent[0])
	}
	const words = "the fax that came from machine@far.test on "
	for _, side := range []gateway.JournalFilter{{Fax: id}, {Inbox: in.ID}} {
		if got := b.lines(side); strings.Count(got, words) != 1 || !strings.Contains(got, "is forwarded to one@c.test, two@c.test") {
			t.Errorf("journal of %+v:\n%s", side, got)
		}
	}
}

func TestOfAnIncompleteFaxTheReadablePagesAreForwarded(t *testing.T) {
	fax := always(accepts)
	b := newNode(t, "fax@b.test", func(o *gateway.Options) { o.Sender = fax.way }).start()
	whole := string(goodTIFF(t, "A letter.\n"))
	raw := mailWith(withID("half"), `image/tiff; name="one.tif"|`+whole, `image/tiff; name="two.tif"|II*`+"\x00\xff\xff\x00\x00", pngPart(t))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	if in.State != gateway.Incomplete {
		t.Fatalf("state %s", in.State)
	}
	id, err := b.Forward(context.Background(), in.ID, gateway.SubmitRequest{To: []string{"one@c.test"}, Subject: "see this"})
	if err != nil {
		t.Fatal(err)
	}
	if f := b.wait(id, gateway.Accepted); f.Pages != 2 || f.Subject != "see this" {
		t.Errorf("forwarded: %+v", f)
	}
	if got := b.lines(gateway.JournalFilter{Inbox: in.ID}); !strings.Contains(got, "not readable in full: two.tif") {
		t.Errorf("the journal does not say what is missing:\n%s", got)
	}
}

// A document that breaks off in its second page goes on as far as it came.
func TestThePagesOfABrokenDocumentAreForwarded(t *testing.T) {
	fax := always(accepts)
	b := newNode(t, "fax@b.test", func(o *gateway.Options) { o.Sender = fax.way }).start()
	file := goodTIFF(t, strings.Repeat("a line\n", 90))
	raw := mailWith(withID("cut"), `image/tiff; name="pages.tif"|`+string(file[:len(file)*3/4]))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	id, err := b.Forward(context.Background(), in.ID, gateway.SubmitRequest{To: []string{"one@c.test"}})
	if err != nil {
		t.Fatal(err)
	}
	f := b.wait(id, gateway.Accepted)
	if f.Pages != 2 || f.Documents[0].Name != "pages.tif" || f.Documents[0].Error != "" {
		t.Errorf("forwarded: %+v", f)
	}
}

func TestWhatCannotBeForwarded(t *testing.T) {
	b, _ := receiver(t, nil)
	ctx := context.Background()
	to := gateway.SubmitRequest{To: []string{"one@c.test"}}
	if _, err := b.Forward(ctx, "nonsense", to); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("an unknown fax: %v", err)
	}
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("bad"), `image/tiff; name="bad.tif"|`+string(goodTIFF(t, "A letter.\n")[:40]))); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	_, err := b.Forward(ctx, in.ID, to)
	if ie, ok := errors.AsType[*gateway.InputError](err); !ok || !strings.Contains(ie.Text, "nothing of this fax can be read") {
		t.Errorf("an unreadable fax (%s): %v", in.State, err)
	}
	_, err = b.Forward(ctx, in.ID, gateway.SubmitRequest{})
	if ie, ok := errors.AsType[*gateway.InputError](err); !ok || ie.Field != "to" {
		t.Errorf("to nobody: %v", err)
	}
}

func TestASentFaxIsSentAgainAsANewOne(t *testing.T) {
	fax := always(accepts)
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender, o.Config.Fax.RequestMDN = fax.way, false
		o.Config.Fax.Names = []string{"Purchase"}
	}).start()
	first := a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test", "two@b.test"}, Subject: "Offer", HeaderName: "1", Priority: gateway.PriorityLow})
	a.wait(first.ID, gateway.Accepted)
	ctx := context.Background()
	id, err := a.Resend(ctx, first.ID, gateway.SubmitRequest{Key: "again"})
	if err != nil {
		t.Fatal(err)
	}
	again := a.wait(id, gateway.Accepted)
	if same, err := a.Resend(ctx, first.ID, gateway.SubmitRequest{Key: "again"}); err != nil || same != id {
		t.Errorf("the same key gave %s, then %s, %v", id, same, err)
	}
	if id == first.ID || again.Subject != "Offer" || again.Priority != "low" || recipientsOf(again) != "one@b.test two@b.test" {
		t.Errorf("sent again: %+v", again)
	}
	if again.Deliveries[0].MessageID == first.Deliveries[0].MessageID || again.Documents[0].ID == first.Documents[0].ID {
		t.Error("it is no new fax")
	}
	other, err := a.Resend(ctx, first.ID, gateway.SubmitRequest{To: []string{"three@b.test"}, Subject: "Offer, corrected address"})
	if err != nil {
		t.Fatal(err)
	}
	if f := a.wait(other, gateway.Accepted); recipientsOf(f) != "three@b.test" || f.Subject != "Offer, corrected address" {
		t.Errorf("to another: %+v", f)
	}
	if got := a.lines(gateway.JournalFilter{Fax: first.ID}); strings.Count(got, "sent again") != 2 || !strings.Contains(got, "as fax "+string(other)) {
		t.Errorf("journal of the first:\n%s", got)
	}
	if got := a.lines(gateway.JournalFilter{Fax: id}); !strings.Contains(got, "the documents of fax "+string(first.ID)+" are sent again") {
		t.Errorf("journal of the new one:\n%s", got)
	}
	if _, err := a.Resend(ctx, spool.NewID(), gateway.SubmitRequest{}); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("an unknown fax: %v", err)
	}
}

func recipientsOf(f gateway.Fax) string {
	var to []string
	for _, d := range f.Deliveries {
		to = append(to, d.To)
	}
	return strings.Join(to, " ")
}
