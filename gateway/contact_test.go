package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
)

// contact adds a contact.
func (n *node) contact(c gateway.Contact) gateway.Contact {
	n.t.Helper()
	added, err := n.AddContact(context.Background(), c)
	if err != nil {
		n.t.Fatal(err)
	}
	return added
}

// view shows a contact.
func (n *node) view(who string) gateway.ContactView {
	n.t.Helper()
	v, err := n.Contact(context.Background(), who)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

// sentTo is the one message that went to an address: its header and its text as sent.
func (s *scriptedSender) sentTo(t *testing.T, to string) (mail.Header, string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []byte
	for i, env := range s.envs {
		if env.To == to {
			if found != nil {
				t.Errorf("%s got more than one message", to)
			}
			found = s.sent[i]
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(found))
	if err != nil {
		t.Fatalf("the message to %s: %v", to, err)
	}
	return m.Header, string(found)
}

// A group of a Profile S machine, an MMR machine, a person, an unknown and a bouncing address: five messages, each in the right form, with its own state, and none names another member.
func TestGroupOfFive(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	bounces := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "5.1.1 no such user")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = func(to string) (mailio.Sender, error) {
			if to == "gone@bounce.test" {
				return bounces, nil
			}
			return s, nil
		}
	}).start()
	a.contact(gateway.Contact{Address: "simple@s.test", Code: "s", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "S"}, Pinned: true})
	a.contact(gateway.Contact{Address: "big@m.test", Code: "m", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "f", Coding: "mmr", Resolution: "300", Paper: "a4"}})
	a.contact(gateway.Contact{Address: "bob@p.test", Name: "Bob", Kind: gateway.Person})
	a.contact(gateway.Contact{Address: "who@u.test"})
	a.contact(gateway.Contact{Address: "gone@bounce.test", Kind: gateway.Machine})
	if _, err := a.AddGroup(context.Background(), gateway.Group{Code: "Five", Members: []string{"s", "M", "bob@p.test", "who@U.test", "gone@bounce.test"}}); err != nil {
		t.Fatal(err)
	}
	id := a.submit("five", textFile("For all of you.\n"))
	var fax gateway.Fax
	eventually(t, func() (bool, string) {
		var err error
		if fax, err = a.Fax(context.Background(), id); err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, d := range fax.Deliveries {
			if d.State != gateway.Accepted && d.State != gateway.Failed {
				open++
			}
		}
		return open == 0 && len(fax.Deliveries) == 5, "still open"
	})
	for i, want := range []struct {
		to, form string
		state    spool.State
		waits    bool
	}{
		{"simple@s.test", "S MH 204x196 A4", gateway.Accepted, true},
		{"big@m.test", "F MMR 300x300 A4", gateway.Accepted, true},
		{"bob@p.test", "PDF", gateway.Accepted, false},
		{"who@u.test", "S MH 204x196 A4", gateway.Accepted, true},
		{"gone@bounce.test", "S MH 204x196 A4", gateway.Failed, false},
	} {
		d := fax.Deliveries[i]
		if d.To != want.to || d.Form != want.form || d.State != want.state || (d.NextAt != nil) != want.waits {
			t.Errorf("delivery %d: %s %q %s, waits %v; want %+v", i, d.To, d.Form, d.State, d.NextAt, want)
		}
	}
	a.checkFive(s)
	a.journal("no receipt was asked for")
}

func (n *node) checkFive(s *scriptedSender) {
	n.t.Helper()
	all := []string{"simple@s.test", "big@m.test", "bob@p.test", "who@u.test"}
	for _, to := range all {
		h, text := s.sentTo(n.t, to)
		person := to == "bob@p.test"
		if got := h.Get("Disposition-Notification-To"); (got == "") != person {
			n.t.Errorf("%s: Disposition-Notification-To %q", to, got)
		}
		kind := map[bool]string{false: "Content-Type: image/tiff", true: "Content-Type: application/pdf"}
		if !strings.Contains(text, kind[person]) || strings.Contains(text, kind[!person]) {
			n.t.Errorf("%s: not only %s", to, kind[person])
		}
		for _, other := range append(all, "gone@bounce.test", "five") {
			if other != to && strings.Contains(text, other) {
				n.t.Errorf("the message to %s names %s", to, other)
			}
		}
	}
}

// What a machine tells of itself wins over a form set by hand, unless that is pinned; and a real machine reads both.
func TestPinnedFormWinsOverWhatWasLearned(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.contact(gateway.Contact{Address: "fax@b.test", Code: "b", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "F", Coding: "MR", Resolution: "204x98"}})
	first := a.wait(a.submit("b"), gateway.Confirmed)
	if f := first.Deliveries[0].Form; f != "F MR 204x98 A4" {
		t.Errorf("nothing learned yet: %q, want the form set by hand", f)
	}
	if f := a.wait(a.submit("fax@b.test"), gateway.Confirmed).Deliveries[0].Form; !strings.HasPrefix(f, "F MMR 4") {
		t.Errorf("learned, not pinned: %q", f)
	}
	v := a.view("b")
	if !strings.HasPrefix(v.Next.Form, "F MMR 4") || !strings.Contains(strings.Join(v.Next.Why, "; "), "wins over the form set by hand, as that is not pinned") {
		t.Errorf("the explanation does not say so: %+v", v.Next)
	}
	v.Pinned = true
	if _, err := a.SetContact(context.Background(), "B", v.Contact); err != nil {
		t.Fatal(err)
	}
	if f := a.wait(a.submit("b"), gateway.Confirmed).Deliveries[0].Form; f != "F MR 204x98 A4" {
		t.Errorf("pinned: %q", f)
	}
	if v := a.view("b"); v.Next.Form != "F MR 204x98 A4" || !strings.Contains(v.Next.Why[0], "pinned, so it wins") {
		t.Errorf("the explanation does not say so: %+v", v.Next)
	}
	for _, f := range b.inbox(3) {
		if f.Error != "" || f.Pages != 1 {
			t.Errorf("arrived as %+v", f)
		}
	}
}

// What a form set by hand leaves open is never more than a machine is known to take.
func TestFormByHand(t *testing.T) {
	a := newNode(t, "fax@a.test", nil).start()
	for _, tt := range []struct {
		form gateway.ContactForm
		want string
	}{
		{gateway.ContactForm{Paper: "A4"}, "S MH 204x196 A4"},
		{gateway.ContactForm{Paper: "A3"}, "F MH 204x196 A3"},
		{gateway.ContactForm{Coding: "MR"}, "F MR 204x196 A4"},
		{gateway.ContactForm{Resolution: "300"}, "F MH 300x300 A4"},
		{gateway.ContactForm{Resolution: "204x98"}, "S MH 204x98 A4"},
		{gateway.ContactForm{Profile: "S", Resolution: "200x200"}, "S MH 200x200 A4"},
		{gateway.ContactForm{Profile: "S", Paper: "Legal"}, "S MH 204x196 Legal"},
		{gateway.ContactForm{Profile: "F"}, "F MMR 400x400 A4"},
		{gateway.ContactForm{Profile: "F", Coding: "MH", Resolution: "204x196"}, "F MH 204x196 A4"},
		{gateway.ContactForm{Profile: "F", Coding: "MMR", Resolution: "600"}, "F MMR 600x600 A4"},
		{gateway.ContactForm{Profile: "PDF"}, "PDF"},
	} {
		c := a.contact(gateway.Contact{Address: "x@b.test", Kind: gateway.Machine, Form: tt.form})
		if got := a.view(c.Address).Next; got.Form != tt.want || !strings.Contains(got.Why[0], "set by hand") {
			t.Errorf("%+v gives %q (%v), want %q", tt.form, got.Form, got.Why, tt.want)
		}
		if err := a.RemoveContact(context.Background(), c.Address); err != nil {
			t.Fatal(err)
		}
	}
}

// A person gets each document as a PDF: what is a PDF already as it was handed over, the others with one page for each page.
func TestPersonsPDF(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	a.contact(gateway.Contact{Address: "bob@b.test", Kind: gateway.Person})
	_, png, _ := strings.Cut(pngPart(t), "|")
	first := a.submit("bob@b.test", textFile("A letter.\n"), bytesFile("three.png", []byte(png)))
	a.wait(first, gateway.Accepted)
	parts := s.attachments(t, 0)
	if len(parts) != 2 || parts[0].name != "page.pdf" || parts[1].name != "three.pdf" {
		t.Fatalf("sent as %v", parts)
	}
	if len(parts[0].data) > 60_000 {
		t.Errorf("a page of text has %d bytes", len(parts[0].data))
	}
	for _, p := range parts {
		if info := pdfinfo(t, p.data); !strings.Contains(info, "Pages:           1") || p.kind != "application/pdf" {
			t.Errorf("%s %s: %s", p.kind, p.name, info)
		}
	}
	a.wait(a.submit("bob@b.test", bytesFile("own.pdf", parts[0].data)), gateway.Accepted)
	if again := s.attachments(t, 1); len(again) != 1 || again[0].name != "own.pdf" || !bytes.Equal(again[0].data, parts[0].data) {
		t.Errorf("the PDF has changed on its way: %v", again)
	}
	if v := a.view("bob@b.test"); v.Next.Form != "PDF" || v.Next.Receipt || !strings.Contains(v.Next.Why[0], "person") {
		t.Errorf("explained as %+v", v.Next)
	}
}

func bytesFile(name string, data []byte) gateway.File {
	return gateway.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// attachment is a document as a mail program sees it.
type attachment struct {
	name, kind string
	data       []byte
}

// attachments are the documents of the n-th message that was sent.
func (s *scriptedSender) attachments(t *testing.T, n int) (list []attachment) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := mail.ReadMessage(bytes.NewReader(s.sent[n]))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		list = append(list, attachment{p.FileName(), kind, data})
	}
}

// pdfinfo has poppler judge a PDF.
func pdfinfo(t *testing.T, data []byte) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdfinfo", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("pdfinfo: %v %s", err, out)
	}
	return string(out)
}

// The contact decides about receipts, over its kind and over the configuration.
func TestReceiptByContact(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	a.contact(gateway.Contact{Address: "quiet@b.test", Kind: gateway.Machine, Receipt: new(false)})
	a.contact(gateway.Contact{Address: "bob@b.test", Kind: gateway.Person, Receipt: new(true)})
	for to, asked := range map[string]bool{"quiet@b.test": false, "bob@b.test": true} {
		f := a.wait(a.submit(to), gateway.Accepted)
		h, _ := s.sentTo(t, to)
		if (h.Get("Disposition-Notification-To") != "") != asked || (f.Deliveries[0].NextAt != nil) != asked {
			t.Errorf("%s: asked %q, waits until %v", to, h.Get("Disposition-Notification-To"), f.Deliveries[0].NextAt)
		}
		if v := a.view(to); v.Next.Receipt != asked {
			t.Errorf("%s is explained as %+v", to, v.Next)
		}
	}
}

// The contact's own host comes before everything else.
func TestContactsOwnHost(t *testing.T) {
	b := newNode(t, "fax@b.test", nil).start()
	host, port, err := net.SplitHostPort(b.Addr("smtp"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Config.Direct = []config.Direct{{To: "@b.test", Host: "127.0.0.1", Port: 9, TLS: "off"}}
		o.Config.Relay.Host, o.Config.Relay.Port = "127.0.0.1", 9
	}).start()
	a.contact(gateway.Contact{Address: "fax@b.test", Host: host, Port: n, TLS: "off"})
	if v := a.view("fax@b.test"); !strings.Contains(v.Next.Way, "port "+port+", without TLS: the host that is set for this contact") {
		t.Errorf("way: %s", v.Next.Way)
	}
	a.wait(a.submit("fax@b.test"), gateway.Accepted)
	b.inbox(1)
	a.contact(gateway.Contact{Address: "tls@b.test", TLS: "starttls-required"})
	if v := a.view("tls@b.test"); !strings.Contains(v.Next.Way, "port 9, only with TLS (STARTTLS): the [[direct]] host for @b.test") {
		t.Errorf("way: %s", v.Next.Way)
	}
	a.contact(gateway.Contact{Address: "x@relayed.test", TLS: "implicit"})
	if v := a.view("x@relayed.test"); !strings.Contains(v.Next.Way, "with TLS where it is offered: your mail server") {
		t.Errorf("the contact's policy is not the relay's: %s", v.Next.Way)
	}
	a.contact(gateway.Contact{Address: "fax@c.test", Host: host, Port: n, TLS: "starttls-required"})
	f, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{"fax@c.test"}, Text: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	a.journal("STARTTLS")
	if got, err := a.Fax(context.Background(), f); err != nil || got.State == gateway.Accepted {
		t.Errorf("sent without the TLS that is required: %+v, %v", got, err)
	}
}

func TestSizeLimitRefusesBeforeSending(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	a.contact(gateway.Contact{Address: "small@b.test", SizeLimit: 10 << 10})
	long := textFile(strings.Repeat(strings.Repeat("many words ", 8)+"\n", 200))
	f := a.wait(a.submit("small@b.test", long), gateway.Failed)
	if r := f.Deliveries[0].Reason; s.tries() != 0 || !strings.Contains(r, "small@b.test takes at most 10 kB") || !strings.Contains(r, "raise the contact's size limit") {
		t.Errorf("%d tries, %q", s.tries(), r)
	}
	v := a.view("small@b.test")
	v.SizeLimit = 10 << 20
	if _, err := a.SetContact(context.Background(), "small@b.test", v.Contact); err != nil {
		t.Fatal(err)
	}
	if err := a.Retry(context.Background(), f.ID); err != nil {
		t.Fatal(err)
	}
	a.wait(f.ID, gateway.Accepted)
}

// The sender name is chosen by request, contact or default, and stays on every retry, whatever the configuration says by then; numbers run on over a restart.
func TestSenderNamesAndNumbers(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageMAIL, 451, "4.3.0", "later"), refuses(mailio.StageMAIL, 451, "4.3.0", "later"), accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Fax.Name, o.Config.Fax.Names, o.Config.Fax.DefaultName = "Zentrale", []string{"Büro Süd", "Einkauf"}, 2
		o.Config.Fax.Device, o.Config.Fax.Subject = "FG-1", "{device}: From {name} (Fax Message No. {number}) to {to}, {pages}"
		o.Config.Retry.FirstWait, o.Config.Retry.First = config.Duration(2*time.Second), 5
	}).start()
	a.contact(gateway.Contact{Address: "one@b.test", HeaderName: "1"})
	id := a.submit("one@b.test")
	eventually(t, func() (bool, string) { return s.tries() == 1, "no first try" })
	a.end()
	a.opts.Config.Fax.Names = []string{"Other", "Else"}
	a.start()
	a.wait(id, gateway.Accepted)
	h, _ := s.envsSubject(t, 2)
	if want := "FG-1: From Büro Süd (Fax Message No. 0001) to one@b.test, 1 page"; h != want {
		t.Errorf("subject %q, want %q", h, want)
	}
	for i, want := range []struct{ to, name, subject string }{
		{"two@b.test", "", "From Else (Fax Message No. 0002)"},
		{"two@b.test", "zentrale", "From Zentrale (Fax Message No. 0003)"},
	} {
		next, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{want.to}, Text: "x", HeaderName: want.name})
		if err != nil {
			t.Fatal(err)
		}
		if f := a.wait(next, gateway.Accepted); f.Number != int64(i+2) {
			t.Errorf("number %d", f.Number)
		}
		if got, raw := s.envsSubject(t, 3+i); !strings.Contains(got, want.subject) || strings.ContainsFunc(raw, func(r rune) bool { return r > '~' }) {
			t.Errorf("subject %q (%q), want %q", got, raw, want.subject)
		}
	}
	a.end()
	a.opts.Config.Fax.Names, a.opts.Config.Fax.DefaultName = nil, 0
	a.start()
	a.wait(a.submit("one@b.test"), gateway.Accepted)
	a.journal(`asks for the sender name "1", which is not in fax.names any more`)
	if v := a.view("one@b.test"); v.Next.HeaderName != "Zentrale" || !strings.Contains(strings.Join(v.Next.Why, "; "), "not in fax.names any more") {
		t.Errorf("explained as %+v", v.Next)
	}
	_, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{"two@b.test"}, Text: "x", HeaderName: "7"})
	if ie, ok := errors.AsType[*gateway.InputError](err); !ok || ie.Field != "headerName" {
		t.Errorf("slot 7: %v", err)
	}
}

// envsSubject is the subject of the n-th message that was sent, decoded and as it was written.
func (s *scriptedSender) envsSubject(t *testing.T, n int) (decoded, raw string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := mail.ReadMessage(bytes.NewReader(s.sent[n]))
	if err != nil {
		t.Fatal(err)
	}
	raw = m.Header.Get("Subject")
	decoded, err = new(mime.WordDecoder).DecodeHeader(raw)
	if err != nil {
		t.Fatal(err)
	}
	return decoded, raw
}
