package gateway_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/ifax"
)

// splitMail cuts a mail between lines into n messages of type message/partial, as a machine with binary division does.
func splitMail(raw string, n int) []string {
	head, body, _ := strings.Cut(raw, "base64\n\n")
	var folded strings.Builder
	for len(body) > 76 {
		folded.WriteString(body[:76] + "\n")
		body = body[76:]
	}
	lines := strings.SplitAfter(head+"base64\n\n"+folded.String()+body, "\n")
	var pieces []string
	for i := range n {
		body := strings.Join(lines[len(lines)*i/n:len(lines)*(i+1)/n], "")
		total := ""
		if i == n-1 { // only the last one has to say it (RFC 2046 section 5.2.2.1)
			total = fmt.Sprintf("; total=%d", n)
		}
		pieces = append(pieces, fmt.Sprintf("From: Machine <machine@far.test>\nTo: fax@b.test\nSubject: fax (%d/%d)\nMessage-ID: <piece%d@far.test>\nDate: Sat, 21 Nov 2026 19:00:00 +0000\n"+
			"MIME-Version: 1.0\nContent-Type: message/partial; id=\"set1@far.test\"; number=%d%s\n\n%s", i+1, n, i+1, i+1, total, body))
	}
	return pieces
}

// thirtyPages is a fax of thirty pages that asks for a receipt.
func thirtyPages(t *testing.T) string {
	t.Helper()
	file, err := os.ReadFile(longFax(t, 30))
	if err != nil {
		t.Fatal(err)
	}
	return mailWith(withID("whole")+wantsReceipt, `image/tiff; name="fax.tif"|`+string(file))
}

// TestASplitFaxArrivesOnceAndWhole sends thirty pages in seven pieces, shuffled, two of them twice.
func TestASplitFaxArrivesOnceAndWhole(t *testing.T) {
	b, s := receiver(t, nil)
	pieces := splitMail(thirtyPages(t), 7)
	for _, i := range []int{4, 6, 0, 4, 2, 5, 1, 1} {
		if err := b.deliver("machine@far.test", "fax@b.test", "Received: from a way of its own; "+time.Now().Format(time.RFC3339Nano)+"\n"+pieces[i]); err != nil {
			t.Fatalf("piece %d: %v", i+1, err)
		}
	}
	b.journal("6 of 7 pieces are here")
	b.inbox(0)
	if err := b.deliver("machine@far.test", "fax@b.test", pieces[3]); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	if in.State != gateway.Read || in.Pages != 30 || in.MessageID != "<whole@far.test>" || in.From != "machine@far.test" {
		t.Errorf("in the inbox is %+v", in)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt was sent" })
	if got := string(s.sent[0]); !strings.Contains(got, "Original-Message-ID: <whole@far.test>") || !strings.Contains(got, "; dispatched") {
		t.Errorf("the receipt:\n%s", got)
	}
	for _, i := range []int{0, 3, 6} { // what comes once more changes nothing
		if err := b.deliver("machine@far.test", "fax@b.test", pieces[i]); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	if b.inbox(1); s.tries() != 1 {
		t.Errorf("%d receipts were sent", s.tries())
	}
	if err := b.deliver("machine@far.test", "fax@b.test", thirtyPages(t)); err != nil { // the same fax, whole: known
		t.Fatal(err)
	}
	b.journal("the same message came again")
	b.inbox(1)
}

// TestAMissingPieceIsToldAndNothingIsLost waits in vain, tells so, and still takes the piece when it comes at last.
func TestAMissingPieceIsToldAndNothingIsLost(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) {
		o.Config.Limits.FragmentTime = config.Duration(time.Second)
		o.Config.Fax.Administrator = "admin@office.test"
	})
	pieces := splitMail(thirtyPages(t), 7)
	for _, i := range []int{0, 1, 2, 4, 5, 6} {
		if err := b.deliver("machine@far.test", "fax@b.test", pieces[i]); err != nil {
			t.Fatal(err)
		}
	}
	b.journal("missing: 4")
	eventually(t, func() (bool, string) {
		return s.tries() == 2, fmt.Sprintf("%d mails were sent, want the alarm and the answer", s.tries())
	})
	var alarms, failures int
	for i, env := range s.envs {
		switch {
		case env.To == "admin@office.test" && strings.Contains(string(s.sent[i]), "missing: 4"):
			alarms++
		case env.To == "machine@far.test" && env.From == "" && strings.Contains(string(s.sent[i]), "Action: failed"):
			if !strings.Contains(string(s.sent[i]), "<postmaster@b.test>") {
				t.Errorf("the delivery report is not from the postmaster:\n%s", s.sent[i])
			}
			failures++
		}
	}
	if alarms != 1 || failures != 1 {
		t.Errorf("%d alarms and %d failed reports of %+v", alarms, failures, s.envs)
	}
	if in := b.inbox(1)[0]; in.State != gateway.Unreadable || !strings.Contains(in.Error, "6 of 7") {
		t.Errorf("in the inbox is %+v", in)
	}
	kept, err := b.ReceivedOfKind(context.Background(), ifax.KindPartial)
	if err != nil || len(kept) != 6 {
		t.Errorf("%d pieces are kept: %v", len(kept), err)
	}
	if err := b.deliver("machine@far.test", "fax@b.test", pieces[3]); err != nil {
		t.Fatal(err)
	}
	if in := b.inbox(1)[0]; in.State != gateway.Read || in.Pages != 30 {
		t.Errorf("after the last piece: %+v", in)
	}
}

// TestPiecesThatMakeNoSense are refused by their reason, or told when they contradict each other.
func TestPiecesThatMakeNoSense(t *testing.T) {
	b, _ := receiver(t, nil)
	piece := func(params, body string) error {
		return b.deliver("machine@far.test", "fax@b.test", "From: machine@far.test\nMessage-ID: <p"+params+"@far.test>\nContent-Type: message/partial; "+params+"\n\n"+body)
	}
	for _, params := range []string{"number=1; total=2", "id=x; total=2", "id=x; number=3; total=2", "id=x; number=5000"} {
		if err := piece(params, "a"); err == nil || !strings.Contains(err.Error(), "554") {
			t.Errorf("%s: %v, want 554", params, err)
		}
	}
	if err := piece("id=y; number=1; total=3", "Subject: a\n\nb\n"); err != nil {
		t.Fatal(err)
	}
	if err := piece("id=y; number=2; total=2", "c\n"); err != nil {
		t.Fatal(err)
	}
	b.journal("one piece says that there are 3, another says 2")
	if err := b.deliver("a@far.test", "fax@b.test", "Message-ID: <ok@far.test>\n\nThe next one goes through.\n"); err != nil {
		t.Fatal(err)
	}
	b.inbox(2)
}

// TestAnIDUsedAgainIsANewSet is for machines that count from 1 after each start.
func TestAnIDUsedAgainIsANewSet(t *testing.T) {
	b, _ := receiver(t, nil)
	for i, words := range []string{"first", "second"} {
		for _, p := range splitMail(mailWith(withID(words), "text/plain|"+strings.Repeat("the "+words+" letter ", 100)), 3) {
			if err := b.deliver("machine@far.test", "fax@b.test", p); err != nil {
				t.Fatal(err)
			}
		}
		b.inbox(i + 1)
	}
}

// TestAPieceOfAPieceIsPutTogetherToo splits a fax, and one of its pieces again on its way.
func TestAPieceOfAPieceIsPutTogetherToo(t *testing.T) {
	b, _ := receiver(t, nil)
	pieces := splitMail(mailWith(withID("nested"), "text/plain|"+strings.Repeat("a letter ", 300)), 2)
	lines := strings.SplitAfter(pieces[0], "\n")
	for i, part := range []string{strings.Join(lines[:len(lines)-5], ""), strings.Join(lines[len(lines)-5:], "")} {
		piece := fmt.Sprintf("From: machine@far.test\nTo: fax@b.test\nMessage-ID: <inner%d@far.test>\nMIME-Version: 1.0\nContent-Type: message/partial; id=inner; number=%d; total=2\n\n%s", i, i+1, part)
		if err := b.deliver("machine@far.test", "fax@b.test", piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.deliver("machine@far.test", "fax@b.test", pieces[1]); err != nil {
		t.Fatal(err)
	}
	if in := b.inbox(1)[0]; in.State != gateway.Read || in.MessageID != "<nested@far.test>" {
		t.Errorf("in the inbox is %+v", in)
	}
}

// TestPiecesThatNoMessageCanBeMadeOf are told at once, and not tried for ever.
func TestPiecesThatNoMessageCanBeMadeOf(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.Administrator = "admin@office.test" })
	for n := 1; n <= 2; n++ { // no header inside, and no blank line: a header without end
		piece := fmt.Sprintf("From: machine@far.test\nMessage-ID: <x%d@far.test>\nContent-Type: message/partial; id=x; number=%d; total=2\n\n%s", n, n, strings.Repeat("QUJD\n", 60_000))
		if err := b.deliver("machine@far.test", "fax@b.test", piece); err != nil {
			t.Fatal(err)
		}
	}
	b.journal("a header is longer than the limit")
	if in := b.inbox(1)[0]; in.State != gateway.Unreadable {
		t.Errorf("in the inbox is %+v", in)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "neither alarm nor answer" })
}
