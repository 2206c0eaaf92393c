package gateway

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"faxgate/codec"
	"faxgate/codec/pdf"
	"faxgate/spool"
)

// receivedPDF writes all readable pages of a received fax as one PDF.
func (g *Gateway) receivedPDF(ctx context.Context, rec spool.Received, w io.Writer) error {
	docs, err := g.receivedDocuments(ctx, rec.ID)
	if err != nil {
		return err
	}
	return g.writePDF(ctx, docs, pdf.Meta{Title: rec.Subject, Author: rec.From, Created: rec.ReceivedAt}, w)
}

// writePDF writes the pages of documents that can be read, leaving out those that cannot: what is left out stands in the documents' own errors.
func (g *Gateway) writePDF(ctx context.Context, docs []spool.Document, meta pdf.Meta, w io.Writer) error {
	return g.readable(ctx, docs, func(pages iter.Seq2[codec.Page, error]) error {
		_, err := codec.WritePDF(ctx, w, meta, pages)
		return err
	})
}

// receivedTIFF writes all readable pages of a received fax as one TIFF, coded as MMR, which every viewer takes: fax pages as they are, others in two colours.
func (g *Gateway) receivedTIFF(ctx context.Context, rec spool.Received, w io.Writer) error {
	docs, err := g.receivedDocuments(ctx, rec.ID)
	if err != nil {
		return err
	}
	return g.writeTIFF(ctx, docs, w)
}

// archiveTIFF is receivedTIFF for a copy that stays here, in a folder or with who looks at the inbox: a page that came in damaged says so in TIFF-F's page-quality fields, which are
// not for what is mailed on (RFC 3949 section 4.4.5).
func (g *Gateway) archiveTIFF(ctx context.Context, rec spool.Received, w io.Writer) error {
	docs, err := g.receivedDocuments(ctx, rec.ID)
	if err != nil {
		return err
	}
	return g.readable(ctx, docs, func(pages iter.Seq2[codec.Page, error]) error {
		_, err := codec.Archive(ctx, w, 0, fitOthers(ctx, pages, asMMR()))
		return err
	})
}

// asMMR is what TIFF files for people are coded as.
func asMMR() codec.Target {
	return codec.Target{Profile: codec.Profile{Letter: 'F', Coding: codec.MMR}, Papers: slices.Clone(sizes), Reduce: true}
}

// writeTIFF writes the pages of documents that can be read.
func (g *Gateway) writeTIFF(ctx context.Context, docs []spool.Document, w io.Writer) error {
	t := asMMR()
	return g.readable(ctx, docs, func(pages iter.Seq2[codec.Page, error]) error {
		_, err := codec.Write(ctx, w, t.Profile, 0, fitOthers(ctx, pages, t))
		return err
	})
}

// fitOthers keeps the pixels of what came as a fax page, and fits what came otherwise.
func fitOthers(ctx context.Context, pages iter.Seq2[codec.Page, error], t codec.Target) iter.Seq2[codec.Page, error] {
	kept := t
	kept.KeepPixels = true
	return func(yield func(codec.Page, error) bool) {
		for p, err := range pages {
			one := func(yield func(codec.Page, error) bool) { yield(p, err) }
			way := kept
			for _, err := range codec.Fit(ctx, one, kept) {
				if err != nil {
					way = t
				}
			}
			for q, err := range codec.Fit(ctx, one, way) {
				if !yield(q, err) {
					return
				}
			}
		}
	}
}

func (g *Gateway) receivedDocuments(ctx context.Context, id spool.ID) (docs []spool.Document, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		docs, err = tx.ReceivedDocuments(id)
		return err
	})
	return docs, err
}

// readable opens the documents and lets write have those of their pages that can be read.
func (g *Gateway) readable(ctx context.Context, docs []spool.Document, write func(iter.Seq2[codec.Page, error]) error) error {
	var opened []codec.Document
	defer func() {
		for _, d := range opened {
			d.Close()
		}
	}()
	known, err := g.knownPages(ctx, docs)
	if err != nil {
		return err
	}
	var kept []spool.Document
	total, doubts := 0, map[int]doubt{}
	for _, d := range docs {
		if d.Hash == "" {
			continue
		}
		doc, _, err := g.openDocument(ctx, d.Hash)
		if isOurFault(err) {
			return err
		}
		if err != nil {
			continue
		}
		opened, kept = append(opened, doc), append(kept, d)
		noteDoubts(doubts, total, doc.Count(), known[d.ID])
		total += doc.Count()
	}
	if total == 0 {
		return fmt.Errorf("%w: no page can be read", ErrNotFound)
	}
	return write(readablePages(ctx, allPages(ctx, opened, kept, total), doubts))
}

// doubt is what the intake has left open about a page.
type doubt int

const (
	broken doubt = iota + 1 // something was wrong with it: enough of it may be there to be shown
	unread                  // the intake gave up before it
)

// knownPages is what the intake has found in each document.
func (g *Gateway) knownPages(ctx context.Context, docs []spool.Document) (map[spool.ID][]spool.Page, error) {
	known := map[spool.ID][]spool.Page{}
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		for _, d := range docs {
			if known[d.ID], err = tx.Pages(d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return known, err
}

// noteDoubts adds the doubtful ones of a document's pages, which are numbered from first on. A document that has not been read yet has none.
func noteDoubts(doubts map[int]doubt, first, count int, known []spool.Page) {
	if len(known) == 0 {
		return
	}
	for i := range count {
		doubts[first+i] = unread
	}
	for _, p := range known {
		if delete(doubts, first+p.Index); p.Error != "" {
			doubts[first+p.Index] = broken
		}
	}
}

// readablePages leaves out the pages that cannot be opened or decoded. A fault of this installation ends the walk instead, so that no page is lost silently.
func readablePages(ctx context.Context, pages iter.Seq2[codec.Page, error], doubts map[int]doubt) iter.Seq2[codec.Page, error] {
	return func(yield func(codec.Page, error) bool) {
		for p, err := range pages {
			d := doubts[p.Index]
			if err == nil && d == broken {
				err = walkRows(ctx, p)
			}
			if d == unread || err != nil && !isOurFault(err) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}
