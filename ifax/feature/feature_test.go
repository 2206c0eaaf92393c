package feature_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"faxgate/ifax/feature"
)

func parse(t testing.TB, text string) feature.Filter {
	t.Helper()
	f, err := feature.Parse(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return f
}

func set(t testing.TB, text string) feature.Set {
	t.Helper()
	s, err := parse(t, text).Set(nil)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// squeeze takes white space out. The random strings have none but one blank, which is no layout.
func squeeze(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(strings.ReplaceAll(s, "A b", "A_b")), ""), "A_b", "A b")
}

// TestRoundTrip reads a hundred thousand random expressions: what is printed says the same as what was written, and is read as
// the same.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(2533, 2738))
	for i := range 100_000 {
		x := randomTree(r, 4)
		text := x.text(r)
		f, err := feature.Parse(text)
		if err != nil {
			t.Fatalf("expression %d\n%s\n%v", i, text, err)
		}
		printed := f.String()
		if squeeze(printed) != squeeze(x.text(nil)) {
			t.Fatalf("expression %d\n%s\nis printed as\n%s", i, text, printed)
		}
		again, err := feature.Parse(printed)
		if err != nil || again.String() != printed {
			t.Fatalf("expression %d\n%s\nis read again as\n%s, %v", i, printed, again, err)
		}
	}
}

// collection gives the package the test's own document.
func collection(doc map[string]operand) feature.Collection {
	c := feature.Collection{}
	for tag, v := range doc {
		switch {
		case v.lo != nil:
			c[tag] = []feature.Value{feature.Ratio(v.lo.Num().Int64(), v.lo.Denom().Int64())}
		case v.quoted:
			c[tag] = []feature.Value{feature.Text(v.name)}
		default:
			c[tag] = []feature.Value{feature.Token(strings.ToUpper(v.name))}
		}
	}
	return c
}

// quiet takes quality values out: a quality of 0 is no match.
func (t tree) quiet() tree {
	t.q = ""
	kids := make([]tree, len(t.kids))
	for i, kid := range t.kids {
		kids[i] = kid.quiet()
	}
	t.kids = kids
	return t
}

// TestAdmits compares the normal form with a judge that knows the definition only: ten thousand random documents, each for a
// random expression, and once more for what the normal form is printed as.
func TestAdmits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	all, yes := universe(), 0
	for i := range 10_000 {
		x, doc := randomTree(r, 4).quiet(), map[string]operand{}
		for _, tag := range tags {
			doc[tag] = all[r.IntN(len(all))]
		}
		want, s := x.holds(doc), set(t, x.text(r))
		if _, got := s.Admits(collection(doc), nil); got != want {
			t.Fatalf("document %d, %v: %v, want %v\n%s\n%s", i, collection(doc), got, want, x.text(nil), s)
		}
		again := set(t, s.String())
		if _, got := again.Admits(collection(doc), nil); got != want || again.String() != s.String() {
			t.Fatalf("document %d, %v: %v, want %v\n%s\nis, printed and read again,\n%s", i, collection(doc), got, want, s, again)
		}
		if want {
			yes++
		}
	}
	if yes < 2000 || yes > 8000 {
		t.Errorf("%d of 10000 are admitted: that tells little", yes)
	}
}

// TestMatch compares intersection and matching with the attempt to find a document by trying all that there are.
func TestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	all := universe()
	for i := range 400 {
		a, b := randomTree(r, 2).quiet(), randomTree(r, 2).quiet()
		a.rename(r, tags[:2])
		b.rename(r, tags[:2])
		both := tree{op: "&", kids: []tree{a, b}}
		either := tree{op: "|", kids: []tree{a, b}}
		x, y := set(t, a.text(r)), set(t, b.text(r))
		meet, err := x.Intersect(y)
		if err != nil {
			t.Fatal(err)
		}
		join, err := x.Union(y)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, v := range all {
			for _, w := range all {
				doc := map[string]operand{tags[0]: v, tags[1]: w}
				want := both.holds(doc)
				found = found || want
				if _, got := meet.Admits(collection(doc), nil); got != want {
					t.Fatalf("pair %d: both admit %v: %v, want %v\n%s\n%s\n%s", i, collection(doc), got, want, a.text(nil), b.text(nil), meet)
				}
				if _, got := join.Admits(collection(doc), nil); got != either.holds(doc) {
					t.Fatalf("pair %d: one admits %v: %v\n%s\n%s\n%s", i, collection(doc), got, a.text(nil), b.text(nil), join)
				}
			}
		}
		if _, ok, err := feature.Match(x, y); ok != found || meet.Empty() == found || err != nil {
			t.Fatalf("pair %d: match %v, want %v, %v\n%s\n%s\n%s", i, ok, found, err, a.text(nil), b.text(nil), meet)
		}
	}
}

// rename keeps an expression to fewer tags.
func (t *tree) rename(r *rand.Rand, to []string) {
	if t.op == "" {
		t.tag = to[r.IntN(len(to))]
	}
	for i := range t.kids {
		t.kids[i].rename(r, to)
	}
}

// TestAbsentTags: what a document does not tell may be anything (RFC 2533 section 4.2.3), but only one thing at a time.
func TestAbsentTags(t *testing.T) {
	for text, want := range map[string]bool{
		"(x.unknown/tag=TRUE)":                                          true,
		"(! (x.unknown/tag=TRUE))":                                      true,
		"(& (x=1) (x=2))":                                               false,
		"(& (x=1) (! (x=1)))":                                           false,
		"(& (color=Binary) (x>=1) (x<=1))":                              true,
		"(& (color=Binary) (x>1) (x<=1))":                               false,
		"(& (color=grey) (x=1))":                                        false,
		"(! (| (& (x=1) (y=2)) (color=grey)))":                          true,
		"(res=72dpi)":                                                   true,
		"(& (dpi=204) (dpi=72dpcm))":                                    true, // another unit is another feature (section 6.2)
		"(dpi=[100,204..300])":                                          true,
		"(& (dpi=[100,204..300]) (! (dpi=204)))":                        false,
		"(h.SBB5REAOMHC09CP2GM4V07PQP0)":                                false, // not known, so nothing is assumed
		"(! (h.SBB5REAOMHC09CP2GM4V07PQP0))":                            false,
		"(| (color=Binary) (h.SBB5REAOMHC09CP2GM4V07PQP0))":             true,
		"(& (color=Binary) (! (| (dpi=100) (made-up a b))))":            false,
		`(type="image/tiff")`:                                           true,
		`(type="Image/TIFF")`:                                           false, // strings match exactly (section 4.2.4.4)
		`(COLOR=binarY)`:                                                true,
		`(color<=Binary)`:                                               true, // names have no order (section 4.2.2)
		`(color<=grey)`:                                                 false,
		"(dpi-xyratio=102/49)":                                          true, // 204/98, exactly
		"(dpi-xyratio=[2081632653/1000000000..2081632654/1000000000])":  true,
		"(dpi-xyratio=2.081632653)":                                     false,
		"(& (dpi>=204) (dpi<=204) (dpi>203) (dpi<205) (! (dpi=[205])))": true,
	} {
		doc := feature.Collection{
			"color": {feature.Token("binary")}, "dpi": {feature.Int(204)}, "dpi-xyratio": {feature.Ratio(204, 98)}, "type": {feature.Text("image/tiff")},
		}
		if _, got := set(t, text).Admits(doc, nil); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestQuality: the qualities of top-level clauses rank, others say nothing (RFC 2533 sections 3.6 and 3.7).
func TestQuality(t *testing.T) {
	s := set(t, "(| (& (color=grey) (dpi=200)) ;q=0.9 (& (color=Binary);q=0.1 (dpi=[200,300]));q=0.75 (color=full);q=0 (dpi=400))")
	for _, test := range []struct {
		color string
		dpi   int64
		want  int
	}{
		{"grey", 200, 900}, {"binary", 200, 750}, {"binary", 300, 750}, {"full", 200, 0}, {"full", 400, 1000}, {"grey", 300, 0},
	} {
		got, ok := s.Admits(feature.Collection{"color": {feature.Token(test.color)}, "dpi": {feature.Int(test.dpi)}}, nil)
		if got != test.want || ok != (got > 0) {
			t.Errorf("%s at %d: %d, %v, want %d", test.color, test.dpi, got, ok, test.want)
		}
	}
	if got, ok, err := feature.Match(s, set(t, "(& (color=[grey,binary]) (dpi<=300));q=0.8")); got != 800 || !ok || err != nil {
		t.Errorf("match: %d, %v, %v, want the lower of 0.9 and 0.8", got, ok, err)
	}
	if _, ok, _ := feature.Match(s, set(t, "(& (color=full) (dpi=200))")); ok {
		t.Error("a quality of 0 is a match")
	}
	better := set(t, "(| (& (a=1) (b=2)) (a=1);q=0.5 (& (a=1) (c=3));q=0.2)")
	if want := "(| (& (a=1) (b=2)) (a=1);q=0.5)"; better.String() != want { // what is no better than a wider alternative goes
		t.Errorf("%s, want %s", better, want)
	}
	const want = "(| (dpi=400) (& (color=grey) (dpi=200));q=0.9 (& (color=Binary) (dpi=[200,300]));q=0.75 (color=full);q=0.0)"
	if s.String() != want {
		t.Errorf("canonical\n%s\nwant\n%s", s, want)
	}
}

func ExampleSet_Intersect() {
	// What a receiver takes, and the two forms that a sender could make.
	receiver, _ := feature.Parse("(& (color=Binary) (image-coding=[MH,MR]) (dpi<=300) )")
	sender, _ := feature.Parse("(| (& (dpi=300) (image-coding=[MR,MMR])) (& (dpi=200) (image-coding=MH)) )")
	r, _ := receiver.Set(nil)
	s, _ := sender.Set(nil)
	both, _ := r.Intersect(s)
	fmt.Println(both)
	// Output: (| (& (color=Binary) (dpi=200) (image-coding=MH)) (& (color=Binary) (dpi=300) (image-coding=MR)))
}
