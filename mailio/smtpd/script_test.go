package smtpd

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/mailio"
)

// A box is a Handler that keeps what comes, and refuses what a test wants it to.
type box struct {
	recipient func(s mailio.Session, rcpt string) error
	message   func(ctx context.Context, env mailio.Envelope, msg io.Reader) error

	mu   sync.Mutex
	mail []letter
	errs []error // of messages that broke off
}

// A letter is one kept message.
type letter struct {
	env  mailio.Envelope
	text string
}

func (b *box) Recipient(_ context.Context, s mailio.Session, rcpt string) error {
	if b.recipient != nil {
		return b.recipient(s, rcpt)
	}
	if !strings.HasSuffix(rcpt, "@fax.test") {
		return &mailio.Refusal{Code: 550, Enhanced: "5.7.1", Text: "no relaying"}
	}
	return nil
}

func (b *box) Message(ctx context.Context, env mailio.Envelope, msg io.Reader) error {
	if b.message != nil {
		return b.message(ctx, env, msg)
	}
	text, err := io.ReadAll(msg)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.errs = append(b.errs, err)
		return err
	}
	b.mail = append(b.mail, letter{env, string(text)})
	return nil
}

// letters are the kept messages.
func (b *box) letters() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]letter(nil), b.mail...)
}

func (b *box) broken() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]error(nil), b.errs...)
}

// start serves s on a listener of its own, with TLS behind STARTTLS and on a
// second one; the test waits for its end.
func start(t *testing.T, s *Server) {
	t.Helper()
	s.Listeners = append(s.Listeners, listen(t))
	s.TLSListeners = append(s.TLSListeners, listen(t))
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	s.Domain = "fax.test"
	if s.Grace == 0 {
		s.Grace = 200 * time.Millisecond
	}
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { served <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Serve does not end")
		}
	})
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"fax.test", "localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A dialogue is a client that plays a script:
//
//	C: text   sends a line; C, with nothing sends an empty one
//	c: text   sends text without a line end
//	S: text   expects exactly this line
//	S~ text   expects a line that begins so
//	TLS       does the client's side of a handshake
//	CUT       hangs up
//	EOF       expects the server to hang up
//	RUN name  calls a function of the test
//
// "\n" in a text to send is CRLF, "\r" and "\l" are a bare CR and LF.
type dialogue struct {
	conn net.Conn
	in   *bufio.Reader
	run  map[string]func()
}

// talk plays script to a server; the test fails if that does not keep to it.
func talk(t *testing.T, l net.Listener, run map[string]func(), script string) {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	d := &dialogue{conn: conn, in: bufio.NewReader(conn), run: run}
	for line := range strings.Lines(script) {
		line = strings.Trim(line, "\n\t")
		if err := d.step(line); err != nil {
			t.Errorf("at %q: %v", line, err)
			return
		}
	}
}

func (d *dialogue) step(line string) error {
	op, text, _ := strings.Cut(line, " ")
	switch op {
	case "":
	case "C:", "c:":
		text = strings.NewReplacer(`\n`, "\r\n", `\r`, "\r", `\l`, "\n").Replace(text)
		if op == "C:" {
			text += "\r\n"
		}
		_, err := io.WriteString(d.conn, text)
		return err
	case "S:", "S~":
		got, err := d.in.ReadString('\n')
		if err == nil && got != text+"\r\n" && (op == "S:" || !strings.HasPrefix(got, text)) {
			err = fmt.Errorf("the server says %q", got)
		}
		return err
	case "TLS":
		tc := tls.Client(d.conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test
		d.conn, d.in = tc, bufio.NewReader(tc)
		return tc.Handshake()
	case "CUT":
		return d.conn.Close()
	case "EOF":
		if rest, _ := io.ReadAll(d.in); len(rest) > 0 {
			return fmt.Errorf("the server goes on with %q", rest)
		}
	case "RUN":
		d.run[text]()
	default:
		return errors.New("no such line")
	}
	return nil
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}
