package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/jbig"
	"faxgate/codec/pdf"
	"faxgate/codec/tiff"
)

// TestProfileJ: what is written keeps every rule of RFC 3949 section 5; its pixels are those that were fitted, as they are
// read here, by libtiff, and in a PDF by poppler.
func TestProfileJ(t *testing.T) {
	for _, res := range []Resolution{{204, 98}, {200, 200}, {300, 300}} {
		text, photo := fitDrawn(t, res, A4, textShade), fitDrawn(t, res, B4, photoShade)
		var out bytes.Buffer
		report, err := Write(context.Background(), &out, Profile{'J', JBIG}, 2, one(text.page, photo.page))
		if err != nil || report.Pages != 2 || report.Bytes != int64(out.Len()) {
			t.Fatalf("%v: %+v %v", res, report, err)
		}
		if findings, err := tiff.Check(bytes.NewReader(out.Bytes()), int64(out.Len()), 'J'); err != nil || len(findings) > 0 {
			t.Errorf("%v: check: %v, %v", res, findings, err)
		}
		info, err := Info(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		hashes := libtiffHashes(t, asLibtiffJBIG(t, out.Bytes()))
		for i, k := range []keptPage{text, photo} {
			p := info.Pages[i]
			if want := k.hash(); p.Pixels != want || hashes[i] != want {
				t.Errorf("%v page %d: pixels differ: fitted %.8s, Info %.8s, libtiff %.8s", res, i, want, p.Pixels, hashes[i])
			}
			if p.Profile != "J" || p.Coding != "JBIG" || p.Rows != p.Height || p.BadRows != 0 {
				t.Errorf("%v page %d: Info says %+v", res, i, p)
			}
		}
		checkJBIGToPDF(t, out.Bytes(), text, photo)
	}
}

// asLibtiffJBIG gives a file of profile J the compression that libtiff has for JBIG, and the order of bits that libtiff
// 4.5 takes for it, which is the one that FillOrder does not say.
func asLibtiffJBIG(t *testing.T, data []byte) []byte {
	t.Helper()
	data = bytes.Clone(data)
	le := binary.LittleEndian
	for at := le.Uint32(data[4:]); at != 0; {
		n := uint32(le.Uint16(data[at:]))
		for e := at + 2; e < at+2+12*n; e += 12 {
			switch tiff.Tag(le.Uint16(data[e:])) {
			case tiff.TagCompression:
				le.PutUint16(data[e+8:], compressionOldJBIG)
			case tiff.TagFillOrder:
				le.PutUint16(data[e+8:], 2)
			}
		}
		at = le.Uint32(data[at+2+12*n:])
	}
	return data
}

// checkJBIGToPDF makes a PDF of a file and looks whether the pages in it are MMR with the same pixels.
func checkJBIGToPDF(t *testing.T, data []byte, pages ...keptPage) {
	t.Helper()
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := WritePDF(context.Background(), &out, pdf.Meta{}, doc.Pages(context.Background())); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "x.pdf")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if list := run(t, "pdfimages", "-list", name); strings.Count(list, "ccitt") != len(pages) {
		t.Errorf("pdfimages:\n%s", list)
	}
	run(t, "pdfimages", "-png", name, filepath.Join(dir, "p"))
	for i, k := range pages {
		sameInk(t, filepath.Join(dir, fmt.Sprintf("p-%03d.png", i)), k)
	}
}

// t85 codes the rows of a page.
func t85(t *testing.T, p jbig.Params, rows [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	e := jbig.NewEncoder()
	if err := e.Reset(&out, p); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := e.PutRow(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// jbigPage is a page with coded data and fields, and what comes of it.
type jbigPage struct {
	name                   string
	data                   []byte
	width, height, photo   uint32
	order                  uint32
	rows, missing, columns int // columns that are as in the original; below 0: the colours are swapped
	says                   string
}

// check reads the page and compares it with the original's rows.
func (tt jbigPage) check(t *testing.T, p Page, rows [][]byte) {
	t.Helper()
	got, err := packedRows(p)
	st := p.Stats()
	if tt.says != "" && !strings.Contains(fmt.Sprint(err, st.Err), tt.says) || tt.says == "" && (err != nil || st.Err != nil) {
		t.Errorf("error %v, stats %+v, want %q", err, st, tt.says)
	}
	if tt.rows >= 0 && (st.Rows != tt.rows || st.Missing != tt.missing) || err == nil && len(got) != p.Height {
		t.Errorf("%d rows, stats %+v", len(got), st)
	}
	for y := range min(st.Rows, len(rows)) {
		if tt.columns < 0 && got[y][0] == ^rows[y][0] {
			continue
		}
		if tt.columns < 0 || tt.columns > 0 && !bytes.Equal(got[y][:tt.columns/8], rows[y][:tt.columns/8]) {
			t.Fatalf("row %d differs", y)
		}
	}
}

// TestJBIGFields: where the coded data and the fields do not agree, and where the data is damaged, the page has its height
// and says what is missing.
func TestJBIGFields(t *testing.T) {
	kept := fitDrawn(t, Resolution{204, 98}, A4, textShade)
	rows := kept.rows[:300]
	whole := t85(t, jbig.Params{Width: 1728}, rows)
	turned := bytes.Clone(whole)
	for i, v := range turned {
		turned[i] = bits.Reverse8(v)
	}
	layers := bytes.Clone(whole)
	layers[1] = 3
	tests := []jbigPage{
		{"whole", whole, 1728, 300, 0, 1, 300, 0, 1728, ""},
		{"FillOrder 2", turned, 1728, 300, 0, 2, 300, 0, 1728, ""},
		{"FillOrder 1 is a lie", turned, 1728, 300, 0, 1, 300, 0, 1728, ""},
		{"fewer rows than the field says", whole, 1728, 340, 0, 1, 300, 40, 1728, "ends after 300 rows"},
		{"more rows than the field says", whole, 1728, 250, 0, 1, 250, 0, 1728, ""},
		{"no height in the fields", whole, 1728, 0, 0, 1, 300, 0, 1728, ""},
		{"white is 1", whole, 1728, 300, 1, 1, 300, 0, -1728, ""},
		{"wider field", whole, 2048, 300, 0, 1, 300, 0, 1728, ""},
		{"narrower field", whole, 1000, 300, 0, 1, 300, 0, 1000, ""},
		{"cut", whole[:len(whole)/2], 1728, 300, 0, 1, -1, -1, 1728, "ends within the page"},
		{"layers", layers, 1728, 300, 0, 1, 0, 0, 0, "resolution layers"},
		{"no header", []byte("no JBIG, but longer than a header"), 1728, 300, 0, 1, 0, 0, 0, "T.85"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := tiffFile([][4]uint32{
				{256, 4, 1, tt.width},
				{257, 4, 1, tt.height},
				{258, 3, 1, 1},
				{259, 3, 1, 9},
				{262, 3, 1, tt.photo},
				{266, 3, 1, tt.order},
				{273, 4, 1, 0},
				{277, 3, 1, 1},
				{278, 4, 1, tt.height},
				{279, 4, 1, uint32(len(tt.data))},
			}, tt.data)
			if tt.height == 0 {
				data = bytes.Replace(data, []byte{1, 1, 4, 0, 1, 0, 0, 0}, []byte{0, 0x80, 4, 0, 1, 0, 0, 0}, 1) // another field
			}
			doc, err := open(t, data)
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range doc.Pages(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				tt.check(t, p, rows)
			}
		})
	}
}
