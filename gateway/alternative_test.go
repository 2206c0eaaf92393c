package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

// offers is a fax in the plain form whose sender offers a finer one (RFC 3297 section 8.1).
func offers(t *testing.T, id, alternative string) string {
	t.Helper()
	raw := mailWith(withID(id)+wantsReceipt+"Disposition-Notification-Options: Alternative-available=optional,transient\n", `image/tiff; name="fax.tif"|`+string(goodTIFF(t, "The plain form.\n")))
	features := "Content-features: (& (color=Binary) (image-file-structure=TIFF-minimal) (image-coding=MH) (dpi=204) (dpi-xyratio=204/196) (MRC-mode=0))\nContent-alternative: " + alternative + "\n"
	return strings.Replace(raw, "--x\nContent-Type: image/tiff", "--x\n"+features+"Content-Type: image/tiff", 1)
}

const (
	finer   = "(& (color=Binary) (image-file-structure=TIFF-limited) (image-coding=MMR) (dpi=400) (dpi-xyratio=1) (MRC-mode=0))"
	coarser = "(& (color=Binary) (image-file-structure=TIFF-minimal) (image-coding=MH) (dpi=204) (dpi-xyratio=204/98) (MRC-mode=0))"
)

func preferring(wait time.Duration) func(*gateway.Options) {
	return func(o *gateway.Options) {
		o.Config.Fax.Alternatives, o.Config.Fax.AskTime = true, config.Duration(wait)
	}
}

// TestABetterFormIsAskedForAndTakesThePlace goes through RFC 3297 as the receiver: ask, wait, take.
func TestABetterFormIsAskedForAndTakesThePlace(t *testing.T) {
	b, s := receiver(t, preferring(time.Minute))
	if err := b.deliver("machine@far.test", "fax@b.test", offers(t, "plain", finer)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "the better form was not asked for" })
	got := strings.ReplaceAll(string(s.sent[0]), "\r\n ", " ")
	for _, want := range []string{"Disposition: automatic-action/MDN-sent-automatically; deleted/alternative-preferred", "Original-Message-ID: <plain@far.test>", "Media-Accept-Features: ", "MMR"} {
		if !strings.Contains(got, want) {
			t.Errorf("the MDN lacks %q:\n%s", want, got)
		}
	}
	b.inbox(0)
	again := mailWith("Original-Message-ID: <plain@far.test>\n"+withID("fine")+wantsReceipt, `image/tiff; name="fax.tif"|`+string(goodTIFF(t, "The fine form.\n")))
	if err := b.deliver("stranger@far.test", "fax@b.test", strings.Replace(again, "<fine@", "<strange@", 1)); err != nil { // not from the one who was asked
		t.Fatal(err)
	}
	b.inbox(1)
	if err := b.deliver("machine@far.test", "fax@b.test", again); err != nil {
		t.Fatal(err)
	}
	b.journal("the better form has come and takes its place")
	ids := map[string]bool{}
	for _, f := range b.inbox(2) {
		ids[f.MessageID] = f.State == gateway.Read
	}
	if !ids["<fine@far.test>"] || ids["<plain@far.test>"] {
		t.Errorf("in the inbox: %v", ids)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, fmt.Sprintf("%d receipts, want 2", s.tries()) })
	if got := string(s.sent[1]); !strings.Contains(got, "Original-Message-ID: <fine@far.test>") || !strings.Contains(got, "; dispatched") {
		t.Errorf("the receipt of the better form:\n%s", got)
	}
}

// TestWhatNobodySendsIsTakenAsItCame waits in vain, and takes the word that there is no other form.
func TestWhatNobodySendsIsTakenAsItCame(t *testing.T) {
	b, s := receiver(t, preferring(700*time.Millisecond))
	if err := b.deliver("machine@far.test", "fax@b.test", offers(t, "plain", finer)); err != nil {
		t.Fatal(err)
	}
	b.journal("the better form that was asked for did not come")
	if f := b.inbox(1)[0]; f.State != gateway.Read || f.Pages != 1 || s.tries() != 1 {
		t.Errorf("%+v after %d mails", f, s.tries())
	}
	b, s = receiver(t, preferring(time.Hour))
	if err := b.deliver("machine@far.test", "fax@b.test", offers(t, "plain", finer)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "the better form was not asked for" })
	sorry := "From: machine@far.test\nTo: fax@b.test\nMessage-ID: <sorry@far.test>\nOriginal-Message-ID: <plain@far.test>\n" + wantsReceipt +
		"Disposition-Notification-Options: Alternative-not-available=required,(TRUE)\n\nThere is no other form any more.\n"
	if err := b.deliver("machine@far.test", "fax@b.test", sorry); err != nil {
		t.Fatal(err)
	}
	if f := b.inbox(1)[0]; f.State != gateway.Read || f.MessageID != "<plain@far.test>" {
		t.Errorf("%+v", f)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "the word was not answered" })
	if got := string(s.sent[1]); !strings.Contains(got, "Original-Message-ID: <sorry@far.test>") {
		t.Errorf("answered:\n%s", got)
	}
}

// TestNothingIsAskedForWithoutReason lists what must not begin a negotiation (RFC 3297 sections 3 and 6.5).
func TestNothingIsAskedForWithoutReason(t *testing.T) {
	for name, tt := range map[string]struct {
		on   bool
		from string
		raw  string
	}{
		"switched off":        {false, "machine@far.test", offers(t, "a", finer)},
		"no better":           {true, "machine@far.test", offers(t, "b", coarser)},
		"not named":           {true, "machine@far.test", strings.Replace(offers(t, "c", finer), "To: fax@b.test", "To: list@far.test", 1)},
		"no option":           {true, "machine@far.test", strings.Replace(offers(t, "d", finer), "Alternative-available", "X-other", 1)},
		"another asks":        {true, "other@far.test", offers(t, "e", finer)},
		"an unreadable offer": {true, "machine@far.test", offers(t, "f", "(& (dpi=")},
	} {
		t.Run(name, func(t *testing.T) {
			b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.Alternatives = tt.on })
			if err := b.deliver(tt.from, "fax@b.test", tt.raw); err != nil {
				t.Fatal(err)
			}
			if f := b.inbox(1)[0]; f.State != gateway.Read {
				t.Errorf("%+v", f)
			}
			b.journal("receipt is sent")
			for _, sent := range s.sent {
				if strings.Contains(string(sent), "alternative-preferred") {
					t.Errorf("asked:\n%s", sent)
				}
			}
		})
	}
}

// TestABetterFormThatCannotBeReadReplacesNothing keeps the plain form, which can.
func TestABetterFormThatCannotBeReadReplacesNothing(t *testing.T) {
	b, s := receiver(t, preferring(time.Hour))
	if err := b.deliver("machine@far.test", "fax@b.test", offers(t, "plain", finer)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "the better form was not asked for" })
	again := mailWith("Original-Message-ID: <plain@far.test>\n"+withID("fine")+wantsReceipt, "application/pdf; name=\"fax.pdf\"|%PDF-1.4\nrubbish")
	if err := b.deliver("machine@far.test", "fax@b.test", again); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, f := range b.inbox(2) {
		states[f.MessageID] = string(f.State)
	}
	if states["<plain@far.test>"] != string(gateway.Read) || states["<fine@far.test>"] != string(gateway.Unreadable) {
		t.Errorf("in the inbox: %v", states)
	}
}

// TestPagesAreAFaxWhateverTheOptionsSay takes a fax that says of another one that there is no better form.
func TestPagesAreAFaxWhateverTheOptionsSay(t *testing.T) {
	b, _ := receiver(t, nil)
	raw := mailWith("Original-Message-ID: <x@far.test>\n"+withID("pages")+wantsReceipt+"Disposition-Notification-Options: Alternative-not-available=required,(TRUE)\n",
		`image/tiff; name="fax.tif"|`+string(goodTIFF(t, "A page.\n")))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	if f := b.inbox(1)[0]; f.State != gateway.Read || f.Pages != 1 {
		t.Errorf("%+v", f)
	}
}
