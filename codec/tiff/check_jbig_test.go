package tiff_test

import (
	"bytes"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/jbig"
	"faxgate/codec/tiff"
)

// t85 codes a picture.
func t85(t testing.TB, pic picture) []byte {
	t.Helper()
	var out bytes.Buffer
	e := jbig.NewEncoder()
	if err := e.Reset(&out, jbig.Params{Width: pic.width, Height: pic.height}); err != nil {
		t.Fatal(err)
	}
	for y := range pic.height {
		if err := e.PutRow(pic.row(y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// jFile is a file of profile J with these strips of data, each of a whole page of so many rows.
func jFile(t testing.TB, rows int, pages ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tiff.NewWriter(&b, len(pages))
	for _, data := range pages {
		p, err := w.Page(tiff.PageInfo{Profile: 'J', Width: 1728, Height: rows, XRes: 204, YRes: 196})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWrittenJBIG: what is written for profile J keeps its rules and is taken for it, and libtiff knows all its fields.
func TestWrittenJBIG(t *testing.T) {
	data := jFile(t, 80, t85(t, text(1728, 80)), t85(t, photo(1728, 80)))
	if lines := check(t, data, 'J'); len(lines) > 0 {
		t.Errorf("%s", lines)
	}
	wants(t, check(t, data, 'F'), 2, "4.2.1", "Compression (259) is 9")
	f := open(t, data)
	if len(f.Pages) != 2 || f.Pages[0].Profile() != 'J' || f.Pages[1].Profile() != 'J' {
		t.Errorf("taken for %+v", f.Pages)
	}
	name := filepath.Join(t.TempDir(), "j.tif")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	words := run(t, "tiffinfo", name)
	for _, want := range []string{"Compression Scheme: 9 ", "T82Options: 0", "GlobalParametersIFD", "msb-to-lsb"} {
		if !strings.Contains(words, want) || strings.Contains(words, "Warning") {
			t.Errorf("tiffinfo lacks %q:\n%s", want, words)
		}
	}
}

// TestCheckJBIG: what may be wrong with a strip of profile J is named.
func TestCheckJBIG(t *testing.T) {
	good := t85(t, text(1728, 80))
	turned := bytes.Clone(good)
	for i, v := range turned {
		turned[i] = bits.Reverse8(v)
	}
	layers := bytes.Clone(good)
	layers[1] = 2
	excess := append(bytes.Clone(good[:len(good)-2]), append(bytes.Repeat([]byte{1}, 30), good[len(good)-2:]...)...)
	for _, tt := range []struct {
		name  string
		data  []byte
		words []string
	}{
		{"order of bits", turned, []string{"FillOrder"}},
		{"layers", layers, []string{"T.85", "resolution layers"}},
		{"no JBIG", bytes.Repeat([]byte("JPEG"), 20), []string{"T.85"}},
		{"fewer rows", t85(t, text(1728, 79)), []string{"5.2.1", "has 79 rows, the fields say 80"}},
		{"more rows", t85(t, text(1728, 81)), []string{"81 rows"}},
		{"other width", t85(t, text(1720, 80)), []string{"1720 pixels, ImageWidth is 1728"}},
		{"cut", good[:len(good)/2], []string{"is damaged after"}},
		{"data left over", excess, []string{"left over"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wants(t, check(t, jFile(t, 80, tt.data), 'J'), 2, tt.words...) })
	}
}
