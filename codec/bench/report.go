package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"faxgate/codec/bench/pages"
)

// errTargets is what -targets fails with.
var errTargets = errors.New("not every target is met")

// report is what was measured.
type report struct {
	cases   []*benchCase
	machine string
	started time.Time
	took    time.Duration
	rounds  int
}

func newReport(cases []*benchCase, machine string, started time.Time, rounds int) report {
	return report{cases: cases, machine: machine, started: started, took: time.Since(started), rounds: rounds}
}

// print writes the report in the form that the options ask for. The last line of
// the tables is always the slowest ratios.
func (r report) print(out io.Writer, o options) error {
	verdicts := judge(r.cases)
	if o.json {
		return r.printJSON(out, verdicts)
	}
	fmt.Fprintf(out, "%s\n\n", r.about())
	switch {
	case o.markdown:
		r.tables(markdown{out}, verdicts)
	case o.targets:
		r.targets(&plain{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}, verdicts)
	default:
		r.tables(&plain{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}, verdicts)
	}
	fmt.Fprintf(out, "slowest ratio: decode %s encode %s\n", times(slowest(r.cases, decode)), times(slowest(r.cases, encode)))
	if o.targets {
		for _, v := range verdicts {
			if !v.met() {
				return errTargets
			}
		}
	}
	return nil
}

func (r report) tables(t table, verdicts []verdict) {
	r.all(t)
	r.means(t)
	r.targets(t, verdicts)
}

// means is a line for each operation, coding and rival: how many times longer the
// rival takes.
func (r report) means(t table) {
	groups := []string{charts}
	for i, k := range pages.Kinds() {
		groups = slices.Insert(groups, i, k.String())
	}
	t.head("How many times longer the others take, geometric means over the sizes", append([]string{"operation", "coding", "against"}, groups...)...)
	for _, op := range []operation{decode, encode, recode} {
		for _, c := range []coding{mh, mr, mmr, t85} {
			for _, l := range libraries {
				cells, measured := r.line(op, c, l.name, groups)
				if measured {
					t.row(append([]string{string(op), (&benchCase{op: op, coding: c}).codingName(), l.name}, cells...)...)
				}
			}
		}
	}
	t.end()
}

// line are the means of the groups of pages; measured is false where there is none.
func (r report) line(op operation, c coding, rival string, groups []string) (cells []string, measured bool) {
	for _, g := range groups {
		mean := 0.0
		if ratios := ratiosOf(r.cases, op, c, rival, g); len(ratios) > 0 {
			mean, measured = geometricMean(ratios), true
		}
		cells = append(cells, times(mean))
	}
	return cells, measured
}

// about says when and where it was measured, and how.
func (r report) about() string {
	return fmt.Sprintf("%s, %s. Fastest of %d rounds, one core, %v.", r.started.UTC().Format("2006-01-02 15:04 MST"), r.machine, r.rounds, r.took.Round(time.Second))
}

// all is a line for each case: milliseconds, and how many times faster ours is.
func (r report) all(t table) {
	t.head("Every page: the fastest run in milliseconds, and how many times longer the others take", "operation", "coding", "page", "pixels", "bytes", "ours ms", "libtiff ms", "spandsp ms", "jbigkit ms", "to libtiff", "to spandsp", "to jbigkit")
	for _, c := range r.cases {
		cells := []string{string(c.op), c.codingName(), c.drawn.name, c.size.String(), fmt.Sprint(c.bytes), c.ms("ours")}
		for _, l := range libraries {
			cells = append(cells, c.ms(l.name))
		}
		for _, l := range libraries {
			ratio, _ := c.ratio(l.name)
			cells = append(cells, times(ratio))
		}
		t.row(cells...)
	}
	t.end()
}

func (c *benchCase) codingName() string {
	if c.op == recode {
		return c.coding.String() + "→MMR"
	}
	return c.coding.String()
}

func (c *benchCase) ms(who string) string {
	if d := c.fastest[who]; d > 0 {
		return fmt.Sprintf("%.3f", d.Seconds()*1000)
	}
	return "-"
}

// times is a ratio, 0 where there is none.
func times(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f×", ratio)
}

// targets is a line for each target.
func (r report) targets(t table, verdicts []verdict) {
	t.head("The aims", "operation", "coding", "page", "against", "mean", "aim", "")
	for _, v := range verdicts {
		word := "met"
		if !v.met() {
			word = "NOT MET"
		}
		c := benchCase{op: v.op, coding: v.coding}
		t.row(string(v.op), c.codingName(), v.page, v.rival, times(v.mean), fmt.Sprintf("%.1f×", v.least), word)
	}
	t.end()
}
