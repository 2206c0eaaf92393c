package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"faxgate/console"
)

// choices is how a fax is to go: what sending, resending and forwarding have in common.
type choices struct {
	Subject  string `help:"Subject of the mail."`
	Header   string `name:"header-name" help:"Sender name: the number of a slot of fax.names, or the name." placeholder:"NAME"`
	At       string `help:"Not before this time: 08:00 (the next one), '2026-11-22 08:00' or 2026-11-22T08:00:00+01:00." placeholder:"TIME"`
	OffPeak  bool   `help:"Not before the off-peak time of the configuration ([off_peak]); at once if it is now."`
	Priority string `help:"low, normal or high: of the faxes that are due, the higher ones go first." enum:"low,normal,high" default:"normal"`

	Colour    string `help:"What becomes of pages with colours or greys, for machines that take them: colour, grey or none (black and white); as the configuration says (fax.colour)." placeholder:"colour|grey|none"`
	Deskew    *bool  `negatable:"" help:"Turn pages of which the lines run askew; this and the next two as the configuration says ([clean])."`
	DropBlank *bool  `negatable:"" help:"Leave out pages on which nothing is."`
	Border    *bool  `negatable:"" help:"Make the black border white that a scanner leaves around a page."`

	Notify        string `help:"Mail to this person what became of the fax, once it is known of every recipient." placeholder:"ADDR"`
	NotifyWhen    string `help:"always, trouble (only if a recipient did not get it) or never." enum:"always,trouble,never" default:"always"`
	NotifyContent bool   `help:"With a picture of the first page in that mail."`

	Key string `help:"Idempotency key: the same key never makes a second fax." placeholder:"KEY"`
}

// body is what the API is told; a time of the day is meant by the clock of this machine.
func (c *choices) body(to []string, now time.Time) (console.Choices, error) {
	b := console.Choices{
		To: to, Subject: c.Subject, HeaderName: c.Header, OffPeak: c.OffPeak, Priority: c.Priority, Notify: c.Notify, NotifyContent: c.NotifyContent,
		Colour: c.Colour, Deskew: c.Deskew, DropBlank: c.DropBlank, Border: c.Border,
	}
	if c.Priority == "normal" {
		b.Priority = "" // as it is without a word, or as it was
	}
	switch {
	case c.Notify != "":
		b.NotifyWhen = c.NotifyWhen
	case c.NotifyContent || c.NotifyWhen != "always":
		return b, usagef("--notify-when and --notify-content say how somebody is told: name them with --notify ADDR")
	}
	if c.At != "" {
		at, err := console.ParseTime(c.At, now)
		if err != nil {
			return b, usagef("--at: %v", err)
		}
		b.At = at.Format(time.RFC3339)
	}
	return b, nil
}

// fields are those of a form that say the same.
func fields(b console.Choices) map[string]string {
	f := map[string]string{
		"subject": b.Subject, "headerName": b.HeaderName, "at": b.At, "priority": b.Priority, "notify": b.Notify, "notifyWhen": b.NotifyWhen,
		"colour": b.Colour,
	}
	for name, on := range map[string]*bool{"deskew": b.Deskew, "dropBlank": b.DropBlank, "border": b.Border} {
		if on != nil {
			f[name] = strconv.FormatBool(*on)
		}
	}
	if b.OffPeak {
		f["offPeak"] = "true"
	}
	if b.NotifyContent {
		f["notifyContent"] = "true"
	}
	return f
}

type jobResendCmd struct {
	remote
	output
	choices
	ID string   `arg:"" help:"The fax."`
	To []string `sep:"none" help:"Other recipients; by default the same ones as before." placeholder:"ADDR"`
}

// Run sends the documents of a sent fax as a new one.
func (j *jobResendCmd) Run(a *app) error {
	return j.again(a, j.remote, j.output, "/faxes/"+url.PathEscape(j.ID)+"/resend", j.To)
}

type inboxForwardCmd struct {
	remote
	output
	choices
	ID string   `arg:"" help:"The received fax."`
	To []string `required:"" sep:"none" help:"Recipient: a fax address, or the code of a contact or a group; may be repeated." placeholder:"ADDR"`
}

// Run faxes a received fax to somebody else.
func (i *inboxForwardCmd) Run(a *app) error {
	return i.again(a, i.remote, i.output, "/inbox/"+url.PathEscape(i.ID)+"/forward", i.To)
}

// again asks for a new fax of documents that the gateway has, and prints its id.
func (c *choices) again(a *app, r remote, o output, path string, to []string) error {
	gw, err := r.dial()
	if err != nil {
		return err
	}
	b, err := c.body(to, time.Now())
	if err != nil {
		return err
	}
	if c.Key == "" {
		c.Key = uuid.NewString()
	}
	var made console.Submitted
	if err := gw.postOnce(a, path, c.Key, b, &made); err != nil {
		return err
	}
	return o.print(a, made, func(w io.Writer) { fmt.Fprintln(w, made.ID) })
}
