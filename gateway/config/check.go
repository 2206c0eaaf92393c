package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Check says everything that is wrong with the configuration, each with the key it concerns and what to write instead.
func (c *Config) Check() error {
	var p problems
	c.Fax.check(&p)
	c.Listen.check(&p, len(c.Fax.Addresses) > 0)
	c.Relay.check(&p)
	for i := range c.Mailbox {
		c.Mailbox[i].check(&p, fmt.Sprintf("mailbox[%d]", i), c.Own())
	}
	for i, d := range c.Direct {
		key := fmt.Sprintf("direct[%d]", i)
		p.wants(strings.Contains(d.To, "@"), key+".to", "an address or @domain, not %q", d.To)
		p.wants(d.Host != "", key+".host", "the host to deliver to")
		p.tls(key+".tls", d.TLS)
		p.port(key+".port", d.Port)
	}
	c.checkRoutes(&p)
	c.checkFolders(&p)
	for i, s := range c.Sender {
		s.check(&p, fmt.Sprintf("sender[%d]", i), &c.Fax)
	}
	p.listen("console.listen", c.Console.Listen)
	c.Retry.check(&p)
	c.OffPeak.check(&p)
	c.Limits.check(&p)
	p.oneOf("log.format", c.Log.Format, "text", "json")
	p.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	return errors.Join(p...)
}

type problems []error

func (p *problems) wants(ok bool, key, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf("%s: give "+format, append([]any{key}, args...)...))
	}
}

func (p *problems) oneOf(key, value string, legal ...string) {
	p.wants(slices.Contains(legal, value), key, "one of %s, not %q", strings.Join(legal, ", "), value)
}

func (p *problems) tls(key, value string) {
	p.oneOf(key, value, "off", "starttls", "starttls-required", "implicit")
}

func (p *problems) port(key string, n int) {
	p.wants(n >= 1 && n <= 65535, key, "a port from 1 to 65535, not %d", n)
}

func (p *problems) listen(key, value string) {
	if value == "" {
		return
	}
	_, _, err := net.SplitHostPort(value)
	p.wants(err == nil, key, "host:port, such as 127.0.0.1:8037, not %q", value)
}

func (p *problems) file(key, name string) {
	if name == "" {
		return
	}
	if f, err := os.Open(name); err != nil {
		p.wants(false, key, "a file that can be read (%v)", err)
	} else {
		f.Close()
	}
}

func (p *problems) address(key, value string) {
	a, err := mail.ParseAddress(value)
	p.wants(err == nil && a.Address == value, key, "a plain mail address, not %q", value)
}

func (p *problems) optional(key, value string) {
	if value != "" {
		p.address(key, value)
	}
}

// elsewhere keeps mail of ours from coming back to us as a fax.
func (p *problems) elsewhere(key, value string, own []string) {
	p.wants(!slices.ContainsFunc(own, func(a string) bool { return strings.EqualFold(a, value) }), key, "a person's address, not the fax address %q itself", value)
}

func (f *Fax) check(p *problems) {
	for i, a := range f.Addresses {
		p.address(fmt.Sprintf("fax.addresses[%d]", i), a)
	}
	p.optional("fax.deliver_to", f.DeliverTo)
	p.optional("fax.administrator", f.Administrator)
	p.elsewhere("fax.deliver_to", f.DeliverTo, f.Addresses)
	p.elsewhere("fax.administrator", f.Administrator, f.Addresses)
	p.span("fax.reply_time", f.ReplyTime)
	p.span("fax.alternative_time", f.AskTime)
	p.wants(utf8.RuneCountInString(f.Name) <= 30, "fax.name", "at most 30 characters, not %d", utf8.RuneCountInString(f.Name))
	f.checkNames(p)
	p.oneOf("fax.answer", f.Answer, "off", "asked", "errors")
	for _, v := range f.Codings {
		p.oneOf("fax.codings", v, "MH", "MR", "MMR", "JBIG", "JPEG")
	}
	p.wants(slices.Contains(f.Codings, "MH"), "fax.codings", "MH among them: every Internet fax takes it (RFC 3965 section 4)")
	p.oneOf("fax.colour", f.Colour, "colour", "grey", "none")
	for _, v := range f.Papers {
		p.oneOf("fax.papers", v, "A4", "Letter", "Legal", "B4", "A3")
	}
	p.wants(len(f.Papers) > 0, "fax.papers", "at least one paper size")
	p.oneOf("fax.max_resolution", f.MaxResolution, "200x100", "204x98", "200x200", "204x196", "200x400", "204x391", "300x300", "400x400", "408x391", "600x600")
}

func (l *Listen) check(p *problems, ownSet bool) {
	p.open("listen.smtp", l.SMTP, ownSet)
	p.open("listen.smtps", l.SMTPS, ownSet)
	p.wants(l.SMTPS == "" || l.CertFile != "", "listen.cert_file", "a certificate: listen.smtps needs one")
	p.wants((l.CertFile == "") == (l.KeyFile == ""), "listen.key_file", "cert_file and key_file together")
	p.file("listen.cert_file", l.CertFile)
	p.file("listen.key_file", l.KeyFile)
	p.wants(l.MaxSize >= 64<<10, "listen.max_size", "at least 64kB")
	for _, u := range l.User {
		p.wants(u.Name != "" && u.PasswordFile != "", "listen.user", "name and password_file for each log-in")
		p.file("listen.user.password_file", u.PasswordFile)
	}
	l.checkTrusted(p)
	p.wants(!l.RequireAuth || len(l.User) > 0, "listen.user", "at least one log-in: listen.require_auth asks for one")
}

// open lets a listener leave loopback only once own addresses are set (design: nothing is taken for strangers by accident).
func (p *problems) open(key, value string, ownSet bool) {
	p.listen(key, value)
	p.wants(ownSet || value == "" || isLoopback(value), key, "own addresses in fax.addresses first: without them the gateway listens on loopback only, not on %q", value)
}

func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *Relay) check(p *problems) {
	if r.Host == "" {
		return
	}
	p.tls("relay.tls", r.TLS)
	p.port("relay.port", r.Port)
	p.file("relay.ca_file", r.CAFile)
	p.file("relay.password_file", r.PasswordFile)
	p.oneOf("relay.mechanism", r.Mechanism, "auto", "CRAM-MD5", "PLAIN", "LOGIN")
	p.wants(r.User == "" || r.PasswordFile != "", "relay.password_file", "the file with the password of relay.user")
	p.wants(r.Timeout >= Duration(time.Second), "relay.timeout", "at least 1s")
}

func (m *Mailbox) check(p *problems, key string, own []string) {
	p.oneOf(key+".protocol", m.Protocol, "pop3", "imap")
	p.wants(m.Host != "", key+".host", "the mail server's name")
	p.wants(m.User != "" && m.PasswordFile != "", key+".user", "user and password_file")
	p.file(key+".password_file", m.PasswordFile)
	p.file(key+".ca_file", m.CAFile)
	p.tls(key+".tls", m.TLS)
	p.port(key+".port", m.Port)
	p.oneOf(key+".keep", m.Keep, "off", "all", "errors")
	p.wants(slices.ContainsFunc(own, func(a string) bool { return strings.EqualFold(a, m.Address) }), key+".address", "one of fax.addresses, not %q", m.Address)
	p.wants(m.Interval >= Duration(time.Second) && m.Interval <= Duration(24*time.Hour), key+".interval", "1s to 24h")
}

func (r *Retry) check(p *problems) {
	p.wants(r.First >= 0 && r.First <= 20, "retry.first", "0 to 20")
	p.wants(r.Cap >= 1 && r.Cap <= 1000, "retry.cap", "1 to 1000")
	p.span("retry.first_wait", r.FirstWait)
	p.span("retry.wait", r.Wait)
	p.span("retry.give_up", r.GiveUp)
	p.span("retry.tell", r.Tell)
	p.span("retry.grace", r.Grace)
	p.span("retry.monitoring", r.Monitoring)
	p.span("retry.learned", r.Learned)
}

func (p *problems) span(key string, d Duration) {
	p.wants(d > 0, key, "a time span above 0")
}

func (l *Limits) check(p *problems) {
	p.wants(l.Pages >= 1 && l.Pages <= 100_000, "limits.pages", "1 to 100000")
	p.wants(l.Pixels >= 1 && l.Pixels <= 2000, "limits.megapixels", "1 to 2000")
	p.wants(l.Document >= 64<<10, "limits.document", "at least 64kB")
	p.wants(l.PageTime >= Duration(time.Second), "limits.page_time", "at least 1s")
	p.wants(l.Workers >= 1 && l.Workers <= 256, "limits.workers", "1 to 256")
	p.span("limits.fragment_time", l.FragmentTime)
	p.wants(l.MailsPerMinute >= 1, "limits.mails_per_minute", "at least 1")
	p.wants(l.Connections >= 1, "limits.connections", "at least 1")
}
