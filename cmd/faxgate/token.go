package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"faxgate/console"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; it is shown this once."`
	Revoke tokenRevokeCmd `cmd:"" help:"Make a token worthless."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, without their secrets."`
}

type tokenCreateCmd struct {
	remote
	output
	Name string `arg:"" help:"What the token is for."`
}

// Run makes a token.
func (t *tokenCreateCmd) Run(a *app) error {
	c, err := t.dial()
	if err != nil {
		return err
	}
	var made console.NewToken
	if err := c.post(a, "/tokens", console.TokenRequest{Name: t.Name}, &made); err != nil {
		return err
	}
	return t.print(a, made, func(w io.Writer) { fmt.Fprintln(w, made.Token) })
}

type tokenRevokeCmd struct {
	remote
	ID string `arg:"" help:"The token's id, as printed by list."`
}

// Run revokes a token.
func (t *tokenRevokeCmd) Run(a *app) error {
	c, err := t.dial()
	if err != nil {
		return err
	}
	if err := c.call(a, http.MethodDelete, "/tokens/"+url.PathEscape(t.ID), nil, "", nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s is revoked\n", t.ID)
	return nil
}

type tokenListCmd struct {
	remote
	output
}

// Run lists the tokens.
func (t *tokenListCmd) Run(a *app) error {
	c, err := t.dial()
	if err != nil {
		return err
	}
	var list console.TokenList
	if err := c.get(a, "/tokens", &list); err != nil {
		return err
	}
	return t.print(a, list, func(w io.Writer) {
		var rows []string
		for _, x := range list.Tokens {
			state := "valid"
			if x.RevokedAt != nil {
				state = "revoked " + clock(*x.RevokedAt)
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", x.ID, x.Name, x.Scope, clock(x.CreatedAt), state))
		}
		columns(w, "No tokens.", "ID\tNAME\tFOR\tMADE\tSTATE", rows)
	})
}

type loginCmd struct {
	remote
	output
}

// Run prints a link that opens the console once.
func (l *loginCmd) Run(a *app) error {
	c, err := l.dial()
	if err != nil {
		return err
	}
	var link console.LoginLink
	if err := c.post(a, "/login-links", nil, &link); err != nil {
		return err
	}
	return l.print(a, link, func(w io.Writer) { fmt.Fprintln(w, link.URL) })
}
