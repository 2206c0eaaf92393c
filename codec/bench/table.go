package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is a way of writing tables.
type table interface {
	head(title string, columns ...string)
	row(cells ...string)
	end()
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
