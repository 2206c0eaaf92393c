package gateway_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"faxgate/deploy/lab"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

var update = flag.Bool("update", false, "write testdata/dialogue/*.txt anew, to be read before they are committed")

// scene is two gateways, a and b, and between them a real Postfix that both send through and that delivers to both. Taps on all four ways write down each word.
type scene struct {
	t    *testing.T
	lab  *lab.Lab
	rec  *minutes
	in   map[string]*tap // what Postfix delivers, by the name of the gateway
	a, b *node
	seen map[string]string // real names and their places in the transcript, as pairs
}

const (
	outOfA, outOfB = "gateway A to Postfix", "gateway B to Postfix"
	intoA, intoB   = "Postfix to gateway A", "Postfix to gateway B"
)

func newScene(t *testing.T, changeA, changeB func(*gateway.Options)) *scene {
	t.Helper()
	s := &scene{t: t, lab: lab.Get(t), rec: new(minutes), in: map[string]*tap{}, seen: map[string]string{}}
	s.a = s.gateway("a", outOfA, intoA, changeA)
	s.b = s.gateway("b", outOfB, intoB, changeB)
	return s
}

func (s *scene) gateway(name, out, in string, change func(*gateway.Options)) *node {
	s.t.Helper()
	into, outward := newTap(s.t, s.rec, in), newTap(s.t, s.rec, out)
	outward.to(s.lab.Addr(s.lab.SMTP))
	domain := lab.Domain(into.port())
	s.in[name], s.seen[domain] = into, name+".gw.test"
	n := newNode(s.t, "fax@"+domain, func(o *gateway.Options) {
		o.Config.Relay = config.Relay{Host: "127.0.0.1", Port: outward.port(), TLS: "off", Timeout: config.Duration(10 * time.Second)}
		if change != nil {
			change(o)
		}
	}).start()
	into.to(n.Addr("smtp"))
	return n
}

// addr is the fax address of a gateway.
func (n *node) addr() string { return n.opts.Config.Fax.Addresses[0] }

// sessions waits until n sessions of a title have ended, so that the transcript is whole.
func (s *scene) sessions(title string, n int) {
	s.t.Helper()
	eventually(s.t, func() (bool, string) {
		have := s.rec.over(title)
		return have >= n, fmt.Sprintf("%d sessions %s, want %d:\n%s", have, title, n, s.rec.write(s.t))
	})
}

// golden compares the transcript with the file of its name, every character of it.
func (s *scene) golden(name, about string) {
	s.t.Helper()
	got := strings.TrimSpace(about) + "\n" + s.normalise(s.rec.write(s.t))
	file := filepath.Join("testdata", "dialogue", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		s.t.Errorf("the dialogue is not that of %s (-want +got):\n%s", file, diff)
	}
}

// What differs from run to run, each with the word that takes its place behind what the group in it finds. "#" is numbered in the order of first appearance, so that what belongs together
// can be seen.
var differs = []struct {
	is   *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`()[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`), "id-#"},
	{regexp.MustCompile(`()[A-Z][a-z]{2}, [ 0-9]?\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [-+]\d{4}(?: \([A-Z]+\))?`), "DATE"},
	{regexp.MustCompile(`()\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [-+]\d{4}`), "DATE"},
	{regexp.MustCompile(`(SIZE=)\d+`), "octets"},
	{regexp.MustCompile(`()[0-9A-F]+\.\d{10}/mail\.test\.local`), "postfix-boundary-#"},
	{regexp.MustCompile(`()\d{14}\.[0-9A-F]+@mail\.test\.local`), "postfix-id-#@mail.test.local"},
	{regexp.MustCompile(`()faxgate_[0-9a-f]+`), "boundary-#"},
	{regexp.MustCompile(`()=_report_[0-9a-f]+`), "report-#"},
	{regexp.MustCompile(`(queued as |\bid |Queue-ID: )[0-9A-F]{8,12}\b`), "queue-#"},
	{regexp.MustCompile(`(127\.0\.0\.1|\[127\.0\.0\.1\]):\d{4,5}\b`), ":PORT"},
}

func (s *scene) normalise(text string) string {
	for real, name := range s.seen {
		text = strings.ReplaceAll(text, real, name)
	}
	for _, d := range differs {
		numbers := map[string]int{}
		text = d.is.ReplaceAllStringFunc(text, func(found string) string {
			before := d.is.FindStringSubmatch(found)[1]
			key := found[len(before):]
			if numbers[key] == 0 {
				numbers[key] = len(numbers) + 1
			}
			return before + strings.Replace(d.word, "#", strconv.Itoa(numbers[key]), 1)
		})
	}
	return text
}

// confirmed sends a fax from a to b and waits until as many reports have been delivered to a.
func (s *scene) confirmed(reports int) gateway.Fax {
	s.t.Helper()
	f := s.a.wait(s.a.submit(s.b.addr()), gateway.Confirmed)
	s.sessions(intoA, reports)
	return f
}

// known lets a learn what b takes, by a fax that first-faxes.txt tells of.
func (s *scene) known() {
	s.t.Helper()
	s.confirmed(1)
	s.rec.mu.Lock()
	defer s.rec.mu.Unlock()
	s.rec.talks = nil
}

// TestDialogueOfTheFirstFaxes: Profile S to a stranger, the MDN that tells what it takes, the best form of that (RFC 3965 section 2, RFC 2532 section 4).
func TestDialogueOfTheFirstFaxes(t *testing.T) {
	s := newScene(t, nil, nil)
	if f := s.confirmed(1); !strings.HasPrefix(f.Deliveries[0].Form, "S MH ") {
		t.Errorf("the first form: %s", f.Deliveries[0].Form)
	}
	if f := s.confirmed(2); !strings.HasPrefix(f.Deliveries[0].Form, "F MMR 400x400") {
		t.Errorf("the second form: %s", f.Deliveries[0].Form)
	}
	s.golden("first-faxes", `
Two gateways through Postfix. A knows nothing of B, so the first fax goes in the form that every Internet-fax machine reads (Profile S, RFC 3965 section 2).
B's MDN (RFC 8098) tells in Media-Accept-Features (RFC 2530, RFC 2879) what B takes; the second fax goes in the best of that.`)
}

// TestDialogueOfAnAlternative is RFC 3297 with the original held: the offer, the MDN that asks, the better form, the MDN that confirms.
func TestDialogueOfAnAlternative(t *testing.T) {
	s := newScene(t, nil, preferring(time.Minute))
	s.a.contact(gateway.Contact{Address: s.b.addr(), Offer: true})
	if f := s.confirmed(2); !strings.HasPrefix(f.Deliveries[0].Form, "F MMR 400x400") {
		t.Errorf("sent at last as %s", f.Deliveries[0].Form)
	}
	s.b.journal("the better form has come and takes its place")
	s.b.inbox(1)
	s.golden("alternative", `
The negotiation of RFC 3297. A sends the plain form and offers a better one (Content-alternative, Alternative-available); B asks for it in its one MDN
(deleted/alternative-preferred); A, which has kept the original, sends the fax once more in full, in the better form, with the Original-Message-ID; B confirms.`)
}

// TestDialogueOfAHealedFax: what B cannot read is answered by an error MDN, and the fax goes once more as Profile S.
func TestDialogueOfAHealedFax(t *testing.T) {
	s := newScene(t, nil, nil)
	s.known()
	s.in["b"].hurt(cutTIFF(76))
	f := s.confirmed(2)
	if d := f.Deliveries[0]; !strings.HasPrefix(d.Form, "S MH ") {
		t.Errorf("healed as %s", d.Form)
	}
	s.a.journal("it goes once more as Profile S")
	s.golden("healed", `
A knows from an earlier receipt that B takes MMR at 400 dpi. On the way to B a test cuts the file off after its first line: 57 octets are left.
B keeps the message and answers processed/error with the reason; A sends the fax once more, as Profile S under a new Message-ID, and that is confirmed.`)
}

// TestDialogueOfARefusal: B's server refuses the form at the dot, Postfix reports it, and the fax goes once more as Profile S.
func TestDialogueOfARefusal(t *testing.T) {
	s := newScene(t, nil, nil)
	s.known()
	s.in["b"].hurt(cutTIFF(12))
	f := s.confirmed(2)
	if d := f.Deliveries[0]; !strings.HasPrefix(d.Form, "S MH ") {
		t.Errorf("healed as %s", d.Form)
	}
	s.golden("refused", `
A knows from an earlier receipt that B takes MMR at 400 dpi. On the way to B a test cuts the file off after 9 octets, so that it has no page at all.
B refuses it at the dot, 554 5.6.1; Postfix tells A in a failed DSN (RFC 3464), matched by its Original-Envelope-Id; A sends the fax once more, as Profile S.`)
}

// TestDialogueOfReports takes ENVID and ORCPT through Postfix's four kinds of DSN (RFC 3461, RFC 3464).
func TestDialogueOfReports(t *testing.T) {
	s := newScene(t, func(o *gateway.Options) { o.Config.Fax.RequestDSN = true }, nil)
	plain := newTap(t, s.rec, "Postfix to a server that offers no DSN")
	plain.to(withoutDSN(t))
	domain := lab.Domain(plain.port())
	s.seen[domain] = "machine.test"
	for i, tt := range []struct{ domain, action, want string }{
		{"final.test", "delivered", "Action: delivered"},
		{domain, "relayed", "Action: relayed"},
		{"fail.test", "failed", "Action: failed"},
		{"slow.test", "delayed", "Action: delayed"},
	} {
		to := "FAX=+4930901820/T33S=" + strconv.Itoa(i+1) + "@" + tt.domain
		id := s.a.submit(to)
		s.sessions(intoA, i+1)
		raw := s.rec.write(t)
		f, err := s.a.Fax(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		report := raw[strings.LastIndex(raw, "==== "):]
		report = report[max(0, strings.Index(report, "C: DATA")):]
		envid := regexp.MustCompile(`ENVID=(\S+)`).FindAllStringSubmatch(raw, -1)
		for _, want := range []string{tt.want, "Original-Envelope-Id: " + envid[len(envid)-1][1], "Original-Recipient: rfc822;" + to} {
			if !strings.Contains(strings.ToLower(lastReport(raw)), strings.ToLower(want)) {
				t.Errorf("%s: the report lacks %q: %+v\n%s", tt.action, want, f, report)
			}
		}
	}
	s.golden("reports", `
The four kinds of DSN (RFC 3464) that Postfix writes. Each fax goes to a telephone number behind a gateway (RFC 3192): ORCPT is in xtext (RFC 3461 section 4), and comes
back in Original-Recipient as it was; ENVID comes back in Original-Envelope-Id. final.test is delivered by Postfix itself, machine.test is a server that offers no DSN,
fail.test knows no such user, slow.test cannot be reached.`)
}

// lastReport is the last delivery report in a transcript.
func lastReport(raw string) string {
	i := strings.LastIndex(raw, "Content-Type: message/delivery-status")
	return raw[max(i, 0):]
}

// cutTIFF leaves n characters of the TIFF file in a message.
func cutTIFF(n int) func([]string) []string {
	return func(message []string) []string {
		first := indexTIFF(message)
		out := append([]string(nil), message[:first]...)
		return append(append(out, message[first][:n]), message[endOfBase64(message, first):]...)
	}
}

func indexTIFF(message []string) int {
	for i, line := range message {
		if isTIFF(line) {
			return i
		}
	}
	return -1
}

// takesAll is a mail server that knows nothing of RFC 3461 and keeps nothing.
type takesAll struct{}

func (takesAll) NewSession(*smtp.Conn) (smtp.Session, error) { return takesAll{}, nil }
func (takesAll) Reset()                                      {}
func (takesAll) Logout() error                               { return nil }
func (takesAll) Mail(string, *smtp.MailOptions) error        { return nil }
func (takesAll) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (takesAll) Data(r io.Reader) error                      { _, err := io.Copy(io.Discard, r); return err }

func withoutDSN(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(takesAll{})
	srv.Domain = "machine.test"
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-served; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("the machine's server: %v", err)
		}
	})
	return ln.Addr().String()
}
