package feature

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// anything stands in the text of sets that are all or nothing, for which the grammar has no word.
const anything = "(| (any=TRUE) (! (any=TRUE)))"

// String writes the set in canonical form: alternatives in a fixed order, in each the features by name, numbers in lowest
// terms. Parsed again it gives an equal set.
func (s Set) String() string {
	switch len(s.boxes) {
	case 0:
		return "(! " + anything + ")"
	case 1:
		return s.boxes[0].String()
	}
	var b strings.Builder
	b.WriteString("(|")
	for _, x := range s.boxes {
		b.WriteString(" " + x.String())
	}
	return b.String() + ")"
}

func (b box) String() string {
	text := anything
	var parts []string
	for _, l := range b.limits {
		parts = append(parts, l.parts()...)
	}
	if len(parts) > 0 {
		text = joined('&', parts)
	}
	if b.q != 1000 {
		text += strings.TrimRight(fmt.Sprintf(";q=0.%03d", b.q), "0")
		text += map[bool]string{true: "0"}[b.q == 0]
	}
	return text
}

// joined puts filters together; one stays alone.
func joined(op byte, parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + string(op) + " " + strings.Join(parts, " ") + ")"
}

// parts are the filters that together limit the feature.
func (l limit) parts() []string {
	if l.domain.others {
		rest := limit{l.tag, l.domain.not()}
		return []string{"(! " + joined('&', rest.parts()) + ")"}
	}
	tag, unit, _ := strings.Cut(l.tag, " ")
	var either, points []string
	var entries []string
	for i, s := range l.domain.spans {
		if s.hiOpen && s.hi != nil {
			points = append(points, s.hi.RatString()+unit)
		}
		if s.loOpen && s.lo != nil && (i == 0 || l.domain.spans[i-1].hi.Cmp(s.lo) != 0) {
			points = append(points, s.lo.RatString()+unit)
		}
	}
	for _, s := range closed(l.domain.spans) {
		lo, hi := bound(s.lo, unit), bound(s.hi, unit)
		switch {
		case lo == "" && hi == "":
			either = append(either, "("+tag+"<=0"+unit+")", "("+tag+">=0"+unit+")")
		case lo == "":
			either = append(either, "("+tag+"<="+hi+")")
		case hi == "":
			either = append(either, "("+tag+">="+lo+")")
		case lo == hi:
			entries = append(entries, lo)
		default:
			entries = append(entries, lo+".."+hi)
		}
	}
	for _, key := range l.domain.sortedNames() {
		entries = append(entries, l.domain.names[key].String())
	}
	if len(entries) > 0 {
		either = append(either, "("+tag+"="+bracketed(entries)+")")
	}
	out := []string{joined('|', either)}
	if len(points) > 0 {
		out = append(out, "(! ("+tag+"="+bracketed(points)+"))")
	}
	return out
}

func bracketed(entries []string) string {
	if len(entries) == 1 && !strings.Contains(entries[0], "..") {
		return entries[0]
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func bound(n *big.Rat, unit string) string {
	if n == nil {
		return ""
	}
	return n.RatString() + unit
}

// closed adds their ends to intervals, and joins those that then touch.
func closed(spans []span) []span {
	var out []span
	for _, s := range spans {
		s.loOpen, s.hiOpen = false, false
		if n := len(out); n > 0 && s.lo != nil && out[n-1].hi != nil && out[n-1].hi.Cmp(s.lo) == 0 {
			out[n-1].hi = s.hi
			continue
		}
		out = append(out, s)
	}
	return slices.Clip(out)
}
