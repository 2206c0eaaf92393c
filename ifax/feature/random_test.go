package feature_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
)

// tree is an expression as the tests build it; it is printed and judged here with nothing of the package's own.
type tree struct {
	op     string // & | ! or empty
	kids   []tree
	tag    string
	cmp    string
	values []operand
	q      string
}

// operand is a number, a range of numbers, or a name.
type operand struct {
	lo, hi *big.Rat
	spelt  string // of a number: as it is written
	upper  string // the same of the end of a range
	name   string
	quoted bool
}

// The tags and values of random expressions. Few, so that they meet.
var (
	tags    = []string{"dpi", "dpi-xyratio", "color", "u.x:y/z%20"}
	names   = []string{"binary", "grey", "full", "true"}
	strange = []string{"4:1:1", "image/tiff", "A b"}
)

// number writes a small rational in one of its many spellings.
func number(r *rand.Rand) (*big.Rat, string) {
	n, d, times := r.Int64N(7)-2, r.Int64N(2)+1, r.Int64N(3)+1
	if d == 1 && r.IntN(2) == 0 {
		return big.NewRat(n, 1), fmt.Sprint(n)
	}
	sign := ""
	if n > 0 && r.IntN(4) == 0 {
		sign = "+"
	}
	return big.NewRat(n, d), fmt.Sprintf("%s%d/%d", sign, n*times, d*times)
}

func randomOperand(r *rand.Rand, ranges bool) operand {
	switch k := r.IntN(10); {
	case k < 4:
		return operand{name: names[r.IntN(len(names))]}
	case k < 5:
		return operand{name: strange[r.IntN(len(strange))], quoted: true}
	}
	var o operand
	o.lo, o.spelt = number(r)
	if ranges && r.IntN(3) == 0 {
		o.hi, o.upper = number(r)
	}
	return o
}

// randomTree makes an expression of at most so many levels.
func randomTree(r *rand.Rand, depth int) tree {
	var t tree
	if depth == 0 || r.IntN(3) == 0 {
		t = tree{tag: tags[r.IntN(len(tags))], cmp: []string{"=", "=", "=", "<=", ">=", "<", ">"}[r.IntN(7)]}
		for range 1 + r.IntN(4)*r.IntN(2) {
			t.values = append(t.values, randomOperand(r, true))
		}
		if len(t.values) > 1 || t.values[0].hi != nil {
			t.cmp = "="
		}
	} else {
		t.op = []string{"&", "&", "|", "|", "!"}[r.IntN(5)]
		for range map[bool]int{true: 1, false: 1 + r.IntN(4)}[t.op == "!"] {
			t.kids = append(t.kids, randomTree(r, depth-1))
		}
	}
	if r.IntN(10) == 0 {
		t.q = fmt.Sprintf("0.%d", r.IntN(10))
	}
	return t
}

// gap is the white space that may stand between two elements.
func gap(r *rand.Rand) string {
	if r == nil {
		return ""
	}
	return []string{"", "", "", " ", "\r\n ", "\t", "  "}[r.IntN(7)]
}

// text writes the expression, with r in a random layout.
func (t tree) text(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("(" + gap(r))
	if t.op != "" {
		b.WriteString(t.op)
		for _, kid := range t.kids {
			b.WriteString(gap(r) + kid.text(r))
		}
	} else {
		b.WriteString(t.tag + gap(r) + t.cmp + gap(r))
		set := len(t.values) > 1 || t.values[0].hi != nil
		if set {
			b.WriteString("[" + gap(r))
		}
		for i, v := range t.values {
			if i > 0 {
				b.WriteString(gap(r) + "," + gap(r))
			}
			b.WriteString(v.text(r))
		}
		if set {
			b.WriteString(gap(r) + "]")
		}
	}
	b.WriteString(gap(r) + ")")
	if t.q != "" {
		b.WriteString(gap(r) + ";" + gap(r) + "q" + gap(r) + "=" + gap(r) + t.q)
	}
	return b.String()
}

func (o operand) text(r *rand.Rand) string {
	switch {
	case o.quoted:
		return `"` + o.name + `"`
	case o.lo == nil:
		return o.name
	case o.hi != nil:
		return o.spelt + gap(r) + ".." + gap(r) + o.upper
	}
	return o.spelt
}

// holds judges the expression for a document, straight from the definition in RFC 2533 section 4.2.
func (t tree) holds(doc map[string]operand) bool {
	switch t.op {
	case "&":
		return !slices.ContainsFunc(t.kids, func(k tree) bool { return !k.holds(doc) })
	case "|":
		return slices.ContainsFunc(t.kids, func(k tree) bool { return k.holds(doc) })
	case "!":
		return !t.kids[0].holds(doc)
	}
	return slices.ContainsFunc(t.values, func(v operand) bool { return compare(doc[t.tag], t.cmp, v) })
}

func compare(have operand, cmp string, want operand) bool {
	switch {
	case have.lo == nil || want.lo == nil:
		return have.lo == nil && want.lo == nil && have.name == want.name
	case want.hi != nil:
		return have.lo.Cmp(want.lo) >= 0 && have.lo.Cmp(want.hi) <= 0
	}
	c := have.lo.Cmp(want.lo)
	return strings.Contains(cmp, "=") && c == 0 || strings.Contains(cmp, "<") && c < 0 || strings.Contains(cmp, ">") && c > 0
}

// universe has every value that random expressions can tell apart: their numbers, some between and beyond them, their names,
// and one that they do not have.
func universe() []operand {
	var all []operand
	for n := int64(-9); n <= 19; n++ {
		all = append(all, operand{lo: big.NewRat(n, 4)})
	}
	for _, name := range append(append([]string{"other"}, names...), strange...) {
		all = append(all, operand{name: name, quoted: strings.ContainsAny(name, "/: ")})
	}
	return all
}
