package lab

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// TestDomains sends one message to every domain that up.sh promises.
func TestDomains(t *testing.T) {
	l := Get(t)
	from, to := l.User(t), l.User(t)
	called := make(chan bool, 100)
	sink := sinkhole(t, called)
	gateway := Domain(sink)

	mark := "mark-" + to.Address
	const body = "\r\n\r\nhello\r\n"
	rcpts := []string{to.Address, "x@final.test", "x@fail.test", "x@" + gateway}
	if err := l.Send(from.Address, rcpts, strings.NewReader("Subject: "+mark+body)); err != nil {
		t.Fatal(err)
	}

	if got := to.Await(t, 1, 10*time.Second); !strings.Contains(string(got[0]), mark) {
		t.Errorf("delivered: %s", got[0])
	}
	var bounce string // a warning about the domain whose host hangs up may come before it
	Eventually(t, 10*time.Second, "the bounce", func() bool {
		for _, m := range from.Read(t) {
			if strings.Contains(string(m), "x@fail.test") {
				bounce = string(m)
			}
		}
		return bounce != ""
	})
	for _, want := range []string{"Status: 5.1.1", "no such user"} {
		if !strings.Contains(bounce, want) {
			t.Errorf("the bounce lacks %q:\n%s", want, bounce)
		}
	}
	Eventually(t, 10*time.Second, "the message at final.test", func() bool {
		for _, m := range l.Final().Read(t) {
			if strings.Contains(string(m), mark) {
				return true
			}
		}
		return false
	})
	select {
	case <-called:
	case <-time.After(10 * time.Second):
		t.Errorf("Postfix did not call for %s", gateway)
	}
	for rcpt, want := range map[string]int{"x@reject.test": 550, "x@later.test": 450} {
		err := l.Send(from.Address, []string{rcpt}, strings.NewReader(body))
		var refused *smtp.SMTPError
		if !errors.As(err, &refused) || refused.Code != want {
			t.Errorf("%s: got %v, want %d", rcpt, err, want)
		}
	}
}

// sinkhole hangs up on everybody who calls, and returns its port.
func sinkhole(t *testing.T, called chan<- bool) int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
			select {
			case called <- true:
			default:
			}
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

// TestDeliver proves LMTP delivery and that users do not share mailboxes.
func TestDeliver(t *testing.T) {
	l := Get(t)
	a, b := l.User(t), l.User(t)
	l.Deliver(t, a, "sender@test.local", strings.NewReader("Subject: one\r\n\r\nhello\r\n"))
	if n := len(a.Messages(t)); n != 1 {
		t.Errorf("%d messages of the user", n)
	}
	if n := len(b.Messages(t)); n != 0 {
		t.Errorf("%d messages of another user", n)
	}
	if !strings.Contains(string(a.Read(t)[0]), "Return-Path: <sender@test.local>") {
		t.Errorf("no Return-Path:\n%s", a.Read(t)[0])
	}
}

// TestUpRefusesUsedDirectory: up.sh must never write into somebody's files.
func TestUpRefusesUsedDirectory(t *testing.T) {
	l := Get(t)
	out, err := exec.Command("bash", "-c", up, "up.sh", l.Dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is not empty") {
		t.Errorf("got %v: %s", err, out)
	}
}

func TestProxyFaults(t *testing.T) {
	l := Get(t)
	p := NewProxy(t, l.Addr(l.SMTP))
	p.Next(Fault{Bytes: 3}, Fault{Bytes: 3, Stall: true})
	for _, want := range []string{"EOF", "timeout"} {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := c.Read(buf)
		if string(buf[:n]) != "220" || err != nil {
			t.Errorf("got %q, %v", buf[:n], err)
		}
		if _, err = c.Read(buf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after the fault: %v, want %s", err, want)
		}
		_ = c.Close()
	}
	if n := p.Connections(); n != 2 {
		t.Errorf("%d connections", n)
	}
}
