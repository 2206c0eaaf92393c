package tiff

import (
	"bufio"
	"errors"
	"io"
	"math/bits"

	"faxgate/codec/ccitt"
)

// eolScan finds the EOLs of T.4 data without decoding it: no sequence of codes contains 11 zeros in a row, so 11 or
// more zeros and a one are always fill and EOL.
type eolScan struct {
	tagged bool // a tag bit follows each EOL (MR)

	eols      int
	lines     int  // EOLs with data behind them
	unaligned int  // EOLs, with their tag bit, that do not end on a byte boundary
	headless  bool // data stands before the first EOL
	trailing  int  // EOLs behind the last data
	ones      bool // data behind the last EOL
}

// scan reads the strip; fillOrder 2 is applied here.
func (s *eolScan) scan(r io.Reader, fillOrder int) error {
	in := bufio.NewReader(r)
	var pos, zeros, start int64 // start is where the data behind the last EOL begins
	for {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if fillOrder == 2 {
			b = bits.Reverse8(b)
		}
		for mask := byte(0x80); mask != 0; mask >>= 1 {
			pos++
			switch {
			case s.tagged && s.eols > 0 && pos == start: // the tag bit
			case b&mask == 0:
				zeros++
				continue
			case zeros >= 11:
				start = s.eol(pos, pos-1-zeros > start)
			}
			zeros = 0
		}
	}
	s.ones = s.eols > 0 && pos-zeros > start
	if s.ones {
		s.lines++
		s.trailing = 0
	}
	return nil
}

// eol counts the EOL whose one is the bit before pos, and gives where the data behind it begins.
func (s *eolScan) eol(pos int64, data bool) int64 {
	switch {
	case s.eols == 0:
		s.headless = data
	case data:
		s.lines++
		s.trailing = 0
	}
	s.eols++
	s.trailing++
	if s.tagged {
		pos++
	}
	if pos%8 != 0 {
		s.unaligned++
	}
	return pos
}

// checkT4 looks at one strip of MH or MR data.
func (c *checker) checkT4(p *Page, i int) {
	s := eolScan{tagged: p.T4Options&T4TwoDimensional != 0}
	if err := s.scan(p.Strip(i), p.FillOrder); err != nil {
		c.strip(i, tiff6, "a strip must be readable", "cannot be read: %v", err)
		return
	}
	section := c.eolSection("4.5.4")
	const before = "an EOL stands before every line, the first one too"
	switch {
	case s.eols == 0:
		c.strip(i, section, before, "has no EOL at all")
	case s.headless:
		c.strip(i, section, before, "starts with data instead of an EOL")
	}
	if s.eols > 0 {
		c.checkEnd(p, i, s)
		c.checkAligned(p, i, s)
	}
	coding := ccitt.MH
	if s.tagged {
		coding = ccitt.MR
	}
	st := c.decode(p, i, coding, p.Strips[i].Rows)
	c.checkRows(p, i, st, s)
}

// eolSection is where the EOL rules stand: Profile S has its own.
func (c *checker) eolSection(others string) string {
	if c.profile == 'S' {
		return c.section("4")
	}
	return "RFC 3949 section " + others
}

// checkEnd looks at what follows the last line.
func (c *checker) checkEnd(p *Page, i int, s eolScan) {
	section := c.eolSection("4.5.4")
	switch {
	case s.ones:
	case s.trailing < 6:
		c.strip(i, section, "the last line is not followed by an EOL", "ends with %d of them", s.trailing)
	case p.T4Options&T4ByteAligned != 0:
		c.strip(i, "RFC 3949 section 3.4.1", "with byte-aligned EOLs there is no RTC", "ends with %d EOLs", s.trailing)
	default:
		c.should("RFC 3949 section 3.4.1", "an RTC is not written", "strip %d ends with %d EOLs", i+1, s.trailing)
	}
}

// checkAligned compares the EOLs with bit 2 of T4Options.
func (c *checker) checkAligned(p *Page, i int, s eolScan) {
	section := c.eolSection("4.5.3")
	aligned := p.T4Options&T4ByteAligned != 0
	switch {
	case aligned && s.unaligned > 0 && s.tagged:
		c.strip(i, section, "bit 2 of T4Options says that every EOL with its tag bit ends on a byte boundary",
			"has %d of %d that do not", s.unaligned, s.eols)
	case aligned && s.unaligned > 0:
		c.strip(i, section, "bit 2 of T4Options says that every EOL ends on a byte boundary", "has %d of %d that do not", s.unaligned, s.eols)
	case !aligned && s.unaligned == 0 && s.eols >= 16:
		c.strip(i, section, "bit 2 of T4Options is 1 if EOLs end on byte boundaries", "has %d that all do, but T4Options is %d", s.eols, p.T4Options)
	}
}

// decode runs the strip through the decoder and notes what it cannot read.
func (c *checker) decode(p *Page, i int, coding ccitt.Coding, rows int) ccitt.Stats {
	params := ccitt.Params{Coding: coding, Width: p.Width, Rows: rows, EOL: true, LSBFirst: p.FillOrder == 2}
	err := c.decoder.Reset(p.Strip(i), params)
	for err == nil {
		_, err = c.decoder.NextRow()
	}
	st := c.decoder.Stats()
	if !errors.Is(err, io.EOF) && st.Err == nil {
		st.Err = err
	}
	if st.Uncompressed {
		c.strip(i, "RFC 3949 section 4.5.1", "uncompressed mode is not used", "has data in uncompressed mode")
	}
	if st.Bad > 0 {
		standard := "ITU-T T.4 section 4"
		if coding == ccitt.MMR {
			standard = "ITU-T T.6"
		}
		c.strip(i, standard, "every line has ImageWidth pixels in codes that exist", "has %d lines that cannot be decoded (%v)", st.Bad, st.Err)
	}
	return st
}

// checkRows compares the lines of T.4 data with the rows that the fields ask for.
func (c *checker) checkRows(p *Page, i int, st ccitt.Stats, s eolScan) {
	want := p.Strips[i].Rows
	lines := s.lines
	if s.headless || s.eols == 0 {
		lines++
	}
	switch {
	case lines < want && st.Rows == want && st.Bad == 0 && !st.Partial:
		c.strip(i, c.eolSection("4.5.4"), "an EOL stands before every line, the first one too", "has %d of %d lines without", want-s.lines, want)
	case lines != want:
		c.strip(i, c.section("2.1"), "ImageLength is the number of lines", "has %d lines, the fields say %d", lines, want)
	}
}

// checkT6 looks at one strip of MMR data.
func (c *checker) checkT6(p *Page, i int) {
	ends, err := endsWithEOFB(p.Strip(i), p.FillOrder)
	if err != nil {
		c.strip(i, tiff6, "a strip must be readable", "cannot be read: %v", err)
		return
	}
	if !ends {
		c.strip(i, "RFC 3949 section 4.5.6", "every strip of MMR data ends with an EOFB, filled up to a byte", "has none")
	}
	want := p.Strips[i].Rows
	rows := 0 // up to the EOFB
	if !ends {
		rows = want
	}
	if st := c.decode(p, i, ccitt.MMR, rows); st.Rows != want {
		c.strip(i, c.section("2.1"), "ImageLength is the number of lines", "has %d lines, the fields say %d", st.Rows, want)
	}
}

// endsWithEOFB says whether the last bits of MMR data, but for less than a byte of zeros, are an EOFB.
func endsWithEOFB(strip *io.SectionReader, fillOrder int) (bool, error) {
	b := make([]byte, min(strip.Size(), 4))
	if _, err := strip.ReadAt(b, strip.Size()-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	var tail uint32
	for _, v := range b {
		if fillOrder == 2 {
			v = bits.Reverse8(v)
		}
		tail = tail<<8 | uint32(v)
	}
	if tail&0xFF == 0 {
		return false, nil
	}
	const eofb = 0x001001
	return len(b) >= 3 && tail>>bits.TrailingZeros32(tail)&0xFFFFFF == eofb, nil
}
