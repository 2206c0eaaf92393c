package codec

import (
	"iter"
	"slices"
)

// border is the black around a scanned page: how deep it is, in dots of a sketch, at each row from the left and right and at
// each column from the top and bottom.
type border struct {
	width, height            int // of the sketch
	left, right, top, bottom []int
	highest, lowest          int // most of top and bottom
}

// Numbers by which a border is told, in dots of a sketch and shares of the page.
const (
	borderGap    = 4   // white dots between the edge and the border
	borderHole   = 2   // white dots in the border
	borderLeast  = 3   // depth that is no letter that touches the edge
	borderDeep   = 0.2 // of the width or height: what is deeper is a picture
	borderLong   = 0.3 // of an edge that a border goes along
	borderAround = 10  // rows to both sides with which a row is compared,
	borderApart  = 3   // and by how much it may be deeper than most of them
	borderFringe = 2   // dots that the border is made deeper: its edge is not sharp
)

// border finds the border; nil if there is none.
func (s *sketch) border() *border {
	b := &border{width: s.width, height: s.height}
	b.left = s.depths(s.height, s.width, func(i, d int) byte { return s.ink[i*s.width+d] })
	b.right = s.depths(s.height, s.width, func(i, d int) byte { return s.ink[(i+1)*s.width-1-d] })
	b.top = s.depths(s.width, s.height, func(i, d int) byte { return s.ink[d*s.width+i] })
	b.bottom = s.depths(s.width, s.height, func(i, d int) byte { return s.ink[(s.height-1-d)*s.width+i] })
	b.highest, b.lowest = slices.Max(b.top), slices.Max(b.bottom)
	if slices.Max(b.left) == 0 && slices.Max(b.right) == 0 && b.highest == 0 && b.lowest == 0 {
		return nil
	}
	return b
}

// depths measures the border along an edge of the given length; across is the page's size away from it. All are 0 if
// there is none.
func (s *sketch) depths(length, across int, ink func(i, depth int) byte) []int {
	raw := make([]int, length)
	for i := range raw {
		end, gap := 0, 0
		for d := 0; d < across && gap <= borderHole+(borderGap-borderHole)*max(0, 1-end); d++ {
			if gap++; ink(i, d) != 0 {
				end, gap = d+1, 0
			}
		}
		switch {
		case float64(end) > borderDeep*float64(across):
			raw[i] = borderLost
		case end >= borderLeast:
			raw[i] = end
		}
	}
	smooth, found := smoothDepths(raw)
	if float64(found) < borderLong*float64(length) {
		clear(smooth)
	}
	return smooth
}

// borderLost is a depth where the border runs into a picture.
const borderLost = -1

// smoothDepths takes out what differs from most around it, and counts where there is a border.
func smoothDepths(raw []int) (smooth []int, found int) {
	smooth = make([]int, len(raw))
	usual := 0
	for i := range raw {
		around := make([]int, 0, 2*borderAround+1)
		for _, depth := range raw[max(0, i-borderAround):min(len(raw), i+borderAround+1)] {
			if depth != borderLost {
				around = append(around, depth)
			}
		}
		slices.Sort(around)
		if len(around) > 0 {
			usual = around[len(around)/2] // Else that of the last place where it was known.
		}
		if usual > 0 {
			smooth[i] = max(usual, min(raw[i], usual+borderApart)) + borderFringe
			if raw[i] != borderLost {
				found++
			}
		}
	}
	return smooth, found
}

// erase takes a border out of the sketch.
func (s *sketch) erase(b *border) {
	for y := range s.height {
		row := s.ink[y*s.width : (y+1)*s.width]
		b.row(row, y, s.height, 1, 0)
	}
}

// row makes the border white in row y of h rows, of n bytes for each pixel.
func (b *border) row(row []byte, y, h, n int, white byte) {
	w := len(row) / n
	at := y * b.height / h
	fill := func(from, to int) {
		for i := from * n; i < to*n; i++ {
			row[i] = white
		}
	}
	fill(0, (b.left[at]*w+b.width-1)/b.width)
	fill(w-(b.right[at]*w+b.width-1)/b.width, w)
	if at >= b.highest && b.height-1-at >= b.lowest {
		return
	}
	for x := range w {
		if i := x * b.width / w; at < b.top[i] || b.height-1-at < b.bottom[i] {
			fill(x, x+1)
		}
	}
}

// erased yields rows without the border.
func (b *border) erased(rows iter.Seq2[[]byte, error], w, h, n int, white byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		y := 0
		out := make([]byte, w*n)
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			copy(out, row)
			b.row(out, min(y, h-1), h, n, white)
			y++
			if !yield(out, nil) {
				return
			}
		}
	}
}
