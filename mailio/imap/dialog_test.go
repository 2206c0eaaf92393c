package imap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"faxgate/mailio"

	"github.com/google/go-cmp/cmp"
)

// perform answers a client as a script says: "S: " lines are sent, a line with
// "C: " and these words must come, "T: " answers it under its tag, "L: " sends
// what follows as a literal, "-" hangs up.
func perform(conn net.Conn, script string) error {
	defer conn.Close()
	in := bufio.NewReader(conn)
	tag := ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		kind, text, _ := strings.Cut(line, " ")
		var err error
		switch kind {
		case "-":
			return nil
		case "S:":
			_, err = io.WriteString(conn, text+"\r\n")
		case "T:":
			_, err = io.WriteString(conn, tag+" "+text+"\r\n")
		case "L:":
			_, err = fmt.Fprintf(conn, "%s {%d}\r\n%s)\r\n", "* 1 FETCH (UID 7 BODY[]", len(text), text)
		case "C:":
			var got string
			got, err = in.ReadString('\n')
			if word, rest, ok := strings.Cut(got, " "); ok {
				tag, got = word, rest
			}
			if err == nil && !strings.HasPrefix(got, text) {
				return fmt.Errorf("the client said %q, want %q", got, text)
			}
		}
		if err != nil {
			return fmt.Errorf("at %q: %w", line, err)
		}
	}
	return nil
}

// scripted is a mailbox whose connections are played one script each.
func scripted(t *testing.T, scripts ...string) (mailio.Mailbox, *keeper) {
	k := new(keeper)
	dial := func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		done := make(chan error, 1)
		script := scripts[0]
		scripts = scripts[1:]
		go func() { done <- perform(server, script) }()
		t.Cleanup(func() {
			_ = client.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return client, nil
	}
	return mailio.Mailbox{
		Name: "odd", Host: "imap.example", Dialer: dial,
		Auth:    mailio.Auth{User: "fax", Password: "secret", AllowPlaintext: true},
		Handler: k, Ledger: k, Timeout: 2 * time.Second,
	}, k
}

// enterOld is how a session with a server of IMAP4rev1 and nothing else begins.
func enterOld(validity string) string {
	return `
	S: * OK [CAPABILITY IMAP4rev1] ready
	C: LOGIN
	T: OK [CAPABILITY IMAP4rev1] welcome
	C: SELECT INBOX
	S: * 1 EXISTS
	S: * FLAGS (\Deleted \Seen)
	S: * OK [PERMANENTFLAGS (\Deleted \Seen)] these
	S: * OK [UIDVALIDITY ` + validity + `] this
	T: OK [READ-WRITE] selected
	C: UID FETCH 1:* (
	S: * 1 FETCH (UID 7 RFC822.SIZE 4 FLAGS ())
	T: OK listed
`
}

const takeOne = `
	C: UID FETCH 7 (UID BODY.PEEK[])
	L: body
	T: OK fetched
	C: UID STORE 7 +FLAGS.SILENT (\Seen)
	T: OK stored
`

const deleteOne = `
	C: UID STORE 7 +FLAGS.SILENT (\Deleted)
	T: OK stored
	C: UID SEARCH DELETED
`

const leave = `
	C: LOGOUT
	S: * BYE
	T: OK bye
`

func TestOddServers(t *testing.T) {
	for name, c := range map[string]struct {
		script  string
		bodies  []string
		deleted int
	}{
		"no UIDPLUS":                  {enterOld("1") + takeOne + deleteOne + "S: * SEARCH 7\nT: OK\nC: EXPUNGE\nS: * 1 EXPUNGE\nT: OK\n" + leave, []string{"body"}, 1},
		"no UIDPLUS, others' deleted": {enterOld("1") + takeOne + deleteOne + "S: * SEARCH 3 7\nT: OK\n" + leave, []string{"body"}, 0},
		"read-only":                   {enterOld("1") + takeOne + "C: UID STORE 7 +FLAGS.SILENT (\\Deleted)\nT: NO [NOPERM] read-only\n" + leave, []string{"body"}, 0},
		"no body":                     {enterOld("1") + "C: UID FETCH 7\nS: * 1 FETCH (UID 7 BODY[] NIL)\nT: OK\n" + leave, nil, 0},
		"gone meanwhile":              {enterOld("1") + "C: UID FETCH 7\nT: OK\n" + leave, nil, 0},
		"FETCH refused":               {enterOld("1") + "C: UID FETCH 7\nT: NO [SERVERBUG] corrupt\n" + leave, nil, 0},
		"quoted body":                 {enterOld("1") + strings.Replace(takeOne, "L: body", `S: * 1 FETCH (UID 7 BODY[] "body")`, 1) + deleteOne + "S: * SEARCH 7\nT: OK\nC: EXPUNGE\nT: OK\n" + leave, []string{"body"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			box, k := scripted(t, c.script)
			if err := New(box).Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.bodies, k.bodies); diff != "" {
				t.Error(diff)
			}
			if len(k.deleted) != c.deleted {
				t.Errorf("deleted %v", k.deleted)
			}
		})
	}
}

func TestBadServers(t *testing.T) {
	required := mailio.TLS{Mode: mailio.TLSRequired}
	for name, c := range map[string]struct {
		script string
		tls    mailio.TLS
		want   string
	}{
		"sent away":         {"S: * BYE too many connections", mailio.TLS{}, "the server ends the connection: too many connections"},
		"sent away at once": {"S: * BYE too many connections", required, "the server ends the connection: BYE too many connections"},
		"no STARTTLS":       {"S: * OK\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1 NOSTARTTLS\nT: OK", required, "required: the server offers no STARTTLS"},
		"STARTTLS refused":  {"S: * OK\nC: CAPABILITY\nS: * CAPABILITY STARTTLS\nT: OK\nC: STARTTLS\nT: NO not now", required, "required: NO not now"},
		"spoken before TLS": {
			"S: * OK\nC: CAPABILITY\nS: * CAPABILITY STARTTLS\nT: OK\nC: STARTTLS\nT: OK begin\\r\\n* PREAUTH", required, "before the encryption",
		},
		"already logged in":  {"S: * PREAUTH hello", required, "the server ends the connection: PREAUTH hello"},
		"LOGIN not allowed":  {"S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED]\nC: never", mailio.TLS{}, "offers no log-in"},
		"wrong password":     {"S: * OK [CAPABILITY IMAP4rev1]\nC: LOGIN\nT: NO [AUTHENTICATIONFAILED] no", mailio.TLS{}, "refused LOGIN: [AUTHENTICATIONFAILED] no"},
		"no lasting numbers": {strings.Split(enterOld("0"), "C: UID")[0], mailio.TLS{}, "use POP3"},
		"cut in the body":    {enterOld("1") + "C: UID FETCH\nS: * 1 FETCH (UID 7 BODY[] {4}\n-", mailio.TLS{}, "fetching message 7 of 4 octets"},
		"silent":             {"S: * OK [CAPABILITY IMAP4rev1]\nC: LOGIN\nC: never\n-", mailio.TLS{}, "the server does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			box, k := scripted(t, "")
			box.Dialer = func(context.Context, string) (net.Conn, error) {
				client, server := net.Pipe()
				//nolint:errcheck // the client hangs up in the middle of it
				go perform(server, strings.ReplaceAll(c.script, "\\r\\n", "\r\n"))
				return client, nil
			}
			if strings.Contains(c.want, "before the encryption") {
				box.Dialer = injector
			}
			box.Timeout, box.TLS = 200*time.Millisecond, c.tls
			err := New(box).Look(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if k.count() > 0 {
				t.Errorf("took %q", k.bodies)
			}
		})
	}
}

// injector sends an answer of its own together with the one to STARTTLS.
func injector(context.Context, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		in := bufio.NewReader(server)
		for _, say := range []string{"* OK\r\n", "* CAPABILITY STARTTLS\r\nf1 OK\r\n", "f2 OK begin\r\n* PREAUTH injected\r\n"} {
			_, _ = io.WriteString(server, say)
			_, _ = in.ReadString('\n')
		}
	}()
	return client, nil
}

// TestNumberedAnew: after a change of UIDVALIDITY the same UID is another
// message.
func TestNumberedAnew(t *testing.T) {
	script := func(validity string) string {
		return enterOld(validity) + takeOne + leave
	}
	box, k := scripted(t, script("1"), enterOld("1")+leave, script("2"))
	box.Keep = mailio.KeepAll
	var words []string
	box.Journal = func(_ mailio.Item, w string) { words = append(words, w) }
	f := New(box)
	for range 3 {
		look(t, f)
	}
	if k.count() != 2 || k.envs[0].Mailbox.Validity != "1" || k.envs[1].Mailbox.Validity != "2" {
		t.Errorf("took %+v", k.envs)
	}
	if len(words) != 1 || !strings.Contains(words[0], "UIDVALIDITY 2, was 1") {
		t.Errorf("journal %q", words)
	}
}

// TestFlood: a server must not fill the memory.
func TestFlood(t *testing.T) {
	box, _ := scripted(t, "")
	box.Dialer = func(context.Context, string) (net.Conn, error) {
		return &mouth{Reader: io.MultiReader(strings.NewReader("* OK ["), endless{})}, nil
	}
	before := allocated()
	err := New(box).Look(t.Context())
	if err == nil || !strings.Contains(err.Error(), errFlood.Error()) {
		t.Errorf("got %v", err)
	}
	if grown := allocated() - before; grown > 64<<20 {
		t.Errorf("%d octets allocated", grown)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'X'
	}
	return len(p), nil
}

// TestEmptyResponse: the library's "=" for an empty SASL response is mended.
func TestEmptyResponse(t *testing.T) {
	var sent strings.Builder
	g := &guard{Conn: &mouth{Writer: &sent}}
	for _, line := range []string{"=\r\n", "T1 NOOP\r\n"} {
		if n, err := io.WriteString(g, line); n != len(line) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if sent.String() != "\r\nT1 NOOP\r\n" {
		t.Errorf("sent %q", sent.String())
	}
}

// TestMend: capabilities with parentheses, which hang the library, lose them;
// messages that hold the same keep them.
func TestMend(t *testing.T) {
	for in, want := range map[string]string{
		"* CAPABILITY (A B)\r\n* 1 FETCH (UID 7)\r\n":                      "* CAPABILITY _A B)\r\n* 1 FETCH (UID 7)\r\n",
		"* OK [capability X(1)] ready (really)\r\n":                        "* OK [capability X_1)] ready (really)\r\n",
		"* 1 FETCH (BODY[] {14}\r\nCAPABILITY (X)) (\r\n":                  "* 1 FETCH (BODY[] {14}\r\nCAPABILITY (X)) (\r\n",
		"* CAPABILITY {0}\r\n(\r\n":                                        "* CAPABILITY {0}\r\n(\r\n",
		"* OK CCAPABILITY (\r\n":                                           "* OK CCAPABILITY _\r\n",
		"* 1 FETCH (BODY[] {3}\r\nabc BODY[] {2}\r\nxy)\r\n* CAPABILITY (": "* 1 FETCH (BODY[] {3}\r\nabc BODY[] {2}\r\nxy)\r\n* CAPABILITY _",
	} {
		whole, pieces := []byte(in), []byte(in)
		new(mender).mend(whole)
		m := new(mender)
		for i := range pieces {
			m.mend(pieces[i : i+1])
		}
		if string(whole) != want || string(pieces) != want {
			t.Errorf("%q: got %q and %q", in, whole, pieces)
		}
	}
}

// FuzzSession plays arbitrary octets to a client. Whatever a server says, the
// client must come to an end, and nothing may be deleted that was not taken.
func FuzzSession(f *testing.F) {
	f.Add("* OK [CAPABILITY IMAP4rev1] hi\r\nT1 OK [CAPABILITY IMAP4rev1]\r\n* OK [UIDVALIDITY 1] v\r\nT2 OK\r\n" +
		"* 1 FETCH (UID 7 RFC822.SIZE 4 FLAGS ())\r\nT3 OK\r\n* 1 FETCH (UID 7 BODY[] {4}\r\nbody)\r\nT4 OK\r\n* SEARCH 7\r\nT5 OK\r\nT6 OK\r\nT7 OK\r\n")
	f.Add("* BYE [X] y\r\n")
	f.Add("* PREAUTH [CAPABILITY(I1 D U]\n* KMIVAITY ") // hung the library
	f.Add("* PREAUTH [CAPABILITY IMAP4rev1 IDLE UIDPLUS] hi\r\n* OK [UIDVALIDITY 1]\r\nT1 OK\r\nT2 NO\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		k := new(keeper)
		box := mailio.Mailbox{
			Auth: mailio.Auth{User: "u", Password: "p", AllowPlaintext: true}, Handler: k, Ledger: k, Timeout: time.Second,
			Dialer: func(context.Context, string) (net.Conn, error) { return &mouth{Reader: strings.NewReader(said)}, nil },
		}
		if err := New(box).Look(t.Context()); err == nil && !strings.Contains(strings.ToUpper(said), "OK") {
			t.Error("success without a single OK")
		}
		for _, item := range k.deleted {
			if !k.known[item] {
				t.Errorf("deleted %+v, which was never taken", item)
			}
		}
	})
}

// mouth is a connection to a server that only talks.
type mouth struct {
	io.Reader
	io.Writer
	closed atomic.Bool
}

func (m *mouth) Write(p []byte) (int, error) {
	if m.closed.Load() {
		return 0, net.ErrClosed
	}
	if m.Writer != nil {
		return m.Writer.Write(p)
	}
	return len(p), nil
}

func (m *mouth) Close() error {
	m.closed.Store(true)
	return nil
}
func (*mouth) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*mouth) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*mouth) SetDeadline(time.Time) error      { return nil }
func (*mouth) SetReadDeadline(time.Time) error  { return nil }
func (*mouth) SetWriteDeadline(time.Time) error { return nil }
