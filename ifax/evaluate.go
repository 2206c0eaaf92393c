package ifax

import (
	"math/big"
	"strings"
)

// facts are what a candidate document is, by feature tag in lower case. Several values mean that it is all of
// them: a file in the layout of TIFF-minimal is a TIFF-limited and a TIFF as well. A tag that is absent
// constrains nothing, whichever way it is asked for: unknown tags must not break a match (RFC 2533 section
// 4.2.3).
type facts map[string][]value

// token, text and number make values.
func token(s string) value { return value{text: s} }

func text(s string) value { return value{text: s, quoted: true} }

func number(r *big.Rat) value { return value{lo: r, hi: r} }

// admits tells whether a document with these facts satisfies the expression. want is false below an odd
// number of negations.
func (n node) admits(f facts, want bool) bool {
	switch n.op {
	case '!':
		return n.kids[0].admits(f, !want)
	case '&', '|':
		// By De Morgan a negated "and" needs one kid that is not admitted, and so on.
		all := (n.op == '&') == want
		for _, kid := range n.kids {
			if kid.admits(f, want) != all {
				return !all
			}
		}
		return all
	}
	have, known := f[strings.ToLower(n.attr)]
	if !known {
		return true
	}
	return n.holds(have) == want
}

// holds tells whether one of the document's values satisfies the item.
func (n node) holds(have []value) bool {
	for _, h := range have {
		for _, v := range n.values {
			if compare(n.cmp, h, v) {
				return true
			}
		}
	}
	return false
}

// compare compares the document's value with the one in the expression. Only numbers have an order; for
// others every comparison is equality (RFC 2738). Strings are compared without case: a media type written
// Image/TIFF is meant all the same.
func compare(cmp string, have, want value) bool {
	if have.lo == nil || want.lo == nil {
		return have.lo == nil && want.lo == nil && strings.EqualFold(have.text, want.text)
	}
	switch cmp {
	case "<=":
		return have.lo.Cmp(want.hi) <= 0
	case ">=":
		return have.lo.Cmp(want.lo) >= 0
	case "<":
		return have.lo.Cmp(want.hi) < 0
	case ">":
		return have.lo.Cmp(want.lo) > 0
	}
	return have.lo.Cmp(want.lo) >= 0 && have.lo.Cmp(want.hi) <= 0
}
