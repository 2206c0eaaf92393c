package tiff_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// check gives what Check says, one line for each finding.
func check(t *testing.T, data []byte, profile byte) []string {
	t.Helper()
	found, err := tiff.Check(bytes.NewReader(data), int64(len(data)), profile)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = f.String()
	}
	return lines
}

// wants looks for a finding that has all the words, and for no more findings than may be.
func wants(t *testing.T, lines []string, most int, words ...string) {
	t.Helper()
	hit := false
	for _, line := range lines {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		hit = hit || all
	}
	if !hit || len(lines) > most {
		t.Errorf("want %q and at most %d findings, got:\n%s", words, most, strings.Join(lines, "\n"))
	}
}

// TestCheckFields breaks one field at a time of a good Profile S file, on page 2 of 3.
func TestCheckFields(t *testing.T) {
	set := func(tag tiff.Tag, v uint32) func(*testing.T, []byte) {
		return func(t *testing.T, b []byte) { setValue(t, b, 1, tag, v) }
	}
	drop := func(tag tiff.Tag) func(*testing.T, []byte) {
		return func(t *testing.T, b []byte) { remove(t, b, 1, tag) }
	}
	for _, tt := range []struct {
		name   string
		change func(*testing.T, []byte)
		most   int
		words  []string
	}{
		{"NewSubfileType", set(tiff.TagNewSubfileType, 0), 1, []string{"page 2", "2.2.2", "NewSubfileType (254) is 0"}},
		{"width", set(tiff.TagImageWidth, 1720), 2, []string{"3.2.1", "ImageWidth is 1720"}},
		{"Compression 2", set(tiff.TagCompression, 2), 1, []string{"3.2.1", "Compression (259) is 2"}},
		{"FillOrder 1", set(tiff.TagFillOrder, 1), 9, []string{"3.2.1", "FillOrder (266) is 1"}},
		{"Photometric", set(tiff.TagPhotometric, 1), 1, []string{"3.2.1", "white is zero"}},
		{"BitsPerSample", set(tiff.TagBitsPerSample, 8), 1, []string{"BitsPerSample is 1"}},
		{"SamplesPerPixel", set(tiff.TagSamplesPerPixel, 3), 3, []string{"SamplesPerPixel is 1"}},
		{"unit", set(tiff.TagResolutionUnit, 3), 2, []string{"3.2.1", "ResolutionUnit is 2"}},
		{"MR", set(tiff.TagT4Options, 5), 5, []string{"3.2.2", "one dimension"}},
		{"uncompressed", set(tiff.TagT4Options, 6), 1, []string{"4.5.1", "T4Options is 6"}},
		{"aligned, not said", set(tiff.TagT4Options, 0), 1, []string{"section 3.4", "has 41 that all do"}},
		{"page number", set(tiff.TagPageNumber, 2|3<<16), 1, []string{"2.2.1", "PageNumber is 2, the page is number 1"}},
		{"page total", set(tiff.TagPageNumber, 1|9<<16), 1, []string{"2.2.1", "says 9 pages, the file has 3"}},
		{"RowsPerStrip", set(tiff.TagRowsPerStrip, 42), 1, []string{"3.5", "RowsPerStrip is 42"}},
		{"ImageLength", func(t *testing.T, b []byte) {
			setValue(t, b, 1, tiff.TagImageLength, 45)
			setValue(t, b, 1, tiff.TagRowsPerStrip, 45)
		}, 1, []string{"3.2.1", "has 41 lines, the fields say 45"}},
		{"type", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint16(entryOf(t, b, 1, tiff.TagFillOrder)[2:], 4)
		}, 1, []string{"FillOrder (266) is SHORT", "is LONG"}},
		{"count", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint32(entryOf(t, b, 1, tiff.TagPageNumber)[4:], 1)
		}, 2, []string{"PageNumber (297) has 2 here", "count of 1"}},
		{"order", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint16(entryOf(t, b, 1, tiff.TagBitsPerSample), 60000)
		}, 2, []string{"TIFF 6.0", "ascending"}},
		{"twice", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint16(entryOf(t, b, 1, tiff.TagPageNumber), uint16(tiff.TagResolutionUnit))
		}, 4, []string{"TIFF 6.0", "there twice"}},
		{"no FillOrder", drop(tiff.TagFillOrder), 20, []string{"3.2.1", "FillOrder (266) is missing"}},
		{"no T4Options", drop(tiff.TagT4Options), 20, []string{"3.2.2", "T4Options (292) is missing"}},
		{"no PageNumber", drop(tiff.TagPageNumber), 20, []string{"2.2.1", "PageNumber (297) is missing"}},
		{"no NewSubfileType", drop(tiff.TagNewSubfileType), 20, []string{"2.2.2", "NewSubfileType (254) is missing"}},
		{"no width", drop(tiff.TagImageWidth), 20, []string{"page 2", "no width"}},
		{"optional", func(t *testing.T, b []byte) {
			e := entryOf(t, b, 1, tiff.TagSamplesPerPixel)
			binary.LittleEndian.PutUint16(e, uint16(tiff.TagOrientation))
		}, 2, []string{"2.2.3", "(recommended)", "Orientation (274) is there"}},
		{"new field", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint16(entryOf(t, b, 1, tiff.TagPageNumber), uint16(tiff.TagProfileType))
		}, 2, []string{"2.2.4", "(recommended)", "ProfileType (401) is there"}},
		{"resolution", func(t *testing.T, b []byte) {
			binary.LittleEndian.PutUint32(b[open(t, b).Pages[1].IFDOffset+198:], 203)
		}, 1, []string{"3.2.1", "203×98 dots per inch"}},
		{"fine width", func(t *testing.T, b []byte) { setValue(t, b, 1, tiff.TagImageWidth, 2048) }, 2, []string{"1728", "ImageWidth is 2048"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := sFile(t, 3)
			tt.change(t, data)
			wants(t, check(t, data, 'S'), tt.most, tt.words...)
		})
	}
}

// TestCheckLayout moves the parts of a Profile S file.
func TestCheckLayout(t *testing.T) {
	t.Run("big-endian", func(t *testing.T) {
		c := newCraft(binary.BigEndian)
		c.ifd(onePixel()...)
		wants(t, check(t, c.b, 'S'), 40, "file", "3.5", "little-endian")
	})
	t.Run("first directory", func(t *testing.T) {
		c := newCraft(binary.LittleEndian)
		c.odd()
		c.ifd(onePixel()...)
		lines := check(t, c.b, 'S')
		wants(t, lines, 40, "file", "3.5", "offset 8")
		wants(t, lines, 40, "page 1", "TIFF 6.0", "odd offset 9")
	})
	t.Run("gap before the strip", func(t *testing.T) {
		data := sFile(t, 1)
		setValue(t, data, 0, tiff.TagStripOffsets, 224)
		wants(t, check(t, data, 'S'), 9, "3.5", "the strip is at 224 instead of 222")
	})
	t.Run("resolutions swapped", func(t *testing.T) {
		data := sFile(t, 1)
		setValue(t, data, 0, tiff.TagXResolution, 214)
		setValue(t, data, 0, tiff.TagYResolution, 206)
		wants(t, check(t, data, 'S'), 3, "3.5", "XResolution (282) has its value at 214 instead of 206")
	})
	t.Run("gap before the next directory", func(t *testing.T) {
		data := sFile(t, 2)
		p := open(t, data).Pages[0]
		setValue(t, data, 0, tiff.TagStripByteCounts, uint32(p.Strips[0].Size-2))
		wants(t, check(t, data, 'S'), 3, "3.5", "the next directory follows the strip")
	})
	t.Run("value elsewhere", func(t *testing.T) {
		data := sFile(t, 1)
		binary.LittleEndian.PutUint32(entryOf(t, data, 0, tiff.TagFillOrder)[4:], 4)
		wants(t, check(t, data, 'S'), 9, "3.5", "FillOrder (266) has its values at 2")
	})
	t.Run("loop", func(t *testing.T) {
		data := sFile(t, 1)
		binary.LittleEndian.PutUint32(data[202:], 8)
		wants(t, check(t, data, 'S'), 2, "TIFF 6.0", "leads back to page 1")
	})
	t.Run("cut", func(t *testing.T) {
		data := sFile(t, 1)
		wants(t, check(t, data[:len(data)-40], 'S'), 3, "2.2.1", "run past the end")
	})
}

// stripFile is a file of one page with the given coded data.
func stripFile(profile byte, rows int, options value, compression uint32, strips ...[]byte) []byte {
	c := newCraft(binary.LittleEndian)
	var offsets, sizes []uint32
	for _, s := range strips {
		offsets = append(offsets, c.put(s...))
		sizes = append(sizes, uint32(len(s)))
	}
	if len(c.b)%2 == 1 {
		c.put(0)
	}
	per := (rows + len(strips) - 1) / len(strips)
	c.ifd(long(tiff.TagNewSubfileType, 2), short(tiff.TagImageWidth, 1728), short(tiff.TagImageLength, uint32(rows)),
		short(tiff.TagCompression, compression), short(tiff.TagPhotometric, 0), long(tiff.TagStripOffsets, offsets...),
		short(tiff.TagRowsPerStrip, uint32(per)), long(tiff.TagStripByteCounts, sizes...),
		rational(tiff.TagXResolution, 204, 1), rational(tiff.TagYResolution, 196, 1), options, short(tiff.TagPageNumber, 0, 1))
	return c.b
}

// coded gives a picture's coded data.
func coded(t *testing.T, p picture, params ccitt.Params) []byte {
	t.Helper()
	var b bytes.Buffer
	encode(t, &b, p, params)
	return b.Bytes()
}

// rest gives what stays behind the first EOL of T.4 data that is byte-aligned.
func rest(b []byte) []byte { return b[2:] }

// TestCheckT4 breaks the rules of the coded data, MH and MR. All files have a recommended rule broken too: their
// directory stands behind the strip.
func TestCheckT4(t *testing.T) {
	pic := text(1728, 30)
	mh, mr := ccitt.Params{Coding: ccitt.MH}, ccitt.Params{Coding: ccitt.MR}
	aligned, rtc := mh, mh
	aligned.ByteAlign, rtc.RTC = true, true
	mrAligned := ccitt.Params{Coding: ccitt.MR, ByteAlign: true}
	mrRTC := ccitt.Params{Coding: ccitt.MR, RTC: true}
	for _, tt := range []struct {
		name    string
		options uint32
		data    []byte
		most    int
		words   []string // none: a good page
	}{
		{"MH", 0, coded(t, pic, mh), 1, nil},
		{"MH aligned", 4, coded(t, pic, aligned), 1, nil},
		{"MR", 1, coded(t, pic, mr), 1, nil},
		{"MR aligned", 5, coded(t, pic, mrAligned), 1, nil},
		{"not aligned but said so", 4, coded(t, pic, mh), 2, []string{"4.5.3", "every EOL ends on a byte boundary"}},
		{"MR not aligned but said so", 5, coded(t, pic, mr), 2, []string{"4.5.3", "with its tag bit"}},
		{"MR aligned, not said", 1, coded(t, pic, mrAligned), 2, []string{"4.5.3", "has 30 that all do"}},
		{"RTC", 0, coded(t, pic, rtc), 2, []string{"3.4.1", "(recommended)", "an RTC is not written"}},
		{"RTC in MR", 1, coded(t, pic, mrRTC), 2, []string{"3.4.1", "6 EOLs"}},
		{"RTC, aligned", 4, append(coded(t, pic, aligned), bytes.Repeat([]byte{0, 1}, 6)...), 2, []string{"3.4.1", "byte-aligned EOLs there is no RTC"}},
		{"EOL at the end", 4, append(coded(t, pic, aligned), 0, 1), 2, []string{"4.5.4", "the last line is not followed by an EOL"}},
		{"no first EOL", 4, rest(coded(t, pic, aligned)), 2, []string{"4.5.4", "starts with data instead of an EOL"}},
		{"one row too few", 0, coded(t, text(1728, 29), mh), 2, []string{"4.2.1", "29 lines, the fields say 30"}},
		{"one row too many", 1, coded(t, text(1728, 31), mr), 2, []string{"4.2.1", "31 lines, the fields say 30"}},
		{"too narrow", 0, coded(t, text(1700, 30), mh), 2, []string{"T.4", "30 lines that cannot be decoded"}},
		{"no EOLs", 0, bytes.Repeat([]byte{0b01001101, 0b10011010}, 40), 9, []string{"4.5.4", "no EOL at all"}},
		{"empty", 0, []byte{0, 0, 0}, 9, []string{"no EOL at all"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := stripFile('F', pic.height, long(tiff.TagT4Options, tt.options), 3, tt.data)
			lines := check(t, data, 'F')
			wants(t, lines, tt.most, "4.4.6", "(recommended)", "the directory stands before its strips")
			if tt.words != nil {
				wants(t, lines, tt.most, tt.words...)
			}
		})
	}
}

// TestCheckT6 breaks the rules of MMR data.
func TestCheckT6(t *testing.T) {
	pic := text(1728, 30)
	good := coded(t, pic, ccitt.Params{Coding: ccitt.MMR})
	half := picture{1728, 15, pic.rows[:15*216]}
	strip1 := coded(t, half, ccitt.Params{Coding: ccitt.MMR})
	short30 := coded(t, text(1728, 29), ccitt.Params{Coding: ccitt.MMR})
	for _, tt := range []struct {
		name    string
		options uint32
		strips  [][]byte
		most    int
		words   []string
	}{
		{"good", 0, [][]byte{good}, 1, nil},
		{"two strips", 0, [][]byte{strip1, strip1}, 2, []string{"4.4.6", "there are 2 strips"}},
		{"no EOFB", 0, [][]byte{good[:len(good)-3]}, 3, []string{"4.5.6", "strip 1 has none"}},
		{"no EOFB in one of two", 0, [][]byte{strip1[:len(strip1)-3], strip1}, 4, []string{"4.5.6", "strip 1 has none"}},
		{"too few rows", 0, [][]byte{short30}, 2, []string{"4.2.1", "29 lines, the fields say 30"}},
		{"uncompressed", 2, [][]byte{good}, 2, []string{"4.5.1", "T6Options is 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := check(t, stripFile('F', pic.height, long(tiff.TagT6Options, tt.options), 4, tt.strips...), 'F')
			wants(t, lines, tt.most, "4.4.6")
			if tt.words != nil {
				wants(t, lines, tt.most, tt.words...)
			}
		})
	}
}

// TestCheckFillOrder reads the data in both bit orders.
func TestCheckFillOrder(t *testing.T) {
	data := fFile(t)
	for _, p := range open(t, data).Pages {
		setValue(t, data, p.Index, tiff.TagFillOrder, 1)
		strip := data[p.Strips[0].Offset:][:p.Strips[0].Size]
		for i, v := range strip {
			strip[i] = bits.Reverse8(v)
		}
	}
	if lines := check(t, data, 'F'); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
}

// TestCheckOtherProfiles recognises J and C.
func TestCheckOtherProfiles(t *testing.T) {
	common := []value{
		long(tiff.TagNewSubfileType, 2), short(tiff.TagImageWidth, 1728), short(tiff.TagImageLength, 8),
		long(tiff.TagStripOffsets, 8), short(tiff.TagSamplesPerPixel, 1), short(tiff.TagRowsPerStrip, 8), long(tiff.TagStripByteCounts, 4),
		rational(tiff.TagXResolution, 200, 1), rational(tiff.TagYResolution, 200, 1), short(tiff.TagPageNumber, 0, 1),
	}
	page := func(fields ...value) []byte {
		c := newCraft(binary.LittleEndian)
		c.put(0xFF, 0xD8, 0xFF, 0xD9)
		c.ifd(append(fields, common...)...)
		return c.b
	}
	jbig := page(short(tiff.TagCompression, 9), short(tiff.TagPhotometric, 0))
	wants(t, check(t, jbig, 'J'), 3, "ascending")
	wants(t, check(t, jbig, 'C'), 9, "6.2.1", "Compression is 7")
	jpeg := page(short(tiff.TagBitsPerSample, 8), short(tiff.TagCompression, 7), short(tiff.TagPhotometric, 10))
	wants(t, check(t, jpeg, 'C'), 4, "T.81", "has a picture")
	wants(t, check(t, jpeg, 'J'), 9, "5.2.1", "Compression is 9")
	if got := []byte{open(t, jbig).Pages[0].Profile(), open(t, jpeg).Pages[0].Profile()}; string(got) != "JC" {
		t.Errorf("taken for %q", got)
	}
	if _, err := tiff.Check(bytes.NewReader(jpeg), int64(len(jpeg)), 'X'); err == nil {
		t.Error("profile X was checked")
	}
}

// TestCheckBeyond names sizes that machines take but RFC 3949 does not know.
func TestCheckBeyond(t *testing.T) {
	var b bytes.Buffer
	w := tiff.NewWriter(&b, 1)
	addPage(t, w, tiff.PageInfo{Profile: 'F', Coding: ccitt.MMR, XRes: 600, YRes: 600}, text(5184, 50))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wants(t, check(t, b.Bytes(), 'F'), 1, "4.2.1", "600×600")
	if p := open(t, b.Bytes()).Pages[0]; p.Profile() != 'F' {
		t.Errorf("taken for %q", p.Profile())
	}
}

// TestCheckLibtiff looks at Profile F files as libtiff writes them: what differs from RFC 3949 is known.
func TestCheckLibtiff(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.tif")
	if err := os.WriteFile(in, fFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		coding string
		words  []string
	}{
		{"g3:1d", []string{"4.4.6"}},
		{"g3:1d:fill", []string{"4.4.6"}},
		{"g3:2d", []string{"4.4.6"}},
		{"g3:2d:fill", []string{"4.5.3", "with its tag bit"}}, // libtiff aligns the EOL alone
		{"g4", []string{"4.4.6"}},
	} {
		out := filepath.Join(dir, "out.tif")
		run(t, "tiffcp", "-c", tt.coding, "-r", "1000", in, out)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(tt.coding, func(t *testing.T) { wants(t, check(t, data, 'F'), 3*4, tt.words...) })
	}
}

// TestCheckQuality looks at page-quality fields that contradict each other.
func TestCheckQuality(t *testing.T) {
	for _, tt := range []struct {
		quality tiff.Quality
		most    int
		words   []string
	}{
		{tiff.Quality{BadFaxLines: 4, CleanFaxData: 0, ConsecutiveBadFaxLines: 1}, 1, []string{"4.3.3", "BadFaxLines is 4"}},
		{tiff.Quality{BadFaxLines: 4, CleanFaxData: 1, ConsecutiveBadFaxLines: 5}, 1, []string{"4.3.3", "5 of 4"}},
	} {
		var b bytes.Buffer
		w := tiff.NewWriter(&b, 1)
		addPage(t, w, tiff.PageInfo{Profile: 'F', Coding: ccitt.MR, XRes: 204, YRes: 98, Quality: &tt.quality}, text(1728, 40))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		wants(t, check(t, b.Bytes(), 'F'), tt.most, tt.words...)
	}
}
