package codec

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"faxgate/codec/ccitt"
)

// The size of a page that is damaged.
const (
	damagedWidth = 1728
	damagedRows  = 200
)

// letterRows draws a page: lines of something like letters, and at the left of each row the number of page and row in black
// and white squares. No two rows are the same, so a row that is found again is that row and no other.
func letterRows(page int) [][]byte {
	rng := rand.New(rand.NewPCG(uint64(page), 4))
	rows := make([][]byte, damagedRows)
	var glyphs [7][60]bool
	for y := range rows {
		if y%20 == 0 {
			for i := range glyphs {
				for j := range glyphs[i] {
					glyphs[i][j] = rng.IntN(5) < 2
				}
			}
		}
		row := make([]byte, damagedWidth/8)
		for i, bit := range []int{1, page >> 1, page, 1, y >> 7, y >> 6, y >> 5, y >> 4, y >> 3, y >> 2, y >> 1, y, 1} {
			if bit&1 == 1 {
				row[2+2*i] = 0xff
			}
		}
		if line := y % 20; line < 14 {
			for x, black := range glyphs[line/2] {
				if black {
					row[40+x*5/2] = 0x7e >> (x % 3)
				}
			}
		}
		for i := range 1 + rng.IntN(12) { // A ragged edge, whose last white run T.6 has to give by its length.
			row[200+i] = 0xff
		}
		rows[y] = row
	}
	return rows
}

// bitRow is coded data as text of 0 and 1: what is damaged is seldom a whole byte.
type bitRow string

// bitsOf spells out bytes, first bit first.
func bitsOf(data []byte) bitRow {
	var s strings.Builder
	for _, b := range data {
		for i := range 8 {
			s.WriteByte('0' + b>>(7-i)&1)
		}
	}
	return bitRow(s.String())
}

// bytes packs the bits; the last byte is filled up with zeros.
func (b bitRow) bytes() []byte {
	out := make([]byte, (len(b)+7)/8)
	for i := range len(b) {
		out[i/8] |= (b[i] - '0') << (7 - i%8)
	}
	return out
}

// turn inverts n bits from at on; a negative at counts from the end.
func (b bitRow) turn(at, n int) bitRow {
	if at < 0 {
		at += len(b)
	}
	s := []byte(b)
	for i := at; i < at+n; i++ {
		s[i] ^= 1
	}
	return bitRow(s)
}

const eolBitRow bitRow = "000000000001"

// coder codes pages of letterRows for the makers of damaged files.
type coder struct{ enc *ccitt.Encoder }

func (c coder) code(p ccitt.Params, rows [][]byte) []byte {
	var b bytes.Buffer
	p.Width = damagedWidth
	if err := c.enc.Reset(&b, p); err != nil {
		panic(err)
	}
	for _, row := range rows {
		if err := c.enc.PutRow(row); err != nil {
			panic(err)
		}
	}
	if err := c.enc.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (c coder) mh(rows [][]byte) []byte {
	return c.code(ccitt.Params{Coding: ccitt.MH, EOL: true}, rows)
}

func (c coder) mr(rows [][]byte) []byte  { return c.code(ccitt.Params{Coding: ccitt.MR, K: 4}, rows) }
func (c coder) mmr(rows [][]byte) []byte { return c.code(ccitt.Params{Coding: ccitt.MMR}, rows) }
func (c coder) rle(rows [][]byte) []byte { return c.code(ccitt.Params{Coding: ccitt.MH}, rows) }

// lines is T.4 data as the rows between its EOLs; with MR each begins with its tag bit.
type lines []bitRow

func (c coder) mhLines(rows [][]byte) lines { return c.split(c.mh(followed(rows))) }

func (c coder) mrLines(rows [][]byte) lines { return c.split(c.mr(followed(rows))) }

// followed adds a row, so that the last one before it ends with an EOL too.
func followed(rows [][]byte) [][]byte {
	return append(append([][]byte{}, rows...), make([]byte, damagedWidth/8))
}

// split cuts T.4 data at its EOLs and leaves out the last row. No code and no two of them have eleven zeros together.
func (c coder) split(data []byte) lines {
	all := strings.Split(string(bitsOf(data)), string(eolBitRow))
	if len(all) != damagedRows+2 || all[0] != "" {
		panic(fmt.Sprintf("%d EOLs", len(all)))
	}
	out := make(lines, damagedRows)
	for i := range out {
		out[i] = bitRow(all[i+1])
	}
	return out
}

// join puts an EOL before each row.
func (l lines) join() bitRow {
	var s strings.Builder
	for _, row := range l {
		s.WriteString(string(eolBitRow + row))
	}
	return bitRow(s.String())
}

// joinBut is join without the EOLs of some rows.
func (l lines) joinBut(without ...int) bitRow {
	var s strings.Builder
	for i, row := range l {
		if len(without) > 0 && without[0] == i {
			without = without[1:]
		} else {
			s.WriteString(string(eolBitRow))
		}
		s.WriteString(string(row))
	}
	return bitRow(s.String())
}

// mmrAt is the bit at which row n of T.6 data begins, up to 7 bits too far: what is before it fills up to a byte.
func (c coder) mmrAt(rows [][]byte, n int) int { return 8 * (len(c.mmr(rows[:n])) - 3) }

// inUncompressedMode codes a row in T.4's and T.6's uncompressed mode (T.6 section 2.2.4): zeros and a one stand for themselves,
// five zeros have a one after them that is none, and six zeros or more leave the mode.
func inUncompressedMode(row []byte, width int) bitRow {
	var s strings.Builder
	s.WriteString("0000001111")
	zeros := 0
	for x := range width {
		if row[x/8]>>(7-x%8)&1 == 1 {
			s.WriteString(strings.Repeat("0", zeros) + "1")
			zeros = 0
			continue
		}
		if zeros++; zeros == 5 {
			s.WriteString("000001")
			zeros = 0
		}
	}
	return bitRow(s.String() + "000000" + strings.Repeat("0", zeros) + "10")
}
