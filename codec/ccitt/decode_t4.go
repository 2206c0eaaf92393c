package ccitt

// rowT4 decodes a row of T.4 data, with EOLs or without.
func (d *Decoder) rowT4() bool {
	if d.begunRow {
		d.begunRow = false
		return d.decodeT4()
	}
	if d.align {
		d.in.align()
	}
	d.in.lookAhead()
	n := d.takeEOLs()
	switch {
	case n >= enoughEOLs && !d.rowsAfterRTC():
		d.st.RTC = true
		d.st.Partial = d.st.Rows < d.p.Rows
		return false
	case n == 2 && d.st.Rows > 0 && !d.twice:
		return d.emptyRow()
	case n == 0 && d.seenEOL && !d.unmarkedRow() && !d.resync():
		return false
	case n == 0 && d.in.drained():
		return d.cut()
	}
	return d.decodeT4()
}

// takeEOLs consumes the EOLs that come next, with MR their tag bits too, and
// counts them.
func (d *Decoder) takeEOLs() int {
	n := 0
	for n < 6 && d.in.eol() {
		n++
		d.seenEOL = true
		if d.p.Coding == MR {
			d.in.refill()
			d.tag = d.in.acc >> 63
			d.in.skip(1)
		}
	}
	return n
}

// resync goes to the next EOL after a row that does not end with one.
func (d *Decoder) resync() bool {
	if !d.in.seekEOL() {
		return d.cut()
	}
	if d.p.Coding == MR {
		d.in.refill()
		d.tag = d.in.acc >> 63
		d.in.skip(1)
	}
	if d.badRun == 0 && d.st.Rows > 0 {
		d.bad(errMissingEOL)
	}
	return true
}

// cut ends a page whose data is used up; that is too early only where the
// number of rows is known.
func (d *Decoder) cut() bool {
	if d.st.Rows < d.p.Rows {
		d.st.Partial = true
		d.note(errCut)
	}
	return false
}

// decodeT4 decodes the row behind an EOL. A row of MR that makes no sense may
// have the wrong tag bit.
func (d *Decoder) decodeT4() bool {
	d.in.lookAhead()
	start := d.in.mark()
	if d.lost && d.tag == 0 {
		if !d.rowHere(1) {
			d.repeat(errNoReference)
			return true
		}
		d.tag = 1
	}
	o := d.decodeRow(d.tag)
	if d.p.Coding == MR && o != rowGood && o != rowCut && d.in.back(start) {
		if other := 1 - d.tag; (other == 1 || !d.lost) && d.rowHere(other) {
			d.tag = other
		}
		o = d.decodeRow(d.tag)
	}
	d.lost = d.lost && d.tag == 0
	return d.settleT4(o, start)
}

// settleT4 does what T.4 data allows after a row that began at start and ended
// so. Where a code or a row made no sense, the next EOL may be hidden in what
// was taken for it: the search for it begins at the start.
func (d *Decoder) settleT4(o outcome, start mark) bool {
	switch o {
	case rowGood:
		d.accept()
		d.badRun = 0
	case rowLong:
		d.accept()
		d.bad(errTooLong)
		d.leave(start)
	case rowShort:
		d.accept()
		d.bad(errTooShort)
	case rowCut:
		return d.lastRow()
	default:
		return d.damaged(start)
	}
	return true
}

// emptyRow stands for two EOLs with nothing between them; the second begins the
// next row.
func (d *Decoder) emptyRow() bool {
	d.begunRow = true
	d.k = 1
	d.accept()
	d.bad(errTooShort)
	return true
}

// damaged replaces a row with a code that does not exist.
func (d *Decoder) damaged(start mark) bool {
	d.lost = d.p.Coding == MR
	if !d.seenEOL && !d.align {
		// Without EOLs there is no place to go on from.
		d.st.Partial = true
		d.bad(errCode)
		return false
	}
	if !d.leave(start) {
		d.in.refill()
		d.in.skip(1) // so that the next row begins at least a byte on
	}
	d.repeat(errCode)
	return true
}

// lastRow keeps what there is of a row that the end of the data cut off.
func (d *Decoder) lastRow() bool {
	if d.a0 <= 0 || d.p.Rows == 0 && d.st.Rows > 0 && !d.seenEOL {
		return d.cut()
	}
	d.st.Partial = true
	d.accept()
	d.bad(errCut)
	return true
}
