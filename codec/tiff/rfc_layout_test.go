package tiff_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawField is a field of a directory as its twelve octets say.
type rawField struct {
	typ   uint16
	count uint32
	value uint32
}

// rawIFD reads a directory with nothing of the package: its fields by their tags, in which order they stand, and where the next one is.
func rawIFD(t *testing.T, data []byte, at int) (fields map[uint16]rawField, tags []uint16, end int, next uint32) {
	t.Helper()
	le := binary.LittleEndian
	n := int(le.Uint16(data[at:]))
	fields = map[uint16]rawField{}
	for i := range n {
		e := data[at+2+12*i:]
		f := rawField{le.Uint16(e[2:]), le.Uint32(e[4:]), le.Uint32(e[8:])}
		if f.typ == 3 && f.count == 1 {
			f.value &= 0xffff
		}
		fields[le.Uint16(e)] = f
		tags = append(tags, le.Uint16(e))
	}
	end = at + 2 + 12*n + 4
	return fields, tags, end, le.Uint32(data[end-4:])
}

// shape checks what holds in every profile: the directory begins its page at an even offset, its tags ascend, and its strip is the one that the
// next directory follows.
func shape(t *testing.T, data []byte, at, page int) (fields map[uint16]rawField, end int, next uint32) {
	t.Helper()
	fields, tags, end, next := rawIFD(t, data, at)
	if at%2 == 1 {
		t.Errorf("page %d: its directory is at the odd offset %d", page, at)
	}
	if !slices.IsSorted(tags) || len(slices.Compact(slices.Clone(tags))) != len(tags) {
		t.Errorf("page %d: tags %d", page, tags)
	}
	for _, tag := range []uint16{326, 327, 328} {
		if _, ok := fields[tag]; ok {
			t.Errorf("page %d: field %d tells of a reception that there was not", page, tag)
		}
	}
	strip, size := fields[273], fields[279]
	if strip.count != 1 || int(strip.value) < end || next != 0 && next != strip.value+size.value+(strip.value+size.value)%2 {
		t.Errorf("page %d: %d strips at %d with %d octets, directory from %d to %d, the next one at %d", page, strip.count, strip.value, size.value, at, end, next)
	}
	return fields, end, next
}

// TestProfileSByBytes goes through a file of three pages octet by octet as RFC 3949 section 3.5 draws it.
func TestProfileSByBytes(t *testing.T) {
	for _, pages := range []int{1, 3} {
		data := sFile(t, pages)
		if !bytes.HasPrefix(data, []byte{0x49, 0x49, 0x2a, 0, 8, 0, 0, 0}) {
			t.Fatalf("it begins with % x", data[:8])
		}
		at := 8
		for page := range pages {
			fields, end, next := shape(t, data, at, page)
			rows := uint32(40 + page)
			strip := uint32(end + 16)
			want := map[uint16]rawField{
				254: {4, 1, 2}, 256: {3, 1, 1728}, 257: {3, 1, rows}, 258: {3, 1, 1}, 259: {3, 1, 3}, 262: {3, 1, 0}, 266: {3, 1, 2}, 273: {4, 1, strip},
				277: {3, 1, 1}, 278: {3, 1, rows}, 279: {4, 1, fields[279].value}, 282: {5, 1, uint32(end)}, 283: {5, 1, uint32(end + 8)}, 292: {4, 1, 4},
				296: {3, 1, 2}, 297: {3, 2, uint32(page) | uint32(pages)<<16},
			}
			for tag, f := range fields { // offsets and counts may be of either type
				if w, ok := want[tag]; ok && (tag == 257 || tag == 273 || tag == 278 || tag == 279 || tag == 256) && (f.typ == 3 || f.typ == 4) {
					w.typ = f.typ
					want[tag] = w
				}
			}
			if diff := cmp.Diff(want, fields, cmp.AllowUnexported(rawField{})); diff != "" {
				t.Errorf("page %d of %d (-want +got)\n%s", page, pages, diff)
			}
			if res := data[end : end+16]; !bytes.Equal(res, []byte{204, 0, 0, 0, 1, 0, 0, 0, 98, 0, 0, 0, 1, 0, 0, 0}) {
				t.Errorf("page %d: behind its directory stand % x", page, res)
			}
			if last := page == pages-1; last != (next == 0) || last && int(strip+fields[279].value) != len(data) {
				t.Errorf("page %d: the next directory is at %d, the file has %d octets", page, next, len(data))
			}
			at = int(next)
		}
	}
}

// TestProfileFFields goes through a file of Profile F: MH, MR and MMR.
func TestProfileFFields(t *testing.T) {
	data, at := fFile(t), 8
	for page, want := range []struct {
		compression uint32
		options     uint16
		value       uint32
	}{{3, 292, 4}, {3, 292, 1}, {4, 293, 0}} {
		fields, _, next := shape(t, data, at, page)
		if fields[259].value != want.compression || fields[want.options] != (rawField{4, 1, want.value}) {
			t.Errorf("page %d: compression %+v, options %+v", page, fields[259], fields[want.options])
		}
		if fields[254] != (rawField{4, 1, 2}) || fields[296] != (rawField{3, 1, 2}) || fields[297].count != 2 || fields[297].value&0xffff != uint32(page) {
			t.Errorf("page %d: subfile %+v, unit %+v, number %+v", page, fields[254], fields[296], fields[297])
		}
		if page == 2 {
			eofb(t, data[fields[273].value:][:fields[279].value], fields[266].value)
		}
		at = int(next)
	}
}

// eofb wants the two EOLs that end MMR data, and nothing behind them but the rest of an octet.
func eofb(t *testing.T, strip []byte, order uint32) {
	t.Helper()
	var tail uint64
	for _, b := range strip[len(strip)-5:] {
		if order == 2 {
			b = b&0x55<<1 | b>>1&0x55
			b = b&0x33<<2 | b>>2&0x33
			b = b<<4 | b>>4
		}
		tail = tail<<8 | uint64(b)
	}
	for fill := range 8 {
		if tail>>fill&0xffffff == 0x001001 && tail&(1<<fill-1) == 0 {
			return
		}
	}
	t.Errorf("the strip ends with %010x, which is no EOFB", tail)
}
