package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
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

// TestTwoAddressesOfOneDevice answers by itself once a contact says that both are the same machine.
func TestTwoAddressesOfOneDevice(t *testing.T) {
	for _, c := range []gateway.Contact{
		{Address: "machine@far.test", SameDevice: "admin@FAR.test"},
		{Address: "admin@far.test", SameDevice: "machine@far.test"},
	} {
		b, s := receiver(t, nil)
		b.contact(c)
		if err := b.deliver("admin@far.test", "fax@b.test", mailWith(withID("km")+wantsReceipt, "text/plain|words")); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt was sent" })
		if got := string(s.sent[0]); s.envs[0].To != "machine@far.test" || !strings.Contains(got, "automatic-action/MDN-sent-automatically; dispatched") {
			t.Errorf("to %s:\n%s", s.envs[0].To, got)
		}
		b.journal("which is the same device as the return path admin@far.test")
		if err := b.deliver("other@far.test", "fax@b.test", mailWith(withID("other")+wantsReceipt, "text/plain|words")); err != nil {
			t.Fatal(err)
		}
		b.journal("but the return path is other@far.test")
	}
}

// TestAMachineThatCannotAskIsAcknowledged gets a plain mail, where its contact says so, and others get none.
func TestAMachineThatCannotAskIsAcknowledged(t *testing.T) {
	b, s := receiver(t, nil)
	b.contact(gateway.Contact{Address: "old@far.test", Acknowledge: true})
	for from, headers := range map[string]string{"old@far.test": "", "new@far.test": "", "OLD@far.test": ""} {
		if err := b.deliver(from, "fax@b.test", mailWith(withID(from)+headers, "text/plain|words")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.deliver("old@far.test", "fax@b.test", mailWith(withID("robot")+"Auto-Submitted: auto-generated\n", "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	b.inbox(3) // what a program wrote is no fax
	eventually(t, func() (bool, string) { return s.tries() >= 1, "no acknowledgement was sent" })
	if env, got := s.envs[0], string(s.sent[0]); s.tries() != 1 || env.To != "old@far.test" || !strings.Contains(got, "Fax received: 1 page") || !strings.Contains(got, "Auto-Submitted: auto-generated") {
		t.Errorf("%d mails, the first to %s:\n%s", s.tries(), env.To, got)
	}
}

// TestAReceiptThatCouldNotBeSentIsSentAgainByHand tells the truth about it, and tries once more when asked to.
func TestAReceiptThatCouldNotBeSentIsSentAgainByHand(t *testing.T) {
	b, s := receiver(t, nil)
	s.mu.Lock()
	s.answers = []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.7.1", "5.7.1 not from here"), accepts}
	s.mu.Unlock()
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("r")+wantsReceipt, "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	id := b.inbox(1)[0].ID
	var in gateway.InboxFax
	eventually(t, func() (bool, string) {
		var err error
		in, err = b.InboxFax(context.Background(), id)
		return err == nil && strings.Contains(in.Receipt, "could not be sent") && in.ByHand, in.Receipt
	})
	if err := b.SendReceipt(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) {
		in, _ = b.InboxFax(context.Background(), id)
		return s.tries() == 2 && strings.HasPrefix(in.Receipt, "Receipt sent on "), in.Receipt
	})
}
