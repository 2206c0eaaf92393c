package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"faxgate/spool"
)

// How long a browser stays logged in, and how long a log-in link can be used.
const (
	sessionLife = 30 * 24 * time.Hour
	linkLife    = 24 * time.Hour
)

// cookieName tells the cookies of several consoles on one host apart: browsers do not look at the port.
func (c *Console) cookieName() string {
	u, err := url.Parse(c.base)
	switch {
	case err != nil || u.Port() == "":
		return "faxgate"
	default:
		return "faxgate-" + u.Port()
	}
}

// LoginLink makes a link that logs one browser in, once.
func (c *Console) LoginLink(ctx context.Context) (string, error) {
	_, secret, err := c.gw.CreateToken(ctx, "log-in link", scopeLink)
	if err != nil {
		return "", err
	}
	return c.base + "/login?code=" + url.QueryEscape(secret), nil
}

// Visited tells whether a browser has ever been logged in.
func (c *Console) Visited(ctx context.Context) (bool, error) {
	tokens, err := c.gw.Tokens(ctx)
	return slices.ContainsFunc(tokens, func(t spool.Token) bool { return t.Scope == scopeSession }), err
}

// session lets only browsers that are logged in through; the others are asked to.
func (c *Console) session(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := c.loggedIn(r); !ok {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		next(w, r)
	}
}

func (c *Console) loggedIn(r *http.Request) (spool.Token, bool) {
	cookie, err := r.Cookie(c.cookieName())
	if err != nil {
		return spool.Token{}, false
	}
	t, err := c.gw.CheckToken(r.Context(), cookie.Value)
	if err != nil || t.Scope != scopeSession || !c.fresh(t, sessionLife) {
		return spool.Token{}, false
	}
	return t, true
}

// loginPage logs in with the code of a link, or asks for a token.
func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	if code == "" {
		c.render(w, r, http.StatusOK, "login", login{})
		return
	}
	if !c.spend(r.Context(), code) {
		c.render(w, r, http.StatusForbidden, "login", login{Error: "This link has been used, or is too old. `faxgate login` on the gateway's machine prints a new one."})
		return
	}
	c.admit(w, r)
}

// loginWithToken takes a token that was typed in.
func (c *Console) loginWithToken(w http.ResponseWriter, r *http.Request) {
	t, err := c.gw.CheckToken(r.Context(), strings.TrimSpace(r.PostFormValue("token")))
	if err != nil || t.Scope == scopeSession || t.Scope == scopeLink {
		c.render(w, r, http.StatusForbidden, "login", login{Error: "This token is not known. The first one stands in the file token of the data directory."})
		return
	}
	c.admit(w, r)
}

// spend uses a link up; of two that come with the same code, one is let in.
func (c *Console) spend(ctx context.Context, code string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.gw.CheckToken(ctx, code)
	if err != nil || t.Scope != scopeLink || !c.fresh(t, linkLife) {
		return false
	}
	return c.gw.RevokeToken(ctx, t.ID) == nil
}

// admit gives the browser its session. Only the hash of it is kept here.
func (c *Console) admit(w http.ResponseWriter, r *http.Request) {
	_, secret, err := c.gw.CreateToken(r.Context(), "browser", scopeSession)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.cookieName(), Value: secret, Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(c.cfg.Console.URL, "https://"),
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	if t, ok := c.loggedIn(r); ok {
		if err := c.gw.RevokeToken(r.Context(), t.ID); err != nil {
			c.fail(w, r, err)
			return
		}
	}
	http.SetCookie(w, &http.Cookie{Name: c.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
