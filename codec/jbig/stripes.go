package jbig

import (
	"encoding/binary"
	"fmt"
)

// ready says whether there is another row: it goes on to the next stripe where one ends.
func (d *Decoder) ready() bool {
	if d.done {
		return false
	}
	if d.inStripe && d.ended == 0 {
		d.endStripe()
	}
	switch {
	case d.st.Rows >= d.height:
		d.done = true
	case d.st.Rows >= d.lim.MaxRows:
		d.end(fmt.Errorf("%w: over %d rows", ErrLimit, d.lim.MaxRows))
	default:
		d.beginStripe()
	}
	return !d.done
}

// setStop says where the stripe ends or the page.
func (d *Decoder) setStop() {
	d.stop = min(d.height, d.lim.MaxRows)
	if d.p.Stripe < d.stop-d.first {
		d.stop = d.first + d.p.Stripe
	}
	d.stop = max(d.stop, d.st.Rows)
}

// end ends a page that is not whole.
func (d *Decoder) end(why error) {
	d.done, d.st.Partial, d.st.Err = true, true, why
	d.stop = d.st.Rows
}

// cut says whether the stripe's data ends in another way than by SDNORM or SDRST.
func (d *Decoder) cut() bool {
	m := d.arith.in.marker()
	return m != mSDNORM && m != mSDRST
}

// cause says why a stripe's data is cut.
func (d *Decoder) cause() error {
	in := &d.arith.in
	switch m := in.marker(); {
	case m == mABORT:
		return errAbort
	case m != 0:
		return fmt.Errorf("%w: marker %#02x in a stripe", errCut, m)
	case in.err != nil:
		return in.err
	}
	return errCut
}

// beginStripe begins the next stripe.
func (d *Decoder) beginStripe() {
	if d.ended == 0 {
		d.floating()
	}
	switch in := &d.arith.in; {
	case d.trouble != nil:
		d.end(d.trouble)
	case d.st.Rows >= d.height: // by a NEWLEN in front of the first stripe
		d.done = true
	case !in.want(1) && in.err == nil && d.p.VariableLength && d.p.Height == 0:
		d.end(errNoHeight)
	case !in.want(1) || in.marker() == mABORT:
		d.end(d.cause())
	default:
		if d.ended == mSDRST {
			d.forget()
		}
		d.arith.begin()
		d.moves, d.ahead.n = d.ahead, 0
		d.first, d.inStripe, d.checked, d.ended = d.st.Rows, true, false, 0
		d.setStop()
	}
}

// endStripe takes what is left of a stripe, the marker that ends it and what is between it and the next.
func (d *Decoder) endStripe() {
	in := &d.arith.in
	if in.skipCoded() > allowedRest {
		d.st.Bad++
		d.st.Err = errLeft
	}
	if d.cut() {
		d.trouble = d.cause()
		d.ended = mSDNORM
		return
	}
	d.ended = in.marker()
	in.pos += 2
	d.floating()
}

// allowedRest is how many bytes a coder may write after all that is needed, for having finished in its own way.
const allowedRest = 2

// floating takes the marker segments between two stripes (T.82 section 6.2.6).
func (d *Decoder) floating() {
	in := &d.arith.in
	for d.trouble == nil {
		switch in.marker() {
		case mCOMMENT:
			d.comment()
		case mNEWLEN:
			d.newHeight()
		case mATMOVE:
			d.atMove()
		default:
			return
		}
	}
}

// segment takes a marker and the n bytes after it, nil if they are not there.
func (d *Decoder) segment(n int) []byte {
	in := &d.arith.in
	if !in.want(2 + n) {
		d.trouble = errCut
		if in.err != nil {
			d.trouble = in.err
		}
		return nil
	}
	in.pos += 2 + n
	return in.buf[in.pos-n : in.pos]
}

func (d *Decoder) comment() {
	if b := d.segment(4); b != nil && !d.arith.in.skip(int64(binary.BigEndian.Uint32(b))) {
		d.trouble = errCut
	}
}

// newHeight is NEWLEN.
func (d *Decoder) newHeight() {
	if b := d.segment(4); b != nil {
		d.shorten(int64(binary.BigEndian.Uint32(b)))
	}
}

// shorten gives the page fewer rows than were said before; to more a NEWLEN has no right.
func (d *Decoder) shorten(rows int64) {
	if rows >= int64(d.height) {
		return
	}
	d.height, d.p.Height = int(rows), int(rows)
	if d.height < d.st.Rows {
		d.st.Bad++
		d.st.Err = errLate
	}
}

func (d *Decoder) atMove() {
	b := d.segment(6)
	if b == nil {
		return
	}
	line, tx, ty := binary.BigEndian.Uint32(b), int8(b[4]), b[5]
	if tx != 0 && tx < d.least() || ty != 0 || d.ahead.n == len(d.ahead.list) {
		d.trouble = fmt.Errorf("%w: by %d, %d pixels", errMove, tx, ty)
		return
	}
	d.ahead.list[d.ahead.n] = move{int64(line), int(tx)}
	d.ahead.n++
}

// least is the smallest offset of the adaptive pixel that is not in the template already.
func (d *Decoder) least() int8 {
	if d.p.TwoLine {
		return 5
	}
	return 3
}

// moves are where in a stripe the adaptive template pixel goes.
type moves struct {
	n    int
	list [16]move
}

type move struct {
	line int64 // of the stripe
	tx   int
}

// apply makes the moves of a line.
func (m *moves) apply(t template, twoLine bool, line int) template {
	for _, v := range m.list[:m.n] {
		if v.line == int64(line) {
			t = newTemplate(twoLine, v.tx)
		}
	}
	return t
}
