package codec

import (
	"context"
	"iter"
	"slices"

	"faxgate/codec/ccitt"
)

// Fit brings each page to the target: turned upright, at its true size on the smallest paper that holds it, in two colours
// but for profile C, the header in the top rows. A page whose error comes with it is passed on, and so is every page that cannot be fitted,
// with the reason. The pages are made when their rows are read, and can be read again until the walk goes on.
func Fit(ctx context.Context, pages iter.Seq2[Page, error], t Target) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		t, err := t.withDefaults()
		if err != nil {
			yield(Page{}, err)
			return
		}
		f := fitter{target: t}
		for p, err := range pages {
			var fitted []Page
			if err == nil {
				fitted, err = f.page(ctx, p)
			}
			if err != nil {
				if !yield(p, err) {
					return
				}
				f.done++
				continue
			}
			for _, p := range fitted {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// fitter counts the pages that it made.
type fitter struct {
	target Target
	done   int
	cut    bool // pages were cut: the total is not what was said
}

// page makes the pages that one page becomes.
func (f *fitter) page(ctx context.Context, p Page) ([]Page, error) {
	if f.target.KeepPixels {
		p, err := keep(p, f.target)
		f.done++
		return []Page{p}, err
	}
	lim := Limits{}.withDefaults()
	orientation := max(p.Orientation, 1)
	upright := p
	if orientation >= 5 {
		upright.Width, upright.Height, upright.XRes, upright.YRes = p.Height, p.Width, p.YRes, p.XRes
	}
	all := layouts(upright, f.target)
	quarters := 0
	if all[0].quarter {
		if p.Vector {
			quarters = 1
		} else {
			orientation = clockwise[orientation]
		}
	}
	p, err := p.turned(orientation, lim)
	if err != nil {
		return nil, err
	}
	var clean *cleaning
	if f.target.Clean.any() {
		if clean, err = f.target.Clean.look(ctx, p, quarters); err != nil {
			return nil, err
		}
		if clean.blank {
			return []Page{{Index: f.done, Width: all[0].width, Cleaned: clean.report(p.Index)}}, nil
		}
	}
	f.cut = f.cut || len(all) > 1
	var fitted []Page
	judged := &judgement{}
	for _, l := range all {
		src := &fittedSource{page: p, layout: l, target: f.target, quarters: quarters, clean: clean, judgement: judged}
		fitted = append(fitted, f.make(ctx, p, src))
		f.done++
	}
	fitted[0].Cleaned = clean.report(p.Index)
	return fitted, nil
}

// make puts a layout into effect.
func (f *fitter) make(ctx context.Context, p Page, src *fittedSource) Page {
	t, l := f.target, src.layout
	src.number, src.total = t.Header.Before+f.done+1, t.Header.Total
	if src.total == 0 {
		src.total = p.Total
	}
	if f.cut || t.Clean.DropBlank {
		src.total = 0
	}
	fitted := Page{
		Index: f.done, Total: src.total, Width: l.width, Height: l.rows, XRes: float64(t.Resolution.X), YRes: float64(t.Resolution.Y),
		Kind: Bilevel, Coding: p.Coding, Orientation: 1, Quality: p.Quality, src: src, walk: p.walk,
	}
	if t.Profile.multiValue() {
		return t.colourPage(ctx, fitted, p, src)
	}
	return fitted
}

// keep checks a page that is to be coded as it is.
func keep(p Page, t Target) (Page, error) {
	if p.Kind != Bilevel || p.Vector {
		return p, errorf("fit", ErrTarget, "page %d is %v: only bilevel pages can be coded as they are", p.Index+1, p.Kind)
	}
	p.Orientation = 1
	r, ok := nearest(p.XRes, p.YRes)
	legal := t.Profile.legalWidths(r)
	if !ok || !slices.Contains(legal, p.Width) || t.Profile.Letter == 'S' && !r.ProfileS() {
		// What the page says cannot be: the target decides, or the resolution at which the width is legal.
		r, legal = t.Resolution, t.Profile.legalWidths(t.Resolution)
		for _, other := range []Resolution{{204, 196}, {300, 300}, {408, 391}, {600, 600}} {
			if !slices.Contains(legal, p.Width) && slices.Contains(t.Profile.legalWidths(other), p.Width) &&
				(t.Profile.Letter != 'S' || other.ProfileS()) {
				r, legal = other, t.Profile.legalWidths(other)
			}
		}
	}
	if !slices.Contains(legal, p.Width) {
		return p, errorf("fit", ErrTarget, "page %d is %d pixels wide, profile %c allows %s", p.Index+1, p.Width, t.Profile.Letter, t.Profile.allWidths())
	}
	p.XRes, p.YRes = float64(r.X), float64(r.Y)
	return p, nil
}

// allWidths names the widths that a profile allows at any resolution.
func (p Profile) allWidths() string {
	var all []int
	for _, r := range resolutions {
		if p.Letter == 'S' && !r.ProfileS() {
			continue
		}
		for _, w := range p.legalWidths(r) {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	slices.Sort(all)
	return listed(all)
}

// fittedSource is a page on its paper.
type fittedSource struct {
	page          Page
	layout        layout
	target        Target
	quarters      int
	clean         *cleaning // what is done besides, nil for nothing
	number, total int

	header []ccitt.Changes
	*judgement
}

// judgement is what was found out about a picture, once it was looked at. The pages into which one is cut share it.
type judgement struct {
	tone   *tone   // how grey becomes black and white
	dotted *dotted // where the picture is screened
}

func (s *fittedSource) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

func (s *fittedSource) changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		if err := s.makeHeader(); err != nil {
			yield(nil, err)
			return
		}
		w := &sheet{source: s, yield: yield}
		if !w.white(s.layout.y) {
			return
		}
		skip := s.layout.first
		for c, err := range s.picture(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if skip > 0 {
				skip--
				continue
			}
			// What is left of the original is read too, so that its Stats are complete.
			if !w.put(c) {
				return
			}
		}
		w.white(s.layout.rows)
	}
}

func (s *fittedSource) makeHeader() (err error) {
	if s.header == nil && !s.target.Header.empty() {
		s.header, err = headerRows(s.target, s.layout.width, s.number, s.total)
	}
	return err
}

// picture yields the rows of the page's picture in the layout's size.
func (s *fittedSource) picture(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	p, l := s.page, s.layout
	if src, ok := p.src.(bilevelSource); ok && !p.Vector {
		if p.Width == l.w && p.Height == l.h && s.clean.nothing() {
			return p.Changes(ctx)
		}
		return s.scaled(ctx, src)
	}
	return s.binarised(ctx, s.shades(ctx))
}

// shades yields the picture in grey.
func (s *fittedSource) shades(ctx context.Context) iter.Seq2[[]byte, error] {
	p, l := s.page, s.layout
	if src, ok := p.src.(vectorSource); ok {
		return s.cleaned(timed(ctx, p, src.render(ctx, l.w, l.h, s.quarters)), 1, 255)
	}
	return s.cleaned(scaledGray(p.Gray(ctx), p.Width, p.Height, l.w, l.h), 1, 255)
}

// cleaned does to rows of the picture, of n bytes for each pixel, what is to be done besides fitting them.
func (s *fittedSource) cleaned(rows iter.Seq2[[]byte, error], n int, white byte) iter.Seq2[[]byte, error] {
	return s.clean.rows(rows, s.layout.w, s.layout.h, n, white, s.target.Resolution)
}

// sheet puts rows onto the paper.
type sheet struct {
	source *fittedSource
	yield  func(ccitt.Changes, error) bool
	y      int
	buf    ccitt.Changes
}

// put yields a row of the picture, moved to its place; false ends the walk. Rows below the end of the paper are left out.
func (w *sheet) put(c ccitt.Changes) bool {
	l := w.source.layout
	if w.y >= l.rows {
		return true
	}
	if w.y < len(w.source.header) {
		c = w.source.header[w.y]
	} else if l.x != 0 || l.w != l.width {
		w.buf = shifted(w.buf, c, l.x, l.width)
		c = w.buf
	}
	w.y++
	return w.yield(c, nil)
}

// white yields white rows until row end.
func (w *sheet) white(end int) bool {
	blank := closed(nil, w.source.layout.w)
	for w.y < min(end, w.source.layout.rows) {
		if !w.put(blank) {
			return false
		}
	}
	return true
}

// shifted moves a row by x pixels onto a row of another width.
func shifted(dst, c ccitt.Changes, x, width int) ccitt.Changes {
	dst = dst[:0]
	old := c.Width()
	for i := 0; int(c[i]) < old; i += 2 {
		from, to := max(int(c[i])+x, 0), min(int(c[i+1])+x, width)
		if from < to {
			dst = append(dst, int32(from), int32(to))
		}
	}
	return closed(dst, width)
}
