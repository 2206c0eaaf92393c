package console_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"faxgate/console"
	"faxgate/gateway/config"
)

func TestPages(t *testing.T) {
	d := open(t, nil)
	fax := d.sent()
	received := read[console.InboxList](d, "/api/v1/inbox").Faxes[0]
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := browse(d).enter(link)
	for path, want := range map[string][]string{
		"/":                             {"fax@a.example", "desk@a.example", "Confirmed", "/inbox/" + string(received.ID) + "/pages/1.png"},
		"/outbox":                       {"For the desk", "confirmed"},
		"/inbox":                        {"1 page", "/pdf"},
		"/faxes/" + string(fax.ID):      {"Message-ID", "250 ", "A server took it", "dispatched", "profile"},
		"/inbox/" + string(received.ID): {"Whole mail", "Open PDF", "To fax@a.example"},
		"/journal":                      {"confirmed"},
		"/peers":                        {"desk@a.example", "MMR"},
		"/send":                         {"multipart/form-data"},
	} {
		resp, body := b.open(path)
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s", path, resp.Status)
		}
		for _, w := range append(want, "</html>") {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
		for _, never := range []string{"<script", "onclick", "style=\"", "http://", "https://"} {
			if strings.Contains(body, never) {
				t.Errorf("%s has %q", path, never)
			}
		}
	}
	if resp, body := b.open("/nowhere"); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "no page at this address") {
		t.Errorf("/nowhere: %s", resp.Status)
	}
	checkFiles(t, b, string(fax.ID), string(received.ID))
}

func checkFiles(t *testing.T, b *browser, fax, received string) {
	t.Helper()
	for path, begins := range map[string]string{
		"/faxes/" + fax + "/pdf": "%PDF-", "/inbox/" + received + "/pdf": "%PDF-", "/faxes/" + fax + "/pages/1.png?width=100": "\x89PNG", "/inbox/" + received + "/pages/1.png": "\x89PNG",
		"/assets/style.css": "/*", "/assets/icon.svg": "<svg",
	} {
		resp, body := b.open(path)
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(body, begins) {
			t.Errorf("%s: %s, %.10q", path, resp.Status, body)
		}
	}
	if resp, _ := b.open("/inbox/" + received + "/raw"); !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("raw mail: %v", resp.Header)
	}
	for _, path := range []string{"/faxes/" + fax + "/pages/0.png", "/faxes/" + fax + "/pages/1.png?width=99999", "/inbox/" + received + "/pages/7.png", "/inbox/x/pdf", "/faxes/x", "/documents/x"} {
		if resp, _ := b.open(path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s, want 404", path, resp.Status)
		}
	}
	if resp, _ := browse(b.d).open("/inbox/" + received + "/pdf"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("a PDF without a log-in: %s", resp.Status)
	}
}

func TestSendForm(t *testing.T) {
	d := open(t, nil)
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := browse(d).enter(link)
	send := func(pairs ...string) (*http.Response, string) {
		body, kind := form(t, pairs...)
		return b.do(d.request(http.MethodPost, "/send", body, func(r *http.Request) {
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Origin", d.base)
		}))
	}
	resp, _ := send("to", "desk@a.example, other@a.example", "file", "hello")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), "/faxes/") {
		t.Fatalf("send: %s", resp.Status)
	}
	if n := len(read[console.FaxList](d, "/api/v1/faxes").Faxes[0].Deliveries); n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
	if resp, body := send("to", "nonsense <b>", "file", "hello"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, `role="alert"`) || strings.Contains(body, "<b>") {
		t.Errorf("bad address: %s %s", resp.Status, body)
	}
}

// What strangers write is shown as text, never as markup.
func TestForeignWordsAreEscaped(t *testing.T) {
	d := open(t, nil)
	d.submit("", "to", "desk@a.example", "file", "x", "subject", `<img src=x onerror="alert(1)">`)
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, body := browse(d).enter(link).open("/outbox")
	if strings.Contains(body, "<img src=x") || !strings.Contains(body, "&lt;img src=x") {
		t.Error("a subject reaches the page as markup")
	}
}

func TestLowDiskIsShown(t *testing.T) {
	d := open(t, func(c *config.Config) { c.Limits.FreeDisk = 1 << 60 })
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, body := browse(d).enter(link).open("/"); !strings.Contains(body, "Nothing is taken now") {
		t.Error("the page does not say that nothing is taken")
	}
}

func TestUploadsLeaveNothingBehind(t *testing.T) {
	var data string
	d := open(t, func(c *config.Config) { data = c.Data })
	resp, b := d.submit("", "to", "desk@a.example", "file", string(bytes.Repeat([]byte("line\n"), 2000)))
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s %s", resp.Status, b)
	}
	if left := uploads(t, data); len(left) > 0 {
		t.Errorf("temporary files stay: %v", left)
	}
}

// 100 MB go through a temporary file into the store; what is allocated on the way, by client and server together, is a fraction of it.
func TestUploadsStream(t *testing.T) {
	d := open(t, nil)
	pr, pw := io.Pipe()
	m := multipart.NewWriter(pw)
	written := make(chan error, 1)
	go func() {
		err := writeBig(m, 100<<20)
		pw.CloseWithError(err)
		written <- err
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, b := d.do(d.request(http.MethodPost, "/api/v1/faxes", pr, func(r *http.Request) { r.Header.Set("Content-Type", m.FormDataContentType()) }))
	runtime.ReadMemStats(&after)
	checkProblem(t, resp, b, http.StatusBadRequest, "zeros.bin")
	if err := <-written; err != nil {
		t.Error(err)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 30 {
		t.Errorf("%d MB were allocated for an upload of 100 MB", got)
	}
}

func writeBig(m *multipart.Writer, size int64) error {
	if err := m.WriteField("to", "desk@a.example"); err != nil {
		return err
	}
	w, err := m.CreateFormFile("file", "zeros.bin")
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<20); size > 0 && err == nil; size -= int64(len(block)) {
		_, err = w.Write(block)
	}
	return errors.Join(err, m.Close())
}
