// Package deploy_test builds the container image and runs it, locked down as compose.yaml has it, in a network of its own; and it checks the configuration that is shipped with it.
package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	version = "v0.0.0-test"
	user    = 65532
	own     = "fax@example.com" // of the shipped configuration
	far     = "machine@far.example"
)

// TestImage is the life of one container and of its successor on the same volume.
func TestImage(t *testing.T) {
	e := newEngine(t)
	image := e.image()
	w := newWire(t)
	m, port := newMachine(t, w)
	file := e.configuration(w, port)

	first := e.run(image, "first", file, w)
	first.healthy()
	first.checkLockedDown()
	first.checkVolume()
	first.checkInvitation()
	first.receive("<1@far.example>")
	pdf := first.export()
	first.checkReadOnly()
	fax := first.send(pdf)

	// SIGTERM meets a fax on its way out, past its final dot, and one on its way in.
	select {
	case <-m.taken:
	case <-time.After(30 * time.Second):
		t.Fatalf("the fax did not come out of the container\n%s", first.logs())
	}
	if kept, err := filepath.Glob(first.root() + "/data/cache/*"); err != nil || len(kept) == 0 {
		t.Errorf("the PDF renderer's compiled code is not kept in the volume (%v)", err)
	}
	msg := faxMail(t, "<2@far.example>")
	in := first.begin(msg)
	stopped := first.terminate()
	time.Sleep(300 * time.Millisecond)
	close(m.answer)
	came := in.finish()
	t.Logf("the fax that was coming in when SIGTERM came: %v", came)
	if code := first.wait(); code != "0" {
		t.Errorf("SIGTERM: exit code %s, want 0\n%s", code, first.logs())
	}
	if took := time.Since(stopped); took > 10*time.Second {
		t.Errorf("the stop took %v", took)
	}

	second := e.run(image, "second", file, w)
	second.healthy()
	if log := second.logs(); strings.Contains(log, "/login?code=") {
		t.Errorf("the one-time link is printed again:\n%s", log)
	}
	if got := second.state(fax); got != "accepted" || m.faxes() != 1 {
		t.Errorf("the fax whose 250 came after SIGTERM is %s, and was sent %d times: want accepted, once", got, m.faxes())
	}
	if came != nil { // then the machine sends it again
		if err := second.begin(msg).finish(); err != nil {
			t.Fatal(err)
		}
	}
	second.checkInbox("<1@far.example>", "<2@far.example>")
	stopped = second.terminate()
	if code := second.wait(); code != "0" || time.Since(stopped) > 5*time.Second {
		t.Errorf("stop at rest: exit code %s after %v", code, time.Since(stopped))
	}
}

// configuration is the shipped one, with a way to the fax machine and a log-in added. Its password lies beside it as compose.yaml expects, readable for the container's user only.
func (e *engine) configuration(w wire, port string) string {
	e.t.Helper()
	shipped, err := os.ReadFile("faxgate.toml")
	if err != nil {
		e.t.Fatal(err)
	}
	file := filepath.Join(e.dir, "faxgate.toml")
	text := fmt.Sprintf("%s\n[[listen.user]]\nname = \"copier\"\npassword_file = \"secrets/copier\"\n\n[[direct]]\nto = \"@far.example\"\nhost = %q\nport = %s\n",
		shipped, w.outside, port)
	secret := filepath.Join(e.dir, "secrets", "copier")
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o644), os.Mkdir(filepath.Dir(secret), 0o755),
		os.WriteFile(secret, []byte("hunter2\n"), 0o400), os.Chown(secret, user, user)); err != nil {
		e.t.Fatal(err)
	}
	return file
}

// checkLockedDown asks the kernel.
func (c *container) checkLockedDown() {
	c.t.Helper()
	proc := filepath.Dir(c.root())
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		c.t.Fatal(err)
	}
	none := "\t0000000000000000\n"
	for _, want := range []string{
		"\nUid:\t65532\t65532\t65532\t65532\n", "\nGid:\t65532\t65532\t65532\t65532\n", "\nNoNewPrivs:\t1\n",
		"\nCapEff:" + none, "\nCapPrm:" + none, "\nCapInh:" + none, "\nCapBnd:" + none, "\nCapAmb:" + none,
	} {
		if !bytes.Contains(status, []byte(want)) {
			c.t.Errorf("the process lacks %q:\n%s", strings.TrimSpace(want), status)
		}
	}
	mounts, err := os.ReadFile(proc + "/mountinfo")
	if err != nil {
		c.t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^\S+ \S+ \S+ \S+ / ro[, ]`).Match(mounts) {
		c.t.Errorf("the root is not mounted read-only:\n%s", mounts)
	}
}

// checkVolume looks at what the container has written from outside: for its user only.
func (c *container) checkVolume() {
	c.t.Helper()
	for _, name := range []string{"/data", "/data/faxgate.db", "/data/token"} {
		info, err := os.Stat(c.root() + name)
		if err != nil {
			c.t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			c.t.Errorf("%s: others may use it (%v)", name, info.Mode())
		}
	}
}

// checkReadOnly lets the program itself try to write beside its volume, and into it.
func (c *container) checkReadOnly() {
	c.t.Helper()
	id := c.inbox()[0].ID
	for _, place := range []string{"/", "/etc/faxgate/"} {
		out, errs, err := c.try(c.t.Context(), "exec", c.name, "/faxgate", "inbox", "export", id, place+"out.pdf")
		if err == nil || !strings.Contains(errs, "read-only file system") {
			c.t.Errorf("writing to %s: %v %s%s", place, err, out, errs)
		}
	}
	c.exec("inbox", "export", id, "/data/out.pdf")
}

// checkInvitation follows the link of the first start, twice; it works once.
func (c *container) checkInvitation() {
	c.t.Helper()
	log := c.logs()
	link := regexp.MustCompile(`http://127\.0\.0\.1:8037(/login\?code=\S+)`).FindStringSubmatch(log)
	if link == nil {
		c.t.Fatalf("the first start prints no link:\n%s", log)
	}
	if !strings.Contains(log, "+09:00") {
		c.t.Errorf("TZ=Asia/Tokyo has no effect on the log's times:\n%s", log)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	if status, page := c.browse(browser, link[1]); status != http.StatusOK || !strings.Contains(page, "<html") {
		c.t.Errorf("the link leads to %d\n%s", status, page)
	}
	if status, _ := c.browse(&http.Client{Timeout: 10 * time.Second}, link[1]); status != http.StatusForbidden {
		c.t.Errorf("the link used again leads to %d, want 403", status)
	}
}

// browse asks the console from outside, by the name that a port published on loopback has.
func (c *container) browse(browser *http.Client, path string) (int, string) {
	c.t.Helper()
	req := c.request(http.MethodGet, path, nil)
	resp, err := browser.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (c *container) request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.wire.inside+":8037"+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Host = "127.0.0.1:8037"
	return req
}

// inboxed is what `faxgate inbox list --json` tells of a fax.
type inboxed struct {
	ID, From, To, MessageID, Error string
	Pages                          int
}

func (c *container) inbox() []inboxed {
	c.t.Helper()
	var list struct{ Faxes []inboxed }
	if err := json.Unmarshal([]byte(c.exec("inbox", "list", "--json")), &list); err != nil {
		c.t.Fatal(err)
	}
	return list.Faxes
}

// checkInbox waits until the inbox holds these faxes, read in full, oldest first, and no others.
func (c *container) checkInbox(ids ...string) {
	c.t.Helper()
	var got []inboxed
	for range 50 {
		got = c.inbox()
		if len(got) == len(ids) && got[0].Pages > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if len(got) != len(ids) {
		c.t.Fatalf("the inbox holds %+v, want %v\n%s", got, ids, c.logs())
	}
	for i, id := range ids {
		if f := got[len(got)-1-i]; f.MessageID != id || f.From != far || f.To != own || f.Pages != 1 || f.Error != "" {
			c.t.Errorf("inbox: %+v, want %s whole", f, id)
		}
	}
}

// receive lets a fax in from outside the container's network.
func (c *container) receive(id string) {
	c.t.Helper()
	if err := c.begin(faxMail(c.t, id)).finish(); err != nil {
		c.t.Fatalf("the fax was not taken: %v\n%s", err, c.logs())
	}
	c.checkInbox(id)
}

// export gets the received fax as PDF.
func (c *container) export() []byte {
	c.t.Helper()
	pdf := c.exec("inbox", "export", c.inbox()[0].ID, "-")
	if !strings.HasPrefix(pdf, "%PDF-") {
		c.t.Fatalf("the received fax as PDF begins with %.20q", pdf)
	}
	return []byte(pdf)
}

// send hands a PDF to the API and returns the fax's id. The PDF renderer must work in here, its compiled code kept in the volume.
func (c *container) send(pdf []byte) string {
	c.t.Helper()
	var form bytes.Buffer
	mw := multipart.NewWriter(&form)
	if err := mw.WriteField("to", far); err != nil {
		c.t.Fatal(err)
	}
	part, err := mw.CreateFormFile("file", "letter.pdf")
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := part.Write(pdf); err != nil {
		c.t.Fatal(err)
	}
	if err := mw.Close(); err != nil {
		c.t.Fatal(err)
	}
	req := c.request(http.MethodPost, "/api/v1/faxes", &form)
	req.Header.Set("Content-Type", mw.FormDataContentType())
	token, err := os.ReadFile(c.root() + "/data/token")
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(body, &made); err != nil || resp.StatusCode != http.StatusAccepted {
		c.t.Fatalf("POST /api/v1/faxes: %s\n%s", resp.Status, body)
	}
	return made.ID
}

func (c *container) state(fax string) string {
	c.t.Helper()
	var job struct{ State string }
	if err := json.Unmarshal([]byte(c.exec("job", "show", "--json", fax)), &job); err != nil {
		c.t.Fatal(err)
	}
	return job.State
}
