package gateway_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/deploy/lab"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

// mailbox is a user's account at the lab's Dovecot, as an administrator would configure it.
func mailbox(t *testing.T, l *lab.Lab, u lab.User, protocol, tls string, port int) config.Mailbox {
	t.Helper()
	return config.Mailbox{
		Name: protocol + "-" + u.Address, Protocol: protocol, Host: l.Host, Port: port, TLS: tls, CAFile: l.CA, User: u.Address,
		PasswordFile: secretFile(t, u.Password), AllowPlaintext: true, Address: u.Address, Interval: config.Duration(time.Second), Keep: "off", MaxSize: 100 << 20,
	}
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// office is a gateway that lives on the lab's mail servers: its faxes go out by Postfix, its mail is fetched from Dovecot.
func office(t *testing.T, l *lab.Lab, u lab.User, box config.Mailbox, change func(*gateway.Options)) *node {
	t.Helper()
	return newNode(t, u.Address, func(o *gateway.Options) {
		o.Config.Hostname = "gw.test.local"
		o.Config.Relay = config.Relay{
			Host: l.Host, Port: l.Submission, TLS: "starttls-required", CAFile: l.CA, User: u.Address, PasswordFile: secretFile(t, u.Password),
			Mechanism: "auto", Timeout: config.Duration(10 * time.Second),
		}
		o.Config.Mailbox = []config.Mailbox{box}
		if change != nil {
			change(o)
		}
	}).start()
}

func TestByPostfixAndDovecot(t *testing.T) {
	l := lab.Get(t)
	for _, tt := range []struct {
		protocol, tls string
		port          int
	}{
		{"pop3", "starttls-required", l.POP3},
		{"pop3", "implicit", l.POP3S},
		{"imap", "starttls-required", l.IMAP},
		{"imap", "implicit", l.IMAPS},
	} {
		t.Run(tt.protocol+" "+tt.tls, func(t *testing.T) {
			ua, ub := l.User(t), l.User(t)
			a := office(t, l, ua, mailbox(t, l, ua, tt.protocol, tt.tls, tt.port), nil)
			b := office(t, l, ub, mailbox(t, l, ub, tt.protocol, tt.tls, tt.port), nil)
			id := a.submit(ub.Address)
			f := a.wait(id, gateway.Confirmed)
			in := b.inbox(1)
			if in[0].From != ua.Address || in[0].Source != tt.protocol+":"+tt.protocol+"-"+ub.Address || in[0].MessageID != f.Deliveries[0].MessageID {
				t.Errorf("inbox: %+v", in[0])
			}
			ladder(t, f, "queued", "sending", "accepted", "confirmed")
			if words := f.Deliveries[0].Rungs[2].Words; !strings.Contains(words, "queued as") {
				t.Errorf("the rung accepted has %q, not Postfix's own words", words)
			}
			if left := ub.Messages(t); len(left) != 0 {
				eventually(t, func() (bool, string) { return len(ub.Messages(t)) == 0, "the mail was not deleted from the mailbox" })
			}
		})
	}
}

// ladder checks the rungs, each with its time, in order.
func ladder(t *testing.T, f gateway.Fax, want ...string) {
	t.Helper()
	var got []string
	last := f.CreatedAt
	for _, r := range f.Deliveries[0].Rungs {
		got = append(got, string(r.State))
		if r.At.Before(last) {
			t.Errorf("rung %s at %s, before the one below it (%s)", r.State, r.At, last)
		}
		last = r.At
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("rungs %v, want %v", got, want)
	}
}

func TestABouncedFaxFailsWithPostfixsWords(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	a := office(t, l, u, mailbox(t, l, u, "imap", "implicit", l.IMAPS), nil)
	f := a.wait(a.submit("nobody@fail.test"), gateway.Failed)
	if r := f.Deliveries[0].Reason; !strings.Contains(r, "5.1.1") || !strings.Contains(r, "failed") {
		t.Errorf("reason %q does not give Postfix's words", r)
	}
}

func TestDeliveryReportIsARungAndAMachineThatNeverAnswersExpires(t *testing.T) {
	l := lab.Get(t)
	u, silent := l.User(t), l.Final()
	a := office(t, l, u, mailbox(t, l, u, "imap", "implicit", l.IMAPS), func(o *gateway.Options) {
		o.Config.Fax.RequestDSN = true
		o.Config.Retry.Monitoring = config.Duration(4 * time.Second)
	})
	id := a.submit(silent.Address)
	f := a.wait(id, gateway.Expired)
	ladder(t, f, "queued", "sending", "accepted", "delivered", "expired")
	raw := silent.Read(t)
	if len(raw) == 0 || !bytes.Contains(raw[len(raw)-1], []byte("Disposition-Notification-To: <"+u.Address+">")) {
		t.Fatalf("the silent mailbox holds %d mails, or no request for a receipt", len(raw))
	}
	receipt := strings.ReplaceAll(receiptFor(f.Deliveries[0].MessageID, silent.Address, "dispatched"), "fax@a.test", u.Address)
	if err := l.Send("", []string{u.Address}, strings.NewReader(strings.ReplaceAll(receipt, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	if f = a.wait(id, gateway.Confirmed); !f.Late {
		t.Error("confirmed after its monitoring time, but not late")
	}
}

// TestFaxByOtherTools is an I-Fax of which nothing is ours: tiffcp makes the TIFF, mpack the mail, swaks delivers it. The PDF arrives in a Dovecot mailbox through Postfix.
func TestFaxByOtherTools(t *testing.T) {
	l := lab.Get(t)
	u, clerk, sender := l.User(t), l.User(t), l.User(t)
	b := office(t, l, u, mailbox(t, l, u, "imap", "implicit", l.IMAPS), func(o *gateway.Options) { o.Config.Fax.DeliverTo = clerk.Address })
	for _, tt := range []struct {
		name, headers string
		receipt       bool
	}{
		{"without a request", "", false},
		{"with a request", "Disposition-Notification-To: <" + sender.Address + ">\n", true},
		{"with another's address", "Disposition-Notification-To: <other@test.local>\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, mails := len(sender.Messages(t)), len(clerk.Messages(t))
			mail := toolMail(t, tt.headers)
			swaks(t, b.Addr("smtp"), sender.Address, u.Address, mail)
			got := clerk.Await(t, mails+1, 20*time.Second)
			if !bytes.Contains(got[len(got)-1], []byte("application/pdf")) {
				t.Errorf("no PDF in the clerk's mail:\n%.600s", got[len(got)-1])
			}
			if tt.receipt {
				r := sender.Await(t, before+1, 20*time.Second)
				if !bytes.Contains(r[len(r)-1], []byte("; dispatched")) || !bytes.Contains(r[len(r)-1], []byte("Return-Path: <>")) {
					t.Errorf("receipt:\n%s", r[len(r)-1])
				}
				return
			}
			b.journal("no receipt is sent")
			if n := len(sender.Messages(t)); n != before {
				t.Errorf("a receipt was sent although RFC 8098 forbids it")
			}
		})
	}
}

// toolMail makes a two-page G3 TIFF with tiffcp and packs it with mpack.
func toolMail(t *testing.T, headers string) string {
	t.Helper()
	dir := t.TempDir()
	var pbm bytes.Buffer
	fmt.Fprintf(&pbm, "P4\n1728 1100\n")
	for y := range 1100 {
		row := bytes.Repeat([]byte{0}, 216)
		if y%20 < 4 {
			copy(row[20:], bytes.Repeat([]byte{0xf0, 0x3c}, 60))
		}
		pbm.Write(row)
	}
	if err := os.WriteFile(filepath.Join(dir, "p.pbm"), pbm.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "ppm2tiff", "-R", "204", "p.pbm", "one.tif")
	run(t, dir, "tiffcp", "-c", "g3:1d", "-f", "lsb2msb", "one.tif", "one.tif", "fax.tif")
	run(t, dir, "mpack", "-s", "made by others "+filepath.Base(dir), "-c", "image/tiff", "-o", "mail", "fax.tif")
	b, err := os.ReadFile(filepath.Join(dir, "mail"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "mail.eml")
	if err := os.WriteFile(name, append([]byte(headers), b...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func swaks(t *testing.T, server, from, to, file string) {
	t.Helper()
	run(t, ".", "swaks", "--server", server, "--from", from, "--to", to, "--helo", "machine", "--data", "@"+file)
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
