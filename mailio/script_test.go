package mailio

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// A scriptedServer plays the server's side of dialogues, line by line:
//
//	S: text    sends a line
//	C: text    expects exactly this line
//	C~ text    expects a line that begins so
//	TLS        does the server's side of a handshake
//	BADTLS     the same, with a certificate that the client must refuse
//	NOTLS      reads the ClientHello, and hangs up
//	EOF        expects the client to close without another octet
//	EOF text   expects the client to close after octets that begin so, and no dot
//	RUN name   calls a function of the test
//	---        hangs up; the rest is another connection
//
// "\n" in a line to send is CRLF. At the end it hangs up.
type scriptedServer struct {
	t    *testing.T
	l    net.Listener
	cert tls.Certificate
	run  map[string]func()

	err error
}

// serve plays script; the test fails if a client does not keep to it.
func serve(t *testing.T, cert tls.Certificate, run map[string]func(), script string) *scriptedServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scriptedServer{t: t, l: l, cert: cert, run: run}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for part := range strings.SplitSeq(script, "---\n") {
			if err := s.play(part); err != nil {
				s.err = err
				return
			}
		}
	}()
	t.Cleanup(func() {
		if t.Failed() {
			_ = l.Close()
		}
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("the script has not come to its end")
		}
		_ = l.Close()
		<-done
		if s.err != nil {
			t.Errorf("script: %v", s.err)
		}
	})
	return s
}

func (s *scriptedServer) port() int { return s.l.Addr().(*net.TCPAddr).Port }

func (s *scriptedServer) play(part string) error {
	conn, err := s.l.Accept()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	c, in := conn, bufio.NewReader(conn)
	for line := range strings.Lines(part) {
		line = strings.TrimSpace(line)
		op, text, _ := strings.Cut(line, " ")
		switch op {
		case "":
		case "S:":
			_, err = io.WriteString(c, strings.ReplaceAll(text, `\n`, "\r\n")+"\r\n")
		case "C:", "C~":
			var got string
			got, err = in.ReadString('\n')
			if err == nil && got != text+"\r\n" && (op == "C:" || !strings.HasPrefix(got, text)) {
				err = fmt.Errorf("the client says %q, not %q", got, text)
			}
		case "TLS":
			tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}})
			err = tc.Handshake()
			c, in = tc, bufio.NewReader(tc)
		case "BADTLS":
			tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}, MaxVersion: tls.VersionTLS12})
			if tc.Handshake() == nil {
				err = errors.New("the client takes the certificate")
			}
		case "NOTLS":
			_, err = in.Peek(5)
			return err
		case "EOF":
			rest, rerr := io.ReadAll(in)
			want := strings.ReplaceAll(text, `\n`, "\r\n")
			if text == "" && len(rest) > 0 || !strings.HasPrefix(string(rest), want) || strings.Contains(string(rest), "\r\n.\r\n") {
				err = fmt.Errorf("the client goes on with %q (%w)", clip(string(rest), 200), rerr)
			}
		case "RUN":
			s.run[text]()
		default:
			err = errors.New("no such line")
		}
		if err != nil {
			return fmt.Errorf("at %q: %w", line, err)
		}
	}
	return nil
}

// An authority signs certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, cert: cert, key: key, pool: x509.NewCertPool()}
	a.pool.AddCert(cert)
	return a
}

func (a *authority) issue(notAfter time.Time, names ...string) tls.Certificate {
	a.t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, n)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) good() tls.Certificate {
	return a.issue(time.Now().Add(time.Hour), "127.0.0.1", "localhost")
}

// message is a reader that tells when it is read.
type message struct {
	io.Reader
	read bool
}

func (m *message) Read(p []byte) (int, error) {
	m.read = true
	return m.Reader.Read(p)
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
