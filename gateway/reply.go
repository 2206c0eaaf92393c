package gateway

import (
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"faxgate/spool"
)

// tokenLength is that of a token in letters of base 32: 80 random bits, short enough for any address and subject.
const tokenLength = 16

// replyToken gives the token by which an answer to this received fax is known, the same for each mail about it. Asking for it again makes it last longer.
func (g *Gateway) replyToken(tx *spool.Tx, rec spool.Received) (string, error) {
	r, err := tx.Reply(rec.ID)
	if errors.Is(err, spool.ErrNotFound) || err == nil && !tx.Now().Before(r.ExpiresAt) {
		r = spool.Reply{Received: rec.ID, Token: strings.ToLower(rand.Text()[:tokenLength])}
	} else if err != nil {
		return "", err
	}
	r.ExpiresAt = tx.Now().Add(g.cfg.Fax.ReplyTime.D())
	return r.Token, tx.PutReply(r)
}

// tokenOwner gives the received fax that a token stands for; ErrNotFound if there is none, or if its time is over. The case of its letters does not matter, because mail systems change it.
func (g *Gateway) tokenOwner(tx *spool.Tx, token string) (spool.Received, error) {
	r, err := tx.ReplyByToken(strings.ToLower(token))
	if err != nil {
		return spool.Received{}, notFound(err)
	}
	if !tx.Now().Before(r.ExpiresAt) {
		return spool.Received{}, fmt.Errorf("%w: the time for answers to the fax was over on %s", ErrNotFound, stamp(r.ExpiresAt))
	}
	rec, err := tx.Received(r.Received)
	return rec, notFound(err)
}

// replyAddress is where an answer goes: a tagged address where the mail servers deliver those, else the account, and the token stands in the subject.
func (g *Gateway) replyAddress(token string) string {
	account := g.cfg.Account()
	if !g.cfg.Fax.PlusAddresses {
		return account
	}
	at := strings.LastIndexByte(account, '@')
	return account[:at] + "+r" + token + account[at:]
}

// replyTag is the token as the subject carries it.
func replyTag(token string) string { return "[fax r" + token + "]" }

// replyTagOf finds the tag in the subject of an answer, whatever "Re:" and list names have grown around it.
func replyTagOf(subject string) (token string, ok bool) {
	m := regexp.MustCompile(`(?i)\[fax\s+r([a-z2-7]{16})\]`).FindStringSubmatch(subject)
	if m == nil {
		return "", false
	}
	return strings.ToLower(m[1]), true
}

// replyTokenOf finds the token of an answer in the sub-address it came with, or in its subject.
func replyTokenOf(subAddress, subject string) (token string, ok bool) {
	if rest, found := strings.CutPrefix(strings.ToLower(subAddress), "r"); found && len(rest) == tokenLength {
		return rest, true
	}
	return replyTagOf(subject)
}
