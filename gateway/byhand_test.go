package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"faxgate/gateway"
)

// TestAReceiptThatNobodyVouchesForIsSentByHand is a Konica Minolta as it leaves the factory: Disposition-Notification-To and Return-Path differ.
func TestAReceiptThatNobodyVouchesForIsSentByHand(t *testing.T) {
	b, s := receiver(t, nil)
	if err := b.deliver("admin@far.test", "fax@b.test", mailWith(withID("km")+wantsReceipt, "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	id := b.inbox(1)[0].ID
	in, err := b.InboxFax(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Receipt asked for, addresses differ: machine@far.test asks, and the mail came from admin@far.test"; in.Receipt != want || !in.ByHand || s.tries() != 0 {
		t.Errorf("%q, by hand %v, after %d mails; want %q", in.Receipt, in.ByHand, s.tries(), want)
	}
	if err := b.SendReceipt(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt was sent" })
	got := string(s.sent[0])
	if env := s.envs[0]; env.From != "" || env.To != "machine@far.test" || !strings.Contains(got, "Disposition: manual-action/MDN-sent-manually; displayed") || !strings.Contains(got, "Original-Message-ID: <km@far.test>") {
		t.Errorf("to %s:\n%s", env.To, got)
	}
	if err := b.SendReceipt(context.Background(), id); !errors.Is(err, gateway.ErrState) || !strings.Contains(err.Error(), "at most one") {
		t.Errorf("a second time: %v", err)
	}
	eventually(t, func() (bool, string) {
		in, err = b.InboxFax(context.Background(), id)
		return err == nil && strings.HasPrefix(in.Receipt, "Receipt sent on ") && !in.ByHand, in.Receipt
	})
}

// TestReceiptsThatNobodyCanSendByHand keeps to the administrator's word, and to what was asked for.
func TestReceiptsThatNobodyCanSendByHand(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.Answer = "off" })
	for i, headers := range []string{wantsReceipt, ""} {
		if err := b.deliver("admin@far.test", "fax@b.test", mailWith(withID(string(rune('a'+i)))+headers, "text/plain|words")); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range b.inbox(2) {
		if err := b.SendReceipt(context.Background(), f.ID); !errors.Is(err, gateway.ErrState) {
			t.Errorf("%s: %v", f.MessageID, err)
		}
	}
	if s.tries() != 0 {
		t.Errorf("%d mails were sent", s.tries())
	}
}
