package mailio

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// A TLSMode says when a connection is encrypted.
type TLSMode string

// The four modes, as settings.md E10 to E12 and J6 know them.
const (
	TLSOff           TLSMode = "off"
	TLSOpportunistic TLSMode = "starttls"          // when the server can; else in plain text, and Reply.Note says so
	TLSRequired      TLSMode = "starttls-required" // nothing but EHLO and STARTTLS in plain text
	TLSImplicit      TLSMode = "implicit"          // encrypted from the first octet (RFC 8314)
)

// TLS is the policy for connections to a server.
type TLS struct {
	Mode TLSMode // empty: off

	// Without InsecureSkipVerify the server's certificate must be signed by one
	// of RootCAs (nil: the system's) and name the host (RFC 7817). In
	// opportunistic mode a certificate that fails does not stop the mail, since
	// plain text would be no better, but the session does not count as
	// confidential (RFC 8314 s5.2).
	RootCAs            *x509.CertPool
	InsecureSkipVerify bool
	ServerName         string // the name to expect instead of the host's
	MinVersion         uint16 // 0: TLS 1.2
}

// Handshake makes conn, freshly opened to host, a TLS connection. The returned
// connection is verified unless unverified is not nil; that happens in
// opportunistic mode only. An error says in words what is wrong with the
// certificate and what to do. conn is closed when ctx ends first.
func (p TLS) Handshake(ctx context.Context, conn net.Conn, host string) (tc *tls.Conn, unverified, err error) {
	name := p.ServerName
	if name == "" {
		name = withoutZone(host)
	}
	cfg := &tls.Config{
		ServerName: name,
		MinVersion: p.MinVersion,
		// The check is VerifyConnection's: a failure must be told in words, and
		// need not end an opportunistic session.
		InsecureSkipVerify: true, //nolint:gosec // see above
		VerifyConnection: func(cs tls.ConnectionState) error {
			if p.InsecureSkipVerify {
				return nil
			}
			unverified = p.verify(cs, name)
			if p.Mode == TLSOpportunistic {
				return nil
			}
			return unverified
		},
	}
	if cfg.MinVersion == 0 {
		cfg.MinVersion = tls.VersionTLS12
	}
	tc = tls.Client(conn, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, nil, handshakeError(err)
	}
	return tc, unverified, nil
}

func (p TLS) verify(cs tls.ConnectionState, name string) error {
	if len(cs.PeerCertificates) == 0 {
		return errors.New("the server shows no certificate")
	}
	leaf := cs.PeerCertificates[0]
	opts := x509.VerifyOptions{Roots: p.RootCAs, Intermediates: x509.NewCertPool(), DNSName: name}
	for _, c := range cs.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(opts)
	return certificateError(err, leaf, name)
}

// certificateError says what is wrong with a certificate, and what to do.
func certificateError(err error, leaf *x509.Certificate, name string) error {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return fmt.Errorf("the certificate of %s is signed by %q, which is not known here: import that authority's certificate: %w",
			name, leaf.Issuer.String(), err)
	case errors.As(err, &host):
		return fmt.Errorf("the certificate is for %s, not for %s: use the name that it is for: %w",
			certificateNames(leaf), name, err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Errorf("the certificate of %s is valid from %s to %s only: renew it, or set this machine's clock: %w",
			name, leaf.NotBefore.Format(time.DateOnly), leaf.NotAfter.Format(time.DateOnly), err)
	}
	return fmt.Errorf("the certificate of %s does not verify: %w", name, err)
}

func certificateNames(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host (it has no subjectAltName)"
	}
	return strings.Join(names, ", ")
}

func handshakeError(err error) error {
	var (
		record tls.RecordHeaderError
		verify *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("the server does not speak TLS on this port: use starttls, or another port: %w", err)
	case errors.As(err, &verify):
		return verify.Err
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// TLSName is a connection's protocol version and cipher suite in words, as in
// "TLS 1.3 TLS_AES_128_GCM_SHA256".
func TLSName(cs tls.ConnectionState) string {
	return tls.VersionName(cs.Version) + " " + tls.CipherSuiteName(cs.CipherSuite)
}
