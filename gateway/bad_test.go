package gateway_test

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/mailio"
	"faxgate/spool"
)

// What one bad input may cost, and how soon the next good fax must be through.
const (
	maxCPU    = 2 * time.Second // of the gateway itself
	maxMemory = 256 << 20       // of the gateway itself, at its peak
	maxWorker = 512 << 20       // of a process that renders PDF
	nextFax   = 10 * time.Second
)

// badFile is a document that cannot be faxed, and the words that must reach whoever sent it.
type badFile struct {
	name, kind string
	data       []byte
	mail, api  string // by mail and by the API; empty: it is only expensive, and taken
}

const (
	typeTIFF = "image/tiff"
	typePDF  = "application/pdf"
	typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

func badFiles(t *testing.T) []badFile {
	good := goodTIFF(t, strings.Repeat("A line of a letter.\n", 40))
	return []badFile{
		{"empty.tif", typeTIFF, nil, "the part is empty", "an empty file"},
		{"cut.tif", typeTIFF, good[:len(good)*2/3], "rows have arrived", "rows have arrived"},
		{"cut-early.tif", typeTIFF, good[:40], "the page has no rows", "the page has no rows"},
		{"loop.tif", typeTIFF, looped(good), "leads back to page 1", "leads back to page 1"},
		{"g4.tif", typeTIFF, g4Bomb(40_000, 40_000), "40000 by 40000 pixels: over the limit", "40000 by 40000 pixels: over the limit"},
		{"g4-taken.tif", typeTIFF, g4Bomb(12_000, 12_000), "", ""},
		{"lzw.tif", typeTIFF, tiffOf(40_000, 40_000, 5, 2, 3, []byte{0x80, 0, 0}), "over the limit", "over the limit"},
		{"deflate.tif", typeTIFF, tiffOf(7_000, 7_000, 8, 2, 3, zeros(7_000*7_000*3)), "MiB to decode", "MiB to decode"},
		{"deflate-taken.tif", typeTIFF, tiffOf(6_400, 6_400, 8, 2, 3, zeros(6_400*6_400*3)), "", ""},
		{"bomb.png", "image/png", pngBomb(40_000, 40_000), "40000 by 40000 pixels", "40000 by 40000 pixels"},
		{"wide.png", "image/png", pngBomb(100_000, 1_000), "100000 pixels wide", "100000 pixels wide"},
		{"taken.png", "image/png", pngBomb(12_000, 12_000), "", ""},
		{"bomb.jpg", "image/jpeg", jpegBomb(t, 65_500, 65_500), "65500 by 65500 pixels", "65500 by 65500 pixels"},
		{"scans.jpg", "image/jpeg", scansJPEG(5_600, 5_600, 1_000), "more than 64 scans", "more than 64 scans"},
		{"tool.exe", "application/octet-stream", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), "a Windows program", "a Windows program"},
		{"pages.zip", "application/zip", []byte("PK\x03\x04\x14\x00\x00\x00\x08\x00page.tif"), "a ZIP archive", "a ZIP archive"},
		{"letter.docx", typeDOCX, []byte("PK\x03\x04\x14\x00\x06\x00\x08\x00word/document.xml"), "export it as PDF", "export it as PDF"},
		{"many.pdf", typePDF, manyPages(51), "51 pages, the limit is 50", "51 pages, the limit is 50"},
		{"locked.pdf", typePDF, lockedPDF(), "save it without a password", "save it without a password"},
		{"endless.pdf", typePDF, endlessPDF(), "too complex to render within 2s", "too complex to render within 2s"},
		{"nested.pdf", typePDF, nestedPDF(), "too complex to render", "too complex to render"},
		{"picture.pdf", typePDF, hugeImagePDF(), "20000 by 20000 pixels", "20000 by 20000 pixels"},
		{"content.pdf", typePDF, hugeContentPDF(), "too complex to render", "too complex to render"},
	}
}

// badMail is a mail that is bad as a whole.
type badMail struct {
	name, raw string
	want      string      // in the refusal or the receipt
	state     spool.State // empty: refused
	pages     int
}

func badMails(t *testing.T) []badMail {
	const base = "From: Machine <machine@far.test>\nTo: fax@gw.test\nMIME-Version: 1.0\n" + wantsReceipt
	fax := typeTIFF + `; name="fax.tif"|` + string(goodTIFF(t, "A letter.\n"))
	nested := base + withID("nested") + nest(500)
	late := strings.Replace(mailWith(withID("late")+wantsReceipt, fax), "--x--\n", "--x\n"+nest(500)+"--x--\n", 1)
	return []badMail{
		{"a nest of 500", nested, "nested too deeply", "", 0},
		{"a fax, then a nest of 500", late, "nested too deeply", gateway.Incomplete, 1},
		{"10 000 parts", mailWith(withID("parts")+wantsReceipt, make([]string, 10_000)...), "too many parts", "", 0},
		{"a header line of 1 MiB", base + withID("line") + "X-Long: " + strings.Repeat("x", 1<<20) + "\n\nWords.\n", "header is longer", "", 0},
		{"a header of 1 MiB", base + withID("header") + strings.Repeat("X-Long: "+strings.Repeat("x", 900)+"\n", 1<<20/900) + "\nWords.\n", "header is longer", "", 0},
		{"a body line of 8 MiB", base + withID("body") + "Content-Type: image/tiff\n\n" + strings.Repeat("x", 8<<20) + "\n", "does not begin like one", "", 0},
		{"neither text nor part", base + withID("nothing") + "\n \n", "nothing in the message can be printed", "", 0},
		{
			"one unreadable part of three", mailWith(withID("three")+wantsReceipt, fax, typeTIFF+`; name="two.tif"|II*`+"\x00\xff\xff\x00\x00", pngPart(t)),
			"two.tif", gateway.Incomplete, 2,
		},
	}
}

// nest is the rest of a header, and a body in which each multipart has only another one in it.
func nest(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"n%d\"\n\n--n%d\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\n\nThe innermost words.\n")
	for i := range depth {
		fmt.Fprintf(&b, "--n%d--\n", depth-1-i)
	}
	return b.String()
}

// TestBadInput gives `faxgate serve` each bad input in each way: someone is told in words, it is in the journal, it costs little, and the next good fax goes through.
func TestBadInput(t *testing.T) {
	s := serve(t)
	var begun time.Time
	good := goodTIFF(t, "The next one.\n")
	for _, m := range badMails(t) {
		t.Run(m.name, func(t *testing.T) {
			s.in(t).cheap("mail", func() { s.wantMail(m) })
			s.wantNext(good)
		})
	}
	for _, f := range badFiles(t) {
		if f.kind == typePDF && begun.IsZero() {
			begun = s.in(t).warm()
		}
		t.Run(f.name, func(t *testing.T) {
			s.in(t).cheap("mail", func() { s.wantMail(f.mailed()) })
			s.cheap("API", func() { s.wantSubmitted(f) })
			s.wantNext(good)
		})
	}
	t.Run("a failed DSN", func(t *testing.T) { s.in(t).wantDSN() })
	s.in(t).wantWorkers(begun)
}

// warm waits until the renderer of the new data directory has been compiled, which takes no part in the limits of a page.
func (s *served) warm() time.Time {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !s.children.resting(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("the renderer is not ready after a minute")
		}
	}
	return time.Now()
}

// in makes t the test that fails.
func (s *served) in(t *testing.T) *served {
	s.t = t
	return s
}

// cheap sees that do costs the gateway no more than it may.
func (s *served) cheap(way string, do func()) {
	s.t.Helper()
	start := time.Now()
	c := s.measure(do)
	s.t.Logf("by %s: %v of CPU, at most %d MiB, %v", way, c.cpu, c.memory>>20, time.Since(start).Round(time.Millisecond))
	if c.cpu > maxCPU || c.memory > maxMemory {
		s.t.Errorf("by %s it costs %v of CPU and %d MiB, which may be %v and %d MiB", way, c.cpu, c.memory>>20, maxCPU, maxMemory>>20)
	}
}

// mailed is the file as the only part of a mail.
func (f badFile) mailed() badMail {
	m := badMail{name: f.name, want: f.mail, raw: mailWith(withID(f.name)+wantsReceipt, f.kind+`; name="`+f.name+`"|`+string(f.data))}
	switch {
	case f.mail == "":
		m.state, m.pages = gateway.Read, 1
	case f.name == "cut.tif" || f.name == "loop.tif": // what there is of them is kept
		m.state, m.pages = gateway.Incomplete, 1
	case len(f.data) > 0 && (f.kind == typeTIFF || f.kind == typePDF || strings.HasPrefix(f.kind, "image/")):
		m.state = gateway.Unreadable
	}
	return m
}

// wantMail delivers the mail and waits for what its sender hears.
func (s *served) wantMail(m badMail) {
	s.t.Helper()
	err := s.deliver(m.raw, "")
	re, refused := errors.AsType[*mailio.ReplyError](err)
	switch {
	case refused && m.state == "":
		s.t.Logf("refused: %d %s %s", re.Code, re.Enhanced, re.Text)
		if re.Code != 554 || re.Enhanced != "5.6.1" || !strings.Contains(re.Text, m.want) {
			s.t.Errorf("got %v, want 554 5.6.1 with %q", err, m.want)
		}
		s.wantJournal(m.want)
		return
	case err != nil:
		s.t.Fatalf("delivery: %v", err)
	case m.state == "":
		s.t.Fatal("it was taken")
	}
	var got gateway.InboxFax
	id := messageID(s.t, m.raw)
	eventually(s.t, func() (bool, string) {
		got = s.newest()
		return got.MessageID == id && got.State != gateway.Kept, fmt.Sprintf("in the inbox is %+v", got)
	})
	if got.State != m.state || got.Pages != m.pages || !strings.Contains(got.Error, m.want) {
		s.t.Errorf("it is %s with %d pages and the error %q, want %s, %d, %q", got.State, got.Pages, got.Error, m.state, m.pages, m.want)
	}
	s.wantJournal(m.want)
	s.wantReceipt(id, m)
}

// wantReceipt waits for the MDN.
func (s *served) wantReceipt(id string, m badMail) {
	s.t.Helper()
	var found []string
	eventually(s.t, func() (bool, string) {
		found = s.mails.about("Original-Message-ID: " + id)
		return len(found) > 0, "no receipt has come"
	})
	text, disposition := strings.Join(strings.Fields(found[0]), " "), "; processed/error"
	if m.state == gateway.Read {
		disposition = "; dispatched"
	}
	if len(found) != 1 || !strings.Contains(text, disposition) || !strings.Contains(text, m.want) {
		s.t.Errorf("%d receipts, want one with %q and %q:\n%s", len(found), disposition, m.want, found[0])
	}
	if m.want != "" {
		_, words, _ := strings.Cut(text, "Error: ")
		s.t.Logf("told: %.200s", words)
	}
}

// messageID is that of a mail of the test.
func messageID(t *testing.T, raw string) string {
	_, after, ok := strings.Cut(raw, "Message-ID: ")
	id, _, _ := strings.Cut(after, "\n")
	if !ok {
		t.Fatal("the mail has no Message-ID")
	}
	return textproto.TrimString(id)
}

// wantSubmitted hands the file to the API: it is refused at once, or the fax fails.
func (s *served) wantSubmitted(f badFile) {
	s.t.Helper()
	id, words := s.submit(f.name, f.data)
	if id != "" {
		fax := s.settled(id, 15*time.Second)
		words = fax.Deliveries[0].Reason
		if taken := fax.State == gateway.Accepted; taken != (f.api == "") {
			s.t.Errorf("the fax is %s: %s", fax.State, words)
		}
	}
	if f.api == "" {
		return
	}
	s.t.Logf("told: %s", words)
	if !strings.Contains(words, f.api) {
		s.t.Errorf("the API says %q, want %q", words, f.api)
	}
	s.wantJournal(f.api)
}

// settled waits until the fax has gone out or failed.
func (s *served) settled(id string, within time.Duration) gateway.Fax {
	s.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		f := s.fax(id)
		if f.State == gateway.Accepted || f.State == gateway.Failed {
			return f
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("after %v the fax is %s: %+v", within, f.State, f.Deliveries)
		}
	}
}

func (s *served) wantJournal(words string) {
	s.t.Helper()
	if !s.journalled(words) {
		s.t.Errorf("the journal does not say %q", words)
	}
}

// wantNext sees that the next good fax goes through, in both directions.
func (s *served) wantNext(good []byte) {
	s.t.Helper()
	start := time.Now()
	id, words := s.submit("good.tif", good)
	if id == "" {
		s.t.Fatalf("the next fax is refused: %s", words)
	}
	before := s.newest().ID
	if err := s.deliver(mailWith("Subject: good\n", typeTIFF+`; name="good.tif"|`+string(good), "text/plain|"+id), ""); err != nil {
		s.t.Fatalf("the next mail: %v", err)
	}
	eventually(s.t, func() (bool, string) {
		n := s.newest()
		return n.ID != before && n.State == gateway.Read, fmt.Sprintf("the next mail is %+v", n)
	})
	if f := s.settled(id, nextFax); f.State != gateway.Accepted {
		s.t.Errorf("the next fax is %s: %+v", f.State, f.Deliveries)
	}
	if d := time.Since(start); d > nextFax {
		s.t.Errorf("the next fax took %v", d)
	}
}

// wantDSN sees that who asked for no MDN is told by a delivery report.
func (s *served) wantDSN() {
	s.t.Helper()
	raw := mailWith(withID("dsn"), typePDF+`; name="locked.pdf"|`+string(lockedPDF()))
	if err := s.deliver(raw, "FAILURE"); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, func() (bool, string) {
		for _, m := range s.mails.about("Action: failed") {
			if text := strings.Join(strings.Fields(m), " "); strings.Contains(text, "save it without a password") && strings.Contains(text, "In-Reply-To: "+messageID(s.t, raw)) {
				return true, ""
			}
		}
		return false, "no delivery report has come"
	})
}

// wantWorkers sees that the processes that render PDF kept to their limits.
func (s *served) wantWorkers(after time.Time) {
	s.t.Helper()
	seen := s.children.since(after)
	if len(seen) < 5 {
		s.t.Errorf("only %d workers were seen", len(seen))
	}
	limited := 0
	for _, w := range seen {
		age := w.to.Sub(w.from)
		s.t.Logf("a worker of %v, at most %d MiB", age.Round(time.Millisecond), w.peak>>20)
		if w.peak > maxWorker || age > pageTime+5*time.Second {
			s.t.Errorf("a worker lived for %v and took %d MiB", age, w.peak>>20)
		}
		if w.limit == fmt.Sprint(maxWorker) {
			limited++
		} else if age > time.Second {
			s.t.Errorf("a worker of %v has the memory limit %s", age, w.limit)
		}
	}
	if limited == 0 {
		s.t.Error("no worker has a memory limit")
	}
}
