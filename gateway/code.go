package gateway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"faxgate/codec"
	"faxgate/spool"
)

// coded is one document as a TIFF in a temporary file.
type coded struct {
	name    string // shown to the recipient
	file    string
	pages   int
	cleaned []codec.Cleaned
}

// codeAll writes each document as a TIFF file of its own (RFC 3965 section 2.2.4: recipients take several), its pages numbered through over all of them in the header line. remove takes
// the files away again, also after an error.
func (g *Gateway) codeAll(ctx context.Context, opened []codec.Document, docs []spool.Document, targets []codec.Target) (files []coded, remove func(), err error) {
	remove = func() {
		for _, f := range files {
			os.Remove(f.file)
		}
	}
	before := 0
	for i, d := range opened {
		t := targets[i]
		t.Header.Before += before
		f, err := os.CreateTemp(g.tempDir(), "fax-*.tif")
		if err != nil {
			return files, remove, fmt.Errorf("make a temporary file: %w", err)
		}
		files = append(files, coded{name: tiffName(docs[i].Name), file: f.Name()})
		total := d.Count()
		if t.Clean.DropBlank {
			total = 0 // known when all have been looked at, which is too late for the first page's number
		}
		report, err := codec.Write(ctx, f, t.Profile, total, codec.Fit(ctx, numbered(d.Pages(ctx), docs[i].Name, 0, d.Count()), t))
		files[i].pages, files[i].cleaned = report.Pages, report.Cleaned
		if closed := f.Close(); err == nil {
			err = closed
		}
		if blank := errors.Is(err, codec.ErrEmpty) && len(report.Cleaned) > 0; err != nil && !blank {
			return files, remove, blame(err, "code the pages of %s: %w", docs[i].Name, err)
		}
		if before += d.Count(); t.Clean.DropBlank {
			before += report.Pages - d.Count()
		}
	}
	return files, remove, nil
}

// allPages walks the pages of several documents as one, numbered through.
func allPages(ctx context.Context, opened []codec.Document, docs []spool.Document, total int) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		before := 0
		for i, d := range opened {
			for p, err := range numbered(d.Pages(ctx), docs[i].Name, before, total) {
				if !yield(p, err) {
					return
				}
			}
			before += d.Count()
		}
	}
}

// numbered counts pages on from those before, and says in each error which page of which document it concerns.
func numbered(pages iter.Seq2[codec.Page, error], name string, before, total int) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		for p, err := range pages {
			if err != nil {
				err = fmt.Errorf("%s, page %d: %w", name, p.Index+1, err)
			}
			p.Index, p.Total = p.Index+before, total
			if !yield(p, err) {
				return
			}
		}
	}
}

// some is a document of which only the pages from first to last (from 0, last not included) are there.
type some struct {
	codec.Document
	first, last int
}

// Count gives the number of pages that are there.
func (s some) Count() int { return s.last - s.first }

// Pages walks them, numbered from 0.
func (s some) Pages(ctx context.Context) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		for p, err := range s.Document.Pages(ctx) {
			if p.Index >= s.last {
				return
			}
			if p.Index < s.first {
				continue
			}
			p.Index, p.Total = p.Index-s.first, s.Count()
			if !yield(p, err) {
				return
			}
		}
	}
}

// portion gives the documents with only those pages that a part of a fax carries; documents without any are left out.
func (w faxWhat) portion(opened []codec.Document, docs []spool.Document) ([]codec.Document, []spool.Document) {
	if w.First == 0 {
		return opened, docs
	}
	var parts []codec.Document
	var rows []spool.Document
	before := 0
	for i, d := range opened {
		n := d.Count()
		first, last := max(w.First-1-before, 0), min(w.Last-before, n)
		before += n
		switch {
		case first >= last:
			continue
		case last-first < n:
			d = some{d, first, last}
		}
		parts, rows = append(parts, d), append(rows, docs[i])
	}
	return parts, rows
}

// tiffName is a document's name with the ending of what it has become.
func tiffName(name string) string {
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".tif"
}
