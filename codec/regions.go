package codec

// Numbers by which cells are told apart, as shares of their pixels.
const (
	manyShades  = 0.5  // a picture's cell has so many pixels in middle shades or softly changing,
	littlePaper = 0.3  // so little of the paper
	fewEdges    = 0.35 // and so few hard edges:
	otherShades = 0.15 // in a shaded box that is written in, there are hardly any others than that of the ground
	someShades  = 0.08 // next to a picture, this many are part of it
	someInk     = 0.1  // hard edges that may be writing's,
	hardlyInk   = 0.03 // and these are not.
	fewestCells = 12   // what is smaller is no picture
)

// shadeRange says which shades are ink, paper and between.
type shadeRange struct{ dark, paper, white int }

// classify says what is to be done with each cell, and gives the shares of cells that are a picture's and that are surely
// written in. With spread, pictures have all shades around them.
func (g *cells) classify(r shadeRange, spread bool) (pictures, writing float64) {
	g.parts = make([]part, len(g.counts))
	seeds := make([]bool, len(g.counts))
	inked := 0
	for i := range g.counts {
		c := &g.counts[i]
		switch {
		case c.blank(r):
			g.parts[i] = empty
		case c.picture(r):
			seeds[i] = true
		case c.writing(r):
			inked++
		}
	}
	for _, area := range g.areas(seeds) {
		if len(area) >= fewestCells {
			g.take(area, r, spread)
		}
	}
	taken := 0
	for _, c := range g.parts {
		if c == pictured {
			taken++
		}
	}
	g.counts, g.above = nil, nil
	n := float64(max(1, len(g.parts)))
	return float64(taken) / n, float64(inked) / n
}

// picture makes all cells a picture's.
func (g *cells) picture() {
	for i := range g.parts {
		g.parts[i] = pictured
	}
}

// blank says that all pixels of the cell are white.
func (c *cell) blank(r shadeRange) bool {
	return c.soft == 0 && c.hard == 0 && c.between(0, r.white+1<<binShift-1) == 0
}

// picture says that the cell surely is part of a picture.
func (c *cell) picture(r shadeRange) bool {
	n := float64(c.total())
	even, ground := c.between(r.dark, r.paper), c.ground()
	return float64(even+int(c.soft)) > manyShades*n && float64(even-ground) > otherShades*n &&
		float64(c.between(r.paper, 256)) < littlePaper*n && float64(c.hard) < fewEdges*n && !c.writing(r)
}

// writing says that the cell surely is written in: hard edges on one ground.
func (c *cell) writing(r shadeRange) bool {
	n := float64(c.total())
	return float64(c.hard) > someInk*n && float64(c.ground()) > littlePaper*n
}

// near says that a cell next to a picture belongs to it.
func (c *cell) near(r shadeRange) bool {
	if c.writing(r) && float64(c.between(r.paper, 256)) > littlePaper*float64(c.total()) {
		return false
	}
	return float64(c.between(0, r.paper)+int(c.soft)) > someShades*float64(c.total())
}

// areas gives the connected areas of marked cells.
func (g *cells) areas(marked []bool) (all [][]int) {
	seen := make([]bool, len(marked))
	for i := range marked {
		if !marked[i] || seen[i] {
			continue
		}
		seen[i] = true
		area := []int{i}
		for k := 0; k < len(area); k++ {
			for _, j := range g.around(area[k]) {
				if marked[j] && !seen[j] {
					seen[j] = true
					area = append(area, j)
				}
			}
		}
		all = append(all, area)
	}
	return all
}

// around gives the up to eight cells next to one.
func (g *cells) around(i int) []int {
	var next [8]int
	all := next[:0]
	x := i % g.cols
	for dx := max(-1, -x); dx <= min(1, g.cols-1-x); dx++ {
		for dy := -1; dy <= 1; dy++ {
			if j := i + dy*g.cols + dx; j >= 0 && j < len(g.parts) && j != i {
				all = append(all, j)
			}
		}
	}
	return all
}

// take makes an area a picture, with what it encloses and what hangs on to it: a picture's even areas look like paper, ink or
// a shaded box by themselves. With spread, all that is neither paper nor writing hangs on to it.
func (g *cells) take(area []int, r shadeRange, spread bool) {
	area = g.spread(area, func(i int) bool { return spread && g.counts[i].toned(r) })
	g.enclose(area, r)
	for _, i := range area {
		for _, j := range g.around(i) {
			if g.parts[j] != pictured && g.counts[j].near(r) {
				g.parts[j] = pictured
			}
		}
	}
}

// spread makes an area a picture with all that hangs together with it and belongs to it, and gives both.
func (g *cells) spread(area []int, belongs func(i int) bool) []int {
	for _, i := range area {
		g.parts[i] = pictured
	}
	for k := 0; k < len(area); k++ {
		for _, j := range g.around(area[k]) {
			if g.parts[j] != pictured && belongs(j) {
				g.parts[j] = pictured
				area = append(area, j)
			}
		}
	}
	return area
}

// toned says that the cell is of other shades than the paper's, or fades to them, and is not written in.
func (c *cell) toned(r shadeRange) bool {
	n := float64(c.total())
	tones := float64(c.between(0, r.paper) + int(c.soft))
	return tones > manyShades*n && !c.writing(r) || tones > someShades*n && float64(c.hard) < hardlyInk*n
}

// enclose takes the cells that have the area to both sides, above and below, unless much is written there.
func (g *cells) enclose(area []int, r shadeRange) {
	lines := len(g.parts) / g.cols
	left, right := filled(lines, g.cols), filled(lines, -1)
	top, bottom := filled(g.cols, lines), filled(g.cols, -1)
	for _, i := range area {
		x, y := i%g.cols, i/g.cols
		left[y], right[y] = min(left[y], x), max(right[y], x)
		top[x], bottom[x] = min(top[x], y), max(bottom[x], y)
	}
	written := make([]bool, len(g.parts))
	for y := range lines {
		for x := left[y]; x <= right[y]; x++ {
			if i := y*g.cols + x; g.parts[i] != pictured && top[x] <= y && y <= bottom[x] {
				written[i] = g.counts[i].writing(r)
				if !written[i] {
					g.parts[i] = pictured
				}
			}
		}
	}
	for _, words := range g.areas(written) {
		if len(words) < fewestCells {
			for _, i := range words {
				g.parts[i] = pictured
			}
		}
	}
}

func filled(n, v int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = v
	}
	return all
}
