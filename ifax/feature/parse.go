package feature

import (
	"fmt"
	"strings"
)

// The bounds of an expression; a hostile receipt may carry anything.
const (
	maxLength = 64 << 10
	maxDepth  = 32
	maxTerms  = 2000
)

// SyntaxError says where an expression cannot be read.
type SyntaxError struct {
	Offset int // in octets
	Why    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at octet %d: %s", e.Offset, e.Why) }

// Parse reads a whole expression, white space between any two elements. Beyond the grammar it takes < and >, which RFC 2879
// uses itself, decimal fractions, and a range without brackets. An error is a *SyntaxError.
func Parse(text string) (Filter, error) {
	p := &parser{s: text}
	f, err := p.whole()
	if err != nil {
		return Filter{}, err
	}
	if p.space(); p.pos < len(p.s) {
		return Filter{}, p.fail("%q stands behind the expression", clip(p.s[p.pos:], 20))
	}
	return f, nil
}

// Mend reads an expression as Parse does, and one whose parentheses are not balanced, as in the examples of RFC 2530 section
// 3.1.2 and RFC 2879 sections 4.2 to 4.6 and its appendix B. Notes say in words what had to be guessed: a missing ")" is
// added behind a value and at the end; filters behind the end belong to the outermost list, and a ")" behind that is left out.
func Mend(text string) (f Filter, notes []string, err error) {
	if f, err = Parse(text); err == nil {
		return f, nil, nil
	}
	p := &parser{s: text, mend: true}
	if f, err = p.whole(); err != nil {
		return Filter{}, nil, err
	}
	return f, p.notes, p.mended(&f)
}

// mended reads what stands behind the end of an expression that ended too early.
func (p *parser) mended(f *Filter) error {
	for p.space(); p.pos < len(p.s); p.space() {
		if p.take(')') {
			p.note(`a ")" too many is left out`)
			continue
		}
		start := p.pos
		if err := p.definitions(f, 0); err != nil || p.pos > start {
			if err != nil {
				return err
			}
			continue
		}
		if p.peek() != '(' || f.op != '&' && f.op != '|' {
			return p.fail("%q stands behind the expression", clip(p.s[p.pos:], 20))
		}
		p.note(`the ")" before %q closes the expression too early`, clip(p.s[p.pos:], 30))
		more, err := p.filter(1)
		if err != nil {
			return err
		}
		f.kids = append(f.kids, more)
	}
	return nil
}

// parser reads an expression from left to right.
type parser struct {
	s     string
	pos   int
	terms int
	mend  bool
	notes []string
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.pos, fmt.Sprintf(format, args...)}
}

// note keeps what had to be guessed, once and not without end.
func (p *parser) note(format string, args ...any) {
	if words := fmt.Sprintf(format, args...); len(p.notes) < 10 {
		p.notes = append(p.notes, words)
	}
}

// clip keeps words in errors short.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

func (p *parser) whole() (Filter, error) {
	if len(p.s) > maxLength {
		return Filter{}, &SyntaxError{maxLength, fmt.Sprintf("it is longer than %d octets", maxLength)}
	}
	return p.filter(0)
}

// space passes over white space.
func (p *parser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// peek gives the next character that is no white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

// take consumes the character c after white space.
func (p *parser) take(c byte) bool {
	if p.peek() == c {
		p.pos++
		return true
	}
	return false
}

// term counts what the expression consists of.
func (p *parser) term() error {
	if p.terms++; p.terms > maxTerms {
		return p.fail("it has more than %d terms", maxTerms)
	}
	return nil
}

// filter reads "(" filtercomp ")" *( ";" parameter ) [ "where" … "end" ].
func (p *parser) filter(depth int) (Filter, error) {
	if err := p.term(); err != nil {
		return Filter{}, err
	}
	if depth > maxDepth {
		return Filter{}, p.fail("it is nested more than %d deep", maxDepth)
	}
	if !p.take('(') {
		return Filter{}, p.fail(`"(" is missing`)
	}
	f, err := p.component(depth)
	if err != nil {
		return Filter{}, err
	}
	if err := p.params(&f); err != nil { // RFC 2533 section 6.1.3 has them inside
		return Filter{}, err
	}
	if err := p.end(f); err != nil {
		return Filter{}, err
	}
	if err := p.params(&f); err != nil {
		return Filter{}, err
	}
	return f, p.definitions(&f, depth)
}

// end reads the ")" of a filter.
func (p *parser) end(f Filter) error {
	if p.take(')') {
		return nil
	}
	next := p.peek()
	if p.mend && (next == 0 || next == '(' && f.item != nil) {
		p.note(`a ")" is missing behind %q`, clip(strings.TrimSpace(p.s[max(0, p.pos-30):p.pos]), 30))
		return nil
	}
	return p.fail(`")" is missing`)
}

// component reads and, or, not, an item or the call of a predicate.
func (p *parser) component(depth int) (Filter, error) {
	op := p.peek()
	if op != '&' && op != '|' && op != '!' {
		return p.item()
	}
	p.pos++
	f := Filter{op: op}
	for p.peek() == '(' {
		kid, err := p.filter(depth + 1)
		if err != nil {
			return Filter{}, err
		}
		f.kids = append(f.kids, kid)
	}
	if len(f.kids) == 0 || op == '!' && len(f.kids) != 1 {
		return Filter{}, p.fail("%q has %d filters", op, len(f.kids))
	}
	return f, nil
}

// params reads any number of ";" name "=" value.
func (p *parser) params(f *Filter) error {
	for p.take(';') {
		if err := p.term(); err != nil {
			return err
		}
		p.space()
		name := p.word()
		if name == "" || !p.take('=') {
			return p.fail("behind ; stands no name=value")
		}
		var value string
		if p.peek() == '"' {
			text, err := p.quoted()
			if err != nil {
				return err
			}
			value = `"` + text + `"`
		} else {
			value = p.word()
		}
		if value == "" {
			return p.fail("the parameter %s has no value", clip(name, 40))
		}
		f.param = append(f.param, param{name, value})
	}
	return nil
}

// delimiters end a word.
const delimiters = "()[]=<>&|!\",; \t\r\n"

// word reads a run of visible characters that are no delimiters; empty: there is none.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] > ' ' && p.s[p.pos] < 0x7f && strings.IndexByte(delimiters, p.s[p.pos]) < 0 {
		p.pos++
	}
	return p.s[start:p.pos]
}

// quoted reads a string: visible ASCII characters and blanks.
func (p *parser) quoted() (string, error) {
	p.take('"')
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] >= ' ' && p.s[p.pos] < 0x7f && p.s[p.pos] != '"' {
		p.pos++
	}
	text := p.s[start:p.pos]
	if p.pos == len(p.s) {
		return "", p.fail("a closing quote is missing")
	}
	if p.s[p.pos] != '"' {
		return "", p.fail("%q stands in a string, which is of ASCII (RFC 2533 section 4.1)", p.s[p.pos])
	}
	p.pos++
	return text, nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
