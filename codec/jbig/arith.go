package jbig

import (
	"encoding/binary"
	"math/bits"
)

// arith is the arithmetic decoder of T.82 section 6.8.3. Its registers have T.82's meaning in the upper half; below are
// bits of the code that T.82 would read later.
type arith struct {
	a      uint64 // the interval
	c      uint64 // the code, always below a
	limit  uint64 // what the interval may shrink to without an event: above c and half
	n      int    // bits of c that T.82 has not come to
	madeUp int    // zeros that were put into c because the data of the stripe had ended

	in  source
	ctx contexts
}

// begin starts the data of a stripe.
func (d *arith) begin() {
	d.a, d.c, d.n, d.madeUp = 0x10000<<qShift, 0, -16, 0
	d.refill()
	d.limit = max(d.c+1, half)
}

// missing says how many bits the decoder has used that were not there.
func (d *arith) missing() int { return max(0, d.madeUp-d.n) }

// event decodes the symbol of context cx when the interval a, without the LPS's, is no longer above limit: an LPS, or an
// MPS after which the interval is to be renormalised. It gives the symbol and the new interval. Which of them it is can
// not be foreseen, so there is no branch on it.
func (d *arith) event(cx, a uint64) (bit, newA uint64) {
	p := &d.ctx[cx&1023]
	e := *p
	q := e.size()
	lower := uint64(int64(d.c-a) >> 63)    // the code is in the lower interval
	lps := ^lower ^ uint64(int64(a-q)>>63) // which is the MPS's if it is the larger one
	d.c -= a &^ lower
	a ^= (a ^ q) &^ lower
	*p = machine[uint8(e>>(lps&8)>>1)]
	n := uint(bits.LeadingZeros64(a)-1) & 63
	d.c <<= n
	if d.n -= int(n); d.n < 16 {
		d.refill()
	}
	d.limit = max(d.c+1, half)
	return e.mps() ^ lps&1, a << n
}

// symbol decodes one symbol.
func (d *arith) symbol(cx uint64) (bit uint64) {
	e := d.ctx[cx&1023]
	d.a -= e.size()
	if d.a >= d.limit {
		return e.mps()
	}
	bit, d.a = d.event(cx, d.a)
	return bit
}

// repeats decodes as many ones of context cx, at most n, as come before an event, and gives their number.
func (d *arith) repeats(cx uint64, n int) int {
	e := d.ctx[cx&1023]
	if e.mps() == 0 || d.a < d.limit {
		return 0
	}
	n = min(n, int((d.a-d.limit)>>qShift/e.qe()))
	d.a -= uint64(n) << qShift * e.qe()
	return n
}

// refill brings 32 more bits of the code, zeros after the end of the stripe's data. How many it brings does not depend on
// how the input is cut up.
func (d *arith) refill() {
	s := &d.in
	if s.pos+4 <= s.end && d.n >= 0 && d.madeUp == 0 {
		v := binary.BigEndian.Uint32(s.buf[s.pos:])
		if ones := ^v; (ones-0x01010101)&^ones&0x80808080 == 0 {
			d.c |= uint64(v) << (15 - d.n)
			d.n += 32
			s.pos += 4
			return
		}
	}
	bytes := 4
	if d.n < 0 {
		bytes = 6 // at the start, for a decoder that has read nothing
	}
	for range bytes {
		// Once the data has ended, what comes in may be the next stripe's.
		if d.madeUp == 0 {
			if b, ok := s.coded(); ok {
				d.c |= uint64(b) << (39 - d.n)
				d.n += 8
				continue
			}
		}
		d.madeUp += 8
		d.n += 8
	}
}
