package ifax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/codec"
	"faxgate/ifax"
)

// words is what Words says of the expressions in testdata/features, in the order of their names.
var words = map[string]string{
	"e1-simple":                   "MH; 200x100, 204x98, 200x200, 204x196; Letter, A4",
	"e2-profile-f":                "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196, 204x391, 300x300, 400x400, 408x391; Letter, A4, Legal, B4, A3",
	"e3-600-dpi":                  "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196, 200x400, 204x391, 300x300, 400x400, 408x391, 600x600; Letter, A4, Legal, B4, A3",
	"e4-profile-j":                "MH, MR, MMR, JBIG; 200x100, 204x98, 200x200, 204x196, 204x391, 300x300, 400x400; Letter, A4",
	"e5-profile-c":                "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196, 204x391, 300x300, 400x400; Letter, A4, Legal, B4, A3; colour and grey JPEG at 100x100, 200x200, 300x300, 400x400",
	"e6-grey-only":                "grey JPEG at 200x200 on A4",
	"e7-panasonic":                "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196, 204x391, 408x391; Letter, A4, Legal, B4",
	"alias-tiff-f-without-coding": "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196; Letter, A4",
	"alias-tiff-s":                "MH; 200x100, 204x98, 200x200, 204x196; Letter, A4",
	"colour-says-nothing":         "MH; 200x100, 204x98, 200x200, 204x196; Letter, A4",
	"negation-and-range":          "MH, MR; 200x100, 204x98, 200x200, 204x196; Letter, A4",
	"rfc2879-4.1":                 "MH; 204x98, 204x196; Letter, A4",
	"strange-but-legal":           "MH, MMR; 204x196; A4",
	"unknown-tags-and-wide-lines": "MH, MR, MMR; 200x100, 204x98, 200x200, 204x196; Letter, A4, B4; grey JPEG at 200x200 on Letter, A4",
}

func features(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "features", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func known(t *testing.T, text string) ifax.Capabilities {
	t.Helper()
	c, err := ifax.ParseCapabilities(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestParseCapabilities reads every expression in testdata/features: E1 to E7 of the project's digest and
// others. Canonical text must give itself back and mean the same.
func TestParseCapabilities(t *testing.T) {
	files, err := filepath.Glob("testdata/features/*.txt")
	if err != nil || len(files) != len(words) {
		t.Fatalf("%d files for %d expectations, %v", len(files), len(words), err)
	}
	for name, want := range words {
		t.Run(name, func(t *testing.T) {
			text := features(t, name)
			c := known(t, text)
			if got := c.Words(); got != want {
				t.Errorf("it means %q\nwant     %q", got, want)
			}
			again := known(t, c.String())
			if !again.Equal(c) || again.Words() != want || strings.ContainsAny(c.String(), "\r\n\t") {
				t.Errorf("canonical %q\nread as   %q", c, again)
			}
			if squeeze(text) != squeeze(c.String()) {
				t.Errorf("canonical %q says another thing than\n%s", c, text)
			}
		})
	}
}

// squeeze takes all white space and a q parameter out.
func squeeze(s string) string {
	s, _, _ = strings.Cut(strings.Join(strings.Fields(s), ""), ";q=")
	return s
}

func TestParseCapabilitiesExplains(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      `"(" is missing`,
		"color=Binary":                          `"(" is missing`,
		"(color=Binary) x":                      "stands behind",
		"(& )":                                  "0 filters",
		"(! (a=b) (c=d))":                       "2 filters",
		"(fax a b) :- (a=b) end":                "stands behind",
		"(a=)":                                  "value is missing",
		"(=b)":                                  "feature tag is missing",
		"(a=[b,c)":                              "no end",
		`(a="b)`:                                "closing quote",
		"(dpi=1/0)":                             "no number",
		"(dpi=1..z)":                            "two numbers",
		"(dpi=" + strings.Repeat("9", 30) + ")": "no number",
		strings.Repeat("(& ", 500) + "(a=b)" + strings.Repeat(")", 500):                   "nested",
		"(& " + strings.Repeat("(a=b)", 5000) + ")":                                       "terms",
		"(a=[" + strings.Repeat("b,", 5000) + "b])":                                       "terms",
		"(a=" + strings.Repeat("b", 70_000) + ")":                                         "longer",
		"(& " + strings.Repeat("(| (a=[1..2]) (! (| (b=c) (! (d<=3)))) (e=f))", 60) + ")": "too many",
	} {
		c, err := ifax.ParseCapabilities(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want %q in it", text, err, want)
		}
		if c.Known() {
			t.Errorf("%.60q is known as %q", text, c)
		}
	}
}

func TestOurs(t *testing.T) {
	if got, want := squeeze(ifax.ProfileS().String()), squeeze(features(t, "e1-simple")); got != want {
		t.Errorf("Profile S is\n%s, want E1\n%s", got, want)
	}
	full := ifax.OursConfig{
		Codings:     []codec.Coding{codec.MH, codec.MR, codec.MMR},
		Papers:      []codec.Paper{codec.A4, codec.B4, codec.A3, codec.Letter, codec.Legal},
		Resolutions: []codec.Resolution{{X: 204, Y: 391}, {X: 300, Y: 300}, {X: 400, Y: 400}},
	}
	c := ifax.Ours(full)
	want := "(& (type=\"image/tiff\") (color=Binary) (image-file-structure=TIFF-limited) (image-coding=[MH,MR,MMR]) (MRC-mode=0) " +
		"(| (& (dpi=200) (dpi-xyratio=[200/100,1])) (& (dpi=204) (dpi-xyratio=[204/98,204/196,204/391])) (& (dpi=300) (dpi-xyratio=1)) " +
		"(& (dpi=400) (dpi-xyratio=1)) (& (dpi=408) (dpi-xyratio=408/391))) (size-x<=3030/254) (paper-size=[letter,legal,A4,B4,A3]) (ua-media=stationery))"
	if diff := cmp.Diff(want, c.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, want := squeeze(c.String()), squeeze(features(t, "e2-profile-f")); got != want {
		t.Errorf("by default it is\n%s, want E2\n%s", got, want)
	}
	full.Resolutions = codec.Resolutions()
	if c := ifax.Ours(full); !strings.Contains(c.String(), "(image-file-structure=TIFF) ") || !strings.Contains(c.Words(), "600x600") {
		t.Errorf("with 600 dpi: %s", c)
	}
	one := ifax.Ours(ifax.OursConfig{Codings: []codec.Coding{codec.MMR}, Papers: []codec.Paper{codec.B4}})
	if one.Words() != "MH, MMR; 200x100, 204x98, 200x200, 204x196; Letter, A4, B4" {
		t.Errorf("MMR on B4: %s", one.Words())
	}
}

// TestOursInColour: with shades and the resolutions of E5 the expression is E5; its order of grey and full, too.
func TestOursInColour(t *testing.T) {
	e5 := ifax.OursConfig{
		Codings: []codec.Coding{codec.MR, codec.MMR}, Papers: []codec.Paper{codec.B4, codec.A3, codec.Legal}, Shades: codec.Colour,
		Resolutions: []codec.Resolution{{X: 204, Y: 391}, {X: 300, Y: 300}, {X: 400, Y: 400}},
	}
	want := known(t, strings.Replace(features(t, "e5-profile-c"), "(& (dpi=[300,400]) (dpi-xyratio=1) )", "(& (dpi=[300,400]) (dpi-xyratio=1) ) (& (dpi=408) (dpi-xyratio=408/391))", 1))
	c := ifax.Ours(e5)
	if diff := cmp.Diff(want.Canonical(), c.Canonical()); diff != "" {
		t.Errorf("not E5, with 408x391, which goes with 400x400 (-want +got)\n%s", diff)
	}
	if !strings.HasPrefix(c.String(), `(| (& (type="image/tiff") (color=Binary)`) || c.Shades() != codec.Colour {
		t.Errorf("bilevel does not come first in %s", c)
	}
	e5.Shades, e5.Resolutions = codec.Gray, nil
	if c := ifax.Ours(e5); c.Shades() != codec.Gray || !strings.HasSuffix(c.Words(), "; grey JPEG at 100x100, 200x200") {
		t.Errorf("grey: %s", c.Words())
	}
	j := ifax.Ours(ifax.OursConfig{Codings: []codec.Coding{codec.MR, codec.MMR, codec.JBIG}, Resolutions: []codec.Resolution{{X: 204, Y: 391}, {X: 300, Y: 300}}})
	want = known(t, strings.Replace(features(t, "e4-profile-j"), "[300,400]", "300", 1))
	if diff := cmp.Diff(want.Canonical(), j.Canonical()); diff != "" {
		t.Errorf("JBIG: not E4 (-want +got)\n%s", diff)
	}
}

// TestNotes: what had to be guessed is told, and nothing is assumed of references that are not known.
func TestNotes(t *testing.T) {
	for text, want := range map[string]struct{ words, note string }{
		"(h.MSB955PVIRT1QOHET9AJT5JM3O)": {"MH; 200x100, 204x98, 200x200, 204x196; A4", ""},
		"(h.SBB5REAOMHC09CP2GM4V07PQP0)": {"nothing that can be sent", "not known here"},
		"(& (h.SBB5REAOMHC09CP2GM4V07PQP0) (x=1)) where (h.SBB5REAOMHC09CP2GM4V07PQP0) :- (a=b) end": {"nothing that can be sent", "another hash"},
		"(& (color=Binary) (image-coding=MMR)) (dpi=204) (dpi-xyatio=204/196) )":                     {"MMR; 204x196; Letter, A4", "too early"},
		`(& (TYPE="Image/TIFF") (Color=Binary) (Image-Coding=MH) (dpi=200) (dpi-xy=1))`:              {"MH; 200x200; Letter, A4", ""},
		"(& (color=gray) (image-coding=JPEG) (color-space=LAB) (dpi=[200,300]) (paper-size=A3))":     {"grey JPEG at 200x200, 300x300 on A3", ""},
		"(& (color=full) (image-coding=JPEG) (color-subsampling=\"1:1:1\"))":                         {"grey JPEG at 200x200 on Letter, A4", ""},
		"(& (color=full) (image-coding=JPEG) (color-space=Device-RGB))":                              {"nothing that can be sent", ""},
		"(image-coding=JPEG)": {"nothing that can be sent", ""},
	} {
		c := known(t, text)
		notes := strings.Join(c.Notes(), "; ")
		if c.Words() != want.words || !strings.Contains(notes, want.note) || want.note == "" && notes != "" {
			t.Errorf("%s\nmeans %q, noted %q, want %q and %q", text, c.Words(), notes, want.words, want.note)
		}
	}
}

func TestMatchCapabilities(t *testing.T) {
	e := func(name string) ifax.Capabilities { return known(t, features(t, name)) }
	for _, test := range []struct {
		a, b ifax.Capabilities
		want int
	}{
		{e("e2-profile-f"), e("e5-profile-c"), 1000}, // TIFF-limited is a TIFF
		{e("e1-simple"), e("e2-profile-f"), 1000},
		{e("e3-600-dpi"), e("e5-profile-c"), 1000},
		{e("e3-600-dpi"), e("e6-grey-only"), 0},
		{e("e5-profile-c"), e("e6-grey-only"), 1000},
		{e("negation-and-range"), e("e1-simple"), 800},
		{ifax.Capabilities{}, e("e1-simple"), 0},
	} {
		if got, ok := ifax.Match(test.a, test.b); got != test.want || ok != (test.want > 0) {
			t.Errorf("%s\nand %s\nmatch: %d, %v, want %d", test.a, test.b, got, ok, test.want)
		}
	}
	c := codec.Target{Profile: codec.Profile{Letter: 'C', Coding: codec.JPEG}, Resolution: codec.Resolution{X: 200, Y: 200}, Kind: codec.Gray, Papers: []codec.Paper{codec.A4}}
	if got := e("e6-grey-only").MediaType(c); got != "image/tiff-fx" {
		t.Errorf("a device that takes image/tiff-fx only gets %s", got)
	}
	if got := e("e5-profile-c").MediaType(c); got != "image/tiff" {
		t.Errorf("a device that takes both gets %s", got)
	}
}

// TestDocumentFeatures: what is said of a document is what whoever takes it says.
func TestDocumentFeatures(t *testing.T) {
	at := func(letter byte, c codec.Coding, x, y int, k codec.Kind) codec.Target {
		return codec.Target{Profile: codec.Profile{Letter: letter, Coding: c}, Resolution: codec.Resolution{X: x, Y: y}, Kind: k}
	}
	for _, test := range []struct {
		t             codec.Target
		takes, leaves string
	}{
		{at('S', codec.MH, 204, 98, codec.Bilevel), "e1-simple", "e6-grey-only"},
		{at('F', codec.MMR, 204, 391, codec.Bilevel), "e2-profile-f", "e1-simple"},
		{at('J', codec.JBIG, 300, 300, codec.Bilevel), "e4-profile-j", "e2-profile-f"},
		{at('C', codec.JPEG, 400, 400, codec.Colour), "e5-profile-c", "e4-profile-j"},
		{at('C', codec.JPEG, 100, 100, codec.Gray), "e5-profile-c", "e6-grey-only"},
	} {
		doc := known(t, ifax.DocumentFeatures(test.t, codec.A4))
		if _, ok := ifax.Match(doc, known(t, features(t, test.takes))); !ok {
			t.Errorf("%s does not match %s", doc, test.takes)
		}
		if _, ok := ifax.Match(doc, known(t, features(t, test.leaves))); ok {
			t.Errorf("%s matches %s", doc, test.leaves)
		}
	}
}

func TestAnyOf(t *testing.T) {
	s, colour := ifax.ProfileS(), known(t, features(t, "e5-profile-c"))
	if got := ifax.AnyOf(ifax.Capabilities{}, s); !got.Equal(s) {
		t.Errorf("with one: %s", got)
	}
	if got := ifax.AnyOf(); got.Known() {
		t.Errorf("with none: %s", got)
	}
	if got := ifax.AnyOf(s, ifax.Capabilities{}, colour); got.Words() != colour.Words() || !strings.HasPrefix(got.String(), "(| (& ") {
		t.Errorf("with two: %s, %s", got, got.Words())
	}
}

func FuzzParseCapabilities(f *testing.F) {
	files, err := filepath.Glob("testdata/features/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	ours := ifax.Ours(ifax.OursConfig{Codings: []codec.Coding{codec.MMR}, Papers: []codec.Paper{codec.A3}, Resolutions: codec.Resolutions()})
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ifax.ParseCapabilities(text)
		if err != nil {
			return
		}
		again, err := ifax.ParseCapabilities(c.String())
		if err != nil || !again.Equal(c) {
			t.Fatalf("canonical %q of %q: %q, %v", c, text, again, err)
		}
		if target := ifax.Choose(c, ours, codec.Summary{Paper: codec.A3, Vector: true}); len(target.Papers) == 0 || len(target.Why) == 0 {
			t.Errorf("no target for %q: %+v", text, target)
		}
	})
}
