package jpeg

import (
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// Planes is a picture whose samples are as they were coded.
type Planes struct {
	Width, Height int
	parts         []plane
	cellW, cellH  int // the picture is made of streams of this size, over whose edges nothing is interpolated
}

// plane is one component.
type plane struct {
	pix           []byte
	stride, step  int // bytes from row to row and from sample to sample
	sx, sy        int // pixels for each sample
	width, height int // samples
}

// Components gives the number of samples of a pixel.
func (p *Planes) Components() int { return len(p.parts) }

// Cost gives the bytes that decoding a picture takes.
func Cost(h Header) int64 {
	var n int64
	var most [2]int64
	for _, c := range h.Components {
		most[0], most[1] = max(most[0], int64(c.H)), max(most[1], int64(c.V))
	}
	for _, c := range h.Components {
		width := (int64(h.Width)*int64(c.H) + most[0] - 1) / max(most[0], 1)
		height := (int64(h.Height)*int64(c.V) + most[1] - 1) / max(most[1], 1)
		n += (width + 32) * (height + 32)
	}
	if len(h.Components) == 4 {
		n += 4 * int64(h.Width) * int64(h.Height) // Put together pixel by pixel.
	}
	if h.Process == Progressive {
		n += 4 * n // Coefficients of 32 bits wait for the last scan.
	}
	return n
}

// Decode decodes a stream. The caller has seen by [ReadHeader] that its size is acceptable.
func Decode(r io.Reader, o Options) (*Planes, error) {
	s, err := newStream(r, o)
	if err != nil {
		return nil, err
	}
	return s.planes(s.readerOf(s))
}

// planes decodes what r gives of the stream.
func (s *stream) planes(r io.Reader) (*Planes, error) {
	img, err := jpeg.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	b := img.Bounds()
	p := &Planes{Width: b.Dx(), Height: b.Dy(), cellW: b.Dx(), cellH: b.Dy()}
	switch m := img.(type) {
	case *image.Gray:
		p.parts = []plane{whole(m.Pix, m.Stride, 1, b)}
	case *image.YCbCr:
		x, y := s.Sampling()
		c := plane{stride: m.CStride, step: 1, sx: x, sy: y, width: (b.Dx() + x - 1) / x, height: (b.Dy() + y - 1) / y}
		p.parts = []plane{whole(m.Y, m.YStride, 1, b), c, c}
		p.parts[1].pix, p.parts[2].pix = m.Cb, m.Cr
	case *image.CMYK:
		for i, v := range m.Pix {
			m.Pix[i] = ^v // The decoder has turned them over.
		}
		for i := range 4 {
			p.parts = append(p.parts, whole(m.Pix[i:], m.Stride, 4, b))
		}
	default:
		return nil, fmt.Errorf("%w: decoded as %T", ErrUnsupported, img)
	}
	return p, nil
}

// whole is a component with a sample for each pixel.
func whole(pix []byte, stride, step int, b image.Rectangle) plane {
	return plane{pix: pix, stride: stride, step: step, sx: 1, sy: 1, width: b.Dx(), height: b.Dy()}
}

// NewPlanes makes an empty picture of the given size for pieces like the given one, all pixels of the given samples.
func NewPlanes(width, height int, piece *Planes, samples []byte) *Planes {
	p := &Planes{Width: width, Height: height, cellW: piece.Width, cellH: piece.Height}
	for i, like := range piece.parts {
		c := plane{step: 1, sx: like.sx, sy: like.sy, width: (width + like.sx - 1) / like.sx, height: (height + like.sy - 1) / like.sy}
		if like.sx > 1 || like.sy > 1 {
			c.width, c.height = c.width+1, c.height+1 // What the last pixels are interpolated with, if a piece has it.
		}
		c.stride = c.width
		c.pix = make([]byte, c.width*c.height)
		fill(c.pix, samples[i%len(samples)])
		p.parts = append(p.parts, c)
	}
	return p
}

// Put copies a piece to its place; what sticks out is left off. Pieces have the sampling of the one that NewPlanes was
// given.
func (p *Planes) Put(piece *Planes, x, y int) error {
	if len(piece.parts) != len(p.parts) {
		return fmt.Errorf("%w: %d components among such of %d", ErrFormat, len(piece.parts), len(p.parts))
	}
	for i := range p.parts {
		to, from := &p.parts[i], &piece.parts[i]
		if to.sx != from.sx || to.sy != from.sy || x%to.sx != 0 || y%to.sy != 0 {
			return fmt.Errorf("%w: pieces of different sampling", ErrFormat)
		}
		to.put(from, x/to.sx, y/to.sy)
	}
	return nil
}

// put copies a piece of a component. The sample that was added to the right and below, if the piece ends before it, is the
// last again.
func (c *plane) put(from *plane, x, y int) {
	wide, high := min(from.width, c.width-x), min(from.height, c.height-y)
	if wide < 1 || high < 1 {
		return
	}
	for row := range high {
		out := c.pix[(y+row)*c.stride+x:]
		in := from.pix[row*from.stride:]
		for j := range wide {
			out[j] = in[j*from.step]
		}
		if x+wide == c.width-1 {
			out[wide] = out[wide-1]
		}
	}
	if y+high == c.height-1 {
		last := c.pix[(y+high-1)*c.stride:][:c.stride]
		copy(c.pix[(y+high)*c.stride+x:], last[x:])
	}
}

// Rows reads the rows of a picture, for one goroutine.
type Rows struct {
	*Planes
	sums []uint16
}

// Rows gives a reader of the rows.
func (p *Planes) Rows() *Rows { return &Rows{Planes: p} }

// First puts the samples of the first component in row y into dst.
func (p *Rows) First(dst []byte, y int) {
	c := &p.parts[0]
	in := c.pix[y*c.stride:]
	for x := range p.Width {
		dst[x] = in[x*c.step]
	}
}

// Row puts row y into dst, the samples of each pixel together. Where there are fewer samples than pixels, those between
// are interpolated as libjpeg does it.
func (p *Rows) Row(dst []byte, y int) {
	n := len(p.parts)
	for i := range p.parts {
		c := &p.parts[i]
		if c.sx == 1 && c.sy == 1 {
			in := c.pix[y*c.stride:]
			for x := range p.Width {
				dst[x*n+i] = in[x*c.step]
			}
			continue
		}
		p.interpolate(dst[i:], c, n, y)
	}
}

// interpolate makes a row of a component with fewer samples. The sums are in quarters, of the nearer row three and of the
// farther one.
func (p *Rows) interpolate(dst []byte, c *plane, n, y int) {
	near, far := y/c.sy, y/c.sy
	smoothX, smoothY := c.sx == 2 && c.width > 2, c.sy == 2 && (c.sx == 1 || c.sx == 2 && c.width > 2)
	if smoothY {
		far += y%2*2 - 1
		first := y / p.cellH * p.cellH / c.sy
		last := min(first+(p.cellH+c.sy-1)/c.sy, c.height) - 1
		far = min(max(far, first), last)
	}
	if len(p.sums) < c.width {
		p.sums = make([]uint16, c.width)
	}
	sums := p.sums[:c.width]
	a, b := c.pix[near*c.stride:], c.pix[far*c.stride:]
	for x := range sums {
		sums[x] = 3*uint16(a[x*c.step]) + uint16(b[x*c.step])
	}
	if smoothX {
		p.widen(dst, sums, n, smoothY)
		return
	}
	round := uint16(1)
	if y%2 == 1 {
		round = 2
	}
	for x := range p.Width {
		dst[x*n] = byte((sums[x/c.sx] + round) >> 2)
	}
}

// widen makes two pixels of each sum.
func (p *Rows) widen(dst []byte, sums []uint16, n int, both bool) {
	cell := (p.cellW + 1) / 2
	even, odd := uint16(8), uint16(7)
	if !both {
		even, odd = 4, 8 // Sums are four times the sample: (3a + b + 1) / 4 and (3a + b + 2) / 4.
	}
	for x, v := range sums[:(p.Width+1)/2] {
		left, right := v, v
		if x%cell > 0 {
			left = sums[x-1]
		}
		if x%cell < cell-1 && x+1 < len(sums) {
			right = sums[x+1]
		}
		dst[2*x*n] = byte((3*v + left + even) >> 4)
		if 2*x+1 < p.Width {
			dst[(2*x+1)*n] = byte((3*v + right + odd) >> 4)
		}
	}
}
