package ccitt

// ahead is how many bytes behind the beginning of a row of T.4 data are in the
// buffer, so that a row that makes no sense can be looked at again. It is the
// same however the source hands out its bytes.
const ahead = 4 << 10

// mark is a place in the data to go back to.
type mark struct {
	bp   int
	base int64 // bytes before the buffer
}

func (r *bitReader) mark() mark { return mark{r.bp, r.read - int64(r.end)} }

// back goes back to a mark, unless that is too far.
func (r *bitReader) back(m mark) bool {
	if r.bp-m.bp > 8*(ahead-2*slack) || r.read-int64(r.end) != m.base {
		return false
	}
	r.bp = m.bp
	return true
}

// lookAhead makes it possible to come back to where the data is read now.
func (r *bitReader) lookAhead() {
	if r.remaining() < ahead && !r.eof && !r.frozen {
		r.readOn(ahead)
	}
}

// rowHere reports whether a row of the kind that the tag bit says stands here
// and an EOL or the end of the data behind it. Nothing is consumed.
func (d *Decoder) rowHere(tag uint64) bool {
	m := d.in.mark()
	good := d.decodeRow(tag) == rowGood
	d.in.refill()
	good = good && (d.in.acc>>(64-eolZeros) == 0 || d.restIsNothing())
	return d.in.back(m) && good
}

// decodeRow decodes a row of T.4 data of the kind that the tag bit says.
func (d *Decoder) decodeRow(tag uint64) outcome {
	d.emptyRuns = 0
	if d.p.Coding == MH || tag == 1 {
		return d.oneDimensional()
	}
	return d.twoDimensional()
}

// unmarkedRow finds a row whose EOL is missing, where the row before it was
// good: either an EOL stands behind it or, in data that has none, another row.
func (d *Decoder) unmarkedRow() bool {
	if d.badRun > 0 || d.in.drained() {
		return false
	}
	for _, tag := range [...]uint64{1 - d.tag, d.tag} {
		if d.p.Coding == MR && d.rowHere(tag) {
			d.tag = tag
			return true
		}
	}
	return d.p.Coding == MH && (d.rowHere(1) || d.rowsHere(2))
}

// rowsHere reports whether so many rows of MH stand here. Nothing is consumed.
func (d *Decoder) rowsHere(rows int) bool {
	m, good := d.in.mark(), true
	for range rows {
		if d.align {
			d.in.align()
		}
		good = good && d.decodeRow(1) == rowGood && !d.in.overrun()
	}
	return d.in.back(m) && good
}

// rowsAfterRTC reports whether the page goes on behind an RTC, and consumes the
// further EOLs that stand there.
func (d *Decoder) rowsAfterRTC() bool {
	if d.st.Rows >= d.p.Rows {
		return false
	}
	m := d.in.mark()
	d.takeEOLs()
	if d.rowHere(d.tag) {
		return true
	}
	d.in.back(m)
	return false
}

// leave goes back to where the search for the next row begins, after a row that
// began at start and is damaged: in data with EOLs there, because the next EOL
// may be hidden in what was taken for a code; in data without, to the row that
// it finds. False says that none was found.
func (d *Decoder) leave(start mark) bool {
	if d.seenEOL {
		d.in.back(start)
		return true
	}
	return d.align && d.findRow(start)
}

// maxSearches bounds the work for the damaged rows of one page.
const maxSearches = 16

// findRow goes from a damaged row of data without EOLs to the next byte on which
// rows begin.
func (d *Decoder) findRow(start mark) bool {
	const rows, most = 3, ahead / 4
	m := d.in.mark()
	if d.searches++; d.searches > maxSearches || !d.in.back(start) {
		return false
	}
	for i := 0; i < most && !d.in.drained(); i++ {
		d.in.refill()
		d.in.skip(8)
		if d.rowsHere(rows) {
			return true
		}
	}
	d.in.back(m)
	return false
}

// anotherStrip finds, at the end of T.6 data that is not the end of the page,
// rows that begin anew: a writer has put several strips together as one.
func (d *Decoder) anotherStrip() bool {
	if d.a0 >= 0 || d.st.Rows == 0 || d.st.Rows >= d.p.Rows {
		return false
	}
	d.in.lookAhead()
	d.in.refill()
	m := d.in.mark()
	if d.in.acc>>(64-2*eolBits) != eofb || !d.eofb() || d.in.drained() {
		d.in.back(m)
		return false
	}
	d.in.align()
	first := d.in.mark()
	d.blankAbove()
	good := d.goodStrip(first)
	d.blankAbove()
	if !good {
		d.in.back(m)
		return false
	}
	return d.in.back(first)
}

// goodStrip reports whether T.6 rows from here on are good up to the end of the
// data, of the page, or of what can be looked at.
func (d *Decoder) goodStrip(first mark) bool {
	for n := d.st.Rows; n < d.p.Rows; n++ {
		switch {
		case d.in.bp-first.bp > 8*ahead/2:
			return true
		case d.twoDimensional() != rowGood:
			return d.a0 < 0 && n > d.st.Rows && d.eofb()
		}
		d.close()
		d.swap()
	}
	return true
}

// blankAbove makes the row above the next one white.
func (d *Decoder) blankAbove() {
	d.ref[0], d.cur[0] = -1, -1
	closeList(d.ref[1:1+closing], d.w)
	d.emptyRuns, d.uneven = 0, false
}

// moreRows reports, behind the last row that the page should have, whether it
// has more of them. Almost any bits are some rows of T.6: there the end must be
// marked.
func (d *Decoder) moreRows(begun bool) bool {
	if d.in.drained() {
		return false
	}
	enough := 8
	if d.p.Coding == MMR {
		enough = d.lim.MaxRows
	}
	st, rows, why, whyRow := d.st, d.p.Rows, d.why, d.whyRow
	d.st, d.p.Rows, d.badRun, d.begunRow = Stats{}, 0, 0, begun
	n := 0
	for n < enough && d.st.Bad == 0 && d.row() {
		n++
	}
	more := n > 0 && d.st.Bad == 0 && !d.st.Partial && (n == enough || d.st.RTC || d.seenEOL && d.p.Coding != MMR)
	d.st, d.p.Rows, d.why, d.whyRow = st, rows, why, whyRow
	return more
}
