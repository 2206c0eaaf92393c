package selftest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"faxgate/codec/ccitt"
	"faxgate/codec/jbig"
)

// sheet is a drawn page: packed rows, 1 = black.
type sheet struct {
	width int
	rows  [][]byte
}

// draw draws a page that looks like no other: a frame, lines of "words", and bars that count its number.
func draw(width, height, number int) sheet {
	s := sheet{width: width}
	for y := range height {
		row := make([]byte, (width+7)/8)
		for x := range row {
			switch {
			case y < 8 || y >= height-8 || x < 2 || x >= width/8-2:
				row[x] = 0xff
			case y%48 < 20 && y > 100 && y < height-100 && x > 12 && x < width/8-12:
				row[x] = byte(x*37+y/48*(2*number+1)) & byte(0x7e>>(y%3))
			case y >= 40 && y < 80 && x >= 16 && x < 16+8*number && x%8 < 4:
				row[x] = 0xff
			}
		}
		if width%8 != 0 {
			row[len(row)-1] &= 0xff << (8 - width%8)
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// pixels is the page's fingerprint, of the rows as they are.
func (s sheet) pixels() string { return hex.EncodeToString(sum(s.rows)) }

func sum(rows [][]byte) []byte {
	h := sha256.New()
	for _, r := range rows {
		h.Write(r)
	}
	return h.Sum(nil)
}

// layout is how a machine writes its TIFF files.
type layout struct {
	coding     string    // MH, MR, MMR or JBIG
	resolution [2]uint32 // dots per inch
	lsbFirst   bool      // FillOrder 2
	bigEndian  bool      // "MM"
	aligned    bool      // EOLs end on byte boundaries
	rtc        bool      // T.4 data ends with six EOLs
	strips     int       // of a page; 0: one
	trailing   bool      // each directory comes after its data
}

// entry is one field of a directory; what does not fit in four octets stands elsewhere.
type entry struct {
	tag, kind uint16
	values    []uint32
}

// The types of TIFF 6.0 that are used here.
const (
	short    = 3
	long     = 4
	rational = 5
)

// file writes the pages as a TIFF file. It is the machines' own writer: nothing of the gateway's container code is in it.
func (l layout) file(sheets ...sheet) ([]byte, error) {
	var order binary.AppendByteOrder = binary.LittleEndian
	f := []byte("II*\x00\x08\x00\x00\x00")
	if l.bigEndian {
		order = binary.BigEndian
		f = []byte("MM\x00*\x00\x00\x00\x08")
	}
	link := 4 // where the offset of the next directory is to be written
	for i, s := range sheets {
		strips, err := l.code(s)
		if err != nil {
			return nil, fmt.Errorf("code page %d: %w", i+1, err)
		}
		var at []uint32
		if l.trailing {
			f, at = place(f, strips)
		}
		entries := l.entries(s, strips, at, i, len(sheets))
		if !l.trailing {
			start := len(f) + directorySize(entries)
			for k, b := range strips {
				entries[7].values[k] = uint32(start)
				start += len(b) + len(b)%2
			}
		}
		patch(f, link, order, uint32(len(f)))
		f, link = directory(f, entries, order)
		if !l.trailing {
			f, _ = place(f, strips)
		}
	}
	return f, nil
}

// place adds strips, each on an even offset.
func place(f []byte, strips [][]byte) (_ []byte, at []uint32) {
	for _, b := range strips {
		at = append(at, uint32(len(f)))
		f = append(f, b...)
		f = append(f, make([]byte, len(b)%2)...)
	}
	return f, at
}

func patch(f []byte, at int, order binary.AppendByteOrder, v uint32) {
	copy(f[at:], order.AppendUint32(nil, v))
}

// code codes a page in as many strips as the machine makes.
func (l layout) code(s sheet) ([][]byte, error) {
	var out [][]byte
	each := l.rowsPerStrip(s)
	for from := 0; from < len(s.rows); from += each {
		to := min(from+each, len(s.rows))
		b, err := l.strip(s.width, s.rows[from:to], to == len(s.rows))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func (l layout) rowsPerStrip(s sheet) int {
	n := max(1, l.strips)
	return (len(s.rows) + n - 1) / n
}

// strip codes rows; last tells the end of a page.
func (l layout) strip(width int, rows [][]byte, last bool) ([]byte, error) {
	var b bytes.Buffer
	var e interface {
		PutRow([]byte) error
		Close() error
	}
	if l.coding == "JBIG" {
		j := jbig.NewEncoder()
		if err := j.Reset(&b, jbig.Params{Width: width, Height: len(rows)}); err != nil {
			return nil, err
		}
		e = j
	} else {
		c := ccitt.NewEncoder()
		coding := map[string]ccitt.Coding{"MH": ccitt.MH, "MR": ccitt.MR, "MMR": ccitt.MMR}[l.coding]
		if err := c.Reset(&b, ccitt.Params{Coding: coding, Width: width, Rows: len(rows), EOL: true, ByteAlign: l.aligned, RTC: l.rtc && last, LSBFirst: l.lsbFirst}); err != nil {
			return nil, err
		}
		e = c
	}
	for _, r := range rows {
		if err := e.PutRow(r); err != nil {
			return nil, err
		}
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// entries are the fields of a page's directory (RFC 3949 sections 2.2, 3.2), in the order of their tags; the strips' offsets are the eighth.
func (l layout) entries(s sheet, strips [][]byte, at []uint32, page, pages int) []entry {
	if at == nil {
		at = make([]uint32, len(strips))
	}
	var counts []uint32
	for _, b := range strips {
		counts = append(counts, uint32(len(b)))
	}
	compression := map[string]uint32{"MH": 3, "MR": 3, "MMR": 4, "JBIG": 9}[l.coding]
	fill := uint32(1)
	if l.lsbFirst {
		fill = 2
	}
	list := []entry{
		{254, long, []uint32{2}},
		{256, short, []uint32{uint32(s.width)}},
		{257, short, []uint32{uint32(len(s.rows))}},
		{258, short, []uint32{1}},
		{259, short, []uint32{compression}},
		{262, short, []uint32{0}},
		{266, short, []uint32{fill}},
		{273, long, at},
		{277, short, []uint32{1}},
		{278, long, []uint32{uint32(l.rowsPerStrip(s))}},
		{279, long, counts},
		{282, rational, []uint32{l.resolution[0], 1}},
		{283, rational, []uint32{l.resolution[1], 1}},
	}
	switch l.coding {
	case "MMR":
		list = append(list, entry{293, long, []uint32{0}})
	case "MH", "MR":
		list = append(list, entry{292, long, []uint32{l.t4Options()}})
	}
	list = append(list, entry{296, short, []uint32{2}}, entry{297, short, []uint32{uint32(page), uint32(pages)}})
	if l.coding == "JBIG" {
		list = append(list, entry{435, long, []uint32{0}})
	}
	return list
}

func (l layout) t4Options() (bits uint32) {
	if l.coding == "MR" {
		bits |= 1
	}
	if l.aligned {
		bits |= 4
	}
	return bits
}

// octets writes the values of a field.
func (e entry) octets(order binary.AppendByteOrder) (b []byte) {
	for _, v := range e.values {
		if e.kind == short {
			b = order.AppendUint16(b, uint16(v))
		} else {
			b = order.AppendUint32(b, v)
		}
	}
	return b
}

// count is the number of values, as the field tells it.
func (e entry) count() uint32 {
	if e.kind == rational {
		return uint32(len(e.values) / 2)
	}
	return uint32(len(e.values))
}

// directorySize is the size of a directory with the values that stand behind it.
func directorySize(entries []entry) int {
	size := 2 + 12*len(entries) + 4
	for _, e := range entries {
		if n := len(e.octets(binary.LittleEndian)); n > 4 {
			size += n
		}
	}
	return size
}

// directory adds a directory; link is where the offset of the next one goes.
func directory(f []byte, entries []entry, order binary.AppendByteOrder) (_ []byte, link int) {
	behind := uint32(len(f) + 2 + 12*len(entries) + 4)
	var values []byte
	f = order.AppendUint16(f, uint16(len(entries)))
	for _, e := range entries {
		f = order.AppendUint16(f, e.tag)
		f = order.AppendUint16(f, e.kind)
		f = order.AppendUint32(f, e.count())
		b := e.octets(order)
		if len(b) > 4 {
			f = order.AppendUint32(f, behind+uint32(len(values)))
			values = append(values, b...)
			continue
		}
		f = append(f, b...)
		f = append(f, make([]byte, 4-len(b))...)
	}
	link = len(f)
	f = order.AppendUint32(f, 0)
	return append(f, values...), link
}
