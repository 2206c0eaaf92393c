package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/codec/bench/pages"
	"faxgate/codec/ccitt"
)

// operation is what is done with a page.
type operation string

// The operations; recode is MH to MMR.
const (
	decode operation = "decode"
	encode operation = "encode"
	recode operation = "recode"
)

// coding is how a page is coded; the numbers are those of the drivers.
type coding int

const (
	mh coding = iota + 1
	mr
	mmr
	t85
)

func (c coding) String() string { return [...]string{"", "MH", "MR", "MMR", "JBIG"}[c] }

// params of the coding in codec/ccitt: TIFF compression 3 with EOLs, K = 4, and
// compression 4.
func (c coding) params(p pages.Page) ccitt.Params {
	return ccitt.Params{Coding: ccitt.Coding(c), EOL: c == mh, K: 4, Width: p.Width, Rows: p.Height}
}

// drawn is a page that is drawn when it is first asked for, and the number by
// which the drivers know it.
type drawn struct {
	slot  int
	name  string
	size  pages.Size
	draw  func() pages.Page
	page  pages.Page
	coded [t85 + 1][]byte
}

// get draws the page.
func (d *drawn) get() pages.Page {
	if d.page.Bits == nil {
		d.page = d.draw()
	}
	return d.page
}

// benchCase is one line of the table.
type benchCase struct {
	op     operation
	coding coding
	*drawn
	bytes int // of the coded page
	// fastest runs of each, by name; those that cannot are missing
	fastest map[string]time.Duration
}

func (c *benchCase) name() string {
	return fmt.Sprintf("%s/%s/%s/%d", c.op, strings.ToLower(c.coding.String()), c.drawn.name, c.size.Width)
}

// allCases are those of the issue: five pages in three sizes, each coding both
// ways, and the ITU's charts as JBIG where the corpus has them.
func allCases(corpus string) []*benchCase {
	var all []*drawn
	for _, s := range pages.Sizes() {
		for _, k := range pages.Kinds() {
			all = append(all, &drawn{slot: len(all), name: k.String(), size: s, draw: func() pages.Page { return pages.Draw(k, s) }})
		}
	}
	charts := chartPages(corpus, len(all))
	var out []*benchCase
	add := func(op operation, c coding, of []*drawn) {
		for _, d := range of {
			out = append(out, &benchCase{op: op, coding: c, drawn: d, fastest: map[string]time.Duration{}})
		}
	}
	for _, op := range []operation{decode, encode} {
		for _, c := range []coding{mh, mr, mmr} {
			add(op, c, all)
		}
	}
	add(recode, mh, all)
	for _, op := range []operation{decode, encode} {
		add(op, t85, all)
		add(op, t85, charts)
	}
	return out
}

// chartPages are the ITU's test charts, as PBM.
func chartPages(corpus string, slot int) []*drawn {
	var out []*drawn
	for i := range 8 {
		data, err := os.ReadFile(filepath.Join(corpus, "itu", fmt.Sprintf("itu%d.pbm", i+1)))
		if err != nil {
			continue
		}
		p, err := pages.ReadPBM(fmt.Sprintf("itu%d", i+1), data)
		if err != nil {
			continue
		}
		out = append(out, &drawn{slot: slot + len(out), name: p.Name, size: p.Size, draw: func() pages.Page { return p }})
	}
	return out
}

// selectCases are those whose names begin with the parts of only.
func selectCases(all []*benchCase, only string) []*benchCase {
	var out []*benchCase
	for _, c := range all {
		if matches(c.name(), strings.ToLower(only)) {
			out = append(out, c)
		}
	}
	return out
}

func matches(name, only string) bool {
	parts := strings.Split(name, "/")
	for i, want := range strings.Split(only, "/") {
		if want != "" && (i >= len(parts) || parts[i] != want) {
			return false
		}
	}
	return true
}
