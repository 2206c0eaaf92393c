package jbig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// source reads a page's bytes: markers and, between them, stuffed coded data.
type source struct {
	src  io.Reader
	buf  [4096]byte
	pos  int
	end  int
	read int64 // bytes read from src so far
	max  int64
	eof  bool  // src has no more
	err  error // why, if not because it ends
}

func (s *source) reset(src io.Reader, limit int64) {
	s.src, s.max = src, limit
	s.pos, s.end, s.read, s.eof, s.err = 0, 0, 0, false, nil
}

// want makes n bytes available, at most half a buffer; false when the data ends before.
func (s *source) want(n int) bool {
	if s.pos+n <= s.end {
		return true
	}
	s.end = copy(s.buf[:], s.buf[s.pos:s.end])
	s.pos = 0
	for idle := 0; s.end < n && !s.eof; {
		m, err := s.src.Read(s.buf[s.end:])
		s.end += m
		s.read += int64(m)
		switch {
		case errors.Is(err, io.EOF):
			s.eof = true
		case err != nil:
			s.eof, s.err = true, fmt.Errorf("jbig: reading coded data: %w", err)
		case s.read > s.max:
			s.eof, s.err = true, fmt.Errorf("%w: over %d coded bytes", ErrLimit, s.max)
		case m > 0:
			idle = 0
		case idle > 100:
			s.eof, s.err = true, fmt.Errorf("jbig: reading coded data: %w", io.ErrNoProgress)
		default:
			idle++
		}
	}
	return s.end >= n
}

// used is the number of bytes taken so far.
func (s *source) used() int64 { return s.read - int64(s.end-s.pos) }

// marker gives the marker that is next, without taking it; 0 if there is none.
func (s *source) marker() byte {
	if s.want(2) && s.buf[s.pos] == esc {
		return s.buf[s.pos+1]
	}
	return 0
}

// coded takes the next byte of coded data; false before a marker and at the end.
func (s *source) coded() (byte, bool) {
	if !s.want(1) {
		return 0, false
	}
	b := s.buf[s.pos]
	if b != esc {
		s.pos++
		return b, true
	}
	if !s.want(2) || s.buf[s.pos+1] != mSTUFF {
		return 0, false
	}
	s.pos += 2
	return esc, true
}

// skip takes n bytes; false if there are fewer.
func (s *source) skip(n int64) bool {
	for n > 0 && s.want(1) {
		m := int(min(n, int64(s.end-s.pos)))
		s.pos += m
		n -= int64(m)
	}
	return n == 0
}

// skipCoded takes coded data up to a marker or the end and gives the number of its bytes that are not 0.
func (s *source) skipCoded() (n int) {
	for {
		b, ok := s.coded()
		if !ok {
			return n
		}
		if b != 0 {
			n++
		}
	}
}

// peekLength looks for a NEWLEN behind the end of the stripe's data, as long as no more than allowedRest bytes other than
// zeros are in between: coders may write more than is needed, and then the rows end before the data does.
func (s *source) peekLength() (rows int64, ok bool) {
	const far = 16
	s.want(far + 8)
	b := s.buf[s.pos:min(s.end, s.pos+far+8)]
	for rest := 0; len(b) >= 8 && rest <= allowedRest; b = b[1:] {
		if b[0] == esc && b[1] != mSTUFF {
			ok = (b[1] == mSDNORM || b[1] == mSDRST) && b[2] == esc && b[3] == mNEWLEN
			return int64(binary.BigEndian.Uint32(b[4:])), ok
		}
		if b[0] != 0 {
			rest++
		}
	}
	return 0, false
}
