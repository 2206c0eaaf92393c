package gateway

import (
	"slices"
	"strings"

	"faxgate/ifax"
	"faxgate/mailio"
)

// ownAddress finds which of our fax addresses rcpt is, and the sub-address that comes with it: fax/T33S=42@ (RFC 3192 section 2), or fax+42@ where the mail servers deliver that.
func (g *Gateway) ownAddress(rcpt string) (own, sub string, ok bool) {
	i := slices.IndexFunc(g.cfg.Own(), func(own string) bool { return strings.EqualFold(own, rcpt) })
	if i >= 0 {
		return g.cfg.Own()[i], "", true
	}
	at := strings.LastIndexByte(rcpt, '@')
	if at < 0 {
		return "", "", false
	}
	if own, sub, ok := g.ownNumber(rcpt); ok {
		return own, sub, true
	}
	base, sub := g.cutSubAddress(rcpt[:at])
	if sub == "" {
		return "", "", false
	}
	base += rcpt[at:]
	i = slices.IndexFunc(g.cfg.Own(), func(own string) bool { return strings.EqualFold(own, base) })
	if i < 0 {
		return "", "", false
	}
	return g.cfg.Own()[i], sub, true
}

// ownNumber finds our fax address that is the same telephone number, however it is written: with slashes around it, with separators, in quotes, with a sub-address (RFC 3191 section 2,
// RFC 3192 section 2).
func (g *Gateway) ownNumber(rcpt string) (own, sub string, ok bool) {
	a, err := ifax.ParseAddress(rcpt)
	if err != nil || a.Fax == nil || len(a.Fax.Subaddress) > maxSubAddress {
		return "", "", false
	}
	for _, own := range g.cfg.Own() {
		mine, err := ifax.ParseAddress(own)
		if err == nil && mine.Fax != nil && strings.EqualFold(mine.Fax.Phone, a.Fax.Phone) && strings.EqualFold(mine.Domain, a.Domain) {
			return own, a.Fax.Subaddress, true
		}
	}
	return "", "", false
}

// maxSubAddress is how long a sub-address may be: longer ones are no address of ours.
const maxSubAddress = 40

func (g *Gateway) cutSubAddress(local string) (base, sub string) {
	const t33 = "/T33S="
	if i := strings.LastIndex(strings.ToUpper(local), t33); i > 0 {
		base, sub = local[:i], local[i+len(t33):]
		if strings.Trim(sub, "0123456789*#") != "" { // what a fax machine can dial (RFC 3192 section 2)
			return "", ""
		}
	} else if g.cfg.Fax.PlusAddresses {
		base, sub, _ = strings.Cut(local, "+")
	}
	if len(sub) > maxSubAddress {
		return "", ""
	}
	return base, sub
}

// subAddress is the sub-address that a mail came with. A mailbox has lost its envelope, but the mail server that put the mail there has written down for whom it was.
func (g *Gateway) subAddress(rcpt mailio.Rcpt, mailbox bool, msg *ifax.Message) string {
	if _, sub, ok := g.ownAddress(rcpt.Address); ok && sub != "" || !mailbox {
		return sub
	}
	for _, f := range msg.Header {
		switch strings.ToLower(f.Name) {
		case "delivered-to", "x-original-to", "envelope-to":
			own, sub, ok := g.ownAddress(strings.Trim(strings.TrimSpace(f.Value), "<>"))
			if ok && sub != "" && strings.EqualFold(own, rcpt.Address) {
				return sub
			}
		}
	}
	return ""
}
