package feature_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax/feature"
)

// example reads an expression as an RFC prints it: the file's name has its number and section.
func example(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "rfc", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRFCExamples reads the examples of seven RFCs, the malformed ones too, and asks what they admit: a document of RFC 2879
// by its tags.
func TestRFCExamples(t *testing.T) {
	bilevel := map[string]string{
		"color": "Binary", "image-coding": "MH", "dpi": "204", "dpi-xyratio": "204/196", "paper-size": "A4", "ua-media": "stationery", "mrc-mode": "0",
	}
	fine := with(bilevel, "dpi", "300", "dpi-xyratio", "1", "image-coding", "MMR")
	grey := with(bilevel, "color", "grey", "image-coding", "JPEG", "dpi", "200", "dpi-xyratio", "1", "image-coding-constraint", "JPEG-T4E", "color-levels", "256")
	full := with(grey, "color", "full", "color-levels", "16777216", "color-subsampling", `"4:1:1"`)
	for name, want := range map[string]string{ // how often it had to be mended, and which of the four it admits
		"2530-3.1.1":        "0 bilevel fine fine-in-MR",
		"2530-3.1.2":        "1", // none has a ratio of 2
		"2533-4.3":          "0 bilevel fine grey full fine-in-MR",
		"2533-6.1.5":        "0 bilevel fine grey full fine-in-MR",
		"2533-7.1-receiver": "0", // its colour is a number
		"2533-7.1-sender":   "0 fine-in-MR",
		"2879-4.1":          "0 bilevel",
		"2879-4.2":          "2 bilevel fine fine-in-MR",
		"2879-4.3":          "0 bilevel fine grey full fine-in-MR", // mended by chance: its size stands beside its colours, by "or"
		"2879-4.4":          "2 bilevel fine grey full fine-in-MR",
		"2879-4.5":          "2 bilevel fine grey full fine-in-MR",
		"2879-4.6":          "7", // its parentheses make it grey and full colour at a time
		"2879-4.7-receiver": "0 fine-in-MR",
		"2879-4.7-sender":   "0 fine",
		"2879-4.7-both":     "0",
		"2879-B-TIFF-S":     "1 bilevel",
		"2879-B-TIFF-F":     "0 bilevel fine fine-in-MR",
		"2912-4.2":          "0",
		"2913-4.2":          "0",
		"2938-4-reference":  "0", // of a reference that is not known nothing is assumed
		"2938-4-inline":     "0",
		"2938-4-formats":    "0", // its definition has another hash, and must not be used
		"2938-4-simple":     "0 bilevel",
		"2938-4-colour":     "2 bilevel fine grey full fine-in-MR",
		"3297-8.1":          "0",
	} {
		f, notes, err := feature.Mend(example(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := f.Set(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := string(rune('0' + len(notes)))
		for _, d := range []struct {
			name string
			doc  map[string]string
		}{{"bilevel", bilevel}, {"fine", fine}, {"grey", grey}, {"full", full}, {"fine-in-MR", with(fine, "image-coding", "MR")}} {
			if _, ok := s.Admits(document(t, d.doc), nil); ok {
				got += " " + d.name
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s\nnotes %q\n%s", name, got, want, notes, s)
		}
		if _, err := feature.Parse(f.String()); err != nil {
			t.Errorf("%s: mended it is %s: %v", name, f, err)
		}
	}
}

// with gives a document with other values.
func with(doc map[string]string, pairs ...string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, doc)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// document reads values as they stand in an expression.
func document(t testing.TB, doc map[string]string) feature.Collection {
	t.Helper()
	c := feature.Collection{}
	for tag, v := range doc {
		c[tag] = parse(t, "(x="+v+")").Values()
	}
	return c
}

// TestWorkedExamples does what RFC 2533 section 7.1 and RFC 2879 section 4.7 work out, and comes to what they print.
func TestWorkedExamples(t *testing.T) {
	for _, test := range []struct{ sender, receiver, want string }{
		{
			example(t, "2533-7.1-sender"), example(t, "2533-7.1-receiver"),
			"(| (& (dpi=300) (grey=2) (color=0) (image-coding=MR)) (& (dpi=200) (grey=2) (color=0) (image-coding=MH)) )",
		},
		{ // the receiver's misspelt tag apart, which is another tag and would admit more
			example(t, "2879-4.7-sender"), strings.Replace(example(t, "2879-4.7-receiver"), "dpi-xyatio", "dpi-xyratio", 1), example(t, "2879-4.7-both"),
		},
		{ // RFC 2533 sections 3.4.1 to 3.4.3
			"(| (& (pix-x=750) (pix-y=500) (color=15)) (& (dpi>=150) (papersize=iso-A4)))",
			"(| (& (| (& (pix-x<=640) (pix-y<=480) (color<=16777216)) (& (pix-x<=800) (pix-y<=600) (color<=65535)) (& (pix-x<=1024) (pix-y<=768) (color<=256)))" +
				" (ua-media=screen)) (& (dpi=300) (ua-media=stationery) (papersize=iso-A4)))",
			"(| (& (pix-x=750) (pix-y=500) (color=15) (ua-media=screen))" +
				" (& (dpi>=150) (papersize=iso-A4) (ua-media=screen) (| (& (pix-x<=640) (pix-y<=480) (color<=16777216)) (& (pix-x<=800) (pix-y<=600) (color<=65535))" +
				" (& (pix-x<=1024) (pix-y<=768) (color<=256))))" +
				" (& (pix-x=750) (pix-y=500) (color=15) (dpi=300) (ua-media=stationery) (papersize=iso-A4))" +
				" (& (dpi=300) (ua-media=stationery) (papersize=iso-A4)))",
		},
	} {
		both, err := set(t, test.sender).Intersect(set(t, test.receiver))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(set(t, test.want).String(), both.String()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// TestReference has the hashes that RFC 2938 prints in its sections 3 and 4. That of its second example, QGEO…, is not the
// hash of the text printed with it.
func TestReference(t *testing.T) {
	const common = `(& (image-coding=JPEG)
           (image-coding-constraint=JPEG-T4E)
           (color-space=CIELAB)
           (color-illuminant=D50)
           (CIELAB-L-min>=0)
           (CIELAB-L-max<=100)
           (dpi=[100,200,300]) (dpi-xyratio=1) )`
	for text, want := range map[string]string{
		"(& (pix-x<=200) (pix-y<=150) )":  "h.SBB5REAOMHC09CP2GM4V07PQP0",
		"(&(PIX-X<=200)\t(pix-Y<=150))\n": "h.SBB5REAOMHC09CP2GM4V07PQP0",
		example(t, "2938-4-simple"):       "h.MSB955PVIRT1QOHET9AJT5JM3O",
		common:                            "h.QVSEM8V2LMJ8VOR7V682J7079O",
	} {
		if got := feature.Reference(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if feature.Reference(`(a="b c")`) == feature.Reference(`(a="bc")`) || feature.Reference(`(a="b")`) == feature.Reference(`(a="B")`) {
		t.Error("strings are changed before they are hashed")
	}
}

// TestPredicates calls predicates that are defined in the expression, in a library, wrongly, and not at all.
func TestPredicates(t *testing.T) {
	simple := parse(t, example(t, "2938-4-simple"))
	library := func(name string) (feature.Filter, bool) {
		return simple, strings.EqualFold(name, "h.MSB955PVIRT1QOHET9AJT5JM3O")
	}
	for text, want := range map[string]string{
		example(t, "2938-4-inline"):              "(& (dpi=100) (pix-x<=200) (pix-y<=150))",
		example(t, "2938-4-reference"):           "(! (| (any=TRUE) (! (any=TRUE))))",
		"(h.msb955pvirt1qohet9ajt5jm3o)":         mustSet(t, simple).String(),
		"(! (! (h.MSB955PVIRT1QOHET9AJT5JM3O)))": mustSet(t, simple).String(),
		// RFC 2938 section 3: the constraints of both hold.
		"(& (pix-x=100) (pix-y<=300) (h.SBB5REAOMHC09CP2GM4V07PQP0)) where (h.SBB5REAOMHC09CP2GM4V07PQP0) :- (& (pix-x<=200) (pix-y<=150) ) end": "(& (pix-x=100) (pix-y<=150))",
		"(& (a=1) (h.SBB5REAOMHC09CP2GM4V07PQP0)) where (h.SBB5REAOMHC09CP2GM4V07PQP0) :- (& (pix-x<=201) (pix-y<=150) ) end":                    "(! (| (any=TRUE) (! (any=TRUE))))",
		"(| (a=1) (p)) where (p) :- (b=2) (q) :- (p) end":                        "(| (a=1) (b=2))",
		"(| (a=1) (q)) where (p) :- (b=2) (q) :- (p) end":                        "(a=1)", // predicates of one clause do not see each other
		"(p a b) where (p x y) :- (& (x=1) (y=2) (z=3)) end":                     "(& (a=1) (b=2) (z=3))",
		"(p b a) where (p a b) :- (& (a=1) (b=2)) end":                           "(& (a=2) (b=1))",
		"(p a) where (p x y) :- (& (x=1) (y=2)) end":                             "(! (| (any=TRUE) (! (any=TRUE))))",
		"(! (p a)) where (p x) :- (& (x=1) (q x)) where (q y) :- (y<=3) end end": "(! (a=1))",
	} {
		s, err := parse(t, text).Set(library)
		if err != nil || s.String() != want {
			t.Errorf("%s\n%s, %v, want\n%s", text, s, err, want)
		}
	}
	if got := parse(t, example(t, "2938-4-formats")).Wrong(); !cmp.Equal(got, []string{"h.QGEOPMCF02P09QC016CEPU22FO"}) {
		t.Errorf("wrong definitions: %q", got)
	}
	if got := parse(t, "(& (h.A1) (Res x) (h.B2)) where (h.B2) :- (h.C3) end").References(); !cmp.Equal(got, []string{"h.C3", "h.A1"}) {
		t.Errorf("references without definition: %q", got)
	}
}

func mustSet(t testing.TB, f feature.Filter) feature.Set {
	t.Helper()
	s, err := f.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseExplains(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `"(" is missing`,
		"color=Binary":              `"(" is missing`,
		"(color=Binary":             `")" is missing`,
		"(color=Binary))":           "stands behind",
		"(& )":                      "0 filters",
		"(! (a=b) (c=d))":           "2 filters",
		"()":                        "feature tag is missing",
		"(=b)":                      "feature tag is missing",
		"(9=b)":                     "feature tag is missing",
		"(a=)":                      "value is missing",
		"(a=[b,c)":                  "no end",
		"(a=[])":                    "value is missing",
		`(a="b)`:                    "closing quote",
		"(a=\"b\r\nc\")":            "ASCII",
		"(a=\"\xe9\")":              "ASCII",
		"(dpi=1/0)":                 "no number",
		"(dpi=3/+2)":                "no number",
		"(dpi=15/-10)":              "no number",
		"(dpi=+-3)":                 "no number",
		"(dpi=1/2/3)":               `")" is missing`,
		"(dpi=1..z)":                "two numbers",
		"(dpi<=1..2)":               "compared with <=",
		"(dpi=[1..2dpi])":           "two numbers",
		"(dpi=[a..b])":              "two numbers",
		"(dpi=20x_)":                "no unit",
		"(a=b);":                    "no name=value",
		"(a=b);q":                   "no name=value",
		"(a=b);q=":                  "no value",
		"(a=b) where end":           "defines nothing",
		"(a) where (a) end":         ":-",
		"(a) where () :- (b=c) end": "no name",
		"(a) where (a) :- (b=c) (A) :- (b=d) end":                       "twice",
		"(a) where (a) :- (b=c)":                                        "or end, is missing",
		"(dpi=" + strings.Repeat("9", 30) + ")":                         "no number",
		strings.Repeat("(& ", 500) + "(a=b)" + strings.Repeat(")", 500): "nested",
		"(& " + strings.Repeat("(a=b)", 5000) + ")":                     "terms",
		"(a=[" + strings.Repeat("b,", 5000) + "b])":                     "terms",
		"(a " + strings.Repeat("b ", 5000) + ")":                        "terms",
		"(a=b)" + strings.Repeat(";c=d", 5000):                          "terms",
		"(a=" + strings.Repeat("b", 70_000) + ")":                       "longer",
	} {
		_, err := feature.Parse(text)
		if se := (*feature.SyntaxError)(nil); !errors.As(err, &se) || !strings.Contains(err.Error(), want) || se.Offset > len(text) {
			t.Errorf("%.60q: error %v, want %q in it", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"(& (a=1) (| (b=2) (c=3":                "(& (a=1) (| (b=2) (c=3)))",
		"(& (a=1)) (b=2) )":                     "(& (a=1) (b=2))",
		"(& (a=[1,2] (b=2) )":                   "(& (a=[1,2]) (b=2))",
		"(a=1))))":                              "(a=1)",
		"(& (p)) (a=1)) where (p) :- (b=2) end": "(& (p) (a=1)) where (p) :- (b=2) end",
	} {
		if f, notes, err := feature.Mend(text); err != nil || f.String() != want || len(notes) == 0 {
			t.Errorf("%s: mended %s, %q, %v, want %s", text, f, notes, err, want)
		}
	}
	for _, text := range []string{"(a=1) (b=2)", "(& (a=1)) x", "(a=1) ] )", "(& (a=1)) where (b=2) end"} {
		if f, notes, err := feature.Mend(text); err == nil {
			t.Errorf("%s: mended %s, %q, want an error", text, f, notes)
		}
	}
}

// TestTooComplex: an expression made to have millions of alternatives is given up in well under a second.
func TestTooComplex(t *testing.T) {
	var wide, deep, long strings.Builder
	for i := range 60 {
		wide.WriteString(strings.ReplaceAll("(| (a#=1) (b#=2) (c#=3))", "#", string(rune('A'+i%26))+string(rune('a'+i/26))))
	}
	for range 30 {
		deep.WriteString("(| (& (a=1) (b=2)) (! (| (c<=3) (d>=4) ")
	}
	for i := range 900 {
		long.WriteString("(x" + strings.Repeat("y", i%30) + string(rune('a'+i/30)) + "=1)")
	}
	long.WriteString("(| ")
	for i := range 500 {
		long.WriteString("(& (z=" + strings.Repeat("q", i) + ") (w=" + strings.Repeat("r", i) + "s))")
	}
	for name, text := range map[string]string{
		"wide": "(& " + wide.String() + ")",
		"not":  "(! (| " + strings.ReplaceAll(wide.String(), "(| ", "(& ") + "))",
		"deep": deep.String() + "(e=5)",
		"long": "(& " + long.String(),
	} {
		f, _, err := feature.Mend(text)
		if err != nil && name != "deep" && name != "long" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		start := time.Now()
		s, err := f.Set(nil)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		endless := name == "wide" || name == "not"
		if given := errors.Is(err, feature.ErrTooComplex); endless && !given || !given && (err != nil || s.Alternatives() > 300) {
			t.Errorf("%s: %d alternatives, %v", name, s.Alternatives(), err)
		}
	}
}

func FuzzMend(f *testing.F) {
	files, err := filepath.Glob("testdata/rfc/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		f.Add(example(f, strings.TrimSuffix(filepath.Base(file), ".txt")))
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, _, err := feature.Mend(text)
		if err != nil {
			return
		}
		printed := x.String()
		again, err := feature.Parse(printed)
		if err != nil || again.String() != printed {
			t.Fatalf("%q is printed as %q and read again as %q, %v", text, printed, again, err)
		}
		s, err := x.Set(nil)
		if err != nil {
			return
		}
		canonical, err := parse(t, s.String()).Set(nil)
		if err != nil || canonical.String() != s.String() {
			t.Fatalf("%q has the normal form %q, which read again is %q, %v", text, s, canonical, err)
		}
		if both, err := s.Intersect(s); err != nil || both.String() != s.String() {
			t.Fatalf("%q: what it has in common with itself is %q, not %q, %v", text, both, s, err)
		}
	})
}
