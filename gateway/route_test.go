package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"faxgate/deploy/lab"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
)

// passedOn is a mail as a person's program shows it: its header, its text, and the attachments by their names.
type passedOn struct {
	mail.Header
	subject, text string
	files         map[string][]byte
}

func readMail(t *testing.T, raw []byte) passedOn {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	p := passedOn{Header: m.Header, files: map[string][]byte{}}
	if p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		b, err := io.ReadAll(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		p.text = string(b)
		return p
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if name := part.FileName(); name != "" {
			p.files[name] = b
		} else {
			p.text += string(b)
		}
	}
}

// faxIn delivers a small fax and waits until it has been read.
func (n *node) faxIn(from, to, subject string) gateway.InboxFax {
	n.t.Helper()
	if err := n.deliver(from, to, "From: "+from+"\nSubject: "+subject+"\nMessage-ID: <"+subject+"@far.test>\n\nJust words.\n"); err != nil {
		n.t.Fatal(err)
	}
	return n.inbox(1)[0]
}

// routes waits until every task of the fax is in one of the states, and gives them by their recipients. Pages are drawn once for each way, which takes its time under -race.
func (n *node) routes(id spool.ID, states ...spool.State) map[string]gateway.Delivery {
	n.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		f, err := n.InboxFax(context.Background(), id)
		if err != nil {
			n.t.Fatal(err)
		}
		got := map[string]gateway.Delivery{}
		settled := len(f.Tasks) > 0
		for _, d := range f.Tasks {
			got[d.To] = d
			settled = settled && slices.Contains(states, d.State)
		}
		if settled {
			return got
		}
		if time.Now().After(end) {
			n.t.Fatalf("not all are %v: %+v", states, f.Tasks)
		}
	}
}

func TestOneFaxGoesFourWaysAndOneThatFailsHoldsUpNone(t *testing.T) {
	folder := t.TempDir()
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	gone := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "no such person")}}
	b := newNode(t, "fax@b.test", func(o *gateway.Options) {
		o.Config.Fax.Administrator = "admin@b.test"
		o.Config.Route = []config.Route{
			{Name: "other", From: []string{"@else.test"}, MailTo: []string{"never@b.test"}},
			{Name: "four ways", MailTo: []string{"gone@b.test", "one@b.test", "two@b.test"}, MailContent: "both", Folder: folder, FolderContent: "both"},
		}
		o.Sender = func(to string) (mailio.Sender, error) {
			if to == "gone@b.test" {
				return gone, nil
			}
			return s, nil
		}
	}).start()
	in := b.faxIn("machine@far.test", "fax@b.test", "four")
	got := b.routes(in.ID, gateway.Done, gateway.Failed)
	for to, want := range map[string]spool.State{"gone@b.test": gateway.Failed, "one@b.test": gateway.Done, "two@b.test": gateway.Done, folder: gateway.Done} {
		if got[to].State != want || !strings.Contains(got[to].Form, "PDF and TIFF") || !strings.Contains(got[to].Form, "“four ways”") {
			t.Errorf("%s: %+v, want %s", to, got[to], want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d ways: %+v", len(got), got)
	}
	b.journal("rule “four ways” applies: it takes every fax")
	b.journal("“other” was passed over: the sender is machine@far.test, not @else.test")
	eventually(t, func() (bool, string) {
		return s.tries() == 3, fmt.Sprintf("%d mails, want two and the administrator's", s.tries())
	})
	first := slices.IndexFunc(s.envs, func(e mailio.Envelope) bool { return e.To == "one@b.test" }) // the administrator may be told before
	m := readMail(t, s.sent[first])
	for _, words := range []string{"From:     machine@far.test", "Pages:    1", "Subject:  four", "Rule:     four ways", string(in.ID)} {
		if !strings.Contains(m.text, words) {
			t.Errorf("the mail does not say %q:\n%s", words, m.text)
		}
	}
	names, err := filepath.Glob(filepath.Join(folder, "*-machine@far.test-"+string(in.ID)+".*"))
	if err != nil || len(names) != 2 || len(m.files) != 2 {
		t.Fatalf("files %v %v, attachments %d", names, err, len(m.files))
	}
	for name, file := range m.files {
		if !bytes.HasPrefix(file, []byte("%PDF-")) && !bytes.HasPrefix(file, []byte("II*\x00")) {
			t.Errorf("%s begins with %q", name, file[:8])
		}
	}
}

func TestAFolderThatIsNotThereIsTriedAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mount")
	b, _ := receiver(t, func(o *gateway.Options) {
		o.Config.Route = []config.Route{{Name: "files", Folder: folder, FolderName: "{rule}_{subject}_{id}"}}
	})
	in := b.faxIn("a@far.test", "fax@b.test", "../../etc/passwd")
	eventually(t, func() (bool, string) {
		d := b.routes(in.ID, gateway.Queued, gateway.Done)[folder]
		return d.Attempts > 1 && strings.Contains(d.Reason, "open the folder"), fmt.Sprintf("%+v", d)
	})
	if _, err := os.Stat(folder); err == nil {
		t.Fatal("a folder was made where another file system should be")
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	b.routes(in.ID, gateway.Done)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "files_etc_passwd_"+string(in.ID)+".pdf" && entries[0].Name() != "files_.._etc_passwd_"+string(in.ID)+".pdf" {
		t.Errorf("%v %v", entries, err)
	}
}

// TestAFileIsWrittenOnce ends the task's work at each of its steps: what is there after it is one whole file, and nothing is written over.
func TestAFileIsWrittenOnce(t *testing.T) {
	for _, at := range []string{"folder-written", "folder-renamed"} {
		t.Run(at, func(t *testing.T) {
			folder := t.TempDir()
			var broken atomic.Bool
			b, _ := receiver(t, func(o *gateway.Options) {
				o.Config.Route = []config.Route{{Name: "files", Folder: folder}}
				o.Now = quickClock()
				o.Fault = func(name string) {
					if name == at && broken.CompareAndSwap(false, true) {
						panic("as if the process ended")
					}
				}
			})
			in := b.faxIn("a@far.test", "fax@b.test", "once")
			d := b.routes(in.ID, gateway.Done)[folder]
			if said := strings.Contains(d.Reason, "was there already"); said != (at == "folder-renamed") || !broken.Load() {
				t.Errorf("reason %q", d.Reason)
			}
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) != 1 {
				t.Fatalf("%v %v", entries, err)
			}
			run(t, folder, "pdfinfo", entries[0].Name())
		})
	}
}

// quickClock runs a hundred times as fast, so that what waits for minutes is due soon.
func quickClock() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(100 * time.Since(began)) }
}

func TestAHeldFaxWaitsForAPerson(t *testing.T) {
	rules := []config.Route{
		{Name: "own", Subject: []string{"own"}, Hold: true, MailTo: []string{"own@b.test"}},
		{Name: "next", Subject: []string{"next"}, Hold: true},
		{Name: "rest", MailTo: []string{"rest@b.test"}},
	}
	for _, tt := range []struct{ subject, to string }{{"own", "own@b.test"}, {"next", "rest@b.test"}} {
		t.Run(tt.subject, func(t *testing.T) {
			b, s := receiver(t, func(o *gateway.Options) { o.Config.Route = rules })
			in := b.faxIn("a@far.test", "fax@b.test", tt.subject)
			if d := b.routes(in.ID, gateway.Held)["inbox"]; !strings.Contains(d.Reason, "faxgate inbox release "+string(in.ID)) || in.HeldBy != tt.subject {
				t.Errorf("held by %q: %+v", in.HeldBy, d)
			}
			if s.tries() != 0 {
				t.Errorf("mailed before its release:\n%s", s.sent[0])
			}
			if err := b.Release(t.Context(), in.ID); err != nil {
				t.Fatal(err)
			}
			if got := b.routes(in.ID, gateway.Done); len(got) != 2 || got[tt.to].State != gateway.Done {
				t.Errorf("after its release: %+v", got)
			}
			if err := b.Release(t.Context(), in.ID); !errors.Is(err, gateway.ErrState) {
				t.Errorf("released twice: %v", err)
			}
			if err := b.Release(t.Context(), "nonsense"); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("nonsense released: %v", err)
			}
			if in := b.inbox(1)[0]; in.HeldBy != "" {
				t.Errorf("still held by %q", in.HeldBy)
			}
		})
	}
}

func TestAHeldFaxCanBeLeftInTheInbox(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) {
		o.Config.Route = []config.Route{{Name: "all", Hold: true, MailTo: []string{"a@b.test"}}}
	})
	in := b.faxIn("a@far.test", "fax@b.test", "left")
	b.routes(in.ID, gateway.Held)
	if err := b.Cancel(t.Context(), in.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), in.ID); !errors.Is(err, gateway.ErrState) || s.tries() != 0 {
		t.Errorf("released after it was cancelled: %v, %d mails", err, s.tries())
	}
}

func TestAFailedRouteIsRetriedAsItWas(t *testing.T) {
	answers := []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "no such person"), accepts}
	s := &scriptedSender{answers: answers}
	b, _ := receiver(t, func(o *gateway.Options) {
		o.Sender = s.way
		o.Config.Route = []config.Route{{Name: "tiff", MailTo: []string{"a@b.test"}, MailContent: "tiff"}}
	})
	in := b.faxIn("a@far.test", "fax@b.test", "again")
	b.routes(in.ID, gateway.Failed)
	if err := b.Retry(t.Context(), in.ID); err != nil {
		t.Fatal(err)
	}
	d := b.routes(in.ID, gateway.Done)["a@b.test"]
	if m := readMail(t, s.sent[1]); len(m.files) != 1 || !strings.Contains(m.text, "Rule:     tiff") || !strings.Contains(d.Form, "TIFF by mail") {
		t.Errorf("%s\n%s", d.Form, m.text)
	}
}

func TestANoticeLeadsBackToTheSenderOfTheFax(t *testing.T) {
	for _, plus := range []bool{false, true} {
		t.Run(fmt.Sprintf("plus %t", plus), func(t *testing.T) {
			var ahead atomic.Int64
			b, s := receiver(t, func(o *gateway.Options) {
				o.Config.Fax.PlusAddresses = plus
				o.Config.Console.URL = "https://fax.b.test/"
				o.Config.Route = []config.Route{{Name: "told", MailTo: []string{"one@b.test", "two@b.test"}, MailContent: "notice"}}
				o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			})
			in := b.faxIn("machine@far.test", "fax@b.test", "told")
			b.routes(in.ID, gateway.Done)
			tokens := map[string]bool{}
			for _, raw := range s.sent {
				m := readMail(t, raw)
				if len(m.files) != 0 || !strings.Contains(m.text, "not in this mail") || !strings.Contains(m.text, "https://fax.b.test/inbox/"+string(in.ID)) {
					t.Errorf("no notice: %d files\n%s", len(m.files), m.text)
				}
				tokens[tokenOf(t, m, plus)] = true
			}
			if len(tokens) != 1 {
				t.Fatalf("one fax has the tokens %v", tokens)
			}
			for token := range tokens {
				if rec, err := b.TokenOwner(t.Context(), strings.ToUpper(token)); err != nil || rec.ID != in.ID {
					t.Errorf("the token leads to %q: %v", rec.ID, err)
				}
				ahead.Store(int64(31 * 24 * time.Hour))
				if _, err := b.TokenOwner(t.Context(), token); !errors.Is(err, gateway.ErrNotFound) || !strings.Contains(err.Error(), "time for answers") {
					t.Errorf("after its time: %v", err)
				}
			}
			if _, err := b.TokenOwner(t.Context(), "abcdefghij234567"); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("a token that was guessed: %v", err)
			}
		})
	}
}

// tokenOf finds the token as an answering mail program would give it back.
func tokenOf(t *testing.T, m passedOn, plus bool) string {
	t.Helper()
	to, err := m.AddressList("Reply-To")
	if err != nil || len(to) != 1 {
		t.Fatalf("Reply-To: %v %v", to, err)
	}
	if plus {
		found := regexp.MustCompile(`^fax\+r([a-z2-7]{16})@b\.test$`).FindStringSubmatch(to[0].Address)
		if found == nil || strings.Contains(m.subject, "[fax") {
			t.Fatalf("Reply-To %s, subject %q", to[0], m.subject)
		}
		return found[1]
	}
	token, ok := gateway.ReplyTokenOf("", "Re: "+m.subject)
	if !ok || to[0].Address != "fax@b.test" {
		t.Fatalf("Reply-To %s, subject %q", to[0], m.subject)
	}
	return token
}

func TestAFaxWithoutASenderHasNoWayBack(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) { o.Config.Fax.DeliverTo = "clerk@b.test" })
	if err := b.deliver("", "fax@b.test", "Message-ID: <n@far.test>\n\nJust words.\n"); err != nil {
		t.Fatal(err)
	}
	b.routes(b.inbox(1)[0].ID, gateway.Done)
	if m := readMail(t, s.sent[0]); m.Get("Reply-To") != "" || strings.Contains(m.subject, "[fax") || !strings.Contains(m.subject, "unknown sender") {
		t.Errorf("subject %q, Reply-To %q", m.subject, m.Get("Reply-To"))
	}
}

func TestIncompleteFaxesHaveARuleOfTheirOwn(t *testing.T) {
	b, s := receiver(t, func(o *gateway.Options) {
		o.Config.Fax.DeliverTo = "clerk@b.test"
		o.Config.Route = []config.Route{{Name: "damaged", Incomplete: "yes", PagesMin: 1, MailTo: []string{"look@b.test"}}}
	})
	raw := mailWith(withID("half"), `text/plain; name="one.txt"|one`, `image/tiff; name="two.tif"|II*`+"\x00\xff\xff\x00\x00", pngPart(t))
	if err := b.deliver("machine@far.test", "fax@b.test", raw); err != nil {
		t.Fatal(err)
	}
	got := b.routes(b.inbox(1)[0].ID, gateway.Done)
	if _, both := got["clerk@b.test"]; both || got["look@b.test"].To == "" {
		t.Errorf("%+v", got)
	}
	for i, env := range s.envs {
		if env.To != "look@b.test" {
			continue // the receipt
		}
		if m := readMail(t, s.sent[i]); !strings.Contains(m.subject, "Incomplete fax from machine@far.test (1 page)") || !strings.Contains(m.text, "two.tif") {
			t.Errorf("%q\n%s", m.subject, m.text)
		}
	}
}

// TestThePDFIsWhatPeoplePrint sends a dense page of text and a coarse one by Postfix and Dovecot: poppler and MuPDF open what arrives, pages keep order and size, and are small.
func TestThePDFIsWhatPeoplePrint(t *testing.T) {
	l := lab.Get(t)
	u, clerk := l.User(t), l.User(t)
	b := office(t, l, u, mailbox(t, l, u, "imap", "implicit", l.IMAPS), func(o *gateway.Options) {
		o.Config.Route = []config.Route{{Name: "clerk", MailTo: []string{clerk.Address}, MailContent: "both"}}
	})
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = func(string) (mailio.Sender, error) { return clientTo(b.Addr("smtp")) }
	}).start()
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "%02d The quick brown fox jumps over the lazy dog, and %d more letters follow it.\n", i, 7919*i)
	}
	a.submit(u.Address, textFile(text.String()))
	first := clerk.Await(t, 1, 30*time.Second)[0]
	m := readMail(t, first)
	dir := t.TempDir()
	pages := saved(t, dir, m)
	if size := len(m.files[pages[".pdf"]]); size > 2*60_000 {
		t.Errorf("two pages of text are a PDF of %d bytes", size)
	}
	if out := run(t, dir, "pdfinfo", pages[".pdf"]); !regexp.MustCompile(`Page size: +609\.88\d* x 840`).MatchString(out) || !regexp.MustCompile(`Pages: +2\b`).MatchString(out) {
		t.Errorf("pdfinfo:\n%s", out)
	}
	if out := run(t, dir, "tiffinfo", pages[".tif"]); !strings.Contains(out, "CCITT Group 4") {
		t.Errorf("tiffinfo:\n%s", out)
	}
	swaks(t, b.Addr("smtp"), "machine@far.test", u.Address, coarseMail(t))
	for _, mail := range clerk.Await(t, 2, 30*time.Second) { // in whatever order the mailbox has them
		if !bytes.Equal(mail, first) {
			notSquashed(t, dir, saved(t, dir, readMail(t, mail)))
		}
	}
}

// saved writes the attachments to the directory and gives their names by their endings.
func saved(t *testing.T, dir string, m passedOn) map[string]string {
	t.Helper()
	names := map[string]string{}
	for name, b := range m.files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		names[filepath.Ext(name)] = name
	}
	if len(names) != 2 {
		t.Fatalf("attachments %v, text\n%s", names, m.text)
	}
	return names
}

// coarseMail is a fax of two A4 pages at 200 by 100, as libtiff writes them: each has a square of one inch, the second page another one below it.
func coarseMail(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for page := 1; page <= 2; page++ {
		var pbm bytes.Buffer
		fmt.Fprintf(&pbm, "P4\n1728 1169\n")
		for y := range 1169 {
			row := bytes.Repeat([]byte{0}, 216)
			if y >= 100 && y < 200 || page == 2 && y >= 400 && y < 500 {
				copy(row[50:], bytes.Repeat([]byte{0xff}, 25))
			}
			pbm.Write(row)
		}
		if err := os.WriteFile(filepath.Join(dir, "p.pbm"), pbm.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "ppm2tiff", "-R", "200", "p.pbm", fmt.Sprintf("%d.tif", page))
	}
	run(t, dir, "tiffcp", "-c", "g3:1d", "1.tif", "2.tif", "fax.tif")
	for page := range 2 {
		run(t, dir, "tiffset", "-d", strconv.Itoa(page), "-s", "283", "100.0", "fax.tif")
	}
	run(t, dir, "mpack", "-s", "coarse "+filepath.Base(dir), "-c", "image/tiff", "-o", "mail", "fax.tif")
	return filepath.Join(dir, "mail")
}

// notSquashed lets both programs draw the pages and measures their squares.
func notSquashed(t *testing.T, dir string, names map[string]string) {
	t.Helper()
	if out := run(t, dir, "pdfinfo", names[".pdf"]); !regexp.MustCompile(`Pages: +2\b`).MatchString(out) || !regexp.MustCompile(`Page size: +62\d(\.\d+)? x 84\d`).MatchString(out) {
		t.Errorf("pdfinfo:\n%s", out)
	}
	run(t, dir, "pdftoppm", "-gray", "-r", "72", names[".pdf"], "poppler")
	run(t, dir, "mutool", "draw", "-q", "-r", "72", "-c", "gray", "-o", "mupdf-%d.pgm", names[".pdf"])
	for _, by := range []string{"poppler", "mupdf"} {
		for page := 1; page <= 2; page++ {
			black, width := ink(t, filepath.Join(dir, fmt.Sprintf("%s-%d.pgm", by, page)))
			if want := page * 72 * 72; black < want*93/100 || black > want*107/100 || width < 70 || width > 74 {
				t.Errorf("%s, page %d: %d points are black in rows of %d, want %d in rows of 72", by, page, black, width, want)
			}
		}
	}
	if out := run(t, dir, "tiffinfo", names[".tif"]); strings.Count(out, "Resolution: 200, 100") != 2 {
		t.Errorf("tiffinfo:\n%s", out)
	}
}

// ink counts the black points of a picture and the longest row of them.
func ink(t *testing.T, file string) (black, longest int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var width, height, top int
	if _, err := fmt.Fscanf(bytes.NewReader(b), "P5\n%d %d\n%d\n", &width, &height, &top); err != nil {
		t.Fatalf("%s: %v: %q", file, err, b[:20])
	}
	for y := range height {
		row := b[len(b)-(height-y)*width:][:width]
		n := 0
		for _, v := range row {
			if v < 128 {
				n++
			}
		}
		black, longest = black+n, max(longest, n)
	}
	return black, longest
}
