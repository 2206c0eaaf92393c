package ccitt

const eofb = 0x001001

// rowT6 decodes a row of T.6 data. There is nowhere to go on after an error,
// so that ends the page.
func (d *Decoder) rowT6() bool {
	if d.align {
		d.in.align()
	}
	switch d.twoDimensional() {
	case rowGood:
		d.accept()
		d.badRun = 0
		return true
	case rowLong:
		d.endT6(errTooLong)
	case rowCut:
		d.endT6(errCut)
	default:
		if d.anotherStrip() {
			return d.rowT6()
		}
		d.endT6(errCode)
	}
	return false
}

// endT6 sorts out what a code that is none of a row's means.
func (d *Decoder) endT6(why error) {
	if d.a0 < 0 && d.eofb() {
		d.st.RTC = true
		return
	}
	if d.a0 < 0 && d.p.Rows == 0 && d.in.onlyZeros() {
		return
	}
	d.st.Partial = true
	d.bad(why)
}

// eofb consumes an EOFB, or the EOL that some writers put in its place.
func (d *Decoder) eofb() bool {
	d.in.refill()
	if d.in.acc>>(64-2*eolBits) == eofb {
		d.in.skip(2 * eolBits)
		return !d.in.overrun()
	}
	return d.in.eol()
}
