package ccitt

const (
	probeRows  = 24
	probeBytes = 4 << 10
)

// trial is how well the first rows of a page decode by some parameters.
type trial struct {
	good, bad int
	whole     bool // the page decodes to its end
}

// probe reads the beginning of the page and finds out whether its parameters
// are true. Labels lie: rows of compression 2 under compression 3, a T4Options
// bit for two-dimensional coding over one-dimensional data or the other way
// round, the wrong FillOrder. Other parameters are taken only when the given
// ones fail where the others succeed.
func (d *Decoder) probe() {
	given := d.p
	d.in.fetch(probeBytes)
	first := d.try(given)
	best := given
	if first.bad > 0 {
		best = d.better(given, first)
	}
	d.in.thaw(best.LSBFirst)
	d.start(best)
}

// better gives the parameters that decode the beginning best.
func (d *Decoder) better(given Params, first trial) Params {
	for _, p := range [...]Params{
		given.with(MH, true, false), given.with(MR, true, false), given.with(MH, false, false),
		given.with(given.Coding, given.EOL, true),
		given.with(MH, true, true), given.with(MR, true, true), given.with(MH, false, true),
	} {
		if p == given || given.Coding == MMR && p.Coding != MMR {
			continue
		}
		t := d.try(p)
		if t.bad > 0 || t.good <= 2*first.good {
			continue
		}
		if t.whole || t.good >= probeRows/2 {
			return p
		}
	}
	return given
}

// with is p with another coding, and bit order if turn.
func (p Params) with(c Coding, eol, turn bool) Params {
	p.Coding, p.EOL = c, eol
	p.LSBFirst = p.LSBFirst != turn
	return p
}

// try decodes the first rows of the first chunk.
func (d *Decoder) try(p Params) trial {
	d.in.freeze(p.LSBFirst)
	d.start(p)
	var t trial
	for range probeRows {
		if p.Rows > 0 && d.st.Rows == p.Rows {
			t.whole = true
			break
		}
		more := d.row()
		if !d.in.eof && d.in.remaining() < slack {
			break // cut off by the chunk's end, nothing that tells
		}
		t.good, t.bad = d.st.Rows-min(d.st.Bad, d.st.Rows), d.st.Bad
		if !more {
			t.whole = d.st.RTC || d.in.eof && p.Rows == 0
			break
		}
	}
	return t
}
