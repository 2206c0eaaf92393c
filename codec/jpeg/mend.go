package jpeg

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
)

const (
	mendStep = 64 // bytes that the decoder is given at once, so that it is known where it stopped
	mendRows = 8  // fewer rows are not worth to be kept
)

// Mend decodes what there is of a stream that breaks off or is damaged in its only scan, which Decode refuses as a whole.
// rows is how many are as they were; white is what the others are filled with. open gives the stream from its beginning.
func Mend(open func() io.Reader, o Options, white []byte) (p *Planes, rows int, err error) {
	at, err := breakingPoint(open(), o)
	if err != nil {
		return nil, 0, err
	}
	// What is made of two different ends shows by where they differ how far the picture does not depend on them.
	first, err := decodeWith(open(), o, at, 0x00)
	if err != nil {
		return nil, 0, err
	}
	seed := maphash.MakeSeed()
	prints := first.prints(seed)
	if p, err = decodeWith(open(), o, at, 0x55); err != nil {
		return nil, 0, err
	}
	for i, v := range p.prints(seed) {
		if v != prints[i] {
			break
		}
		rows++
	}
	if rows -= rows % mendRows; rows < mendRows || rows == p.Height {
		return nil, 0, fmt.Errorf("%w: nothing of it can be decoded", ErrFormat)
	}
	p.wipe(rows, white)
	return p, rows, nil
}

// breakingPoint is how many bytes behind the first scan's header make sense; the error says that all do, or none.
func breakingPoint(r io.Reader, o Options) (int64, error) {
	s, err := newStream(r, o)
	if err != nil {
		return 0, err
	}
	if s.Process == Progressive {
		return 0, fmt.Errorf("%w: a damaged picture of several scans", ErrUnsupported)
	}
	in := &steps64{r: s}
	if _, err := s.planes(s.readerOf(in)); err == nil {
		return 0, fmt.Errorf("%w: the picture is not damaged", ErrFormat)
	}
	if in.n <= mendStep {
		return 0, fmt.Errorf("%w: nothing of it can be decoded", ErrFormat)
	}
	return in.n - mendStep, nil
}

// steps64 gives few bytes at once and counts them.
type steps64 struct {
	r io.Reader
	n int64
}

func (s *steps64) Read(b []byte) (int, error) {
	n, err := s.r.Read(b[:min(len(b), mendStep)])
	s.n += int64(n)
	return n, err
}

// decodeWith decodes a stream that goes on after so many bytes of its scan with bytes of one value.
func decodeWith(r io.Reader, o Options, at int64, v byte) (*Planes, error) {
	s, err := newStream(r, o)
	if err != nil {
		return nil, err
	}
	pad := &padding{v: v, left: at + 4*int64(s.Width)*int64(s.Height) + 1<<16}
	end := bytes.NewReader([]byte{0xff, markerEOI})
	// A byte 0xff that the cut leaves alone is one of data with the zero behind it.
	return s.planes(s.readerOf(io.MultiReader(io.LimitReader(s, at), bytes.NewReader([]byte{0}), pad, end)))
}

// padding gives bytes of one value.
type padding struct {
	v    byte
	left int64
}

func (p *padding) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.left)]
	fill(b, p.v)
	p.left -= int64(len(b))
	return len(b), nil
}

// prints are what tells the rows of a picture apart.
func (p *Planes) prints(seed maphash.Seed) []uint64 {
	prints := make([]uint64, p.Height)
	var h maphash.Hash
	h.SetSeed(seed)
	for y := range prints {
		h.Reset()
		for _, c := range p.parts {
			row := c.pix[y/c.sy*c.stride:]
			_, _ = h.Write(row[:(c.width-1)*c.step+1])
		}
		prints[y] = h.Sum64()
	}
	return prints
}

// wipe fills the rows from y on.
func (p *Planes) wipe(y int, samples []byte) {
	for i, c := range p.parts {
		for row := y / c.sy; row < c.height; row++ {
			line := c.pix[row*c.stride:]
			for x := range c.width {
				line[x*c.step] = samples[i%len(samples)]
			}
		}
	}
}
