package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"faxgate/console"
	"faxgate/gateway"
)

type jobCmd struct {
	List   jobListCmd   `cmd:"" help:"List the sent faxes, newest first."`
	Show   jobShowCmd   `cmd:"" help:"Show a fax and every step of its way."`
	Retry  jobRetryCmd  `cmd:"" help:"Send a failed, expired, uncertain or held fax again, or a waiting one now."`
	Resend jobResendCmd `cmd:"" help:"Send the documents of a fax as a new one, to the same recipients or to others."`
	Cancel jobCancelCmd `cmd:"" help:"Stop a fax that has not been sent yet."`
}

// page selects a part of a list.
type page struct {
	Limit  int    `help:"At most so many (1 to 500)." default:"50"`
	Before string `help:"Only those older than this one." placeholder:"ID"`
}

func (p page) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(p.Limit)}}
	if p.Before != "" {
		q.Set("before", p.Before)
	}
	return q
}

type jobListCmd struct {
	remote
	output
	page
}

// Run lists sent faxes.
func (j *jobListCmd) Run(a *app) error {
	c, err := j.dial()
	if err != nil {
		return err
	}
	var list console.FaxList
	if err := c.get(a, "/faxes?"+j.query().Encode(), &list); err != nil {
		return err
	}
	return j.print(a, list, func(w io.Writer) {
		var rows []string
		for _, f := range list.Faxes {
			var to []string
			for _, d := range f.Deliveries {
				if !slices.Contains(to, d.To) { // a fax in parts has one delivery for each
					to = append(to, d.To)
				}
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%d\t%s", f.ID, clock(f.CreatedAt), c.teller().State(f), f.Pages, strings.Join(to, ", ")))
		}
		columns(w, "No faxes.", "ID\tSUBMITTED\tSTATE\tPAGES\tTO", rows)
	})
}

type jobShowCmd struct {
	remote
	output
	ID string `arg:"" help:"The fax, as printed by send and list."`
}

// Run shows one fax.
func (j *jobShowCmd) Run(a *app) error {
	c, err := j.dial()
	if err != nil {
		return err
	}
	var fax gateway.Fax
	if err := c.get(a, "/faxes/"+url.PathEscape(j.ID), &fax); err != nil {
		return err
	}
	return j.print(a, fax, func(w io.Writer) { showFax(w, c.teller(), fax) })
}

func showFax(w io.Writer, t console.Teller, fax gateway.Fax) {
	fmt.Fprintf(w, "%s  %s  submitted %s, %s", fax.ID, t.State(fax), clock(fax.CreatedAt), count(fax.Pages))
	if fax.Priority != "" {
		fmt.Fprintf(w, ", %s priority", fax.Priority)
	}
	fmt.Fprintln(w)
	showDocuments(w, fax.Documents)
	for _, d := range fax.Deliveries {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(fmt.Sprintf("to %s  %s", d.Who(), d.Form)))
		fmt.Fprintf(w, "  %s\n", t.Sentence(d))
		for _, r := range d.Rungs {
			fmt.Fprintf(w, "  %s  %s\n", clock(r.At), rungText(r))
		}
	}
}

func showDocuments(w io.Writer, docs []gateway.DocumentView) {
	for _, d := range docs {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s (%s, %s) %s", d.Name, d.Type, count(d.Pages), d.Error), " "))
	}
}

type jobRetryCmd struct {
	remote
	ID string `arg:"" help:"The fax."`
}

// Run sends again.
func (j *jobRetryCmd) Run(a *app) error {
	return j.act(a, j.ID, "retry", "will be sent again now")
}

type jobCancelCmd struct {
	remote
	ID string `arg:"" help:"The fax."`
}

// Run cancels.
func (j *jobCancelCmd) Run(a *app) error {
	return j.act(a, j.ID, "cancel", "is cancelled")
}

// act posts a verb to a fax and says what follows on standard error.
func (r remote) act(a *app, id, verb, done string) error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	if err := c.post(a, "/faxes/"+url.PathEscape(id)+"/"+verb, nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s %s\n", id, done)
	return nil
}
