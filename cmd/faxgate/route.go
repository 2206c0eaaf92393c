package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"faxgate/console"
	"faxgate/gateway"
)

type routeCmd struct {
	List    routeListCmd    `cmd:"" help:"List the rules for received faxes, in the order in which they are tried."`
	Explain routeExplainCmd `cmd:"" help:"Say which rule applies to a fax, and why."`
}

type routeListCmd struct {
	remote
	output
}

// Run lists the rules.
func (r *routeListCmd) Run(a *app) error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	var list console.RouteList
	if err := c.get(a, "/routes", &list); err != nil {
		return err
	}
	return r.print(a, list, func(w io.Writer) {
		if len(list.Routes) == 0 {
			fmt.Fprintln(w, "There are no rules: received faxes stay in the inbox. Set fax.deliver_to, or write [[route]] tables into the configuration.")
			return
		}
		fmt.Fprintln(w, "The first rule whose conditions are all met says what is done with a received fax, which stays in the inbox besides.")
		for i, v := range list.Routes {
			fmt.Fprintf(w, "\n%d. %s\n   when: %s\n   then: %s\n", i+1, v.Name, joined(v.When, "always"), joined(v.Does, ""))
		}
	})
}

func joined(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

type routeExplainCmd struct {
	remote
	output
	ID         string `arg:"" optional:"" help:"A received fax. Without it, one as the flags describe."`
	From       string `help:"The sender's address." placeholder:"ADDRESS"`
	To         string `help:"The own fax address that it comes to, with or without a sub-address (default: the first one)." placeholder:"ADDRESS"`
	Sub        string `help:"The sub-address." placeholder:"DIGITS"`
	Subject    string `help:"The subject."`
	Pages      int    `help:"How many pages." default:"1"`
	At         string `help:"When it is received, as in 2026-11-23T17:30 (default: now)." placeholder:"TIME"`
	Incomplete bool   `help:"A part of it cannot be read."`
}

// Run explains.
func (r *routeExplainCmd) Run(a *app) error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	ask := console.ExplainRequest{Inbox: r.ID, From: r.From, To: r.To, SubAddress: r.Sub, Subject: r.Subject, Pages: r.Pages, At: time.Now(), Incomplete: r.Incomplete}
	if r.At != "" {
		if ask.At, err = time.ParseInLocation("2006-01-02T15:04", r.At, time.Local); err != nil {
			return usagef("--at %q is no time: write it as in 2026-11-23T17:30", r.At)
		}
	}
	var e gateway.Explanation
	if err := c.post(a, "/routes/explain", ask, &e); err != nil {
		return err
	}
	return r.print(a, e, func(w io.Writer) { showExplanation(w, e) })
}

func showExplanation(w io.Writer, e gateway.Explanation) {
	if e.Rule == "" {
		fmt.Fprintln(w, "No rule applies: the fax stays in the inbox.")
	} else {
		fmt.Fprintf(w, "Rule “%s” applies. The fax:\n", e.Rule)
		for _, d := range e.Does {
			fmt.Fprintf(w, "  %s\n", d)
		}
	}
	for _, s := range e.Steps {
		if s.Applies {
			fmt.Fprintf(w, "\n“%s” applies:\n", s.Rule)
		} else {
			fmt.Fprintf(w, "\n“%s” was passed over:\n", s.Rule)
		}
		for _, why := range s.Why {
			fmt.Fprintf(w, "  %s\n", why)
		}
	}
}

type inboxReleaseCmd struct {
	remote
	ID string `arg:"" help:"The received fax."`
}

// Run releases a held fax.
func (i *inboxReleaseCmd) Run(a *app) error {
	c, err := i.dial()
	if err != nil {
		return err
	}
	if err := c.post(a, "/inbox/"+url.PathEscape(i.ID)+"/release", nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s goes its way; see faxgate inbox show %s\n", i.ID, i.ID)
	return nil
}

type inboxReceiptCmd struct {
	remote
	ID string `arg:"" help:"The received fax."`
}

// Run sends the receipt that a fax asks for and did not get.
func (i *inboxReceiptCmd) Run(a *app) error {
	c, err := i.dial()
	if err != nil {
		return err
	}
	if err := c.post(a, "/inbox/"+url.PathEscape(i.ID)+"/receipt", nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "the receipt for %s is sent; see faxgate inbox show %s\n", i.ID, i.ID)
	return nil
}
