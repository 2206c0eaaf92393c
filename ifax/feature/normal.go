package feature

import (
	"slices"
	"strings"
)

// worker builds a normal form and counts what it costs.
type worker struct {
	left    int
	library func(name string) (Filter, bool)
	depth   int
}

func (w *worker) spend(n int) error {
	if w.left -= n; w.left < 0 {
		return ErrTooComplex
	}
	return nil
}

// scope is where the predicates that can be called are found: those of a where clause with the tags that stand for formal
// parameters. Predicates of one clause do not see each other, only what is around the clause (RFC 2533 section 6.1.3).
type scope struct {
	outer  *scope
	where  []Predicate
	actual map[string]string // formal parameter to feature tag, both in lower case
}

// boxes gives the alternatives of a filter, or of its negation. Negations move inwards to the items, whose domains are then
// turned round (RFC 2533 sections 5.4 and 5.5).
func (w *worker) boxes(f Filter, negated bool, in *scope) ([]box, error) {
	if len(f.where) > 0 {
		in = &scope{outer: in, where: f.where}
	}
	switch {
	case f.item != nil:
		return w.itemBoxes(f.item, negated, in)
	case f.call != nil:
		return w.callBoxes(f.call, negated, in)
	case f.op == '!':
		return w.boxes(f.kids[0], !negated, in)
	case (f.op == '&') == negated:
		return w.either(f.kids, negated, in)
	}
	all := []box{{q: 1000}}
	for _, kid := range f.kids {
		more, err := w.boxes(kid, negated, in)
		if err != nil {
			return nil, err
		}
		if all, err = w.product(all, more); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (w *worker) either(kids []Filter, negated bool, in *scope) ([]box, error) {
	var all []box
	for _, kid := range kids {
		more, err := w.boxes(kid, negated, in)
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > 2*maxAlternatives {
			all = merged(all)
		}
		if len(all) > 2*maxAlternatives {
			return nil, ErrTooComplex
		}
	}
	if len(all) > 1 {
		all = merged(all)
	}
	return all, nil
}

// itemBoxes gives one alternative for each unit: a feature in another unit is another feature (RFC 2533 section 6.2).
func (w *worker) itemBoxes(it *item, negated bool, in *scope) ([]box, error) {
	byTag := map[string]domain{}
	tag := in.tag(it.tag)
	for _, e := range it.entries {
		key := tag
		if e.lo.unit != "" {
			key += " " + strings.ToLower(e.lo.unit)
		}
		d := byTag[key].or(e.domain(it.cmp))
		if err := w.spend(d.size()); err != nil {
			return nil, err
		}
		byTag[key] = d
	}
	if !negated {
		var out []box
		for key, d := range byTag {
			if !d.empty() {
				out = append(out, box{1000, []limit{{key, d}}})
			}
		}
		slices.SortFunc(out, func(a, b box) int { return strings.Compare(a.limits[0].tag, b.limits[0].tag) })
		return out, nil
	}
	b := box{q: 1000}
	for key, d := range byTag {
		b.limits = append(b.limits, limit{key, d.not()})
	}
	slices.SortFunc(b.limits, func(x, y limit) int { return strings.Compare(x.tag, y.tag) })
	return []box{b}, nil
}

// domain is what an entry of an item stands for. Tokens and strings have no order: every comparison is equality.
func (e entry) domain(cmp string) domain {
	n := e.lo.number
	switch {
	case n == nil:
		return only(e.lo)
	case e.hi != nil:
		return numbers(n, e.hi.number, false, false)
	case cmp == "<=" || cmp == "<":
		return numbers(nil, n, false, cmp == "<")
	case cmp == ">=" || cmp == ">":
		return numbers(n, nil, cmp == ">", false)
	}
	return only(e.lo)
}

// tag is the feature tag that a name stands for, in lower case.
func (s *scope) tag(name string) string {
	name = strings.ToLower(name)
	if s == nil {
		return name
	}
	if actual, ok := s.actual[name]; ok {
		return actual
	}
	return s.outer.tag(name)
}

// product gives what suits an alternative of both.
func (w *worker) product(a, b []box) ([]box, error) {
	var out []box
	for _, x := range a {
		for _, y := range b {
			z, ok, err := w.and(x, y)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, z)
			}
		}
		if len(out) > 4*maxAlternatives {
			out = merged(out)
		}
		if len(out) > 4*maxAlternatives {
			return nil, ErrTooComplex
		}
	}
	return out, nil
}

// and joins two alternatives; false: nothing suits both.
func (w *worker) and(x, y box) (box, bool, error) {
	z := box{q: min(x.q, y.q), limits: make([]limit, 0, len(x.limits)+len(y.limits))}
	for i, j := 0, 0; i < len(x.limits) || j < len(y.limits); {
		switch order := compareAt(x.limits, i, y.limits, j); {
		case order < 0:
			z.limits = append(z.limits, x.limits[i])
			i++
		case order > 0:
			z.limits = append(z.limits, y.limits[j])
			j++
		default:
			if err := w.spend(x.limits[i].domain.size() + y.limits[j].domain.size()); err != nil {
				return z, false, err
			}
			d := x.limits[i].domain.and(y.limits[j].domain)
			if d.empty() {
				return z, false, nil
			}
			z.limits = append(z.limits, limit{x.limits[i].tag, d})
			i++
			j++
		}
	}
	return z, true, w.spend(1 + len(z.limits))
}

// compareAt orders the next limits of two alternatives by tag; one that is at its end comes last.
func compareAt(a []limit, i int, b []limit, j int) int {
	switch {
	case i == len(a):
		return 1
	case j == len(b):
		return -1
	}
	return strings.Compare(a[i].tag, b[j].tag)
}
