package mailio

import (
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"faxgate/deploy/lab"
)

// TestPostfix hands a message to a real Postfix in every way there is, and
// finds it in the mailbox as it was sent.
func TestPostfix(t *testing.T) {
	t.Parallel()
	l := lab.Get(t)
	for _, c := range []struct {
		name      string
		port      int
		mode      TLSMode
		mechanism string // "": no log-in
		plain     bool   // AllowPlaintext
		tls, dsn  bool
		note      string
	}{
		{name: "no TLS, no log-in", port: l.SMTP, mode: TLSOff, dsn: true},
		{name: "a server that offers nothing", port: l.Bare, mode: TLSOpportunistic, note: "offers no STARTTLS"},
		{name: "STARTTLS when it can", port: l.SMTP, mode: TLSOpportunistic, tls: true, dsn: true},
		{name: "STARTTLS required, auto", port: l.Submission, mode: TLSRequired, mechanism: "auto", tls: true, dsn: true},
		{name: "implicit TLS, PLAIN", port: l.SMTPS, mode: TLSImplicit, mechanism: "PLAIN", tls: true, dsn: true},
		{name: "implicit TLS, LOGIN", port: l.SMTPS, mode: TLSImplicit, mechanism: "LOGIN", tls: true, dsn: true},
		{name: "CRAM-MD5 in plain text", port: l.SMTP, mode: TLSOff, mechanism: "CRAM-MD5", dsn: true},
		{name: "PLAIN in plain text, if allowed", port: l.SMTP, mode: TLSOff, mechanism: "PLAIN", plain: true, dsn: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			u := l.User(t)
			client := &Client{Host: l.Host, Port: c.port, Helo: "fax.test.local", TLS: TLS{Mode: c.mode, RootCAs: l.Roots(t)}}
			if c.mechanism != "" {
				client.Auth = Auth{User: u.Address, Password: u.Password, AllowPlaintext: c.plain}
				if c.mechanism != "auto" {
					client.Auth.Mechanisms = []string{c.mechanism}
				}
			}
			const text = "Subject: lab\r\n\r\n.dots\r\n..\r\nend\r\n"
			env := Envelope{From: u.Address, To: u.Address, Size: int64(len(text)), EnvID: "lab-1", Ret: "HDRS", ORcpt: u.Address}
			rep, err := client.Send(testContext(t), env, strings.NewReader(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if rep.Code != 250 || !strings.Contains(rep.Text, "queued as") || (rep.TLS != "") != c.tls || rep.DSN != c.dsn || !strings.Contains(rep.Note, c.note) {
				t.Errorf("got %+v", rep)
			}
			if got := string(u.Await(t, 1, 10*time.Second)[0]); !strings.Contains(strings.ReplaceAll(got, "\r\n", "\n"), "\n\n.dots\n..\nend\n") {
				t.Errorf("delivered:\n%s", got)
			}
		})
	}
}

// TestPostfixRefuses sees Postfix's own words at each stage.
func TestPostfixRefuses(t *testing.T) {
	t.Parallel()
	l := lab.Get(t)
	u := l.User(t)
	secure := TLS{Mode: TLSRequired, RootCAs: l.Roots(t)}
	for _, c := range []struct {
		name   string
		client *Client
		to     string
		size   int64
		want   ReplyError
		words  string
	}{{
		name: "wrong password", client: &Client{Port: l.Submission, TLS: secure, Auth: Auth{User: u.Address, Password: "wrong"}},
		want: ReplyError{Stage: StageAUTH, Code: 535, Enhanced: "5.7.8"}, words: "authentication failed",
	}, {
		name: "no log-in where one is required", client: &Client{Port: l.Submission, TLS: secure}, to: "x@elsewhere.example",
		want: ReplyError{Stage: StageRCPT, Code: 554, Enhanced: "5.7.1"},
	}, {
		name: "a bad recipient", client: &Client{Port: l.SMTP}, to: "x@reject.test",
		want: ReplyError{Stage: StageRCPT, Code: 550},
	}, {
		name: "a recipient for later", client: &Client{Port: l.SMTP}, to: "x@later.test",
		want: ReplyError{Stage: StageRCPT, Code: 450},
	}, {
		name: "SIZE", client: &Client{Port: l.Small}, size: 100001,
		want: ReplyError{Stage: StageSize, Code: 552, Enhanced: "5.3.4"}, words: "100001 octets",
	}, {
		name: "too big, unannounced", client: &Client{Port: l.Small}, size: -1,
		want: ReplyError{Stage: StageDot, Code: 552, Enhanced: "5.3.4"}, words: "too big",
	}} {
		t.Run(c.name, func(t *testing.T) {
			client := c.client
			client.Host, client.Helo = l.Host, "fax.test.local"
			env := Envelope{From: u.Address, To: c.to, Size: max(c.size, 0)}
			if c.to == "" {
				env.To = u.Address
			}
			text := io.Reader(strings.NewReader(smallMessage))
			if c.size < 0 {
				text = strings.NewReader(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 3000))
			}
			_, err := client.Send(testContext(t), env, text, nil)
			var got *ReplyError
			if !errors.As(err, &got) || got.Stage != c.want.Stage || got.Code != c.want.Code || !strings.HasPrefix(got.Enhanced, c.want.Enhanced) || !strings.Contains(got.Text, c.words) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPostfixUnknownAuthority sees that the lab's authority is not believed
// unless it is imported.
func TestPostfixUnknownAuthority(t *testing.T) {
	t.Parallel()
	l := lab.Get(t)
	client := &Client{Host: l.Host, Port: l.SMTPS, TLS: TLS{Mode: TLSImplicit, RootCAs: x509.NewCertPool()}}
	if _, err := client.Check(testContext(t)); err == nil || !strings.Contains(err.Error(), "is not known here") {
		t.Errorf("got %v", err)
	}
}
