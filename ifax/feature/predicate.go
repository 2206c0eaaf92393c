package feature

import (
	"crypto/md5" //nolint:gosec // RFC 2938 names it; it identifies, it protects nothing
	"encoding/base32"
	"slices"
	"strings"
)

// Reference gives the name by which a feature set is referred to (RFC 2938 section 3.1): "h." and the MD5 of the text in
// base 32, for which white space is left out and letters are made capitals, except in strings. The text must be an expression.
func Reference(text string) string {
	var b strings.Builder
	quoted := false
	for _, c := range []byte(text) {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && c <= ' ':
			continue
		case !quoted && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		b.WriteByte(c)
	}
	sum := md5.Sum([]byte(b.String())) //nolint:gosec // as above
	return "h." + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

// References lists the hashed references that the expression calls and does not define itself, in order of appearance.
func (f Filter) References() []string {
	var names []string
	f.calls(nil, func(name string) {
		if isReference(name) {
			names = append(names, name)
		}
	})
	return names
}

// Wrong lists the predicates that are named by a hash and defined as something else: "it is an error" (RFC 2938 section
// 3.2.2), and the definition is not used.
func (f Filter) Wrong() []string {
	var names []string
	for _, p := range f.where {
		if !p.trusted() {
			names = append(names, p.Name)
		}
		names = append(names, p.Body.Wrong()...)
	}
	for _, kid := range f.kids {
		names = append(names, kid.Wrong()...)
	}
	return names
}

// calls visits the predicates that are called and not defined.
func (f Filter) calls(defined []string, visit func(name string)) {
	own := defined
	for _, p := range f.where {
		p.Body.calls(defined, visit)
		own = append(slices.Clip(own), strings.ToLower(p.Name))
	}
	if f.call != nil && !containsFold(own, f.call.name) {
		visit(f.call.name)
	}
	for _, kid := range f.kids {
		kid.calls(own, visit)
	}
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func isReference(name string) bool { return len(name) > 2 && strings.EqualFold(name[:2], "h.") }

// trusted tells whether a predicate that is named by a hash has it.
func (p Predicate) trusted() bool {
	return !isReference(p.Name) || strings.EqualFold(p.Name, Reference(p.raw))
}

// maxCalls bounds how deep predicates call each other.
const maxCalls = 16

// callBoxes puts the body of a predicate in the place of its call. What is not known, or called with other than feature tags
// for its parameters, suits nothing: nothing is assumed of it.
func (w *worker) callBoxes(c *call, negated bool, in *scope) ([]box, error) {
	if w.depth++; w.depth > maxCalls {
		return nil, ErrTooComplex
	}
	defer func() { w.depth-- }()
	if err := w.spend(1); err != nil {
		return nil, err
	}
	for s := in; s != nil; s = s.outer {
		for _, p := range s.where {
			if !strings.EqualFold(p.Name, c.name) {
				continue
			}
			if !p.trusted() || len(p.Params) != len(c.args) {
				return nil, nil
			}
			actual := map[string]string{}
			for i, formal := range p.Params {
				actual[strings.ToLower(formal)] = in.tag(c.args[i])
			}
			return w.boxes(p.Body, negated, &scope{outer: s.outer, actual: actual})
		}
	}
	if w.library != nil && len(c.args) == 0 {
		if f, ok := w.library(c.name); ok {
			return w.boxes(f, negated, nil)
		}
	}
	return nil, nil
}
