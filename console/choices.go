package console

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"faxgate/gateway"
)

// Choices is how a fax of documents that are here already is to go: what a request to forward or to resend may say.
type Choices struct {
	To         []string `json:"to,omitempty" maxItems:"500" doc:"Fax addresses, or codes of contacts and groups. Resending without any goes to the same recipients as before."`
	Subject    string   `json:"subject,omitempty" maxLength:"1000" doc:"Subject of the mail; by default that of the fax, after Fwd: when it is forwarded."`
	HeaderName string   `json:"headerName,omitempty" maxLength:"100" doc:"Sender name: the number of a slot of fax.names, or the name."`

	At       string `json:"at,omitempty" maxLength:"40" doc:"Not before this time, such as 2026-11-22T08:00:00+01:00 (RFC 3339); 2026-11-22 08:00 and 08:00 are read by the gateway's clock."`
	OffPeak  bool   `json:"offPeak,omitempty" doc:"Not before the off-peak time that the configuration sets ([off_peak]); at once if it is now."`
	Priority string `json:"priority,omitempty" enum:"low,normal,high" doc:"Of the faxes that are due, those with a higher priority go first; by default normal."`

	Colour    string `json:"colour,omitempty" enum:"colour,grey,none" doc:"What becomes of pages with colours or greys, for machines that take them: none is black and white. By default as the configuration says (fax.colour)."`
	Deskew    *bool  `json:"deskew,omitempty" doc:"Turn pages of which the lines of writing run askew; by default as the configuration says ([clean]), as the next two."`
	DropBlank *bool  `json:"dropBlank,omitempty" doc:"Leave out pages on which nothing is."`
	Border    *bool  `json:"border,omitempty" doc:"Make the black border white that a scanner leaves around a page."`

	Notify        string `json:"notify,omitempty" maxLength:"320" doc:"Mail address of a person who is told what became of the fax, once, when all recipients have it or cannot get it."`
	NotifyWhen    string `json:"notifyWhen,omitempty" enum:"always,trouble,never" doc:"Tell always (by default), only of trouble, or never."`
	NotifyContent bool   `json:"notifyContent,omitempty" doc:"With a picture of the first page."`
}

// choicesRequest is a request about the fax with this id.
type choicesRequest struct {
	ID   string `path:"id" maxLength:"100"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same key never makes a second fax: the first one's id is returned."`
	Body Choices
}

// request is what the gateway is asked for.
func (in *choicesRequest) request(now time.Time) (gateway.SubmitRequest, error) {
	c := in.Body
	r := gateway.SubmitRequest{
		To: c.To, Key: in.Key, Subject: strings.Join(strings.Fields(c.Subject), " "), HeaderName: c.HeaderName, OffPeak: c.OffPeak, Priority: c.Priority,
		Colour: c.Colour, Deskew: c.Deskew, DropBlank: c.DropBlank, Border: c.Border,
		Outcome: gateway.Outcome{To: c.Notify, When: c.NotifyWhen, Content: c.NotifyContent},
	}
	return r, setTime(&r, c.At, now)
}

func setTime(r *gateway.SubmitRequest, at string, now time.Time) (err error) {
	if at == "" {
		return nil
	}
	if r.When, err = ParseTime(at, now); err != nil {
		return badUpload(http.StatusBadRequest, "at: %v.", err)
	}
	return nil
}

// ParseTime reads when a fax is to go: RFC 3339, or a date and a time, or the next time that the clock shows 08:00, by the clock of now.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	c, err := time.Parse("15:04", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: write 08:00, 2026-11-22 08:00 or 2026-11-22T08:00:00+01:00", s)
	}
	t := time.Date(now.Year(), now.Month(), now.Day(), c.Hour(), c.Minute(), 0, 0, now.Location())
	if !t.After(now) {
		t = time.Date(now.Year(), now.Month(), now.Day()+1, c.Hour(), c.Minute(), 0, 0, now.Location())
	}
	return t, nil
}

// choose takes a field of a submission that says how the fax is to go; false: it is none of these.
func choose(r *gateway.SubmitRequest, name, text string, now time.Time) (known bool, err error) {
	switch text = strings.TrimSpace(text); name {
	case "headerName":
		r.HeaderName = text
	case "at":
		err = setTime(r, text, now)
	case "offPeak":
		r.OffPeak, err = yes(name, text)
	case "priority":
		r.Priority = text
	case "colour":
		r.Colour = text
	case "deskew":
		r.Deskew, err = maybe(name, text)
	case "dropBlank":
		r.DropBlank, err = maybe(name, text)
	case "border":
		r.Border, err = maybe(name, text)
	case "notify":
		r.Outcome.To = text
	case "notifyWhen":
		r.Outcome.When = text
	case "notifyContent":
		r.Outcome.Content, err = yes(name, text)
	default:
		return false, nil
	}
	return true, err
}

func yes(name, text string) (bool, error) {
	switch text {
	case "true", "1", "on":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, badUpload(http.StatusBadRequest, "%s: write true or false, not %q.", name, text)
}

// maybe reads a switch that may be left as it is.
func maybe(name, text string) (*bool, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // nothing said is a value of its own
	}
	on, err := yes(name, text)
	return &on, err
}

// choiceFields describes the fields that choose takes, in the words that describe Choices.
func choiceFields() map[string]*huma.Schema {
	fields := map[string]*huma.Schema{}
	for name, s := range huma.SchemaFromType(huma.NewMapRegistry("#/", huma.DefaultSchemaNamer), reflect.TypeFor[Choices]()).Properties {
		if name != "to" && name != "subject" {
			fields[name] = s
		}
	}
	return fields
}
