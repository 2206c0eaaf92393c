package ccitt

import (
	"encoding/binary"
	"io"
)

// bitWriter collects codes. The last n bits, 0 to 63, that do not fill a word
// yet stand at the top of acc, zeros below them. The loops that code a row keep acc and n
// in variables of their own and hand them to append.
type bitWriter struct {
	acc uint64
	n   uint
	pos int
	buf []byte
	dst io.Writer
	lsb bool
	err error
}

// reset prepares for rows of up to rowBytes coded bytes.
func (w *bitWriter) reset(dst io.Writer, lsb bool, rowBytes int) {
	buf := w.buf
	if need := chunk + rowBytes + slack; cap(buf) < need {
		buf = make([]byte, need)
	}
	*w = bitWriter{buf: buf[:cap(buf)], dst: dst, lsb: lsb}
}

// append adds the upper k bits of code, k <= 63, the rest of which is 0, to the n in acc.
func (w *bitWriter) append(acc uint64, n uint, code uint64, k uint) (uint64, uint) {
	acc |= code >> (n & 63)
	if n += k; n >= 64 {
		n -= 64
		binary.BigEndian.PutUint64(w.buf[w.pos:], acc)
		w.pos += 8
		acc = code << ((k - n) & 63)
	}
	return acc, n
}

// put appends the low k bits of code, 1 <= k <= 63.
func (w *bitWriter) put(code uint64, k uint) {
	w.acc, w.n = w.append(w.acc, w.n, code<<((64-k)&63), k)
}

// fill appends zeros until n bits of the last byte are used.
func (w *bitWriter) fill(n uint) {
	w.acc, w.n = w.append(w.acc, w.n, 0, (n-w.n)&7)
}

// room makes sure that a row fits: it writes what has gathered.
func (w *bitWriter) room() error {
	if w.pos < chunk {
		return nil
	}
	return w.flush()
}

// finish writes everything; the bits must fill whole bytes.
func (w *bitWriter) finish() error {
	binary.BigEndian.PutUint64(w.buf[w.pos:], w.acc)
	w.pos += int(w.n >> 3)
	w.acc, w.n = 0, 0
	return w.flush()
}

// flush writes the whole words.
func (w *bitWriter) flush() error {
	if w.err != nil || w.pos == 0 {
		return w.err
	}
	out := w.buf[:w.pos]
	if w.lsb {
		reverse(out)
	}
	if _, w.err = w.dst.Write(out); w.err == nil {
		w.pos = 0
	}
	return w.err
}
