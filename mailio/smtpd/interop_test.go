package smtpd

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"faxgate/deploy/lab"
	"faxgate/mailio"
)

// tool starts a program of others' and wants it to succeed, saying words.
func tool(t *testing.T, stdin, words, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), words) {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

// TestOthers has the programs of others hand in mail: with each log-in, with
// STARTTLS and implicit TLS.
func TestOthers(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := withLogins(&Server{Handler: b, RequireAuth: true, PlaintextAuth: true})
	s.Rand = nil
	start(t, s)
	plain, secure := port(s.Listeners[0]), port(s.TLSListeners[0])
	swaks := func(t *testing.T, more ...string) {
		t.Helper()
		tool(t, "", "250 2.0.0 OK: queued", "swaks", append([]string{
			"--server", "127.0.0.1", "--helo", "mfp", "--from", "mfp@office.test", "--to", "fax@fax.test",
			"--header", "Subject: swaks", "--body", ".dot\\n..\\nend", "--auth-user", "tim", "--auth-password", "tanstaaftanstaaf",
		}, more...)...)
	}
	for name, f := range map[string]func(t *testing.T){
		"swaks, PLAIN": func(t *testing.T) { swaks(t, "--port", plain, "--auth", "PLAIN") },
		"swaks, LOGIN": func(t *testing.T) { swaks(t, "--port", plain, "--auth", "LOGIN") },
		"swaks, CRAM-MD5, pipelined": func(t *testing.T) {
			swaks(t, "--port", plain, "--auth", "CRAM-MD5", "--pipeline")
		},
		"swaks, STARTTLS":     func(t *testing.T) { swaks(t, "--port", plain, "--tls", "--auth", "PLAIN") },
		"swaks, implicit TLS": func(t *testing.T) { swaks(t, "--port", secure, "--tlsc", "--auth", "PLAIN") },
		"curl, STARTTLS": func(t *testing.T) {
			tool(t, "Subject: curl\r\n\r\n.dot\r\n..\r\nend\r\n", "", "curl", "-sS", "--url", "smtp://127.0.0.1:"+plain+"/mfp", "--ssl-reqd", "-k",
				"--mail-from", "mfp@office.test", "--mail-rcpt", "fax@fax.test", "--user", "tim:tanstaaftanstaaf", "-T", "-")
		},
		"curl, implicit TLS": func(t *testing.T) {
			tool(t, "Subject: curl\r\n\r\n.dot\r\n..\r\nend\r\n", "", "curl", "-sS", "--url", "smtps://127.0.0.1:"+secure+"/mfp", "-k",
				"--mail-from", "mfp@office.test", "--mail-rcpt", "fax@fax.test", "--user", "tim:tanstaaftanstaaf", "-T", "-")
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(b.letters())
			f(t)
			got := b.letters()
			if len(got) != before+1 {
				t.Fatalf("%d letters after %d", len(got), before)
			}
			l := got[before]
			encrypted := !strings.HasPrefix(name, "swaks, PLAIN") && !strings.HasPrefix(name, "swaks, LOGIN") && !strings.HasPrefix(name, "swaks, CRAM")
			if !strings.Contains(l.text, "\r\n\r\n.dot\r\n..\r\nend") || l.env.Session.AuthUser != "tim" || (l.env.Session.TLS != "") != encrypted {
				t.Errorf("got %+v", l)
			}
		})
	}
	t.Run("openssl", func(t *testing.T) {
		tool(t, "QUIT\r\n", "221 2.0.0 Bye", "openssl", "s_client", "-quiet", "-starttls", "smtp", "-connect", "127.0.0.1:"+plain)
		tool(t, "QUIT\r\n", "221 2.0.0 Bye", "openssl", "s_client", "-quiet", "-connect", "127.0.0.1:"+secure)
	})
}

// TestFromPostfix has Postfix relay a message with RFC 3461's parameters.
func TestFromPostfix(t *testing.T) {
	t.Parallel()
	l := lab.Get(t)
	b := &box{recipient: func(mailio.Session, string) error { return nil }}
	s := &Server{Handler: b}
	start(t, s)
	p, _ := strconv.Atoi(port(s.Listeners[0]))
	to := "fax@" + lab.Domain(p)
	client := &mailio.Client{Host: l.Host, Port: l.SMTP, Helo: "fax.test"}
	env := mailio.Envelope{From: l.User(t).Address, To: to, EnvID: "id+1", Ret: "HDRS", Notify: "SUCCESS,FAILURE", ORcpt: "rfc822;Original@x.test"}
	if _, err := client.Send(context.Background(), env, strings.NewReader("Subject: x\r\n\r\nhi\r\n"), nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message", func() bool { return len(b.letters()) == 1 })
	got := b.letters()[0].env
	if got.From != env.From || got.To != to || got.EnvID != env.EnvID || got.Ret != env.Ret || got.Notify != env.Notify || !strings.EqualFold(got.ORcpt, env.ORcpt) || got.Session.Helo != l.Name {
		t.Errorf("got %+v", got)
	}
}

// TestOwnClient has the client of this house send what neither it nor the
// server may hold in memory, and checks every octet.
func TestOwnClient(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := withLogins(&Server{Handler: b, PlaintextAuth: true})
	s.Rand = nil
	start(t, s)
	text := strings.Repeat(strings.Repeat(".0123456789", 6)+"\r\n", 20000)
	for _, mode := range []mailio.TLSMode{mailio.TLSOff, mailio.TLSRequired} {
		p, _ := strconv.Atoi(port(s.Listeners[0]))
		client := &mailio.Client{
			Host: "127.0.0.1", Port: p, Helo: "fax.test", TLS: mailio.TLS{Mode: mode, InsecureSkipVerify: true},
			Auth: mailio.Auth{User: "tim", Password: "tanstaaftanstaaf"},
		}
		env := mailio.Envelope{From: "a@b", To: `"odd one"@fax.test`, Size: int64(len(text)), EnvID: "x=1", Notify: "NEVER", ORcpt: `rfc822;"odd one"@fax.test`}
		rep, err := client.Send(context.Background(), env, strings.NewReader(text), nil)
		if err != nil || !rep.DSN || rep.MaxSize != 100<<20 {
			t.Fatalf("got %+v, %v", rep, err)
		}
		got := b.letters()
		last := got[len(got)-1]
		if last.text != text || last.env.To != env.To || last.env.EnvID != env.EnvID || last.env.Size != env.Size || last.env.Session.AuthUser != "tim" ||
			!strings.EqualFold(last.env.ORcpt, env.ORcpt) || last.env.Notify != "NEVER" {
			t.Errorf("%s: got %+v", mode, last.env)
		}
	}
}
