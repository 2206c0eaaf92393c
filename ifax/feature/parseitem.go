package feature

import (
	"slices"
	"strings"
)

// item reads a comparison or the call of a predicate.
func (p *parser) item() (Filter, error) {
	p.space()
	name := p.word()
	if name == "" || !isLetter(name[0]) {
		return Filter{}, p.fail("a feature tag is missing")
	}
	cmp := p.comparison()
	if cmp == "" {
		return p.call(name)
	}
	it := &item{tag: name, cmp: cmp}
	if cmp == "=" && p.take('[') {
		it.set = true
		return Filter{item: it}, p.entries(it)
	}
	e, err := p.entry()
	if err == nil && e.hi != nil && cmp != "=" {
		err = p.fail("a range is compared with %s", cmp)
	}
	it.entries = []entry{e}
	return Filter{item: it}, err
}

// comparison reads an operator; empty: there is none.
func (p *parser) comparison() string {
	c := p.peek()
	if c != '=' && c != '<' && c != '>' {
		return ""
	}
	p.pos++
	if c != '=' && p.pos < len(p.s) && p.s[p.pos] == '=' {
		p.pos++
		return string(c) + "="
	}
	return string(c)
}

// call reads the arguments of a predicate.
func (p *parser) call(name string) (Filter, error) {
	c := &call{name: name}
	for p.space(); ; p.space() {
		arg := p.word()
		if arg == "" {
			return Filter{call: c}, nil
		}
		if err := p.term(); err != nil {
			return Filter{}, err
		}
		c.args = append(c.args, arg)
	}
}

// entries reads a set up to its bracket.
func (p *parser) entries(it *item) error {
	for {
		if err := p.term(); err != nil {
			return err
		}
		e, err := p.entry()
		if err != nil {
			return err
		}
		it.entries = append(it.entries, e)
		if p.take(']') {
			return nil
		}
		if !p.take(',') {
			return p.fail("the set of %s has no end", clip(it.tag, 40))
		}
	}
}

// entry reads a value or a range of numbers.
func (p *parser) entry() (entry, error) {
	lo, err := p.value()
	if err != nil {
		return entry{}, err
	}
	p.space()
	if !strings.HasPrefix(p.s[p.pos:], "..") {
		return entry{lo: lo}, nil
	}
	p.pos += 2
	hi, err := p.value()
	if err == nil && (lo.number == nil || hi.number == nil || !strings.EqualFold(lo.unit, hi.unit)) {
		err = p.fail("a range is between two numbers of one unit")
	}
	return entry{lo, &hi}, err
}

// value reads a string, a number with or without a unit, or a token.
func (p *parser) value() (Value, error) {
	c := p.peek()
	switch {
	case c == '"':
		text, err := p.quoted()
		return Value{text: text, quoted: true}, err
	case c == '+' || c == '-' || isDigit(c):
		return p.number()
	}
	text := p.token()
	if text == "" {
		return Value{}, p.fail("a value is missing")
	}
	return Value{text: text}, nil
}

// token reads a word that may stand before "..".
func (p *parser) token() string {
	start := p.pos
	text, _, _ := strings.Cut(p.word(), "..")
	p.pos = start + len(text)
	return text
}

// number reads a number. White space may stand before and behind the slash of a rational, and before a unit.
func (p *parser) number() (Value, error) {
	start := p.pos
	if p.s[p.pos] == '+' || p.s[p.pos] == '-' {
		p.pos++
		p.space()
	}
	p.digits()
	if p.pos+1 < len(p.s) && p.s[p.pos] == '.' && isDigit(p.s[p.pos+1]) {
		p.pos++
		p.digits()
	} else if p.peek() == '/' {
		p.pos++
		p.space()
		p.digits()
	}
	text := strings.Join(strings.Fields(p.s[start:p.pos]), "")
	n, ok := parseNumber(text)
	if !ok {
		return Value{}, p.fail("%q is no number", clip(text, 40))
	}
	v := Value{text: text, number: n}
	if isLetter(p.peek()) {
		v.unit = p.token()
		if strings.Trim(strings.ToLower(v.unit), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return v, p.fail("%q is no unit", clip(v.unit, 40))
		}
	}
	return v, nil
}

func (p *parser) digits() {
	for p.pos < len(p.s) && isDigit(p.s[p.pos]) {
		p.pos++
	}
}

// keyword consumes a word of the syntax, in either case.
func (p *parser) keyword(want string) bool {
	p.space()
	start := p.pos
	if strings.EqualFold(p.word(), want) {
		return true
	}
	p.pos = start
	return false
}

// definitions reads "where" 1*( "(" name *param ")" ":-" filter ) "end" (RFC 2533 section 6.1.3).
func (p *parser) definitions(f *Filter, depth int) error {
	if !p.keyword("where") {
		return nil
	}
	for !p.keyword("end") {
		d, err := p.definition(depth)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.where, func(o Predicate) bool { return strings.EqualFold(o.Name, d.Name) }) {
			return p.fail("the predicate %s is defined twice", clip(d.Name, 40))
		}
		f.where = append(f.where, d)
	}
	if len(f.where) == 0 {
		return p.fail("where defines nothing")
	}
	return nil
}

func (p *parser) definition(depth int) (Predicate, error) {
	if !p.take('(') {
		return Predicate{}, p.fail("the definition of a predicate, or end, is missing")
	}
	p.space()
	d := Predicate{Name: p.word()}
	if d.Name == "" || !isLetter(d.Name[0]) {
		return d, p.fail("a predicate has no name")
	}
	head, err := p.call(d.Name)
	if err != nil {
		return d, err
	}
	d.Params = head.call.args
	if !p.take(')') || !p.keyword(":-") {
		return d, p.fail(`")" and ":-" are missing behind the name of a predicate`)
	}
	p.space()
	start := p.pos
	d.Body, err = p.filter(depth + 1)
	d.raw = p.s[start:p.pos]
	return d, err
}
