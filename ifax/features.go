package ifax

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Bounds of a feature expression; a hostile MDN may carry anything.
const (
	featureLength = 64 << 10
	featureDepth  = 32
	featureTerms  = 1000
	numberLength  = 24
)

// node is one filter of RFC 2533 section 4: an item when op is 0, else '&', '|' or '!' over its kids.
type node struct {
	op     byte
	kids   []node
	attr   string // as written
	cmp    string // = <= >= and, outside the grammar but in RFC 2879 itself, < >
	values []value
	set    bool // written in brackets
}

// value is a token, a string, or a number or range of numbers. The text is as written: some devices compare
// patterns, so a ratio such as 204/98 is never reduced.
type value struct {
	text   string
	quoted bool
	lo, hi *big.Rat // nil for tokens and strings; equal when it is no range
}

// featureParser reads an expression of RFC 2533 with the correction of RFC 2738.
type featureParser struct {
	s     string
	pos   int
	terms int
}

// parseFeatures reads a whole expression; parameters such as ";q=0.5" behind it are passed over.
func parseFeatures(text string) (node, error) {
	if len(text) > featureLength {
		return node{}, fmt.Errorf("it is longer than %d octets", featureLength)
	}
	p := &featureParser{s: text}
	n, err := p.filter(0)
	if err != nil {
		return node{}, fmt.Errorf("at octet %d: %w", p.pos, err)
	}
	p.space()
	if rest := p.s[p.pos:]; rest != "" && rest[0] != ';' {
		return node{}, fmt.Errorf("at octet %d: %q stands behind the expression", p.pos, clip(rest, 20))
	}
	return n, nil
}

// space passes over white space, which may stand between any two elements.
func (p *featureParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// take consumes the character c after white space.
func (p *featureParser) take(c byte) bool {
	p.space()
	if p.pos < len(p.s) && p.s[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// peek gives the next character that is no white space, 0 at the end.
func (p *featureParser) peek() byte {
	p.space()
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

// filter reads "(" filtercomp ")".
func (p *featureParser) filter(depth int) (node, error) {
	if p.terms++; p.terms > featureTerms {
		return node{}, fmt.Errorf("it has more than %d terms", featureTerms)
	}
	if depth > featureDepth {
		return node{}, fmt.Errorf("it is nested more than %d deep", featureDepth)
	}
	if !p.take('(') {
		return node{}, errors.New(`"(" is missing`)
	}
	n, err := p.component(depth)
	if err != nil {
		return node{}, err
	}
	for p.take(';') { // Parameters inside have no meaning (RFC 2533 section 4.1).
		p.run("()")
	}
	if !p.take(')') {
		return node{}, errors.New(`")" is missing`)
	}
	return n, nil
}

// component reads and, or, not or an item.
func (p *featureParser) component(depth int) (node, error) {
	op := p.peek()
	if op != '&' && op != '|' && op != '!' {
		return p.item()
	}
	p.pos++
	n := node{op: op}
	for p.peek() == '(' {
		kid, err := p.filter(depth + 1)
		if err != nil {
			return node{}, err
		}
		n.kids = append(n.kids, kid)
	}
	if len(n.kids) == 0 || op == '!' && len(n.kids) != 1 {
		return node{}, fmt.Errorf("%q has %d filters", op, len(n.kids))
	}
	return n, nil
}

// run reads up to one of the stop characters.
func (p *featureParser) run(stop string) string {
	start := p.pos
	for p.pos < len(p.s) && strings.IndexByte(stop, p.s[p.pos]) < 0 {
		p.pos++
	}
	return p.s[start:p.pos]
}

// item reads "attr cmp value" or "attr=[value,value..value]".
func (p *featureParser) item() (node, error) {
	p.space()
	n := node{attr: p.run("=<>()[]\",; \t\r\n")}
	if n.attr == "" || !isAlnum(n.attr[0]) {
		return node{}, errors.New("a feature tag is missing")
	}
	switch {
	case p.take('='):
		n.cmp = "="
	case p.take('<'):
		n.cmp = "<"
	case p.take('>'):
		n.cmp = ">"
	default:
		return node{}, fmt.Errorf("%q is compared with nothing; named predicates and hashed references (RFC 2938) cannot be resolved", clip(n.attr, 40))
	}
	if n.cmp != "=" && p.pos < len(p.s) && p.s[p.pos] == '=' {
		p.pos++
		n.cmp += "="
	}
	if p.take('[') {
		n.set = true
		return n, p.entries(&n)
	}
	v, err := p.value(n.cmp == "=")
	n.values = []value{v}
	return n, err
}

// entries reads a set up to its bracket.
func (p *featureParser) entries(n *node) error {
	for {
		if p.terms++; p.terms > featureTerms {
			return fmt.Errorf("it has more than %d terms", featureTerms)
		}
		v, err := p.value(true)
		if err != nil {
			return err
		}
		n.values = append(n.values, v)
		if p.take(']') {
			return nil
		}
		if !p.take(',') {
			return fmt.Errorf("the set of %s has no end", clip(n.attr, 40))
		}
	}
}

// value reads a string, token, number or range.
func (p *featureParser) value(ranges bool) (value, error) {
	if p.take('"') {
		text := p.run("\"")
		if !p.take('"') {
			return value{}, errors.New("a closing quote is missing")
		}
		return value{text: text, quoted: true}, nil
	}
	text := p.run("()[]\",; \t\r\n")
	if text == "" {
		return value{}, errors.New("a value is missing")
	}
	if lo, hi, ok := strings.Cut(text, ".."); ok && ranges {
		return rangeValue(text, lo, hi)
	}
	if strings.IndexByte("+-0123456789", text[0]) < 0 {
		return value{text: text}, nil
	}
	number, err := parseNumber(text)
	return value{text: text, lo: number, hi: number}, err
}

// rangeValue reads "a..b".
func rangeValue(text, lo, hi string) (value, error) {
	low, err := parseNumber(lo)
	if err != nil {
		return value{}, err
	}
	high, err := parseNumber(hi)
	return value{text: text, lo: low, hi: high}, err
}

// parseNumber reads an integer or a rational, exactly: 204/98 is 102/49 and nothing else (RFC 2533 section
// 4.2.4.2). A decimal fraction is outside the grammar and taken.
func parseNumber(text string) (*big.Rat, error) {
	if len(text) > numberLength || strings.Trim(text, "+-0123456789/.") != "" {
		return nil, fmt.Errorf("%q is no number", clip(text, 40))
	}
	if n, ok := new(big.Rat).SetString(text); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%q is no number", clip(text, 40))
}

// write writes the canonical text: one blank between filters, everything else as it was spelled.
func (n node) write(b *strings.Builder) {
	b.WriteByte('(')
	defer b.WriteByte(')')
	if n.op != 0 {
		b.WriteByte(n.op)
		for _, kid := range n.kids {
			b.WriteByte(' ')
			kid.write(b)
		}
		return
	}
	b.WriteString(n.attr + n.cmp)
	if n.set {
		b.WriteByte('[')
		defer b.WriteByte(']')
	}
	for i, v := range n.values {
		if i > 0 {
			b.WriteByte(',')
		}
		if v.quoted {
			b.WriteString(`"` + v.text + `"`)
		} else {
			b.WriteString(v.text)
		}
	}
}

// mentions tells whether an item is about the feature tag, and with a value if one is given.
func (n node) mentions(attr string, values ...string) bool {
	if n.op == 0 {
		if !strings.EqualFold(n.attr, attr) {
			return false
		}
		for _, v := range n.values {
			for _, want := range values {
				if strings.EqualFold(v.text, want) {
					return true
				}
			}
		}
		return len(values) == 0
	}
	for _, kid := range n.kids {
		if kid.mentions(attr, values...) {
			return true
		}
	}
	return false
}
