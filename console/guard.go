package console

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"faxgate/spool"
)

// The scopes of tokens. A session is a token that a browser keeps in a cookie; a link is one that is spent by logging in.
const (
	scopeSession = "session"
	scopeLink    = "link"
	scopeAPI     = "api"
)

// guard stands before everything: it refuses requests for other hosts and from other sites, and sets the headers that keep a browser from doing more than show the page.
func (c *Console) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusForbidden, "This request came from another site and was refused. Open the console itself and try again.")
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; script-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if host := hostOf(r.Host); !c.answersTo(host) {
			c.refuse(w, r, http.StatusMisdirectedRequest, fmt.Sprintf("This console does not answer to the name %q. Use its address on loopback, or add the name to console.hosts in the configuration.", host))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, c.bodyLimit(r))
		next.ServeHTTP(w, r)
	})
}

// bodyLimit is generous for uploads and small for everything else.
func (c *Console) bodyLimit(r *http.Request) int64 {
	if isUpload(r) {
		return 4*int64(c.cfg.Limits.Document) + 1<<20
	}
	return 1 << 20
}

func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == apiPath+"/faxes" || r.URL.Path == "/send")
}

// answersTo tells whether a host is loopback or configured. Without it, a page of any site could reach the console by a name of its own (DNS rebinding).
func (c *Console) answersTo(host string) bool {
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return true
	}
	names := slices.Clone(c.cfg.Console.Hosts)
	if u, err := url.Parse(c.cfg.Console.URL); err == nil {
		names = append(names, u.Hostname())
	}
	if ip := net.ParseIP(hostOf(c.cfg.Console.Listen)); ip != nil && !ip.IsUnspecified() {
		names = append(names, ip.String())
	}
	return host != "" && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(hostOf(n), host) })
}

// hostOf is the host of "host", "host:port" or "[v6]:port", in lower case.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// bearer lets only requests with a valid token through (RFC 6750 section 2.1).
func (c *Console) bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="faxgate"`)
			c.refuse(w, r, http.StatusUnauthorized, "Give a token in the header Authorization: Bearer TOKEN. The first one is in the file token of the data directory; `faxgate token create` makes more.")
			return
		}
		t, err := c.gw.CheckToken(r.Context(), strings.TrimSpace(secret))
		if err != nil || t.Scope == scopeSession || t.Scope == scopeLink {
			w.Header().Set("WWW-Authenticate", `Bearer realm="faxgate", error="invalid_token"`)
			c.refuse(w, r, http.StatusUnauthorized, "This token is not known, or was revoked. `faxgate token create` makes a new one.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers with words: a problem document to programs, a page to people.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, status int, words string) {
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		problem(w, status, words)
		return
	}
	c.render(w, r, status, "message", message{Title: http.StatusText(status), Words: words})
}

// problem writes an RFC 9457 problem document.
func problem(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, words})
}

// fresh tells whether a token that is believed only for a while still is.
func (c *Console) fresh(t spool.Token, life time.Duration) bool {
	return c.now().Before(t.CreatedAt.Add(life))
}
