package ccitt

import (
	"encoding/binary"
	"io"
)

// bitWriter collects codes. The low n bits, 0 to 7, that do not fill a byte yet
// stand at the top of acc.
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

// put appends the low k bits of code, k <= 56.
func (w *bitWriter) put(code uint64, k uint) {
	w.acc |= code << (64 - k - w.n)
	w.n += k
	binary.BigEndian.PutUint64(w.buf[w.pos:], w.acc)
	w.pos += int(w.n >> 3)
	w.acc <<= w.n &^ 7
	w.n &= 7
}

// fill appends zeros until n bits of the last byte are used.
func (w *bitWriter) fill(n uint) {
	w.put(0, (n-w.n)&7)
}

// room makes sure that a row fits: it writes what has gathered.
func (w *bitWriter) room() error {
	if w.pos < chunk {
		return w.err
	}
	return w.flush()
}

// flush writes the whole bytes.
func (w *bitWriter) flush() error {
	if w.err != nil || w.pos == 0 {
		return w.err
	}
	out := w.buf[:w.pos]
	if w.lsb {
		reverse(out)
	}
	_, w.err = w.dst.Write(out)
	w.pos = 0
	return w.err
}
