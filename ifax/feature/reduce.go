package feature

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// reduced makes a set of alternatives: those that another one contains are left out, those that differ in one feature only
// become one. What remains has a fixed order: by quality, then by text.
func reduced(boxes []box) (Set, error) {
	boxes = merged(boxes)
	if len(boxes) > maxAlternatives {
		return Set{}, ErrTooComplex
	}
	var kept []box
	for i, b := range boxes {
		inside := func(o box) bool { return o.q >= b.q && o.contains(b) }
		if !slices.ContainsFunc(kept, inside) && !slices.ContainsFunc(boxes[i+1:], inside) {
			kept = append(kept, b)
		}
	}
	slices.SortStableFunc(kept, func(a, b box) int {
		if a.q != b.q {
			return b.q - a.q
		}
		return strings.Compare(a.id(""), b.id(""))
	})
	return Set{kept}, nil
}

// merged joins alternatives of one quality that differ in a single feature, as long as there are any. Limits that leave
// everything open go.
func merged(boxes []box) []box {
	for i := range boxes {
		boxes[i].limits = slices.DeleteFunc(slices.Clone(boxes[i].limits), func(l limit) bool { return l.domain.full() })
	}
	const rounds = 8 // an expression of RFC 2879 takes two or three; more only for hostile ones, which stay a little longer
	for range rounds {
		before := len(boxes)
		h := hasher{seed: maphash.MakeSeed()}
		sums := make([]uint64, len(boxes))
		for i, b := range boxes {
			sums[i] = h.sum(b)
		}
		for _, tag := range tagsOf(boxes) {
			boxes, sums = h.mergedBy(boxes, sums, tag)
		}
		if len(boxes) == before || len(boxes) < 2 {
			break
		}
	}
	return boxes
}

func tagsOf(boxes []box) []string {
	seen := map[string]bool{}
	for _, b := range boxes {
		for _, l := range b.limits {
			seen[l.tag] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// hasher finds alternatives that may be equal but for one feature: the sum of what its limits hash to stands for an
// alternative, so that one can be taken out.
type hasher struct{ seed maphash.Seed }

func (h hasher) limit(l limit) uint64 { return maphash.String(h.seed, l.tag+"\t"+l.domain.id()) }

func (h hasher) sum(b box) uint64 {
	sum := uint64(b.q)
	for _, l := range b.limits {
		sum += h.limit(l)
	}
	return sum
}

// mergedBy joins alternatives that differ in nothing but the feature.
func (h hasher) mergedBy(boxes []box, sums []uint64, tag string) ([]box, []uint64) {
	first := map[uint64]int{}
	out, outSums := boxes[:0:0], sums[:0:0]
	for i, b := range boxes {
		key := sums[i]
		if l, ok := b.limit(tag); ok {
			key -= h.limit(l)
		}
		j, known := first[key]
		if !known || out[j].id(tag) != b.id(tag) {
			first[key] = len(out)
			out, outSums = append(out, b), append(outSums, sums[i])
			continue
		}
		out[j] = out[j].withOr(b, tag)
		outSums[j] = h.sum(out[j])
	}
	return out, outSums
}

// withOr widens a feature by what it may be in another alternative.
func (b box) withOr(o box, tag string) box {
	d := b.domain(tag).or(o.domain(tag))
	limits := slices.DeleteFunc(slices.Clone(b.limits), func(l limit) bool { return l.tag == tag })
	if !d.full() {
		at, _ := slices.BinarySearchFunc(limits, tag, func(l limit, tag string) int { return strings.Compare(l.tag, tag) })
		limits = slices.Insert(limits, at, limit{tag, d})
	}
	return box{b.q, limits}
}

// limit finds what a feature is limited to, if it is.
func (b box) limit(tag string) (limit, bool) {
	i, ok := slices.BinarySearchFunc(b.limits, tag, func(l limit, tag string) int { return strings.Compare(l.tag, tag) })
	if !ok {
		return limit{}, false
	}
	return b.limits[i], true
}

// domain is what a feature may be.
func (b box) domain(tag string) domain {
	if l, ok := b.limit(tag); ok {
		return l.domain
	}
	return every()
}

// id is the same for equal alternatives, leaving one feature out of account.
func (b box) id(without string) string {
	var s strings.Builder
	s.WriteString(Int(int64(b.q)).text)
	for _, l := range b.limits {
		if l.tag != without {
			s.WriteString("\n" + l.tag + "\t" + l.domain.id())
		}
	}
	return s.String()
}

// contains tells whether everything that suits o suits b.
func (b box) contains(o box) bool {
	for _, l := range b.limits {
		if !l.domain.contains(o.domain(l.tag)) {
			return false
		}
	}
	return true
}
