package feature

import (
	"errors"
	"slices"
	"strings"
)

// ErrTooComplex means that the normal form of an expression would be too large.
var ErrTooComplex = errors.New("the alternatives of the feature expression are too many to be worked out")

// The bounds of a normal form. Full-colour devices of RFC 2879 need some ten alternatives.
const (
	maxAlternatives = 300
	maxWork         = 300_000 // values looked at
)

// Set is a feature set in disjunctive normal form (RFC 2533 section 5): alternatives, of which each is a conjunction with one
// domain for each feature. The zero Set is empty: nothing suits it.
type Set struct {
	boxes []box
}

// box is one alternative. Features that are not in it may have any value.
type box struct {
	q      int // thousandths
	limits []limit
}

// limit is what one feature may be.
type limit struct {
	tag    string // in lower case, with the unit behind a blank if it is not the feature's own (RFC 2533 section 6.2)
	domain domain
}

// Collection is what a document is, by feature tag in lower case (RFC 2533 section 3.3). Of several values each is true in its
// way: a file in the layout of TIFF-minimal is a TIFF as well. A tag that is absent may be anything.
type Collection map[string][]Value

// Set works the normal form out. Calls of predicates that are defined in a where clause are resolved; for others library is
// asked, which may be nil; what stays unknown suits nothing, negated or not. The error is ErrTooComplex.
func (f Filter) Set(library func(name string) (Filter, bool)) (Set, error) {
	w := &worker{left: maxWork, library: library}
	clauses, best := []Filter{f}, f.quality(1000)
	if f.op == '|' { // only the quality of top-level clauses counts (RFC 2533 section 3.7)
		clauses = f.kids
	}
	var in *scope
	if len(f.where) > 0 {
		in = &scope{where: f.where}
	}
	var boxes []box
	for _, clause := range clauses {
		more, err := w.boxes(clause, false, in)
		if err != nil {
			return Set{}, err
		}
		q := clause.quality(best)
		for _, b := range more {
			b.q = q
			boxes = append(boxes, b)
		}
	}
	return reduced(boxes)
}

// quality is the q parameter in thousandths; missing or unreadable: what is given.
func (f Filter) quality(missing int) int {
	for _, p := range f.param {
		if !strings.EqualFold(p.name, "q") {
			continue
		}
		if n, ok := parseNumber(p.value); ok && n.Sign() >= 0 && n.Cmp(Int(1).number) <= 0 {
			thousandths, _ := n.Float64()
			return int(thousandths*1000 + 0.5)
		}
	}
	return missing
}

// Intersect gives what is in both sets, with the lower of two qualities: as RFC 2533 section 3.6 has it they rank, and nothing
// is computed with them. The error is ErrTooComplex.
func (s Set) Intersect(t Set) (Set, error) {
	w := &worker{left: maxWork}
	boxes, err := w.product(s.boxes, t.boxes)
	if err != nil {
		return Set{}, err
	}
	return reduced(boxes)
}

// Union gives what is in one of the sets. The error is ErrTooComplex.
func (s Set) Union(t Set) (Set, error) {
	return reduced(append(slices.Clone(s.boxes), t.boxes...))
}

// Empty tells whether nothing at all suits the set.
func (s Set) Empty() bool { return len(s.boxes) == 0 }

// Alternatives counts the conjunctions.
func (s Set) Alternatives() int { return len(s.boxes) }

// Match tells whether something suits both sets, and how well at best: 1 to 1000, the quality in thousandths. An alternative
// of quality 0 is no match.
func Match(s, t Set) (quality int, ok bool, err error) {
	both, err := s.Intersect(t)
	if err != nil {
		return 0, false, err
	}
	for _, b := range both.boxes {
		quality = max(quality, b.q)
	}
	return quality, quality > 0, nil
}

// Admits tells whether the document suits the set, and the best quality in thousandths with which it does. Only alternatives
// that pass the test count, if one is given.
func (s Set) Admits(c Collection, test func(Alternative) bool) (quality int, ok bool) {
	for _, b := range s.boxes {
		if b.q > quality && b.admits(c) && (test == nil || test(Alternative{b})) {
			quality = b.q
		}
	}
	return quality, quality > 0
}

// Alternative is one conjunction of a set.
type Alternative struct{ box box }

// Limits tells whether the alternative says anything about a feature: its tag in lower case.
func (a Alternative) Limits(tag string) bool {
	_, ok := a.box.limit(tag)
	return ok
}

// Names tells whether the alternative says by name what the feature may be, not only what it may not be.
func (a Alternative) Names(tag string) bool {
	l, ok := a.box.limit(tag)
	return ok && !l.domain.others && len(l.domain.names) > 0
}

// Allows tells whether the feature may have the value.
func (a Alternative) Allows(tag string, v Value) bool { return a.box.domain(tag).has(v) }

func (b box) admits(c Collection) bool {
	for _, l := range b.limits {
		if have, known := c[l.tag]; known && !slices.ContainsFunc(have, l.domain.has) {
			return false
		}
	}
	return true
}
