package main

import (
	"math"
	"strings"

	"faxgate/codec/bench/pages"
)

// target is the ratio that the means over the sizes are to reach.
type target struct {
	op     operation
	coding coding
	rival  string
	page   string
	least  float64
}

// targets are the project's own aims for codec/ccitt and codec/jbig.
func targets() []target {
	rows := []struct {
		op    operation
		c     coding
		rival string
		least []float64
	}{
		{decode, mh, "libtiff", []float64{2.5, 2.5, 2.3, 2, 1.3}},
		{decode, mr, "libtiff", []float64{2, 1.9, 1.9, 1.5, 2}},
		{decode, mmr, "libtiff", []float64{2.2, 2, 2, 1.5, 3}},
		{encode, mh, "libtiff", []float64{3, 2.5, 2.5, 2.2, 2}},
		{encode, mr, "libtiff", []float64{4, 4, 3.7, 2.8, 3}},
		{encode, mmr, "libtiff", []float64{4, 4, 3.7, 2.8, 3}},
		{encode, mmr, "spandsp", []float64{1.3, 1.3, 1.3, 1.3, 1.3}},
		{recode, mh, "libtiff", []float64{5}},
	}
	var out []target
	for _, r := range rows {
		for i, least := range r.least {
			out = append(out, target{r.op, r.c, r.rival, pages.Kind(i).String(), least})
		}
	}
	for _, op := range []operation{decode, encode} {
		for _, k := range pages.Kinds() {
			out = append(out, target{op, t85, "jbigkit", k.String(), 1})
		}
		out = append(out, target{op, t85, "jbigkit", charts, 1})
	}
	return out
}

// verdict is a target and the geometric mean of the ratios measured for it.
type verdict struct {
	target
	mean float64
	n    int // sizes or charts in the mean
}

func (v verdict) met() bool { return v.mean >= v.least }

// judge finds the means; targets without a measurement are left out.
func judge(cases []*benchCase) []verdict {
	var out []verdict
	for _, t := range targets() {
		if ratios := ratiosOf(cases, t.op, t.coding, t.rival, t.page); len(ratios) > 0 {
			out = append(out, verdict{t, geometricMean(ratios), len(ratios)})
		}
	}
	return out
}

// ratiosOf are those of a page in all its sizes.
func ratiosOf(cases []*benchCase, op operation, c coding, rival, page string) []float64 {
	var out []float64
	for _, x := range cases {
		if r, ok := x.ratio(rival); ok && x.op == op && x.coding == c && x.group() == page {
			out = append(out, r)
		}
	}
	return out
}

// group is the page's name; the ITU's charts are one group.
func (c *benchCase) group() string {
	if strings.HasPrefix(c.drawn.name, "itu") {
		return charts
	}
	return c.drawn.name
}

// charts is the name of the group of the ITU's test charts.
const charts = "charts"

// ratio is how many times faster than the rival ours is.
func (c *benchCase) ratio(rival string) (float64, bool) {
	mine, theirs := c.fastest["ours"], c.fastest[rival]
	if mine == 0 || theirs == 0 {
		return 0, false
	}
	return float64(theirs) / float64(mine), true
}

func geometricMean(ratios []float64) float64 {
	sum := 0.0
	for _, r := range ratios {
		sum += math.Log(r)
	}
	return math.Exp(sum / float64(len(ratios)))
}

// slowest is the least ratio against libtiff of an operation, 0 where nothing was
// measured.
func slowest(cases []*benchCase, op operation) float64 {
	least := 0.0
	for _, c := range cases {
		if r, ok := c.ratio("libtiff"); ok && c.op == op && (least == 0 || r < least) {
			least = r
		}
	}
	return least
}
