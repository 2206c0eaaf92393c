package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"faxgate/gateway/config"
	"faxgate/gateway/doctor"
	"faxgate/mailio"
)

// patient is an installation that is well, in a directory of its own.
func patient(t *testing.T) doctor.Options {
	t.Helper()
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	cfg.Hostname = "fax.a.example"
	cfg.Fax.Addresses = []string{"fax@a.example"}
	cfg.Fax.Administrator = "boss@a.example"
	cfg.Listen.SMTP, cfg.Console.Listen = "127.0.0.1:0", "127.0.0.1:0"
	cfg.Relay.Host, cfg.Relay.User = "127.0.0.1", "fax"
	cfg.Mailbox = []config.Mailbox{{Name: "box", Protocol: "pop3", Host: "127.0.0.1", Port: 995, User: "fax"}}
	if err := os.Mkdir(cfg.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	return doctor.Options{
		File: "faxgate.toml", Config: cfg,
		Relay: func(context.Context, config.Relay) (mailio.Reply, error) {
			return mailio.Reply{Hop: "127.0.0.1:25", TLS: "TLS 1.3"}, nil
		},
		Mailbox: func(context.Context, config.Mailbox) (string, error) { return "2 messages wait there", nil },
		Render:  func(context.Context) error { return nil },
	}
}

func examine(t *testing.T, o doctor.Options) (map[string]doctor.Check, bool) {
	t.Helper()
	found := map[string]doctor.Check{}
	ok := doctor.Run(t.Context(), o, func(c doctor.Check) {
		if _, twice := found[c.Name]; twice {
			t.Errorf("check %s is made twice", c.Name)
		}
		if c.State != doctor.OK && c.Do == "" {
			t.Errorf("%s: %s does not say what to do", c.Name, c.Words)
		}
		found[c.Name] = c
	})
	return found, ok
}

func TestWell(t *testing.T) {
	found, ok := examine(t, patient(t))
	if !ok {
		t.Error("not well")
	}
	for _, name := range []string{"configuration", "addresses", "administrator", "data directory", "rights", "room", "lock", "listen.smtp", "console.listen", "pdf renderer", "relay", "mailbox box"} {
		c, made := found[name]
		if !made || c.State != doctor.OK && name != "lock" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if found["lock"].State != doctor.Warn {
		t.Errorf("no gateway runs, and the doctor says %+v", found["lock"])
	}
}

func TestIll(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *doctor.Options)
		check  string
		state  doctor.State
		words  string
	}{
		{"bad configuration", func(_ *testing.T, o *doctor.Options) { o.ConfigErr = errors.New("unknown key x") }, "configuration", doctor.Fail, "unknown key x"},
		{"no addresses", func(_ *testing.T, o *doctor.Options) { o.Config.Fax.Addresses = nil }, "addresses", doctor.Warn, "fax@localhost"},
		{"no administrator", func(_ *testing.T, o *doctor.Options) { o.Config.Fax.Administrator = "" }, "administrator", doctor.Warn, "nobody"},
		{"data is a file", func(t *testing.T, o *doctor.Options) { o.Config.Data = file(t, "x", 0o600) }, "data directory", doctor.Fail, "is a file"},
		{"disk full", func(_ *testing.T, o *doctor.Options) { o.Config.Limits.FreeDisk = 1 << 60 }, "room", doctor.Fail, "MB free"},
		{"port taken", func(t *testing.T, o *doctor.Options) { o.Config.Listen.SMTP = listen(t, "") }, "listen.smtp", doctor.Fail, "in use"},
		{"no renderer", func(_ *testing.T, o *doctor.Options) {
			o.Render = func(context.Context) error { return errors.New("killed") }
		}, "pdf renderer", doctor.Fail, "killed"},
		{"no relay", func(_ *testing.T, o *doctor.Options) { o.Config.Relay.Host = "" }, "relay", doctor.Warn, "no mail server"},
		{"relay refuses", func(_ *testing.T, o *doctor.Options) {
			o.Relay = func(context.Context, config.Relay) (mailio.Reply, error) {
				return mailio.Reply{}, &mailio.ReplyError{Stage: mailio.StageAUTH, Code: 535, Text: "5.7.8 no", Hop: "127.0.0.1:25"}
			}
		}, "relay", doctor.Fail, "535 5.7.8 no"},
		{"relay in the clear", func(_ *testing.T, o *doctor.Options) {
			o.Relay = func(context.Context, config.Relay) (mailio.Reply, error) {
				return mailio.Reply{Hop: "127.0.0.1:25", Note: "no STARTTLS"}, nil
			}
		}, "relay", doctor.Warn, "no STARTTLS"},
		{"no such name", func(_ *testing.T, o *doctor.Options) { o.Config.Relay.Host = "no.such.invalid" }, "relay name", doctor.Fail, "no.such.invalid"},
		{"direct host refuses", func(_ *testing.T, o *doctor.Options) {
			o.Config.Direct = []config.Direct{{To: "@b.example", Host: "127.0.0.9", Port: 25}}
			o.Relay = func(_ context.Context, r config.Relay) (mailio.Reply, error) {
				return mailio.Reply{Hop: r.Host, TLS: "TLS 1.3"}, map[bool]error{true: errors.New("connection refused")}[r.Host == "127.0.0.9"]
			}
		}, "direct @b.example", doctor.Fail, "connection refused"},
		{"mailbox refuses", func(_ *testing.T, o *doctor.Options) {
			o.Mailbox = func(context.Context, config.Mailbox) (string, error) { return "", errors.New("-ERR no") }
		}, "mailbox box", doctor.Fail, "-ERR no"},
		{"no certificate", func(_ *testing.T, o *doctor.Options) { o.Config.Listen.CertFile = "none.pem" }, "certificate", doctor.Fail, "none.pem"},
		{"old certificate", func(t *testing.T, o *doctor.Options) { certify(t, o, -time.Hour, "fax.a.example") }, "certificate", doctor.Fail, "ran out"},
		{"ageing certificate", func(t *testing.T, o *doctor.Options) { certify(t, o, 72*time.Hour, "fax.a.example") }, "certificate", doctor.Warn, "runs out"},
		{"another's certificate", func(t *testing.T, o *doctor.Options) { certify(t, o, 9000*time.Hour, "mail.a.example") }, "certificate", doctor.Warn, "mail.a.example"},
		{"good certificate", func(t *testing.T, o *doctor.Options) { certify(t, o, 9000*time.Hour, "fax.a.example") }, "certificate", doctor.OK, "fax.a.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := patient(t)
			tt.change(t, &o)
			found, ok := examine(t, o)
			if c := found[tt.check]; c.State != tt.state || !strings.Contains(c.Words, tt.words) {
				t.Errorf("%s: %+v, want %s with %q", tt.check, c, tt.state, tt.words)
			}
			if ok != (tt.state != doctor.Fail) {
				t.Errorf("well: %v", ok)
			}
		})
	}
}

func TestRights(t *testing.T) {
	if runtime.GOOS == "windows" {
		return
	}
	o := patient(t)
	o.Config.Relay.PasswordFile = file(t, "secret", 0o644)
	found, _ := examine(t, o)
	if c := found["rights"]; c.State != doctor.Warn || !strings.Contains(c.Do, "chmod go= "+o.Config.Relay.PasswordFile) || strings.Contains(c.Words, "secret\n") {
		t.Errorf("%+v", c)
	}
}

func TestFirstStart(t *testing.T) {
	o := patient(t)
	o.Config.Data = filepath.Join(t.TempDir(), "not", "yet")
	found, ok := examine(t, o)
	if c := found["data directory"]; !ok || c.State != doctor.OK || !strings.Contains(c.Words, "first start") {
		t.Errorf("%+v", c)
	}
	if _, err := os.Stat(o.Config.Data); err == nil {
		t.Error("the doctor made the directory")
	}
}

// While a gateway runs its listeners are asked, not bound.
func TestRunning(t *testing.T) {
	o := patient(t)
	hold(t, filepath.Join(o.Config.Data, "lock"))
	o.Config.Listen.SMTP = listen(t, "220 fax.a.example ESMTP\r\n")
	o.Config.Listen.SMTPS = listen(t, "")
	o.Config.Console.Listen = "127.0.0.1:0"
	if err := os.WriteFile(filepath.Join(o.Config.Data, "console"), []byte("http://"+listen(t, "")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, ok := examine(t, o)
	for _, name := range []string{"lock", "listen.smtp", "listen.smtps", "console.listen"} {
		if c := found[name]; c.State != doctor.OK {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if !ok {
		t.Error("not well")
	}
	o.Config.Listen.SMTP = listen(t, "554 go away\r\n")
	if found, _ := examine(t, o); found["listen.smtp"].State != doctor.Fail || !strings.Contains(found["listen.smtp"].Words, "554 go away") {
		t.Errorf("a foreign greeting: %+v", found["listen.smtp"])
	}
}

func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// listen greets everybody who connects.
func listen(t *testing.T, greeting string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, greeting)
			conn.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-ended })
	return ln.Addr().String()
}

// certify gives the installation a certificate of its own that runs out after a while.
func certify(t *testing.T, o *doctor.Options, left time.Duration, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(left),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	o.Config.Listen.CertFile = file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644)
	o.Config.Listen.KeyFile = file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), 0o600)
}
