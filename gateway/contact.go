package gateway

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"faxgate/codec"
	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// ContactKind says who is at the other end of an address.
type ContactKind string

// The kinds of contacts.
const (
	Machine ContactKind = "machine" // gets the best form that it is known to take
	Person  ContactKind = "person"  // gets a PDF, and is not asked for a receipt
	Unknown ContactKind = "unknown" // gets strict Profile S until a receipt tells more
)

// Contact is one entry of the address book. What is left empty is as it would be without the entry.
type Contact struct {
	ID          spool.ID    `json:"id,omitempty"`
	Address     string      `json:"address"`
	Name        string      `json:"name,omitempty"`
	Code        string      `json:"code,omitempty"` // short, to send to
	Kind        ContactKind `json:"kind,omitempty"`
	Form        ContactForm `json:"form,omitzero"`
	Pinned      bool        `json:"pinned,omitempty"`    // the form set by hand wins over what receipts tell
	SizeLimit   config.Size `json:"sizeLimit,omitempty"` // bytes of a whole mail; 0: none
	TLS         string      `json:"tls,omitempty"`       // off, starttls, starttls-required, implicit
	Host        string      `json:"host,omitempty"`      // mail goes straight to this host
	Port        int         `json:"port,omitempty"`      // 0: 25, or 465 with implicit TLS
	Receipt     *bool       `json:"receipt,omitempty"`   // ask for receipts; nil: as the kind has it
	HeaderName  string      `json:"headerName,omitempty"`
	Split       string      `json:"split,omitempty"`       // what is too large: pages (several faxes; the default) or fragments (message/partial)
	Offer       bool        `json:"offer,omitempty"`       // offer better forms of a fax sent as Profile S (RFC 3297)
	SameDevice  string      `json:"sameDevice,omitempty"`  // another address that is the same machine: a receipt that it asks for is sent
	Acknowledge bool        `json:"acknowledge,omitempty"` // each fax received from there is acknowledged by a plain mail, asked or not
	CreatedAt   time.Time   `json:"createdAt,omitzero"`
	UpdatedAt   time.Time   `json:"updatedAt,omitzero"`
}

// ContactForm is the form that somebody has set by hand. Empty members are left to what both sides have.
type ContactForm struct {
	Profile    string `json:"profile,omitempty"` // S, F, J or PDF
	Coding     string `json:"coding,omitempty"`
	Resolution string `json:"resolution,omitempty"`
	Paper      string `json:"paper,omitempty"`
	Colour     string `json:"colour,omitempty"` // what the machine takes of pages with shades (Profile C): colour, grey or none
}

// The limits of a contact's members, in characters.
const (
	maxContactName = 100
	maxCode        = 20
)

// contactAttrs is what the spool keeps of a contact without understanding it.
type contactAttrs struct {
	Form        ContactForm `json:"form,omitzero"`
	Pinned      bool        `json:"pinned,omitempty"`
	SizeLimit   config.Size `json:"sizeLimit,omitempty"`
	TLS         string      `json:"tls,omitempty"`
	Host        string      `json:"host,omitempty"`
	Port        int         `json:"port,omitempty"`
	Receipt     *bool       `json:"receipt,omitempty"`
	HeaderName  string      `json:"headerName,omitempty"`
	Split       string      `json:"split,omitempty"`
	Offer       bool        `json:"offer,omitempty"`
	SameDevice  string      `json:"sameDevice,omitempty"`
	Acknowledge bool        `json:"acknowledge,omitempty"`
}

func (c Contact) row() spool.Contact {
	return spool.Contact{
		ID: c.ID, Address: c.Address, Code: c.Code, Name: c.Name, Kind: string(c.Kind), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		Attrs: marshal(contactAttrs{c.Form, c.Pinned, c.SizeLimit, c.TLS, c.Host, c.Port, c.Receipt, c.HeaderName, c.Split, c.Offer, c.SameDevice, c.Acknowledge}),
	}
}

func contactOfRow(r spool.Contact) Contact {
	var a contactAttrs
	if len(r.Attrs) > 0 {
		_ = json.Unmarshal(r.Attrs, &a)
	}
	return Contact{
		ID: r.ID, Address: r.Address, Name: r.Name, Code: r.Code, Kind: ContactKind(r.Kind), Form: a.Form, Pinned: a.Pinned, SizeLimit: a.SizeLimit,
		TLS: a.TLS, Host: a.Host, Port: a.Port, Receipt: a.Receipt, HeaderName: a.HeaderName,
		Split: a.Split, Offer: a.Offer, SameDevice: a.SameDevice, Acknowledge: a.Acknowledge, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// checked brings a contact into the one spelling that is kept, or says with an *InputError what is wrong with it.
func (g *Gateway) checked(c Contact) (Contact, error) {
	addr, err := ifax.ParseAddress(strings.TrimSpace(c.Address))
	if err != nil {
		return c, &InputError{"address", err.Error()}
	}
	c.Address = peerKey(addr.String())
	if c.Code, err = checkCode(c.Code); err != nil {
		return c, err
	}
	c.Name = strings.TrimSpace(c.Name)
	if utf8.RuneCountInString(c.Name) > maxContactName || strings.ContainsFunc(c.Name, unicode.IsControl) {
		return c, &InputError{"name", fmt.Sprintf("at most %d characters on one line", maxContactName)}
	}
	if c.Kind == "" {
		c.Kind = Unknown
	}
	if !slices.Contains([]ContactKind{Machine, Person, Unknown}, c.Kind) {
		return c, &InputError{"kind", fmt.Sprintf("machine, person or unknown, not %q", c.Kind)}
	}
	if c.Form, err = c.Form.checked(); err != nil {
		return c, err
	}
	if c.Pinned && c.Form == (ContactForm{}) {
		return c, &InputError{"pinned", "only a form that is set by hand can be pinned: give profile, coding, resolution, paper or colour"}
	}
	if c.HeaderName = strings.TrimSpace(c.HeaderName); c.HeaderName != "" {
		if _, ok := g.cfg.Fax.SenderName(c.HeaderName); !ok {
			return c, &InputError{"headerName", fmt.Sprintf("%q is neither the number of a sender name nor one of them (fax.names in the configuration)", c.HeaderName)}
		}
	}
	if c.Split = strings.ToLower(strings.TrimSpace(c.Split)); !slices.Contains([]string{"", "pages", "fragments"}, c.Split) {
		return c, &InputError{"split", fmt.Sprintf("pages or fragments, not %q", c.Split)}
	}
	if c.SameDevice = strings.TrimSpace(c.SameDevice); c.SameDevice != "" {
		same, err := ifax.ParseAddress(c.SameDevice)
		if err != nil {
			return c, &InputError{"sameDevice", err.Error()}
		}
		c.SameDevice = peerKey(same.String())
	}
	return c.checkedWay()
}

// checkedWay checks how the contact is reached.
func (c Contact) checkedWay() (Contact, error) {
	if c.SizeLimit != 0 && c.SizeLimit < 10<<10 {
		return c, &InputError{"sizeLimit", "at least 10kB, or 0 for none"}
	}
	modes := []mailio.TLSMode{"", mailio.TLSOff, mailio.TLSOpportunistic, mailio.TLSRequired, mailio.TLSImplicit}
	if !slices.Contains(modes, mailio.TLSMode(c.TLS)) {
		return c, &InputError{"tls", fmt.Sprintf("off, starttls, starttls-required or implicit, not %q", c.TLS)}
	}
	c.Host = strings.TrimSpace(c.Host)
	if inner, ok := strings.CutPrefix(c.Host, "["); ok {
		c.Host = strings.TrimSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(c.Host); c.Host != "" && err != nil && strings.ContainsFunc(c.Host, notInHost) {
		return c, &InputError{"host", fmt.Sprintf("a name or an IP address without a port, not %q", c.Host)}
	}
	if c.Port < 0 || c.Port > 65535 {
		return c, &InputError{"port", fmt.Sprintf("1 to 65535, not %d", c.Port)}
	}
	if c.Port != 0 && c.Host == "" {
		return c, &InputError{"port", "a port needs a host"}
	}
	return c, nil
}

func notInHost(r rune) bool {
	return r != '-' && r != '.' && r != '_' && (r > '~' || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// checkCode checks a code of a contact or a group. It is no address, and is the same in either case.
func checkCode(code string) (string, error) {
	code = strings.ToLower(strings.TrimSpace(code))
	number := strings.TrimPrefix(code, "+") // a telephone number, which FAX=+49…@ addresses stand for
	if utf8.RuneCountInString(code) > maxCode || strings.ContainsFunc(number, func(r rune) bool {
		return r > '~' || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
	}) {
		return code, &InputError{"code", fmt.Sprintf("at most %d of the characters a-z, 0-9, - _ and ., or + and a telephone number, not %q", maxCode, code)}
	}
	if code == "import" || code == "export" || strings.Trim(code, ".") == "" && code != "" {
		return code, &InputError{"code", fmt.Sprintf("%q cannot be a code: choose another", code)}
	}
	return code, nil
}

// checked writes the form as the codec spells it, and refuses what cannot be made.
func (f ContactForm) checked() (ContactForm, error) {
	f.Profile = strings.ToUpper(strings.TrimSpace(f.Profile))
	switch {
	case f.Profile == "C":
		return f, &InputError{"profile", "Profile C is for pages with colours or greys only: leave the profile to the other pages, and set colour to colour or grey"}
	case !slices.Contains([]string{"", "S", "F", "J", "PDF"}, f.Profile):
		return f, &InputError{"profile", fmt.Sprintf("S, F, J or PDF, not %q", f.Profile)}
	case f.Profile == "PDF" && f != (ContactForm{Profile: "PDF"}):
		return f, &InputError{"profile", "a PDF has neither coding nor resolution nor paper nor colour to set"}
	}
	if f.Colour = strings.ToLower(strings.TrimSpace(f.Colour)); f.Colour != "" {
		if _, err := codec.ParseMultiValue(f.Colour); err != nil {
			return f, &InputError{"colour", err.Error()}
		}
	}
	if f.Coding != "" {
		c, err := codec.ParseCoding(f.Coding)
		if err != nil || c == codec.JPEG {
			return f, &InputError{"coding", fmt.Sprintf("MH, MR, MMR or JBIG, not %q (JPEG is for pages with colours or greys: set colour)", f.Coding)}
		}
		f.Coding = string(c)
		if jbig := c == codec.JBIG; f.Profile != "" && jbig != (f.Profile == "J") {
			return f, &InputError{"coding", "JBIG is the coding of Profile J, and Profile J has no other (RFC 3949 section 5)"}
		}
	}
	if f.Paper != "" {
		p, err := codec.ParsePaper(f.Paper)
		if err != nil {
			return f, &InputError{"paper", err.Error()}
		}
		f.Paper = string(p)
	}
	var r codec.Resolution
	if f.Resolution != "" {
		var err error
		if r, err = codec.ParseResolution(f.Resolution); err != nil {
			return f, &InputError{"resolution", err.Error()}
		}
		f.Resolution = r.String()
	}
	if f.Profile == "S" && (f.Coding != "" && f.Coding != "MH" || f.Resolution != "" && !r.ProfileS() || f.Paper == "B4" || f.Paper == "A3" || f.shades() != codec.Bilevel) {
		return f, &InputError{"profile", "Profile S is in black and white, MH at 204x98, 204x196, 200x100 or 200x200 on A4, Letter or Legal (RFC 3949 section 3): use F for more"}
	}
	return f, nil
}

// String is the form in one line.
func (f ContactForm) String() string {
	colour := f.Colour
	if colour == string(codec.MultiNone) {
		colour = "no colour"
	}
	return strings.Join(strings.Fields(strings.Join([]string{f.Profile, f.Coding, f.Resolution, f.Paper, colour}, " ")), " ")
}
