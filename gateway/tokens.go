package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"faxgate/spool"
)

// TokenFile is where the first start leaves the token that the command line uses.
func TokenFile(dataDir string) string { return filepath.Join(dataDir, "token") }

// firstToken writes the administrator's token (0600) at the first start.
func (g *Gateway) firstToken(ctx context.Context) error {
	file := TokenFile(g.cfg.Data)
	if b, err := os.ReadFile(file); err == nil {
		if _, err := g.CheckToken(ctx, strings.TrimSpace(string(b))); err == nil {
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the token: %w", err)
	}
	_, secret, err := g.CreateToken(ctx, "command line", "admin")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	return nil
}

// CreateToken makes an API token. The secret is shown this once; only its hash is kept.
func (g *Gateway) CreateToken(ctx context.Context, name, scope string) (spool.ID, string, error) {
	secret := "fg_" + rand.Text()
	var id spool.ID
	err := g.spool.Update(ctx, func(tx *spool.Tx) (err error) {
		if id, err = tx.AddToken(spool.Token{Name: name, Scope: scope, Hash: tokenHash(secret)}); err != nil {
			return err
		}
		_, err = tx.AddEvent(spool.Event{Kind: "token", Words: fmt.Sprintf("token %q (%s) created", name, scope)})
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("keep the token: %w", err)
	}
	return id, secret, nil
}

// Tokens lists all tokens, revoked ones too.
func (g *Gateway) Tokens(ctx context.Context) (list []spool.Token, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		list, err = tx.Tokens(spool.Window{})
		return err
	})
	return list, err
}

// RevokeToken ends a token at once.
func (g *Gateway) RevokeToken(ctx context.Context, id spool.ID) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		if err := tx.RevokeToken(id, tx.Now()); err != nil {
			return notFound(err)
		}
		_, err := tx.AddEvent(spool.Event{Kind: "token", Words: fmt.Sprintf("token %s revoked", id)})
		return err
	})
}

// CheckToken returns the token with this secret; ErrNotFound if there is none or it was revoked.
func (g *Gateway) CheckToken(ctx context.Context, secret string) (t spool.Token, err error) {
	hash := tokenHash(secret)
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		t, err = tx.TokenByHash(hash)
		return err
	})
	if err != nil {
		return spool.Token{}, notFound(err)
	}
	if t.RevokedAt != nil || subtle.ConstantTimeCompare([]byte(t.Hash), []byte(hash)) != 1 {
		return spool.Token{}, ErrNotFound
	}
	return t, nil
}

// tokenHash needs no salt and no slow hash: the secret is 130 random bits.
func tokenHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// notFound gives the gateway's own error for what the spool does not have.
func notFound(err error) error {
	if errors.Is(err, spool.ErrNotFound) {
		return ErrNotFound
	}
	return err
}
