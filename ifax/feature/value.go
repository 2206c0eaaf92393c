package feature

import (
	"math/big"
	"strconv"
	"strings"
)

// Value is the value of a feature: a number, a token or a string (RFC 2533 section 4.2.4). TRUE and FALSE are tokens.
type Value struct {
	text   string   // as written, without quotes and unit
	number *big.Rat // nil for tokens and strings
	unit   string   // of a number that is not in the feature's own unit: "dpi" in 72dpi
	quoted bool
}

// Int is a whole number.
func Int(n int64) Value { return Value{text: strconv.FormatInt(n, 10), number: big.NewRat(n, 1)} }

// Ratio is the rational number a/b, exactly; b must not be 0.
func Ratio(a, b int64) Value {
	return Value{text: strconv.FormatInt(a, 10) + "/" + strconv.FormatInt(b, 10), number: big.NewRat(a, b)}
}

// Token is a name, the same in either case.
func Token(s string) Value { return Value{text: s} }

// Text is a string; it matches exactly.
func Text(s string) Value { return Value{text: s, quoted: true} }

// Name gives a token or a string without its quotes, empty for a number.
func (v Value) Name() string {
	if v.number != nil {
		return ""
	}
	return v.text
}

// Quoted says whether the value is a string.
func (v Value) Quoted() bool { return v.quoted }

// String spells the value as it was.
func (v Value) String() string {
	if v.quoted {
		return `"` + v.text + `"`
	}
	return v.text + v.unit
}

// key is what makes tokens and strings equal. A token is what its lower case is, a string what it is: so "image/tiff" has to
// be spelled exactly, and the string "a4" is the token A4.
func (v Value) key() string {
	if v.quoted {
		return v.text
	}
	return strings.ToLower(v.text)
}

// maxDigits bounds the length of a number.
const maxDigits = 24

// parseNumber reads a number without white space, exactly: 204/98 is 102/49 and nothing else (RFC 2533 section 4.2.4.2). The
// sign stands only in front. A decimal fraction is outside the grammar, and taken.
func parseNumber(s string) (*big.Rat, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s) > maxDigits || len(s)-len(digits) > 1 || digits == "" || strings.Trim(digits, "0123456789/.") != "" {
		return nil, false
	}
	if strings.ContainsAny(digits[:1]+digits[len(digits)-1:], "/.") || strings.Contains(digits, ".") && strings.Contains(digits, "/") {
		return nil, false
	}
	return new(big.Rat).SetString(s) // refuses n/0, a/b/c and a.b.c
}

// Values lists the values in the items of an expression, the lower ends of ranges, in order of appearance.
func (f Filter) Values() []Value {
	var values []Value
	if f.item != nil {
		for _, e := range f.item.entries {
			values = append(values, e.lo)
		}
	}
	for _, kid := range f.kids {
		values = append(values, kid.Values()...)
	}
	return values
}
