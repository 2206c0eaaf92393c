package jbig

import (
	"io"
	"math/bits"
)

// coder is the arithmetic encoder of T.82 section 6.8.4 with the byte stuffing of section 6.2.6.1. Its registers have
// T.82's meaning, but bytes leave C by threes, and A is where decoder and contexts have it.
type coder struct {
	a  uint64 // the interval
	c  uint64 // the code: 16 bits that are still in the interval, 3 between, up to 24 to leave, and a carry
	ct int    // shifts until three bytes leave

	buffer int // the last byte that left and is not 0xff, which a carry may still change; -1: none yet
	stack  int // bytes of 0xff after it

	ctx contexts
	dst io.Writer
	out []byte
	err error // sticky
}

// outSize is the memory for coded bytes on their way out.
const outSize = 4096

// begin starts the data of a stripe.
func (w *coder) begin() {
	w.a, w.c, w.ct = 0x10000<<qShift, 0, 11+16
	w.buffer, w.stack = -1, 0
}

// event codes a symbol for context cx that takes more than making the interval a, from which the LPS's is subtracted,
// smaller: an LPS, or an MPS after which the interval is to be renormalised. It gives the new interval.
func (w *coder) event(cx, a, bit uint64) uint64 {
	p := &w.ctx[cx&1023]
	e := *p
	q := e.size()
	lps := e.mps() ^ bit
	_, exchange := bits.Sub64(a, q, 0)
	upper := -(lps ^ exchange) // the larger interval is the lower one and the MPS's
	w.c += a & upper >> qShift
	a ^= (a ^ q) & upper
	*p = machine[uint8(e>>(-lps&8)>>1)]
	n := uint(bits.LeadingZeros64(a)-1) & 63
	w.c <<= n
	if w.ct -= int(n); w.ct <= 0 {
		w.byteOut()
	}
	return a << n
}

// symbol codes one symbol.
func (w *coder) symbol(cx uint64, bit uint64) {
	e := w.ctx[cx&1023]
	w.a -= e.size()
	if e.mps() != bit || w.a < half {
		w.a = w.event(cx, w.a, bit)
	}
}

// byteOut takes three bytes out of C.
func (w *coder) byteOut() {
	n := 19 - w.ct
	v := w.c >> n
	w.c &= 1<<n - 1
	w.ct += 24
	w.carry(v >> 24)
	w.put(byte(v >> 16))
	w.put(byte(v >> 8))
	w.put(byte(v))
}

// carry adds to the bytes that wait.
func (w *coder) carry(c uint64) {
	if c != 0 {
		w.buffer++
		w.settle(0)
	}
}

// put appends a byte to those that wait.
func (w *coder) put(b byte) {
	if b == esc {
		w.stack++
		return
	}
	w.settle(esc)
	w.buffer = int(b)
}

// settle lets the bytes that wait go, with fill in place of the stacked ones.
func (w *coder) settle(fill byte) {
	if w.buffer >= 0 {
		w.write(byte(w.buffer))
	}
	for ; w.stack > 0; w.stack-- {
		w.write(fill)
	}
	w.buffer = -1
}

// write writes a byte of coded data.
func (w *coder) write(b byte) {
	w.raw(b)
	if b == esc {
		w.raw(mSTUFF)
	}
}

// finish ends the data of a stripe: of the numbers in the interval it takes the one that ends in most zeros. T.82's C has
// room for one byte that leaves and ours for three, so up to two of them are past the end.
func (w *coder) finish() {
	past := min(2, (w.ct-1)/8)
	c := (w.c + w.a>>qShift - 1) &^ 0xffff
	if c < w.c {
		c += 0x8000
	}
	c <<= w.ct
	last := c >> (11 + 8*past) & 0xffff
	w.carry(c >> 43)
	for i := range 2 - past {
		w.put(byte(c >> (35 - 8*i)))
	}
	// The decoder takes zeros for what is missing at the end.
	if last != 0 {
		w.put(byte(last >> 8))
	}
	if last&0xff != 0 {
		w.put(byte(last))
	}
	w.settle(esc)
}

// raw writes a byte as it is.
func (w *coder) raw(b byte) {
	if len(w.out) == cap(w.out) {
		w.flush()
	}
	w.out = append(w.out, b)
}

// flush writes all that waits to go out.
func (w *coder) flush() {
	if w.err == nil && len(w.out) > 0 {
		_, w.err = w.dst.Write(w.out)
	}
	w.out = w.out[:0]
}
