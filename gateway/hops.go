package gateway

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"faxgate/gateway/config"
	"faxgate/mailio"
)

// nextHop chooses who a mail to this address is handed to: the host that is set for it, else ourselves for our own addresses, else the relay, else the host that an IP-literal
// address names.
func (g *Gateway) nextHop(to string) (mailio.Sender, error) {
	at := strings.LastIndexByte(to, '@')
	domain := strings.ToLower(to[at+1:])
	for _, d := range g.cfg.Direct {
		if sameAddress(d.To, to) || strings.EqualFold(d.To, "@"+domain) {
			return g.client(config.Relay{Host: d.Host, Port: d.Port, TLS: d.TLS, Timeout: g.cfg.Relay.Timeout})
		}
	}
	if own := g.Addr("smtp"); own != "" && g.isOwn(to) {
		return g.ourselves(own)
	}
	if g.cfg.Relay.Host != "" {
		return g.client(g.cfg.Relay)
	}
	if host, ok := literal(domain); ok {
		return g.client(config.Relay{Host: host, Port: 25, TLS: string(mailio.TLSOpportunistic), Timeout: g.cfg.Relay.Timeout})
	}
	return nil, unsendable("no way to %s: set relay.host to your mail server, or a [[direct]] host for @%s", to, domain)
}

// ourselves is our own listener: a fax to an own address comes in like any other, which is also how a set-up is tried out.
func (g *Gateway) ourselves(bound string) (mailio.Sender, error) {
	addr, err := netip.ParseAddrPort(bound)
	if err != nil {
		return nil, fmt.Errorf("our own listener %s: %w", bound, err)
	}
	host := addr.Addr()
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return g.client(config.Relay{Host: host.String(), Port: int(addr.Port()), TLS: string(mailio.TLSOff), Timeout: g.cfg.Relay.Timeout})
}

// literal reads the IP literal of an address (RFC 5321 section 4.1.3).
func literal(domain string) (string, bool) {
	inner, ok := strings.CutPrefix(domain, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	inner = strings.TrimPrefix(inner, "ipv6:")
	if !ok || !closed {
		return "", false
	}
	ip, err := netip.ParseAddr(inner)
	return ip.String(), err == nil
}

func (g *Gateway) client(r config.Relay) (mailio.Sender, error) {
	c, err := Client(r, g.cfg.Hostname)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Client makes the SMTP client for a relay as configured, its password read from its file each time, so that a changed one is used at the next try.
func Client(r config.Relay, helo string) (*mailio.Client, error) {
	policy, err := tlsPolicy(r.TLS, r.CAFile, r.VerifyOff)
	if err != nil {
		return nil, err
	}
	c := &mailio.Client{Host: r.Host, Port: r.Port, TLS: policy, Timeouts: mailio.Timeouts{Connect: r.Timeout.D(), Grace: stopGrace}}
	if strings.Contains(helo, ".") {
		c.Helo = helo
	}
	if r.User == "" {
		return c, nil
	}
	password, err := config.Secret(r.PasswordFile)
	if err != nil {
		return nil, err
	}
	c.Auth = mailio.Auth{User: r.User, Password: password, AllowPlaintext: r.AllowPlaintext}
	if r.Mechanism != "auto" {
		c.Auth.Mechanisms = []string{r.Mechanism}
	}
	return c, nil
}

func tlsPolicy(mode, caFile string, verifyOff bool) (mailio.TLS, error) {
	t := mailio.TLS{Mode: mailio.TLSMode(mode), InsecureSkipVerify: verifyOff}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return t, fmt.Errorf("read the certificate authority: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return t, fmt.Errorf("%s holds no certificate in PEM form", caFile)
	}
	return t, nil
}
