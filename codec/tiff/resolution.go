package tiff

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// legal is a resolution in dots per inch and the widths in pixels that go with it: A4 (also Letter and Legal), B4, A3.
type legal struct {
	x, y   int
	widths [3]int
	beyond bool // in T.30 and machines, not in RFC 3949
}

// legalTable is RFC 3949 section 4.2.1 (Profile F), followed by what T.30 adds and machines announce.
var legalTable = []legal{
	{204, 98, [3]int{1728, 2048, 2432}, false},
	{200, 100, [3]int{1728, 2048, 2432}, false},
	{204, 196, [3]int{1728, 2048, 2432}, false},
	{200, 200, [3]int{1728, 2048, 2432}, false},
	{204, 391, [3]int{1728, 2048, 2432}, false},
	{300, 300, [3]int{2592, 3072, 3648}, false},
	{408, 391, [3]int{3456, 4096, 4864}, false},
	{400, 400, [3]int{3456, 4096, 4864}, false},
	{200, 400, [3]int{1728, 2048, 2432}, true},
	{300, 600, [3]int{2592, 3072, 3648}, true},
	{400, 800, [3]int{3456, 4096, 4864}, true},
	{600, 600, [3]int{5184, 6144, 7296}, true},
	{600, 1200, [3]int{5184, 6144, 7296}, true},
	{1200, 1200, [3]int{10368, 12288, 14592}, true},
}

// colourTable is RFC 3949 section 6.2.1 (Profile C).
var colourTable = []legal{
	{100, 100, [3]int{864, 1024, 1216}, false},
	{200, 200, [3]int{1728, 2048, 2432}, false},
	{300, 300, [3]int{2592, 3072, 3648}, false},
	{400, 400, [3]int{3456, 4096, 4864}, false},
}

// lookup finds a resolution in a table.
func lookup(table []legal, x, y int) (legal, bool) {
	i := slices.IndexFunc(table, func(l legal) bool { return l.x == x && l.y == y })
	if i < 0 {
		return legal{}, false
	}
	return table[i], true
}

// legalSize says whether a profile that is written here may have this width and resolution; the error names those
// that it may have.
func legalSize(profile byte, width, x, y int) error {
	if profile == 'S' {
		_, ok := lookup(legalTable[:4], x, y)
		if ok && width == 1728 {
			return nil
		}
		return fmt.Errorf("profile S takes pages of 1728 pixels in a row at %s dots per inch, not %d pixels at %d×%d",
			resolutions(legalTable[:4]), width, x, y)
	}
	l, ok := lookup(legalTable, x, y)
	if !ok {
		return fmt.Errorf("profile %c takes %s dots per inch, not %d×%d", profile, resolutions(legalTable), x, y)
	}
	if !slices.Contains(l.widths[:], width) {
		return fmt.Errorf("profile %c at %d×%d dots per inch takes %d (A4, Letter, Legal), %d (B4) or %d (A3) pixels in a row, not %d",
			profile, x, y, l.widths[0], l.widths[1], l.widths[2], width)
	}
	return nil
}

// resolutions lists a table in words: "204×98, 200×100 or 204×196".
func resolutions(table []legal) string {
	words := make([]string, len(table))
	for i, l := range table {
		words[i] = fmt.Sprintf("%d×%d", l.x, l.y)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// snapTolerance is how far a resolution may be from a legal one to be taken for it: 97.79 and 203.2 are what
// centimetres make of 98 and 204.
const snapTolerance = 0.03

// snap gives the legal pair that is nearest to a resolution in dots per inch, or the resolution itself if none is
// near; ok tells which.
func snap(x, y float64) (sx, sy float64, ok bool) {
	best := math.Inf(1)
	for _, table := range [][]legal{legalTable, colourTable} {
		for _, l := range table {
			dx, dy := math.Abs(x/float64(l.x)-1), math.Abs(y/float64(l.y)-1)
			if dx <= snapTolerance && dy <= snapTolerance && dx+dy < best {
				best, sx, sy = dx+dy, float64(l.x), float64(l.y)
			}
		}
	}
	if math.IsInf(best, 1) {
		return x, y, false
	}
	return sx, sy, true
}

// setResolution fills in XRes and YRes. With only one of them given, the other is taken to be the same. Without a
// unit the numbers count only if they are a fax resolution.
func (p *Page) setResolution() {
	p.ResolutionUnit = int(p.scalar(TagResolutionUnit, 2))
	x, y := p.rational(TagXResolution), p.rational(TagYResolution)
	switch {
	case x == 0:
		x = y
	case y == 0:
		y = x
	}
	if x == 0 {
		return
	}
	if p.ResolutionUnit == 3 {
		x, y = x*2.54, y*2.54
	}
	if absurd(x) || absurd(y) {
		p.file.warn("page %d: %g by %g dots per inch cannot be", p.Index+1, x, y)
		return
	}
	sx, sy, ok := snap(x, y)
	if ok || p.ResolutionUnit != 1 {
		p.XRes, p.YRes = sx, sy
	}
}

// absurd says whether no machine has so few or so many dots per inch.
func absurd(dpi float64) bool { return dpi < 10 || dpi > 50_000 }
