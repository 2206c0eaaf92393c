package ifax_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
	"faxgate/mdn"
)

// octets makes a document of n octets that begins like a TIFF.
func octets(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	copy(b, "II*\x00\x08\x00\x00\x00")
	return b
}

// closer counts how often documents are closed.
type closer struct {
	io.Reader
	closed *int
}

func (c closer) Close() error { *c.closed++; return nil }

func attachment(name, kind string, data []byte, closed *int) ifax.Attachment {
	return ifax.Attachment{Name: name, Type: kind, Open: func() (io.ReadCloser, error) {
		return closer{bytes.NewReader(data), closed}, nil
	}}
}

// fax is a message as the gateway composes it.
func fax(closed *int) ifax.Message {
	tiff := attachment("0001234.tif", "image/tiff", octets(10_000), closed)
	tiff.Application = "faxbw"
	return ifax.Message{
		Date:      time.Date(2026, 11, 21, 20, 0, 0, 0, time.FixedZone("CET", 3600)),
		From:      mail.Address{Name: "Scanner 3F", Address: "ifax@gw.example.com"},
		To:        []mail.Address{{Address: "FAX=+12025550123/T33S=7@example.net"}},
		Subject:   "Internet FAX 0001234 (2 pages)",
		MessageID: "<job0001234.1@gw.example.com>",
		Notify:    &ifax.Notify{To: []mail.Address{{Name: "ignored", Address: "ifax@gw.example.com"}}},
		Text:      "Cover\ntext",
		Documents: []ifax.Attachment{tiff},
	}
}

func TestCompose(t *testing.T) {
	closed := 0
	var b bytes.Buffer
	if err := ifax.Compose(&b, fax(&closed)); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/composed-head.txt")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(b.String(), "SUkqAAgAAA")
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\n", "\r\n"), head); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	checkWire(t, b.Bytes())
	if closed != 1 {
		t.Errorf("the document was closed %d times", closed)
	}
	var again bytes.Buffer
	if err := ifax.Compose(&again, fax(&closed)); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the same message is not the same octets (%v)", err)
	}
	if n := ifax.ComposedSize(10_000); int64(b.Len()) < n || int64(b.Len()) > n+2000 {
		t.Errorf("ComposedSize says %d of %d octets", n, b.Len())
	}
}

// checkWire asks for CRLF, 7-bit, lines of at most 78, base64 of at most 76.
func checkWire(t *testing.T, b []byte) {
	t.Helper()
	if n := bytes.Count(b, []byte("\n")); n != bytes.Count(b, []byte("\r\n")) || n != bytes.Count(b, []byte("\r")) {
		t.Error("a line does not end in CRLF")
	}
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 78 || len(line) > 76 && !bytes.ContainsAny(line, " :;") {
			t.Errorf("a line has %d octets: %q", len(line), line)
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
			t.Errorf("not 7-bit: %q", line)
		}
	}
}

// TestComposeRoundTrip composes what is hard to write and reads it back.
func TestComposeRoundTrip(t *testing.T) {
	closed := 0
	m := fax(&closed)
	m.From.Name = `Büro "3", Flur (links)`
	m.To = append(m.To, mail.Address{Name: strings.Repeat("Große Firma ", 20), Address: "two@example.net"})
	m.Cc = []mail.Address{{Address: "a b@example.net"}}
	m.Subject = strings.Repeat("Fäx – ファクス ", 20)
	m.Text = "Grüße\r\nüber zwei Zeilen"
	m.References = []string{"<a@b>", "<c@d>"}
	m.InReplyTo = "<c@d>"
	m.OriginalMessageID = "<0@x>"
	m.Notify.Options = "Alternative-available=optional,permanent"
	m.Extra = []mdn.Field{{Name: "X-Faxgate-Job", Value: "größer"}, {Name: "Importance", Value: "normal"}}
	m.Documents[0].Features = `(& (type="image/tiff") (color=Binary))`
	m.Documents[0].Name = "../Größe\r\nBcc: x.tif"
	m.Documents = append(m.Documents, attachment("second.pdf", "application/pdf", append([]byte("%PDF-1.4\n"), octets(5000)...), &closed),
		attachment("empty.tif", "image/tiff", nil, &closed))
	var b bytes.Buffer
	if err := ifax.Compose(&b, m); err != nil {
		t.Fatal(err)
	}
	checkWire(t, b.Bytes())
	var docs [][]byte
	got, err := ifax.Parse(t.Context(), &b, ifax.Limits{}, func(_ ifax.PartInfo, r io.Reader) error {
		data, err := io.ReadAll(r)
		docs = append(docs, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	type summary struct {
		From                                 mail.Address
		To, Cc                               []mail.Address
		Subject, MessageID, InReplyTo, Orig  string
		References                           []string
		Text, Options, Job, Importance, Kind string
		Date                                 time.Time
		Names                                []string
	}
	sum := func(m *ifax.Message) summary {
		s := summary{
			m.From, m.To, m.Cc, m.Subject, m.MessageID, m.InReplyTo, m.OriginalMessageID, m.References, m.Text, m.Notify.Options,
			m.Header.Get("X-Faxgate-Job"), m.Header.Get("Importance"), m.Kind, m.Date, nil,
		}
		for _, p := range m.Parts {
			s.Names = append(s.Names, p.Name)
		}
		return s
	}
	want := sum(&m)
	want.To[1].Name, want.Subject = strings.TrimSpace(want.To[1].Name), strings.TrimSpace(want.Subject)
	want.Text, want.Job, want.Importance, want.Kind = "Grüße\nüber zwei Zeilen\n", "=?utf-8?q?gr=C3=B6=C3=9Fer?=", "normal", ifax.KindFax
	want.Date = want.Date.UTC()
	want.Names = []string{"GrößeBcc x.tif", "second.pdf", "empty.tif"}
	if diff := cmp.Diff(want, sum(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(docs) != 2 || !bytes.Equal(docs[0], octets(10_000)) || !bytes.HasPrefix(docs[1], []byte("%PDF")) {
		t.Errorf("%d documents came back, or other octets", len(docs))
	}
	if got.Parts[2].Err == nil || closed != 3 {
		t.Errorf("the empty document: %v; closed %d of 3", got.Parts[2].Err, closed)
	}
}

func TestComposeText(t *testing.T) {
	var b bytes.Buffer
	m := ifax.Message{
		Date: time.Now(), From: mail.Address{Address: "gw@example.com"}, To: []mail.Address{{Address: "admin@example.com"}},
		MessageID: "1@example.com", Subject: "A fax failed", Text: "Words.", AutoSubmitted: "auto-generated",
	}
	if err := ifax.Compose(&b, m); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "\r\nContent-Transfer-Encoding: 7bit\r\n\r\nWords.\r\n") || !strings.Contains(b.String(), "Message-ID: <1@example.com>\r\n") {
		t.Errorf("%s", b.String())
	}
}

func TestComposeRefuses(t *testing.T) {
	broken := errors.New("the blob is gone")
	for name, change := range map[string]func(*ifax.Message){
		"no date":                          func(m *ifax.Message) { m.Date = time.Time{} },
		"no id":                            func(m *ifax.Message) { m.MessageID = "" },
		"no addressee":                     func(m *ifax.Message) { m.To = nil },
		"nothing to send":                  func(m *ifax.Message) { m.Documents, m.Text = nil, " \n" },
		"a header in the subject":          func(m *ifax.Message) { m.Subject = "x\r\nBcc: a@b" },
		"a line feed in the subject":       func(m *ifax.Message) { m.Subject = "x\nBcc: a@b" },
		"a header in the id":               func(m *ifax.Message) { m.MessageID = "<a@b>\r\nBcc: a@b" },
		"a header in an address":           func(m *ifax.Message) { m.To[0].Address = "a@b\r\nBcc: c@d" },
		"a header in a name":               func(m *ifax.Message) { m.From.Name = "a\r\nBcc: c@d" },
		"a second address in an address":   func(m *ifax.Message) { m.To[0].Address = "a@b>, <c@d>" },
		"a header in the type":             func(m *ifax.Message) { m.Documents[0].Type = "image/tiff\r\nX: y" },
		"a header in the application":      func(m *ifax.Message) { m.Documents[0].Application = "faxbw\r\n\r\nbody" },
		"a header in the features":         func(m *ifax.Message) { m.Documents[0].Features = "(a=b)\r\nX: y" },
		"a header in an extra value":       func(m *ifax.Message) { m.Extra = []mdn.Field{{Name: "X-A", Value: "b\nX: y"}} },
		"a header in an extra name":        func(m *ifax.Message) { m.Extra = []mdn.Field{{Name: "X-A: b\r\nX", Value: "y"}} },
		"an extra field of our own":        func(m *ifax.Message) { m.Extra = []mdn.Field{{Name: "bcc", Value: "a@b"}} },
		"an extra content type":            func(m *ifax.Message) { m.Extra = []mdn.Field{{Name: "Content-Type", Value: "text/html"}} },
		"two to notify":                    func(m *ifax.Message) { m.Notify.To = append(m.Notify.To, mail.Address{Address: "a@b"}) },
		"nobody to notify":                 func(m *ifax.Message) { m.Notify.To = nil },
		"a header in the options":          func(m *ifax.Message) { m.Notify.Options = "a=optional,b\r\nX: y" },
		"a document that does not open":    func(m *ifax.Message) { m.Documents[0].Open = func() (io.ReadCloser, error) { return nil, broken } },
		"a document without a way to open": func(m *ifax.Message) { m.Documents[0].Open = nil },
		"a document that breaks off": func(m *ifax.Message) {
			m.Documents[0].Open = func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(bytes.NewReader(octets(100)), errorReader{broken})), nil
			}
		},
	} {
		closed := 0
		m := fax(&closed)
		change(&m)
		var b bytes.Buffer
		if err := ifax.Compose(&b, m); err == nil {
			t.Errorf("%s: no error, and\n%s", name, b.String()[:min(b.Len(), 600)])
		}
	}
}

// TestMunpackTakesItApart has the reference implementation of MIME judge the message.
func TestMunpackTakesItApart(t *testing.T) {
	closed := 0
	dir := t.TempDir()
	cmd := exec.Command("munpack", "-t", "-q", "-C", dir)
	var b bytes.Buffer
	if err := ifax.Compose(&b, fax(&closed)); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(b.String(), "\r\n", "\n")) // As a mailbox file has it.
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("munpack (apt install mpack): %v\n%s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "0001234.tif"))
	if err != nil || !bytes.Equal(got, octets(10_000)) {
		t.Errorf("the document: %d octets, %v", len(got), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "part1"))
	if err != nil || strings.TrimSpace(string(text)) != "Cover\ntext" {
		t.Errorf("the text: %q, %v", text, err)
	}
}

// TestMpackIsRead reads what that implementation writes.
func TestMpackIsRead(t *testing.T) {
	dir := t.TempDir()
	tiff, out := filepath.Join(dir, "page.tif"), filepath.Join(dir, "mail")
	if err := os.WriteFile(tiff, octets(3000), 0o600); err != nil {
		t.Fatal(err)
	}
	if msg, err := exec.Command("mpack", "-s", "scan", "-c", "image/tiff", "-o", out, tiff).CombinedOutput(); err != nil {
		t.Fatalf("mpack (apt install mpack): %v\n%s", err, msg)
	}
	mail, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	m, kept, err := parse(t, bytes.NewReader(mail), ifax.Limits{})
	if err != nil || m.Kind != ifax.KindFax || len(kept) != 1 || !strings.Contains(kept[0], "image/tiff 3000") {
		t.Errorf("kind %s, kept %v, %v", m.Kind, kept, err)
	}
}

// TestPythonReadsIt has a third implementation judge names and headers that are not ASCII.
func TestPythonReadsIt(t *testing.T) {
	closed := 0
	m := fax(&closed)
	m.Subject, m.From.Name, m.Text = "Fäx – ファクス", "Büro", "Grüße"
	m.Documents[0].Name = "Größe ファクス.tif"
	var b bytes.Buffer
	if err := ifax.Compose(&b, m); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", `
import sys, json, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
p = m.get_payload()
print(json.dumps({"subject": m["Subject"], "from": str(m["From"]), "text": p[0].get_content(), "name": p[1].get_filename(), "type": p[1]["Content-Type"].params["application"],
 "size": len(p[1].get_content()), "defects": [str(d) for x in m.walk() for d in x.defects]}))`)
	cmd.Stdin = &b
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3 (apt install python3): %v", err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"subject": "Fäx – ファクス", "from": "Büro <ifax@gw.example.com>", "text": "Grüße\r\n", "name": "Größe ファクス.tif", "type": "faxbw", "size": 10000.0, "defects": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestComposeStreams writes a document larger than the memory it may take.
func TestComposeStreams(t *testing.T) {
	m := fax(new(int))
	m.Documents[0].Open = func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, 48<<20)), nil }
	var n counter
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := ifax.Compose(&n, m); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; int64(n) < ifax.ComposedSize(48<<20) || grown > 16<<20 {
		t.Errorf("%d octets, for which %d were allocated in all", n, grown)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func ExampleCompose() {
	page := []byte("II*\x00…")
	err := ifax.Compose(io.Discard, ifax.Message{
		Date: time.Now(), MessageID: "<1@gw.example.com>", Subject: "Fax",
		From:   mail.Address{Address: "ifax@gw.example.com"},
		To:     []mail.Address{{Address: "ifax@example.net"}},
		Notify: &ifax.Notify{To: []mail.Address{{Address: "ifax@gw.example.com"}}},
		Documents: []ifax.Attachment{{
			Name: "fax.tif", Type: "image/tiff", Application: "faxbw",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(page)), nil },
		}},
	})
	fmt.Println(err)
	// Output: <nil>
}
