package ccitt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

const (
	chunk  = 32 << 10
	slack  = 32 // of it: room behind the data for loads beyond the end
	load64 = 8  // bytes of a load

	// windowBits of the window are always there.
	windowBits = 57
)

// bitReader hands out the bits of a stream, first bit highest, from a buffer.
// Past the end of the data there are zeros without end: no code is all zeros,
// so whatever decodes finds a bad code soon.
type bitReader struct {
	acc uint64 // the bits from bp on, left-aligned: windowBits of them at least
	bp  int    // position of the next bit in buf
	lim int    // loads from bytes up to lim are good
	end int    // bytes in buf

	buf    *[chunk + load64]byte
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
		buf = new([chunk + load64]byte)
	}
	*r = bitReader{buf: buf, src: src, lsb: lsb, max: maxBytes, lim: -1}
}

// refill makes acc the bits from bp on. The hot loops have it written out.
func (r *bitReader) refill() {
	if r.bp>>3 > r.lim {
		r.more()
	}
	r.acc = r.window(r.bp)
}

// window loads the bits from bp on, which must be good to load. The mask is for
// the compiler: bp is never so large.
func (r *bitReader) window(bp int) uint64 {
	i := bp >> 3 & (chunk - 1)
	return binary.BigEndian.Uint64(r.buf[i:i+load64]) << (bp & 7)
}

// skip drops k bits of the window.
func (r *bitReader) skip(k uint) {
	r.acc <<= k
	r.bp += int(k)
}

// align goes to the next byte boundary.
func (r *bitReader) align() { r.bp = (r.bp + 7) &^ 7 }

// more makes it possible to load from bp: it reads on, or makes the zeros
// behind the end.
func (r *bitReader) more() {
	if r.eof || r.frozen {
		r.bound()
		return
	}
	r.readOn(slack)
}

// readOn drops what has been consumed and reads until the buffer holds least
// bytes or the data ends.
func (r *bitReader) readOn(least int) {
	from := min(r.bp>>3, r.end)
	r.end = copy(r.buf[:], r.buf[from:r.end])
	r.bp -= from << 3
	r.fetch(least)
	r.bound()
}

// bound sets lim for what is in the buffer.
func (r *bitReader) bound() {
	if !r.eof && !r.frozen {
		r.lim = r.end - load64
		return
	}
	clear(r.buf[r.end : r.end+slack])
	r.lim = r.end + load64
	r.bp = min(r.bp, r.lim<<3)
}

// fetch reads until the buffer holds least bytes or the data ends.
func (r *bitReader) fetch(least int) {
	for idle := 0; r.end < least && !r.eof; {
		n, err := r.src.Read(r.buf[r.end : chunk-slack])
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
	r.acc, r.bp, r.frozen = 0, 0, true
	r.bound()
}

func (r *bitReader) thaw(lsb bool) {
	r.freeze(lsb)
	r.frozen = false
	r.bound()
}

// drained reports whether all data has been consumed.
func (r *bitReader) drained() bool {
	return (r.eof || r.frozen) && r.bp >= r.end*8
}

// consumed is the number of bytes of which at least one bit is consumed.
func (r *bitReader) consumed() int64 {
	before := r.read - int64(r.end)
	return min(before+int64(r.bp+7)/8, r.read)
}

// eol consumes an EOL, fill bits included, if one is next.
func (r *bitReader) eol() bool {
	r.refill()
	if r.acc>>(64-eolZeros) != 0 {
		return false
	}
	for r.acc == 0 {
		r.skip(windowBits)
		if r.drained() {
			return false
		}
		r.refill()
	}
	r.skip(uint(bits.LeadingZeros64(r.acc)) + 1)
	return !r.overrun()
}

// overrun reports whether bits past the end were consumed.
func (r *bitReader) overrun() bool {
	return (r.eof || r.frozen) && r.bp > r.end*8
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
		if r.acc != 0 {
			r.skip(uint(bits.LeadingZeros64(r.acc)))
			return r.drained()
		}
		r.skip(windowBits)
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
func (r *bitReader) remaining() int { return r.end - r.bp>>3 }
