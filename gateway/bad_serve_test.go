package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/mailio"
	"faxgate/mailio/smtpd"
)

// pageTime is the served gateway's limits.page_time.
const pageTime = 2 * time.Second

// badConfig is the configuration of the gateway that gets the bad input: what it sends goes to the test.
const badConfig = `
data = %q
hostname = "gw.test"
[fax]
addresses = ["fax@gw.test"]
[listen]
smtp = "127.0.0.1:0"
[relay]
host = "127.0.0.1"
port = %d
tls = "off"
[console]
listen = "127.0.0.1:0"
[limits]
pages = 50
page_time = %q
free_disk = "1MB"
[log]
format = "json"
`

// served is `faxgate serve` in a process of its own, built without the race detector: what it costs is what it costs its users.
type served struct {
	t        *testing.T
	pid      int
	smtp     string
	api      string
	token    string
	mails    *mails
	children *children
}

// serve builds the program and runs it.
func serve(t *testing.T) *served {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "faxgate")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, "faxgate/cmd/faxgate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s := &served{t: t, mails: &mails{}}
	data := filepath.Join(dir, "data")
	config := filepath.Join(dir, "faxgate.toml")
	text := fmt.Sprintf(badConfig, data, s.mails.listen(t), pageTime)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exec.Command(program, "serve", "--config", config))
	token, err := os.ReadFile(gateway.TokenFile(data))
	if err != nil {
		t.Fatal(err)
	}
	s.token = strings.TrimSpace(string(token))
	s.children = watchChildren(t, s.pid)
	return s
}

// run starts the program and waits until it says where it listens.
func (s *served) run(cmd *exec.Cmd) {
	s.t.Helper()
	out, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	where, ended := make(chan [2]string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		s.follow(out, where)
	}()
	s.t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			s.t.Errorf("the gateway had ended before the test: %v", err)
		}
		<-ended
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("the gateway ended with %v", err)
		}
	})
	select {
	case w := <-where:
		s.smtp, s.api = w[0], w[1]+"/api/v1"
	case <-ended:
		s.t.Fatal("the gateway ended at its start")
	case <-time.After(30 * time.Second):
		s.t.Fatal("the gateway did not start within 30 s")
	}
}

// follow reads the log to its end.
func (s *served) follow(log io.Reader, where chan<- [2]string) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var l struct{ Msg, SMTP, Console string }
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "serving" {
			where <- [2]string{l.SMTP, l.Console}
		}
		if testing.Verbose() {
			fmt.Fprintln(os.Stderr, lines.Text())
		}
	}
}

// deliver hands a mail over by SMTP; notify is the NOTIFY parameter (RFC 3461).
func (s *served) deliver(raw, notify string) error {
	c, err := clientTo(s.smtp)
	if err != nil {
		s.t.Fatal(err)
	}
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	_, err = c.Send(s.t.Context(), mailio.Envelope{From: "machine@far.test", To: "fax@gw.test", Size: int64(len(raw)), Notify: notify}, strings.NewReader(raw), nil)
	return err
}

// submit hands a document over by the API: the id of the fax, or the words of the refusal.
func (s *served) submit(name string, data []byte) (id, refusal string) {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("to", "peer@far.test"); err != nil {
		s.t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err != nil || form.Close() != nil {
		s.t.Fatal(err)
	}
	var answer struct{ ID, Detail string }
	status := s.call(http.MethodPost, "/faxes", form.FormDataContentType(), &body, &answer)
	switch {
	case status == http.StatusAccepted:
		return answer.ID, ""
	case status < 400 || status >= 500:
		s.t.Errorf("the API answers %s with %d %s", name, status, answer.Detail)
	}
	return "", answer.Detail
}

// call asks the API and reads its JSON.
func (s *served) call(method, path, kind string, body io.Reader, answer any) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.api+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		s.t.Fatalf("%s %s: %d, %v", method, path, res.StatusCode, err)
	}
	return res.StatusCode
}

// fax asks how the fax stands.
func (s *served) fax(id string) (f gateway.Fax) {
	s.t.Helper()
	s.call(http.MethodGet, "/faxes/"+id, "", nil, &f)
	return f
}

// newest is the newest mail of the inbox.
func (s *served) newest() gateway.InboxFax {
	s.t.Helper()
	var list struct{ Faxes []gateway.InboxFax }
	s.call(http.MethodGet, "/inbox?limit=1", "", nil, &list)
	if len(list.Faxes) == 0 {
		return gateway.InboxFax{}
	}
	return list.Faxes[0]
}

// journalled tells whether one of the newest lines of the journal has these words.
func (s *served) journalled(words string) bool {
	s.t.Helper()
	var list struct{ Events []gateway.JournalLine }
	s.call(http.MethodGet, "/journal?limit=30", "", nil, &list)
	for _, l := range list.Events {
		if strings.Contains(l.Words, words) {
			return true
		}
	}
	return false
}

// mails takes what the gateway sends.
type mails struct {
	mu   sync.Mutex
	list []string
}

func (m *mails) Recipient(context.Context, mailio.Session, string) error { return nil }

func (m *mails) Message(_ context.Context, _ mailio.Envelope, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, strings.ReplaceAll(string(b), "\r\n", "\n"))
	return nil
}

// about gives the mails in which the words stand.
func (m *mails) about(words string) (found []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.list {
		if strings.Contains(s, words) {
			found = append(found, s)
		}
	}
	return found
}

// listen gives the port of the SMTP server that the gateway sends to.
func (m *mails) listen(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server := &smtpd.Server{Domain: "far.test", Handler: m, Listeners: []net.Listener{ln}}
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the test's mail server: %v", err)
		}
	})
	return ln.Addr().(*net.TCPAddr).Port
}
