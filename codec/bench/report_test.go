package main

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"faxgate/codec/bench/pages"

	"github.com/google/go-cmp/cmp"
)

func fixed() report {
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	line := func(op operation, c coding, page string, width int, ours, libtiff, spandsp float64) *benchCase {
		out := &benchCase{op: op, coding: c, drawn: &drawn{name: page, size: pages.Size{Width: width, Height: 100}}, bytes: 1000}
		out.fastest = map[string]time.Duration{"ours": ms(ours), "libtiff": ms(libtiff)}
		if spandsp > 0 {
			out.fastest["spandsp"] = ms(spandsp)
		}
		return out
	}
	return report{
		cases: []*benchCase{
			line(decode, mmr, "text", 1728, 1, 2, 3),
			line(decode, mmr, "text", 3456, 2, 16, 0),
			line(encode, mmr, "blank", 1728, 2, 1.5, 2.5),
		},
		machine: "a machine, go1", started: time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), took: 90 * time.Second, rounds: 5,
	}
}

func printed(t *testing.T, o options, want error) string {
	t.Helper()
	var out strings.Builder
	if err := fixed().print(&out, o); !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	return out.String()
}

func TestPlain(t *testing.T) {
	about := "2026-11-22 01:02 UTC, a machine, go1. Fastest of 5 rounds, one core, 1m30s.\n\n"
	want := `Every page: the fastest run in milliseconds, and how many times longer the others take
  operation  coding   page    pixels  bytes  ours ms  libtiff ms  spandsp ms  jbigkit ms  to libtiff  to spandsp  to jbigkit
     decode     MMR   text  1728×100   1000    1.000       2.000       3.000           -       2.00×       3.00×           -
     decode     MMR   text  3456×100   1000    2.000      16.000           -           -       8.00×           -           -
     encode     MMR  blank  1728×100   1000    2.000       1.500       2.500           -       0.75×       1.25×           -

How many times longer the others take, geometric means over the sizes
  operation  coding  against   text  dense  halftone  diffusion  blank  charts
     decode     MMR  libtiff  4.00×      -         -          -      -       -
     decode     MMR  spandsp  3.00×      -         -          -      -       -
     encode     MMR  libtiff      -      -         -          -  0.75×       -
     encode     MMR  spandsp      -      -         -          -  1.25×       -

The aims
  operation  coding   page  against   mean   aim         
     decode     MMR   text  libtiff  4.00×  2.2×      met
     encode     MMR  blank  libtiff  0.75×  3.0×  NOT MET
     encode     MMR  blank  spandsp  1.25×  1.3×  NOT MET

slowest ratio: decode 2.00× encode 0.75×
`
	if diff := cmp.Diff(about+want, printed(t, options{}, nil)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	aims := want[strings.Index(want, "The aims"):]
	if diff := cmp.Diff(about+aims, printed(t, options{targets: true}, errTargets)); diff != "" {
		t.Errorf("targets: (-want +got)\n%s", diff)
	}
}

func TestMarkdown(t *testing.T) {
	got := printed(t, options{markdown: true}, nil)
	for _, line := range []string{
		"| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
		"| decode | MMR | text | 3456×100 | 1000 | 2.000 | 16.000 | - | - | 8.00× | - | - |\n",
		"| encode | MMR | blank | libtiff | 0.75× | 3.0× | NOT MET |\n",
		"\nslowest ratio: decode 2.00× encode 0.75×\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is missing in\n%s", line, got)
		}
	}
}

func TestJSON(t *testing.T) {
	var doc struct {
		Cases []struct {
			Page        string
			Nanoseconds map[string]int64
			Ratios      map[string]float64
		}
		Targets []struct {
			Mean float64
			Met  bool
		}
		SlowestDecode float64 `json:"slowest_decode"`
	}
	if err := json.Unmarshal([]byte(printed(t, options{json: true}, nil)), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Cases) != 3 || doc.Cases[1].Ratios["libtiff"] != 8 || doc.Cases[0].Nanoseconds["spandsp"] != 3_000_000 || doc.SlowestDecode != 2 {
		t.Errorf("%+v", doc)
	}
	if len(doc.Targets) != 3 || !doc.Targets[0].Met || math.Abs(doc.Targets[0].Mean-4) > 1e-9 || doc.Targets[1].Met {
		t.Errorf("%+v", doc.Targets)
	}
}

// TestNothingMeasured has a dash where there is no ratio.
func TestNothingMeasured(t *testing.T) {
	var out strings.Builder
	r := fixed()
	r.cases = r.cases[:2]
	if err := r.print(&out, options{targets: true}); err != nil || !strings.HasSuffix(out.String(), "slowest ratio: decode 2.00× encode -\n") {
		t.Errorf("%v, %q", err, out.String())
	}
}

func TestSelect(t *testing.T) {
	all := allCases("")
	for only, want := range map[string]int{
		"": 105, "decode": 45, "encode/mmr": 15, "decode/MMR/text": 3, "//blank": 21, "//text/1728": 7, "recode": 15, "///4960": 35,
		"nothing": 0, "decode/mmr/text/1728/more": 0,
	} {
		got := 0
		for _, c := range selectCases(all, only) {
			if c.coding != t85 {
				got++
			}
		}
		if got != want {
			t.Errorf("%q selects %d cases, want %d", only, got, want)
		}
	}
}

// TestTargets counts the aims: the five pages of each coding and direction, the
// five against spandsp, the transcode, and those of JBIG with the charts.
func TestTargets(t *testing.T) {
	seen := map[target]bool{}
	for _, x := range targets() {
		x.least = 0
		if seen[x] {
			t.Errorf("%+v twice", x)
		}
		seen[x] = true
	}
	if len(seen) != 6*5+5+1+2*6 {
		t.Errorf("%d aims", len(seen))
	}
}
