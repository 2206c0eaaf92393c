package ifax_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/codec"
	"faxgate/ifax"
)

var (
	narrow = []codec.Paper{codec.Letter, codec.A4, codec.Legal}
	full   = ifax.OursConfig{
		Codings:     []codec.Coding{codec.MH, codec.MR, codec.MMR},
		Papers:      []codec.Paper{codec.A4, codec.B4, codec.A3, codec.Letter, codec.Legal},
		Resolutions: []codec.Resolution{{X: 204, Y: 391}, {X: 300, Y: 300}, {X: 400, Y: 400}},
	}
)

func TestChoose(t *testing.T) {
	scan := func(x, y int) codec.Summary {
		return codec.Summary{Pages: 1, Kind: codec.Bilevel, MaxRes: codec.Resolution{X: x, Y: y}, Paper: codec.A4}
	}
	drawn := codec.Summary{Pages: 1, Kind: codec.Bilevel, Paper: codec.A4, Vector: true}
	photo := codec.Summary{Pages: 1, Kind: codec.Gray, MaxRes: codec.Resolution{X: 200, Y: 200}, Paper: codec.A4}
	colour := codec.Summary{Pages: 1, Kind: codec.Colour, MaxRes: codec.Resolution{X: 300, Y: 300}, Paper: codec.A4}
	picture := codec.Summary{Pages: 1, Kind: codec.Colour, MaxRes: codec.Resolution{X: 600, Y: 600}, Paper: codec.A4, Vector: true}
	inColour, inGrey, withJBIG := full, full, full
	inColour.Shades, inGrey.Shades = codec.Colour, codec.Gray
	withJBIG.Codings = append(slices.Clone(full.Codings), codec.JBIG)
	on := func(s codec.Summary, p codec.Paper) codec.Summary { s.Paper = p; return s }
	for _, test := range []struct {
		name   string
		theirs string // a file in testdata/features; empty: nothing known
		ours   ifax.OursConfig
		doc    codec.Summary
		want   string // profile, coding, resolution
		papers []codec.Paper
		why    string
	}{
		{"unknown peer", "", full, drawn, "S MH 204x196", narrow[:2], "nothing is known"},
		{"unknown peer, a coarse scan", "", full, scan(204, 98), "S MH 204x98", narrow[:2], "no finer than the document's own 204x98"},
		{"unknown peer, the metric twin", "", full, scan(200, 100), "S MH 200x100", narrow[:2], ""},
		{"a simple machine", "e1-simple", full, drawn, "S MH 204x196", narrow[:2], "the peer takes MH; 200x100"},
		{"full mode, drawn pages", "e2-profile-f", full, drawn, "F MMR 400x400", narrow, "the best that both sides have"},
		{"full mode, a photograph", "e2-profile-f", full, photo, "F MMR 400x400", narrow, ""},
		{"full mode, a fine scan", "e2-profile-f", full, scan(204, 196), "F MMR 204x196", narrow, "no finer than the document's own 204x196"},
		{"full mode, a square scan", "e2-profile-f", full, scan(200, 200), "F MMR 200x200", narrow, ""},
		{"full mode, a coarse scan", "e2-profile-f", full, scan(204, 98), "F MMR 204x98", narrow, ""},
		{"full mode, a scan of 300", "e2-profile-f", full, scan(300, 300), "F MMR 300x300", narrow, ""},
		{"full mode, a scan of 600", "e2-profile-f", full, scan(600, 600), "F MMR 400x400", narrow, ""},
		{"full mode, a scan of unknown resolution", "e2-profile-f", full, scan(0, 0), "F MMR 204x196", narrow, "does not tell its own"},
		{"Panasonic spells 408x391", "e7-panasonic", full, drawn, "F MMR 408x391", narrow, ""},
		{"Panasonic, a square scan of 400", "e7-panasonic", full, scan(400, 400), "F MMR 408x391", narrow, ""},
		{"Panasonic, a scan of 300", "e7-panasonic", full, scan(300, 300), "F MMR 204x196", narrow, ""},
		{"ours sets the cap", "e3-600-dpi", full, drawn, "F MMR 400x400", narrow, ""},
		{"ours is simple", "e2-profile-f", ifax.OursConfig{}, drawn, "S MH 204x196", narrow[:2], ""},
		{"ours has MR only", "e2-profile-f", ifax.OursConfig{Codings: []codec.Coding{codec.MR}}, drawn, "F MR 204x196", narrow[:2], ""},
		{"a coarser scan than anything", "strange-but-legal", full, scan(100, 100), "F MMR 204x196", []codec.Paper{codec.A4}, "the least that both sides have"},
		{"B4 where it is taken", "e7-panasonic", full, on(scan(204, 196), codec.B4), "F MMR 204x196", append(slices.Clone(narrow), codec.B4), ""},
		{"A3 on a B4 machine", "e7-panasonic", full, on(scan(204, 196), codec.A3), "F MMR 204x196", append(slices.Clone(narrow), codec.B4), "largest paper here is B4"},
		{"A3 to an unknown peer", "", full, on(scan(204, 196), codec.A3), "S MH 204x196", narrow[:2], "pages of A3 are made smaller"},
		{"Legal on a machine without it", "e1-simple", full, on(drawn, codec.Legal), "S MH 204x196", narrow[:2], "pages of Legal are made smaller"},
		{"B4 on A3 paper", "e2-profile-f", full, on(drawn, codec.B4), "F MMR 400x400", append(slices.Clone(narrow), codec.B4, codec.A3), ""},
		{"nothing in common", "e6-grey-only", full, drawn, "S MH 204x196", narrow[:2], "nothing in common"},
		{"colour device, black and white page", "e5-profile-c", inColour, drawn, "F MMR 400x400", narrow, ""},
		{"a colour photograph", "e5-profile-c", inColour, colour, "C JPEG 300x300 colour", narrow, "with its shades (colour)"},
		{"a grey photograph", "e5-profile-c", inColour, photo, "C JPEG 200x200 grey", narrow, "no finer than the document's own 200x200"},
		{"a colour photograph of A3", "e5-profile-c", inColour, on(colour, codec.A3), "C JPEG 300x300 colour", append(slices.Clone(narrow), codec.B4, codec.A3), ""},
		{"a coarse photograph", "e5-profile-c", inColour, codec.Summary{Pages: 1, Kind: codec.Colour, MaxRes: codec.Resolution{X: 204, Y: 98}, Paper: codec.A4}, "C JPEG 200x200 colour", narrow, "which every reader of Profile C takes"},
		{"drawn pages in colour", "e5-profile-c", inColour, picture, "C JPEG 300x300 colour", narrow, "enough for drawn pages"},
		{"colour, of which we send grey", "e5-profile-c", inGrey, colour, "C JPEG 300x300 grey", narrow, "its colours become grey"},
		{"colour, of which we send none", "e5-profile-c", full, colour, "F MMR 400x400", narrow, "none are to be sent"},
		{"colour to a grey device", "e6-grey-only", inColour, colour, "C JPEG 200x200 grey", narrow[1:2], "its colours become grey"},
		{"a coarse photograph to a grey device", "e6-grey-only", inColour, codec.Summary{Kind: codec.Gray, MaxRes: codec.Resolution{X: 204, Y: 98}}, "C JPEG 200x200 grey", narrow[1:2], "which every reader of Profile C takes"},
		{"colour to a device without", "e2-profile-f", inColour, colour, "F MMR 400x400", narrow, "(colour) become dots, as the peer takes none"},
		{"colour to an unknown peer", "", inColour, colour, "S MH 204x196", narrow[:2], "become dots"},
		{"shades as JBIG", "e4-profile-j", withJBIG, photo, "J JBIG 400x400", narrow[:2], "fewer bytes for them than MMR"},
		{"black and white not as JBIG", "e4-profile-j", withJBIG, drawn, "F MMR 400x400", narrow[:2], ""},
		{"shades, of which we send no JBIG", "e4-profile-j", full, photo, "F MMR 400x400", narrow[:2], ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var theirs ifax.Capabilities
			if test.theirs != "" {
				theirs = known(t, features(t, test.theirs))
			}
			got := ifax.Choose(theirs, ifax.Ours(test.ours), test.doc)
			form := string(got.Profile.Letter) + " " + string(got.Profile.Coding) + " " + got.Resolution.String()
			if got.Kind != codec.Bilevel {
				form += " " + got.Kind.String()
			}
			why := strings.Join(got.Why, "; ")
			if form != test.want || !strings.Contains(why, test.why) {
				t.Errorf("%s (%s), want %s and %q", form, why, test.want, test.why)
			}
			if diff := cmp.Diff(test.papers, got.Papers); diff != "" {
				t.Errorf("papers (-want +got)\n%s", diff)
			}
			if got.Reduce != strings.Contains(why, "made smaller") {
				t.Errorf("Reduce is %v: %s", got.Reduce, why)
			}
			if !got.Profile.Allows(got.Resolution) || got.Profile.Letter == 'S' && !got.Resolution.ProfileS() {
				t.Errorf("%s is not legal", form)
			}
		})
	}
}

// TestChosenIsTaken: whatever the document, its form is one that the peer's expression takes and ours does, or Profile S where there is none.
func TestChosenIsTaken(t *testing.T) {
	all := full
	all.Shades, all.Codings = codec.Colour, append(slices.Clone(full.Codings), codec.JBIG)
	ours, checked := ifax.Ours(all), map[string]bool{}
	for name := range words {
		theirs := known(t, features(t, name))
		for _, kind := range []codec.Kind{codec.Bilevel, codec.Gray, codec.Colour} {
			for _, paper := range []codec.Paper{codec.A4, codec.Legal, codec.B4, codec.A3} {
				for _, res := range []codec.Resolution{{}, {X: 204, Y: 98}, {X: 200, Y: 200}, {X: 408, Y: 391}} {
					for _, vector := range []bool{false, true} {
						doc := codec.Summary{Pages: 1, Kind: kind, Paper: paper, MaxRes: res, Vector: vector}
						got := ifax.Choose(theirs, ours, doc)
						if strings.Contains(strings.Join(got.Why, ";"), "nothing in common") {
							if got.Profile.Letter != 'S' {
								t.Fatalf("%s, %+v: %+v without anything in common", name, doc, got)
							}
							continue
						}
						for _, p := range got.Papers {
							text := ifax.DocumentFeatures(got, p)
							if checked[name+text] {
								continue
							}
							checked[name+text] = true
							for _, side := range []ifax.Capabilities{theirs, ours} {
								if !takesTwin(t, text, side) {
									t.Fatalf("%s, %+v becomes\n%s\nwhich is not taken by\n%s", name, doc, text, side)
								}
							}
						}
					}
				}
			}
		}
	}
}

// takesTwin tells whether a document, or the same at the twin of its resolution (RFC 3949 section 2.2.2), matches.
func takesTwin(t *testing.T, text string, side ifax.Capabilities) bool {
	t.Helper()
	twins := [][2]string{
		{"(dpi=204) (dpi-xyratio=204/98)", "(dpi=200) (dpi-xyratio=200/100)"},
		{"(dpi=204) (dpi-xyratio=204/196)", "(dpi=200) (dpi-xyratio=1)"},
		{"(dpi=204) (dpi-xyratio=204/391)", "(dpi=200) (dpi-xyratio=200/400)"},
		{"(dpi=408) (dpi-xyratio=408/391)", "(dpi=400) (dpi-xyratio=1)"},
	}
	spelt := []string{text}
	for _, twin := range twins {
		spelt = append(spelt, strings.Replace(text, twin[0], twin[1], 1), strings.Replace(text, twin[1], twin[0], 1))
	}
	return slices.ContainsFunc(spelt, func(s string) bool {
		// As a TIFF-minimal, which all files are laid out as, and of either type.
		s = strings.NewReplacer("=TIFF-limited)", "=[TIFF-minimal,TIFF-S])", "=TIFF)", "=TIFF-minimal)", `"image/tiff"`, `["image/tiff","image/tiff-fx"]`, "=TIFF-minimal)", "=[TIFF-minimal,TIFF-S])").Replace(s)
		_, ok := ifax.Match(known(t, s), side)
		return ok
	})
}

func TestLower(t *testing.T) {
	mmr := codec.Target{
		Profile: codec.Profile{Letter: 'F', Coding: codec.MMR}, Resolution: codec.Resolution{X: 400, Y: 400},
		Papers: []codec.Paper{codec.A4, codec.A3}, Header: codec.Header{Sender: "x"}, Why: []string{"first"},
	}
	for _, test := range []struct {
		name string
		why  ifax.Refusal
		ok   bool
	}{
		{"an error receipt", ifax.Refusal{Report: true, Words: "Decode Error"}, true},
		{"an error receipt with a code", ifax.Refusal{Report: true, Status: "5.6.1"}, true},
		{"an error receipt about rights", ifax.Refusal{Report: true, Status: "5.7.1"}, false},
		{"media not supported", ifax.Refusal{Code: 554, Status: "5.6.1"}, true},
		{"a failed DSN with 5.6.1", ifax.Refusal{Status: "5.6.1"}, true},
		{"554 at the dot from a machine", ifax.Refusal{Code: 554, AtDot: true, Machine: true}, true},
		{"554 at the dot from a person's server", ifax.Refusal{Code: 554, AtDot: true}, false},
		{"554 at RCPT", ifax.Refusal{Code: 554, Machine: true}, false},
		{"554 5.7.1 at the dot", ifax.Refusal{Code: 554, Status: "5.7.1", AtDot: true, Machine: true}, false},
		{"no such mailbox", ifax.Refusal{Code: 550, Status: "5.1.1"}, false},
		{"no way there", ifax.Refusal{Status: "5.4.4"}, false},
		{"too big", ifax.Refusal{Code: 552, Status: "5.3.4", Size: true, AtDot: true, Machine: true}, false},
		{"too big by code alone", ifax.Refusal{Code: 552, AtDot: true, Machine: true}, false},
		{"a temporary failure", ifax.Refusal{Code: 451, Status: "4.6.1"}, false},
		{"a connection that broke", ifax.Refusal{Words: "connection reset"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := ifax.Lower(mmr, test.why)
			if ok != test.ok {
				t.Fatalf("lowered: %v, want %v", ok, test.ok)
			}
			want := mmr
			if ok {
				want.Profile, want.Resolution = codec.Profile{Letter: 'S', Coding: codec.MH}, codec.Resolution{X: 204, Y: 196}
				want.Papers, want.Reduce = []codec.Paper{codec.A4}, true
				want.Why = append(slices.Clone(mmr.Why), got.Why[len(got.Why)-1])
				if !strings.Contains(want.Why[1], test.why.Words) || !strings.Contains(want.Why[1], "Profile S") {
					t.Errorf("why: %q", want.Why)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if _, again := ifax.Lower(got, test.why); ok && again {
				t.Error("it was lowered twice")
			}
		})
	}
	shades := codec.Target{Profile: codec.Profile{Letter: 'C', Coding: codec.JPEG}, Kind: codec.Colour, Resolution: codec.Resolution{X: 100, Y: 100}, Papers: narrow}
	got, ok := ifax.Lower(shades, ifax.Refusal{Report: true})
	want := codec.Target{Profile: codec.Profile{Letter: 'S', Coding: codec.MH}, Resolution: codec.Resolution{X: 204, Y: 196}, Papers: narrow, Why: got.Why}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("shades (-want +got)\n%s", diff)
	}
	wide := codec.Target{Profile: codec.Profile{Letter: 'F', Coding: codec.MH}, Resolution: codec.Resolution{X: 204, Y: 98}, Papers: []codec.Paper{codec.A3}}
	if got, ok := ifax.Lower(wide, ifax.Refusal{Report: true}); !ok || got.Resolution.Y != 98 || !slices.Equal(got.Papers, []codec.Paper{codec.A4}) {
		t.Errorf("a wide coarse page: %+v, %v", got, ok)
	}
}
