package gateway_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

// malformedDir has the malformed mails, with a table of what becomes of each.
const malformedDir = "../ifax/testdata/malformed"

// malformed is a line of the table.
type malformed struct {
	name     string
	answer   int
	pages    int
	refusals []string // words of what is refused, in the mail or of all of it
	report   bool
}

func malformedCases(t *testing.T) (list []malformed) {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(malformedDir, "cases.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		m := malformed{name: cells[0], report: strings.Contains(line, "kind=dsn")}
		if m.answer, err = strconv.Atoi(cells[1]); err != nil {
			t.Fatal(err)
		}
		if m.pages, err = strconv.Atoi(cells[2]); err != nil {
			t.Fatal(err)
		}
		for item := range strings.SplitSeq(cells[3]+"; "+cells[len(cells)-1], "; ") {
			if words, ok := strings.CutPrefix(strings.Replace(item, "refused=", "refused: ", 1), "refused: "); ok {
				m.refusals = append(m.refusals, words)
			}
		}
		list = append(list, m)
	}
	return list
}

// repeated stands for many times the same text.
var repeated = regexp.MustCompile(`<<(\d+) ([^>]*)>>`)

func (m malformed) mail(t *testing.T) []byte {
	t.Helper()
	octets, err := os.ReadFile(filepath.Join(malformedDir, m.name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return repeated.ReplaceAllFunc(octets, func(match []byte) []byte {
		found := repeated.FindSubmatch(match)
		n, _ := strconv.Atoi(string(found[1]))
		return bytes.Repeat(bytes.ReplaceAll(found[2], []byte(`\r\n`), []byte("\r\n")), n)
	})
}

// octets sends a mail by SMTP octet for octet as it is, which no client of ours does, and gives the answer at the final dot.
func (n *node) octets(mail []byte) (code int, words string) {
	n.t.Helper()
	conn, err := net.Dial("tcp", n.Addr("smtp"))
	if err != nil {
		n.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		n.t.Fatal(err)
	}
	text := textproto.NewConn(conn)
	step := func(send string, want int) {
		if send != "" {
			if err := text.PrintfLine("%s", send); err != nil {
				n.t.Fatal(err)
			}
		}
		if _, words, err := text.ReadResponse(want); err != nil {
			n.t.Fatalf("%s: %s %v", send, words, err)
		}
	}
	step("", 220)
	step("HELO machine", 250)
	step("MAIL FROM:<machine@far.test>", 250)
	step("RCPT TO:<fax@gw.test>", 250)
	step("DATA", 354)
	w := bufio.NewWriter(conn)
	if bytes.HasPrefix(mail, []byte(".")) {
		_, _ = w.WriteString(".") // Flush tells of errors.
	}
	_, _ = w.Write(bytes.ReplaceAll(mail, []byte("\r\n."), []byte("\r\n..")))
	if !bytes.HasSuffix(mail, []byte("\r\n")) {
		_, _ = w.WriteString("\r\n")
	}
	_, _ = w.WriteString(".\r\n")
	if err := w.Flush(); err != nil {
		n.t.Fatal(err)
	}
	code, words, err = text.ReadResponse(0)
	if err != nil && code == 0 {
		n.t.Fatalf("at the final dot: %v", err)
	}
	return code, words
}

// TestMalformedMail hands each malformed mail over by SMTP: none is lost, and none stops the next.
func TestMalformedMail(t *testing.T) {
	n := newNode(t, "fax@gw.test", func(o *gateway.Options) { o.PDFWorker = plainWorker(t) }).start()
	good := malformed{name: "cisco-fax-message"}.mail(t)
	cases := malformedCases(t)
	if len(cases) < 80 {
		t.Fatalf("only %d cases", len(cases))
	}
	for i, m := range cases {
		t.Run(m.name, func(t *testing.T) {
			n.t = t
			n.wantMalformed(m, m.mail(t))
			id := fmt.Sprintf("<good-%d@far.test>", i)
			if code, words := n.octets(bytes.Replace(good, []byte("<cisco-fax-message@far.test>"), []byte(id), 1)); code != 250 {
				t.Fatalf("the next mail: %d %s", code, words)
			}
			if next := n.taken(); next.MessageID != id || next.State != gateway.Read || next.Pages != 1 {
				t.Errorf("the next mail is %+v", next)
			}
		})
	}
	n.t = t
}

// plainWorker is the program's PDF worker, built without the race detector, under which it takes a minute to begin.
func plainWorker(t *testing.T) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "faxgate")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, "faxgate/cmd/faxgate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return []string{program, "pdf-worker"}
}

// wantMalformed delivers the mail and compares what becomes of it with the table.
func (n *node) wantMalformed(m malformed, mail []byte) {
	n.t.Helper()
	code, words := n.octets(mail)
	if code != m.answer {
		n.t.Fatalf("the answer is %d %s, want %d", code, words, m.answer)
	}
	if code != 250 {
		if len(m.refusals) == 0 || !strings.HasPrefix(words, "5.6.1 ") || !strings.Contains(strings.ReplaceAll(words, "\n", " "), m.refusals[0]) {
			n.t.Errorf("it is refused with %q, want %q", words, m.refusals)
		}
		n.journal(m.refusals[0])
		return
	}
	if m.report { // no fax, and so not in the inbox
		n.journal("the report has been dealt with")
		n.wantRaw(n.lastRead(), mail)
		return
	}
	got := n.taken()
	want := gateway.Read
	switch {
	case len(m.refusals) > 0 && m.pages == 0: // found out when the pages were read
		want = gateway.Unreadable
	case len(m.refusals) > 0:
		want = gateway.Incomplete
	}
	if got.State != want || got.Pages != m.pages {
		n.t.Errorf("it is %s with %d pages and the error %q, want %s with %d", got.State, got.Pages, got.Error, want, m.pages)
	}
	for _, words := range m.refusals {
		if !strings.Contains(got.Error, words) {
			n.t.Errorf("the error is %q, want %q", got.Error, words)
		}
	}
	n.wantRaw(got.ID, mail)
}

// taken waits until the newest mail has been read.
func (n *node) taken() (newest gateway.InboxFax) {
	n.t.Helper()
	eventually(n.t, func() (bool, string) {
		list, err := n.Inbox(n.t.Context(), gateway.Page{Limit: 1})
		if err != nil {
			n.t.Fatal(err)
		}
		if len(list) == 0 {
			return false, "nothing is in the inbox"
		}
		newest = list[0]
		return newest.State != gateway.Kept, fmt.Sprintf("in the inbox is %+v", newest)
	})
	return newest
}

// lastRead is what was read last, be it a fax or a report.
func (n *node) lastRead() spool.ID {
	n.t.Helper()
	lines, err := n.Journal(n.t.Context(), gateway.JournalFilter{})
	if err != nil {
		n.t.Fatal(err)
	}
	for _, line := range lines {
		if line.Kind == "read" {
			return line.Inbox
		}
	}
	n.t.Fatal("nothing has been read")
	return ""
}

// wantRaw sees that the mail is kept octet for octet.
func (n *node) wantRaw(id spool.ID, mail []byte) {
	n.t.Helper()
	raw, err := n.InboxRaw(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	defer raw.Close()
	kept, err := io.ReadAll(raw)
	if err != nil {
		n.t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSuffix(kept, []byte("\r\n")), bytes.TrimSuffix(mail, []byte("\r\n"))) {
		n.t.Errorf("%d octets are kept of %d, or others", len(kept), len(mail))
	}
}
