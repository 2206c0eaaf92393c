package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

//go:embed templates assets
var embedded embed.FS // read only

// parsePages reads the templates and gives them the words that they need.
func parsePages(c *Console) (*template.Template, error) {
	sheet, err := embedded.ReadFile("assets/style.css")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(sheet) // in its address, so that a browser never shows new pages in an old style
	return template.New("").Funcs(template.FuncMap{
		"moment":      func(t time.Time) string { return Moment(t, c.now()) },
		"stamp":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"second":      func(t time.Time) string { return t.Local().Format("2 Jan 2006 15:04:05") },
		"sentence":    func(d gateway.Delivery) string { return c.teller().Sentence(d) },
		"mood":        mood,
		"label":       label,
		"pages":       pages,
		"steps":       steps,
		"numbers":     numbers,
		"lines":       func(s string) []string { return strings.Split(s, "\n") },
		"version":     func() string { return c.version },
		"style":       func() string { return fmt.Sprintf("/assets/style.css?%x", sum[:6]) },
		"tally":       tally,
		"retriable":   retriable,
		"cancellable": cancellable,
		"segment":     url.PathEscape,
	}).ParseFS(embedded, "templates/*.html")
}

func (c *Console) teller() Teller { return Teller{Relay: c.cfg.Relay.Host, Now: c.now()} }

// web is everything that a person opens in a browser.
func (c *Console) web() http.Handler {
	mux := http.NewServeMux()
	assets, err := fs.Sub(embedded, "assets")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	files := http.StripPrefix("/assets/", http.FileServerFS(assets))
	mux.HandleFunc("GET /assets/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /login", c.loginPage)
	mux.HandleFunc("POST /login", c.loginWithToken)
	mux.HandleFunc("POST /logout", c.logout)
	page := func(pattern string, h http.HandlerFunc) { mux.HandleFunc(pattern, c.session(h)) }
	page("GET /{$}", c.home)
	page("GET /outbox", c.outbox)
	page("GET /inbox", c.inbox)
	page("GET /journal", c.journal)
	page("GET /peers", c.peers)
	page("GET /contacts", c.contacts)
	page("GET /contacts/new", c.newContact)
	page("POST /contacts", c.saveContact)
	page("GET /contacts/{who}", c.contactForm)
	page("POST /contacts/{who}", c.saveContact)
	page("POST /contacts/{who}/remove", c.removeContact)
	page("GET /send", c.sendForm)
	page("POST /send", c.sendNow)
	page("GET /faxes/{id}", c.faxPage)
	page("POST /faxes/{id}/retry", c.act(c.gw.Retry, "/faxes/"))
	page("POST /faxes/{id}/cancel", c.act(c.gw.Cancel, "/faxes/"))
	page("GET /faxes/{id}/pdf", c.pdf(c.gw.FaxPDF, "fax-"))
	page("GET /faxes/{id}/pages/{png}", c.png(c.gw.FaxThumbnail))
	page("GET /inbox/{id}", c.inboxPage)
	page("POST /inbox/{id}/retry", c.act(c.gw.Retry, "/inbox/"))
	page("POST /inbox/{id}/release", c.act(c.gw.Release, "/inbox/"))
	page("POST /inbox/{id}/receipt", c.act(c.gw.SendReceipt, "/inbox/"))
	page("GET /inbox/{id}/pdf", c.pdf(c.gw.InboxPDF, "received-"))
	page("GET /inbox/{id}/pages/{png}", c.png(c.gw.InboxThumbnail))
	page("GET /inbox/{id}/raw", func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, id(r), c.raw) })
	page("GET /documents/{id}", func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, id(r), c.document) })
	page("/", func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusNotFound, "There is no page at this address.")
	})
	return mux
}

func id(r *http.Request) spool.ID { return spool.ID(r.PathValue("id")) }

// frame is what every page has around its own content.
type frame struct {
	Page    string // which template; marks the place in the navigation
	In      bool   // logged in
	Refresh int    // seconds until the browser asks again; 0: never
	Ready   string // why nothing is taken now; empty while all is well
	Data    any
}

// message is a page with one thing to say.
type message struct{ Title, Words string }

// login is the log-in page, with what went wrong before.
type login struct{ Error string }

// render writes a page; nothing is sent before all of it is made.
func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	c.renderFrame(w, r, status, frame{Page: name, Data: data})
}

func (c *Console) renderFrame(w http.ResponseWriter, r *http.Request, status int, f frame) {
	if f.Page != "login" {
		_, f.In = c.loggedIn(r)
	}
	if f.In {
		if err := c.gw.Ready(r.Context()); err != nil {
			f.Ready = err.Error()
		}
	}
	var b bytes.Buffer
	if err := c.pages.ExecuteTemplate(&b, f.Page+".html", f); err != nil {
		c.log.ErrorContext(r.Context(), "make a page", "page", f.Page, "err", err)
		problem(w, http.StatusInternalServerError, "The page could not be made.")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.Copy(w, &b)
}

// fail tells a person what went wrong.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := statusOf(err)
	if status == http.StatusInternalServerError {
		c.log.ErrorContext(r.Context(), "serve a page", "path", r.URL.Path, "err", err)
	}
	c.refuse(w, r, status, text)
}

func pages(n int) string {
	if n == 1 {
		return "1 page"
	}
	return strconv.Itoa(n) + " pages"
}

// numbers counts from 1 to n, and stops at a number that a page can show.
func numbers(n int) []int {
	list := make([]int, min(n, 200))
	for i := range list {
		list[i] = i + 1
	}
	return list
}
