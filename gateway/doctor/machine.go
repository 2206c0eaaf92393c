package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// dataDirectory looks at the directory, its rights, and those of what is secret in it.
func (e *examination) dataDirectory() {
	dir := e.Config.Data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.parent("data directory", dir)
		return
	case err != nil:
		e.say("data directory", Fail, "give the user that runs faxgate the right to enter it", "%v", err)
		return
	case !info.IsDir():
		e.say("data directory", Fail, "set data to a directory", "%s is a file", dir)
		return
	}
	if err := writable(dir); err != nil {
		e.say("data directory", Fail, "give it to the user that runs faxgate: chown -R USER "+dir, "%v", err)
		return
	}
	e.ok("data directory", "%s can be written", dir)
	e.rights(dir)
}

// parent tells whether a directory that is not there yet can be made.
func (e *examination) parent(name, dir string) {
	up := filepath.Dir(filepath.Clean(dir))
	for {
		if _, err := os.Stat(up); err == nil || up == filepath.Dir(up) {
			break
		}
		up = filepath.Dir(up)
	}
	if err := writable(up); err != nil {
		e.say(name, Fail, "make the directory and give it to the user that runs faxgate", "%s is not there, and cannot be made: %v", dir, err)
		return
	}
	e.ok(name, "%s is not there yet; the first start makes it", dir)
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// rights looks for secrets that other users of this machine can read.
func (e *examination) rights(dir string) {
	if runtime.GOOS == "windows" {
		return
	}
	c := e.Config
	files := []string{dir, filepath.Join(dir, "token"), filepath.Join(dir, "faxgate.db"), c.Relay.PasswordFile, c.Listen.KeyFile}
	for _, m := range c.Mailbox {
		files = append(files, m.PasswordFile)
	}
	for _, u := range c.Listen.User {
		files = append(files, u.PasswordFile)
	}
	var open []string
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.Mode().Perm()&0o077 != 0 && (f != filepath.Join(dir, "faxgate.db") || !private(dir)) {
			open = append(open, f)
		}
	}
	if len(open) > 0 {
		e.say("rights", Warn, "take the rights of others away: chmod go= "+strings.Join(open, " "), "other users of this machine can read %s", strings.Join(open, ", "))
		return
	}
	e.ok("rights", "only the owner can read the data and the secrets")
}

// private tells whether nobody else gets into the directory.
func private(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.Mode().Perm()&0o077 == 0
}

func (e *examination) room() {
	dir := e.Config.Data
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := freeBytes(dir)
	need := int64(e.Config.Limits.FreeDisk)
	switch {
	case err != nil:
		e.say("room", Fail, "", "look at the disk: %v", err)
	case free < need:
		e.say("room", Fail, "make room: nothing is taken below limits.free_disk", "%d MB free, %d MB needed", free>>20, need>>20)
	case free < 5*need:
		e.say("room", Warn, "make room soon: below limits.free_disk nothing is taken", "%d MB free, %d MB needed", free>>20, need>>20)
	default:
		e.ok("room", "%d MB free", free>>20)
	}
}

func (e *examination) lock() {
	held, err := locked(filepath.Join(e.Config.Data, "lock"))
	e.running = held
	switch {
	case err != nil:
		e.say("lock", Fail, "run the doctor as the user that runs faxgate", "%v", err)
	case held:
		e.ok("lock", "a gateway is running with this data directory")
	default:
		e.say("lock", Warn, "start it with `faxgate serve`", "no gateway is running with this data directory")
	}
}

// listeners asks each listener of a running gateway, or tries whether its address is free.
func (e *examination) listeners() {
	console := e.Config.Console.Listen
	if e.running {
		if b, err := os.ReadFile(filepath.Join(e.Config.Data, "console")); err == nil {
			console = strings.TrimPrefix(strings.TrimSpace(string(b)), "http://")
		}
	}
	for _, l := range []struct{ name, addr, greeting string }{
		{"listen.smtp", e.Config.Listen.SMTP, "220"},
		{"listen.smtps", e.Config.Listen.SMTPS, ""},
		{"console.listen", console, ""},
	} {
		switch {
		case l.addr == "":
		case e.running:
			e.answers(l.name, l.addr, l.greeting)
		default:
			e.free(l.name, l.addr)
		}
	}
}

func (e *examination) free(name, addr string) {
	ln, err := (&net.ListenConfig{}).Listen(e.ctx, "tcp", addr)
	if err != nil {
		e.say(name, Fail, "set "+name+" to another address, or stop what uses it; ports below 1024 need the right to bind them", "%v", err)
		return
	}
	ln.Close()
	e.ok(name, "%s is free", addr)
}

func (e *examination) answers(name, addr, greeting string) {
	if host, port, err := net.SplitHostPort(addr); err != nil || port == "0" {
		return // the system chose the port
	} else if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	line, err := e.greet(addr, greeting != "")
	switch {
	case err != nil:
		e.say(name, Fail, "see the log of the running gateway", "%v", err)
	case !strings.HasPrefix(line, greeting):
		e.say(name, Fail, "something else has the port: set "+name+" to another address", "%s greets with %q", addr, line)
	default:
		e.ok(name, "%s answers", addr)
	}
}

// greet connects and, where a greeting is awaited, reads it.
func (e *examination) greet(addr string, wait bool) (string, error) {
	ctx, cancel := context.WithTimeout(e.ctx, e.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if !wait {
		return "", nil
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read the greeting of %s: %w", addr, err)
	}
	return strings.TrimSpace(line), nil
}

// certificate looks at the certificate of our own listeners.
func (e *examination) certificate() {
	l := e.Config.Listen
	if l.CertFile == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(l.CertFile, l.KeyFile)
	if err != nil {
		e.say("certificate", Fail, "set listen.cert_file and listen.key_file to a matching pair in PEM form", "%v", err)
		return
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		e.say("certificate", Fail, "get a new certificate", "%v", err)
		return
	}
	left := cert.NotAfter.Sub(e.Now())
	switch {
	case left < 0:
		e.say("certificate", Fail, "renew it, then restart the gateway", "it ran out on %s", cert.NotAfter.Format(time.DateOnly))
	case left < 21*24*time.Hour:
		e.say("certificate", Warn, "renew it, then restart the gateway", "it runs out on %s", cert.NotAfter.Format(time.DateOnly))
	case cert.VerifyHostname(e.Config.Hostname) != nil:
		e.say("certificate", Warn, "set hostname to a name in the certificate, or get one for it", "it is not made out to %s but to %s", e.Config.Hostname, strings.Join(cert.DNSNames, ", "))
	default:
		e.ok("certificate", "made out to %s, good until %s", e.Config.Hostname, cert.NotAfter.Format(time.DateOnly))
	}
}
