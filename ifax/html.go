package ifax

import (
	"html"
	"strings"
)

// htmlLimit bounds what is looked at of an HTML part.
const htmlLimit = 1 << 20

// htmlText gives the words of an HTML part, simply: blocks and breaks become lines, cells are set apart, script
// and style go, entities are undone. It is for mails that have no other text.
func htmlText(s string) string {
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:open])
		s = s[open:]
		if strings.HasPrefix(s, "<!--") {
			_, s, _ = strings.Cut(s[4:], "-->")
			continue
		}
		name, rest, ok := cutTag(s)
		if !ok {
			b.WriteString("&lt;")
			s = s[1:]
			continue
		}
		s = rest
		b.WriteString(spacing(name))
		if hidden(name) {
			s = afterClosing(s, name)
		}
	}
	return collapse(html.UnescapeString(b.String()))
}

// cutTag reads "<name attributes>"; quotes may hide a ">". false for a "<" that begins no tag.
func cutTag(s string) (name, rest string, ok bool) {
	i := 1
	for i < len(s) && (s[i] == '/' || s[i] == '!' || s[i] == '?' || isAlnum(s[i])) {
		i++
	}
	if i == 1 {
		return "", s, false
	}
	name = strings.ToLower(s[1:i])
	var quote byte
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c == '>':
			return name, s[i+1:], true
		}
	}
	return name, "", true
}

// isAlnum tells ASCII letters and digits.
func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// spacing is what a tag puts into the text. U+0001 stands for a line end until collapse.
func spacing(name string) string {
	switch strings.TrimSuffix(strings.TrimPrefix(name, "/"), "/") {
	case "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "pre", "title":
		return "\x01"
	case "td", "th":
		return " "
	}
	return ""
}

// hidden tells elements whose content is not for readers.
func hidden(name string) bool { return name == "script" || name == "style" || name == "head" }

// afterClosing skips to behind the closing tag.
func afterClosing(s, name string) string {
	for {
		start := strings.Index(s, "</")
		if start < 0 {
			return ""
		}
		s = s[start:]
		if len(s) >= 2+len(name) && strings.EqualFold(s[2:2+len(name)], name) {
			_, rest, _ := cutTag(s)
			return rest
		}
		s = s[2:]
	}
}

// collapse makes one blank of white space, and at most one empty line between lines.
func collapse(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\x01") {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
