package imap

import (
	"context"

	"faxgate/mailio"

	"github.com/emersion/go-imap/v2"
)

// Check logs in to a mailbox and out again, and takes nothing. It tells in
// words what it found.
func Check(ctx context.Context, box mailio.Mailbox) (string, error) {
	box = box.WithDefaults(143, 993)
	s, err := open(ctx, &box)
	if err != nil {
		return "", err
	}
	defer s.close()
	if err := s.login(); err != nil {
		return "", err
	}
	if err := s.choose(); err != nil {
		return "", err
	}
	words := mailio.Logged(box.Auth.User, s.messages, s.tls, s.note)
	if !s.imap.Caps().Has(imap.CapIdle) {
		words += "; the server does not tell of new mail (IDLE), it is looked for after each interval"
	}
	return words, s.do("LOGOUT", 0, func() error { return s.imap.Logout().Wait() })
}
