package console_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

func TestSendAndFollow(t *testing.T) {
	d := open(t, nil)
	fax := d.sent()
	if fax.State != gateway.Confirmed || !console.Arrived(fax) {
		t.Fatalf("state %s: %+v", fax.State, fax.Deliveries)
	}
	var states []string
	for _, r := range fax.Deliveries[0].Rungs {
		states = append(states, string(r.State))
	}
	if want := []string{"queued", "sending", "accepted", "confirmed"}; !cmp.Equal(want, states) {
		t.Errorf("rungs %v, want %v", states, want)
	}
	list := read[console.FaxList](d, "/api/v1/faxes")
	if len(list.Faxes) != 1 || list.Faxes[0].ID != fax.ID {
		t.Errorf("list: %+v", list)
	}
	if b := d.get("/api/v1/faxes/" + string(fax.ID) + "/pdf"); !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("pdf starts with %.20q", b)
	}
	checkPicture(t, d.get("/api/v1/faxes/"+string(fax.ID)+"/pages/1.png?width=200"), 200)
	checkReceived(t, d)
}

func checkPicture(t *testing.T, b []byte, width int) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != width {
		t.Errorf("picture is %d pixels wide, want %d", got, width)
	}
}

func checkReceived(t *testing.T, d *desk) {
	t.Helper()
	inbox := read[console.InboxList](d, "/api/v1/inbox")
	if len(inbox.Faxes) != 1 || inbox.Faxes[0].To != "desk@a.example" || inbox.Faxes[0].Pages != 1 {
		t.Fatalf("inbox: %+v", inbox)
	}
	path := "/api/v1/inbox/" + string(inbox.Faxes[0].ID)
	for _, tt := range []struct{ path, begins string }{
		{"/pdf", "%PDF-"}, {"/tiff", "II*\x00"}, {"/raw", "Disposition-Notification-To:"},
	} {
		if b := d.get(path + tt.path); !bytes.HasPrefix(b, []byte(tt.begins)) && !bytes.Contains(b[:min(len(b), 2000)], []byte(tt.begins)) {
			t.Errorf("%s begins with %.40q, want %q", tt.path, b, tt.begins)
		}
	}
	checkPicture(t, d.get(path+"/pages/1.png"), 400)
	whole := read[gateway.InboxFax](d, path)
	if len(whole.Documents) != 1 || len(whole.Tasks) == 0 {
		t.Fatalf("received fax: %+v", whole)
	}
	if b := d.get("/api/v1/documents/" + string(whole.Documents[0].ID)); !bytes.HasPrefix(b, []byte("II*\x00")) {
		t.Errorf("document begins with %.10q", b)
	}
	peers := read[console.PeerList](d, "/api/v1/peers")
	if len(peers.Peers) != 1 || read[gateway.PeerView](d, "/api/v1/peers/desk@a.example").Features == "" {
		t.Errorf("peers: %+v", peers)
	}
	if j := read[console.Journal](d, "/api/v1/journal?inbox="+string(whole.ID)); len(j.Events) == 0 {
		t.Error("the journal says nothing of the received fax")
	}
}

// The names that other tools rely on.
func TestMembers(t *testing.T) {
	d := open(t, nil)
	fax := d.sent()
	got := read[map[string]any](d, "/api/v1/faxes/"+string(fax.ID))
	has(t, got, "id", "state", "late", "deliveries")
	delivery := got["deliveries"].([]any)[0].(map[string]any)
	has(t, delivery, "to", "state", "late", "messageId", "form", "reason", "rungs")
	for _, rung := range delivery["rungs"].([]any) { // the first one, queued, has nobody's words
		has(t, rung.(map[string]any), "state", "at", "by", "words")
	}
	inbox := read[map[string]any](d, "/api/v1/inbox")
	has(t, inbox["faxes"].([]any)[0].(map[string]any), "id", "from", "to", "receivedAt", "pages", "messageId")
	if _, ok := got["$schema"]; ok {
		t.Error("a $schema member crept in")
	}
}

func has(t *testing.T, m map[string]any, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, ok := m[n]; !ok {
			t.Errorf("member %q is missing in %v", n, m)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	d := open(t, nil)
	_, first := d.submit("key-1", "to", "desk@a.example", "file", "once")
	resp, second := d.submit("key-1", "to", "desk@a.example", "file", "once")
	_, other := d.submit("key-2", "to", "desk@a.example", "file", "once")
	if resp.StatusCode != http.StatusAccepted || !bytes.Equal(first, second) || bytes.Equal(first, other) {
		t.Errorf("first %s second %s other %s", first, second, other)
	}
	if n := len(read[console.FaxList](d, "/api/v1/faxes").Faxes); n != 2 {
		t.Errorf("%d faxes, want 2", n)
	}
}

func TestPagination(t *testing.T) {
	d := open(t, nil)
	for range 5 {
		d.submit("", "to", "desk@a.example", "file", "x")
	}
	var ids []string
	for path := "/api/v1/faxes?limit=2"; path != ""; {
		list := read[console.FaxList](d, path)
		for _, f := range list.Faxes {
			ids = append(ids, string(f.ID))
		}
		path = ""
		if list.Next != "" {
			path = "/api/v1/faxes?limit=2&before=" + string(list.Next)
		}
	}
	if len(ids) != 5 || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("walked over %v, want 5, newest first", ids)
	}
}

func TestRefusedRequests(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Limits.Document = 64 << 10 })
	fax := d.sent()
	for _, tt := range []struct {
		name   string
		pairs  []string
		status int
		words  string
	}{
		{"no recipient", []string{"file", "x"}, 400, "recipient"},
		{"bad address", []string{"to", "nonsense", "file", "x"}, 400, "to:"},
		{"nothing to send", []string{"to", "desk@a.example"}, 400, "document"},
		{"unknown field", []string{"to", "desk@a.example", "fiel", "x"}, 400, `"fiel" is not known`},
		{"no document", []string{"to", "desk@a.example", "file", "MZ\x90\x00\x03\x00\x00\x00\x04"}, 400, "note.txt"},
		{"too large a file", []string{"to", "desk@a.example", "file", strings.Repeat("x", 70<<10)}, 413, "larger than"},
		{"too large a text", []string{"to", "desk@a.example", "text", strings.Repeat("x", 300<<10)}, 413, "as a file"},
		{"too large a request", []string{"to", "a", "file", strings.Repeat("x", 60<<10), "file", strings.Repeat("x", 1400<<10)}, 413, "large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, b := d.submit("", tt.pairs...)
			checkProblem(t, resp, b, tt.status, tt.words)
		})
	}
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		words                    string
	}{
		{"not multipart", "POST", "/api/v1/faxes", "{}", 415, "multipart/form-data"},
		{"no such fax", "GET", "/api/v1/faxes/x", "", 404, "no such fax"},
		{"no such page", "GET", "/api/v1/faxes/" + string(fax.ID) + "/pages/9.png", "", 404, "no such"},
		{"no such pdf", "GET", "/api/v1/inbox/x/pdf", "", 404, "no such"},
		{"no such peer", "GET", "/api/v1/peers/x@y.example", "", 404, "no such"},
		{"retry a confirmed one", "POST", "/api/v1/faxes/" + string(fax.ID) + "/retry", "", 409, "confirmed"},
		{"cancel a confirmed one", "POST", "/api/v1/faxes/" + string(fax.ID) + "/cancel", "", 409, "confirmed"},
		{"bad limit", "GET", "/api/v1/faxes?limit=0", "", 422, "validation"},
		{"nothing there", "GET", "/api/v1/nothing", "", 404, "openapi.json"},
		{"revoke what is not", "DELETE", "/api/v1/tokens/x", "", 404, "no such"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, b := d.do(d.request(tt.method, tt.path, strings.NewReader(tt.body), nil))
			checkProblem(t, resp, b, tt.status, tt.words)
		})
	}
}

// checkProblem checks an RFC 9457 problem document.
func checkProblem(t *testing.T, resp *http.Response, b []byte, status int, words string) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatalf("%s: %v in %.300s", resp.Status, err, b)
	}
	if resp.StatusCode != status || p.Status != status || p.Title == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s, %s, %.300s; want %d", resp.Status, resp.Header.Get("Content-Type"), b, status)
	}
	if !strings.Contains(p.Detail, words) {
		t.Errorf("detail %q, want %q in it", p.Detail, words)
	}
}

func TestCancelAndRetry(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Direct[0].Port = 9 }) // nobody listens there
	resp, b := d.submit("", "to", "desk@a.example", "file", "x")
	var made console.Submitted
	if err := json.Unmarshal(b, &made); err != nil || resp.StatusCode != 202 {
		t.Fatal(resp.Status, err)
	}
	path := "/api/v1/faxes/" + string(made.ID)
	for read[gateway.Fax](d, path).Deliveries[0].Attempts == 0 { //nolint:revive // the test's own time limit ends it
	}
	for _, tt := range []struct{ verb, state string }{{"cancel", "cancelled"}, {"retry", "queued"}} {
		resp, b := d.do(d.request(http.MethodPost, path+"/"+tt.verb, nil, nil))
		var fax gateway.Fax
		if err := json.Unmarshal(b, &fax); err != nil || resp.StatusCode != 200 || string(fax.State) != tt.state {
			t.Errorf("%s: %s %v, state %s, want %s", tt.verb, resp.Status, err, fax.State, tt.state)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	d := open(t, nil)
	doc := read[struct {
		OpenAPI  string
		Paths    map[string]map[string]any
		Security []map[string][]string
	}](d, "/api/v1/openapi.json")
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Security) != 1 {
		t.Errorf("OpenAPI %s, security %v", doc.OpenAPI, doc.Security)
	}
	post := doc.Paths["/api/v1/faxes"]["post"].(map[string]any)
	content := post["requestBody"].(map[string]any)["content"].(map[string]any)
	if _, ok := content["multipart/form-data"]; !ok {
		t.Errorf("the body of a submission is not described: %v", content)
	}
	for _, p := range []string{"/api/v1/inbox/{id}/tiff", "/api/v1/faxes/{id}/retry", "/api/v1/tokens/{id}", "/api/v1/status"} {
		if doc.Paths[p] == nil {
			t.Errorf("%s is not described", p)
		}
	}
}

func TestStatusAndMetrics(t *testing.T) {
	d := open(t, nil)
	d.sent()
	st := read[console.Status](d, "/api/v1/status")
	if !st.Ready || st.SMTP == "" || st.FreeDisk == 0 || st.Version != "test" || len(st.Work.Tasks) == 0 {
		t.Errorf("status: %+v", st)
	}
	text := string(d.get("/metrics"))
	for _, want := range []string{`faxgate_tasks{kind="fax",state="confirmed"} 1`, `faxgate_received{kind="fax",state="received"} 1`, "faxgate_oldest_due_seconds", "faxgate_disk_free_bytes", `faxgate_build_info{`, "faxgate_ready 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestHealthNeedsNoToken(t *testing.T) {
	d := open(t, nil)
	for path, want := range map[string]string{"/healthz": "alive\n", "/readyz": "ready\n"} {
		resp, b := d.do(d.request(http.MethodGet, path, nil, func(r *http.Request) { r.Header.Del("Authorization") }))
		if resp.StatusCode != 200 || string(b) != want {
			t.Errorf("%s: %s %q", path, resp.Status, b)
		}
	}
}

func TestNotReadyInWords(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Limits.FreeDisk = 1 << 60 })
	resp, b := d.do(d.request(http.MethodGet, "/readyz", nil, nil))
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(b), "MB free") {
		t.Errorf("%s %s", resp.Status, b)
	}
	resp, b = d.submit("", "to", "desk@a.example", "file", "x")
	checkProblem(t, resp, b, http.StatusServiceUnavailable, "Try again later")
}
