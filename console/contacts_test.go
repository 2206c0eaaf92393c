package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

// ask sends JSON, or another text, and reads the answer.
func (d *desk) ask(method, path, kind, body string) (int, string) {
	d.t.Helper()
	resp, b := d.do(d.request(method, "/api/v1"+path, strings.NewReader(body), func(r *http.Request) { r.Header.Set("Content-Type", kind) }))
	return resp.StatusCode, string(b)
}

// The address book by the API: each answer has the status and the words that a program, or its author, needs.
func TestContactsByAPI(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Fax.Names = []string{"Shop"} })
	odd := "/contacts/" + url.PathEscape("FAX=+4930/T33S=12@b.example")
	for _, tt := range []struct {
		method, path, kind, body string
		status                   int
		words                    string
	}{
		{"GET", "/contacts", "", "", 200, `"contacts":[]`},
		{"POST", "/contacts", "application/json", `{"address":"fax@b.example","code":"b","sizeLimit":"2MB","receipt":false}`, 201, `"kind":"unknown"`},
		{"POST", "/contacts", "application/json", `{"address":"fax@B.example"}`, 400, "already"},
		{"POST", "/contacts", "application/json", `{"address":"x@b.example","colour":"red"}`, 422, "colour"},
		{"POST", "/contacts", "application/json", `{"name":"x"}`, 422, "address"},
		{"POST", "/contacts", "application/json", `{"address":"FAX=+4930/T33S=12@b.example","kind":"machine","form":{"profile":"S"}}`, 201, "T33S"},
		{"POST", "/contacts", "application/json", `{"address":"x@b.example","form":{"colour":"red"}}`, 400, "red"},
		{"GET", odd, "", "", 200, `"form":"S MH 204x196 A4"`},
		{"PUT", odd, "application/json", `{"address":"FAX=+4930/T33S=12@b.example","code":"odd","kind":"person"}`, 200, `"code":"odd"`},
		{"GET", "/contacts/ODD", "", "", 200, `"form":"PDF"`},
		{"GET", "/contacts/nobody", "", "", 404, "no such"},
		{"PUT", "/contacts/nobody", "application/json", `{"address":"y@b.example"}`, 404, "no such"},
		{"POST", "/groups", "application/json", `{"code":"all","members":["b","odd"]}`, 201, `"members":["fax@b.example"`},
		{"POST", "/groups", "application/json", `{"code":"b","members":[]}`, 400, "code"},
		{"PUT", "/groups/all", "application/json", `{"code":"all","name":"One","members":["odd"]}`, 200, `"name":"One"`},
		{"GET", "/groups", "", "", 200, `"code":"all"`},
		{"GET", "/groups/ALL", "", "", 200, "T33S"},
		{"GET", "/contacts/odd", "", "", 200, `"groups":["all"]`},
		{"POST", "/contacts/import", "text/csv", "address;name\nq@b.example;Q\nnobody;N\n", 422, "line 3"},
		{"POST", "/contacts/import?partial=true", "text/csv", "address;name\nq@b.example;Q\nnobody;N\n", 200, `"added":1`},
		{"POST", "/contacts/import?format=toml", "text/plain", "[[contact]]\naddress = \"r@b.example\"\n", 200, `"added":1`},
		{"POST", "/contacts/import", "text/csv", "name\n", 400, "no column named address"},
		{"POST", "/contacts/import?format=xlsx", "text/csv", "", 422, "format"},
		{"GET", "/contacts/export", "", "", 200, "fax@b.example,,b,unknown,,,,,,,2MB,,,,no,"},
		{"DELETE", "/contacts/odd", "", "", 204, ""},
		{"DELETE", "/contacts/odd", "", "", 404, "no such"},
		{"GET", "/groups/all", "", "", 200, `"members":[]`},
		{"DELETE", "/groups/all", "", "", 204, ""},
		{"DELETE", "/groups/all", "", "", 404, "no such"},
	} {
		status, words := d.ask(tt.method, tt.path, tt.kind, tt.body)
		if status != tt.status || !strings.Contains(words, tt.words) {
			t.Errorf("%s %s %s: %d %s; want %d, %q", tt.method, tt.path, tt.body, status, words, tt.status, tt.words)
		}
	}
}

// A fax to a code, under a chosen sender name.
func TestSendToACode(t *testing.T) {
	d := open(t, func(c *config.Config) {
		c.Fax.Names, c.Fax.Subject = []string{"Shop"}, "{name} no. {number}"
	})
	if status, words := d.ask("POST", "/contacts", "application/json", `{"address":"desk@a.example","code":"desk"}`); status != http.StatusCreated {
		t.Fatal(words)
	}
	if resp, b := d.submit("", "to", "desk", "headerName", "2", "file", "x"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(b), "headerName") {
		t.Errorf("slot 2: %s %s", resp.Status, b)
	}
	resp, b := d.submit("", "to", "desk", "headerName", "shop", "file", "x")
	var made console.Submitted
	if err := json.Unmarshal(b, &made); err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("submit: %s %s %v", resp.Status, b, err)
	}
	fax := read[gateway.Fax](d, "/api/v1/faxes/"+string(made.ID))
	if fax.Number != 1 || fax.Deliveries[0].To != "desk@a.example" {
		t.Errorf("%+v", fax)
	}
}
