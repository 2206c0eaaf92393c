package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

// called runs the program in this process against a gateway that the test plays.
func called(t *testing.T, h http.HandlerFunc, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(" fg_SECRET \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--server", srv.URL+"/", "--token-file", token)
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader("from standard input"), &out, &errs)
	return code, out.String(), errs.String()
}

func problem(status int, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"status":%d,"detail":%q}`, status, detail)
	}
}

func TestRefusalsInWords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		code   int
		words  string
	}{
		{"not found", problem(404, "There is no such fax."), exitFailed, "There is no such fax."},
		{"bad token", problem(401, "This token is not known."), exitFailed, "not known"},
		{"disk full", problem(503, "The disk is nearly full."), exitTemporary, "nearly full"},
		{"too busy", problem(429, "Later."), exitTemporary, "Later."},
		{"no problem document", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, exitFailed, "502 Bad Gateway"},
		{"validation", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(422)
			fmt.Fprint(w, `{"detail":"validation failed","errors":[{"message":"expected number >= 1","location":"query.limit"}]}`)
		}, exitFailed, "query.limit: expected number >= 1"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, exitFailed, "read the answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := called(t, tt.answer, "job", "show", "x")
			if code != tt.code || !strings.Contains(stderr, tt.words) || stdout != "" {
				t.Errorf("exit %d, stdout %q, stderr %q; want %d, %q", code, stdout, stderr, tt.code, tt.words)
			}
			if strings.Contains(stderr, "SECRET") {
				t.Error("the token is told")
			}
		})
	}
}

func TestTokenAndPathsAreSent(t *testing.T) {
	for _, tt := range []struct {
		args         []string
		method, path string
	}{
		{[]string{"job", "list", "--limit", "7", "--before", "x y"}, "GET", "/api/v1/faxes?before=x+y&limit=7"},
		{[]string{"job", "show", "a/../b"}, "GET", "/api/v1/faxes/a%2F..%2Fb"},
		{[]string{"job", "retry", "a"}, "POST", "/api/v1/faxes/a/retry"},
		{[]string{"job", "cancel", "a"}, "POST", "/api/v1/faxes/a/cancel"},
		{[]string{"inbox", "list"}, "GET", "/api/v1/inbox?limit=50"},
		{[]string{"inbox", "show", "a"}, "GET", "/api/v1/inbox/a"},
		{[]string{"inbox", "export", "--format", "tiff", "a", "-"}, "GET", "/api/v1/inbox/a/tiff"},
		{[]string{"peer", "list"}, "GET", "/api/v1/peers"},
		{[]string{"peer", "show", "FAX=+1@x.example"}, "GET", "/api/v1/peers/FAX=+1@x.example"},
		{[]string{"contact", "list"}, "GET", "/api/v1/contacts"},
		{[]string{"contact", "show", "FAX=+1/T33S=2@x.example"}, "GET", "/api/v1/contacts/FAX=+1%2FT33S=2@x.example"},
		{[]string{"contact", "add", "a@x.example"}, "POST", "/api/v1/contacts"},
		{[]string{"contact", "remove", "a b"}, "DELETE", "/api/v1/contacts/a%20b"},
		{[]string{"contact", "export"}, "GET", "/api/v1/contacts/export"},
		{[]string{"contact", "import", "--partial", "-"}, "POST", "/api/v1/contacts/import?format=csv&partial=true"},
		{[]string{"group", "list"}, "GET", "/api/v1/groups"},
		{[]string{"group", "add", "g", "a@x.example"}, "POST", "/api/v1/groups"},
		{[]string{"group", "show", "g"}, "GET", "/api/v1/groups/g"},
		{[]string{"group", "remove", "g"}, "DELETE", "/api/v1/groups/g"},
		{[]string{"token", "list"}, "GET", "/api/v1/tokens"},
		{[]string{"token", "revoke", "a"}, "DELETE", "/api/v1/tokens/a"},
		{[]string{"login"}, "POST", "/api/v1/login-links"},
	} {
		asked := ""
		code, _, stderr := called(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.Method + " " + r.RequestURI
			if r.Header.Get("Authorization") != "Bearer fg_SECRET" {
				t.Errorf("%v: Authorization %q", tt.args, r.Header.Get("Authorization"))
			}
			fmt.Fprint(w, "{}")
		}, tt.args...)
		if want := tt.method + " " + tt.path; code != 0 || asked != want {
			t.Errorf("%v: asked %q, want %q (exit %d, %s)", tt.args, asked, want, code, stderr)
		}
	}
}

func TestSendStreamsTheForm(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "page.txt")
	if err := os.WriteFile(name, []byte("a page"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got struct {
		to            []string
		subject, text string
		files         []string
		key           string
	}
	code, stdout, stderr := called(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		got.to, got.subject, got.text, got.key = r.MultipartForm.Value["to"], r.FormValue("subject"), r.FormValue("text"), r.Header.Get("Idempotency-Key")
		for _, f := range r.MultipartForm.File["file"] {
			src, err := f.Open()
			if err != nil {
				t.Error(err)
				return
			}
			b, _ := io.ReadAll(src)
			got.files = append(got.files, f.Filename+"="+string(b))
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"job-1"}`)
	}, "send", "--to", "a@x.example", "--to", "b@x.example", "--subject", "S", "--text", "T", name, "-")
	if code != 0 || stdout != "job-1\n" || stderr != "" {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	if fmt.Sprintf("%v %s %s %v", got.to, got.subject, got.text, got.files) != "[a@x.example b@x.example] S T [page.txt=a page stdin=from standard input]" || len(got.key) < 16 {
		t.Errorf("got %+v", got)
	}
}

// An answer that breaks off leaves open whether the fax was taken: the key makes trying again safe.
func TestSendTellsTheKeyWhenTheAnswerIsLost(t *testing.T) {
	code, _, stderr := called(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":`)
	}, "send", "--to", "a@x.example", "--key", "k-9", "-")
	if code != exitTemporary || !strings.Contains(stderr, "--key k-9") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// play answers a submission and then, at each question, with the next state of the fax.
func play(states ...gateway.Delivery) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"id":"job-1"}`)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		d := states[min(n, len(states)-1)]
		n++
		_ = json.NewEncoder(w).Encode(gateway.Fax{ID: "job-1", State: d.State, Deliveries: []gateway.Delivery{d}})
	}
}

func delivery(last spool.State, rungs ...spool.State) gateway.Delivery {
	d := gateway.Delivery{To: "a@x.example", State: last, Reason: "550 no\nsuch user"}
	for _, s := range rungs {
		d.Rungs = append(d.Rungs, gateway.Rung{State: s, At: time.Now(), By: "mx", Words: "250 ok"})
	}
	return d
}

func TestSendWaits(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	waiting := delivery(gateway.Accepted, gateway.Queued, gateway.Accepted)
	waiting.NextAt = &soon
	for _, tt := range []struct {
		name   string
		states []gateway.Delivery
		code   int
		stdout string
	}{
		{"confirmed", []gateway.Delivery{delivery(gateway.Queued, gateway.Queued), waiting, delivery(gateway.Confirmed, gateway.Queued, gateway.Accepted, gateway.Confirmed)}, 0, "a@x.example  Confirmed "},
		{"no receipt asked for", []gateway.Delivery{delivery(gateway.Accepted, gateway.Queued, gateway.Accepted)}, 0, "Their server mx took it"},
		{"failed", []gateway.Delivery{waiting, delivery(gateway.Failed, gateway.Queued, gateway.Accepted, gateway.Failed)}, 1, "a@x.example  Failed: 550 no / such user"},
		{"expired", []gateway.Delivery{delivery(gateway.Expired, gateway.Queued, gateway.Accepted, gateway.Expired)}, 1, "Accepted, not confirmed"},
		{"cancelled", []gateway.Delivery{delivery(gateway.Cancelled, gateway.Queued, gateway.Cancelled)}, 1, "Cancelled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := called(t, play(tt.states...), "send", "--wait", "--to", "a@x.example", "-")
			if code != tt.code || !strings.Contains(stdout, tt.stdout) {
				t.Errorf("exit %d, %q; want %d, %q", code, stdout, tt.code, tt.stdout)
			}
			last := tt.states[len(tt.states)-1]
			if got := strings.Count(stderr, "a@x.example: "); got != len(last.Rungs) {
				t.Errorf("%d rungs told, want each of %d once:\n%s", got, len(last.Rungs), stderr)
			}
		})
	}
}

func TestWaitingCanBeStopped(t *testing.T) {
	srv := httptest.NewServer(play(delivery(gateway.Queued, gateway.Queued)))
	defer srv.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"send", "--wait", "--server", srv.URL, "--token-file", token, "--to", "a@x.example", "-"}, strings.NewReader("x"), &out, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "stopped wait") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}

func TestExportLeavesNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "fax.pdf")
	code, _, stderr := called(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "%PDF-1.4 half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}, "inbox", "export", "a", out)
	left, err := os.ReadDir(dir)
	if code != exitFailed || err != nil || len(left) != 0 {
		t.Errorf("exit %d, %s, left %v, %v", code, stderr, left, err)
	}
}
