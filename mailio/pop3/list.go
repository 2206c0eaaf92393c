package pop3

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxMessages is how many messages of a mailbox are looked at.
const maxMessages = 100_000

// A Message is one line of a listing.
type Message struct {
	N    int    // the number within the session
	Size int64  // as the server counts octets
	UID  string // see List
}

// List returns the messages of the mailbox, in order.
//
// The UID is the server's UIDL where that can be trusted to name one message
// for ever. It cannot where the server has no UIDL, gives two messages the same
// one, or gives small numbers, which may be message numbers that change their
// owner (RFC 1939 s7 forbids both, and both are seen). There the UID holds a
// hash of the header, or of the message where the server has no TOP either.
func (c *Client) List() ([]Message, error) {
	sizes, err := c.listing("LIST")
	if err != nil {
		return nil, err
	}
	uids, err := c.listing("UIDL")
	var refused *Error
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	byNumber := make(map[int]string, len(uids))
	seen := make(map[string]int, len(uids))
	for _, u := range uids {
		byNumber[u.n] = u.value
		seen[u.value]++
	}
	all := make([]Message, 0, len(sizes))
	for _, s := range sizes {
		size, err := strconv.ParseInt(s.value, 10, 64)
		if err != nil || size < 0 {
			return nil, fmt.Errorf("the answer to LIST: message %d has the size %.20q", s.n, s.value)
		}
		m := Message{N: s.n, Size: size, UID: byNumber[s.n]}
		if seen[m.UID] != 1 || !lasting(m.UID) {
			if m.UID, err = c.fingerprint(m); err != nil {
				return nil, err
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// lasting tells whether a UIDL looks as if it were more than a counter.
func lasting(uid string) bool {
	if len(uid) > 9 {
		return true
	}
	_, err := strconv.Atoi(uid)
	return err != nil && uid != ""
}

// fingerprint makes a UID for a message without a good one.
func (c *Client) fingerprint(m Message) (string, error) {
	text, err := c.Top(m.N, 0)
	if _, ok := errors.AsType[*Error](err); ok {
		text, err = c.Retrieve(m.N)
	}
	if err != nil {
		return "", fmt.Errorf("telling message %d from others: %w", m.N, err)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %d ", m.UID, m.Size)
	if _, err := io.Copy(sum, text); err != nil {
		return "", fmt.Errorf("telling message %d from others: %w", m.N, err)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)[:20]), nil
}

type line struct {
	n     int
	value string
}

// listing reads the answer to LIST or UIDL.
func (c *Client) listing(command string) ([]line, error) {
	lines, err := c.lines(command, maxMessages)
	if err != nil {
		return nil, err
	}
	return parseListing(command, lines)
}

// parseListing reads lines of a number and a value. What follows is ignored
// (RFC 1939 s5 allows more after the size).
func parseListing(command string, lines []string) ([]line, error) {
	all := make([]line, 0, len(lines))
	seen := make(map[int]bool, len(lines))
	for _, l := range lines {
		words := strings.Fields(l)
		if len(words) == 0 {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil || n < 1 || seen[n] {
			return nil, fmt.Errorf("the answer to %s: a line %.60q", command, l)
		}
		seen[n] = true
		value := ""
		if len(words) > 1 {
			value = words[1]
		}
		all = append(all, line{n, value})
	}
	return all, nil
}
