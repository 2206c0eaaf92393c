package console_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

func TestParseTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 22, 30, 0, 0, berlin)
	for _, tt := range []struct{ text, want string }{
		{"2026-11-22T08:00:00+01:00", "2026-11-22T07:00:00Z"},
		{"2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"},
		{"2026-11-22 08:00", "2026-11-22T07:00:00Z"},
		{"2026-07-22T08:00", "2026-07-22T06:00:00Z"},
		{"23:15", "2026-11-21T22:15:00Z"},
		{"08:00", "2026-11-22T07:00:00Z"},
		{"22:30", "2026-11-22T21:30:00Z"},
		{"25:00", ""},
		{"tomorrow", ""},
		{"", ""},
	} {
		got, err := console.ParseTime(tt.text, now)
		if (err != nil) != (tt.want == "") || err == nil && got.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("%q: %v, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

// again asks for a new fax and gives the answer.
func (d *desk) again(path, key, body string) (int, console.Submitted, string) {
	d.t.Helper()
	resp, b := d.do(d.request(http.MethodPost, "/api/v1"+path, strings.NewReader(body), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}))
	var made console.Submitted
	if resp.StatusCode == http.StatusAccepted {
		if err := json.Unmarshal(b, &made); err != nil {
			d.t.Fatal(err)
		}
	}
	return resp.StatusCode, made, string(b)
}

func TestAScheduledFaxByTheAPI(t *testing.T) {
	d := open(t, func(c *config.Config) { c.OffPeak = config.OffPeak{From: "00:00", To: "24:00"} })
	at := time.Now().Add(2 * time.Hour).Truncate(time.Second)
	resp, b := d.submit("", "to", "desk@a.example", "file", "x", "at", at.Format(time.RFC3339), "priority", "high", "offPeak", "true",
		"notify", "clerk@office.example", "notifyWhen", "trouble", "notifyContent", "on")
	var made console.Submitted
	if err := json.Unmarshal(b, &made); err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", resp.Status, b)
	}
	fax := read[gateway.Fax](d, "/api/v1/faxes/"+string(made.ID))
	if next := fax.Deliveries[0].NextAt; fax.State != gateway.Queued || fax.Priority != "high" || next == nil || !next.Equal(at) {
		t.Errorf("not waiting until %v: %+v", at, fax)
	}
	teller := console.Teller{Now: time.Now()}
	if want := "aits until " + console.Moment(at, time.Now()); teller.State(fax) != "w"+want || teller.Sentence(fax.Deliveries[0]) != "W"+want+"." {
		t.Errorf("said as %q and %q", teller.State(fax), teller.Sentence(fax.Deliveries[0]))
	}
	if resp, b := d.do(d.request(http.MethodPost, "/api/v1/faxes/"+string(made.ID)+"/cancel", nil, nil)); resp.StatusCode != http.StatusOK {
		t.Errorf("cancel: %s %s", resp.Status, b)
	}
	if fax := read[gateway.Fax](d, "/api/v1/faxes/"+string(made.ID)); fax.State != gateway.Cancelled || teller.State(fax) != "cancelled" {
		t.Errorf("after cancelling: %s", fax.State)
	}
}

func TestMistakesInChoices(t *testing.T) {
	d := open(t, nil)
	for _, tt := range []struct{ field, value, want string }{
		{"at", "tomorrow", `at: \"tomorrow\" is no time`},
		{"priority", "urgent", "low, normal and high"},
		{"offPeak", "true", "[off_peak]"},
		{"offPeak", "perhaps", "write true or false"},
		{"notify", "nobody", "no plain mail address"},
		{"colour", "red", "use colour, grey or none"},
		{"toner", "red", "not known here"},
	} {
		resp, b := d.submit("", "to", "desk@a.example", "file", "x", tt.field, tt.value)
		if resp.StatusCode != http.StatusBadRequest || !bytes.Contains(b, []byte(tt.want)) {
			t.Errorf("%s=%s: %s %s, want %q", tt.field, tt.value, resp.Status, b, tt.want)
		}
	}
	if n := len(read[console.FaxList](d, "/api/v1/faxes").Faxes); n != 0 {
		t.Errorf("%d faxes were taken", n)
	}
}

func TestForwardAndResendByTheAPI(t *testing.T) {
	d := open(t, nil)
	fax := d.sent()
	in := read[console.InboxList](d, "/api/v1/inbox").Faxes[0]
	forward, resend := "/inbox/"+string(in.ID)+"/forward", "/faxes/"+string(fax.ID)+"/resend"
	status, first, words := d.again(forward, "f1", `{"to":["fax@a.example"],"priority":"low"}`)
	_, same, _ := d.again(forward, "f1", `{"to":["fax@a.example"],"priority":"low"}`)
	if status != http.StatusAccepted || first != same {
		t.Fatalf("forward: %d %s, then %s", status, words, same.ID)
	}
	if f := read[gateway.Fax](d, "/api/v1/faxes/"+string(first.ID)); f.Subject != "Fwd: For the desk" || f.Deliveries[0].To != "fax@a.example" || f.Priority != "low" {
		t.Errorf("forwarded: %+v", f)
	}
	status, second, words := d.again(resend, "r1", `{"at":"08:00"}`)
	if status != http.StatusAccepted || second == first {
		t.Fatalf("resend: %d %s", status, words)
	}
	if f := read[gateway.Fax](d, "/api/v1/faxes/"+string(second.ID)); f.Subject != "For the desk" || f.Deliveries[0].To != "desk@a.example" {
		t.Errorf("resent: %+v", f)
	}
	for _, tt := range []struct {
		path, body string
		status     int
	}{
		{"/inbox/nonsense/forward", `{"to":["fax@a.example"]}`, http.StatusNotFound},
		{"/faxes/nonsense/resend", `{}`, http.StatusNotFound},
		{forward, `{}`, http.StatusBadRequest},
		{forward, `{"to":["fax@a.example"],"at":"soon"}`, http.StatusBadRequest},
		{resend, `{"priority":"urgent"}`, http.StatusUnprocessableEntity},
	} {
		if status, _, words := d.again(tt.path, "", tt.body); status != tt.status {
			t.Errorf("%s %s: %d, want %d\n%s", tt.path, tt.body, status, tt.status, words)
		}
	}
}

// The form of a submission is described field by field.
func TestChoicesAreDescribed(t *testing.T) {
	d := open(t, nil)
	text := string(d.get("/api/v1/openapi.json"))
	for _, want := range []string{`"headerName"`, `"offPeak"`, `"notifyWhen"`, "Not before the off-peak time", `/faxes/{id}/resend`, `/inbox/{id}/forward`} {
		if n := strings.Count(text, want); n == 0 || strings.HasPrefix(want, `"`) && n < 2 {
			t.Errorf("%s is described %d times", want, n)
		}
	}
}
