package pdf

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// Meta is what the file says about itself, in the document information dictionary (ISO 32000-1 section 14.3.3). Empty
// members are left out.
type Meta struct {
	Title    string
	Author   string
	Subject  string
	Producer string
	Created  time.Time
}

// dictionary gives the information dictionary.
func (m Meta) dictionary() string {
	var b strings.Builder
	b.WriteString("<<")
	text := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, " /%s %s", key, textString(value))
		}
	}
	text("Title", m.Title)
	text("Author", m.Author)
	text("Subject", m.Subject)
	text("Producer", m.Producer)
	if !m.Created.IsZero() {
		text("CreationDate", m.Created.UTC().Format("D:20060102150405Z"))
	}
	b.WriteString(" >>")
	return b.String()
}

// textString gives a string object: as it is when printable ASCII, else UTF-16 in hexadecimal (section 7.9.2.2).
func textString(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s) + ")"
	}
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}
