package ccitt

// blankCodes are what a blank row below a blank row is coded as, all in one: much
// of most pages is that.
type blankCodes struct {
	// own is the code of a row that is coded by itself (in T.6 of any), byRef by
	// reference in MR; 0 where it has more bits than a packed has room for.
	own, byRef packed
	eol, align uint // bits of the EOL, and 7 where it ends on a byte boundary
	aligned    bool // rows without EOL end on byte boundaries
}

// blank makes the codes for a page.
func (t *runCodes) blank(p Params) (b blankCodes) {
	switch {
	case p.Coding == MMR:
		b.own = pack(code{1, 1})
	case p.Coding == MR:
		b.own, b.eol = t.whiteRow(code{0b11, eolBits + 1}, p.Width), eolBits+1
		b.byRef = pack(code{0b101, eolBits + 2})
	case p.EOL:
		b.own, b.eol = t.whiteRow(code{1, eolBits}, p.Width), eolBits
	default:
		b.own = t.whiteRow(code{}, p.Width)
	}
	if b.eol > 0 {
		if p.ByteAlign {
			b.align = 7
		}
		return b
	}
	if b.aligned = p.ByteAlign || p.Coding == MH; b.aligned {
		b.own += packed(-b.own.len() & 7)
		if b.own.len() > packedBits {
			b.own = 0
		}
	}
	return b
}

// whiteRow gives a prefix and the codes of a run of white in one, or 0.
func (t *runCodes) whiteRow(prefix code, run int) packed {
	bits, n := uint64(prefix.bits), prefix.n
	for run >= shortRuns {
		up := min(run&^63, lastMakeUp)
		c := longMakeUp[(up-shortRuns)/64]
		if bits, n, run = bits<<c.n|uint64(c.bits), n+c.n, run-up; n > packedBits {
			return 0
		}
	}
	c := t[white][run]
	if bits, n = bits<<c.len()|c.bits()>>(64-c.len()), n+c.len(); n > packedBits {
		return 0
	}
	return packed(bits<<(64-n)) | packed(n)
}

// putAgain codes the row above once more.
func (e *Encoder) putAgain() error {
	c := e.blank.own
	if e.left > 0 {
		c = e.blank.byRef
	}
	if e.n > 0 || c == 0 || e.out.pos >= chunk {
		return e.putCopy()
	}
	if e.left--; e.left < 0 {
		e.left = e.p.K - 1
	}
	fill := -(e.blank.eol + e.out.n) & e.blank.align
	e.out.acc, e.out.n = e.out.append(e.out.acc, e.out.n, c.bits()>>fill, fill+c.len())
	return nil
}

// putCopy is putAgain for any row. By reference it is nothing but V0, one for each change and one
// for the end.
func (e *Encoder) putCopy() error {
	if err := e.out.room(); err != nil {
		return e.fail(err)
	}
	if e.beginRow() {
		e.oneDimensional(e.ref[1 : 1+e.n])
	} else {
		left := uint(e.n) + 1
		for ; left > packedBits; left -= packedBits {
			e.out.put(1<<packedBits-1, packedBits)
		}
		e.out.put(1<<left-1, left)
	}
	if e.blank.aligned {
		e.out.fill(0)
	}
	return nil
}
