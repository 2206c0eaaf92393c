package smtpd

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"faxgate/mailio"
)

// loginServer is the server's side of one log-in with mech.
func (c *conn) loginServer(mech string) (sasl.Server, error) {
	switch mech {
	case "PLAIN":
		return &counted{c, sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return c.badLogin(user, "in another's name")
			}
			return c.checkPassword(user, password)
		})}, nil
	case "LOGIN":
		return &loginExchange{c: c}, nil
	}
	nonce := make([]byte, 16)
	source := c.run.server.Rand
	if source == nil {
		source = rand.Reader
	}
	if _, err := io.ReadFull(source, nonce); err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	return &cramMD5{c: c, challenge: fmt.Sprintf("<%s@%s>", hex.EncodeToString(nonce), c.run.server.Domain)}, nil
}

// checkPassword asks the Server's Auth.
func (c *conn) checkPassword(user, password string) error {
	ok, err := c.run.server.Auth(c.run.ctx, user, password)
	switch {
	case err != nil:
		return c.noLogin(err)
	case !ok:
		return c.badLogin(user, "user or password is wrong")
	}
	c.session.AuthUser = user
	return nil
}

func (c *conn) badLogin(user, why string) *smtp.SMTPError {
	c.failedLogins++
	c.run.log.Warn("smtp: log-in refused", "session", c.session.ID, "remote", c.session.Remote.String(), "user", user, "why", why)
	return reply(535, "5.7.8", "user or password is wrong")
}

func (c *conn) noLogin(err error) *smtp.SMTPError {
	c.run.log.Error("smtp: log-in", "session", c.session.ID, "error", err)
	return reply(454, "4.7.0", "no log-in at present, try again later")
}

// counted counts the malformed answers of a mechanism as failures too.
type counted struct {
	c *conn
	sasl.Server
}

func (s *counted) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := s.Server.Next(response)
	if _, told := err.(*smtp.SMTPError); err != nil && !told { //nolint:errorlint // ours comes as it is
		s.c.failedLogins++
		err = reply(501, "5.5.2", "malformed answer")
	}
	return challenge, done, err
}

// loginExchange is the mechanism LOGIN, with or without the user's name as
// initial response.
type loginExchange struct {
	c     *conn
	asked bool
	user  *string
}

func (l *loginExchange) Next(response []byte) ([]byte, bool, error) {
	switch {
	case response == nil && !l.asked:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.c.checkPassword(*l.user, string(response))
}

// cramMD5 is RFC 2195: the password is not shown, but must be known here.
type cramMD5 struct {
	c         *conn
	challenge string
	sent      bool
}

func (m *cramMD5) Next(response []byte) ([]byte, bool, error) {
	if !m.sent {
		m.sent = true
		return []byte(m.challenge), false, nil
	}
	i := strings.LastIndexByte(string(response), ' ')
	if i < 0 {
		m.c.failedLogins++
		return nil, false, reply(501, "5.5.2", "malformed answer")
	}
	user, digest := string(response[:i]), response[i+1:]
	password, known, err := m.c.run.server.Secret(m.c.run.ctx, user)
	if err != nil {
		return nil, false, m.c.noLogin(err)
	}
	want := mailio.CRAMMD5(password, []byte(m.challenge))
	if subtle.ConstantTimeCompare([]byte(want), digest) != 1 || !known {
		return nil, false, m.c.badLogin(user, "user or password is wrong")
	}
	m.c.session.AuthUser = user
	return nil, true, nil
}
