package mailio

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHop(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mail.test":                "mail.test:25",
		"mail.test:587":            "mail.test:587",
		"192.0.2.1":                "192.0.2.1:25",
		"[192.0.2.1]":              "192.0.2.1:25",
		"[192.0.2.1]:2525":         "192.0.2.1:2525",
		"2001:db8::1":              "[2001:db8::1]:25",
		"[2001:db8::1]:465":        "[2001:db8::1]:465",
		"[IPv6:2001:db8::1]":       "[2001:db8::1]:25",
		"fe80::220:6bff:fe10:2f16": "[fe80::220:6bff:fe10:2f16]:25",
		"[fe80::1%eth0]:25":        "[fe80::1%eth0]:25",
		"":                         "",
		"mail.test:0":              "",
		"mail.test:65536":          "",
		"mail.test:smtp":           "",
		"[mail.test]":              "",
		"a b":                      "",
		"a@b":                      "",
	} {
		h, err := parseHop(in, 25)
		switch {
		case err != nil && want != "":
			t.Errorf("%q: %v", in, err)
		case err == nil && h.String() != want:
			t.Errorf("%q: got %q", in, h)
		}
	}
}

// TestLinkLocal sees that settings.md J5's address without a zone is tried on
// the configured interface, or on every one.
func TestLinkLocal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, iface string
		want        []string
	}{
		{"fe80::220:6bff:fe10:2f16", "", []string{"[fe80::220:6bff:fe10:2f16%eth0]:25", "[fe80::220:6bff:fe10:2f16%eth1]:25"}},
		{"fe80::220:6bff:fe10:2f16", "lan", []string{"[fe80::220:6bff:fe10:2f16%lan]:25"}},
		{"fe80::1%eth7", "lan", []string{"[fe80::1%eth7]:25"}},
		{"2001:db8::1", "lan", []string{"[2001:db8::1]:25"}},
	} {
		var tried []string
		client := &Client{
			Host: c.host, Interface: c.iface,
			Interfaces: func() ([]string, error) { return []string{"eth0", "eth1"}, nil },
			Dial: func(_ context.Context, network, address string) (net.Conn, error) {
				tried = append(tried, address)
				return nil, errors.New("no route to " + network)
			},
		}
		_, err := client.Check(testContext(t))
		if diff := cmp.Diff(c.want, tried); diff != "" {
			t.Error(diff)
		}
		if err == nil || !strings.Contains(err.Error(), "no route to tcp") {
			t.Errorf("got %v", err)
		}
	}
}

func TestDefaultPorts(t *testing.T) {
	t.Parallel()
	for mode, want := range map[TLSMode]int{TLSOff: 25, TLSOpportunistic: 25, TLSRequired: 25, TLSImplicit: 465} {
		client := &Client{TLS: TLS{Mode: mode}}
		if h, err := client.server("mail.test"); err != nil || h.port != want {
			t.Errorf("%s: %v, %v", mode, h, err)
		}
	}
}

func TestAddressLiteral(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1:25": "[192.0.2.1]", "[2001:db8::1]:25": "[IPv6:2001:db8::1]", "[::ffff:192.0.2.1]:1": "[192.0.2.1]", "[fe80::1%eth0]:1": "[IPv6:fe80::1]",
	} {
		addr := addrText(in)
		if got := addressLiteral(addr); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

type addrText string

func (addrText) Network() string { return "tcp" }

func (a addrText) String() string { return string(a) }
