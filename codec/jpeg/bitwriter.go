package jpeg

import "io"

// bitWriter writes codes, most significant bit first, and a zero byte behind each 0xff (T.81 section F.1.2.3).
type bitWriter struct {
	w   io.Writer
	buf []byte
	acc uint64
	n   uint // bits in acc that are still to be written
	err error
}

// flushAt is how much is gathered before it is written.
const flushAt = 16 << 10

func (b *bitWriter) put(c code) {
	b.acc = b.acc<<c.n | uint64(c.bits)
	for b.n += c.n; b.n >= 8; {
		b.n -= 8
		v := byte(b.acc >> b.n)
		b.buf = append(b.buf, v)
		if v == 0xff {
			b.buf = append(b.buf, 0)
		}
	}
}

// bytes writes bytes as they are.
func (b *bitWriter) bytes(v ...byte) { b.buf = append(b.buf, v...) }

// segment writes a marker with its data.
func (b *bitWriter) segment(marker byte, data []byte) {
	n := len(data) + 2
	b.bytes(0xff, marker, byte(n>>8), byte(n))
	b.bytes(data...)
}

// align fills the last byte with ones.
func (b *bitWriter) align() {
	if b.n > 0 {
		b.put(code{1<<(8-b.n) - 1, 8 - b.n})
	}
}

// flush writes what is gathered if there is enough of it, or all of it.
func (b *bitWriter) flush(all bool) error {
	if b.err != nil || !all && len(b.buf) < flushAt {
		return b.err
	}
	_, b.err = b.w.Write(b.buf)
	b.buf = b.buf[:0]
	return b.err
}
