// Package lab gives tests a real Postfix and a real Dovecot (SMTP, RFC 5321;
// POP3, RFC 1939; IMAP, RFC 3501) on loopback ports. Only tests use it.
//
// `make test` starts one lab for all packages and names its directory in the
// environment variable FAXGATE_LAB. Where that is unset, [Get] starts a lab for
// the test process by itself, on free ports, and it is gone soon after the
// process is: so a plain `go test ./...` works too, as root.
//
// Tests of several packages share one lab. Each takes users of its own with
// [Lab.User], and domains of its own with [Domain].
package lab

import (
	"crypto/x509"
	_ "embed" // the two scripts
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Env is the environment variable that names the directory of a running lab.
const Env = "FAXGATE_LAB"

// A Lab says where the servers listen: ports on Host, which is 127.0.0.1. Their
// certificate is good for 127.0.0.1, localhost and Name; CA is the file of the
// authority that signed it. What the domains do is told at the top of up.sh.
type Lab struct {
	Dir  string `json:"dir"`
	Host string `json:"host"`
	Name string `json:"name"`
	CA   string `json:"ca"`

	SMTP       int `json:"smtp"`       // STARTTLS and AUTH offered, relays for loopback without them
	Submission int `json:"submission"` // STARTTLS and AUTH required
	SMTPS      int `json:"smtps"`      // implicit TLS, AUTH required
	Bare       int `json:"bare"`       // no STARTTLS, AUTH, DSN or enhanced codes
	Small      int `json:"small"`      // like SMTP, but takes 100 000 octets at most
	LMTP       int `json:"lmtp"`       // Dovecot's own door
	IMAP       int `json:"imap"`       // STARTTLS offered
	IMAPS      int `json:"imaps"`      // implicit TLS
	POP3       int `json:"pop3"`       // STLS and APOP offered
	POP3S      int `json:"pop3s"`      // implicit TLS

	life io.Closer // the shell's standard input, open for as long as this process lives
}

// Get returns the running lab, starting one if there is none. The test fails if
// that cannot be done: it is never skipped.
func Get(t testing.TB) *Lab {
	t.Helper()
	l, err := find()
	if err != nil {
		t.Fatalf("no mail servers to test with: %v", err)
	}
	return l
}

// find is asked once per process: the servers outlive each single test.
var find = sync.OnceValues(func() (*Lab, error) {
	if dir := os.Getenv(Env); dir != "" {
		return read(dir)
	}
	return start()
})

func read(dir string) (*Lab, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "lab.json"))
	if err != nil {
		return nil, fmt.Errorf("%s names no running lab: %w", Env, err)
	}
	l := new(Lab)
	return l, json.Unmarshal(raw, l)
}

//go:embed up.sh
var up string

//go:embed down.sh
var down string

// start runs a lab whose end is tied to the end of this process, however that
// comes: a shell waits for the end of its standard input.
func start() (*Lab, error) {
	dir, err := os.MkdirTemp("/tmp", "faxgate-lab.")
	if err != nil {
		return nil, err
	}
	if out, err := exec.Command("bash", "-c", up, "up.sh", dir).CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("%s (%w)", strings.TrimSpace(string(out)), err)
	}
	const wait = `trap "" INT TERM HUP; cat >/dev/null; bash -c "$1" down.sh "$0" && rm -rf "$0"`
	watch := exec.Command("bash", "-c", wait, dir, down)
	life, err := watch.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := watch.Start(); err != nil {
		return nil, err
	}
	l, err := read(dir)
	if err != nil {
		return nil, err
	}
	l.life = life
	return l, nil
}

// Addr is host:port of one of the lab's ports.
func (l *Lab) Addr(port int) string {
	return net.JoinHostPort(l.Host, strconv.Itoa(port))
}

// Roots holds the lab's certificate authority.
func (l *Lab) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(l.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", l.CA)
	}
	return pool
}

// Log returns what the servers have logged so far that mentions about.
func (l *Lab) Log(t testing.TB, about string) string {
	t.Helper()
	var found strings.Builder
	for _, name := range []string{"pf/log", "dc/log"} {
		raw, err := os.ReadFile(filepath.Join(l.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if strings.Contains(line, about) {
				found.WriteString(line)
			}
		}
	}
	return found.String()
}

// Domain is the mail domain that Postfix hands to 127.0.0.1:port by SMTP, any
// user: the test itself listens there. Nothing needs to be announced.
func Domain(port int) string {
	return fmt.Sprintf("p%d.gw.test", port)
}

// Eventually waits until ok returns true, and fails the test after d, saying
// what never came.
func Eventually(t testing.TB, d time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(d)
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
