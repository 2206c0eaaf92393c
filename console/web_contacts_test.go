package console_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

// TestContactPages adds, shows, changes and removes a contact as a person does, with colour by hand; what the form does not have stays.
func TestContactPages(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Fax.Names = []string{"Shop", ""} })
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := browse(d).enter(link)
	post := func(path string, pairs ...string) (*http.Response, string) {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return b.do(d.request(http.MethodPost, path, strings.NewReader(form.Encode()), func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", d.base)
		}))
	}
	if _, page := b.open("/contacts"); !strings.Contains(page, "address book is empty") {
		t.Error("the empty address book is not said to be so")
	}
	if _, page := b.open("/contacts/new"); !strings.Contains(page, `name="colour"`) || !strings.Contains(page, "it takes JPEG in colour") {
		t.Error("the form has no colour")
	}
	resp, _ := post("/contacts", "address", "FAX=+4930/T33S=12@b.example", "name", "Bea <b>", "kind", "machine", "colour", "colour", "sizeLimit", "2MB", "headerName", "1", "receipt", "no")
	at := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/contacts/") {
		t.Fatalf("add: %s", resp.Status)
	}
	_, page := b.open(at)
	for _, want := range []string{
		"Bea &lt;b&gt;", `<option value="colour" selected>`, "photograph would go as C JPEG 200x200 A4 colour", `value="2MB"`, `<option value="1" selected>`, `<option value="no" selected>`, "T33S=12",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the contact's page lacks %q:\n%s", want, page)
		}
	}
	if _, page := b.open("/contacts"); !strings.Contains(html.UnescapeString(page), `href="`+at+`"`) || !strings.Contains(page, "machine · colour") {
		t.Errorf("the list does not lead to %s:\n%s", at, page)
	}
	who := "FAX=+4930/T33S=12@b.example"
	if resp, _ := post(at, "address", who, "kind", "machine", "colour", "grey", "pinned", "yes", "host", "mfp", "port", "2525", "acknowledge", "yes", "split", "fragments", "sameDevice", "admin@b.example"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("change: %s", resp.Status)
	}
	v, err := d.gw.Contact(t.Context(), who)
	if err != nil || v.Form != (gateway.ContactForm{Colour: "grey"}) || !v.Pinned || v.Host != "mfp" || v.Port != 2525 || v.Name != "" || v.SizeLimit != 0 || v.Receipt != nil || !v.Acknowledge || v.Split != "fragments" || v.SameDevice != "admin@b.example" || v.Offer {
		t.Errorf("after the change: %+v, %v", v.Contact, err)
	}
	for words, pairs := range map[string][]string{
		"Profile S is in black and white": {"address", who, "profile", "S", "colour", "colour"},
		"port: &#34;x&#34; is no number":  {"address", who, "port", "x"},
		"sizeLimit":                       {"address", who, "sizeLimit", "much"},
	} {
		if resp, page := post(at, pairs...); resp.StatusCode != http.StatusBadRequest || !strings.Contains(page, `role="alert"`) || !strings.Contains(page, words) {
			t.Errorf("%v: %s, want the form again with %q", pairs, resp.Status, words)
		}
	}
	if resp, _ := post("/contacts/nobody", "address", "x@b.example"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a contact that is not there: %s", resp.Status)
	}
	if resp, _ := post(at + "/remove"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("remove: %s", resp.Status)
	}
	if resp, _ := b.open(at); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after it was removed: %s", resp.Status)
	}
}

// TestSendFormAsksHowThePagesGo: the form has the choices, and what is chosen reaches the gateway.
func TestSendFormAsksHowThePagesGo(t *testing.T) {
	d := open(t, nil)
	for _, tt := range []struct {
		name, value string
		status      int
	}{
		{"colour", "grey", http.StatusAccepted},
		{"colour", "", http.StatusAccepted},
		{"colour", "red", http.StatusBadRequest},
		{"deskew", "true", http.StatusAccepted},
		{"dropBlank", "", http.StatusAccepted},
		{"border", "maybe", http.StatusBadRequest},
	} {
		if resp, words := d.submit("", "to", "desk@a.example", "file", "x", tt.name, tt.value); resp.StatusCode != tt.status {
			t.Errorf("%s %q: %s %s, want %d", tt.name, tt.value, resp.Status, words, tt.status)
		}
	}
}
