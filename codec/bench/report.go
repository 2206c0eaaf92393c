package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
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

// table is a way of writing tables.
type table interface {
	head(title string, columns ...string)
	row(cells ...string)
	end()
}

func (r report) tables(t table, verdicts []verdict) {
	r.all(t)
	r.targets(t, verdicts)
}

// about says when and where it was measured, and how.
func (r report) about() string {
	return fmt.Sprintf("%s, %s. Fastest of %d rounds, one core, %v.", r.started.UTC().Format("2006-01-02 15:04 MST"), r.machine, r.rounds, r.took.Round(time.Second))
}

// all is a line for each case: milliseconds, and how many times faster ours is.
func (r report) all(t table) {
	t.head("Every page: the fastest run, and how many times longer the others take", "operation", "coding", "page", "pixels", "bytes", "ours ms", "libtiff ms", "spandsp ms", "jbigkit ms", "to libtiff", "to spandsp", "to jbigkit")
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
	t.head("Geometric means over the sizes, and the aims", "operation", "coding", "page", "against", "mean", "aim", "")
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

// plain is for a terminal.
type plain struct{ w *tabwriter.Writer }

func (p *plain) head(title string, columns ...string) {
	fmt.Fprintln(p.w, title)
	p.row(columns...)
}

func (p *plain) row(cells ...string) { fmt.Fprintln(p.w, strings.Join(cells, "\t")+"\t") }

func (p *plain) end() {
	fmt.Fprintln(p.w)
	_ = p.w.Flush()
}

// markdown is for README.
type markdown struct{ w io.Writer }

func (m markdown) head(title string, columns ...string) {
	fmt.Fprintf(m.w, "%s:\n\n", title)
	m.row(columns...)
	m.row(strings.Split(strings.Repeat("---:\t", len(columns)-1)+"---:", "\t")...)
}

func (m markdown) row(cells ...string) {
	fmt.Fprintf(m.w, "| %s |\n", strings.Join(cells, " | "))
}

func (m markdown) end() { fmt.Fprintln(m.w) }

// jsonCase and jsonVerdict are a line of the tables.
type jsonCase struct {
	Operation   string             `json:"operation"`
	Coding      string             `json:"coding"`
	Page        string             `json:"page"`
	Width       int                `json:"width"`
	Height      int                `json:"height"`
	Bytes       int                `json:"bytes"`
	Nanoseconds map[string]int64   `json:"nanoseconds"`
	Ratios      map[string]float64 `json:"ratios"`
}

type jsonVerdict struct {
	Operation string  `json:"operation"`
	Coding    string  `json:"coding"`
	Page      string  `json:"page"`
	Against   string  `json:"against"`
	Mean      float64 `json:"mean"`
	Aim       float64 `json:"aim"`
	Met       bool    `json:"met"`
}

func (r report) printJSON(out io.Writer, verdicts []verdict) error {
	doc := struct {
		Started       time.Time     `json:"started"`
		Machine       string        `json:"machine"`
		Rounds        int           `json:"rounds"`
		Cases         []jsonCase    `json:"cases"`
		Targets       []jsonVerdict `json:"targets"`
		SlowestDecode float64       `json:"slowest_decode"`
		SlowestEncode float64       `json:"slowest_encode"`
	}{Started: r.started.UTC(), Machine: r.machine, Rounds: r.rounds, SlowestDecode: slowest(r.cases, decode), SlowestEncode: slowest(r.cases, encode)}
	for _, c := range r.cases {
		j := jsonCase{
			Operation: string(c.op), Coding: c.codingName(), Page: c.drawn.name, Width: c.size.Width, Height: c.size.Height,
			Bytes: c.bytes, Nanoseconds: map[string]int64{}, Ratios: map[string]float64{},
		}
		for who, d := range c.fastest {
			j.Nanoseconds[who] = d.Nanoseconds()
			if ratio, ok := c.ratio(who); ok && who != "ours" {
				j.Ratios[who] = ratio
			}
		}
		doc.Cases = append(doc.Cases, j)
	}
	for _, v := range verdicts {
		c := benchCase{op: v.op, coding: v.coding}
		doc.Targets = append(doc.Targets, jsonVerdict{string(v.op), c.codingName(), v.page, v.rival, v.mean, v.least, v.met()})
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
