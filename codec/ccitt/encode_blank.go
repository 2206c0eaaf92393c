package ccitt

// blankRow is what a blank row below a blank row is coded as, all in one: much
// of most pages is that.
type blankRow struct {
	pixels []byte // packed
	// own is the code of a row that is coded by itself (in T.6 of any), byRef by
	// reference in MR; 0 where it has more bits than a packed has room for.
	own, byRef packed
	eol, align uint // bits of the EOL, and 7 where it ends on a byte boundary
}

// reset makes the row of a page.
func (b *blankRow) reset(p Params, codes *runCodes) {
	stride := (p.Width + 7) / 8
	if cap(b.pixels) < stride {
		b.pixels = make([]byte, stride)
	}
	*b = blankRow{pixels: b.pixels[:stride]}
	switch {
	case p.Coding == MMR:
		b.own = pack(code{1, 1})
	case p.Coding == MR:
		b.own, b.eol = codes.whiteRow(code{0b11, eolBits + 1}, p.Width), eolBits+1
		b.byRef = pack(code{0b101, eolBits + 2})
	case p.EOL:
		b.own, b.eol = codes.whiteRow(code{1, eolBits}, p.Width), eolBits
	default:
		b.own = codes.whiteRow(code{}, p.Width)
	}
	switch {
	case p.ByteAlign && b.eol > 0:
		b.align = 7
	case b.eol == 0 && (p.ByteAlign || p.Coding == MH) && b.own.len() <= packedBits&^7:
		b.own += packed(-b.own.len() & 7) // rows end on byte boundaries
	case b.eol == 0 && (p.ByteAlign || p.Coding == MH):
		b.own = 0
	}
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

// putBlank codes a blank row.
func (e *Encoder) putBlank() error {
	c := e.blank.own
	if e.left > 0 {
		c = e.blank.byRef
	}
	if c == 0 || int(e.ref[1]) < e.p.Width || e.out.pos >= chunk {
		closeList(e.cur[1:1+sentinels], int32(e.p.Width))
		return e.putRow(0)
	}
	if e.left--; e.left < 0 {
		e.left = e.p.K - 1
	}
	fill := -(e.blank.eol + e.out.n) & e.blank.align
	e.out.acc, e.out.n = e.out.append(e.out.acc, e.out.n, c.bits()>>fill, fill+c.len())
	return nil
}
