package feature

import (
	"maps"
	"math/big"
	"slices"
	"strings"
)

// domain is a set of values that one feature may have: intervals of numbers, and tokens and strings of which either those
// named are in it, or all others. Unlike the four relations of RFC 2533 section 5.5 it is closed under union, intersection
// and complement, so that a constraint on a feature is always one domain.
type domain struct {
	spans  []span           // in ascending order, neither overlapping nor touching
	names  map[string]Value // by key
	others bool             // all tokens and strings but names
}

// span is an interval of numbers; a nil end is infinite.
type span struct {
	lo, hi         *big.Rat
	loOpen, hiOpen bool // the end itself does not belong to it
}

// none has no value in it, every one has all.
func none() domain { return domain{} }

func every() domain { return domain{spans: []span{{}}, others: true} }

// only has one value in it.
func only(v Value) domain {
	if v.number != nil {
		return domain{spans: []span{{lo: v.number, hi: v.number}}}
	}
	return domain{names: map[string]Value{v.key(): v}}
}

// numbers has the numbers between two ends in it; a nil one is infinite.
func numbers(lo, hi *big.Rat, loOpen, hiOpen bool) domain {
	s := span{lo, hi, loOpen, hiOpen}
	if s.empty() {
		return none()
	}
	return domain{spans: []span{s}}
}

func (s span) empty() bool {
	if s.lo == nil || s.hi == nil {
		return false
	}
	c := s.lo.Cmp(s.hi)
	return c > 0 || c == 0 && (s.loOpen || s.hiOpen)
}

func (d domain) empty() bool { return len(d.spans) == 0 && len(d.names) == 0 && !d.others }

func (d domain) full() bool {
	return len(d.spans) == 1 && d.spans[0].lo == nil && d.spans[0].hi == nil && d.others && len(d.names) == 0
}

// size is what an operation on the domain costs.
func (d domain) size() int { return 1 + len(d.spans) + len(d.names) }

// has tells whether the value is in the domain.
func (d domain) has(v Value) bool {
	if v.number == nil {
		_, named := d.names[v.key()]
		return named != d.others
	}
	i, _ := slices.BinarySearchFunc(d.spans, v.number, func(s span, n *big.Rat) int {
		if s.hi == nil {
			return 1
		}
		if c := s.hi.Cmp(n); c != 0 || !s.hiOpen {
			return c
		}
		return -1
	})
	if i == len(d.spans) {
		return false
	}
	s := d.spans[i]
	if s.lo == nil {
		return true
	}
	c := s.lo.Cmp(v.number)
	return c < 0 || c == 0 && !s.loOpen
}

// not has everything else in it.
func (d domain) not() domain {
	out := domain{names: d.names, others: !d.others}
	gap := span{}
	for _, s := range d.spans {
		gap.hi, gap.hiOpen = s.lo, !s.loOpen
		if s.lo != nil && !gap.empty() {
			out.spans = append(out.spans, gap)
		}
		if s.hi == nil {
			return out
		}
		gap = span{lo: s.hi, loOpen: !s.hiOpen}
	}
	out.spans = append(out.spans, gap)
	return out
}

// and has what is in both.
func (d domain) and(e domain) domain {
	var out domain
	for i, j := 0, 0; i < len(d.spans) && j < len(e.spans); {
		a, b := d.spans[i], e.spans[j]
		if both := a.and(b); !both.empty() {
			out.spans = append(out.spans, both)
		}
		if a.endsBefore(b) {
			i++
		} else {
			j++
		}
	}
	out.names, out.others = d.bothNames(e), d.others && e.others
	return out
}

// or has what is in one of them.
func (d domain) or(e domain) domain { return d.not().and(e.not()).not() }

// contains tells whether all of e is in d.
func (d domain) contains(e domain) bool { return d.not().and(e).empty() }

// bothNames are the names that remain in an intersection, or that it leaves out.
func (d domain) bothNames(e domain) map[string]Value {
	if !d.others && e.others {
		d, e = e, d
	}
	names := map[string]Value{}
	for key, v := range e.names {
		if _, in := d.names[key]; in != d.others || d.others && e.others {
			names[key] = v
		}
	}
	if d.others && e.others { // both leave names out: all of them are left out
		maps.Copy(names, d.names)
	}
	return names
}

// and is the interval common to both; it may be empty.
func (s span) and(t span) span {
	if t.lo != nil && (s.lo == nil || s.lo.Cmp(t.lo) < 0) {
		s.lo, s.loOpen = t.lo, t.loOpen
	} else if t.lo != nil && s.lo.Cmp(t.lo) == 0 {
		s.loOpen = s.loOpen || t.loOpen
	}
	if t.hi != nil && (s.hi == nil || s.hi.Cmp(t.hi) > 0) {
		s.hi, s.hiOpen = t.hi, t.hiOpen
	} else if t.hi != nil && s.hi.Cmp(t.hi) == 0 {
		s.hiOpen = s.hiOpen || t.hiOpen
	}
	return s
}

// endsBefore orders intervals by their upper ends.
func (s span) endsBefore(t span) bool {
	if s.hi == nil || t.hi == nil {
		return t.hi == nil && s.hi != nil
	}
	c := s.hi.Cmp(t.hi)
	return c < 0 || c == 0 && s.hiOpen && !t.hiOpen
}

// id is the same for equal domains.
func (d domain) id() string {
	var b strings.Builder
	for _, s := range d.spans {
		end(&b, s.lo, s.loOpen)
		end(&b, s.hi, s.hiOpen)
	}
	if d.others {
		b.WriteByte('^')
	}
	for _, key := range d.sortedNames() {
		b.WriteString(`"` + key)
	}
	return b.String()
}

func end(b *strings.Builder, n *big.Rat, open bool) {
	if n != nil {
		b.WriteString(n.RatString())
	}
	if open {
		b.WriteByte('~')
	}
	b.WriteByte(',')
}

func (d domain) sortedNames() []string {
	keys := make([]string, 0, len(d.names))
	for key := range d.names {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
