package codec

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// madeDamaged gives a damaged file by its name.
func madeDamaged(t *testing.T, name string) []byte {
	t.Helper()
	all := recipes()
	i := slices.IndexFunc(all, func(r recipe) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return all[i].make(coder{ccitt.NewEncoder()})
}

// archived makes the archive copy of a file, and tells what tiffinfo says of it.
func archived(t *testing.T, data []byte) (copied []byte, said string) {
	t.Helper()
	doc, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := Archive(context.Background(), &b, doc.Count(), doc.Pages(context.Background())); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), tiffinfo(t, b.Bytes())
}

func tiffinfo(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "copy.tif")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("tiffinfo", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return string(said)
}

// TestArchive: tiffinfo finds in the copy of a damaged page what was wrong with it, in that of a whole page nothing, and
// libtiff reads the pixels that we have read.
func TestArchive(t *testing.T) {
	for name, want := range map[string][]string{
		"mh-bit-middle":     {"Bad Fax Lines: 1", "Fax Data: receiver regenerated", "Consecutive Bad Fax Lines: 1"},
		"mr-bit-1d-row":     {"Bad Fax Lines: ", "Fax Data: receiver regenerated", "Consecutive Bad Fax Lines: "},
		"cut-in-mmr":        {"Bad Fax Lines: 101", "Fax Data: receiver regenerated", "Consecutive Bad Fax Lines: 100"},
		"mh-eol-lost":       nil,
		"fewer-rows":        nil,
		"mmr-as-t4":         nil,
		"width-minus-8-mmr": nil,
	} {
		data := madeDamaged(t, name)
		copied, said := archived(t, data)
		for _, words := range want {
			if !strings.Contains(said, words) {
				t.Errorf("%s: tiffinfo lacks %q:\n%s", name, words, said)
			}
		}
		if want == nil && strings.Contains(said, "Fax") && (strings.Contains(said, "Bad Fax") || strings.Contains(said, "Fax Data")) {
			t.Errorf("%s: tiffinfo tells of damage:\n%s", name, said)
		}
		ours, err := Info(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		theirs := libtiffHashes(t, copied)
		if len(theirs) != 1 || theirs[0] != ours.Pages[0].Pixels {
			t.Errorf("%s: libtiff reads other pixels in the copy", name)
		}
	}
}

// TestQualityStays: what a file says of its reception is read, told, and true of each archive copy of a copy.
func TestQualityStays(t *testing.T) {
	leaf := newLeaf(tiff.CompressionT4, coder{ccitt.NewEncoder()}.mh(letterRows(1)))
	leaf.set(tiff.TagBadFaxLines, 12).set(tiff.TagCleanFaxData, 2).set(tiff.TagConsecutiveBadFaxLines, 3)
	data := newBook(leaf).bytes()
	want := Quality{BadFaxLines: 12, CleanFaxData: 2, ConsecutiveBadFaxLines: 3}
	for range 2 {
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil || p.Quality == nil || *p.Quality != want {
				t.Errorf("%+v, %v", p.Quality, err)
			}
		}
		if s, err := Summarise(context.Background(), doc); err != nil || s.BadFaxLines != 12 {
			t.Errorf("%+v, %v", s, err)
		}
		info, err := Info(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil || *info.Pages[0].Quality != (QualityInfo{12, 2, 3}) {
			t.Errorf("%+v, %v", info.Pages[0].Quality, err)
		}
		data, _ = archived(t, data)
	}
}

// TestQualityStaysHere: of a damaged page that goes on to another machine nothing of this is written, in any profile.
func TestQualityStaysHere(t *testing.T) {
	for _, profile := range []Profile{{'S', MH}, {'F', MH}, {'F', MR}, {'F', MMR}} {
		doc, err := open(t, madeDamaged(t, "mh-noise"))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		target := Target{Profile: profile, Papers: []Paper{A4}, KeepPixels: true}
		report, err := Write(context.Background(), &b, profile, 1, Fit(context.Background(), doc.Pages(context.Background()), target))
		if err != nil || report.BadRows == 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		if said := tiffinfo(t, b.Bytes()); strings.Contains(said, "Bad Fax") || strings.Contains(said, "Fax Data") {
			t.Errorf("%v: %s", profile, said)
		}
	}
}

// TestArchiveTakesBilevel: other pages are refused.
func TestArchiveTakesBilevel(t *testing.T) {
	var b bytes.Buffer
	_, err := Archive(context.Background(), &b, 1, one(drawn{100, 100, photoShade}.page(100)))
	if !errors.Is(err, ErrTarget) {
		t.Errorf("%v", err)
	}
}

// TestWhiteRows: damaged rows repeat the row above, or are white where the limits say so.
func TestWhiteRows(t *testing.T) {
	lines := coder{ccitt.NewEncoder()}.mhLines(letterRows(1))
	lines[100] = "0000000010" + lines[100] // No code begins so.
	data := t4(lines.join())
	for _, white := range []bool{false, true} {
		doc, err := NewOpener(OpenerOptions{Limits: Limits{WhiteRows: white}}).Open(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			rows, err := packedRows(p)
			if err != nil {
				t.Fatal(err)
			}
			want := rows[99]
			if white {
				want = make([]byte, damagedWidth/8)
			}
			if !bytes.Equal(rows[100], want) || bytes.Equal(rows[101], rows[100]) {
				t.Errorf("white %v: the row is another", white)
			}
		}
	}
}

// TestPartialPage: a damaged page of T.6 keeps the rows before the damage, the others are white, and it is told to be
// partial; one that is merely shorter than it says is not.
func TestPartialPage(t *testing.T) {
	for name, partial := range map[string]bool{"mmr-bit-middle": true, "cut-in-mh": true, "fewer-rows": false, "fewer-rows-mmr": false} {
		data := madeDamaged(t, name)
		info, err := Info(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if p := info.Pages[0]; p.Partial != partial || p.Missing == 0 || p.Rows+p.Missing != p.Height {
			t.Errorf("%s: %+v", name, p)
		}
		doc, err := open(t, data)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range doc.Pages(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			rows, err := packedRows(p)
			if err != nil {
				t.Fatal(err)
			}
			if last := rows[len(rows)-1]; !bytes.Equal(last, make([]byte, len(last))) {
				t.Errorf("%s: the last row is not white", name)
			}
		}
	}
}
