package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

type contactCmd struct {
	Add    contactAddCmd    `cmd:"" help:"Add a contact."`
	List   contactListCmd   `cmd:"" help:"List the address book."`
	Show   contactShowCmd   `cmd:"" help:"Show a contact, and tell how and why the next fax to it would go."`
	Edit   contactEditCmd   `cmd:"" help:"Change what is given, leave the rest."`
	Remove contactRemoveCmd `cmd:"" help:"Remove a contact, from its groups as well."`
	Import contactImportCmd `cmd:"" help:"Import contacts from CSV or TOML."`
	Export contactExportCmd `cmd:"" help:"Write the address book as CSV."`
}

// contactFlags are the members of a contact; what is not given stays as it is, and an empty value takes it away.
type contactFlags struct {
	Name       *string      `help:"Name, for people."`
	Code       *string      `help:"Short code to send to."`
	Kind       *string      `help:"machine (best form that it is known to take), person (PDF, no receipt asked for) or unknown (Profile S)." placeholder:"KIND"`
	Profile    *string      `help:"Form by hand: S, F, J or PDF." placeholder:"S|F|J|PDF"`
	Coding     *string      `help:"Form by hand: MH, MR, MMR or JBIG." placeholder:"CODING"`
	Resolution *string      `help:"Form by hand, such as 204x196." placeholder:"RES"`
	Paper      *string      `help:"Form by hand: A4, Letter, Legal, B4 or A3." placeholder:"PAPER"`
	Colour     *string      `help:"Pages with colours or greys, by hand: colour (the machine takes JPEG in colour), grey or none." placeholder:"colour|grey|none"`
	Pinned     *bool        `negatable:"" help:"The form by hand wins over what the machine tells of itself."`
	SizeLimit  *config.Size `help:"Largest mail that is sent there, such as 2MB; 0: no limit." placeholder:"SIZE"`
	TLS        *string      `name:"tls" help:"off, starttls, starttls-required or implicit." placeholder:"POLICY"`
	Host       *string      `help:"Send straight to this host." placeholder:"HOST"`
	Port       *int         `help:"Its port; 0: 25, or 465 with implicit TLS." placeholder:"PORT"`
	Receipt    *string      `help:"Ask for receipts: yes, no or default (as the kind has it)." placeholder:"yes|no|default"`
	HeaderName *string      `help:"Sender name: the number of a slot of fax.names, or the name." placeholder:"NAME"`

	Split       *string `help:"What is too large: pages (several faxes; the default) or fragments (message/partial)." placeholder:"HOW"`
	Offer       *bool   `negatable:"" help:"Offer better forms of a fax that is sent as Profile S (RFC 3297)."`
	SameDevice  *string `help:"Another address that is the same machine: a receipt that it asks for is sent." placeholder:"ADDRESS"`
	Acknowledge *bool   `negatable:"" help:"Acknowledge each fax received from there by a plain mail, asked for or not."`
}

// unbuilt refuses a form that this version cannot make.
func (f *contactFlags) unbuilt() error {
	if f.Profile != nil && (strings.EqualFold(*f.Profile, "L") || strings.EqualFold(*f.Profile, "M")) {
		return usagef("profile %s is not built yet: use S, F, J or PDF, and --colour for pages with shades", strings.ToUpper(*f.Profile))
	}
	return nil
}

func (f *contactFlags) apply(c *gateway.Contact) error {
	if err := f.unbuilt(); err != nil {
		return err
	}
	set(&c.Name, f.Name)
	set(&c.Code, f.Code)
	set((*string)(&c.Kind), f.Kind)
	set(&c.Form.Profile, f.Profile)
	set(&c.Form.Coding, f.Coding)
	set(&c.Form.Resolution, f.Resolution)
	set(&c.Form.Paper, f.Paper)
	set(&c.Form.Colour, f.Colour)
	set(&c.Pinned, f.Pinned)
	set(&c.SizeLimit, f.SizeLimit)
	set(&c.TLS, f.TLS)
	set(&c.Host, f.Host)
	set(&c.Port, f.Port)
	set(&c.HeaderName, f.HeaderName)
	set(&c.Split, f.Split)
	set(&c.Offer, f.Offer)
	set(&c.SameDevice, f.SameDevice)
	set(&c.Acknowledge, f.Acknowledge)
	if f.Receipt == nil {
		return nil
	}
	switch *f.Receipt {
	case "yes":
		c.Receipt = new(true)
	case "no":
		c.Receipt = new(false)
	case "default":
		c.Receipt = nil
	default:
		return usagef("--receipt is yes, no or default, not %q", *f.Receipt)
	}
	return nil
}

// set writes what is given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

type contactAddCmd struct {
	remote
	output
	Address string `arg:"" help:"The fax address, such as fax@example.com."`
	contactFlags
}

// Run adds a contact.
func (c *contactAddCmd) Run(a *app) error {
	contact := gateway.Contact{Address: c.Address}
	if err := c.apply(&contact); err != nil {
		return err
	}
	client, err := c.dial()
	if err != nil {
		return err
	}
	if err := client.post(a, "/contacts", contact, &contact); err != nil {
		return err
	}
	return c.print(a, contact, func(w io.Writer) { fmt.Fprintf(w, "added %s\n", contact.Address) })
}

type contactListCmd struct {
	remote
	output
}

// Run lists the contacts.
func (c *contactListCmd) Run(a *app) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	var list console.ContactList
	if err := client.get(a, "/contacts", &list); err != nil {
		return err
	}
	return c.print(a, list, func(w io.Writer) {
		var rows []string
		for _, x := range list.Contacts {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", x.Name, x.Address, x.Code, x.Kind, x.Form))
		}
		columns(w, "The address book is empty: add one with `faxgate contact add`, or many with `faxgate contact import`.", "NAME\tADDRESS\tCODE\tKIND\tFORM BY HAND", rows)
	})
}

type contactShowCmd struct {
	remote
	output
	Who string `arg:"" help:"Address or code."`
}

// Run shows a contact and explains the form and the way of the next fax.
func (c *contactShowCmd) Run(a *app) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	var v gateway.ContactView
	if err := client.get(a, "/contacts/"+url.PathEscape(c.Who), &v); err != nil {
		return err
	}
	return c.print(a, v, func(w io.Writer) { showContact(w, v) })
}

func showContact(w io.Writer, v gateway.ContactView) {
	fmt.Fprintf(w, "%s  %s\n", strings.TrimSpace(v.Name+" <"+v.Address+">"), v.Kind)
	receipt := ""
	if v.Receipt != nil {
		receipt = map[bool]string{true: "yes", false: "no"}[*v.Receipt]
	}
	form := v.Form.String()
	if v.Pinned {
		form += " (pinned)"
	}
	limit := ""
	if v.SizeLimit > 0 {
		text, _ := v.SizeLimit.MarshalText()
		limit = string(text)
	}
	for _, line := range [][2]string{
		{"code", v.Code},
		{"groups", strings.Join(v.Groups, ", ")},
		{"form by hand", form},
		{"size limit", limit},
		{"receipt", receipt},
		{"sender name", v.HeaderName},
		{"what is too large", v.Split},
		{"same device as", v.SameDevice},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %s: %s\n", line[0], line[1])
		}
	}
	fmt.Fprintf(w, "\nThe next fax, of a page of text, would go as %s, under the sender name %q:\n", v.Next.Form, v.Next.HeaderName)
	for _, why := range append(v.Next.Why, v.Next.Way) {
		fmt.Fprintf(w, "  - %s\n", why)
	}
}

type contactEditCmd struct {
	remote
	output
	Who     string  `arg:"" help:"Address or code."`
	Address *string `help:"New address."`
	contactFlags
}

// Run changes a contact.
func (c *contactEditCmd) Run(a *app) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	path := "/contacts/" + url.PathEscape(c.Who)
	var v gateway.ContactView
	if err := client.get(a, path, &v); err != nil {
		return err
	}
	contact := v.Contact
	set(&contact.Address, c.Address)
	if err := c.apply(&contact); err != nil {
		return err
	}
	if err := client.put(a, path, contact, &contact); err != nil {
		return err
	}
	return c.print(a, contact, func(w io.Writer) { fmt.Fprintf(w, "changed %s\n", contact.Address) })
}

// put sends v and reads the answer into out.
func (c *client) put(a *app, path string, v, out any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.call(a, http.MethodPut, path, bytes.NewReader(body), "application/json", out)
}

type contactRemoveCmd struct {
	remote
	Who string `arg:"" help:"Address or code."`
}

// Run removes a contact.
func (c *contactRemoveCmd) Run(a *app) error {
	return c.take(a, "/contacts/", c.Who)
}

// take removes a contact or a group and says so on standard error.
func (r remote) take(a *app, path, who string) error {
	client, err := r.dial()
	if err != nil {
		return err
	}
	if err := client.call(a, http.MethodDelete, path+url.PathEscape(who), nil, "", nil); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s is removed\n", who)
	return nil
}

type contactImportCmd struct {
	remote
	output
	File    string `arg:"" help:"The file; - reads standard input. The first line of CSV names the columns, of which only address is needed; TOML has [[contact]] tables with the same keys."`
	Format  string `enum:"auto,csv,toml" default:"auto" help:"csv or toml (default: by the file's name)."`
	Partial bool   `help:"Import the good lines although others are bad."`
}

// Run imports contacts.
func (c *contactImportCmd) Run(a *app) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	src := a.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		src = f
	}
	if c.Format == "auto" {
		c.Format = "csv"
		if strings.EqualFold(filepath.Ext(c.File), ".toml") {
			c.Format = "toml"
		}
	}
	q := url.Values{"format": {c.Format}, "partial": {fmt.Sprint(c.Partial)}}
	var res gateway.ImportResult
	if err := client.call(a, http.MethodPost, "/contacts/import?"+q.Encode(), src, "application/octet-stream", &res); err != nil {
		return err
	}
	for _, b := range res.Bad {
		fmt.Fprintf(a.stderr, "%s left out: %s\n", b.Where, b.Why)
	}
	return c.print(a, res, func(w io.Writer) {
		fmt.Fprintf(w, "%d added, %d changed, %d unchanged\n", res.Added, res.Changed, res.Unchanged)
	})
}

type contactExportCmd struct {
	remote
	File string `arg:"" optional:"" default:"-" help:"The file to write; - is standard output."`
}

// Run exports the contacts.
func (c *contactExportCmd) Run(a *app) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	return toFile(a, c.File, func(w io.Writer) error { return client.download(a, "/contacts/export", w) })
}
