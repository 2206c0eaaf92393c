package ccitt

import (
	"errors"
	"fmt"
	"io"
)

const (
	defaultMaxWidth = 1 << 16
	defaultMaxRows  = 200_000
	defaultMaxBytes = 256 << 20

	// enoughEOLs in a row end a page: an RTC has six, a damaged one fewer, and
	// two are only an empty row.
	enoughEOLs = 3

	maxEmptyRuns = 64 // of a row
)

// What was wrong with a row; Stats.Err tells.
var (
	errCode        = errors.New("no such code")
	errTooLong     = errors.New("row is longer than the page is wide")
	errTooShort    = errors.New("row is shorter than the page is wide")
	errCut         = errors.New("data ends within the page")
	errMissingEOL  = errors.New("no EOL where a row ends")
	errNoReference = errors.New("the row above, to which this one refers, is damaged")
)

// outcome is how the decoding of one row ended.
type outcome int

const (
	rowGood  outcome = iota
	rowLong          // too many pixels: the run that goes too far is white
	rowShort         // an EOL came too early: the rest is white
	rowBad           // a code that does not exist
	rowCut           // the data ended within the row
	pageEnd          // there is no row
)

// Decoder decodes pages row by row. Its memory is 32 KiB and 8 bytes per column
// of the widest page so far, and it is used again from page to page: once at
// its size it allocates nothing. A Decoder is for one goroutine at a time.
type Decoder struct {
	lim Limits
	in  bitReader
	tab *tables

	p     Params
	w     int32
	align bool // rows begin on byte boundaries

	// cur and ref are the lists of the row being decoded and of the one above,
	// each with a change before the first: ref[0] is -1.
	cur, ref []int32
	// lists is the memory of both, in which they begin at these even indices.
	lists        []int32
	curAt, refAt int

	a0  int32   // where the decoded part of the row ends, -1 before the first run
	k   int     // changes in cur, the first counted
	bi  int     // index in ref of the b1 candidate; odd where k is odd
	out Changes // the list handed out, ref or spare

	blank blankCodes
	again sameRow
	same  int // so many rows like the last one follow, their codes consumed

	emptyRuns int     // of the row being decoded
	uneven    bool    // ref has empty runs
	spare     []int32 // the list handed out for a row with empty runs

	begun    bool
	done     bool
	seenEOL  bool
	lost     bool // MR: the reference row is damaged
	begunRow bool // the EOL of the next row is consumed already
	tag      uint64
	twice    bool // each EOL stands twice
	searches int  // for the next row of data without EOLs
	badRun   int
	why      error
	whyRow   int
	st       Stats
}

// NewDecoder makes a decoder that keeps to the limits; Reset gives it a page.
func NewDecoder(lim Limits) *Decoder {
	if lim.MaxWidth <= 0 {
		lim.MaxWidth = defaultMaxWidth
	}
	if lim.MaxRows <= 0 {
		lim.MaxRows = defaultMaxRows
	}
	if lim.MaxBytes <= 0 {
		lim.MaxBytes = defaultMaxBytes
	}
	return &Decoder{lim: lim, tab: decodeTables(), done: true}
}

// Reset starts a page (of a TIFF file: a strip) that src gives and p describes.
// Nothing is read before the first NextRow. Errors are ErrParams and ErrLimit.
func (d *Decoder) Reset(src io.Reader, p Params) error {
	d.done, d.begun = true, false
	if err := p.check(d.lim.MaxWidth); err != nil {
		return err
	}
	if p.Rows > d.lim.MaxRows {
		return fmt.Errorf("%w: %d rows, at most %d", ErrLimit, p.Rows, d.lim.MaxRows)
	}
	d.makeLists(p.Width)
	d.in.reset(src, p.LSBFirst, d.lim.MaxBytes)
	d.start(p)
	return nil
}

// makeLists makes room for rows of the width. Both lists are in one piece of
// memory, so that the hot loops have one length to look at; behind each there
// is as much as indices within a step reach.
func (d *Decoder) makeLists(width int) {
	const before = 2 // so that the index of the change two before b1 is one
	size := (before + width + maxEmptyRuns + closing + reach) &^ 1
	if len(d.lists) >= 2*size {
		return
	}
	d.lists = make([]int32, 2*size)
	d.curAt, d.refAt = before, size+before
	d.cur, d.ref = d.lists[d.curAt:size:size], d.lists[d.refAt:]
}

// start brings everything but the input to the state before the first row.
func (d *Decoder) start(p Params) {
	d.p, d.w = p, int32(p.Width)
	d.align = !p.EOL && p.Coding == MH || p.ByteAlign && p.Coding == MMR
	d.cur[0], d.ref[0] = -1, -1
	closeList(d.ref[1:1+closing], d.w)
	d.uneven = false
	d.out, d.emptyRuns = d.ref[1:1+sentinels], 0
	d.done, d.seenEOL, d.lost, d.begunRow = false, false, false, false
	d.tag, d.badRun, d.why, d.searches = 1, 0, nil, 0
	d.st = Stats{}
	d.blank, d.again = encodeTable().blank(p), sameRow{}
	d.same = 0
}

// NextRow decodes the next row. At the end of the page it returns io.EOF, also
// when the page ended before its time: Stats tells. Any other error is of the
// source or ErrLimit. The list is valid until the next call.
func (d *Decoder) NextRow() (Changes, error) {
	if d.same > 0 {
		d.same--
		d.st.Rows++
		return d.out, nil
	}
	return d.nextRow()
}

// nextRow is NextRow where no rows like the last one are known to follow.
func (d *Decoder) nextRow() (Changes, error) {
	if n := d.sameRows(); n > 0 {
		d.same = n - 1
		d.st.Rows++
		return d.out, nil
	}
	d.again.until = 0
	if d.done {
		return nil, d.end()
	}
	if !d.begun {
		d.begun = true
		d.probe()
	}
	if d.p.Rows > 0 && d.st.Rows == d.p.Rows {
		d.finish()
		return nil, d.end()
	}
	if d.st.Rows == d.lim.MaxRows {
		d.done = true
		d.in.err = fmt.Errorf("%w: over %d rows", ErrLimit, d.lim.MaxRows)
		return nil, d.end()
	}
	if !d.row() {
		d.done = true
		d.st.Partial = d.st.Partial || d.st.Rows < d.p.Rows
		return nil, d.end()
	}
	d.expect()
	return d.out, nil
}

// ReadRows decodes rows and draws them into dst one below another, each of
// (width+7)/8 bytes as Paint draws it, up to the last that dst has room for. It
// returns how many they are and NextRow's error; where rows repeat it is much
// faster than NextRow and Paint.
func (d *Decoder) ReadRows(dst []byte) (rows int, err error) {
	stride := (d.p.Width + 7) / 8
	for len(dst) >= stride {
		c, err := d.NextRow()
		if err != nil {
			return rows, err
		}
		Paint(dst, c)
		same := min(d.same, len(dst)/stride-1)
		d.same -= same
		d.st.Rows += same
		rows += 1 + same
		if c.Blank() {
			clear(dst[stride:][:same*stride])
			dst = dst[same*stride:]
			same = 0
		}
		for ; same > 0; same-- {
			copy(dst[stride:], dst[:stride])
			dst = dst[stride:]
		}
		dst = dst[stride:]
	}
	return rows, nil
}

// end is the error that ends the page.
func (d *Decoder) end() error {
	if d.in.err != nil {
		d.st.Partial = true
		return d.in.err
	}
	return io.EOF
}

// Stats tells how the page went so far.
func (d *Decoder) Stats() Stats {
	s := d.st
	s.Bytes = d.in.consumed()
	s.Params = d.p
	if d.why != nil {
		s.Err = fmt.Errorf("ccitt: at row %d: %w", d.whyRow, d.why)
	}
	return s
}

// row decodes a row of any coding and makes it the reference row; false at the
// end of the page.
func (d *Decoder) row() bool {
	d.emptyRuns = 0
	if d.p.Coding == MMR {
		return d.rowT6()
	}
	return d.rowT4()
}

// accept closes the decoded row and hands it out.
func (d *Decoder) accept() {
	d.close()
	d.swap()
	d.out = d.ref[1 : d.k+sentinels]
	d.uneven = d.emptyRuns > 0
	if d.uneven {
		d.spare = strict(d.spare, d.out, d.w)
		d.out, d.emptyRuns = d.spare, 0
	}
	d.st.Rows++
}

// swap makes the row decoded last the one to refer to.
func (d *Decoder) swap() {
	d.cur, d.ref = d.ref, d.cur
	d.curAt, d.refAt = d.refAt, d.curAt
}

// close ends the list of the row with the sentinels. Changes beyond the width
// go; a black run that went too far is white from its start on, as libtiff has
// it.
func (d *Decoder) close() {
	tooFar := d.cur[d.k-1] > d.w
	for d.cur[d.k-1] > d.w {
		d.k--
	}
	if tooFar && d.k&1 == 0 {
		d.k--
	}
	for d.cur[d.k-1] == d.w {
		d.k--
	}
	closeList(d.cur[d.k:d.k+closing], d.w)
}

// push appends a change at x. A second change at the place of the last one, an
// empty run, stays in the list: some writers make such runs and then refer to
// them in the next row, as libtiff does.
func (d *Decoder) push(x int32) {
	if d.cur[d.k-1] == x {
		if d.emptyRuns++; d.emptyRuns > maxEmptyRuns {
			d.a0 = d.w + 1
			return
		}
	}
	d.cur[d.k] = x
	d.k++
}

// strict leaves out the empty runs of a closed list: two changes at one place
// undo each other.
func strict(dst, c []int32, width int32) []int32 {
	dst = dst[:0]
	for _, x := range c {
		if n := len(dst); n > 0 && dst[n-1] == x && x < width {
			dst = dst[:n-1]
			continue
		}
		dst = append(dst, x)
	}
	return dst
}

// repeat hands out the row above again, in place of a damaged one, or a white
// one.
func (d *Decoder) repeat(why error) {
	if d.lim.WhiteRows {
		d.spare = append(d.spare[:0], d.w, d.w, d.w, d.w)
		d.out = d.spare
	}
	d.st.Rows++
	d.bad(why)
}

func (d *Decoder) bad(why error) {
	d.st.Bad++
	d.badRun++
	d.st.MaxConsecutiveBad = max(d.st.MaxConsecutiveBad, d.badRun)
	d.note(why)
}

// note keeps why and where for Stats.
func (d *Decoder) note(why error) { d.why, d.whyRow = why, d.st.Rows }

// finish looks behind the last row for the mark of the page's end.
func (d *Decoder) finish() {
	d.done = true
	if d.p.Coding == MMR {
		d.st.RTC = d.eofb()
		d.st.More = !d.st.RTC && d.moreRows(false)
		return
	}
	n := d.takeEOLs()
	d.st.RTC = n >= enoughEOLs
	d.st.More = !d.st.RTC && d.moreRows(n > 0)
}
