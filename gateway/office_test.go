package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/deploy/lab"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// onItsOwnDomain is a gateway with a mail domain of its own, which Postfix delivers to its listener by SMTP; what it sends goes out by Postfix.
func onItsOwnDomain(t *testing.T, l *lab.Lab, change func(*gateway.Options)) (*node, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	addr := "fax@" + lab.Domain(port)
	return newNode(t, addr, func(o *gateway.Options) {
		o.Config.Listen.SMTP = fmt.Sprintf("127.0.0.1:%d", port)
		o.Config.Relay = config.Relay{Host: l.Host, Port: l.SMTP, TLS: "starttls-required", CAFile: l.CA, Mechanism: "auto", Timeout: config.Duration(10 * time.Second)}
		if change != nil {
			change(o)
		}
	}).start(), addr
}

// mailAs sends a mail as a person does: log in to the office's mail server, over TLS.
func mailAs(t *testing.T, l *lab.Lab, u lab.User, to, raw string) {
	t.Helper()
	c := &mailio.Client{
		Host: l.Host, Port: l.Submission, TLS: mailio.TLS{Mode: mailio.TLSRequired, RootCAs: l.Roots(t)}, Auth: mailio.Auth{User: u.Address, Password: u.Password},
	}
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	if _, err := c.Send(t.Context(), mailio.Envelope{From: u.Address, To: to, Size: int64(len(raw))}, strings.NewReader(raw), nil); err != nil {
		t.Fatal(err)
	}
}

// TestAPersonFaxesAndAnswersFromAMailProgram is the bridge as its users see it: Dovecot is their mailbox, Postfix their server; the fax machine is a gateway that plays one.
func TestAPersonFaxesAndAnswersFromAMailProgram(t *testing.T) {
	l := lab.Get(t)
	clerk := l.User(t)
	machine, machineAddr := onItsOwnDomain(t, l, nil)
	g, own := onItsOwnDomain(t, l, func(o *gateway.Options) {
		o.Config.Fax.DeliverTo, o.Config.Fax.PlusAddresses = clerk.Address, true
		o.Config.Listen.Trusted = []string{"127.0.0.0/8"}
		o.Config.Sender = []config.Sender{{Address: clerk.Address, Outcome: "always", Content: true}}
	})
	g.contact(gateway.Contact{Address: machineAddr, Code: "partner", Name: "Partner Ltd", Kind: "machine"})
	domain := own[strings.IndexByte(own, '@')+1:]

	mailAs(t, l, clerk, "partner@"+domain, personMail(clerk.Address, "partner@"+domain, "Our offer", "", attach("application/pdf", "offer.pdf", offerPDF(t))))
	in := machine.inbox(1)
	if in[0].From != own || in[0].Pages != 1 || in[0].Error != "" {
		t.Errorf("the machine's inbox: %+v", in[0])
	}
	outcome := clerk.Await(t, 1, 30*time.Second)[0]
	for _, want := range []string{"confirmed", "image/png", machineAddr, "Our offer", "sent as S MH"} {
		if !bytes.Contains(outcome, []byte(want)) {
			t.Errorf("the outcome mail does not say %q:\n%.2000s", want, outcome)
		}
	}

	machine.wait(machine.submit(own, textFile("A question about your offer.\n")), gateway.Confirmed)
	fax, replyTo := answerable(t, clerk.Await(t, 2, 30*time.Second))
	mailAs(t, l, clerk, replyTo.Address, personMail(clerk.Address, replyTo.Address, "Re: "+fax.Header.Get("Subject"), "Our answer is in the picture.\n\n> A question\n",
		attach("image/jpeg", "plan.jpg", planJPEG(t)), attach("text/plain; charset=utf-8", "note.txt", []byte("The note.\n"))))
	answer, err := machine.InboxFax(context.Background(), machine.inbox(2)[0].ID)
	if err != nil || len(answer.Documents) != 2 || answer.Documents[0].Name != "plan.tif" || answer.Documents[1].Name != "note.tif" || answer.Pages != 2 {
		t.Errorf("the answer at the machine: %+v, %v", answer, err)
	}
}

// answerable finds the mail that can be answered: the one with the received fax.
func answerable(t *testing.T, mails [][]byte) (*mail.Message, *mail.Address) {
	t.Helper()
	for _, raw := range mails {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		to, err := mail.ParseAddress(m.Header.Get("Reply-To"))
		if err != nil {
			continue
		}
		if !bytes.Contains(raw, []byte("Answer this mail to fax back")) {
			t.Errorf("the mail does not say that it can be answered:\n%.1500s", raw)
		}
		return m, to
	}
	t.Fatalf("none of %d mails can be answered; the last one:\n%.1500s", len(mails), mails[len(mails)-1])
	return nil, nil
}

func personMail(from, to, subject, text string, parts ...string) string {
	return fmt.Sprintf("From: <%s>\nTo: <%s>\nSubject: %s\nMessage-ID: <%d@test.local>\nDate: Sat, 21 Nov 2026 19:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"x\"\n\n--x\nContent-Type: text/plain\n\n%s\n%s--x--\n",
		from, to, subject, time.Now().UnixNano(), text, strings.Join(parts, ""))
}

func attach(kind, name string, data []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--x\nContent-Type: %s\nContent-Disposition: attachment; filename=\"%s\"\nContent-Transfer-Encoding: base64\n\n", kind, name)
	for code := base64.StdEncoding.EncodeToString(data); code != ""; {
		n := min(76, len(code))
		b.WriteString(code[:n] + "\n")
		code = code[n:]
	}
	return b.String()
}

// offerPDF is a PDF that Ghostscript makes.
func offerPDF(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", "-sPAPERSIZE=a4", "-sOutputFile=offer.pdf", "-c",
		"/Helvetica findfont 24 scalefont setfont 72 700 moveto (Our offer: ten theodolites) show showpage")
	b, err := os.ReadFile(filepath.Join(dir, "offer.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func planJPEG(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 800, 600))
	for i := range img.Pix {
		img.Pix[i] = byte(i/800/3) ^ byte(i%800/4)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
