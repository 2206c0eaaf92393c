package codec

import "math"

// Numbers of the search for the angle, in degrees.
const (
	mostSkew   = 5.0
	coarseSkew = 0.5
	fineSkew   = 0.05
	leastSkew  = 0.2 // What is less is not worth the loss of sharpness.
	// sureSkew is how many times clearer the rows must be at the best angle than at the worst: the measure and its limit are
	// those of D. Bloomberg, "Document skew detection" (Leptonica).
	sureSkew = 3.0
	fewInk   = 400 // dots of ink by which no angle can be told
	inkBlock = 8   // dots that are moved together
)

// skew gives the degrees by which the writing is turned clockwise, 0 if it is straight or nothing is sure. Lines of writing
// make rows of ink with white between them when they are looked at along their direction; pages that lie on their side have
// them as columns.
func (s *sketch) skew() float64 {
	angle, sure := s.rowBlocks().search()
	if a, better := s.columnBlocks().search(); better > sure {
		angle, sure = a, better
	}
	if sure < sureSkew || math.Abs(angle) <= leastSkew {
		return 0
	}
	return angle
}

// inkBlocks are the counts of ink in pieces of rows.
type inkBlocks struct {
	blocks []inkPiece
	rows   int
	width  int
	slope  float64 // rows per dot at 45 degrees
	ink    int
}

// inkPiece is a piece of row y, its middle x dots to the right of the middle of the row.
type inkPiece struct {
	x, y int32
	ink  int32
}

func (s *sketch) rowBlocks() *inkBlocks {
	b := &inkBlocks{rows: s.height, width: s.width, slope: s.dy / s.dx}
	b.count(func(x, y int) byte { return s.ink[y*s.width+x] })
	return b
}

// columnBlocks takes columns for rows; to turn a column clockwise is to turn a row counterclockwise.
func (s *sketch) columnBlocks() *inkBlocks {
	b := &inkBlocks{rows: s.width, width: s.height, slope: -s.dx / s.dy}
	b.count(func(x, y int) byte { return s.ink[x*s.width+y] })
	return b
}

func (b *inkBlocks) count(ink func(x, y int) byte) {
	for y := range b.rows {
		for x := 0; x < b.width; x += inkBlock {
			n := 0
			for i := x; i < min(x+inkBlock, b.width); i++ {
				n += int(ink(i, y))
			}
			if n > 0 {
				b.blocks = append(b.blocks, inkPiece{int32(x + inkBlock/2 - b.width/2), int32(y), int32(n)})
				b.ink += n
			}
		}
	}
}

// search gives the angle at which the rows are clearest, and how sure it is.
func (b *inkBlocks) search() (angle, sure float64) {
	if b.ink < fewInk {
		return 0, 0
	}
	best, least := -1.0, math.Inf(1)
	for a := -mostSkew; a <= mostSkew; a += coarseSkew {
		score := b.clarity(a)
		if score > best {
			best, angle = score, a
		}
		least = min(least, score)
	}
	if math.Abs(angle) >= mostSkew {
		return 0, 0 // The true one may be beyond.
	}
	middle := angle
	for a := middle - coarseSkew; a <= middle+coarseSkew; a += fineSkew {
		if score := b.clarity(a); score > best {
			best, angle = score, a
		}
	}
	return math.Round(angle/fineSkew) * fineSkew, best / max(least, 1)
}

// clarity is the sum of the squared differences between the ink of neighbouring rows, taken at an angle.
func (b *inkBlocks) clarity(angle float64) float64 {
	step := math.Tan(angle*math.Pi/180) * b.slope
	margin := int(math.Abs(step)*float64(b.width)/2) + 2
	sums := make([]int, b.rows+2*margin)
	for _, p := range b.blocks {
		sums[int(p.y)+margin-int(math.Round(float64(p.x)*step))] += int(p.ink)
	}
	total := 0.0
	for i, v := range sums[1:] {
		d := float64(v - sums[i])
		total += d * d
	}
	return total
}
