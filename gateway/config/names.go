package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What office machines allow (settings.md D6, D10, D12), and as many slots as two digits name.
const (
	maxName   = 30
	maxDevice = 80
	maxSlots  = 99
)

// placeholders are what a subject template may ask for.
var placeholders = []string{"{device}", "{name}", "{number}", "{pages}", "{from}", "{to}", "{date}"}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func (f *Fax) checkNames(p *problems) {
	p.wants(len(f.Names) <= maxSlots, "fax.names", "at most %d names, not %d", maxSlots, len(f.Names))
	for i, n := range f.Names {
		key := fmt.Sprintf("fax.names[%d]", i)
		p.wants(utf8.RuneCountInString(n) <= maxName, key, "at most %d characters, not %d", maxName, utf8.RuneCountInString(n))
		p.wants(!strings.ContainsFunc(n, unicode.IsControl), key, "a name on one line")
	}
	p.wants(!strings.ContainsFunc(f.Name, unicode.IsControl), "fax.name", "a name on one line")
	slot := f.DefaultName
	p.wants(slot >= 0 && slot <= len(f.Names) && (slot == 0 || f.Names[slot-1] != ""), "fax.default_name", "the number of a slot of fax.names that has a name, or 0, not %d", slot)
	p.wants(utf8.RuneCountInString(f.Device) <= maxDevice && !strings.ContainsFunc(f.Device, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }),
		"fax.device", "at most %d characters without spaces", maxDevice)
	p.wants(!strings.ContainsFunc(f.Subject, unicode.IsControl), "fax.subject", "a subject on one line")
	for _, word := range placeholder.FindAllString(f.Subject, -1) {
		p.wants(slices.Contains(placeholders, word), "fax.subject", "only %s, not %s", strings.Join(placeholders, " "), word)
	}
}

// SenderName is the sender name that is chosen by the number of its slot or by the name itself; false: there is no such name. Without a choice it is the default one.
func (f *Fax) SenderName(choice string) (string, bool) {
	choice = strings.TrimSpace(choice)
	if choice == "" {
		choice = strconv.Itoa(f.DefaultName)
	}
	if n, err := strconv.Atoi(choice); err == nil && n >= 0 && n <= len(f.Names) {
		if n == 0 {
			return f.Name, true
		}
		return f.Names[n-1], f.Names[n-1] != ""
	}
	for _, n := range append([]string{f.Name}, f.Names...) {
		if n != "" && strings.EqualFold(n, choice) {
			return n, true
		}
	}
	return "", false
}

// DeviceName is what {device} stands for in the subject.
func (c *Config) DeviceName() string {
	if c.Fax.Device != "" {
		return c.Fax.Device
	}
	return c.Hostname
}

// SubjectOf fills the template; words are the values of its placeholders without their braces.
func (f *Fax) SubjectOf(words map[string]string) string {
	subject := placeholder.ReplaceAllStringFunc(f.Subject, func(word string) string { return words[strings.Trim(word, "{}")] })
	return strings.Join(strings.Fields(subject), " ")
}
