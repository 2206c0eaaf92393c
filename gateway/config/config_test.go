package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/gateway/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "faxgate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPrintedDefaultReadsBackTheSame(t *testing.T) {
	var b strings.Builder
	if err := config.Print(&b, config.Default()); err != nil {
		t.Fatal(err)
	}
	got, err := config.Read(write(t, b.String()))
	if err != nil {
		t.Fatalf("the printed default does not read: %v\n%s", err, b.String())
	}
	want, err := config.Read("")
	if err != nil {
		t.Fatal(err)
	}
	want.Data = got.Data // relative to the file, once read from one
	got.Fax.Addresses, got.Listen.User, got.Console.Hosts, got.Listen.Trusted = nil, nil, nil, nil
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "[fax]\nnam = \"x\"", "unknown key fax.nam"},
		{"not a list", "[fax]\naddresses = \"fax@a.example\"", "give a list in brackets"},
		{"quoted number", "[relay]\nport = \"25\"", "give a whole number, without quotes"},
		{"bad span", "[retry]\ngrace = \"soon\"", "no time span"},
		{"bad size", "[listen]\nmax_size = \"big\"", "no size"},
		{"negative size", "[listen]\nmax_size = \"-2MB\"", "no size"},
		{"long name", "[fax]\nname = \"" + strings.Repeat("x", 31) + "\"", "at most 30 characters, not 31"},
		{"open without addresses", "[listen]\nsmtp = \"0.0.0.0:25\"", "own addresses in fax.addresses first"},
		{"bad address", "[fax]\naddresses = [\"Fax <fax@a.example>\"]", "a plain mail address"},
		{"mail to itself", "[fax]\naddresses = [\"fax@a.example\"]\ndeliver_to = \"Fax@a.example\"", "not the fax address"},
		{"no MH", "[fax]\ncodings = [\"MMR\"]", "MH among them"},
		{"port 0", "[relay]\nhost = \"mx\"\nport = 0", "a port from 1 to 65535, not 0"},
		{"port 65536", "[relay]\nhost = \"mx\"\nport = 65536", "a port from 1 to 65535, not 65536"},
		{"tls word", "[relay]\nhost = \"mx\"\ntls = \"ssl\"", "one of off, starttls, starttls-required, implicit"},
		{"password file", "[relay]\nhost = \"mx\"\nuser = \"u\"\npassword_file = \"none\"", "a file that can be read"},
		{"mailbox address", "[[mailbox]]\nprotocol = \"imap\"\nhost = \"h\"\nuser = \"u\"\npassword_file = \"faxgate.toml\"\naddress = \"x@y.example\"", "one of fax.addresses"},
		{"nobody can log in", "[listen]\nrequire_auth = true", "at least one log-in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Read(write(t, tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestReadFillsMailboxes(t *testing.T) {
	c, err := config.Read(write(t, "[fax]\naddresses = [\"fax@a.example\"]\n[[mailbox]]\nprotocol = \"pop3\"\nhost = \"mail.a.example\"\nuser = \"fax\"\npassword_file = \"faxgate.toml\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := c.Mailbox[0]
	if m.Port != 995 || m.TLS != "implicit" || m.Address != "fax@a.example" || m.Interval.D() != 15*time.Minute || m.Keep != "off" {
		t.Errorf("mailbox defaults: %+v", m)
	}
}

func TestUnits(t *testing.T) {
	var d config.Duration
	if err := d.UnmarshalText([]byte("7d")); err != nil || d.D() != 168*time.Hour {
		t.Errorf("7d: %v %v", d.D(), err)
	}
	var s config.Size
	if err := s.UnmarshalText([]byte("2MB")); err != nil || s != 2<<20 {
		t.Errorf("2MB: %v %v", s, err)
	}
}

func TestSecretTakesTheFirstLine(t *testing.T) {
	got, err := config.Secret(write(t, "s3cret words\r\nmore\n"))
	if err != nil || got != "s3cret words" {
		t.Errorf("got %q, %v", got, err)
	}
}
