package codec

import (
	"encoding/binary"
	"iter"
)

// reducer does what scaler does for grey pictures that become smaller both ways, at twice the speed: it first adds up rows, eight
// pixels at a time in the lanes of two words, and then columns. The weights of the rows are parts of 256, which is exact to two
// shades.
type reducer struct {
	sw, sh, dw, dh int
	at             int      // how far the target row is made, of sh
	given          int      // of 256 parts
	lanes          []uint64 // for each 8 pixels the even ones and the odd ones, in 16 bits each
	line           []uint16 // the same in the order of the pixels
	spans          []span
	scale          uint64
	out            []byte
}

// span is what a target pixel is made of: whole source pixels and parts of the two at its ends, in dw parts of a pixel.
type span struct {
	from, whole, to int32 // first pixel, the first whole one and the one after the last whole one, of which there may be a part
	first, last     uint32
}

// mostReduced is how many rows of the source may become one: their weights must not get too small.
const mostReduced = 16

func reducible(sw, sh, dw, dh int) bool {
	return dw <= sw && dh <= sh && sh/dh < mostReduced
}

func newReducer(sw, sh, dw, dh int) *reducer {
	words := (sw + 7) / 8
	s := &reducer{sw: sw, sh: sh, dw: dw, dh: dh, lanes: make([]uint64, 2*words), line: make([]uint16, 8*words+1), out: make([]byte, dw)}
	s.scale = 1<<40/(uint64(sw)*256) + 1
	for x := range dw {
		from, to := int64(x)*int64(sw), int64(x+1)*int64(sw) // In parts of which a source pixel has dw.
		n := int64(dw)
		p := span{from: int32(from / n), whole: int32((from + n - 1) / n), to: int32(to / n), last: uint32(to % n)}
		p.first = uint32(int64(p.whole)*n - from)
		s.spans = append(s.spans, p)
	}
	return s
}

// take puts one row into the target rows and hands out those that are complete.
func (s *reducer) take(row []byte, yield func([]byte) bool) bool {
	for left := s.dh; left > 0; {
		part := min(left, s.sh-s.at)
		left -= part
		s.at += part
		upTo := int((256*int64(s.at) + int64(s.sh)/2) / int64(s.sh))
		s.weigh(row, uint64(upTo-s.given))
		s.given = upTo
		if s.at == s.sh {
			s.finish()
			if !yield(s.out) {
				return false
			}
		}
	}
	return true
}

const evenLanes = 0x00ff00ff00ff00ff

// weigh adds a row with a weight.
func (s *reducer) weigh(row []byte, weight uint64) {
	lanes := s.lanes
	for len(row) >= 8 && len(lanes) >= 2 {
		v := binary.LittleEndian.Uint64(row)
		lanes[0] += v & evenLanes * weight
		lanes[1] += v >> 8 & evenLanes * weight
		row, lanes = row[8:], lanes[2:]
	}
	if len(row) > 0 {
		var rest [8]byte
		copy(rest[:], row)
		v := binary.LittleEndian.Uint64(rest[:])
		lanes[0] += v & evenLanes * weight
		lanes[1] += v >> 8 & evenLanes * weight
	}
}

// finish makes a target row.
func (s *reducer) finish() {
	line, lanes := s.line, s.lanes
	for len(line) >= 8 && len(lanes) >= 2 {
		even, odd := lanes[0], lanes[1]
		line[0], line[1] = uint16(even), uint16(odd)
		line[2], line[3] = uint16(even>>16), uint16(odd>>16)
		line[4], line[5] = uint16(even>>32), uint16(odd>>32)
		line[6], line[7] = uint16(even>>48), uint16(odd>>48)
		line, lanes = line[8:], lanes[2:]
	}
	clear(s.lanes)
	s.at, s.given = 0, 0
	n, half := uint64(s.dw), uint64(s.sw)*128
	for x, p := range s.spans {
		var whole uint32
		for _, v := range s.line[p.whole:p.to] {
			whole += uint32(v)
		}
		sum := uint64(whole)*n + uint64(s.line[p.from])*uint64(p.first) + uint64(s.line[p.to])*uint64(p.last) + half
		s.out[x] = byte(sum * s.scale >> 40)
	}
}

// reducedGray averages rows of sw by sh pixels to dw by dh.
func reducedGray(rows iter.Seq2[[]byte, error], sw, sh, dw, dh int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := newReducer(sw, sh, dw, dh)
		out := func(row []byte) bool { return yield(row, nil) }
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if !s.take(row, out) {
				return
			}
		}
	}
}
