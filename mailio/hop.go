package mailio

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// A hop is a server to talk to.
type hop struct {
	host string // a name, or an IP address without brackets, a zone kept
	port int
}

// String is the hop as host:port, IPv6 in brackets.
func (h hop) String() string { return net.JoinHostPort(h.host, strconv.Itoa(h.port)) }

// parseHop reads "host", "host:port", "[v6]:port", "v6" and the address
// literals of RFC 5321 ("[192.0.2.1]", "[IPv6:2001:db8::1]").
func parseHop(s string, port int) (hop, error) {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (strings.HasSuffix(s[:i], "]") || strings.Count(s, ":") == 1) {
		n, err := strconv.ParseUint(s[i+1:], 10, 16)
		if err != nil || n == 0 {
			return hop{}, fmt.Errorf("server %q: the port must be 1 to 65535", s)
		}
		host, port = s[:i], int(n)
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
		if len(host) > 5 && strings.EqualFold(host[:5], "IPv6:") {
			host = host[5:]
		}
		if _, err := netip.ParseAddr(host); err != nil {
			return hop{}, fmt.Errorf("server %q: not an IP address in the brackets", s)
		}
	}
	if err := checkHost(host); err != nil {
		return hop{}, fmt.Errorf("server %q: %w", s, err)
	}
	return hop{host: host, port: port}, nil
}

func checkHost(host string) error {
	if host == "" {
		return errors.New("no host given")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if strings.ContainsAny(host, " \t\r\n[]<>@,;:/%") {
		return errors.New("not a host name or IP address")
	}
	return nil
}

func withoutZone(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.WithZone("").String()
	}
	return host
}

// dialHosts are the hosts to dial for h, one after the other. A link-local
// address without a zone says nothing about the interface to use: it is tried
// on iface if one is configured, else on each that is up (settings.md J5).
func (h hop) dialHosts(iface string, up func() ([]string, error)) ([]string, error) {
	a, err := netip.ParseAddr(h.host)
	if err != nil || !a.Is6() || !a.IsLinkLocalUnicast() || a.Zone() != "" {
		return []string{h.host}, nil
	}
	zones := []string{iface}
	if iface == "" {
		if zones, err = up(); err != nil {
			return nil, fmt.Errorf("looking for the interface of %s: %w", h.host, err)
		}
	}
	var hosts []string
	for _, z := range zones {
		hosts = append(hosts, a.WithZone(z).String())
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("%s is a link-local address and no network interface is up", h.host)
	}
	return hosts, nil
}

// upInterfaces names the interfaces that could reach a link-local address.
func upInterfaces() ([]string, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, i := range all {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagLoopback == 0 {
			names = append(names, i.Name)
		}
	}
	return names, nil
}

// addressLiteral names the end of a connection as RFC 5321 s4.1.3 does, for an
// EHLO of a machine that has no name.
func addressLiteral(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "[127.0.0.1]"
	}
	ip := ap.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return "[" + ip.String() + "]"
	}
	return "[IPv6:" + ip.String() + "]"
}
