package ccitt

import (
	"encoding/binary"
	"math/bits"
)

// Changes is one row of pixels as the columns where its colour changes,
// strictly increasing, beginning from white: the black pixels are those of
// [c[0], c[1]), [c[2], c[3]) and so on, so a row that starts black has c[0] ==
// 0. The list is closed by at least four sentinels equal to the row's width.
type Changes []int32

// sentinels close every list, so that looking up to three changes ahead needs
// no test for the end.
const sentinels = 4

// Width is the number of pixels of the row.
func (c Changes) Width() int { return int(c[len(c)-1]) }

// Blank reports whether the row is all white.
func (c Changes) Blank() bool { return c[0] == c[len(c)-1] }

// Paint draws the row into dst, (width+7)/8 bytes, most significant bit first,
// 1 = black, the bits past the width 0.
func Paint(dst []byte, c Changes) {
	width := c[len(c)-1]
	dst = dst[:(width+7)/8]
	switch {
	case c[0] == width:
		clear(dst)
	case len(c) < len(dst): // less than eight to a word
		paintRuns(dst, c, width)
	default:
		paintWords(dst, c, width)
	}
}

// rightOf[x] are the pixels of a word from x on, the first pixel of a word being
// the highest bit of its first byte and the word little-endian.
var rightOf = func() (t [64]uint64) {
	for x := range t {
		t[x] = bits.ReverseBytes64(^uint64(0) >> x)
	}
	return t
}()

// paintWords is Paint where changes stand close: all those of a word are made
// before it is stored.
func paintWords(dst []byte, c Changes, width int32) {
	i, word := 0, uint64(0)
	for end := int32(64); end <= width; end += 64 {
		for ; c[i] < end; i++ {
			word ^= rightOf[c[i]&63]
		}
		binary.LittleEndian.PutUint64(dst, word)
		word = -(word >> 56 & 1)
		dst = dst[8:]
	}
	for ; c[i] < width; i++ {
		word ^= rightOf[c[i]&63]
	}
	if width&63 != 0 {
		word &^= rightOf[width&63]
	}
	for i := range dst {
		dst[i] = byte(word >> (8 * i))
	}
}

// paintRuns is Paint where changes are few: each black run is drawn into the
// words that it lies in, most often one.
func paintRuns(dst []byte, c Changes, width int32) {
	clear(dst)
	whole := width &^ 63 // the pixels of whole words
	i := 0
	for ; c[i+1] < whole; i += 2 {
		a, b := c[i], c[i+1]
		m, n := rightOf[a&63], rightOf[b&63]
		at, to := int(uint32(a)>>6)<<3, int(uint32(b)>>6)<<3
		w := dst[at : at+8 : at+8]
		if at == to {
			binary.LittleEndian.PutUint64(w, binary.LittleEndian.Uint64(w)|m&^n)
			continue
		}
		binary.LittleEndian.PutUint64(w, binary.LittleEndian.Uint64(w)|m)
		for at += 8; at < to; at += 8 {
			binary.LittleEndian.PutUint64(dst[at:at+8:at+8], ^uint64(0))
		}
		binary.LittleEndian.PutUint64(dst[at:at+8:at+8], ^n)
	}
	for ; c[i] < width; i += 2 {
		for x := c[i]; x < c[i+1]; x++ {
			dst[x>>3] |= 0x80 >> (x & 7)
		}
	}
}

// Scan finds the changes of a packed row, most significant bit first, 1 =
// black, and returns them in dst's memory where that is large enough. The row
// must have (width+7)/8 bytes; bits past the width do not count.
func Scan(dst Changes, row []byte, width int) Changes {
	if cap(dst) < width+sentinels {
		dst = make(Changes, width+sentinels)
	}
	dst = dst[:width+sentinels]
	n := scan(dst, row, width)
	return dst[:n+sentinels]
}

// scan is Scan into memory of at least width+sentinels; it returns the number of changes.
func scan(dst []int32, all []byte, width int) int {
	all = all[:(width+7)/8]
	row := all
	// x is the word before, of which only the last pixel counts; right is the column of a word's last pixel.
	n, right, x := 0, int32(63), uint64(0)
	for ; len(row) > 8; row = row[8:] {
		left := x << 63
		x = binary.BigEndian.Uint64(row)
		if t := x ^ (x>>1 | left); t != 0 {
			next := n + bits.OnesCount64(t)
			listBits(dst[n:next], t, right)
			n = next
		} else {
			for len(row) > 40 && uniform(row[8:40], x) {
				row = row[32:]
				right += 256
			}
		}
		right += 64
	}
	left := x << 63
	x = lastWord(all, len(row))
	t := (x ^ (x>>1 | left)) &^ (1<<(uint(int(right)+1-width)&63) - 1)
	next := n + bits.OnesCount64(t)
	listBits(dst[n:next], t, right)
	closeList(dst[next:next+sentinels], int32(width))
	return next
}

// lastWord is the last 1 to 8 bytes of a row, zeros behind them.
func lastWord(row []byte, n int) uint64 {
	if i := len(row) - 8; i >= 0 {
		return binary.BigEndian.Uint64(row[i:]) << (8 * uint(8-n))
	}
	var last [8]byte
	copy(last[:], row)
	return binary.BigEndian.Uint64(last[:])
}

// uniform tells whether 32 bytes are all white or all black, as the word x is.
func uniform(b []byte, x uint64) bool {
	_ = b[31]
	return (binary.LittleEndian.Uint64(b)^x)|(binary.LittleEndian.Uint64(b[8:])^x)|
		(binary.LittleEndian.Uint64(b[16:])^x)|(binary.LittleEndian.Uint64(b[24:])^x) == 0
}

// listBits fills dst with the columns of the bits of a word: t has as many as dst places, the lowest is that of column right.
// It takes the lowest first, which is cheaper to find than the highest.
func listBits(dst []int32, t uint64, right int32) {
	for i := uint(len(dst)) - 1; t != 0; i-- {
		dst[i] = right - int32(bits.TrailingZeros64(t))
		t &= t - 1
	}
}

func closeList(c []int32, width int32) {
	for i := range c {
		c[i] = width
	}
}
