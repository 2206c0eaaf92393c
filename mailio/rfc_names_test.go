package mailio

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// shake has a client of this house meet a server over a wire, and gives the client's error.
func shake(t *testing.T, policy TLS, host string, server *tls.Config) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if theirs, err := l.Accept(); err == nil {
			_ = tls.Server(theirs, server).HandshakeContext(t.Context())
			_ = theirs.Close()
		}
	}()
	ours, err := net.Dial("tcp", l.Addr().String())
	_ = l.Close()
	if err != nil {
		t.Fatal(err)
	}
	_, unverified, err := policy.Handshake(testContext(t), ours, host)
	_ = ours.Close()
	<-done
	if err == nil {
		return unverified
	}
	return err
}

// TestNamesOfCertificates: a server is who its certificate names by DNS, as RFC 7817 section 3 has it.
func TestNamesOfCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	later := time.Now().Add(time.Hour)
	for _, test := range []struct {
		cert tls.Certificate
		host string
		good bool
	}{
		{ca.issue(later, "mx.office.test"), "mx.office.test", true},
		{ca.issue(later, "mx.office.test"), "MX.Office.Test", true},
		{ca.issue(later, "mx.office.test"), "office.test", false},
		{ca.issue(later, "*.office.test"), "mx.office.test", true},
		{ca.issue(later, "*.office.test"), "office.test", false},
		{ca.issue(later, "*.office.test"), "a.mx.office.test", false},
		{ca.issue(later, "m*.office.test"), "mx.office.test", false},
		{ca.issue(later, "mx.*.test"), "mx.office.test", false},
		{ca.other(func(c *x509.Certificate) { c.Subject.CommonName = "mx.office.test" }), "mx.office.test", false},
		{ca.other(func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "smtp", Host: "mx.office.test"}} }), "mx.office.test", false},
	} {
		leaf, err := x509.ParseCertificate(test.cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		err = shake(t, TLS{Mode: TLSRequired, RootCAs: ca.pool}, test.host, &tls.Config{Certificates: []tls.Certificate{test.cert}})
		if (err == nil) != test.good {
			t.Errorf("%v, %v, %s for %s: %v", leaf.DNSNames, leaf.URIs, leaf.Subject, test.host, err)
		}
	}
}

// other issues a certificate without names of servers.
func (a *authority) other(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "server"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(tmpl)
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

// TestOldTLSIsRefused: a server that has nothing newer than TLS 1.1 is spoken to in no mode.
func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		for _, mode := range []TLSMode{TLSOpportunistic, TLSRequired, TLSImplicit} {
			err := shake(t, TLS{Mode: mode, RootCAs: ca.pool}, "127.0.0.1", &tls.Config{Certificates: []tls.Certificate{ca.good()}, MinVersion: tls.VersionTLS10, MaxVersion: version})
			if (err == nil) != good {
				t.Errorf("%s, %s: %v", tls.VersionName(version), mode, err)
			}
		}
	}
}

// TestParametersOfAFaxAddress: + and = of an address are hidden in ORCPT (RFC 3461 section 4.2, RFC 3249 section 6) and stay as they are in RCPT.
func TestParametersOfAFaxAddress(t *testing.T) {
	t.Parallel()
	const to = "FAX=+12025550123/T33S=7@mail.test"
	script := hello + `S: 250-mail.test\n250 DSN
		C: MAIL FROM:<a@fax.test> RET=HDRS ENVID=1
		S: 250 ok
		C: RCPT TO:<` + to + `> NOTIFY=SUCCESS,FAILURE ORCPT=RFC822;FAX+3D+2B12025550123/T33S+3D7@mail.test
		` + accepted[strings.Index(accepted, "S: 250 ok\nC: DATA"):]
	checkSend(t, serve(t, newAuthority(t).good(), nil, script), &sendCase{
		env: Envelope{From: "a@fax.test", To: to, EnvID: "1", Ret: "HDRS", Notify: "SUCCESS,FAILURE", ORcpt: to}, dots: 1,
		want: Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17", DSN: true},
	})
}
