package ifax_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
)

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		in   string
		want ifax.Address
		out  string // when not the same as in
	}{
		{in: "user@example.com", want: ifax.Address{Local: "user", Domain: "example.com"}},
		{in: " <Some.One+tag@Example.COM> ", want: ifax.Address{Local: "Some.One+tag", Domain: "Example.COM"}, out: "Some.One+tag@Example.COM"},
		{in: "fax@localhost", want: ifax.Address{Local: "fax", Domain: "localhost"}},
		{in: "fax@mfp_3.lan", want: ifax.Address{Local: "fax", Domain: "mfp_3.lan"}},
		{in: "user@[10.0.0.5]", want: ifax.Address{Local: "user", Domain: "[10.0.0.5]"}},
		{in: "user@[IPv6:fe80::1]", want: ifax.Address{Local: "user", Domain: "[IPv6:fe80::1]"}},
		{in: `"a user, \"quoted\" @ home"@example.com`, want: ifax.Address{Local: `a user, "quoted" @ home`, Domain: "example.com"}},
		{in: `"plain"@example.com`, want: ifax.Address{Local: "plain", Domain: "example.com"}, out: "plain@example.com"},
		{in: `".dot."@example.com`, want: ifax.Address{Local: ".dot.", Domain: "example.com"}},
		{in: `"\"x"@example.com`, want: ifax.Address{Local: `"x`, Domain: "example.com"}},
		{
			in:   "FAX=+12027653000/T33S=1387@faxworld.org",
			want: ifax.Address{Local: "FAX=+12027653000/T33S=1387", Domain: "faxworld.org", Fax: &ifax.FaxNumber{Phone: "+12027653000", Subaddress: "1387"}},
		},
		{
			in:   "/fax=+33-1-88335.215/@faxworld.org",
			want: ifax.Address{Local: "/fax=+33-1-88335.215/", Domain: "faxworld.org", Fax: &ifax.FaxNumber{Phone: "+33188335215"}},
		},
		{
			in:   "FAX=9p040p226338/t33s=4312/OFNO=T2-33A@faxgw",
			want: ifax.Address{Local: "FAX=9p040p226338/t33s=4312/OFNO=T2-33A", Domain: "faxgw", Fax: &ifax.FaxNumber{Phone: "9p040p226338", Subaddress: "4312", Extra: []string{"OFNO=T2-33A"}}},
		},
		{
			in:   `"FAX=+1202/ATTN=John Smith"@example.com`,
			want: ifax.Address{Local: "FAX=+1202/ATTN=John Smith", Domain: "example.com", Fax: &ifax.FaxNumber{Phone: "+1202", Extra: []string{"ATTN=John Smith"}}},
		},
	} {
		got, err := ifax.ParseAddress(test.in)
		if err != nil {
			t.Errorf("%s: %v", test.in, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.in, diff)
		}
		if test.out == "" {
			test.out = test.in
		}
		if got.String() != test.out {
			t.Errorf("%s is written %s, want %s", test.in, got, test.out)
		}
	}
}

func TestParseAddressExplains(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "empty",
		"user":                                   "no @",
		"@example.com":                           "nothing before the @",
		"user@":                                  "nothing behind the @",
		"a..b@example.com":                       "dot may not stand",
		"a b@example.com":                        `' ' may not stand before the @`,
		"a@b@example.com":                        `'@' may not stand in a domain`,
		"user@exam ple.com":                      "may not stand in a domain",
		"user@-x.com":                            "hyphen",
		"user@x..com":                            "empty label",
		"user@10.0.0.5":                          "@[10.0.0.5]",
		"user@[10.0.0.5":                         "closing bracket",
		"user@[10.0.0.500]":                      "no IP address",
		"user@[fe80::1]":                         "@[IPv6:…]",
		"user@[IPv6:10.0.0.5]":                   "@[IPv6:…]",
		"üser@example.com":                       "not ASCII",
		"user@büro.example":                      "xn--",
		"user@example.com\r\nBcc: x@y":           "control character",
		`"user@example.com`:                      "closing quote",
		`"user"example.com`:                      "an @ must follow",
		strings.Repeat("x", 65) + "@example.com": "the limit is 64",
		"user@" + strings.Repeat("x", 64):        "longer than 63",
		"user@" + strings.Repeat("x.", 200):      "the limit is 255",
		"FAX=@example.com":                       "no number",
		"FAX=+12a@example.com":                   "digits only",
		"FAX=12x@example.com":                    "local number",
		"FAX=+12/T33S=a@example.com":             "digits only",
		"FAX=+12/T33S=1/T33S=2@example.com":      "two subaddresses",
		"FAX=+12//X=1@example.com":               "two slashes",
	} {
		got, err := ifax.ParseAddress(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want %q in it", in, got, err, want)
		}
	}
}

func TestAddressIP(t *testing.T) {
	for in, want := range map[string]string{"a@[10.0.0.5]": "10.0.0.5", "a@[ipv6:2001:db8::1]": "2001:db8::1", "a@example.com": ""} {
		a, err := ifax.ParseAddress(in)
		if err != nil {
			t.Fatal(err)
		}
		ip, ok := a.IP()
		if ok != (want != "") || ok && ip != netip.MustParseAddr(want) {
			t.Errorf("%s: %v, %v", in, ip, ok)
		}
	}
}

func TestFaxAddress(t *testing.T) {
	a, err := ifax.FaxAddress(ifax.FaxNumber{Phone: "+12025550123", Subaddress: "12", Extra: []string{"ATTN=A B"}}, "gw.example.com")
	if err != nil || a.String() != `"FAX=+12025550123/T33S=12/ATTN=A B"@gw.example.com` {
		t.Errorf("%s, %v", a, err)
	}
	if a, err := ifax.FaxAddress(ifax.FaxNumber{Phone: "+1\r\n2"}, "gw.example.com"); err == nil {
		t.Errorf("a number with a line break was written as %q", a)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"user@example.com", `"a \" b"@[IPv6:::1]`, "/FAX=+1-2.3/T33S=4/X=y/@d", "a@[1.2.3.4]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ifax.ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ifax.ParseAddress(a.String())
		if err != nil {
			t.Fatalf("%q is written %q, which cannot be read: %v", s, a, err)
		}
		if diff := cmp.Diff(a, again); diff != "" {
			t.Errorf("%q\n%s", s, diff)
		}
	})
}
