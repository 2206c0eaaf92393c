package codec

// cells divides a grey picture into squares of two millimetres and counts in each what tells writing from photographs:
// writing has hard edges on a ground of one shade, photographs have soft changes of many shades.
type cells struct {
	width, wide, high int // pixels of a row and of a cell
	cols              int
	counts            []cell
	above             []byte // the row before
	y                 int
	parts             []part // of each cell, when all rows are counted
}

// cell counts pixels by how much they differ from their neighbours to the left and above.
type cell struct {
	even [shadeBins]uint16 // a little or not at all, by shade
	soft uint16
	hard uint16
}

const (
	cellMM    = 2
	shadeBins = 16
	binShift  = 4
	softEdge  = 28 // Differences to both neighbours together from which an edge is soft: more than grain.
	hardEdge  = 72
)

// part is what is done with the pixels of a cell.
type part byte

const (
	written  part = iota // thresholds; what is even is dotted
	empty                // white
	pictured             // dotted
)

func newCells(width int, r Resolution) *cells {
	x, y := r.exact()
	g := &cells{width: width, wide: max(4, int(cellMM/mmPerInch*x)), high: max(4, int(cellMM/mmPerInch*y))}
	g.cols = (width + g.wide - 1) / g.wide
	return g
}

// add counts one row.
func (g *cells) add(row []byte) {
	if g.y%g.high == 0 {
		g.counts = append(g.counts, make([]cell, g.cols)...)
	}
	if g.above == nil {
		g.above = append(g.above, row...)
	}
	band := g.counts[len(g.counts)-g.cols:]
	left := row[0]
	for i := range band {
		from, to := i*g.wide, min((i+1)*g.wide, g.width)
		left = band[i].add(left, row[from:to], g.above[from:to])
	}
	copy(g.above, row)
	g.y++
}

// add counts the pixels of one row of the cell and gives the last of them; above are those over them.
func (c *cell) add(left byte, row, above []byte) byte {
	above = above[:len(row)]
	for x, v := range row {
		d := apart(v, left) + apart(v, above[x])
		left = v
		switch {
		case d < softEdge:
			c.even[v>>binShift]++
		case d < hardEdge:
			c.soft++
		default:
			c.hard++
		}
	}
	return left
}

func apart(a, b byte) int {
	d := int(a) - int(b)
	return max(d, -d)
}

// between counts the even pixels of the shades from low to below high, by whole bins.
func (c *cell) between(low, high int) (n int) {
	for i := max(0, low>>binShift); i < shadeBins && i<<binShift < high; i++ {
		n += int(c.even[i])
	}
	return n
}

// ground counts the pixels of the commonest shade.
func (c *cell) ground() (most int) {
	last := 0
	for _, v := range c.even {
		most = max(most, int(v)+last)
		last = int(v)
	}
	return most
}

func (c *cell) total() int { return c.between(0, 256) + int(c.soft) + int(c.hard) }

// run says up to which column the cells from column x on in row y are of one class.
func (g *cells) run(x, y, width int) (end int, of part) {
	if g.cols == 0 {
		return width, written
	}
	line := g.parts[y/g.high*g.cols:][:g.cols]
	i := x / g.wide
	of = line[i]
	for i++; i < g.cols && line[i] == of; i++ {
	}
	return min(i*g.wide, width), of
}
