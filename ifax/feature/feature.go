// Package feature is the algebra of media feature sets: the expressions of RFC 2533 with the corrections of RFC 2738, their
// normal form, intersection and matching, quality values, named predicates, and the hashed references of RFC 2938. It knows
// nothing of fax; package ifax gives the tags of RFC 2879 their meaning.
package feature

import (
	"slices"
	"strings"
)

// Filter is a feature set expression (RFC 2533 section 4.1), as it was written.
type Filter struct {
	op    byte     // '&', '|' and '!' stand over kids; 0: an item or a call
	kids  []Filter // of '!' one
	item  *item
	call  *call
	param []param
	where []Predicate
}

// item compares a feature with values: "dpi>=200", "paper-size=[A4,B4]".
type item struct {
	tag     string // as written
	cmp     string // = <= >= and, outside the grammar but in RFC 2879 itself, < >
	entries []entry
	set     bool // written in brackets
}

// entry is a value, or a range if hi is set.
type entry struct {
	lo Value
	hi *Value
}

// call invokes a named predicate: "(h.MSB955PVIRT1QOHET9AJT5JM3O)", "(Res Res-x Res-y)".
type call struct {
	name string
	args []string
}

// param is behind a filter: ";q=0.8".
type param struct{ name, value string }

// Predicate is a named predicate with its body (RFC 2533 section 6.1.1).
type Predicate struct {
	Name   string
	Params []string // formal ones: they stand for feature tags
	Body   Filter
	raw    string // the body as written, for its hash
}

// Any joins filters by "or"; one alone stays as it is. There must be one at least.
func Any(filters ...Filter) Filter {
	if len(filters) == 1 {
		return filters[0]
	}
	return Filter{op: '|', kids: slices.Clone(filters)}
}

// All joins filters by "and"; one alone stays as it is. There must be one at least.
func All(filters ...Filter) Filter {
	if len(filters) == 1 {
		return filters[0]
	}
	return Filter{op: '&', kids: slices.Clone(filters)}
}

// Not negates a filter.
func Not(f Filter) Filter { return Filter{op: '!', kids: []Filter{f}} }

// Is compares a feature with values: it is one of them.
func Is(tag string, values ...Value) Filter {
	it := &item{tag: tag, cmp: "=", set: len(values) > 1}
	for _, v := range values {
		it.entries = append(it.entries, entry{lo: v})
	}
	return Filter{item: it}
}

// Rewrite gives the expression with other tags and values in its items. change gets each value with its tag in lower case, and
// gives what stands in its place: one value or several. It must give the same tag for all values of an item. Ranges keep their
// upper end, and named predicates stay as they are.
func (f Filter) Rewrite(change func(tag string, v Value) (string, []Value)) Filter {
	if f.item != nil {
		it := item{tag: f.item.tag, cmp: f.item.cmp, set: f.item.set}
		for _, e := range f.item.entries {
			var values []Value
			it.tag, values = change(strings.ToLower(f.item.tag), e.lo)
			for _, v := range values {
				it.entries = append(it.entries, entry{v, e.hi})
			}
		}
		it.set = it.set || len(it.entries) > 1
		f.item = &it
	}
	kids := make([]Filter, len(f.kids))
	for i, kid := range f.kids {
		kids[i] = kid.Rewrite(change)
	}
	f.kids = kids
	return f
}

// String is the expression in one line, one blank between filters: numbers, tokens and tags as they were spelled, because
// there are devices that compare texts.
func (f Filter) String() string {
	var b strings.Builder
	f.write(&b)
	return b.String()
}

func (f Filter) write(b *strings.Builder) {
	b.WriteByte('(')
	switch {
	case f.item != nil:
		f.item.write(b)
	case f.call != nil:
		b.WriteString(strings.Join(append([]string{f.call.name}, f.call.args...), " "))
	default:
		b.WriteByte(f.op)
		for _, kid := range f.kids {
			b.WriteByte(' ')
			kid.write(b)
		}
	}
	b.WriteByte(')')
	for _, p := range f.param {
		b.WriteString(";" + p.name + "=" + p.value)
	}
	f.writeWhere(b)
}

func (f Filter) writeWhere(b *strings.Builder) {
	if len(f.where) == 0 {
		return
	}
	b.WriteString(" where")
	for _, p := range f.where {
		b.WriteString(" (" + strings.Join(append([]string{p.Name}, p.Params...), " ") + ") :- ")
		p.Body.write(b)
	}
	b.WriteString(" end")
}

func (it *item) write(b *strings.Builder) {
	b.WriteString(it.tag + it.cmp)
	if it.set {
		b.WriteByte('[')
		defer b.WriteByte(']')
	}
	for i, e := range it.entries {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(e.lo.String())
		if e.hi != nil {
			b.WriteString(".." + e.hi.String())
		}
	}
}
