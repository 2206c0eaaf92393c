package jbig

import (
	"encoding/binary"
	"math/bits"
)

// mover decides where the adaptive template pixel goes, by the rule of T.82 Annex C: a stripe's first rows are searched
// for a distance at which pixels repeat, as the dots of a screen do, and the move is made where the next stripe begins.
type mover struct {
	mx      int
	least   int // smallest offset that is not in the template already
	width   int
	decided int // offset for the next stripe, -1: not known yet
	all     int // pixels counted in the stripe
	// same are those of them that equal the pixel so many to the left, and at 0 that in the first place.
	same [maxOffset + 1]int
}

// enough is how many pixels are looked at, and then to the end of the row.
const enough = 2048

func (m *mover) reset(p Params) {
	*m = mover{mx: p.MX, least: 3, width: p.Width, decided: -1}
	if p.TwoLine {
		m.least = 5
	}
}

// count looks at a row when the offset is tx.
func (m *mover) count(r *rows, tx int) {
	if m.decided >= 0 || m.mx < m.least {
		return
	}
	for x := m.mx; x < m.width-2; x += 64 {
		n := min(64, m.width-2-x)
		mask := ^uint64(0) << (64 - n)
		c := pixelsFrom(r.cur, x)
		m.all += n
		m.same[0] += bits.OnesCount64(^(c ^ pixelsFrom(r.above, x+2)) & mask)
		for t := m.least; t <= m.mx; t++ {
			m.same[t] += bits.OnesCount64(^(c ^ pixelsFrom(r.cur, x-t)) & mask)
		}
	}
	if m.all > enough {
		m.decided = m.decide(tx)
	}
}

// pixelsFrom gives the 64 pixels from x on.
func pixelsFrom(row []byte, x int) uint64 {
	o := padLeft + x>>3
	return binary.BigEndian.Uint64(row[o:])<<(x&7) | uint64(row[o+8])>>(8-x&7)
}

// next gives the offset for the next stripe when that of the last was tx.
func (m *mover) next(tx int) int {
	if m.decided >= 0 {
		tx = m.decided
	}
	m.decided, m.all, m.same = -1, 0, [maxOffset + 1]int{}
	return tx
}

// decide compares the best offset with that in use. A move must pay: what it would mispredict has to be little, both by
// itself and against what tx mispredicts, and the offsets have to differ, as they do not on a blank row.
func (m *mover) decide(tx int) int {
	best, most, fewest := 0, 0, m.all
	for t := m.least; t <= m.mx; t++ {
		if m.same[t] > most {
			best, most = t, m.same[t]
		}
		fewest = min(fewest, m.same[t])
	}
	misses, now := m.all-most, m.same[tx]
	spread := max(most, m.same[0]) - min(fewest, m.same[0])
	gain := min(most-now, most-(m.all-now)) // tx may predict by never being the same, too
	if misses < m.all>>3 && gain > max(misses, m.all>>4) && most-fewest > m.all>>2 && (tx > 0 || spread > m.all>>3) {
		return best
	}
	return tx
}
