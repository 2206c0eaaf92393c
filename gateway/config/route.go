package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Route is one rule for received faxes. The rules are tried in the order of the file, and the first one whose conditions are all met says what is done with the fax.
type Route struct {
	Name string `toml:"name" comment:"what the rule is called in mails, lists and the journal; empty: route 1, route 2 ..."`

	From       []string `toml:"from" comment:"sender is one of these: an address, @domain, or a pattern with * and ? such as *@*.partner.example; empty: any"`
	To         []string `toml:"to" comment:"came to one of these own fax addresses; empty: any"`
	SubAddress []string `toml:"subaddress" comment:"sub-address (fax/T33S=42@..., or fax+42@... with fax.plus_addresses) is one of these, * and ? allowed; empty: any"`
	Subject    []string `toml:"subject" comment:"subject contains one of these words, or is like this pattern with * and ?; in either case of letters; empty: any"`
	PagesMin   int      `toml:"pages_min" comment:"at least so many pages; 0: any number"`
	PagesMax   int      `toml:"pages_max" comment:"at most so many pages; 0: any number"`
	Weekdays   Weekdays `toml:"weekdays" comment:"received on these days of the week, such as mon-fri or sat,sun, in the local time zone; empty: any"`
	Time       Hours    `toml:"time" comment:"received at this time of day, such as 08:00-18:00, or 18:00-08:00 for the night; empty: any"`
	Incomplete string   `toml:"incomplete" comment:"yes: only faxes of which a part could not be read; no: only whole ones; empty: any"`

	MailTo        []string `toml:"mail_to" comment:"mail it to each of these addresses"`
	MailContent   string   `toml:"mail_content" comment:"pdf | tiff | both | notice (tells of the fax, without its pages)"`
	Folder        string   `toml:"folder" comment:"write it to this directory, which must exist"`
	FolderContent string   `toml:"folder_content" comment:"pdf | tiff | both"`
	FolderName    string   `toml:"folder_name" comment:"file name without its ending, of {date} {time} {from} {to} {subaddress} {subject} {pages} {rule} and {id}, which must be there"`
	Hold          bool     `toml:"hold" comment:"wait in the inbox until a person releases it; then the mails and the folder of this rule, or, where it has none, the rules after it"`
}

// The contents that a rule passes on.
const (
	ContentPDF    = "pdf"
	ContentTIFF   = "tiff"
	ContentBoth   = "both"
	ContentNotice = "notice"
)

// defaultFolderName sorts by time and says who sent the fax.
const defaultFolderName = "{date}-{time}-{from}-{id}"

// NameFields are the fields of a file name, see [Route.FolderName].
func NameFields() []string {
	return []string{"{date}", "{time}", "{from}", "{to}", "{subaddress}", "{subject}", "{pages}", "{rule}", "{id}"}
}

func (r *Route) defaults(n int) {
	for key, value := range map[*string]string{
		&r.Name: fmt.Sprintf("route %d", n+1), &r.MailContent: ContentPDF, &r.FolderContent: ContentPDF, &r.FolderName: defaultFolderName,
	} {
		if *key == "" {
			*key = value
		}
	}
}

// Acts tells whether the rule passes the fax on, at once or when it is released.
func (r *Route) Acts() bool { return len(r.MailTo) > 0 || r.Folder != "" }

// CatchAll tells whether the rule has no condition.
func (r *Route) CatchAll() bool {
	return len(r.From)+len(r.To)+len(r.SubAddress)+len(r.Subject) == 0 && r.PagesMin == 0 && r.PagesMax == 0 && r.Weekdays == 0 && r.Time == Hours{} && r.Incomplete == ""
}

// Routes are the rules in the order in which they are tried, with fax.deliver_to as the last one where it is set.
func (c *Config) Routes() []Route {
	list := slices.Clone(c.Route)
	if c.Fax.DeliverTo != "" {
		list = append(list, Route{Name: DeliverTo, MailTo: []string{c.Fax.DeliverTo}})
	}
	for i := range list {
		list[i].defaults(i)
	}
	return list
}

// DeliverTo is the name of the rule that fax.deliver_to stands for.
const DeliverTo = "fax.deliver_to"

// checkRoutes looks at each rule, and for rules that no fax can ever reach.
func (c *Config) checkRoutes(p *problems) {
	names := map[string]bool{DeliverTo: true}
	for i := range c.Route {
		r, key := &c.Route[i], fmt.Sprintf("route[%d]", i)
		r.check(p, key, c.Own())
		p.wants(!names[r.Name], key+".name", "a name that no other rule has, not %q", r.Name)
		names[r.Name] = true
	}
	end := slices.IndexFunc(c.Route, func(r Route) bool { return r.CatchAll() && (r.Acts() || !r.Hold) })
	if end < 0 {
		return
	}
	why := fmt.Sprintf("route[%d] (%s), which has no condition, takes every fax first", end, c.Route[end].Name)
	for i := end + 1; i < len(c.Route); i++ {
		p.wants(false, fmt.Sprintf("route[%d]", i), "this rule (%s) a place before it: %s", c.Route[i].Name, why)
	}
	p.wants(c.Fax.DeliverTo == "", DeliverTo, "no address here: %s", why)
}

func (r *Route) check(p *problems, key string, own []string) {
	p.wants(printable(r.Name) && len(r.Name) <= 60, key+".name", "at most 60 letters on one line")
	for _, f := range r.From {
		p.wants(strings.Contains(f, "@") && printable(f) && !strings.ContainsAny(f, " ,;<>"), key+".from", "an address, @domain or a pattern with @ in it, not %q", f)
	}
	for _, to := range r.To {
		p.wants(slices.ContainsFunc(own, func(a string) bool { return strings.EqualFold(a, to) }), key+".to", "one of fax.addresses, not %q", to)
	}
	for _, s := range r.SubAddress {
		p.wants(strings.TrimSpace(s) != "" && printable(s), key+".subaddress", "a sub-address or a pattern, not %q", s)
	}
	for _, s := range r.Subject {
		p.wants(strings.TrimSpace(s) != "" && printable(s), key+".subject", "a word or a pattern, not %q", s)
	}
	p.wants(r.PagesMin >= 0, key+".pages_min", "0 or more, not %d", r.PagesMin)
	p.wants(r.PagesMax >= 0 && (r.PagesMax == 0 || r.PagesMax >= r.PagesMin), key+".pages_max", "0, or no less than pages_min, not %d", r.PagesMax)
	p.oneOf(key+".incomplete", r.Incomplete, "", "yes", "no")
	r.checkActions(p, key, own)
}

func (r *Route) checkActions(p *problems, key string, own []string) {
	p.oneOf(key+".mail_content", r.MailContent, ContentPDF, ContentTIFF, ContentBoth, ContentNotice)
	p.oneOf(key+".folder_content", r.FolderContent, ContentPDF, ContentTIFF, ContentBoth)
	seen := map[string]bool{}
	for _, to := range r.MailTo {
		p.address(key+".mail_to", to)
		p.elsewhere(key+".mail_to", to, own)
		p.wants(!seen[strings.ToLower(to)], key+".mail_to", "%s once", to)
		seen[strings.ToLower(to)] = true
	}
	if err := checkName(r.FolderName); err != nil {
		p.wants(false, key+".folder_name", "%w", err)
	}
}

// checkName lets only such templates through as make a plain file name of their own for each fax.
func checkName(name string) error {
	if !strings.Contains(name, "{id}") {
		return fmt.Errorf("{id} in it, so that each fax has a name of its own, not %q", name)
	}
	rest := name
	for _, f := range NameFields() {
		rest = strings.ReplaceAll(rest, f, "")
	}
	switch {
	case strings.ContainsAny(rest, "{}"):
		return fmt.Errorf("no other fields than %s, not %q", strings.Join(NameFields(), " "), name)
	case strings.ContainsAny(rest, `/\:*?"<>|`) || !printable(rest):
		return fmt.Errorf("a file name without a directory and without any of : * ? \" < > |, not %q", name)
	case strings.HasPrefix(name, "."):
		return errors.New("a file name that does not begin with a dot")
	case len(rest) > 80:
		return errors.New("at most 80 letters besides the fields")
	}
	return nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

func (c *Config) routePaths() []*string {
	var paths []*string
	for i := range c.Route {
		paths = append(paths, &c.Route[i].Folder)
	}
	return paths
}

// Weekdays are days of the week written as in "mon-fri" or "sat,sun": bit n is [time.Weekday] n. None means any.
type Weekdays uint8

// dayNames are in the order of a working week; "sun" is [time.Sunday].
var dayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Has tells whether the day is one of them.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// UnmarshalText reads "mon-fri", "sat,sun" or "fri-mon".
func (w *Weekdays) UnmarshalText(text []byte) error {
	*w = 0
	if len(text) == 0 {
		return nil
	}
	for item := range strings.SplitSeq(strings.ToLower(string(text)), ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(item), "-")
		if !ranged {
			last = first
		}
		from, till := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if from < 0 || till < 0 {
			return fmt.Errorf("%q are no days of the week: write mon-fri, or sat,sun", text)
		}
		for d := from; ; d = (d + 1) % 7 {
			*w |= 1 << ((d + 1) % 7)
			if d == till {
				break
			}
		}
	}
	return nil
}

// MarshalText writes the days, those in a row as "mon-fri".
func (w Weekdays) MarshalText() ([]byte, error) {
	var items []string
	for d := 0; d < 7; d++ {
		first := d
		for d < 7 && w.Has(time.Weekday((d+1)%7)) {
			d++
		}
		switch d - first {
		case 0:
		case 1:
			items = append(items, dayNames[first])
		case 2:
			items = append(items, dayNames[first], dayNames[first+1])
		default:
			items = append(items, dayNames[first]+"-"+dayNames[d-1])
		}
	}
	return []byte(strings.Join(items, ",")), nil
}

// Hours is a part of the day in minutes since midnight, Till not in it any more; with From after Till it goes over midnight. The zero value means any time.
type Hours struct{ From, Till int }

// Has tells whether the time of day of t, in its own zone, is within.
func (h Hours) Has(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if h.From < h.Till {
		return m >= h.From && m < h.Till
	}
	return m >= h.From || m < h.Till
}

// UnmarshalText reads "08:00-18:00".
func (h *Hours) UnmarshalText(text []byte) error {
	*h = Hours{}
	if len(text) == 0 {
		return nil
	}
	first, last, _ := strings.Cut(string(text), "-")
	from, err := minutes(first)
	till, err2 := minutes(last)
	if err != nil || err2 != nil || from == till || from == 24*60 {
		return fmt.Errorf("%q is no part of a day: write 08:00-18:00, or 18:00-08:00 for the night", text)
	}
	*h = Hours{from, till}
	return nil
}

func minutes(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}

// MarshalText writes "08:00-18:00".
func (h Hours) MarshalText() ([]byte, error) {
	if h == (Hours{}) {
		return nil, nil
	}
	return fmt.Appendf(nil, "%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.Till/60, h.Till%60), nil
}
