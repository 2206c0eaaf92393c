package spool

import (
	"errors"
	"fmt"
	"time"
)

var tokens = table[Token]{
	name: "token",
	cols: []string{"id", "name", "hash", "scope", "created_at", "revoked_at", "last_used"},
	bind: func(r *Token) []any {
		return []any{&r.ID, &r.Name, &r.Hash, &r.Scope, millis{&r.CreatedAt}, optMillis{&r.RevokedAt}, optMillis{&r.LastUsed}}
	},
}

// AddToken adds a token; an empty ID or CreatedAt is filled in. A Hash that is there already is a [*DuplicateError].
func (tx *Tx) AddToken(t Token) (ID, error) {
	identify(&t.ID)
	tx.stamp(&t.CreatedAt)
	added, err := tokens.insert(tx, &t)
	if err == nil && !added {
		err = tokens.known(tx, [2]string{"hash", t.Hash}, [2]string{"id", string(t.ID)})
	}
	if dup, ok := errors.AsType[*DuplicateError](err); ok && dup.Column == "hash" {
		dup.Value = "…" // It stays out of errors and logs.
	}
	return t.ID, err
}

// Token gives the token with this id, or [ErrNotFound].
func (tx *Tx) Token(id ID) (Token, error) { return tokens.one(tx, "id", string(id)) }

// TokenByHash gives the token whose secret has this hash, revoked or not, or [ErrNotFound].
func (tx *Tx) TokenByHash(hash string) (Token, error) {
	t, err := tokens.one(tx, "hash", hash)
	if errors.Is(err, ErrNotFound) {
		return t, fmt.Errorf("token: %w", ErrNotFound) // Without the hash.
	}
	return t, err
}

// Tokens lists the tokens, newest first.
func (tx *Tx) Tokens(w Window) ([]Token, error) {
	var q query
	q.window(w)
	return tokens.list(tx, &q)
}

// RevokeToken ends a token; one that is revoked already keeps its time.
func (tx *Tx) RevokeToken(id ID, at time.Time) error {
	return tx.setToken(id, "revoked_at = COALESCE(revoked_at, $1)", at)
}

// SetTokenUsed notes the last use of a token.
func (tx *Tx) SetTokenUsed(id ID, at time.Time) error { return tx.setToken(id, "last_used = $1", at) }

func (tx *Tx) setToken(id ID, set string, at time.Time) error {
	n, err := tx.exec("UPDATE token SET "+set+" WHERE id = $2", at.UnixMilli(), id)
	if err != nil {
		return fmt.Errorf("changing token %s: %w", id, err)
	}
	if n == 0 {
		return notFound("token", string(id))
	}
	return nil
}
