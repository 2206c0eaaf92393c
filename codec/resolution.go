package codec

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Resolution is a pair of resolutions in dots per inch, as RFC 3949 section 4.2.1 and T.30 name them.
type Resolution struct{ X, Y int }

// The legal pairs, coarsest first.
var resolutions = []Resolution{
	{200, 100}, {204, 98}, {200, 200}, {204, 196}, {200, 400}, {204, 391}, {300, 300}, {400, 400}, {408, 391}, {600, 600},
}

// Resolutions gives the legal pairs, coarsest first.
func Resolutions() []Resolution { return slices.Clone(resolutions) }

// ParseResolution reads "204x196", and "300" for a square one. "100" is one of profile C only.
func ParseResolution(s string) (Resolution, error) {
	x, y, found := strings.Cut(strings.ToLower(s), "x")
	if !found {
		y = x
	}
	for _, r := range append(colourResolutions[:1:1], resolutions...) {
		if fmt.Sprint(r.X) == x && fmt.Sprint(r.Y) == y {
			return r, nil
		}
	}
	return Resolution{}, errorf("parse", ErrTarget, "%q is no fax resolution: use %s", s, listed(resolutions))
}

// String gives "204x196".
func (r Resolution) String() string { return fmt.Sprintf("%dx%d", r.X, r.Y) }

// Legal says whether the pair is one that fax machines know.
func (r Resolution) Legal() bool { return slices.Contains(resolutions, r) }

// ProfileS says whether the pair belongs to profile S (RFC 3949 section 3.3).
func (r Resolution) ProfileS() bool { return r.X <= 204 && r.Y <= 200 && r.Legal() }

// exact gives the true dots per inch: 98, 196 and 391 stand for 3.85, 7.7 and 15.4 lines per millimetre.
func (r Resolution) exact() (x, y float64) {
	switch r.Y {
	case 98:
		return float64(r.X), 3.85 * mmPerInch
	case 196:
		return float64(r.X), 7.7 * mmPerInch
	case 391:
		return float64(r.X), 15.4 * mmPerInch
	}
	return float64(r.X), float64(r.Y)
}

const mmPerInch = 25.4

// nearest gives the legal pair within 3 % of the measured one.
func nearest(x, y float64) (Resolution, bool) {
	best, off := Resolution{}, 0.03
	for _, r := range resolutions {
		d := max(math.Abs(x/float64(r.X)-1), math.Abs(y/float64(r.Y)-1))
		if d < off {
			best, off = r, d
		}
	}
	return best, best.X > 0
}

// Paper is a size of paper that fax machines know.
type Paper string

// The papers, T.30 and RFC 2879.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
	Legal  Paper = "Legal"
	B4     Paper = "B4"
	A3     Paper = "A3"
)

// paperSizes are in the order in which a page looks for the smallest that holds it: the width class of T.30 (0: 1728
// pixels at 200 per inch) and the length in millimetres.
var paperSizes = []struct {
	paper  Paper
	class  int
	length float64
}{
	{Letter, 0, 279.4},
	{A4, 0, 297},
	{Legal, 0, 355.6},
	{B4, 1, 364},
	{A3, 2, 420},
}

// ParsePaper reads a paper's name in either case.
func ParsePaper(s string) (Paper, error) {
	var names []Paper
	for _, p := range paperSizes {
		if strings.EqualFold(s, string(p.paper)) {
			return p.paper, nil
		}
		names = append(names, p.paper)
	}
	return "", errorf("parse", ErrTarget, "%q is no fax paper: use %s", s, listed(names))
}

// widths per class of paper, by horizontal resolution (RFC 3949 sections 4.2.1 and 6.2.1; 600 by T.30).
var widths = map[int][3]int{
	100: {864, 1024, 1216},
	200: {1728, 2048, 2432}, 204: {1728, 2048, 2432},
	300: {2592, 3072, 3648},
	400: {3456, 4096, 4864}, 408: {3456, 4096, 4864},
	600: {5184, 6144, 7296},
}

// Size gives the pixels of a row and the rows of a whole page of the paper at a legal resolution, 0 if either is unknown.
func (p Paper) Size(r Resolution) (width, rows int) {
	_, y := r.exact()
	for _, s := range paperSizes {
		if s.paper == p && widths[r.X] != [3]int{} {
			return widths[r.X][s.class], int(math.Round(s.length / mmPerInch * y))
		}
	}
	return 0, 0
}

// Widths gives the legal numbers of pixels of a row at a resolution.
func Widths(r Resolution) []int {
	if w, ok := widths[r.X]; ok && r.Legal() {
		return w[:]
	}
	return nil
}
