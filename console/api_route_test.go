package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

func TestRoutesByAPI(t *testing.T) {
	folder := t.TempDir()
	d := open(t, func(c *config.Config) {
		c.Route = []config.Route{
			{Name: "suppliers", From: []string{"@supplier.example"}, PagesMin: 2, MailTo: []string{"buyer@a.test"}},
			{Name: "held", Subject: []string{"desk"}, Hold: true, Folder: folder},
		}
	})
	list := read[console.RouteList](d, "/api/v1/routes").Routes
	if len(list) != 2 || list[0].Name != "suppliers" || len(list[0].When) != 2 || list[0].Does[0] != "mailed to buyer@a.test (PDF)" {
		t.Errorf("routes: %+v", list)
	}
	for _, tt := range []struct {
		ask, rule, why string
	}{
		{`{"from":"x@supplier.example","pages":2}`, "suppliers", "the sender is x@supplier.example"},
		{`{"from":"x@supplier.example"}`, "", "it has 1 page, not 2 or more pages"},
		{`{"to":"desk@a.example","subject":"For the desk","at":"2026-11-23T09:00:00+01:00"}`, "held", "the subject “For the desk” has “desk” in it"},
	} {
		e := ask[gateway.Explanation](d, tt.ask)
		said, _ := json.Marshal(e.Steps)
		if e.Rule != tt.rule || !strings.Contains(string(said), tt.why) {
			t.Errorf("%s: %+v", tt.ask, e)
		}
	}
	for body, want := range map[string]int{`{"pages":0}`: 422, `{"whom":"x"}`: 422, `{"inbox":"nonsense"}`: 404, `{"at":"soon"}`: 422} {
		if resp, b := d.do(d.request(http.MethodPost, "/api/v1/routes/explain", strings.NewReader(body), asJSON)); resp.StatusCode != want {
			t.Errorf("%s: %s %s", body, resp.Status, b)
		}
	}
}

func TestHeldFaxesAreReleasedByAPI(t *testing.T) {
	folder := t.TempDir()
	d := open(t, func(c *config.Config) { c.Route = []config.Route{{Name: "all", Hold: true, Folder: folder}} })
	d.sent()
	in := read[console.InboxList](d, "/api/v1/inbox").Faxes[0]
	if in.HeldBy != "all" {
		t.Errorf("held by %q", in.HeldBy)
	}
	if e := ask[gateway.Explanation](d, `{"inbox":"`+string(in.ID)+`"}`); e.Rule != "all" || e.Case.Subject != "For the desk" {
		t.Errorf("explained: %+v", e)
	}
	for _, tt := range []struct {
		id   string
		want int
	}{{string(in.ID), http.StatusNoContent}, {"nonsense", http.StatusNotFound}} {
		if resp, b := d.do(d.request(http.MethodPost, "/api/v1/inbox/"+tt.id+"/release", nil, nil)); resp.StatusCode != tt.want {
			t.Errorf("release %s: %s %s", tt.id, resp.Status, b)
		}
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		fax := read[gateway.InboxFax](d, "/api/v1/inbox/"+string(in.ID))
		if len(fax.Tasks) > 0 && fax.Tasks[len(fax.Tasks)-1].To == folder && fax.Tasks[len(fax.Tasks)-1].State == gateway.Done {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not written after its release: %+v", fax.Tasks)
		}
	}
	if resp, b := d.do(d.request(http.MethodPost, "/api/v1/inbox/"+string(in.ID)+"/release", nil, nil)); resp.StatusCode != http.StatusConflict || !strings.Contains(string(b), "no rule holds it") {
		t.Errorf("released twice: %s %s", resp.Status, b)
	}
}

func asJSON(r *http.Request) { r.Header.Set("Content-Type", "application/json") }

// ask asks which rule applies.
func ask[T any](d *desk, body string) (v T) {
	d.t.Helper()
	resp, b := d.do(d.request(http.MethodPost, "/api/v1/routes/explain", strings.NewReader(body), asJSON))
	if err := json.Unmarshal(b, &v); err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %s %s %v", body, resp.Status, b, err)
	}
	return v
}
