package ccitt

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tiffPage is the little of a TIFF page that these tests need.
type tiffPage struct {
	width, height, compression, fillOrder, photometric, t4options, rowsPerStrip int
	strips                                                                      [][]byte
}

// params are those that the page's tags promise.
func (p tiffPage) params(rows int) Params {
	out := Params{Width: p.width, Rows: rows, LSBFirst: p.fillOrder == 2}
	switch p.compression {
	case 2:
		out.Coding = MH
	case 3:
		out.Coding, out.EOL = MH, true
		if p.t4options&1 != 0 {
			out.Coding = MR
		}
	case 4:
		out.Coding = MMR
	}
	return out
}

// readTIFF walks the IFDs of a sound file.
func readTIFF(t testing.TB, data []byte) []tiffPage {
	t.Helper()
	var bo binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		bo = binary.BigEndian
	}
	var pages []tiffPage
	for at := bo.Uint32(data[4:]); at != 0 && len(pages) < 100; {
		n := int(bo.Uint16(data[at:]))
		tags := map[uint16][]int{}
		for i := range n {
			e := data[int(at)+2+12*i:]
			tags[bo.Uint16(e)] = values(data, e, bo)
		}
		pages = append(pages, makePage(data, tags))
		at = bo.Uint32(data[int(at)+2+12*n:])
	}
	return pages
}

func values(data, e []byte, bo binary.ByteOrder) []int {
	size := map[uint16]int{1: 1, 3: 2, 4: 4}[bo.Uint16(e[2:])]
	count := int(bo.Uint32(e[4:]))
	if size == 0 {
		return nil
	}
	from := e[8:]
	if size*count > 4 {
		from = data[bo.Uint32(e[8:]):]
	}
	out := make([]int, count)
	for i := range out {
		switch size {
		case 1:
			out[i] = int(from[i])
		case 2:
			out[i] = int(bo.Uint16(from[2*i:]))
		case 4:
			out[i] = int(min(bo.Uint32(from[4*i:]), 1<<31-1))
		}
	}
	return out
}

func makePage(data []byte, tags map[uint16][]int) tiffPage {
	one := func(tag uint16, def int) int {
		if v := tags[tag]; len(v) > 0 {
			return v[0]
		}
		return def
	}
	p := tiffPage{
		width: one(256, 0), height: one(257, 0), compression: one(259, 1), photometric: one(262, 0),
		fillOrder: one(266, 1), t4options: one(292, 0), rowsPerStrip: one(278, 1<<31-1),
	}
	p.rowsPerStrip = min(p.rowsPerStrip, p.height)
	for i, at := range tags[273] {
		end := len(data)
		if c := tags[279]; i < len(c) && c[i] > 0 {
			end = min(end, at+c[i])
		}
		p.strips = append(p.strips, data[at:end])
	}
	return p
}

// writeTIFF wraps one strip. A t4options below 0 is left out.
func writeTIFF(width, height, compression, fillOrder, t4options int, strip []byte) []byte {
	entries := [][3]int{
		{256, 4, width},
		{257, 4, height},
		{258, 3, 1},
		{259, 3, compression},
		{262, 3, 0},
		{266, 3, fillOrder},
		{273, 4, 8},
		{277, 3, 1},
		{278, 4, height},
		{279, 4, len(strip)},
	}
	if t4options >= 0 {
		entries = append(entries, [3]int{292, 4, t4options})
	}
	le := binary.LittleEndian
	padded := len(strip) + len(strip)&1
	out := le.AppendUint32([]byte("II*\x00"), uint32(8+padded))
	out = append(append(out, strip...), make([]byte, len(strip)&1)...)
	out = le.AppendUint16(out, uint16(len(entries)))
	for _, e := range entries {
		out = le.AppendUint16(out, uint16(e[0]))
		out = le.AppendUint16(out, uint16(e[1]))
		out = le.AppendUint32(out, 1)
		out = le.AppendUint32(out, uint32(e[2]))
	}
	return le.AppendUint32(out, 0)
}

// tiffcp runs libtiff's tiffcp over a file; it fails the test where libtiff so
// much as warns.
func tiffcp(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	out, words := tryTiffcp(t, data, args...)
	if words != "" {
		t.Fatalf("tiffcp %v: %s", args, words)
	}
	return out
}

func tryTiffcp(t testing.TB, data []byte, args ...string) (out []byte, words string) {
	t.Helper()
	tool, err := exec.LookPath("tiffcp")
	if err != nil {
		t.Fatal("tiffcp is missing: install libtiff-tools")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(from, data, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(tool, append(args, from, to)...).CombinedOutput()
	if err != nil {
		said = append(said, err.Error()...)
	}
	out, err = os.ReadFile(to)
	if err != nil {
		t.Fatalf("tiffcp %v: %s", args, said)
	}
	return out, string(said)
}

// pixels are the rows of an uncompressed page, which libtiff may leave in
// either fill order.
func (p tiffPage) pixels() []byte {
	out := bytes.Join(p.strips, nil)
	if p.fillOrder == 2 {
		reverse(out)
	}
	return out
}
