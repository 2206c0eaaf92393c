package jpeg

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// Markers of T.81 table B.1.
const (
	markerTEM  = 0x01
	markerSOF0 = 0xc0
	markerSOF1 = 0xc1
	markerSOF2 = 0xc2
	markerDHT  = 0xc4
	markerRST0 = 0xd0
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDNL  = 0xdc
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
	markerCOM  = 0xfe
)

// Params describe a stream that is to be written.
type Params struct {
	Width, Height int // pixels, at most 65 535 each
	Components    int // 1, or 3 of which the first is lightness
	Sampling      int // pixels for each sample of the other two components, both ways: 1 or 2
	Quality       int // 1 to 100
	// Segments stand before the rest of the header: those of a fax or of JFIF.
	Segments []Segment
}

// Segment is application data of a stream.
type Segment struct {
	Marker byte // the second byte, such as 0xe1 for APP1
	Data   []byte
}

// check says what cannot be written.
func (p Params) check() error {
	switch {
	case p.Width < 1 || p.Height < 1 || p.Width > 65_535 || p.Height > 65_535:
		return fmt.Errorf("jpeg: a picture of %d by %d pixels cannot be coded", p.Width, p.Height)
	case p.Components != 1 && p.Components != 3:
		return fmt.Errorf("jpeg: %d components cannot be coded, only 1 or 3", p.Components)
	case p.Sampling != 1 && p.Sampling != 2:
		return fmt.Errorf("jpeg: sampling %d cannot be coded, only 1 or 2", p.Sampling)
	case p.Quality < 1 || p.Quality > 100:
		return fmt.Errorf("jpeg: quality %d is not between 1 and 100", p.Quality)
	}
	return nil
}

// Encoder writes a picture as a baseline stream (T.81 annex F.1) with the tables of annex K. It holds the rows of one
// minimum coded unit.
type Encoder struct {
	params Params
	out    bitWriter
	parts  []part
	unit   int // rows and columns of a minimum coded unit
	rows   int // taken so far
	have   int // rows in the parts
}

// part is one component.
type part struct {
	sampling int // pixels for each sample
	stride   int
	samples  []byte // rows of one unit at full size
	factors  [64]float32
	dc, ac   [256]code
	last     int // DC coefficient of the block before
	block    [64]float32
}

// NewEncoder starts a stream on w. Close must be called in the end.
func NewEncoder(w io.Writer, p Params) (*Encoder, error) {
	if p.Components == 1 {
		p.Sampling = 1
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	e := &Encoder{params: p, out: bitWriter{w: w}, unit: 8 * p.Sampling}
	stride := (p.Width + e.unit - 1) / e.unit * e.unit
	var tables [2]steps
	for i := range tables {
		tables[i] = newSteps(i, p.Quality)
	}
	for i := range p.Components {
		t, sampling := 0, 1
		if i > 0 {
			t, sampling = 1, p.Sampling
		}
		e.parts = append(e.parts, part{
			sampling: sampling, stride: stride, samples: make([]byte, stride*e.unit), factors: tables[t].factors(),
			dc: standardTables[2*t].codes(), ac: standardTables[2*t+1].codes(),
		})
	}
	e.header(tables)
	return e, e.out.flush(false)
}

// header writes all that stands before the coded picture.
func (e *Encoder) header(tables [2]steps) {
	p, used := e.params, min(e.params.Components, 2)
	e.out.bytes(0xff, markerSOI)
	for _, s := range p.Segments {
		e.out.segment(s.Marker, s.Data)
	}
	for i, t := range tables[:used] {
		e.out.segment(markerDQT, append([]byte{byte(i)}, t[:]...))
	}
	frame := []byte{8, byte(p.Height >> 8), byte(p.Height), byte(p.Width >> 8), byte(p.Width), byte(p.Components)}
	scan := []byte{byte(p.Components)}
	for i := range p.Components {
		t, sampling := byte(min(i, 1)), byte(1)
		if i == 0 {
			sampling = byte(p.Sampling)
		}
		frame = append(frame, byte(i+1), sampling<<4|sampling, t)
		scan = append(scan, byte(i+1), t<<4|t)
	}
	e.out.segment(markerSOF0, frame)
	for _, h := range standardTables[:2*used] {
		e.out.segment(markerDHT, h.segment())
	}
	e.out.segment(markerSOS, append(scan, 0, 63, 0))
}

// Row takes the next row: Components bytes for each pixel.
func (e *Encoder) Row(samples []byte) error {
	n := len(e.parts)
	switch {
	case len(samples) != e.params.Width*n:
		return fmt.Errorf("jpeg: a row of %d bytes where %d are asked for", len(samples), e.params.Width*n)
	case e.rows == e.params.Height:
		return fmt.Errorf("jpeg: more than %d rows", e.params.Height)
	}
	for i := range e.parts {
		p := &e.parts[i]
		row := p.samples[e.have*p.stride:][:p.stride]
		x := 0
		for at := i; at < len(samples); at += n {
			row[x] = samples[at]
			x++
		}
		fill(row[x:], row[x-1])
	}
	e.rows++
	if e.have++; e.have == e.unit {
		return e.units()
	}
	return nil
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// units codes the rows that are there, a whole row of minimum coded units.
func (e *Encoder) units() error {
	for x := 0; x < e.parts[0].stride; x += e.unit {
		for i := range e.parts {
			p := &e.parts[i]
			for dy := 0; dy < e.unit; dy += 8 * p.sampling {
				for dx := 0; dx < e.unit; dx += 8 * p.sampling {
					p.load(x+dx, dy)
					p.code(&e.out)
				}
			}
		}
		if err := e.out.flush(false); err != nil {
			return err
		}
	}
	e.have = 0
	return nil
}

// load takes the block whose first pixel is at column x of row y.
func (p *part) load(x, y int) {
	if p.sampling == 1 {
		for i := range 8 {
			row := p.samples[(y+i)*p.stride+x:][:8]
			for j, v := range row {
				p.block[8*i+j] = float32(int(v) - 128)
			}
		}
		return
	}
	for i := range 8 {
		above := p.samples[(y+2*i)*p.stride+x:][:16]
		below := p.samples[(y+2*i+1)*p.stride+x:][:16]
		for j := range 8 {
			sum := int(above[2*j]) + int(above[2*j+1]) + int(below[2*j]) + int(below[2*j+1])
			p.block[8*i+j] = float32(sum)/4 - 128
		}
	}
}

// code transforms, quantises and codes the block, T.81 section F.1.2.
func (p *part) code(out *bitWriter) {
	transform(&p.block)
	dc := round(p.block[0] * p.factors[0])
	value, size := amplitude(dc - p.last)
	p.last = dc
	out.put(p.dc[size])
	out.put(code{value, size})
	zeros := 0
	for i := 1; i < 64; i++ {
		v := min(1023, max(-1023, round(p.block[zigzag[i]]*p.factors[i])))
		if v == 0 {
			zeros++
			continue
		}
		for ; zeros > 15; zeros -= 16 {
			out.put(p.ac[0xf0])
		}
		value, size := amplitude(v)
		out.put(p.ac[zeros<<4|int(size)])
		out.put(code{value, size})
		zeros = 0
	}
	if zeros > 0 {
		out.put(p.ac[0])
	}
}

func round(v float32) int {
	if v < 0 {
		return -int(0.5 - v)
	}
	return int(v + 0.5)
}

// amplitude gives the bits of a coefficient and their number, T.81 section F.1.2.1.
func amplitude(v int) (value uint32, size uint) {
	if v < 0 {
		size = uint(bits.Len(uint(-v)))
		return uint32(v-1) & (1<<size - 1), size
	}
	return uint32(v), uint(bits.Len(uint(v)))
}

// Close codes the last rows and ends the stream. Fewer rows than Height are an error.
func (e *Encoder) Close() error {
	if e.out.err != nil {
		return e.out.err
	}
	if e.rows != e.params.Height {
		return fmt.Errorf("jpeg: %d rows of %d", e.rows, e.params.Height)
	}
	if e.have > 0 {
		for i := range e.parts {
			p := &e.parts[i]
			last := p.samples[(e.have-1)*p.stride:][:p.stride]
			for y := e.have; y < e.unit; y++ {
				copy(p.samples[y*p.stride:], last)
			}
		}
		if err := e.units(); err != nil {
			return err
		}
	}
	e.out.align()
	e.out.bytes(0xff, markerEOI)
	err := e.out.flush(true)
	if err == nil {
		e.out.err = errors.New("jpeg: the stream is closed")
	}
	return err
}
