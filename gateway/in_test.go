package gateway_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
)

// mailWith is a mail with the given parts, each "type; parameters|body".
func mailWith(headers string, parts ...string) string {
	var b strings.Builder
	b.WriteString("From: Machine <machine@far.test>\nTo: fax@b.test\nDate: Sat, 21 Nov 2026 19:00:00 +0000\nMIME-Version: 1.0\n" + headers)
	b.WriteString("Content-Type: multipart/mixed; boundary=\"x\"\n\n")
	for _, p := range parts {
		kind, body, _ := strings.Cut(p, "|")
		b.WriteString("--x\nContent-Type: " + kind + "\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(body)) + "\n")
	}
	return b.String() + "--x--\n"
}

func withID(id string) string { return "Message-ID: <" + id + "@far.test>\nSubject: fax\n" }

const wantsReceipt = "Disposition-Notification-To: <machine@far.test>\n"

// receiver is one gateway whose own mail goes to a sender that takes everything.
func receiver(t *testing.T, change func(*gateway.Options)) (*node, *scriptedSender) {
	t.Helper()
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	b := newNode(t, "fax@b.test", func(o *gateway.Options) {
		o.Sender = s.way
		if change != nil {
			change(o)
		}
	})
	return b.start(), s
}

func TestTextOnlyMailBecomesAPage(t *testing.T) {
	b, _ := receiver(t, nil)
	err := b.deliver("a@far.test", "fax@b.test", "From: a@far.test\nSubject: hello\nMessage-ID: <t1@far.test>\n\nJust words.\n")
	if err != nil {
		t.Fatal(err)
	}
	if in := b.inbox(1); in[0].Pages != 1 || in[0].Error != "" {
		t.Errorf("inbox: %+v", in[0])
	}
}

func TestMailThatNothingCanBeMadeOfIsRefusedByItsReason(t *testing.T) {
	b, _ := receiver(t, nil)
	for _, tt := range []struct{ name, raw, want string }{
		{"only a program", mailWith(withID("p1"), `application/octet-stream; name="invoice.exe"|MZ`+"\x90\x00\x03\x00\x00\x00\x04\x00"), "invoice.exe"},
		{"truncated TIFF", mailWith(withID("p2"), `image/tiff; name="fax.tif"|II*`+"\x00\x08\x00\x00\x00"), "fax.tif"},
		{"text and a broken TIFF", mailWith(withID("p3"), "text/plain|see the fax", `image/tiff; name="fax.tif"|II*`+"\x00\xff\xff\x00\x00"), "fax.tif"},
		{"nothing at all", mailWith(withID("p4")), "nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := b.deliver("machine@far.test", "fax@b.test", tt.raw)
			re, ok := errors.AsType[*mailio.ReplyError](err)
			if !ok || re.Code != 554 || re.Enhanced != "5.6.1" || !strings.Contains(re.Text, tt.want) {
				t.Errorf("got %v, want 554 5.6.1 with %q", err, tt.want)
			}
			b.journal("was refused")
		})
	}
	if err := b.deliver("a@far.test", "fax@b.test", "Message-ID: <ok@far.test>\n\nThe next one goes through.\n"); err != nil {
		t.Fatal(err)
	}
	b.inbox(1)
}

func TestOneUnreadablePartOfThreeKeepsTheOthersAndTheReceiptSaysError(t *testing.T) {
	b, s := receiver(t, nil)
	raw := mailWith(withID("three")+wantsReceipt, `text/plain; name="one.txt"|one`, `image/tiff; name="two.tif"|II*`+"\x00\xff\xff\x00\x00", pngPart(t))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)
	if in[0].State != gateway.Incomplete || in[0].Pages == 0 || !strings.Contains(in[0].Error, "two.tif") {
		t.Errorf("inbox: %+v", in[0])
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt was sent" })
	got := strings.ReplaceAll(string(s.sent[0]), "\r\n ", " ")
	if !strings.Contains(got, "; processed/error") || !strings.Contains(got, "two.tif") {
		t.Errorf("the receipt does not say error:\n%s", got)
	}
	if env := s.envs[0]; env.From != "" || env.To != "machine@far.test" {
		t.Errorf("receipt's envelope: %+v", env)
	}
}

func TestReceiptGoesOnlyWhereRFC8098LetsIt(t *testing.T) {
	for _, tt := range []struct {
		name, from, headers string
		want                bool
	}{
		{"asked for by the return path", "machine@far.test", wantsReceipt, true},
		{"domain in other case", "machine@FAR.test", wantsReceipt, true},
		{"not asked for", "machine@far.test", "", false},
		{"asked for by another address", "machine@far.test", "Disposition-Notification-To: other@far.test\n", false},
		{"local part in other case", "Machine@far.test", wantsReceipt, false},
		{"null return path", "", wantsReceipt, false},
		{"mailing list", "machine@far.test", wantsReceipt + "List-Id: <all.far.test>\n", false},
		{"bulk", "machine@far.test", wantsReceipt + "Precedence: bulk\n", false},
		{"two addresses", "machine@far.test", "Disposition-Notification-To: machine@far.test, x@far.test\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, s := receiver(t, nil)
			if err := b.deliver(tt.from, "fax@b.test", mailWith(withID("r")+tt.headers, "text/plain|words")); err != nil {
				t.Fatal(err)
			}
			words := "no receipt is sent"
			if tt.want {
				words = "a receipt is sent"
			}
			b.journal(words)
			if tt.want {
				eventually(t, func() (bool, string) { return s.tries() == 1, "no receipt was sent" })
				if got := string(s.sent[0]); !strings.Contains(got, "Original-Message-ID: <r@far.test>") || !strings.Contains(got, "; dispatched") || !strings.Contains(got, "Media-Accept-Features:") {
					t.Errorf("receipt:\n%s", got)
				}
			} else if s.tries() != 0 {
				t.Errorf("a receipt was sent:\n%s", s.sent[0])
			}
		})
	}
}

func TestAnAbsenceNoteIsKeptAndNotAnswered(t *testing.T) {
	b, s := receiver(t, nil)
	if err := b.deliver("person@far.test", "fax@b.test", "From: person@far.test\nSubject: away\nAuto-Submitted: auto-replied\n"+wantsReceipt+"Message-ID: <away@far.test>\n\nI am away.\n"); err != nil {
		t.Fatal(err)
	}
	b.journal("the report has been dealt with")
	if b.inbox(0); s.tries() != 0 {
		t.Errorf("answered:\n%s", s.sent[0])
	}
}

func TestARepeatIsKeptOnceAndGetsNoSecondReceipt(t *testing.T) {
	b, s := receiver(t, nil)
	raw := mailWith(withID("again")+wantsReceipt, "text/plain|words")
	for range 3 {
		if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
			t.Fatal(err)
		}
	}
	b.inbox(1)
	b.journal("the same message came again")
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("again")+wantsReceipt, "text/plain|other words")); err != nil {
		t.Fatal(err)
	}
	b.inbox(2)
	b.journal("the same Message-ID came before with other pages")
	eventually(t, func() (bool, string) { return s.tries() == 2, "want one receipt for each of the two faxes" })
}

func TestARepeatWithoutMessageIDIsToldByItsBytes(t *testing.T) {
	b, _ := receiver(t, nil)
	raw := mailWith("Subject: old machine\n", "text/plain|words")
	for range 2 {
		if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.deliver("other@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	b.inbox(2)
}

func TestThereIsNoRelaying(t *testing.T) {
	b, _ := receiver(t, nil)
	for _, rcpt := range []string{"someone@elsewhere.test", "other@b.test", "fax@b.test.evil.test", "fax%elsewhere.test@b.test", "FAX=+4930123@b.test"} {
		err := b.deliver("machine@far.test", rcpt, mailWith(withID("x"), "text/plain|words"))
		if re, ok := errors.AsType[*mailio.ReplyError](err); !ok || re.Code != 550 {
			t.Errorf("%s: %v", rcpt, err)
		}
	}
	if err := b.deliver("machine@far.test", "FAX@B.test", mailWith(withID("y"), "text/plain|words")); err != nil {
		t.Errorf("own address in capitals: %v", err)
	}
}

func TestReceivedFaxGoesOnAsPDF(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.DeliverTo = "office@b.test" })
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("pdf"), "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 1, "no mail was sent" })
	got := string(s.sent[0])
	if s.envs[0].To != "office@b.test" || !strings.Contains(got, "application/pdf") || !strings.Contains(got, "Auto-Submitted: auto-generated") || !strings.Contains(got, "JVBERi0x") {
		t.Errorf("mail: %+v\n%.800s", s.envs[0], got)
	}
}

func TestFailedRouteTellsTheAdministratorOnce(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "nobody of that name"), accepts}}
	b := newNode(t, "fax@b.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Fax.DeliverTo, o.Config.Fax.Administrator = "office@b.test", "admin@b.test"
	}).start()
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("pdf"), "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return s.tries() == 2, "the administrator was not told" })
	if s.envs[1].To != "admin@b.test" || !strings.Contains(string(s.sent[1]), "nobody of that name") {
		t.Errorf("notice: %+v\n%s", s.envs[1], s.sent[1])
	}
	if in := b.inbox(1); in[0].State != gateway.Read {
		t.Errorf("the fax is not in the inbox any more: %+v", in[0])
	}
}

func TestLowDiskIsAnswered452(t *testing.T) {
	b, _ := receiver(t, func(o *gateway.Options) { o.Config.Limits.FreeDisk = 1 << 60 })
	err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("x"), "text/plain|words"))
	if re, ok := errors.AsType[*mailio.ReplyError](err); !ok || re.Code != 452 {
		t.Errorf("got %v, want 452", err)
	}
	if err := b.Ready(context.Background()); !errors.Is(err, gateway.ErrLowDisk) {
		t.Errorf("ready: %v", err)
	}
	if _, err := b.Submit(context.Background(), gateway.SubmitRequest{To: []string{"a@far.test"}, Files: []gateway.File{textFile("x")}}); !errors.Is(err, gateway.ErrLowDisk) {
		t.Errorf("submit: %v", err)
	}
}

func TestASecondProcessIsKeptOut(t *testing.T) {
	b, _ := receiver(t, nil)
	if _, err := gateway.Open(context.Background(), b.opts); !errors.Is(err, gateway.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
}

func TestGatewaysThatPassAFaxRoundAreStopped(t *testing.T) {
	a, b := pair(t, func(o *gateway.Options) { o.Config.Fax.DeliverTo = "fax@b.test" }, func(o *gateway.Options) { o.Config.Fax.DeliverTo = "fax@a.test" })
	if err := a.deliver("machine@far.test", "fax@a.test", mailWith(withID("round"), "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) {
		n := 0
		for _, g := range []*node{a, b} {
			lines, err := g.Journal(context.Background(), gateway.JournalFilter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				if l.Kind == "loop" {
					n++
				}
			}
		}
		return n == 1, "the loop was not stopped"
	})
	a.inbox(2)
	b.inbox(2)
}
