package pop3

import (
	"context"
	"fmt"

	"faxgate/mailio"
)

// Check logs in to a mailbox and out again, and takes nothing. It tells in
// words what it found.
func Check(ctx context.Context, box mailio.Mailbox) (string, error) {
	c, err := Dial(ctx, box)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.Login(); err != nil {
		return "", err
	}
	sizes, err := c.listing("LIST")
	if err != nil {
		return "", err
	}
	words := mailio.Logged(box.Auth.User, len(sizes), c.TLS, c.Note)
	if !c.Has("UIDL") {
		words += fmt.Sprintf("; %s names no messages (UIDL), they are told apart by their headers", box.Host)
	}
	return words, c.Quit()
}
