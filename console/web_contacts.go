package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"faxgate/gateway"
)

// contacts lists the address book.
func (c *Console) contacts(w http.ResponseWriter, r *http.Request) {
	list, err := c.gw.Contacts(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "contacts", list)
}

// contactPage is the form of one contact.
type contactPage struct {
	Error  string
	Who    string // address or code that the form is about; empty: a new contact
	Name   string
	Fields []formField
	Next   *gateway.NextFax // how the next fax would go; nil while that cannot be said
}

// formField is one line of a form: a choice if there are options, else a text.
type formField struct {
	Name, Label, Value, Hint string
	Options                  []formOption
}

type formOption struct{ Value, Label string }

func (c *Console) contactForm(w http.ResponseWriter, r *http.Request) {
	v, err := c.gw.Contact(r.Context(), r.PathValue("who"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "contact", contactPage{Who: v.Address, Name: nameOf(v.Contact), Fields: c.contactFields(v.Contact), Next: &v.Next})
}

func (c *Console) newContact(w http.ResponseWriter, r *http.Request) {
	c.render(w, r, http.StatusOK, "contact", contactPage{Fields: c.contactFields(gateway.Contact{Address: r.URL.Query().Get("address")})})
}

// saveContact adds or changes a contact. What the form does not have stays as it is.
func (c *Console) saveContact(w http.ResponseWriter, r *http.Request) {
	who := r.PathValue("who")
	var contact gateway.Contact
	if who != "" {
		v, err := c.gw.Contact(r.Context(), who)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		contact = v.Contact
	}
	name := nameOf(contact)
	r.Body = http.MaxBytesReader(w, r.Body, maxField)
	err := readContact(&contact, r)
	switch {
	case err != nil:
	case who == "":
		contact, err = c.gw.AddContact(r.Context(), contact)
	default:
		contact, err = c.gw.SetContact(r.Context(), who, contact)
	}
	if err != nil {
		status, text := statusOf(err)
		c.render(w, r, status, "contact", contactPage{Error: text, Who: who, Name: name, Fields: c.contactFields(contact)})
		return
	}
	http.Redirect(w, r, "/contacts/"+url.PathEscape(contact.Address), http.StatusSeeOther)
}

func (c *Console) removeContact(w http.ResponseWriter, r *http.Request) {
	if err := c.gw.RemoveContact(r.Context(), r.PathValue("who")); err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/contacts", http.StatusSeeOther)
}

func nameOf(c gateway.Contact) string {
	if c.Name != "" {
		return c.Name
	}
	return c.Address
}

// readContact takes over what the form says.
func readContact(c *gateway.Contact, r *http.Request) error {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	c.Address, c.Name, c.Code, c.Kind = value("address"), value("name"), value("code"), gateway.ContactKind(value("kind"))
	c.Form = gateway.ContactForm{Profile: value("profile"), Coding: value("coding"), Resolution: value("resolution"), Paper: value("paper"), Colour: value("colour")}
	c.Pinned = value("pinned") == "yes"
	c.HeaderName, c.Host, c.TLS = value("headerName"), value("host"), value("tls")
	c.Split, c.SameDevice = value("split"), value("sameDevice")
	c.Offer, c.Acknowledge = value("offer") == "yes", value("acknowledge") == "yes"
	c.Receipt = map[string]*bool{"yes": new(true), "no": new(false)}[value("receipt")]
	c.SizeLimit, c.Port = 0, 0
	if v := value("sizeLimit"); v != "" {
		if err := c.SizeLimit.UnmarshalText([]byte(v)); err != nil {
			return &gateway.InputError{Field: "sizeLimit", Text: err.Error()}
		}
	}
	if v := value("port"); v != "" {
		port, err := strconv.Atoi(v)
		if err != nil {
			return &gateway.InputError{Field: "port", Text: strconv.Quote(v) + " is no number"}
		}
		c.Port = port
	}
	return nil
}

// asIs is the choice that leaves something to what is known.
func asIs(label string, values ...string) []formOption {
	options := []formOption{{"", label}}
	for _, v := range values {
		if v != "" {
			options = append(options, formOption{v, v})
		}
	}
	return options
}

// contactFields is the form, filled in.
func (c *Console) contactFields(x gateway.Contact) []formField {
	limit, port, receipt, pinned := "", "", "", ""
	if x.SizeLimit > 0 {
		b, _ := x.SizeLimit.MarshalText()
		limit = string(b)
	}
	if x.Port > 0 {
		port = strconv.Itoa(x.Port)
	}
	if x.Receipt != nil {
		receipt = map[bool]string{true: "yes", false: "no"}[*x.Receipt]
	}
	if x.Pinned {
		pinned = "yes"
	}
	yes := func(on bool) string { return map[bool]string{true: "yes"}[on] }
	fields := []formField{
		{Name: "address", Label: "Fax address", Value: x.Address, Hint: "fax@example.com"},
		{Name: "name", Label: "Name", Value: x.Name},
		{Name: "code", Label: "Code", Value: x.Code, Hint: "short, to send to"},
		{Name: "kind", Label: "At the other end", Value: string(x.Kind), Options: []formOption{
			{"unknown", "not known: the plainest form until a receipt tells more"}, {"machine", "a machine: the best form that it is known to take"}, {"person", "a person: a PDF, no receipt asked for"},
		}},
	}
	fields = append(fields, formFields(x.Form)...)
	fields = append(fields,
		formField{Name: "pinned", Label: "Form by hand", Value: pinned, Options: []formOption{{"", "until the machine tells more of itself"}, {"yes", "for good"}}},
		formField{Name: "receipt", Label: "Receipt", Value: receipt, Options: asIs("as usual", "yes", "no")},
		formField{Name: "sizeLimit", Label: "Largest mail", Value: limit, Hint: "2MB; empty for no limit"},
		formField{Name: "split", Label: "What is larger", Value: x.Split, Options: []formOption{{"", "goes in several faxes, by pages"}, {"fragments", "goes in fragments, which the machine joins"}}},
		formField{Name: "offer", Label: "Better forms", Value: yes(x.Offer), Options: []formOption{{"", "are not offered"}, {"yes", "are offered with the plainest (RFC 3297)"}}},
		formField{Name: "sameDevice", Label: "Same machine as", Value: x.SameDevice, Hint: "another address that asks for receipts"},
		formField{Name: "acknowledge", Label: "Received faxes", Value: yes(x.Acknowledge), Options: []formOption{{"", "are answered with receipts"}, {"yes", "are also acknowledged by a plain mail"}}},
		formField{Name: "headerName", Label: "Sender name", Value: x.HeaderName, Options: asIs("the usual one", c.cfg.Fax.Names...)},
		formField{Name: "host", Label: "Straight to this host", Value: x.Host},
		formField{Name: "port", Label: "Its port", Value: port},
		formField{Name: "tls", Label: "TLS", Value: x.TLS, Options: asIs("as usual", "off", "starttls", "starttls-required", "implicit")},
	)
	for i, f := range fields { // a value that is none of the usual ones is kept
		if f.Options != nil && !slices.ContainsFunc(f.Options, func(o formOption) bool { return o.Value == f.Value }) && f.Value != "" {
			fields[i].Options = append(f.Options, formOption{f.Value, f.Value})
		}
	}
	return fields
}

// formFields is the form that is set by hand.
func formFields(f gateway.ContactForm) []formField {
	return []formField{
		{Name: "profile", Label: "Form", Value: f.Profile, Options: []formOption{
			{"", "as known"}, {"S", "S: every machine"}, {"F", "F: full mode"}, {"J", "J: JBIG"}, {"PDF", "PDF"},
		}},
		{Name: "colour", Label: "Colours and greys", Value: f.Colour, Options: []formOption{
			{"", "as known"}, {"colour", "it takes JPEG in colour"}, {"grey", "it takes JPEG in grey"}, {"none", "never: in black and white"},
		}},
		{Name: "coding", Label: "Coding", Value: f.Coding, Options: asIs("as known", "MH", "MR", "MMR", "JBIG")},
		{Name: "resolution", Label: "Resolution", Value: f.Resolution, Options: asIs("as known", "204x98", "204x196", "204x391", "200x100", "200x200", "200x400", "300x300", "400x400", "408x391", "600x600")},
		{Name: "paper", Label: "Paper", Value: f.Paper, Options: asIs("as known", "A4", "Letter", "Legal", "B4", "A3")},
	}
}
