package pop3

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"faxgate/mailio"

	"github.com/google/go-cmp/cmp"
)

// play answers a client as a script says: "S: " lines are sent, "C: " lines
// must come, "S! " sends a line with a bare LF, "-" hangs up. The result of the
// last session is sent to result.
func play(t *testing.T, script string) func(context.Context, string) (net.Conn, error) {
	return func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		done := make(chan error, 1)
		go func() { done <- perform(server, script) }()
		t.Cleanup(func() {
			_ = client.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return client, nil
	}
}

func perform(conn net.Conn, script string) error {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "":
		case line == "-":
			return nil
		case strings.HasPrefix(line, "S: "):
			_, err = io.WriteString(conn, line[3:]+"\r\n")
		case strings.HasPrefix(line, "S! "):
			_, err = io.WriteString(conn, line[3:]+"\n")
		default:
			var got string
			got, err = in.ReadString('\n')
			if want := strings.TrimPrefix(line, "C: "); err == nil && got != want+"\r\n" {
				return fmt.Errorf("the client said %q, want %q", got, want)
			}
		}
		if err != nil {
			return fmt.Errorf("at %q: %w", line, err)
		}
	}
	return nil
}

func scripted(t *testing.T, script string) (mailio.Mailbox, *keeper) {
	k := new(keeper)
	return mailio.Mailbox{
		Name: "odd", Host: "pop.example", Dialer: play(t, script),
		Auth:    mailio.Auth{User: "fax", Password: "secret", AllowPlaintext: true},
		Handler: k, Ledger: k, Timeout: 2 * time.Second,
	}, k
}

// old is how a server without CAPA begins.
const old = `
	S: +OK ready
	C: CAPA
	S: -ERR unknown command
	C: USER fax
	S: +OK
	C: PASS secret
	S: +OK
`

func TestOddServers(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		bodies []string
		uids   []string
	}{
		"lower case, bare LF, dots": {
			strings.ReplaceAll(old, "+OK", "+ok") + `
			C: LIST
			S! +ok
			S! 1 10 and more words
			S! .
			C: UIDL
			S: +ok
			S: 1 0123456789abcdef
			S: .
			C: RETR 1
			S: +ok
			S! ..
			S: ..x
			S! .y
			S: .
			C: DELE 1
			S: +ok
			C: QUIT
			S: +ok
			`,
			[]string{".\n.x\r\ny\n"},
			[]string{"0123456789abcdef"},
		},
		"no UIDL, no TOP": {
			old + `
			C: LIST
			S: +OK
			S: 1 3
			S: .
			C: UIDL
			S: -ERR what?
			C: TOP 1 0
			S: -ERR what?
			C: RETR 1
			S: +OK
			S: a
			S: .
			C: RETR 1
			S: +OK
			S: a
			S: .
			C: DELE 1
			S: +OK
			C: QUIT
			S: +OK
			`,
			[]string{"a\r\n"},
			[]string{"sha256:"},
		},
		"UIDL twice the same, or a number": {
			old + `
			C: LIST
			S: +OK
			S: 1 3
			S: 2 3
			S: 3 3
			S: .
			C: UIDL
			S: +OK
			S: 1 same
			S: 2 same
			S: 3 3
			S: .
			C: TOP 1 0
			S: +OK
			S: Subject: one
			S: .
			C: TOP 2 0
			S: +OK
			S: Subject: two
			S: .
			C: TOP 3 0
			S: +OK
			S: Subject: three
			S: .
			C: RETR 1
			S: +OK
			S: 1
			S: .
			C: DELE 1
			S: +OK
			C: RETR 2
			S: -ERR it is gone
			C: RETR 3
			S: +OK
			S: 3
			S: .
			C: DELE 3
			S: -ERR read-only
			C: QUIT
			S: +OK
			`,
			[]string{"1\r\n", "3\r\n"},
			[]string{"sha256:", "sha256:"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			box, k := scripted(t, c.script)
			if err := New(box).Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.bodies, k.bodies); diff != "" {
				t.Error(diff)
			}
			seen := make(map[string]bool)
			for i, e := range k.envs {
				if !strings.HasPrefix(e.Mailbox.UID, c.uids[i]) || seen[e.Mailbox.UID] {
					t.Errorf("UID %q", e.Mailbox.UID)
				}
				seen[e.Mailbox.UID] = true
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
		"busy greeting":   {"S: -ERR [SYS/TEMP] come back", mailio.TLS{}, "refused greeting: -ERR [SYS/TEMP] come back"},
		"another service": {"S: 220 mail.example ESMTP", mailio.TLS{}, "no POP3 server's answer"},
		"hangs up":        {"S: +OK\nC: CAPA\n-", mailio.TLS{}, "answer to CAPA"},
		"silent":          {"S: +OK\nC: CAPA\nC: never", mailio.TLS{}, "timeout"},
		"endless line":    {"S: +OK " + strings.Repeat("x", maxLine), mailio.TLS{}, "longer than"},
		"no STLS":         {"S: +OK\nC: CAPA\nS: -ERR\nC: STLS\nS: -ERR what?", required, "it is required: the server refused STLS: -ERR what?"},
		"in use": {
			strings.Replace(old, "C: PASS secret\n\tS: +OK", "C: PASS secret\nS: -ERR [IN-USE] locked by another", 1),
			mailio.TLS{},
			"[IN-USE] locked by another",
		},
		"broken list":   {old + "C: LIST\nS: +OK\nS: one 2\nS: .", mailio.TLS{}, `a line "one 2"`},
		"broken size":   {old + "C: LIST\nS: +OK\nS: 1 -2\nS: .\nC: UIDL\nS: -ERR", mailio.TLS{}, `the size "-2"`},
		"no terminator": {old + "C: LIST\nS: +OK\nS: 1 2\n-", mailio.TLS{}, "reading the answer to LIST"},
		"QUIT fails": {
			old + "C: LIST\nS: +OK\nS: .\nC: UIDL\nS: +OK\nS: .\nC: QUIT\nS: -ERR some deleted messages not removed",
			mailio.TLS{},
			"may not have deleted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			box, k := scripted(t, c.script)
			if name == "silent" || name == "endless line" {
				box.Dialer = func(ctx context.Context, _ string) (net.Conn, error) {
					client, server := net.Pipe()
					go perform(server, c.script) //nolint:errcheck // this script cannot be played to its end
					return client, nil
				}
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

// TestInjection: what is said before TLS begins must not count after it.
func TestInjection(t *testing.T) {
	box, _ := scripted(t, "")
	box.TLS.Mode = mailio.TLSRequired
	box.Dialer = func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			in := bufio.NewReader(server)
			for _, say := range []string{"+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK begin\r\n+OK injected\r\n"} {
				_, _ = io.WriteString(server, say)
				_, _ = in.ReadString('\n')
			}
		}()
		return client, nil
	}
	if _, err := Dial(t.Context(), box); err == nil || !strings.Contains(err.Error(), "before the encryption") {
		t.Errorf("got %v", err)
	}
}

// TestAPOP is the example of RFC 1939 s7.
func TestAPOP(t *testing.T) {
	box, _ := scripted(t, `
		S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
		C: CAPA
		S: -ERR
		C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
		S: +OK maildrop has 1 message (369 octets)
	`)
	box.Auth = mailio.Auth{User: "mrose", Password: "tanstaaf"}
	c, err := Dial(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(); err != nil {
		t.Error(err)
	}
}

// TestNextMechanism: a server that offers CRAM-MD5 without knowing the
// passwords in clear refuses it; the next one works.
func TestNextMechanism(t *testing.T) {
	box, _ := scripted(t, `
		S: +OK
		C: CAPA
		S: +OK
		S: SASL PLAIN CRAM-MD5
		S: .
		C: AUTH CRAM-MD5
		S: + PDEyM0B4Pg==
		C: ZmF4IDMxYTdkNDU0NWI3OTliMjFhYWNmOGFjODczNzg2MWVh
		S: -ERR [AUTH] no
		C: AUTH PLAIN
		S: +
		C: AGZheABzZWNyZXQ=
		S: +OK
	`)
	c, err := Dial(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	for code, want := range map[string]bool{"AUTH": true, "": true, "IN-USE": false, "SYS/TEMP": false} {
		if got := refused(fmt.Errorf("logging in: %w", &Error{Code: code})); got != want {
			t.Errorf("%q: %t", code, got)
		}
	}
	if refused(io.ErrUnexpectedEOF) {
		t.Error("a lost connection is worth another try")
	}
}

// FuzzSession plays arbitrary octets to a client. Whatever a server says, the
// client must come to an end, and nothing may be deleted that was not taken.
func FuzzSession(f *testing.F) {
	f.Add("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\n1 3\r\n.\r\n+OK\r\n1 0123456789\r\n.\r\n+OK\r\na\r\n.\r\n+OK\r\n+OK\r\n")
	f.Add("+OK <1@2>\r\n+OK\r\nSASL CRAM-MD5\r\n.\r\n+ PDE+\r\n+OK\r\n")
	f.Add("+ok\n-err [X] y\n+ok\n+ok\n+ok\n1 1\n2 2\n.\n-err\n-err\n+ok\n..\n.\n")
	f.Fuzz(func(t *testing.T, said string) {
		k := new(keeper)
		box := mailio.Mailbox{
			Auth: mailio.Auth{User: "u", Password: "p", AllowPlaintext: true}, Handler: k, Ledger: k,
			Dialer: func(context.Context, string) (net.Conn, error) { return &mouth{Reader: strings.NewReader(said)}, nil },
		}
		if err := New(box).Look(t.Context()); err == nil && !strings.Contains(strings.ToUpper(said), "+OK") {
			t.Error("success without a single +OK")
		}
		for _, item := range k.deleted {
			if !k.known[item] {
				t.Errorf("deleted %+v, which was never taken", item)
			}
		}
	})
}

// FuzzDotReader compares the reader with RFC 1939 s3 done the slow way.
func FuzzDotReader(f *testing.F) {
	f.Add("a\r\n..b\r\n.\r\nrest")
	f.Add(".\r\n")
	f.Add(strings.Repeat("x", 5000) + "\n.\n")
	f.Fuzz(func(t *testing.T, said string) {
		var want strings.Builder
		whole := false
		for line := range strings.Lines(said) {
			rest, dot := strings.CutPrefix(line, ".")
			if dot && strings.HasSuffix(line, "\n") && strings.Trim(rest, "\r\n") == "" {
				whole = true
				break
			}
			want.WriteString(rest)
		}
		d := &dotReader{in: bufio.NewReaderSize(strings.NewReader(said), maxLine), start: true}
		got, err := io.ReadAll(d)
		if whole != (err == nil) || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%v", err)
		}
		if whole && string(got) != want.String() {
			t.Errorf("got %q, want %q", got, want.String())
		}
	})
}

// mouth is a connection to a server that only talks.
type mouth struct{ *strings.Reader }

func (mouth) Write(p []byte) (int, error)      { return len(p), nil }
func (mouth) WriteTo(io.Writer) (int64, error) { return 0, os.ErrInvalid }
func (mouth) Close() error                     { return nil }
func (mouth) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (mouth) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (mouth) SetDeadline(time.Time) error      { return nil }
func (mouth) SetReadDeadline(time.Time) error  { return nil }
func (mouth) SetWriteDeadline(time.Time) error { return nil }
