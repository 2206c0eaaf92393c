package ccitt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

const (
	chunk = 32 << 10
	slack = 32 // room behind the chunk for loads beyond the end
)

// bitReader hands out the bits of a stream, first bit highest. The next n bits
// stand left-aligned in acc; more of them may stand behind those. Past the end
// of the data there are zeros without end: no code is all zeros, so whatever
// decodes finds a bad code soon.
type bitReader struct {
	acc uint64
	n   uint
	pos int // next byte of buf to load
	lim int // loads from pos <= lim are good
	end int // bytes in buf

	buf    []byte
	src    io.Reader
	read   int64 // bytes got from src
	max    int64
	err    error // of src, io.EOF aside
	eof    bool
	frozen bool // pretend that the data ends with the chunk
	lsb    bool
}

func (r *bitReader) reset(src io.Reader, lsb bool, maxBytes int64) {
	buf := r.buf
	if buf == nil {
		buf = make([]byte, chunk+slack)
	}
	*r = bitReader{buf: buf, src: src, lsb: lsb, max: maxBytes, lim: -1}
}

// refill brings n to at least 56. The hot loops have it written out.
func (r *bitReader) refill() {
	if r.pos > r.lim {
		r.more()
	}
	r.acc |= binary.BigEndian.Uint64(r.buf[r.pos:]) >> r.n
	r.pos += int(63-r.n) >> 3
	r.n |= 56
}

// skip drops k of the n bits.
func (r *bitReader) skip(k uint) {
	r.acc <<= k
	r.n -= k
}

// align goes to the next byte boundary.
func (r *bitReader) align() { r.skip(r.n & 7) }

// more makes it possible to load from pos: it reads on, or makes the zeros
// behind the end.
func (r *bitReader) more() {
	if !r.eof && !r.frozen {
		r.end = copy(r.buf, r.buf[r.pos:r.end])
		r.pos = 0
		r.fetch(slack)
	}
	r.bound()
}

// moreFrom is more for a loop that has pos and lim in variables of its own.
func (r *bitReader) moreFrom(pos int) (newPos, lim int) {
	r.pos = pos
	r.more()
	return r.pos, r.lim
}

// bound sets lim for what is in the buffer.
func (r *bitReader) bound() {
	if !r.eof && !r.frozen {
		r.lim = r.end - 8
		return
	}
	clear(r.buf[r.end : r.end+slack])
	r.lim = r.end + 8
	r.pos = min(r.pos, r.lim)
}

// fetch reads until the buffer holds least bytes or the data ends.
func (r *bitReader) fetch(least int) {
	for idle := 0; r.end < least && !r.eof; {
		n, err := r.src.Read(r.buf[r.end:chunk])
		if r.lsb {
			reverse(r.buf[r.end : r.end+n])
		}
		r.end += n
		r.read += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			r.eof = true
		case err != nil:
			r.eof, r.err = true, fmt.Errorf("ccitt: reading coded data: %w", err)
		case r.read > r.max:
			r.eof, r.err = true, fmt.Errorf("%w: over %d coded bytes", ErrLimit, r.max)
		case n > 0:
			idle = 0
		case idle > 100:
			r.eof, r.err = true, fmt.Errorf("ccitt: reading coded data: %w", io.ErrNoProgress)
		default:
			idle++
		}
	}
}

// freeze and thaw let a decoder try out the first chunk and start again.
func (r *bitReader) freeze(lsb bool) {
	if lsb != r.lsb {
		reverse(r.buf[:r.end])
		r.lsb = lsb
	}
	r.acc, r.n, r.pos, r.frozen = 0, 0, 0, true
	r.bound()
}

func (r *bitReader) thaw(lsb bool) {
	r.freeze(lsb)
	r.frozen = false
	r.bound()
}

// drained reports whether all data has been consumed.
func (r *bitReader) drained() bool {
	return (r.eof || r.frozen) && r.pos*8-int(r.n) >= r.end*8
}

// consumed is the number of bytes of which at least one bit is consumed.
func (r *bitReader) consumed() int64 {
	before := r.read - int64(r.end)
	return min(before+int64(r.pos*8-int(r.n)+7)/8, r.read)
}

// eol consumes an EOL, fill bits included, if one is next.
func (r *bitReader) eol() bool {
	r.refill()
	if r.acc>>(64-eolZeros) != 0 {
		return false
	}
	for {
		z := uint(bits.LeadingZeros64(r.acc))
		if z < r.n {
			r.skip(z + 1)
			return !r.overrun()
		}
		r.skip(r.n)
		if r.drained() {
			return false
		}
		r.acc = 0
		r.refill()
	}
}

// overrun reports whether bits past the end were consumed.
func (r *bitReader) overrun() bool {
	return (r.eof || r.frozen) && r.pos*8-int(r.n) > r.end*8
}

// seekEOL consumes everything up to an EOL and that too; false when there is
// no more.
func (r *bitReader) seekEOL() bool {
	for !r.drained() {
		r.refill()
		z := uint(bits.LeadingZeros64(r.acc))
		if z >= eolZeros {
			return r.eol()
		}
		r.skip(z + 1)
	}
	return false
}

// onlyZeros reports whether nothing but zeros is left; it consumes up to the
// first one.
func (r *bitReader) onlyZeros() bool {
	for !r.drained() {
		r.refill()
		if z := uint(bits.LeadingZeros64(r.acc)); z < r.n {
			r.skip(z)
			return r.drained()
		}
		r.skip(r.n)
		r.acc = 0
	}
	return true
}

func reverse(b []byte) {
	for len(b) >= 8 {
		x := bits.ReverseBytes64(bits.Reverse64(binary.LittleEndian.Uint64(b)))
		binary.LittleEndian.PutUint64(b, x)
		b = b[8:]
	}
	for i := range b {
		b[i] = bits.Reverse8(b[i])
	}
}

// remaining is the number of bytes in the buffer not yet consumed.
func (r *bitReader) remaining() int { return r.end - (r.pos*8-int(r.n))/8 }
