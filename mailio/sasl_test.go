package mailio

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The example of RFC 2195 s2.
func TestCRAMMD5(t *testing.T) {
	t.Parallel()
	got := CRAMMD5("tanstaaftanstaaf", []byte("<1896.697170952@postoffice.reston.mci.net>"))
	if got != "b913a602c7eda7a495b4e6e7334d3890" {
		t.Error(got)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []string{"gssapi", "login", "plain", "cram-md5"}
	for _, c := range []struct {
		name         string
		auth         Auth
		offered      []string
		confidential bool
		want         []string
		words        string
	}{
		{"auto, strongest first", Auth{}, all, true, []string{"CRAM-MD5", "PLAIN", "LOGIN"}, ""},
		{"auto in plain text", Auth{}, all, false, []string{"CRAM-MD5"}, ""},
		{"plain text allowed", Auth{AllowPlaintext: true}, all, false, []string{"CRAM-MD5", "PLAIN", "LOGIN"}, ""},
		{"chosen by hand", Auth{Mechanisms: []string{"login", "PLAIN"}}, all, true, []string{"LOGIN", "PLAIN"}, ""},
		{"would show the password", Auth{}, []string{"PLAIN", "LOGIN"}, false, nil, "only PLAIN and LOGIN"},
		{"none offered", Auth{}, nil, true, nil, "offers no log-in"},
		{"none in common", Auth{Mechanisms: []string{"PLAIN"}}, []string{"GSSAPI"}, true, nil, "GSSAPI, none of which is wanted here (PLAIN)"},
	} {
		got, err := c.auth.Choose(c.offered, c.confidential)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if (err != nil) != (c.words != "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestLogin plays the three mechanisms, and what comes after a refused one: a
// connection of its own for the next.
func TestLogin(t *testing.T) {
	t.Parallel()
	auth := Auth{User: "tim", Password: "tanstaaftanstaaf", AllowPlaintext: true}
	only := func(m string) Auth { a := auth; a.Mechanisms = []string{m}; return a }
	const offer = hello + "S: 250-x\\n250 AUTH LOGIN PLAIN CRAM-MD5\n"
	const cram = `C: AUTH CRAM-MD5
		S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
		C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
		`
	want := inPlainText("")
	for _, c := range []*sendCase{{
		name: "CRAM-MD5, RFC 2195's example", dots: 1, client: Client{Auth: auth}, want: want,
		script: offer + cram + "S: 235 ok" + accepted,
	}, {
		name: "PLAIN", dots: 1, client: Client{Auth: only("PLAIN")}, want: want,
		script: offer + "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: 235 ok" + accepted,
	}, {
		name: "LOGIN, however the challenges are worded", dots: 1, client: Client{Auth: only("LOGIN")}, want: want,
		script: offer + "C: AUTH LOGIN\nS: 334\nC: dGlt\nS: 334 UGFzcz8=\nC: dGFuc3RhYWZ0YW5zdGFhZg==\nS: 235 ok" + accepted,
	}, {
		name: "auto: the next mechanism on the next connection, no stray line", dots: 1, client: Client{Auth: auth}, want: want,
		script: offer + cram + "S: 535 5.7.8 no\nEOF\n---" + offer + "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: 235 ok" + accepted,
	}, {
		name: "a wrong password", client: Client{Auth: auth},
		refused: &ReplyError{Stage: StageAUTH, Code: 535, Enhanced: "5.7.8", Text: "5.7.8 never"},
		script: offer + cram + "S: 535 5.7.8 no\nEOF\n---" + offer + "C~ AUTH PLAIN\nS: 535 5.7.8 no\nEOF\n---" +
			offer + "C: AUTH LOGIN\nS: 535 5.7.8 never\nEOF",
	}, {
		name: "a server in trouble is not asked again", client: Client{Auth: auth},
		refused: &ReplyError{Stage: StageAUTH, Code: 454, Text: "later"},
		script:  offer + "C: AUTH CRAM-MD5\nS: 454 later\nEOF",
	}, {
		name: "no log-in offered", client: Client{Auth: auth}, stage: StageAUTH, words: "offers no log-in",
		script: hello + "S: 250 x\nEOF",
	}, {
		name: "only PLAIN in plain text", client: Client{Auth: Auth{User: "tim", Password: "secret"}}, stage: StageAUTH, words: "unprotected",
		script: hello + "S: 250-x\\n250 AUTH PLAIN\nEOF",
	}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkSend(t, serve(t, newAuthority(t).good(), nil, c.script), c)
		})
	}
}

// TestOwnServerOnly sees that another hop gets no password.
func TestOwnServerOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, newAuthority(t).good(), nil, hello+"S: 250-x\\n250 AUTH PLAIN"+accepted)
	client := &Client{Host: "smarthost.test", Helo: "fax.test", Auth: Auth{User: "me", Password: "secret", AllowPlaintext: true}}
	env := small
	env.Hop = s.l.Addr().String()
	rep, err := client.Send(testContext(t), env, strings.NewReader(smallMessage), nil)
	if err != nil || rep.Hop != env.Hop {
		t.Errorf("got %+v, %v", rep, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := serve(t, newAuthority(t).good(), nil, hello+"S: 250-x\\n250 AUTH PLAIN\nC~ AUTH PLAIN\nS: 235 2.7.0 welcome\nC: QUIT\nS: 221 bye\n---\nS: 554 no")
	client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test", Auth: Auth{User: "me", Password: "secret", AllowPlaintext: true}}
	if st := client.Status(); st.State != NotConnected {
		t.Errorf("at first: %+v", st)
	}
	rep, err := client.Check(testContext(t))
	if err != nil || rep.Text != "2.7.0 welcome" || client.Status().State != Operating {
		t.Errorf("got %+v, %v, %+v", rep, err, client.Status())
	}
	if _, err := client.Check(testContext(t)); err == nil || client.Status().State != Unable || !strings.Contains(client.Status().Words, "554 no") {
		t.Errorf("got %v, %+v", err, client.Status())
	}
}

// TestAuthPrints sees that no way of printing shows a password.
func TestAuthPrints(t *testing.T) {
	t.Parallel()
	a := Auth{User: "me", Password: "secret"}
	for _, f := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(f, a); strings.Contains(s, "secret") {
			t.Errorf("%s: %s", f, s)
		}
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "auth", a)
	if strings.Contains(b.String(), "secret") || !strings.Contains(b.String(), "auth=me") {
		t.Error(b.String())
	}
}
