package selftest_test

import (
	"testing"

	"faxgate/gateway/selftest"
)

// TestEveryVendor plays all scripts: what `faxgate selftest` prints.
func TestEveryVendor(t *testing.T) {
	r, err := selftest.Run(t.Context(), selftest.Options{Dir: t.TempDir(), Progress: func(p selftest.Progress) {
		t.Logf("%s %v %.1f s: %s", p.Vendor, p.OK, p.Seconds, p.Words)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Vendors {
		for _, b := range v.Behaviours {
			if !b.OK {
				t.Errorf("%s %s %s:\n\texpected %s\n\thappened %s", v.Vendor, b.Kind, b.Words, b.Expected, b.Happened)
			}
		}
	}
}
