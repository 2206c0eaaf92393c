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
	t6        bool
}

// guess is a way to read a page that is tried.
type guess struct {
	Params
	twice bool // each EOL stands twice: it stands for no empty row
}

// probe reads the beginning of the page and finds out whether its parameters
// are true. Labels lie: rows of compression 2 under compression 3, a T4Options
// bit for two-dimensional coding over one-dimensional data or the other way
// round, T.4 for T.6, the wrong FillOrder. Other parameters are taken only when
// the given ones fail where the others succeed.
func (d *Decoder) probe() {
	best := guess{Params: d.p}
	d.in.fetch(probeBytes)
	doubt := false
	if first := d.try(best, probeRows); first.bad > 0 || first.short {
		best, doubt = d.better(d.p, first)
	}
	d.in.thaw(best.LSBFirst)
	d.start(best.Params)
	d.twice, d.st.Doubt = best.twice, doubt
}

// better gives the form that decodes the beginning best, and whether there is
// doubt about that.
func (d *Decoder) better(given Params, first trial) (guess, bool) {
	guesses := [...]guess{
		{given.with(MH, true, false), false},
		{given.with(MR, true, false), false},
		{given.with(MH, false, false), false},
		{given.with(MH, true, false), true},
		{given.with(given.Coding, given.EOL, true), false},
		{given.with(MH, true, true), false},
		{given.with(MR, true, true), false},
		{given.with(MH, false, true), false},
		{given.with(MMR, false, false), false},
		{given.with(MMR, false, true), false},
	}
	for _, f := range guesses {
		if f.Params != given || f.twice {
			if t := d.try(f, proofRows); t.beats(first, f.Coding != given.Coding && f.Coding == MMR) {
				return f, false
			}
		}
	}
	return guess{Params: given}, true
}

// beats reports whether the given parameters must be wrong because these others
// decode all that has been read. T.6 for T.4 must do more.
func (t trial) beats(given trial, asT6 bool) bool {
	switch {
	case t.bad > 0 || t.short || t.good <= given.good:
		return false
	case asT6:
		return t.good >= 2*fewRows && given.good < fewRows
	}
	return t.good >= fewRows || t.whole && !t.t6
}

// with is p with another coding, and bit order if turn.
func (p Params) with(c Coding, eol, turn bool) Params {
	p.Coding, p.EOL = c, eol
	p.LSBFirst = p.LSBFirst != turn
	return p
}

// try decodes up to so many rows of what has been read.
func (d *Decoder) try(f guess, rows int) trial {
	p := f.Params
	d.in.freeze(p.LSBFirst)
	d.start(p)
	d.twice = f.twice
	t := trial{t6: p.Coding == MMR}
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
