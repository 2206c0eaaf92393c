package lab

import (
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A User is an account on both servers with an empty mailbox of its own.
type User struct {
	Address  string // also the login name
	Password string
	Maildir  string
}

// User returns a user that no other test has.
func (l *Lab) User(t testing.TB) User {
	t.Helper()
	return l.Named("u" + strings.ToLower(rand.Text()[:12]))
}

// Named returns the user local@test.local. Every lower-case name exists, with a
// mailbox that fills as mail comes.
func (l *Lab) Named(local string) User {
	return User{
		Address:  local + "@test.local",
		Password: "secret-" + local,
		Maildir:  filepath.Join(l.Dir, "mail", local, "Maildir"),
	}
}

// Final is where mail for any user of final.test ends: one mailbox that nobody
// can log in to.
func (l *Lab) Final() User {
	return User{Address: "any@final.test", Maildir: filepath.Join(l.Dir, "mail", "final.test", "Maildir")}
}

// Deliver puts a message into the user's mailbox, by Dovecot's LMTP (RFC 2033).
// It has arrived when Deliver returns.
func (l *Lab) Deliver(t testing.TB, u User, from string, msg io.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr(l.LMTP))
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	defer conn.Close()
	if err := c.SendMail(from, []string{u.Address}, msg); err != nil {
		t.Fatalf("delivering to %s: %v", u.Address, err)
	}
}

// Send gives a message to Postfix's plain port for any of the lab's domains. A
// refusal is a *smtp.SMTPError of go-smtp.
func (l *Lab) Send(from string, to []string, msg io.Reader) error {
	conn, err := net.Dial("tcp", l.Addr(l.SMTP))
	if err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	defer conn.Close()
	return c.SendMail(from, to, msg)
}

// Messages lists the files of the user's INBOX, in no special order.
func (u User) Messages(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, sub := range []string{"cur", "new"} {
		found, err := filepath.Glob(filepath.Join(u.Maildir, sub, "*"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// Await waits until the user's INBOX holds at least n messages, and returns
// them.
func (u User) Await(t testing.TB, n int, d time.Duration) [][]byte {
	t.Helper()
	Eventually(t, d, "message in the mailbox of "+u.Address, func() bool { return len(u.Messages(t)) >= n })
	return u.Read(t)
}

// Read returns the messages of the user's INBOX.
func (u User) Read(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	for _, name := range u.Messages(t) {
		raw, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}
