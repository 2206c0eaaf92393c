package codec

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSmallPrintIsLegible: six-point print on a page with photographs is read by tesseract as well after fitting as on the
// grey original of 600 dots per inch, at fine and at the resolutions of better machines.
func TestSmallPrintIsLegible(t *testing.T) {
	source := mixedSheet(t, 600)
	want := strings.Fields(clause(10))
	atSource := misread(t, source.SubImage(smallPrint(source.Rect, 0)), 600, want)
	t.Logf("source: %.2f %% of the characters misread", 100*atSource)
	if atSource > .02 {
		t.Fatalf("the source itself is not legible: %.2f %%", 100*atSource)
	}
	for _, r := range []Resolution{{204, 196}, {300, 300}, {408, 391}, {600, 600}} {
		t.Run(r.String(), func(t *testing.T) {
			q, _ := fittedBy(t, source.page(), Target{Profile: Profile{'F', MMR}, Resolution: r})
			l := q.src.(*fittedSource).layout
			page := picturesOf(t, q)
			got := misread(t, page.SubImage(smallPrint(image.Rect(0, 0, l.w, l.h), l.x)), r.X, want)
			t.Logf("%.2f %% of the characters misread", 100*got)
			if got > atSource+.005 {
				t.Errorf("%.2f %% of the characters misread, %.2f %% on the source", 100*got, 100*atSource)
			}
		})
	}
}

// smallPrint is where mixedSheet has its small print, on an A4 page of this size whose left edge is at x.
func smallPrint(page image.Rectangle, x int) image.Rectangle {
	mm := func(v float64, size int, of float64) int { return int(v / of * float64(size)) }
	return image.Rect(
		x+mm(102, page.Dx(), 210), mm(76, page.Dy(), 297),
		x+mm(205, page.Dx(), 210), mm(122, page.Dy(), 297))
}

// misread gives the share of characters that tesseract reads otherwise.
func misread(t *testing.T, img image.Image, dpi int, want []string) float64 {
	t.Helper()
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "print.png")
	if err := os.WriteFile(file, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "tesseract", file, "-", "-l", "eng", "--psm", "6", "--dpi", strconv.Itoa(dpi))
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tesseract: %v", err)
	}
	read, all := strings.Join(strings.Fields(string(out)), " "), strings.Join(want, " ")
	return float64(edits(read, all)) / float64(len(all))
}

// edits is Levenshtein's distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for k := range len(b) {
			d := before
			if a[i] != b[k] {
				d++
			}
			before = row[k+1]
			row[k+1] = min(d, before+1, row[k]+1)
		}
	}
	return row[len(b)]
}
