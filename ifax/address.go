package ifax

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Lengths of RFC 5321 section 4.5.3.1.
const (
	localLimit  = 64
	domainLimit = 255
)

// Address is an addr-spec of RFC 5321.
type Address struct {
	// Local is the local part without quotes. Domain is a name or an address literal with its brackets.
	Local, Domain string
	// Fax is set when the local part is a fax address of RFC 3192; String writes Local, not Fax.
	Fax *FaxNumber
}

// ParseAddress reads user@example.com, user@[192.0.2.5], user@[IPv6:2001:db8::1], "a user"@example.com and
// FAX=+12025550123/T33S=12@example.com, with or without angle brackets. The error says, in words, what is wrong.
func ParseAddress(s string) (Address, error) {
	text := strings.TrimSpace(s)
	if strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") {
		text = text[1 : len(text)-1]
	}
	a, err := parseAddress(text)
	if err != nil {
		return Address{}, fmt.Errorf("the address %q: %w", clip(s, 100), err)
	}
	return a, nil
}

// parseAddress splits and checks.
func parseAddress(text string) (Address, error) {
	if text == "" {
		return Address{}, errors.New("it is empty")
	}
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return Address{}, errors.New("it has a control character")
		}
		if r > '~' {
			return Address{}, fmt.Errorf("the character %q is not ASCII; write an international domain in its xn-- form", r)
		}
	}
	local, rest, err := cutLocal(text)
	if err != nil {
		return Address{}, err
	}
	if len(local) > localLimit {
		return Address{}, fmt.Errorf("the part before the @ has %d characters; the limit is %d (RFC 5321 section 4.5.3.1.1)", len(local), localLimit)
	}
	if err := checkDomain(rest); err != nil {
		return Address{}, err
	}
	a := Address{Local: local, Domain: rest}
	if isFax(local) {
		if a.Fax, err = parseFax(local); err != nil {
			return Address{}, err
		}
	}
	return a, nil
}

// cutLocal gives the local part, unquoted, and what stands behind the "@".
func cutLocal(text string) (local, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		return cutQuoted(text)
	}
	local, rest, ok := strings.Cut(text, "@")
	switch {
	case !ok:
		return "", "", errors.New("there is no @ in it")
	case local == "":
		return "", "", errors.New("there is nothing before the @")
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return "", "", errors.New("a dot may not stand first, last or twice before the @, unless all of it is in quotes")
	}
	for _, r := range local {
		if r != '.' && !isAtext(r) {
			return "", "", fmt.Errorf("%q may not stand before the @, unless all of it is in quotes", r)
		}
	}
	return local, rest, nil
}

// cutQuoted reads a quoted local part (RFC 5321 section 4.1.2).
func cutQuoted(text string) (local, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '"':
			rest, ok := strings.CutPrefix(text[i+1:], "@")
			if !ok {
				return "", "", errors.New("an @ must follow the closing quote")
			}
			if b.Len() == 0 {
				return "", "", errors.New("there is nothing between the quotes")
			}
			return b.String(), rest, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("the closing quote is missing")
}

// isAtext tells the characters of an atom (RFC 5322 section 3.2.3).
func isAtext(r rune) bool {
	return r < 0x7f && (isAlnum(byte(r)) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r))
}

// checkDomain takes a name or an address literal.
func checkDomain(domain string) error {
	switch {
	case domain == "":
		return errors.New("there is nothing behind the @")
	case strings.HasPrefix(domain, "["):
		return checkLiteral(domain)
	case len(domain) > domainLimit:
		return fmt.Errorf("the domain has %d characters; the limit is %d (RFC 5321 section 4.5.3.1.2)", len(domain), domainLimit)
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return fmt.Errorf("an IP address must be in brackets: @[%s]", domain)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(domain, "."), ".") {
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	return nil
}

// checkLabel takes letters, digits, hyphens, and the underscores that office networks have.
func checkLabel(label string) error {
	switch {
	case label == "":
		return errors.New("the domain has an empty label (two dots, or a dot at its beginning)")
	case len(label) > 63:
		return fmt.Errorf("the label %q of the domain is longer than 63 characters", clip(label, 70))
	case strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-"):
		return fmt.Errorf("the label %q of the domain may not begin or end with a hyphen", label)
	}
	for _, r := range label {
		if !isAlnum(byte(r)) && r != '-' && r != '_' {
			return fmt.Errorf("%q may not stand in a domain", r)
		}
	}
	return nil
}

// checkLiteral takes [192.0.2.5] and [IPv6:2001:db8::1] (RFC 5321 section 4.1.3).
func checkLiteral(domain string) error {
	inner, ok := strings.CutSuffix(domain[1:], "]")
	if !ok {
		return errors.New("the closing bracket of the IP address is missing")
	}
	text, six := cutPrefixFold(inner, "IPv6:")
	ip, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no IP address", inner)
	case six != ip.Is6():
		return errors.New("an IPv6 address is written @[IPv6:…], an IPv4 address @[…]")
	}
	return nil
}

// cutPrefixFold is strings.CutPrefix without regard to case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// String writes the address, its local part in quotes where RFC 5321 section 4.1.2 asks for them.
func (a Address) String() string {
	if a.Local == "" && a.Domain == "" {
		return ""
	}
	if _, _, err := cutLocal(a.Local + "@"); err == nil && !strings.HasPrefix(a.Local, `"`) {
		return a.Local + "@" + a.Domain
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Local)
	return `"` + quoted + `"@` + a.Domain
}

// IP gives the address of a literal domain; ok is false for a name.
func (a Address) IP() (ip netip.Addr, ok bool) {
	inner, ok := strings.CutPrefix(a.Domain, "[")
	if !ok {
		return netip.Addr{}, false
	}
	text, _ := cutPrefixFold(strings.TrimSuffix(inner, "]"), "IPv6:")
	ip, err := netip.ParseAddr(text)
	return ip, err == nil
}
