package codec

import (
	"context"
	"iter"
	"math"

	"faxgate/codec/ccitt"
)

// tone says how the grey of a page becomes black and white.
type tone struct {
	screen bool      // as a photograph, by a screen of dots
	table  [256]byte // shades of the screen: darkness after the paper's white and the picture's black are set
	global bool      // by one threshold
	limit  byte      // the threshold; below it is black
	low    byte      // below it is black in any case
	high   byte      // from it on is white in any case
}

// histogram counts shades.
type histogram [256]int

func (h *histogram) add(row []byte) {
	for _, v := range row {
		h[v]++
	}
}

// Numbers by which pages of text and photographs are told apart.
const (
	bimodal    = 0.85 // share of the variance that lies between the two classes of Otsu's threshold
	photoShare = 0.15 // share of shades that are neither black nor white
	cleanPaper = 14.0 // standard deviation of the paper's white
	thinStroke = 0.62 // of the way from ink to paper: antialiased thin strokes stay black
)

// tone decides by the shades of the whole page.
func (h *histogram) tone() *tone {
	o := h.otsu()
	span := o.light - o.dark
	if span < 24 || o.total == 0 {
		// Nothing is on the page, or all of it is one shade.
		return &tone{global: true, limit: 128}
	}
	at := func(share float64) byte { return byte(min(255, max(1, o.dark+share*span))) }
	middle := h.share(at(0.2), at(0.8))
	switch {
	case middle > photoShare && o.ratio < bimodal+0.05:
		return h.photo()
	case o.ratio > bimodal && o.lightDev < cleanPaper:
		return &tone{global: true, limit: at(thinStroke)}
	}
	return &tone{low: at(0.2), high: at(0.88)}
}

// otsu is Otsu's split of the shades into two classes.
type otsu struct {
	total       int
	dark, light float64 // mean shades of the classes
	ratio       float64 // variance between the classes by the whole variance
	lightDev    float64 // standard deviation of the lighter class
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
	var n0, sum0, squares0 float64
	for v, c := range h[:255] {
		n0 += float64(c)
		sum0 += float64(v) * float64(c)
		squares0 += float64(v) * float64(v) * float64(c)
		n1 := n - n0
		if n0 == 0 || n1 == 0 || variance == 0 {
			continue
		}
		dark, light := sum0/n0, (sum-sum0)/n1
		if ratio := n0 / n * n1 / n * (light - dark) * (light - dark) / variance; ratio > best.ratio {
			dev := math.Sqrt(max(0, (squares-squares0)/n1-light*light))
			best = otsu{int(n), dark, light, ratio, dev}
		}
	}
	return best
}

// share gives the part of the pixels whose shade is from low up to but not including high.
func (h *histogram) share(low, high byte) float64 {
	n, all := 0, 0
	for v, c := range h {
		all += c
		if v >= int(low) && v < int(high) {
			n += c
		}
	}
	return float64(n) / float64(max(all, 1))
}

// photo makes the table of a screen: the darkest and the lightest hundredth become black and white, the shades between are
// lightened a little because printed dots grow.
func (h *histogram) photo() *tone {
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
	t := &tone{screen: true}
	for v := range t.table {
		share := min(1, max(0, float64(v-black)/float64(max(white-black, 1))))
		t.table[v] = byte(math.Round(255 * (1 - math.Pow(share, 0.85))))
	}
	return t
}

// bufferedShades is the largest grey page, in bytes, that is kept between the look at its shades and their use.
const bufferedShades = 16 << 20

// binarised yields a grey picture in black and white. Its shades are looked at before: a page that is small enough is kept
// meanwhile, a larger one is made twice.
func (s *fittedSource) binarised(ctx context.Context, rows iter.Seq2[[]byte, error]) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		if s.tone == nil {
			kept, err := s.look(rows)
			if err != nil {
				yield(nil, err)
				return
			}
			if kept != nil {
				rows = keptRows(kept, s.layout.w)
			}
		}
		switch {
		case s.tone.screen:
			s.screened(rows, yield)
		case s.tone.global:
			s.cut(rows, yield)
		default:
			newSauvola(s.tone, s.layout.w, s.target.Resolution).run(rows, yield)
		}
	}
}

// look finds the page's tone and returns its rows if they are not too many.
func (s *fittedSource) look(rows iter.Seq2[[]byte, error]) ([]byte, error) {
	var h histogram
	var kept []byte
	size := s.layout.w * s.layout.h
	if size <= bufferedShades {
		kept = make([]byte, 0, size)
	}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		h.add(row)
		if kept != nil {
			kept = append(kept, row...)
		}
	}
	s.tone = h.tone()
	return kept, nil
}

func keptRows(kept []byte, width int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for ; len(kept) >= width; kept = kept[width:] {
			if !yield(kept[:width], nil) {
				return
			}
		}
	}
}

// cut applies one threshold.
func (s *fittedSource) cut(rows iter.Seq2[[]byte, error], yield func(ccitt.Changes, error) bool) {
	var c ccitt.Changes
	for row, err := range rows {
		if err != nil {
			yield(nil, err)
			return
		}
		c = threshold(c, row, s.tone.limit)
		if !yield(c, nil) {
			return
		}
	}
}

// screened applies a screen of dots.
func (s *fittedSource) screened(rows iter.Seq2[[]byte, error], yield func(ccitt.Changes, error) bool) {
	m := newScreen(s.target.Resolution)
	var c ccitt.Changes
	y := 0
	for row, err := range rows {
		if err != nil {
			yield(nil, err)
			return
		}
		for x, v := range row {
			row[x] = s.tone.table[v]
		}
		c = m.row(c, row, y)
		y++
		if !yield(c, nil) {
			return
		}
	}
}
