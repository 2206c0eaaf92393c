package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// Sender is who may fax by mail: an address or a whole domain. A From line alone is never enough: the mail must come by a log-in, or from a mail server in listen.trusted.
type Sender struct {
	Address string `toml:"address" comment:"address, or @domain for all of its people"`
	Outcome string `toml:"outcome" comment:"tell the sender what became of the fax: always | trouble | never"`
	Content bool   `toml:"content" comment:"with a picture of the first page"`
	Cover   bool   `toml:"cover" comment:"the text of the mail is the first page"`

	HeaderName string `toml:"header_name" comment:"sender name in the header line: the number of a slot of fax.names, or the name; empty: the contact's, else the default one"`
}

// Matches tells whether an address is this sender's.
func (s Sender) Matches(addr string) bool {
	if domain, ok := strings.CutPrefix(s.Address, "@"); ok {
		_, have, _ := strings.Cut(addr, "@")
		return strings.EqualFold(domain, have)
	}
	return strings.EqualFold(s.Address, addr)
}

func (s *Sender) defaults() {
	if s.Outcome == "" {
		s.Outcome = "always"
	}
}

func (s Sender) check(p *problems, key string, f *Fax) {
	_, known := f.SenderName(s.HeaderName)
	p.wants(known, key+".header_name", "the number of a slot of fax.names, or one of the names, not %q", s.HeaderName)
	if !strings.HasPrefix(s.Address, "@") || len(s.Address) < 2 {
		p.address(key+".address", s.Address)
	}
	p.oneOf(key+".outcome", s.Outcome, "always", "trouble", "never")
}

func (l *Listen) checkTrusted(p *problems) {
	for i, n := range l.Trusted {
		_, err := netip.ParsePrefix(n)
		p.wants(err == nil, fmt.Sprintf("listen.trusted[%d]", i), "a network such as 192.168.1.0/24, not %q", n)
	}
}

// Trusts tells whether an address is in a trusted network.
func (l *Listen) Trusts(ip netip.Addr) bool {
	for _, n := range l.Trusted {
		if p, err := netip.ParsePrefix(n); err == nil && p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}
