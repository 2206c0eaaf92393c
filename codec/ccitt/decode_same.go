package ccitt

import "math/bits"

// sameRow is how the next row says that it is the same as the one above it: much of
// most pages is blank, and strokes go straight down.
type sameRow struct {
	// own is the code of a blank row that is coded by itself, or in T.6 data of
	// any row; byRef that of a row of MR coded by reference. 0 where there is
	// none, or none that is short.
	own, byRef packed
	until      int // the number of rows up to which that is looked for
}

// expect finds out, after a good row, what the same row again would be coded as.
func (d *Decoder) expect() {
	changes := uint(len(d.out) - sentinels)
	switch {
	case d.badRun > 0 || d.uneven || d.begunRow || d.align && d.p.Coding == MMR:
		return
	case changes > 0 && (d.p.Coding == MH || changes >= windowBits):
		return
	}
	d.again = sameRow{}
	d.again.until = d.lim.MaxRows
	if d.p.Rows > 0 {
		d.again.until = d.p.Rows
	}
	if changes == 0 {
		d.again.own = d.blank.own
	}
	switch {
	case d.p.Coding == MMR && changes < windowBits:
		d.again.own = ones(0, changes+1)
	case d.p.Coding == MR && eolBits+1+changes < windowBits:
		d.again.byRef = ones(eolBits+1, changes+1) | packed(pack(code{0b10, eolBits + 1}).bits())
	}
	if d.again.own.len() > windowBits {
		d.again.own = 0
	}
}

// ones is so many ones behind so many zeros.
func ones(zeros, n uint) packed {
	return packed(^uint64(0)<<(64-n)>>zeros) | packed(zeros+n)
}

// sameRows consumes the codes of rows that are the same as the last one, as far
// as it sees, and counts them.
func (d *Decoder) sameRows() (rows int) {
	a, most := &d.again, d.again.until-d.st.Rows
	for rows < most && d.in.bp>>3 <= d.in.lim {
		x := d.in.window(d.in.bp)
		switch {
		case a.own.begins(x) && (!d.align || d.in.bp&7 == 0):
			n := 1
			if a.own.len() == 1 {
				n = min(bits.LeadingZeros64(^x), windowBits, most-rows)
			}
			d.in.bp += n * int(a.own.len())
			rows += n
			d.tag = 1
		case a.byRef.begins(x):
			d.in.bp += int(a.byRef.len())
			rows++
			d.tag = 0
		default:
			return rows
		}
		d.seenEOL = d.seenEOL || d.blank.eol > 0
	}
	return rows
}

// begins reports whether the bits begin with the code.
func (p packed) begins(x uint64) bool { return (x^p.bits())>>((64-p.len())&63) == 0 && p != 0 }
