package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"faxgate/codec"
	"faxgate/spool"
)

// pagesOf is what was found in one document.
type pagesOf struct {
	doc      spool.Document
	pages    []spool.Page
	readable int
	faults   []string
}

// maxFaults is how many faults of one document are told in words: a receipt is read by a person.
const maxFaults = 5

// readPages decodes every row of every page: only then is a page known to be readable. Errors of pages are kept with them; the walk goes on.
func (g *Gateway) readPages(ctx context.Context, d spool.Document) (pagesOf, error) {
	found := pagesOf{doc: d}
	if d.Error != "" {
		return found, nil
	}
	doc, _, err := g.openDocument(ctx, d.Hash)
	if err != nil {
		return found.broken(ctx, err)
	}
	defer doc.Close()
	found.doc.Pages = doc.Count()
	for p, err := range doc.Pages(ctx) {
		if err == nil {
			err = walkRows(ctx, p)
		}
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if errors.Is(err, codec.ErrUnavailable) {
			return found, err
		}
		found.add(p, err)
		if errors.Is(err, codec.ErrTooComplex) { // the pages after it would each cost their time limit too, and other mail waits
			if left := doc.Count() - p.Index - 1; left > 0 {
				found.faults = append(found.faults, fmt.Sprintf("%s after it not read", countPages(left)))
			}
			break
		}
	}
	if err := doc.Damage(); err != nil {
		found.faults = append(found.faults, err.Error())
	}
	found.doc.Error = strings.Join(found.faults, "; ")
	return found, nil
}

// add notes one page, of which all that can be decoded has been.
func (p *pagesOf) add(page codec.Page, err error) {
	row := spool.Page{
		Document: p.doc.ID, Index: page.Index, Width: page.Width, Height: page.Height, XRes: page.XRes, YRes: page.YRes, Coding: page.Coding,
	}
	st := page.Stats()
	p.doc.BadRows += st.BadRows
	if err == nil && st.Rows == 0 && page.Kind == codec.Bilevel {
		err = errors.New("not one row of the page could be decoded")
	}
	if err == nil {
		p.readable++
		err = lostRows(page)
	}
	if err != nil {
		row.Error = err.Error()
		if len(p.faults) < maxFaults {
			p.faults = append(p.faults, onPage(page.Index, err))
		}
	}
	p.pages = append(p.pages, row)
}

// lostRows says that the page broke off: the file ends before it does, or damage took more than a hundredth of its rows. A page that is merely shorter than its field says is whole:
// many machines write the height of the paper.
func lostRows(p codec.Page) error {
	st := p.Stats()
	if st.Missing == 0 || !p.Truncated && (st.BadRows == 0 || st.Missing*100 < p.Height) {
		return nil
	}
	return fmt.Errorf("only %d of %d rows have arrived: %w", st.Rows, p.Height, st.Err)
}

// onPage names the page, unless the words do already.
func onPage(index int, err error) string {
	name := fmt.Sprintf("page %d", index+1)
	if strings.HasPrefix(err.Error(), name+" ") || strings.HasPrefix(err.Error(), name+":") {
		return err.Error()
	}
	return name + ": " + err.Error()
}

func (p pagesOf) broken(ctx context.Context, err error) (pagesOf, error) {
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	if !isDocumentFault(err) {
		return p, err
	}
	p.doc.Error = err.Error()
	return p, nil
}

// isDocumentFault tells what is wrong with a document from what is wrong with this installation.
func isDocumentFault(err error) bool {
	_, ok := errors.AsType[*codec.Error](err)
	return ok && !errors.Is(err, codec.ErrUnavailable)
}

// checkPages looks at each page as far as that is quick, so that whoever submits a document hears at once what could not be sent.
func checkPages(ctx context.Context, name string, doc codec.Document) error {
	for p, err := range doc.Pages(ctx) {
		if err == nil && p.Truncated && p.Kind == codec.Bilevel {
			if err = walkRows(ctx, p); err == nil {
				err = lostRows(p)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, codec.ErrUnavailable) {
			return err
		}
		if err != nil {
			return &InputError{"", name + ": " + onPage(p.Index, err)}
		}
	}
	if err := doc.Damage(); err != nil {
		return &InputError{"", name + ": " + err.Error()}
	}
	return nil
}

func walkRows(ctx context.Context, p codec.Page) error {
	if p.Kind == codec.Bilevel {
		for _, err := range p.Changes(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, err := range p.Gray(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}
