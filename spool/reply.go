package spool

import (
	"errors"
	"fmt"
	"time"
)

// Reply is the token by which an answer to a received mail is known: one for each mail, until it expires.
type Reply struct {
	Received  ID        `json:"received"`
	Token     string    `json:"token"` // unique
	ExpiresAt time.Time `json:"expiresAt"`
}

var replies = table[Reply]{
	name: "reply",
	cols: []string{"received_id", "token", "expires_at"},
	bind: func(r *Reply) []any { return []any{&r.Received, &r.Token, millis{&r.ExpiresAt}} },
}

// PutReply adds the token of a received mail, or replaces what is there for the mail. A Token that another mail has is an error.
func (tx *Tx) PutReply(r Reply) error {
	other, err := tx.text("SELECT received_id FROM reply WHERE token = $1 AND received_id <> $2", r.Token, r.Received)
	if err != nil {
		return fmt.Errorf("reading reply: %w", err)
	}
	if other != "" {
		return &DuplicateError{Table: "reply", Column: "token", Value: "…", ID: ID(other)}
	}
	return replies.put(tx, &r, "received_id")
}

// Reply gives the token of a received mail, expired or not, or [ErrNotFound].
func (tx *Tx) Reply(received ID) (Reply, error) {
	return replies.one(tx, "received_id", string(received))
}

// ReplyByToken gives the row of a token, expired or not, or [ErrNotFound].
func (tx *Tx) ReplyByToken(token string) (Reply, error) {
	r, err := replies.one(tx, "token", token)
	if errors.Is(err, ErrNotFound) {
		return r, fmt.Errorf("reply: %w", ErrNotFound) // Without the token.
	}
	return r, err
}
