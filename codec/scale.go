package codec

import (
	"context"
	"iter"

	"faxgate/codec/ccitt"
)

// scaler brings rows of one size to another by averaging areas: every source pixel counts in proportion to the area that it
// covers, in integers, with independent ratios for the two axes. Bigger pictures come out as rectangles of equal pixels.
type scaler struct {
	sw, sh, dw, dh int
	sums           []uint32 // one source row, averaged horizontally, times sw
	acc            []uint64 // the target row that is being made, times sw and sh
	out            []byte
	pos            int // how far the source has been taken in, in 1/dh of its rows
}

func newScaler(sw, sh, dw, dh int) *scaler {
	return &scaler{sw: sw, sh: sh, dw: dw, dh: dh, sums: make([]uint32, dw), acc: make([]uint64, dw), out: make([]byte, dw)}
}

// gray takes in one row of bytes.
func (s *scaler) gray(row []byte) {
	sw, dw := s.sw, s.dw
	i, left := 0, dw // Source pixel i has left of its dw parts to give.
	for x := range s.sums {
		need := sw
		var sum uint32
		if left < need {
			sum = uint32(row[i]) * uint32(left)
			need -= left
			i++
			full := need / dw
			var whole uint32
			for _, v := range row[i : i+full] {
				whole += uint32(v)
			}
			sum += whole * uint32(dw)
			i += full
			need -= full * dw
			left = dw
		}
		if need > 0 {
			sum += uint32(row[i]) * uint32(need)
			left -= need
		}
		s.sums[x] = sum
	}
}

// blank takes in one row of zeros.
func (s *scaler) blank() { clear(s.sums) }

// ink takes in one bilevel row, as 255 for black and 0 for white.
func (s *scaler) ink(c ccitt.Changes) {
	clear(s.sums)
	sw, dw := s.sw, s.dw
	for i := 0; int(c[i]) < sw; i += 2 {
		from, to := int(c[i])*dw, int(c[i+1])*dw // In parts of which a target pixel has sw.
		x, last := from/sw, to/sw
		if x == last {
			s.sums[x] += uint32(to-from) * 255
			continue
		}
		s.sums[x] += uint32((x+1)*sw-from) * 255
		for x++; x < last; x++ {
			s.sums[x] = uint32(sw) * 255
		}
		if rest := to - last*sw; rest > 0 {
			s.sums[last] += uint32(rest) * 255
		}
	}
}

// add puts the row that was taken in into the target rows and hands out those that are complete.
func (s *scaler) add(yield func([]byte) bool) bool {
	end := (s.pos/s.dh + 1) * s.dh
	for s.pos < end {
		rowEnd := (s.pos/s.sh + 1) * s.sh
		take := uint64(min(end, rowEnd) - s.pos)
		for x, v := range s.sums {
			s.acc[x] += uint64(v) * take
		}
		s.pos += int(take)
		if s.pos == rowEnd {
			s.finish()
			if !yield(s.out) {
				return false
			}
		}
	}
	return true
}

func (s *scaler) finish() {
	area := uint64(s.sw) * uint64(s.sh)
	for x, v := range s.acc {
		s.out[x] = byte((v + area/2) / area)
	}
	clear(s.acc)
}

// scaledGray averages rows of sw by sh pixels to dw by dh.
func scaledGray(rows iter.Seq2[[]byte, error], sw, sh, dw, dh int) iter.Seq2[[]byte, error] {
	switch {
	case sw == dw && sh == dh:
		return rows
	case reducible(sw, sh, dw, dh):
		return reducedGray(rows, sw, sh, dw, dh)
	}
	return func(yield func([]byte, error) bool) {
		s := newScaler(sw, sh, dw, dh)
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			s.gray(row)
			if !s.add(func(out []byte) bool { return yield(out, nil) }) {
				return
			}
		}
	}
}

// scaledInk averages bilevel rows to the share of black in each target pixel, 0 to 255.
func scaledInk(ctx context.Context, src bilevelSource, sw, sh, dw, dh int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := newScaler(sw, sh, dw, dh)
		for c, err := range src.changes(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			s.ink(c)
			if !s.add(func(out []byte) bool { return yield(out, nil) }) {
				return
			}
		}
	}
}
