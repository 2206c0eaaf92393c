package spool_test

import (
	"strings"
	"testing"

	"faxgate/spool"
)

// TestDSN shows what an address may be, and that its secret stays out of names and errors.
func TestDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"sqlite:data/spool.db":                         "data/spool.db",
		"sqlite:/var/lib/fax gate/spool.db":            "/var/lib/fax gate/spool.db",
		"postgres://fax:geheim@db.test:5433/faxgate":   "postgres://db.test:5433/faxgate",
		"postgresql://fax:geheim@db.test:5433/faxgate": "postgres://db.test:5433/faxgate",
	} {
		if got, err := spool.ParseDSN(dsn); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", dsn, got, err, want)
		}
	}
	for _, dsn := range []string{"", "sqlite:", "sqlite::memory:", "sqlite:a?mode=ro", "/var/lib/spool.db", "mysql://fax:geheim@db/x", "postgres://fax:geheim@db:port/x"} {
		_, err := spool.ParseDSN(dsn)
		if err == nil || strings.Contains(err.Error(), "geheim") || !strings.HasPrefix(err.Error(), "spool: ") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func FuzzDSN(f *testing.F) {
	f.Add("sqlite:spool.db")
	f.Add("sqlite:%00?x#")
	f.Add("postgres://u:p@h:1/d?sslmode=disable")
	f.Fuzz(func(t *testing.T, dsn string) {
		name, err := spool.ParseDSN(dsn)
		if err != nil {
			return
		}
		path, ok := strings.CutPrefix(dsn, "sqlite:")
		if !ok {
			return
		}
		if name != path {
			t.Errorf("%q became %q", path, name)
		}
		if uri := spool.SQLiteName(path); strings.Count(uri, "?") != 1 || strings.Contains(uri, "#") {
			t.Errorf("%q became %q", path, uri)
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add(strings.Repeat("0a", 32))
	f.Add("../../etc/passwd")
	f.Add(strings.Repeat("0A", 32))
	f.Fuzz(func(t *testing.T, s string) {
		h, err := spool.ParseHash(s)
		if err != nil {
			return
		}
		if string(h) != s || len(s) != spool.HashSize || strings.Trim(s, "0123456789abcdef") != "" {
			t.Errorf("%q is no hash", s)
		}
	})
}
