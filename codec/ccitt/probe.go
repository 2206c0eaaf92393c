package ccitt

const (
	probeBytes = 4 << 10
	probeRows  = 24   // of the given parameters
	proofRows  = 2000 // of others: these must do well on all of the bytes
	fewRows    = 12   // prove nothing: almost any bits are some rows of T.6
)

// trial is how well the first rows of a page decode by some parameters.
type trial struct {
	good, bad int
	whole     bool // the page decodes to its end
	short     bool // the data ends before the page
}

// probe reads the beginning of the page and finds out whether its parameters
// are true. Labels lie: rows of compression 2 under compression 3, a T4Options
// bit for two-dimensional coding over one-dimensional data or the other way
// round, the wrong FillOrder. Other parameters are taken only when the given
// ones fail where the others succeed.
func (d *Decoder) probe() {
	best := d.p
	d.in.fetch(probeBytes)
	if first := d.try(best, probeRows); first.bad > 0 || first.short {
		best = d.better(best, first)
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
		if d.try(p, proofRows).beats(first, p) {
			return p
		}
	}
	return given
}

// beats reports whether the given parameters must be wrong because these
// others decode all that has been read.
func (t trial) beats(given trial, p Params) bool {
	if t.bad > 0 || t.short || t.good <= given.good {
		return false
	}
	return t.good >= fewRows || t.whole && p.Coding != MMR
}

// with is p with another coding, and bit order if turn.
func (p Params) with(c Coding, eol, turn bool) Params {
	p.Coding, p.EOL = c, eol
	p.LSBFirst = p.LSBFirst != turn
	return p
}

// try decodes up to so many rows of what has been read.
func (d *Decoder) try(p Params, rows int) trial {
	d.in.freeze(p.LSBFirst)
	d.start(p)
	var t trial
	for range rows {
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
			t.short = p.Rows > 0
			t.whole = !t.short && (d.st.RTC || d.in.eof)
			break
		}
	}
	return t
}
