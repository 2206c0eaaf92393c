package ifax

import (
	"errors"
	"fmt"
	"strings"
)

// FaxNumber is what a fax address of RFC 3191, 3192 and 2846 names.
type FaxNumber struct {
	// Phone is "+" and digits for a global number, else a local one with its exit code and pauses; separators
	// are taken out.
	Phone string
	// Subaddress is T33S, digits.
	Subaddress string
	// Extra are the other elements, verbatim: "ISUB=12", "ATTN=Smith". RFC 3191 section 2 wants them preserved.
	Extra []string
}

// isFax tells a local part that begins with FAX=.
func isFax(local string) bool {
	_, ok := cutPrefixFold(strings.TrimPrefix(local, "/"), "FAX=")
	return ok
}

// parseFax reads "FAX=+12025550123/T33S=12", with optional slashes around it.
func parseFax(local string) (*FaxNumber, error) {
	elements := strings.Split(strings.TrimSuffix(strings.TrimPrefix(local, "/"), "/"), "/")
	number, _ := cutPrefixFold(elements[0], "FAX=")
	f := &FaxNumber{Phone: withoutSeparators(number)}
	if err := checkPhone(f.Phone); err != nil {
		return nil, err
	}
	for _, element := range elements[1:] {
		digits, ok := cutPrefixFold(element, "T33S=")
		switch {
		case ok && f.Subaddress != "":
			return nil, errors.New("it has two subaddresses (T33S); write one address for each (RFC 3192 section 4.1)")
		case ok:
			if f.Subaddress = withoutSeparators(digits); f.Subaddress == "" || strings.Trim(f.Subaddress, "0123456789") != "" {
				return nil, fmt.Errorf("the subaddress T33S=%s must have digits only", digits)
			}
		case element == "":
			return nil, errors.New("it has two slashes without anything between them")
		default:
			f.Extra = append(f.Extra, element)
		}
	}
	return f, nil
}

// withoutSeparators takes the hyphens and dots out that people write for reading (RFC 3191 section 2.1).
func withoutSeparators(number string) string {
	return strings.NewReplacer("-", "", ".", "").Replace(number)
}

// checkPhone takes a global number, "+" and digits, or a local one with dialling characters (RFC 2846).
func checkPhone(phone string) error {
	digits, global := strings.CutPrefix(phone, "+")
	switch {
	case digits == "":
		return errors.New("there is no number behind FAX=")
	case global && strings.Trim(digits, "0123456789") != "":
		return errors.New("a number that begins with + has digits only, and - and . between them")
	case !global && strings.Trim(phone, "0123456789#*ABCDabcdPpWw") != "":
		return errors.New("a local number has digits, # * A to D, and p or w for pauses only")
	}
	return nil
}

// String writes the local part: no slash around it, no separators (RFC 3191 section 2).
func (f FaxNumber) String() string {
	var b strings.Builder
	b.WriteString("FAX=" + f.Phone)
	if f.Subaddress != "" {
		b.WriteString("/T33S=" + f.Subaddress)
	}
	for _, element := range f.Extra {
		b.WriteString("/" + element)
	}
	return b.String()
}

// FaxAddress makes the address of a fax number at a gateway's domain.
func FaxAddress(f FaxNumber, domain string) (Address, error) {
	a := Address{Local: f.String(), Domain: domain}
	return ParseAddress(a.String())
}
