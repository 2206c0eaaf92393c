package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

// What the form leaves empty, as a browser sends it, changes nothing.
func TestTheFormsEmptyChoicesAreNone(t *testing.T) {
	d := open(t, nil)
	resp, b := d.submit("", "to", "desk@a.example", "file", "x", "at", "", "offPeak", "false", "priority", "normal", "notify", "", "notifyWhen", "always")
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", resp.Status, b)
	}
	fax := read[console.FaxList](d, "/api/v1/faxes").Faxes[0]
	if at := fax.Deliveries[0].NextAt; fax.Priority != "" || fax.State == gateway.Queued && at != nil && at.After(time.Now()) {
		t.Errorf("%+v", fax)
	}
}

func TestTheFormOffersOffPeakWhereThereIsSuchATime(t *testing.T) {
	for _, on := range []bool{false, true} {
		d := open(t, func(c *config.Config) { c.OffPeak.Weekend = on })
		link, err := d.con.LoginLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, page := browse(d).enter(link).open("/send")
		for name, want := range map[string]bool{`name="at"`: true, `name="priority"`: true, `name="notify"`: true, `name="offPeak"`: on} {
			if got := strings.Contains(page, name); got != want {
				t.Errorf("off-peak %v: the form has %s: %v\n%s", on, name, got, page)
			}
		}
	}
}
