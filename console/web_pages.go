package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"faxgate/gateway"
	"faxgate/spool"
)

const (
	homeItems  = 8
	listItems  = 24
	linesItems = 100
)

// home shows both boxes at a glance.
func (c *Console) home(w http.ResponseWriter, r *http.Request) {
	faxes, err := c.gw.Faxes(r.Context(), gateway.Page{Limit: homeItems})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	inbox, err := c.gw.Inbox(r.Context(), gateway.Page{Limit: homeItems})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.renderFrame(w, r, http.StatusOK, frame{Page: "home", Refresh: 30, Data: struct {
		Faxes []gateway.Fax
		Inbox []gateway.InboxFax
	}{faxes, inbox}})
}

// window reads which part of a list is asked for.
func window(r *http.Request, limit int) gateway.Page {
	return gateway.Page{Before: spool.ID(r.URL.Query().Get("before")), Limit: limit}
}

// listing is a page of a list: where it goes on, and whether this is the newest part.
type listing[T any] struct {
	Items []T
	Next  spool.ID
	Later bool
}

func (c *Console) outbox(w http.ResponseWriter, r *http.Request) {
	p := window(r, listItems)
	faxes, err := c.gw.Faxes(r.Context(), p)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "outbox", listing[gateway.Fax]{faxes, older(faxes, p.Limit, func(f gateway.Fax) spool.ID { return f.ID }), p.Before != ""})
}

func (c *Console) inbox(w http.ResponseWriter, r *http.Request) {
	p := window(r, listItems)
	faxes, err := c.gw.Inbox(r.Context(), p)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "inbox", listing[gateway.InboxFax]{faxes, older(faxes, p.Limit, func(f gateway.InboxFax) spool.ID { return f.ID }), p.Before != ""})
}

func (c *Console) journal(w http.ResponseWriter, r *http.Request) {
	lines, err := c.gw.Journal(r.Context(), gateway.JournalFilter{Page: window(r, linesItems)})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "journal", lines)
}

func (c *Console) peers(w http.ResponseWriter, r *http.Request) {
	peers, err := c.gw.Peers(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "peers", peers)
}

// details is one fax with what the journal says of it.
type details[T any] struct {
	Fax     T
	Journal []gateway.JournalLine
}

func (c *Console) faxPage(w http.ResponseWriter, r *http.Request) {
	fax, err := c.gw.Fax(r.Context(), id(r))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	lines, err := c.gw.Journal(r.Context(), gateway.JournalFilter{Page: gateway.Page{Limit: linesItems}, Fax: fax.ID})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	refresh := 0
	if !Final(fax) {
		refresh = 10
	}
	c.renderFrame(w, r, http.StatusOK, frame{Page: "fax", Refresh: refresh, Data: details[gateway.Fax]{fax, lines}})
}

func (c *Console) inboxPage(w http.ResponseWriter, r *http.Request) {
	fax, err := c.gw.InboxFax(r.Context(), id(r))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	lines, err := c.gw.Journal(r.Context(), gateway.JournalFilter{Page: gateway.Page{Limit: linesItems}, Inbox: fax.ID})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "received", details[gateway.InboxFax]{fax, lines})
}

// draft is what was written into the form before something was wrong with it.
type draft struct {
	Error, To, Subject, Text string
	OffPeak                  bool // there is such a time
}

func (c *Console) sendForm(w http.ResponseWriter, r *http.Request) {
	c.render(w, r, http.StatusOK, "send", draft{To: r.URL.Query().Get("to"), OffPeak: c.cfg.OffPeak.On()})
}

func (c *Console) sendNow(w http.ResponseWriter, r *http.Request) {
	made, asked, err := c.take(r.Context(), w, r, "", fromPage)
	if err != nil {
		status, text := statusOf(err)
		c.render(w, r, status, "send", draft{Error: text, To: strings.Join(asked.To, ", "), Subject: asked.Subject, Text: asked.Text, OffPeak: c.cfg.OffPeak.On()})
		return
	}
	http.Redirect(w, r, "/faxes/"+string(made), http.StatusSeeOther)
}

// act does something to a fax and shows it again.
func (c *Console) act(do func(context.Context, spool.ID) error, back string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r.Context(), id(r)); err != nil {
			c.fail(w, r, err)
			return
		}
		http.Redirect(w, r, back+string(id(r)), http.StatusSeeOther)
	}
}

func (c *Console) pdf(write func(context.Context, spool.ID, io.Writer) error, prefix string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.stream(w, r, "application/pdf", prefix+string(id(r))+".pdf", func(out io.Writer) error { return write(r.Context(), id(r), out) })
	}
}

func (c *Console) png(write func(context.Context, spool.ID, int, int, io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("png"), ".png"))
		width := 300
		if v := r.URL.Query().Get("width"); v != "" && err == nil {
			width, err = strconv.Atoi(v)
		}
		if err != nil || n < 1 || width < 16 || width > 2400 {
			c.refuse(w, r, http.StatusNotFound, fmt.Sprintf("There is no page %s.", r.PathValue("png")))
			return
		}
		w.Header().Set("Cache-Control", "private, max-age=3600")
		c.stream(w, r, "image/png", "", func(out io.Writer) error { return write(r.Context(), id(r), n, width, out) })
	}
}

// step is one rung of the ladder as a page shows it.
type step struct {
	Name    string
	Reached bool
	Now     bool
	Mood    string
}

// steps is the ladder of a delivery: what was reached, and what can still come.
func steps(d gateway.Delivery) []step {
	ladder := []struct {
		name   string
		states []spool.State
	}{
		{"Waiting", []spool.State{gateway.Queued, gateway.Sending, gateway.Uncertain}},
		{"A server took it", []spool.State{gateway.Accepted, gateway.Expired}},
		{"In the mailbox", []spool.State{gateway.Delivered}},
		{"Confirmed", []spool.State{gateway.Confirmed}},
	}
	top := 0
	for i, l := range ladder {
		for _, s := range l.states {
			for _, r := range d.Rungs {
				if r.State == s {
					top = max(top, i)
				}
			}
		}
	}
	var list []step
	for i, l := range ladder {
		list = append(list, step{Name: l.name, Reached: i <= top, Now: i == top, Mood: mood(d.State)})
	}
	return list
}

// tally counts the states of several deliveries: "2 confirmed, 1 failed".
func tally(list []gateway.Delivery) string {
	var names []string
	n := map[string]int{}
	for _, d := range list {
		name := label(d.State, d.Late)
		if n[name]++; n[name] == 1 {
			names = append(names, name)
		}
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", n[name], name)
	}
	return strings.Join(names, ", ")
}

// retriable tells whether a person can have any of the deliveries sent again.
func retriable(list []gateway.Delivery) bool {
	return slices.ContainsFunc(list, func(d gateway.Delivery) bool {
		waits := d.State == gateway.Queued && d.Attempts > 0
		return waits || slices.Contains([]spool.State{gateway.Failed, gateway.Expired, gateway.Held, gateway.Cancelled, gateway.Uncertain}, d.State)
	})
}

// cancellable tells whether a person can still stop any of the deliveries.
func cancellable(list []gateway.Delivery) bool {
	return slices.ContainsFunc(list, func(d gateway.Delivery) bool {
		return slices.Contains([]spool.State{gateway.Queued, gateway.Held, gateway.Uncertain}, d.State)
	})
}
