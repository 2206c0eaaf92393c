package ccitt

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// defaultK is the K parameter of fine resolution, T.4 section 4.2.1.
const defaultK = 4

// Encoder codes pages row by row. It is used again from page to page: once at
// the size of the widest page it allocates nothing. An Encoder is for one
// goroutine at a time.
type Encoder struct {
	p     Params
	codes *runCodes
	out   bitWriter

	// cur and ref are the lists of the row to code and of the one above, each
	// with a change before the first: ref[0] is -1.
	cur, ref []int32
	n        int    // changes of ref
	above    []byte // the packed row above, where known
	known    bool
	left     int // MR: rows that may still be coded by reference
	blank    blankCodes
	open     bool
}

// NewEncoder makes an encoder; Reset gives it a page.
func NewEncoder() *Encoder { return &Encoder{codes: encodeTable()} }

// Reset starts a page that goes to dst; a page before it that was not closed is
// dropped. The error is ErrParams.
func (e *Encoder) Reset(dst io.Writer, p Params) error {
	e.open = false
	if err := p.check(maxEncoderWidth); err != nil {
		return err
	}
	if p.RTC && p.ByteAlign {
		return fmt.Errorf("%w: an RTC is never byte-aligned (RFC 3949 section 3.4.1)", ErrParams)
	}
	if p.Coding != MR {
		p.K = 1
	} else if p.K == 0 {
		p.K = defaultK
	}
	if need := p.Width + 16; cap(e.cur) < need {
		e.cur, e.ref = make([]int32, need), make([]int32, need)
	}
	// No code takes more than 7 bits for a pixel that it goes on by.
	e.out.reset(dst, p.LSBFirst, p.Width+slack)
	e.p, e.left, e.open = p, 0, true
	e.white()
	e.blank = e.codes.blank(p)
	return nil
}

// white makes the row above the page's first a white one.
func (e *Encoder) white() {
	e.cur, e.ref = e.cur[:cap(e.cur)], e.ref[:cap(e.ref)]
	e.cur[0], e.ref[0] = -1, -1
	closeList(e.ref[1:1+sentinels], int32(e.p.Width))
	stride := (e.p.Width + 7) / 8
	if cap(e.above) < stride {
		e.above = make([]byte, stride)
	}
	e.above = e.above[:stride]
	clear(e.above)
	e.n, e.known = 0, true
}

// maxEncoderWidth keeps a nonsensical width from becoming memory.
const maxEncoderWidth = 1 << 20

// PutRow codes a packed row, most significant bit first, 1 = black. A row
// shorter than (width+7)/8 bytes is an ErrRow.
func (e *Encoder) PutRow(row []byte) error {
	if !e.open {
		return ErrClosed
	}
	if len(row) < len(e.above) {
		return fmt.Errorf("%w: %d bytes for %d pixels", ErrRow, len(row), e.p.Width)
	}
	row = row[:len(e.above)]
	if e.known && bytes.Equal(row, e.above) {
		return e.putAgain()
	}
	copy(e.above, row)
	e.known = true
	return e.putRow(scan(e.cur[1:], row, e.p.Width))
}

// PutChanges codes a row. A list that is not one of the page's width is an
// ErrRow.
func (e *Encoder) PutChanges(c Changes) error {
	if !e.open {
		return ErrClosed
	}
	w := int32(e.p.Width)
	n := len(c) - sentinels
	if n < 0 || c[n] != w || n > 0 && c[n-1] == w {
		if n = slices.Index(c, w); n < 0 {
			return fmt.Errorf("%w: list is not closed by the width %d", ErrRow, w)
		}
	}
	if n == e.n && slices.Equal(c[:n], Changes(e.ref[1:1+n])) {
		return e.putAgain()
	}
	if !increasing(c[:n+1]) {
		return fmt.Errorf("%w: changes do not increase from 0 to the width %d", ErrRow, w)
	}
	copy(e.cur[1:], c[:n])
	closeList(e.cur[1+n:1+n+sentinels], w)
	e.known = false
	return e.putRow(n)
}

// increasing tells whether no change is below 0 and each is greater than the one
// before.
func increasing(c []int32) bool {
	last, all := int64(-1), int64(0)
	for ; len(c) >= 4; c = c[4:] {
		x0, x1, x2, x3 := int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3])
		all |= (x0 - 1 - last) | (x1 - 1 - x0) | (x2 - 1 - x1) | (x3 - 1 - x2)
		last = x3
	}
	for _, x := range c {
		all |= int64(x) - 1 - last
		last = int64(x)
	}
	return all >= 0
}

// putRow codes the row in cur, which has n changes.
func (e *Encoder) putRow(n int) error {
	if err := e.out.room(); err != nil {
		return e.fail(err)
	}
	if e.beginRow() {
		e.oneDimensional(e.cur[1 : 1+n])
	} else {
		e.twoDimensional()
	}
	if e.blank.aligned {
		e.out.fill(0)
	}
	e.cur, e.ref, e.n = e.ref, e.cur, n
	return nil
}

// beginRow appends what is before a row, and tells whether the row is to be coded
// by itself: in MR one row of K is, and the EOL is followed by a tag bit that tells.
func (e *Encoder) beginRow() (byItself bool) {
	if e.blank.eol == 0 {
		return e.p.Coding == MH
	}
	fill := -(e.blank.eol + e.out.n) & e.blank.align
	if e.p.Coding == MH {
		e.out.put(1, fill+eolBits)
		return true
	}
	if e.left == 0 {
		e.left = e.p.K - 1
		e.out.put(0b11, fill+eolBits+1)
		return true
	}
	e.left--
	e.out.put(0b10, fill+eolBits+1)
	return false
}

// Close ends the page: T.6 data with EOFB, T.4 data with an RTC if Params asks
// for it. The last byte is filled up with zeros and everything written.
func (e *Encoder) Close() error {
	if !e.open {
		return ErrClosed
	}
	e.open = false
	if err := e.out.room(); err != nil {
		return e.fail(err)
	}
	switch {
	case e.p.Coding == MMR:
		e.out.put(eofb, 2*eolBits)
	case e.p.RTC && e.p.Coding == MR:
		for range 6 {
			e.out.put(0b11, eolBits+1)
		}
	case e.p.RTC:
		for range 6 {
			e.out.put(1, eolBits)
		}
	}
	e.out.fill(0)
	if err := e.out.finish(); err != nil {
		return e.fail(err)
	}
	return nil
}

func (e *Encoder) fail(err error) error {
	return fmt.Errorf("ccitt: writing coded data: %w", err)
}
