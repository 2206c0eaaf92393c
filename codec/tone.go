package codec

import (
	"context"
	"iter"
	"math"

	"faxgate/codec/ccitt"
)

// tone says how the grey of a page becomes black and white.
type tone struct {
	cells *cells    // which parts are written and which are pictures
	paper *paper    // how the page was lit, if it is to be evened out before all else
	table [256]byte // shades as the darkness that dots show, after the paper's white and the picture's black are set
	low   byte      // below it, what is written is black in any case
	high  byte      // from it on it is white in any case
	// clean says that the paper has one shade of white: areas of even grey are meant to be grey and get dots, and next to
	// the paper one threshold is better than one that looks around.
	clean    bool
	limit    byte    // that threshold
	light    float64 // mean shade around a pixel from which it counts as next to the paper
	faint    int     // how much darker than its surroundings a thin stroke is at least
	evenness float64 // variance of the shades next to a pixel below which they are even
}

// histogram counts shades.
type histogram [256]int

func (h *histogram) add(row []byte) {
	for _, v := range row {
		h[v]++
	}
}

// Numbers by which the tone of a page is found.
const (
	inkShare    = 0.1  // share of the darker class that is at least as dark as the ink,
	pageInk     = .005 // or of the page, whichever is darker
	paperShare  = 0.7  // share of the lighter class that is near its commonest shade, if the paper is clean
	paperWidth  = 8    // what near means, in shades
	lightest    = 176  // the darkest shade that paper around a photograph may have
	paperAround = 0.2  // share of the page from which a light shade is such paper,
	overPaper   = 0.05 // unless as much as this is lighter still
	thinStroke  = 0.62 // of the way from ink to paper: antialiased thin strokes stay black
	faintStroke = 0.15 // of the way: thin strokes that are lighter still
	evenShare   = 0.08 // of the way: standard deviation of an even area
	wholePage   = 0.1  // share of cells from which a picture on paper of many shades is the whole page,
	hardlyAny   = 0.01 // as it is when next to none is written in and shades are not of two kinds:
	bimodal     = 0.9  // share of the variance that lies between the two classes of Otsu's threshold
)

// tone decides by the shades of the whole page and by what its cells look like.
func (h *histogram) tone(g *cells) *tone {
	o := h.otsu()
	o.dark = float64(h.quantile(min(int(inkShare*float64(o.darkCount)), int(pageInk*float64(o.total)))))
	span := o.light - o.dark
	if span < 24 || o.total == 0 {
		// Nothing is on the page, or all of it is one shade.
		return &tone{cells: &cells{}, low: 128, high: 128}
	}
	at := func(share float64) byte { return byte(min(255, max(1, o.dark+share*span))) }
	shade, share := h.paper()
	around := share > paperAround && h.share(shade+paperWidth+1, len(h)) < overPaper
	t := &tone{cells: g, low: at(0.2), high: at(0.88)}
	t.clean, t.limit, t.light = around || h.cleanPaper(at(0.5)), at(thinStroke), o.dark+0.7*span
	t.faint = int(faintStroke * span)
	t.evenness = (evenShare * span) * (evenShare * span)
	t.table = h.darkness(around)
	paper := int(at(0.85))
	for t.clean && paper < 255 && t.table[paper] > 0 {
		paper++
	}
	paper = paper >> binShift << binShift
	surface := g.paper()
	pictures, writing := g.classify(shadeRange{dark: int(at(0.15)), paper: paper, white: int(t.high)}, t.clean)
	switch {
	case t.clean:
	case surface != nil && writing > hardlyAny:
		t.paper = surface
	case pictures > max(writing, wholePage) || writing < hardlyAny && o.ratio < bimodal:
		g.picture()
	}
	return t
}

// cleanPaper says whether most of the shades from low on are near the commonest of them.
func (h *histogram) cleanPaper(low byte) bool {
	peak := int(low)
	for v := peak; v < len(h); v++ {
		if h[v] > h[peak] {
			peak = v
		}
	}
	near := h[max(0, peak-paperWidth):min(len(h), peak+paperWidth+1)]
	sum, all := 0, 0
	for _, c := range near {
		sum += c
	}
	for _, c := range h[low:] {
		all += c
	}
	return float64(sum) > paperShare*float64(all)
}

// otsu is Otsu's split of the shades into two classes.
type otsu struct {
	total       int
	darkCount   int     // pixels of the darker class
	dark, light float64 // mean shades of the classes
	ratio       float64 // variance between the classes by the whole variance
}

func (h *histogram) otsu() otsu {
	var n, sum, squares float64
	for v, c := range h {
		n += float64(c)
		sum += float64(v) * float64(c)
		squares += float64(v) * float64(v) * float64(c)
	}
	if n == 0 {
		return otsu{}
	}
	variance := squares/n - (sum/n)*(sum/n)
	best := otsu{total: int(n)}
	var n0, sum0 float64
	for v, c := range h[:255] {
		n0 += float64(c)
		sum0 += float64(v) * float64(c)
		n1 := n - n0
		if n0 == 0 || n1 == 0 || variance == 0 {
			continue
		}
		dark, light := sum0/n0, (sum-sum0)/n1
		if ratio := n0 / n * n1 / n * (light - dark) * (light - dark) / variance; ratio > best.ratio {
			best = otsu{int(n), int(n0), dark, light, ratio}
		}
	}
	return best
}

// quantile gives the shade of the pixel that is number n from the darkest.
func (h *histogram) quantile(n int) int {
	v := 0
	for ; v < len(h)-1 && n >= h[v]; v++ {
		n -= h[v]
	}
	return v
}

// share gives the part of the pixels whose shade is from low up to but not including high.
func (h *histogram) share(low, high int) float64 {
	n, all := 0, 0
	for v, c := range h {
		all += c
		if v >= low && v < high {
			n += c
		}
	}
	return float64(n) / float64(max(all, 1))
}

// paper gives the commonest light shade, and the share of the page that is near it.
func (h *histogram) paper() (shade int, share float64) {
	shade = lightest
	for v := shade; v < len(h); v++ {
		if h[v] > h[shade] {
			shade = v
		}
	}
	return shade, h.share(shade-paperWidth, shade+paperWidth+1)
}

// darkness makes the table of a screen: the darkest and the lightest hundredth become black and white, the shades between are
// lightened a little because printed dots grow. Where a good part of the page is paper around the picture, the paper is
// white, with its grain: dots all over it would help nobody.
func (h *histogram) darkness(paper bool) (table [256]byte) {
	all := 0
	for _, c := range h {
		all += c
	}
	black, white := 0, 255
	for n := 0; black < 255 && n+h[black] < all/100; black++ {
		n += h[black]
	}
	for n := 0; white > 0 && n+h[white] < all/100; white-- {
		n += h[white]
	}
	if paper {
		shade, _ := h.paper()
		white = max(black+1, min(white, shade-paperWidth))
	}
	for v := range table {
		share := min(1, max(0, float64(v-black)/float64(max(white-black, 1))))
		table[v] = byte(math.Round(255 * (1 - math.Pow(share, 0.85))))
	}
	return table
}

// bufferedShades is the largest grey page, in bytes, that is kept between the look at its shades and their use.
const bufferedShades = 16 << 20

// binarised yields a grey picture in black and white. Its shades are looked at before: a page that is small enough is kept
// meanwhile, a larger one is made twice.
func (s *fittedSource) binarised(_ context.Context, rows iter.Seq2[[]byte, error]) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		if s.tone == nil {
			var err error
			if rows, err = s.look(rows); err != nil {
				yield(nil, err)
				return
			}
		}
		if s.tone.paper != nil {
			rows = s.tone.paper.flat(rows)
		}
		newSauvola(s.tone, s.target.halftone(s.layout.w), s.layout.w, s.target.Resolution).run(rows, yield)
	}
}

// look finds the page's tone and gives its rows again.
func (s *fittedSource) look(rows iter.Seq2[[]byte, error]) (again iter.Seq2[[]byte, error], err error) {
	var kept []byte
	if size := s.layout.w * s.layout.h; size <= bufferedShades {
		kept = make([]byte, 0, size)
	}
	h, g, err := s.measure(rows, &kept)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		rows = keptRows(kept, s.layout.w)
	}
	t := h.tone(g)
	if t.paper != nil {
		if h, g, err = s.measure(t.paper.flat(rows), nil); err != nil {
			return nil, err
		}
		paper := t.paper
		t = h.tone(g)
		t.paper = paper
	}
	s.tone = t
	return rows, nil
}

// measure counts the shades of rows and looks at their cells; the rows are kept if there is something to keep them in.
func (s *fittedSource) measure(rows iter.Seq2[[]byte, error], kept *[]byte) (*histogram, *cells, error) {
	h, g := &histogram{}, newCells(s.layout.w, s.target.Resolution)
	for row, err := range rows {
		if err != nil {
			return nil, nil, err
		}
		h.add(row)
		g.add(row)
		if kept != nil && *kept != nil {
			*kept = append(*kept, row...)
		}
	}
	return h, g, nil
}

func keptRows(kept []byte, width int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for left := kept; len(left) >= width; left = left[width:] {
			if !yield(left[:width], nil) {
				return
			}
		}
	}
}
