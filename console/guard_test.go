package console_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"faxgate/console"
	"faxgate/gateway/config"
)

func TestEveryAPIRequestNeedsAToken(t *testing.T) {
	d := open(t, nil)
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(link, "code=")
	session := browse(d).enter(link).cookie()
	for _, path := range []string{"/api/v1/faxes", "/api/v1/inbox", "/api/v1/openapi.json", "/api/v1/tokens", "/api/v1/nothing", "/metrics"} {
		for name, auth := range map[string]string{
			"none": "", "wrong": "Bearer fg_WRONG", "basic": "Basic " + d.token, "empty": "Bearer ", "a link's code": "Bearer " + code, "a session": "Bearer " + session,
		} {
			resp, b := d.do(d.request(http.MethodGet, path, nil, func(r *http.Request) { r.Header.Set("Authorization", auth) }))
			checkProblem(t, resp, b, http.StatusUnauthorized, "token")
			if resp.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %s: no WWW-Authenticate", path, name)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	d := open(t, nil)
	resp, b := d.do(d.request(http.MethodPost, "/api/v1/tokens", strings.NewReader(`{"name":"printer room"}`), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
	}))
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s", resp.Status, b)
	}
	list := read[console.TokenList](d, "/api/v1/tokens")
	secret := between(string(b), `"token":"`, `"`)
	if len(list.Tokens) != 2 || list.Tokens[0].Name != "printer room" || strings.Contains(string(d.get("/api/v1/tokens")), secret) {
		t.Errorf("tokens: %+v", list)
	}
	old := d.token
	d.token = secret
	d.get("/api/v1/faxes")
	resp, _ = d.do(d.request(http.MethodDelete, "/api/v1/tokens/"+string(list.Tokens[0].ID), nil, nil))
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("revoke: %s", resp.Status)
	}
	resp, b = d.do(d.request(http.MethodGet, "/api/v1/faxes", nil, nil))
	checkProblem(t, resp, b, http.StatusUnauthorized, "revoked")
	d.token = old
	d.get("/api/v1/faxes")
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func TestForeignHostsAreRefused(t *testing.T) {
	d := open(t, func(c *config.Config) {
		c.Console.Hosts = []string{"Fax.Office.example"}
		c.Console.URL = "https://proxy.example/"
	})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:9999": 200, "127.0.0.1": 200, "[::1]:80": 200, "fax.office.example": 200, "FAX.office.example:8037": 200, "proxy.example": 200, "fax.office.example.": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "192.168.1.9": 421, "fax.office.example.evil": 421,
	} {
		for _, path := range []string{"/healthz", "/api/v1/faxes"} {
			resp, b := d.do(d.request(http.MethodGet, path, nil, func(r *http.Request) { r.Host = host }))
			if resp.StatusCode != want {
				t.Errorf("%s with Host %s: %s %s, want %d", path, host, resp.Status, b, want)
			}
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	d := open(t, nil)
	for name, header := range map[string][2]string{
		"origin": {"Origin", "https://evil.example"}, "null origin": {"Origin", "null"}, "fetch metadata": {"Sec-Fetch-Site", "cross-site"}, "same site only": {"Sec-Fetch-Site", "same-site"},
	} {
		for _, path := range []string{"/login", "/send", "/logout", "/api/v1/faxes"} {
			resp, _ := d.do(d.request(http.MethodPost, path, strings.NewReader("token="+d.token), func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set(header[0], header[1])
			}))
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %s, want 403", path, name, resp.Status)
			}
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	d := open(t, nil)
	for _, path := range []string{"/login", "/healthz", "/api/v1/faxes", "/assets/style.css", "/nowhere"} {
		resp, _ := d.do(d.request(http.MethodGet, path, nil, nil))
		for h, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		} {
			if !strings.HasPrefix(resp.Header.Get(h), want) {
				t.Errorf("%s: %s is %q", path, h, resp.Header.Get(h))
			}
		}
	}
}

// browser keeps cookies, as a person's does.
type browser struct {
	d   *desk
	jar http.CookieJar
}

func browse(d *desk) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return &browser{d, jar}
}

func (b *browser) do(r *http.Request) (*http.Response, string) {
	b.d.t.Helper()
	r.Header.Del("Authorization")
	r.Header.Set("Accept", "text/html")
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	resp, body := b.d.do(r)
	b.jar.SetCookies(r.URL, resp.Cookies())
	return resp, string(body)
}

// open asks for a page, without following redirects.
func (b *browser) open(path string) (*http.Response, string) {
	b.d.t.Helper()
	return b.do(b.d.request(http.MethodGet, strings.TrimPrefix(path, b.d.base), nil, nil))
}

// post sends a form.
func (b *browser) post(path string, values url.Values) (*http.Response, string) {
	b.d.t.Helper()
	return b.do(b.d.request(http.MethodPost, path, strings.NewReader(values.Encode()), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.d.base)
	}))
}

// enter opens a log-in link, which must work.
func (b *browser) enter(link string) *browser {
	b.d.t.Helper()
	if resp, body := b.open(link); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" {
		b.d.t.Fatalf("log-in: %s %s", resp.Status, body)
	}
	return b
}

func (b *browser) cookie() string {
	u, err := url.Parse(b.d.base)
	if err != nil || len(b.jar.Cookies(u)) == 0 {
		b.d.t.Fatalf("no cookie (%v)", err)
	}
	return b.jar.Cookies(u)[0].Value
}

func TestLoginLinkWorksOnce(t *testing.T) {
	d := open(t, nil)
	if visited, err := d.con.Visited(t.Context()); visited || err != nil {
		t.Errorf("visited %v, %v before anybody was there", visited, err)
	}
	link, err := d.con.LoginLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			resp, _ := browse(d).open(link)
			if resp.StatusCode != http.StatusSeeOther {
				return
			}
			in.Add(1)
			c := resp.Cookies()[0]
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
				t.Errorf("cookie: %v", c)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("the link let %d browsers in, want 1", in.Load())
	}
	if resp, body := browse(d).open(link); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "faxgate login") {
		t.Errorf("used link: %s", resp.Status)
	}
	if visited, err := d.con.Visited(t.Context()); !visited || err != nil {
		t.Errorf("visited %v, %v", visited, err)
	}
}

func TestLoginWithTokenAndLogout(t *testing.T) {
	d := open(t, nil)
	b := browse(d)
	if resp, _ := b.open("/"); resp.Header.Get("Location") != "/login" {
		t.Errorf("without a log-in: %s, Location %s", resp.Status, resp.Header.Get("Location"))
	}
	if resp, _ := b.post("/login", url.Values{"token": {"fg_GUESS"}}); resp.StatusCode != http.StatusForbidden {
		t.Errorf("wrong token: %s", resp.Status)
	}
	if resp, _ := b.post("/login", url.Values{"token": {" " + d.token + " "}}); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("right token: %s", resp.Status)
	}
	kept := b.cookie()
	if resp, _ := b.open("/"); resp.StatusCode != http.StatusOK {
		t.Errorf("logged in: %s", resp.Status)
	}
	if resp, _ := b.post("/logout", nil); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("log out: %s", resp.Status)
	}
	r := d.request(http.MethodGet, "/", nil, nil)
	r.AddCookie(&http.Cookie{Name: "faxgate-" + r.URL.Port(), Value: kept})
	if resp, _ := browse(d).do(r); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the old cookie still works: %s", resp.Status)
	}
}

func TestTokenIsNoSession(t *testing.T) {
	d := open(t, nil)
	r := d.request(http.MethodGet, "/", nil, nil)
	r.AddCookie(&http.Cookie{Name: "faxgate-" + r.URL.Port(), Value: d.token})
	if resp, _ := browse(d).do(r); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("an API token in a cookie lets in: %s", resp.Status)
	}
}
