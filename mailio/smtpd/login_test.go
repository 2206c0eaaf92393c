package smtpd

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/mailio"
)

// withLogins lets tim log in with the password of RFC 2195's example.
func withLogins(s *Server) *Server {
	const user, password = "tim", "tanstaaftanstaaf"
	s.Auth = func(_ context.Context, u, p string) (bool, error) {
		if u == "broken" {
			return false, errors.New("the accounts are out of reach at /secret/path")
		}
		return u == user && p == password, nil
	}
	s.Secret = func(_ context.Context, u string) (string, bool, error) { return password, u == user, nil }
	s.Rand = strings.NewReader(strings.Repeat("0123456789abcdef", 10))
	return s
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestLogin(t *testing.T) {
	t.Parallel()
	const challenge = "<30313233343536373839616263646566@fax.test>"
	right, wrong := b64("\x00tim\x00tanstaaftanstaaf"), b64("\x00tim\x00guess")
	cram := "C: AUTH CRAM-MD5\nS: 334 " + b64(challenge) + "\nC: " + b64("tim "+mailio.CRAMMD5("tanstaaftanstaaf", []byte(challenge))) + "\n"
	const in = "S: 235 2.7.0 logged in\n"
	for name, c := range map[string]struct {
		script string
		user   string
	}{
		"PLAIN":                     {"C: AUTH PLAIN " + right + "\n" + in, "tim"},
		"PLAIN after a challenge":   {"C: auth plain\nS: 334 \nC: " + right + "\n" + in, "tim"},
		"LOGIN":                     {"C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: " + b64("tim") + "\nS: 334 UGFzc3dvcmQ6\nC: " + b64("tanstaaftanstaaf") + "\n" + in, "tim"},
		"LOGIN, name at once":       {"C: AUTH LOGIN " + b64("tim") + "\nS: 334 UGFzc3dvcmQ6\nC: " + b64("tanstaaftanstaaf") + "\n" + in, "tim"},
		"CRAM-MD5":                  {cram + in, "tim"},
		"given up":                  {"C: AUTH LOGIN\nS~ 334\nC: *\nS~ 501\n", ""},
		"wrong password":            {"C: AUTH PLAIN " + wrong + "\nS: 535 5.7.8 user or password is wrong\n", ""},
		"wrong digest":              {"C: AUTH CRAM-MD5\nS~ 334\nC: " + b64("tim 00000000000000000000000000000000") + "\nS~ 535 5.7.8\n", ""},
		"malformed":                 {"C: AUTH PLAIN " + b64("x") + "\nS~ 501\nC: AUTH CRAM-MD5\nS~ 334\nC: " + b64("x") + "\nS~ 501\n", ""},
		"in another's name":         {"C: AUTH PLAIN " + b64("boss\x00tim\x00tanstaaftanstaaf") + "\nS~ 535\n", ""},
		"accounts out of reach":     {"C: AUTH PLAIN " + b64("\x00broken\x00x") + "\nS: 454 4.7.0 no log-in at present, try again later\n", ""},
		"a mechanism nobody knows":  {"C: AUTH GSSAPI\nS~ 504 5.5.4\n", ""},
		"a good one after a failed": {"C: AUTH PLAIN " + wrong + "\nS~ 535\nC: AUTH PLAIN " + right + "\n" + in, "tim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &box{}
			s := withLogins(&Server{Handler: b, PlaintextAuth: true})
			start(t, s)
			talk(t, s.Listeners[0], nil, greeted+c.script+envelope+goAhead+"C: .\n"+queued)
			if got := b.letters(); len(got) != 1 || got[0].env.Session.AuthUser != c.user {
				t.Errorf("kept %+v", got)
			}
		})
	}
}

func TestLoginRules(t *testing.T) {
	t.Parallel()
	s := withLogins(&Server{Handler: &box{}, RequireAuth: true, MaxSize: 1000})
	start(t, s)
	wrong := "C: AUTH PLAIN " + b64("\x00tim\x00guess") + "\nS~ 535\n"
	for name, script := range map[string]string{
		"no mail without one": greeted + "C: MAIL FROM:<a@b>\nS~ 530 5.7.0",
		"no password in plain text": `S~ 220
			C: EHLO mfp
			S~ 250-
			S~ 250-STARTTLS
			S~ 250-PIPELINING
			S~ 250-8BIT
			S~ 250-ENH
			S~ 250-CHU
			S: 250-AUTH CRAM-MD5
			S~ 250-DSN
			S~ 250 SIZE
			C: AUTH PLAIN AHgAeA==
			S~ 538 5.7.11`,
		"three guesses": greeted + "C: STARTTLS\nS~ 220\nTLS\nC: HELO x\nS~ 250\n" + wrong + wrong + wrong + "S~ 421 4.7.0\nEOF",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talk(t, s.Listeners[0], nil, script)
		})
	}
}

func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := withLogins(&Server{Handler: b, MaxSize: 1000})
	start(t, s)
	within := strings.Replace(hello[strings.Index(hello, "C: EHLO"):], "S: 250-STARTTLS\n", "", 1)
	within = strings.Replace(within, "S: 250-DSN", "S: 250-AUTH CRAM-MD5 PLAIN LOGIN\nS: 250-DSN", 1)
	begun := "S~ 220\nC: HELO forged\nS~ 250\nC: MAIL FROM:<forged@x>\nS~ 250\nC: RCPT TO:<forged@fax.test>\nS~ 250\n"
	t.Run("nothing from before counts", func(t *testing.T) {
		talk(t, s.Listeners[0], nil, begun+"C: STARTTLS\nS~ 220 2.0.0\nTLS\nC: DATA\nS~ 503\nC: RCPT TO:<a@fax.test>\nS~ 50\nC: STARTTLS\nS~ 503\n"+within+envelope+goAhead+"C: .\n"+queued)
		got := b.letters()
		if len(got) != 1 || !strings.HasPrefix(got[0].env.Session.TLS, "TLS 1.3 TLS_") || got[0].env.Session.Helo != "mfp" {
			t.Errorf("kept %+v", got)
		}
	})
	t.Run("injected commands are dropped", func(t *testing.T) {
		talk(t, s.Listeners[0], nil, greeted+"C: STARTTLS\\nRSET\\nMAIL FROM:<forged@x>\nS~ 220 2.0.0\nTLS\n"+within+"C: NOOP\nS~ 250 2.0.0 I have")
	})
	t.Run("a broken handshake ends the connection", func(t *testing.T) {
		talk(t, s.Listeners[0], nil, greeted+"C: STARTTLS\nS~ 220 2.0.0\nC: EHLO again\nCUT")
	})
	t.Run("implicit", func(t *testing.T) {
		talk(t, s.TLSListeners[0], nil, "TLS\nS~ 220\n"+within+"C: AUTH PLAIN "+b64("\x00tim\x00tanstaaftanstaaf")+"\nS~ 235\nC: QUIT\nS~ 221\nEOF")
	})
}

// TestTranscript sees that passwords and messages stay out of it.
func TestTranscript(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := withLogins(&Server{Handler: &box{}, PlaintextAuth: true})
	s.Transcript = func(_, line string) { mu.Lock(); defer mu.Unlock(); got = append(got, line) }
	start(t, s)
	talk(t, s.Listeners[0], nil, greeted+"C: AUTH PLAIN "+b64("\x00tim\x00tanstaaftanstaaf")+"\nS~ 235\n"+envelope+goAhead+"C: secret text\\n.\n"+queued+
		"C: AUTH LOGIN\nS~ 503\nC: QUIT\nS~ 221\nEOF")
	want := []string{
		"S: 220 fax.test ESMTP Service Ready", "C: HELO mfp", "S: 250 2.0.0 Hello mfp", "C: AUTH PLAIN ****", "S: 235 2.7.0 logged in",
		"C: MAIL FROM:<mfp@office.test>", "S: 250 2.1.0 sender <mfp@office.test> ok", "C: RCPT TO:<fax@fax.test>", "S: 250 2.1.5 recipient <fax@fax.test> ok",
		"C: DATA", "S: 354 Go ahead. End your data with <CR><LF>.<CR><LF>", "S: 250 2.0.0 OK: queued", "C: AUTH LOGIN ****", "S: 503 5.5.1 Already authenticated",
		"C: QUIT", "S: 221 2.0.0 Bye",
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
