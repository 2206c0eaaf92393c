package mailio

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is what old machines know
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
)

// Auth are the credentials for a server. They print as the user name alone.
type Auth struct {
	User     string // empty: no log-in
	Password string

	// Mechanisms are the SASL mechanisms to try, in this order; none means
	// "auto": the strongest that the server offers, then the next.
	Mechanisms []string
	// AllowPlaintext lets PLAIN and LOGIN show the password to a connection that
	// is not encrypted, or whose server is not verified.
	AllowPlaintext bool
}

// String leaves the password out.
func (a Auth) String() string { return a.User }

// GoString leaves the password out.
func (a Auth) GoString() string { return fmt.Sprintf("mailio.Auth{User: %q}", a.User) }

// LogValue leaves the password out.
func (a Auth) LogValue() slog.Value { return slog.StringValue(a.User) }

// mechanisms are the ones that Auth knows, the strongest first.
func mechanisms() []string { return []string{"CRAM-MD5", "PLAIN", "LOGIN"} }

// Choose tells which of the offered mechanisms to try, in order. confidential
// says whether the connection is encrypted and its server verified. The error
// says in words why there is none.
func (a Auth) Choose(offered []string, confidential bool) ([]string, error) {
	wanted := mechanisms()
	if len(a.Mechanisms) > 0 {
		wanted = a.Mechanisms
	}
	var chosen, bare []string
	for _, m := range wanted {
		m = strings.ToUpper(m)
		if !slices.ContainsFunc(offered, func(o string) bool { return strings.EqualFold(o, m) }) {
			continue
		}
		if m != "CRAM-MD5" && !confidential && !a.AllowPlaintext {
			bare = append(bare, m)
			continue
		}
		chosen = append(chosen, m)
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case len(bare) > 0:
		return nil, fmt.Errorf("the server offers only %s, which would show the password on an unprotected connection: use TLS with a valid certificate, or allow it",
			strings.Join(bare, " and "))
	case len(offered) == 0:
		return nil, errors.New("the server offers no log-in on this connection: check port and TLS mode, or leave out user and password")
	}
	return nil, fmt.Errorf("the server offers the log-ins %s, none of which is wanted here (%s)",
		strings.Join(offered, ", "), strings.Join(wanted, ", "))
}

// Client starts one exchange of the mechanism mech.
func (a Auth) Client(mech string) (sasl.Client, error) {
	switch strings.ToUpper(mech) {
	case "CRAM-MD5":
		return &cramMD5{auth: a}, nil
	case "PLAIN":
		return sasl.NewPlainClient("", a.User, a.Password), nil
	case "LOGIN":
		return &login{answers: []string{a.User, a.Password}}, nil
	}
	return nil, fmt.Errorf("log-in mechanism %q is not known: use CRAM-MD5, PLAIN or LOGIN", mech)
}

// cramMD5 is RFC 2195's mechanism.
type cramMD5 struct {
	auth Auth
	done bool
}

func (c *cramMD5) Start() (string, []byte, error) { return "CRAM-MD5", nil, nil }

func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	if c.done {
		return nil, errors.New("CRAM-MD5: a second challenge")
	}
	c.done = true
	return []byte(c.auth.User + " " + CRAMMD5(c.auth.Password, challenge)), nil
}

// CRAMMD5 is the digest of RFC 2195: the keyed MD5 of challenge in lower-case
// hexadecimal.
func CRAMMD5(password string, challenge []byte) string {
	mac := hmac.New(md5.New, []byte(password))
	mac.Write(challenge)
	return hex.EncodeToString(mac.Sum(nil))
}

// login is the undocumented mechanism LOGIN. Servers word the two challenges
// as they like ("Username:", "User Name"), and some take no initial response:
// so the answers come in order, one per challenge.
type login struct{ answers []string }

func (l *login) Start() (string, []byte, error) { return "LOGIN", nil, nil }

func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, errors.New("LOGIN: a third challenge")
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
