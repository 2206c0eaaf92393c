package mailio

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"
)

// tlsHello is a session up to the handshake, tlsAgain what follows it.
const (
	tlsHello = hello + "S: 250-x\\n250 starttls\nC: STARTTLS\nS: 220 go\n"
	tlsAgain = "TLS\nC: EHLO fax.test\nS: 250 x" + accepted
)

var queued = Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17", TLS: "TLS 1.3 TLS_AES_128_GCM_SHA256"}

func inPlainText(note string) Reply {
	r := queued
	r.TLS, r.Note = "", note
	return r
}

func TestTLSModes(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	modes := func(m TLSMode) TLS { return TLS{Mode: m, RootCAs: ca.pool} }
	for _, c := range []*sendCase{{
		name: "implicit", dots: 1, client: Client{TLS: modes(TLSImplicit)}, want: queued,
		script: "TLS" + hello + "S: 250 x" + accepted,
	}, {
		name: "implicit, plain text there", client: Client{TLS: modes(TLSImplicit)}, stage: StageConnect, words: "does not speak TLS",
		script: "S: 220 mail.test ESMTP\nEOF \x16",
	}, {
		name: "starttls", dots: 1, client: Client{TLS: modes(TLSOpportunistic)}, want: queued,
		script: tlsHello + tlsAgain,
	}, {
		name: "starttls, not offered", dots: 1, client: Client{TLS: modes(TLSOpportunistic)},
		want:   inPlainText("in plain text: the server offers no STARTTLS"),
		script: hello + "S: 250 x" + accepted,
	}, {
		name: "starttls, refused", dots: 1, client: Client{TLS: modes(TLSOpportunistic)},
		want:   inPlainText("in plain text: the server refused STARTTLS: 4.7.0 not now"),
		script: hello + "S: 250-x\\n250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 not now" + accepted,
	}, {
		name: "starttls, handshake breaks: plain on a fresh connection", dots: 1, client: Client{TLS: modes(TLSOpportunistic)},
		want:   inPlainText("in plain text: TLS handshake: EOF"),
		script: tlsHello + "NOTLS\n---" + hello + "S: 250-x\\n250 starttls" + accepted,
	}, {
		name: "required", dots: 1, client: Client{TLS: modes(TLSRequired)}, want: queued,
		script: tlsHello + tlsAgain,
	}, {
		name: "required, stripped", client: Client{TLS: modes(TLSRequired)}, stage: StageSTARTTLS, words: "required",
		script: hello + "S: 250-x\\n250 XXXXXXXX\nEOF",
	}, {
		name: "required, refused", client: Client{TLS: modes(TLSRequired)},
		refused: &ReplyError{Stage: StageSTARTTLS, Code: 454, Text: "not now"},
		script:  hello + "S: 250-x\\n250 STARTTLS\nC: STARTTLS\nS: 454 not now\nEOF",
	}, {
		name: "required, handshake breaks: no second try", client: Client{TLS: modes(TLSRequired)}, stage: StageSTARTTLS, words: "handshake",
		script: tlsHello + "NOTLS",
	}, {
		name: "plain text behind the answer to STARTTLS", client: Client{TLS: modes(TLSRequired)}, stage: StageSTARTTLS, words: "not trusted",
		script: hello + "S: 250-x\\n250 STARTTLS\nC: STARTTLS\nS: 220 go\\n250-x\\n250 AUTH PLAIN\nEOF",
	}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkSend(t, serve(t, ca.good(), nil, c.script), c)
		})
	}
}

// TestCertificates sees that each fault of a certificate is told in words, that
// it ends a session that must be safe, and that it does not count as safe where
// it need not be.
func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		cert  tls.Certificate
		words string
	}{
		"unknown authority": {stranger.good(), `is signed by "CN=Test Authority", which is not known here`},
		"wrong name":        {ca.issue(later, "other.test", "192.0.2.1"), "is for other.test, 192.0.2.1, not for 127.0.0.1"},
		"no name":           {ca.issue(later), "for no host"},
		"expired":           {ca.issue(time.Now().Add(-time.Hour), "127.0.0.1"), "renew it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkSend(t, serve(t, c.cert, nil, tlsHello+"BADTLS"), &sendCase{client: Client{TLS: TLS{Mode: TLSRequired, RootCAs: ca.pool}}, stage: StageSTARTTLS, words: c.words})

			checkSend(t, serve(t, c.cert, nil, "BADTLS"), &sendCase{client: Client{TLS: TLS{Mode: TLSImplicit, RootCAs: ca.pool}}, stage: StageConnect, words: c.words})

			checkSend(t, serve(t, c.cert, nil, tlsHello+tlsAgain), &sendCase{client: Client{TLS: TLS{Mode: TLSRequired, RootCAs: ca.pool, InsecureSkipVerify: true}}, dots: 1, want: queued})

			loose := &Client{Host: "127.0.0.1", Helo: "fax.test", TLS: TLS{Mode: TLSOpportunistic, RootCAs: ca.pool}}
			loose.Port = serve(t, c.cert, nil, tlsHello+tlsAgain).port()
			rep, err := loose.Send(testContext(t), small, strings.NewReader(smallMessage), nil)
			if err != nil || rep.TLS != queued.TLS || !strings.Contains(rep.Note, c.words) || !strings.Contains(rep.Note, "not verified") {
				t.Errorf("got %+v, %v", rep, err)
			}
		})
	}
}

// TestUnverifiedLogin sees that a password is not shown to a server that only
// says who it is.
func TestUnverifiedLogin(t *testing.T) {
	t.Parallel()
	script := tlsHello + "TLS\nC: EHLO fax.test\nS: 250-x\\n250 AUTH PLAIN LOGIN\nEOF"
	c := &sendCase{
		client: Client{TLS: TLS{Mode: TLSOpportunistic}, Auth: Auth{User: "me", Password: "secret"}},
		stage:  StageAUTH, words: "unprotected connection",
	}
	checkSend(t, serve(t, newAuthority(t).good(), nil, script), c)
}

func TestHandshakeEnds(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	s := serve(t, newAuthority(t).good(), map[string]func(){"hang": func() { <-hang }}, "RUN hang")
	client := &Client{Host: "127.0.0.1", Port: s.port(), TLS: TLS{Mode: TLSImplicit}, Timeouts: Timeouts{Connect: 50 * time.Millisecond}}
	_, err := client.Send(testContext(t), small, strings.NewReader(""), nil)
	close(hang)
	var stage *StageError
	if !errors.As(err, &stage) || stage.Stage != StageConnect {
		t.Errorf("got %v", err)
	}
}
