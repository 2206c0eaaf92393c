package ifax_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
)

// crlf gives a text the line ends of mail.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// TestJoin puts the example of RFC 2046 section 5.2.2.2 together, with what RFC 8098 section 2.4 adds to it.
func TestJoin(t *testing.T) {
	first := crlf(`X-Weird-Header-1: Foo
From: Bill@host.com
To: joe@otherhost.com
Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)
Subject: Audio mail (part 1 of 2)
Message-ID: <id1@host.com>
Disposition-Notification-To: outer@host.com
MIME-Version: 1.0
Content-type: message/partial; id="ABC@host.com";
 number=1; total=2

X-Weird-Header-1: Bar
X-Weird-Header-2: Hello
Message-ID: <anotherid@foo.com>
Subject: Audio
 mail
Disposition-Notification-To: inner@host.com
MIME-Version: 1.0
Content-type: audio/basic
Content-transfer-encoding: base64

first half
`)
	second := crlf(`From: Bill@host.com
Subject: Audio mail (part 2 of 2)
MIME-Version: 1.0
Message-ID: <id2@host.com>
Content-type: message/partial; id="ABC@host.com"; number=2; total=2

second half
`)
	want := crlf(`X-Weird-Header-1: Foo
From: Bill@host.com
To: joe@otherhost.com
Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)
Message-ID: <anotherid@foo.com>
Subject: Audio
 mail
Disposition-Notification-To: inner@host.com
MIME-Version: 1.0
Content-type: audio/basic
Content-transfer-encoding: base64

first half
second half
`)
	var got bytes.Buffer
	if err := ifax.Join(&got, strings.NewReader(first), strings.NewReader(second)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("put together (-want +got):\n%s", diff)
	}
}

// TestFragmentChecks says which fragments cannot be used.
func TestFragmentChecks(t *testing.T) {
	for _, tt := range []struct {
		p    ifax.Partial
		good bool
	}{
		{ifax.Partial{ID: "a", Number: 1}, true},
		{ifax.Partial{ID: "a", Number: 3, Total: 3}, true},
		{ifax.Partial{Number: 1, Total: 2}, false},
		{ifax.Partial{ID: "a", Total: 2}, false},
		{ifax.Partial{ID: "a", Number: 3, Total: 2}, false},
		{ifax.Partial{ID: "a", Number: 1, Total: 1 << 30}, false},
		{ifax.Partial{ID: "a", Number: 1 << 30}, false},
	} {
		if err := tt.p.Check(); (err == nil) != tt.good {
			t.Errorf("%+v: %v", tt.p, err)
		}
	}
}

// bigDocument is a TIFF by its first octets and noise by the others.
func bigDocument() []byte {
	doc := make([]byte, 300_000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range doc {
		doc[i] = byte(random.Uint32())
	}
	copy(doc, "II*\x00\x08\x00\x00\x00")
	return doc
}

// big composes a fax of some hundred kilobytes.
func big(t *testing.T) []byte {
	t.Helper()
	doc := bigDocument()
	m := ifax.Message{
		From: mail.Address{Address: "fax@a.example"}, To: []mail.Address{{Address: "fax@b.example"}}, Subject: "Grüße",
		MessageID: "<whole@a.example>", Date: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Text: "Three pages.",
		Notify: &ifax.Notify{To: []mail.Address{{Address: "fax@a.example"}}},
		Documents: []ifax.Attachment{{Name: "fax.bin", Type: "image/tiff", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(doc)), nil
		}}},
	}
	var out bytes.Buffer
	if err := ifax.Compose(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// divided cuts a message into fragments.
func divided(t *testing.T, whole []byte, size int64) [][]byte {
	t.Helper()
	cuts, err := ifax.Cuts(bytes.NewReader(whole), size)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	at := int64(0)
	for i, end := range cuts {
		if end-at > size || end <= at {
			t.Errorf("piece %d goes from %d to %d, over %d octets", i+1, at, end, size)
		}
		var out bytes.Buffer
		err := ifax.ComposeFragment(&out, ifax.Fragment{
			Partial: ifax.Partial{ID: "whole@a.example", Number: i + 1, Total: len(cuts)},
			From:    mail.Address{Address: "fax@a.example"}, To: mail.Address{Address: "fax@b.example"}, Subject: "Grüße",
			MessageID: fmt.Sprintf("<piece%d@a.example>", i+1), Date: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Body: bytes.NewReader(whole[at:end]),
		})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, out.Bytes())
		at = end
	}
	if at != int64(len(whole)) {
		t.Errorf("the pieces end at %d of %d", at, len(whole))
	}
	return list
}

// TestDivideIsUndone divides a fax, parses each piece and puts them together again.
func TestDivideIsUndone(t *testing.T) {
	whole := big(t)
	for _, size := range []int64{4 << 10, 64 << 10, 10 << 20} {
		var readers []io.Reader
		pieces := divided(t, whole, size)
		for i, p := range pieces {
			m, err := ifax.Parse(context.Background(), bytes.NewReader(p), ifax.Limits{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := &ifax.Partial{ID: "whole@a.example", Number: i + 1, Total: len(pieces)}
			if diff := cmp.Diff(want, m.Partial); diff != "" || m.Kind != ifax.KindPartial || m.Notify != nil {
				t.Errorf("piece %d is a %s, asks for %v: %s", i+1, m.Kind, m.Notify, diff)
			}
			readers = append(readers, bytes.NewReader(p))
		}
		var got bytes.Buffer
		if err := ifax.Join(&got, readers...); err != nil {
			t.Fatal(err)
		}
		_, wantBody, _ := bytes.Cut(whole, []byte("\r\n\r\n"))
		_, body, _ := bytes.Cut(got.Bytes(), []byte("\r\n\r\n"))
		if !bytes.Equal(body, wantBody) {
			t.Errorf("in pieces of %d: the body is not what it was", size)
		}
		m, err := ifax.Parse(context.Background(), &got, ifax.Limits{}, func(_ ifax.PartInfo, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err })
		if err != nil || m.MessageID != "<whole@a.example>" || m.Subject != "Grüße" || m.Notify == nil {
			t.Errorf("in pieces of %d: %v, %s %q, receipt %v", size, err, m.MessageID, m.Subject, m.Notify)
		}
	}
}

// TestUudeviewJoins lets another program put our fragments together. It does not look into the multipart that they make, and gives out
// its text.
func TestUudeviewJoins(t *testing.T) {
	dir := t.TempDir()
	args, whole := []string{"-i", "-q", "-p", dir}, big(t)
	for i, p := range divided(t, whole, 64<<10) {
		name := filepath.Join(dir, fmt.Sprintf("piece%d.eml", i+1))
		if err := os.WriteFile(name, bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.Command("uudeview", args...).CombinedOutput(); err != nil {
		t.Fatalf("uudeview: %v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "0001.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := bytes.Cut(bytes.ReplaceAll(whole, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	if !bytes.Contains(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), bytes.TrimSpace(want)) {
		t.Errorf("uudeview made %d octets of the pieces, and not the body of the message", len(got))
	}
}

// TestMpackIsJoined puts together what mpack has split.
func TestMpackIsJoined(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "fax.bin")
	if err := os.WriteFile(name, bigDocument(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mpack", "-s", "A fax", "-m", "50000", "-o", filepath.Join(dir, "out"), name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mpack: %v: %s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "out*"))
	if err != nil || len(names) < 5 {
		t.Fatalf("mpack made %v, %v", names, err)
	}
	var pieces []io.Reader
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, bytes.NewReader(b))
	}
	var whole, doc bytes.Buffer
	if err := ifax.Join(&whole, pieces...); err != nil {
		t.Fatal(err)
	}
	m, err := ifax.Parse(context.Background(), &whole, ifax.Limits{}, func(_ ifax.PartInfo, r io.Reader) error { _, err := io.Copy(&doc, r); return err })
	if err != nil || m.Subject != "A fax" || !bytes.Equal(doc.Bytes(), bigDocument()) {
		t.Errorf("of mpack's pieces: %v, subject %q, %d octets", err, m.Subject, doc.Len())
	}
}

// TestCutsRefuse says what cannot be divided.
func TestCutsRefuse(t *testing.T) {
	for name, text := range map[string]string{
		"a header over the size": "Subject: " + strings.Repeat("x", 70) + "\r\nTo: a@b.example\r\n\r\nbody\r\n",
		"a line over the size":   "To: a@b\r\n\r\n" + strings.Repeat("x", 100) + "\r\n",
		"a line without end":     "To: a@b\r\n\r\n" + strings.Repeat("x", 100_000),
	} {
		if cuts, err := ifax.Cuts(strings.NewReader(text), 80); err == nil {
			t.Errorf("%s: cut at %v", name, cuts)
		}
	}
}

// FuzzJoin joins whatever comes, without ever giving more than it got.
func FuzzJoin(f *testing.F) {
	f.Add([]byte("Content-Type: message/partial; id=x; number=1\r\n\r\nSubject: a\r\n\r\nbody"), []byte("A: b\r\n\r\nmore"))
	f.Add([]byte("A: b\n c\n\n D: e\n"), []byte(""))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var out bytes.Buffer
		if err := ifax.Join(&out, bytes.NewReader(a), bytes.NewReader(b)); err != nil {
			return
		}
		if out.Len() > len(a)+len(b)+2 {
			t.Errorf("%d octets of %d", out.Len(), len(a)+len(b))
		}
	})
}
