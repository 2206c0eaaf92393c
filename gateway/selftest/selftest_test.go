package selftest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/selftest"
)

// TestEveryVendor plays all scripts, as `faxgate selftest` does.
func TestEveryVendor(t *testing.T) {
	r, err := selftest.Run(t.Context(), selftest.Options{Dir: t.TempDir(), Patience: 3 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Vendors {
		for _, b := range v.Behaviours {
			if !b.OK {
				t.Errorf("%s %s %s:\n\texpected %s\n\thappened %s", v.Vendor, b.Kind, b.Words, b.Expected, b.Happened)
			}
			t.Logf("%s %.1f s: %s %s", v.Vendor, b.Seconds, b.Kind, b.Words)
		}
	}
	if want := []string{"ricoh", "konicaminolta", "xerox", "sharp", "panasonic", "brother", "cisco"}; !slices.Equal(selftest.Names(), want) || len(r.Vendors) != len(want) {
		t.Errorf("scripts for %v, %d played; want %v", selftest.Names(), len(r.Vendors), want)
	}
}

// TestEachBehaviourSaysWhereItIsDocumented: a script that cites nothing is invented.
func TestEachBehaviourSaysWhereItIsDocumented(t *testing.T) {
	for _, v := range selftest.Scripts() {
		kinds := map[selftest.Kind]bool{}
		for _, b := range v.Behaviours {
			kinds[b.Kind] = true
			if len(b.Sources) == 0 || slices.Contains(b.Sources, "") || b.Words == "" {
				t.Errorf("%s: %q cites %q", v.Vendor, b.Words, b.Sources)
			}
		}
		if !kinds[selftest.Sends] || !kinds[selftest.Refuses] {
			t.Errorf("the script of %s has only %v", v.Vendor, kinds)
		}
	}
}

// TestItCanFail plays against gateways with a fault, each of which must be found and told in words.
func TestItCanFail(t *testing.T) {
	for _, tt := range []struct {
		name, vendor, words, expected, happened string
		alter                                   func(*gateway.Options)
	}{
		{"no receipts", "cisco", "Content-Type twice", "a receipt (MDN) for <2EFF2002135054556@faxe.>", "no such mail came", func(o *gateway.Options) {
			o.Config.Fax.Answer = "off"
		}},
		{"coarse", "panasonic", "MMR at 408x391, in the layout", "F MMR 408x391", "F MMR 204x391", func(o *gateway.Options) {
			o.Config.Fax.MaxResolution = "204x391"
		}},
		{"few pages", "brother", "two TIFF files of one mail", "with 3 page(s), read without fault", "it is incomplete with 1 page(s)", func(o *gateway.Options) {
			o.Config.Limits.Pages = 1
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := selftest.Run(t.Context(), selftest.Options{Vendors: []string{tt.vendor}, Dir: t.TempDir(), Patience: 15 * time.Second, Alter: tt.alter})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(r.Vendors[0].Behaviours, func(b selftest.Behaviour) bool { return strings.Contains(b.Words, tt.words) })
			if i < 0 {
				t.Fatalf("no behaviour has the words %q", tt.words)
			}
			b := r.Vendors[0].Behaviours[i]
			if b.OK || r.OK || !strings.Contains(b.Expected, tt.expected) || !strings.Contains(b.Happened, tt.happened) {
				t.Errorf("%q passes for %v; expected %q, happened %q", b.Words, b.OK, b.Expected, b.Happened)
			}
		})
	}
}

func TestAnUnknownVendorIsSaidSo(t *testing.T) {
	_, err := selftest.Run(t.Context(), selftest.Options{Vendors: []string{"olivetti"}})
	if _, ok := errors.AsType[*selftest.UnknownVendorError](err); !ok || !strings.Contains(err.Error(), "konicaminolta") {
		t.Errorf("%v, want the names that there are", err)
	}
}
