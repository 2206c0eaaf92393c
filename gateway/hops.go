package gateway

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/mdn"
)

// nextHop makes the client for the host that a mail to this address is handed to.
func (g *Gateway) nextHop(ctx context.Context, to string) (mailio.Sender, error) {
	c, err := g.contactFor(ctx, to)
	if err != nil {
		return nil, err
	}
	if g.sender != nil && c.Host == "" {
		return g.sender(to)
	}
	hop, _, err := g.way(c, to)
	if err != nil {
		return nil, err
	}
	return g.client(hop)
}

// way chooses who a mail to this address is handed to, and says in words why: the contact's own host, else the host that is set for the address or its domain, else ourselves for our
// own addresses, else the relay, else the host that an IP-literal address names. The contact's TLS policy holds wherever its own machine is spoken to, which a relay is not.
func (g *Gateway) way(c Contact, to string) (config.Relay, string, error) {
	domain := strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])
	if c.Host != "" {
		return g.straight(c.Host, c.Port, c.TLS, ""), "the host that is set for this contact", nil
	}
	for _, d := range g.cfg.Direct {
		if mdn.SameAddress(d.To, to) || strings.EqualFold(d.To, "@"+domain) {
			return g.straight(d.Host, d.Port, c.TLS, d.TLS), "the [[direct]] host for " + d.To, nil
		}
	}
	if own := g.Addr("smtp"); own != "" && !g.cfg.Listen.RequireAuth && g.isOwn(to) {
		hop, err := g.ourselves(own)
		return hop, "this gateway itself, as the address is its own", err
	}
	if g.cfg.Relay.Host != "" {
		return g.cfg.Relay, "your mail server (relay.host)", nil
	}
	if host, ok := literal(domain); ok {
		return g.straight(host, 0, c.TLS, ""), "the machine that the address itself names", nil
	}
	return config.Relay{}, "", unsendable("no way to %s: set relay.host to your mail server, a [[direct]] host for @%s, or the contact's own host", to, domain)
}

// straight is a way past the relay, by the first TLS policy that is set.
func (g *Gateway) straight(host string, port int, policies ...string) config.Relay {
	r := config.Relay{Host: host, Port: port, TLS: cmp.Or(append(policies, string(mailio.TLSOpportunistic))...), Timeout: g.cfg.Relay.Timeout}
	if port == 0 && r.TLS == string(mailio.TLSImplicit) {
		r.Port = 465
	}
	r.Port = cmp.Or(r.Port, 25)
	return r
}

// ourselves is our own listener: a fax to an own address comes in like any other, which is also how a set-up is tried out.
func (g *Gateway) ourselves(bound string) (config.Relay, error) {
	addr, err := netip.ParseAddrPort(bound)
	if err != nil {
		return config.Relay{}, fmt.Errorf("our own listener %s: %w", bound, err)
	}
	host := addr.Addr()
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return g.straight(host.String(), int(addr.Port()), string(mailio.TLSOff)), nil
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
