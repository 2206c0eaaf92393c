package codec

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// drawn is a page of shades that is made row by row, for tests.
type drawn struct {
	width, height int
	shade         func(x, y float64) byte // at shares of the page's width and height
}

func (d drawn) gray(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		row := make([]byte, d.width)
		for y := range d.height {
			for x := range row {
				row[x] = d.shade(float64(x)/float64(d.width), float64(y)/float64(d.height))
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (d drawn) page(dpi float64) Page {
	return Page{Total: 1, Width: d.width, Height: d.height, XRes: dpi, YRes: dpi, Kind: Gray, src: d, walk: &walk{}}
}

// one is a walk over these pages.
func one(pages ...Page) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for _, p := range pages {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// textShade draws lines of strokes that look like text to everything that does not read.
func textShade(x, y float64) byte {
	if x < 0.1 || x > 0.9 || y < 0.05 || y > 0.95 || int(y*100)%2 == 1 {
		return 250
	}
	if math.Sin(x*700+math.Floor(y*50)*3)*math.Sin(y*620) > 0.55 {
		return 20
	}
	return 250
}

func photoShade(x, y float64) byte {
	return byte(128 + 100*math.Sin(7*x+2*y)*math.Cos(5*y-3*x))
}

func blankShade(float64, float64) byte { return 255 }

// paperMM are the papers' sizes as people know them.
var paperMM = map[Paper][2]float64{A4: {210, 297}, B4: {257, 364}, A3: {297, 420}, Letter: {215.9, 279.4}, Legal: {215.9, 355.6}}

// TestWriteMatrix is the whole way out for each coding, resolution, paper and kind of page: what Write makes keeps every
// rule of RFC 3949, and libtiff reads the pixels that Fit gave.
func TestWriteMatrix(t *testing.T) {
	kinds := []struct {
		name  string
		shade func(x, y float64) byte
	}{{"text", textShade}, {"photo", photoShade}, {"blank", blankShade}}
	for _, res := range Resolutions() {
		t.Run(res.String(), func(t *testing.T) {
			t.Parallel()
			var fitted []keptPage
			for _, kind := range kinds {
				a4 := fitDrawn(t, res, A4, kind.shade)
				fitted = append(fitted, a4)
				for _, paper := range []Paper{B4, A3, Letter} {
					if res.X >= 300 && kind.name != "text" || res.X >= 400 {
						fitted = append(fitted, tiled(a4, res, paper))
						continue
					}
					fitted = append(fitted, fitDrawn(t, res, paper, kind.shade))
				}
			}
			for _, coding := range []Coding{MH, MR, MMR} {
				checkWritten(t, Profile{'F', coding}, fitted)
			}
			if res.ProfileS() {
				checkWritten(t, Profile{'S', MH}, narrow(fitted))
			}
		})
	}
}

// keptPage is a fitted page as packed rows, so that each coding does not fit it again.
type keptPage struct {
	page Page
	rows [][]byte
}

func (k keptPage) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, k) }

func (k keptPage) changes(context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		var c ccitt.Changes
		for _, row := range k.rows {
			c = ccitt.Scan(c, row, k.page.Width)
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (k keptPage) hash() string {
	h := sha256.New()
	for _, row := range k.rows {
		h.Write(row)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fitDrawn fits a page that has the paper's size, drawn at 60 dots per inch to save time.
func fitDrawn(t *testing.T, res Resolution, paper Paper, shade func(x, y float64) byte) keptPage {
	t.Helper()
	const dpi = 60
	size := paperMM[paper]
	src := drawn{int(size[0] / mmPerInch * dpi), int(size[1] / mmPerInch * dpi), shade}
	target := Target{
		Profile: Profile{'F', MMR}, Resolution: res, Papers: []Paper{paper}, Reduce: true,
		Header: Header{Time: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Sender: "Sender", Address: "a@example.com"},
	}
	var kept keptPage
	for p, err := range Fit(context.Background(), one(src.page(dpi)), target) {
		if err != nil {
			t.Fatal(err)
		}
		width, rows := paper.Size(res)
		if p.Width != width || p.Height > rows || p.Height < rows*9/10 {
			t.Errorf("%v %s: fitted to %d×%d, the paper is %d×%d", res, paper, p.Width, p.Height, width, rows)
		}
		kept.page = p
		for c, err := range p.Changes(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			row := make([]byte, (p.Width+7)/8)
			ccitt.Paint(row, c)
			kept.rows = append(kept.rows, row)
		}
		if len(kept.rows) != p.Height {
			t.Errorf("%v %s: %d rows, not %d", res, paper, len(kept.rows), p.Height)
		}
	}
	kept.page.src = kept
	return kept
}

// tiled makes a page of another paper of a fitted one by repeating its pixels: fitting large pages takes long, and that Fit
// knows the paper is shown elsewhere.
func tiled(k keptPage, res Resolution, paper Paper) keptPage {
	width, rows := paper.Size(res)
	large := keptPage{page: k.page}
	large.page.Width, large.page.Height = width, rows
	for y := range rows {
		from := k.rows[y%len(k.rows)]
		row := make([]byte, 0, width/8+len(from))
		for len(row) < width/8 {
			row = append(row, from...)
		}
		large.rows = append(large.rows, row[:width/8])
	}
	large.page.src = large
	return large
}

// narrow leaves out what is not for profile S.
func narrow(pages []keptPage) []keptPage {
	var all []keptPage
	for _, k := range pages {
		if k.page.Width == 1728 {
			all = append(all, k)
		}
	}
	return all
}

// checkWritten writes pages and lets the judges read them.
func checkWritten(t *testing.T, profile Profile, kept []keptPage) {
	t.Helper()
	var pages []Page
	for _, k := range kept {
		pages = append(pages, k.page)
	}
	var out bytes.Buffer
	report, err := Write(context.Background(), &out, profile, len(pages), one(pages...))
	if err != nil {
		t.Fatalf("%v: %v", profile, err)
	}
	if report.Pages != len(pages) || report.Bytes != int64(out.Len()) {
		t.Errorf("%v: report %+v for %d pages in %d bytes", profile, report, len(pages), out.Len())
	}
	findings, err := tiff.Check(bytes.NewReader(out.Bytes()), int64(out.Len()), profile.Letter)
	if r := kept[0].page.XRes; r == 600 || kept[0].page.YRes == 400 && r == 200 {
		// T.30 knows these resolutions, RFC 3949 does not.
		findings = slices.DeleteFunc(findings, func(f tiff.Finding) bool { return strings.Contains(f.Section, "section 4.2.1") })
	}
	if err != nil || len(findings) > 0 {
		t.Errorf("%v: check: %v, %v", profile, findings, err)
	}
	hashes := libtiffHashes(t, out.Bytes())
	info, err := Info(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(info.Pages) != len(kept) || len(hashes) != len(kept) {
		t.Fatalf("%v: %d pages of %d by Info, %d by libtiff: %v", profile, len(info.Pages), len(kept), len(hashes), err)
	}
	for i, k := range kept {
		p := info.Pages[i]
		if want := k.hash(); p.Pixels != want || hashes[i] != want {
			t.Errorf("%v page %d: pixels differ: fitted %.8s, Info %.8s, libtiff %.8s", profile, i, want, p.Pixels, hashes[i])
		}
		names := []string{string(profile.Letter), legalName(k.page)}
		if profile.Coding == MH {
			names = append(names, "S") // What keeps to profile S belongs to both.
		}
		if !slices.Contains(names, p.Profile) || p.Coding != string(profile.Coding) || p.Rows != p.Height || p.BadRows != 0 {
			t.Errorf("%v page %d: Info says %+v", profile, i, p)
		}
	}
}

// legalName gives what Info says of pages whose resolution is not of RFC 3949.
func legalName(p Page) string {
	if p.XRes == 600 || p.XRes == 200 && p.YRes == 400 {
		return ""
	}
	return "F"
}

// libtiffHashes gives the hashes of all pages as libtiff reads them, and fails if it complains.
func libtiffHashes(t *testing.T, data []byte) []string {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"tiffcp", "-c", "none", in, out}, {"tiffinfo", in}} {
		words, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil || strings.Contains(string(words), "Warning") || strings.Contains(string(words), "rror") {
			t.Errorf("%s: %v %.300s", args[0], err, words)
		}
	}
	plain, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tiff.Open(bytes.NewReader(plain), int64(len(plain)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range f.Pages {
		all = append(all, uncompressedHash(p))
	}
	return all
}

// TestPhotoAndText looks at what Fit makes of the shades: a photograph keeps its mean shade, text its strokes.
func TestPhotoAndText(t *testing.T) {
	for _, res := range []Resolution{{204, 98}, {204, 196}, {400, 400}} {
		photo := fitDrawn(t, res, A4, photoShade)
		if ink := inkShareOf(photo); math.Abs(ink-0.45) > 0.05 {
			t.Errorf("%v: the photograph has %.2f ink, its mean shade is a half, lightened", res, ink)
		}
		text := fitDrawn(t, res, A4, textShade)
		if ink := inkShareOf(text); ink < 0.03 || ink > 0.15 {
			t.Errorf("%v: the text has %.3f ink", res, ink)
		}
		if ink := inkShareOf(fitDrawn(t, res, A4, blankShade)); ink > 0.004 {
			t.Errorf("%v: the blank page has %.4f ink besides its header", res, ink)
		}
	}
}

func inkShareOf(k keptPage) float64 {
	black := 0
	for c, err := range k.changes(context.Background()) {
		if err != nil {
			return -1
		}
		for i := 0; int(c[i]) < k.page.Width; i += 2 {
			black += int(c[i+1] - c[i])
		}
	}
	return float64(black) / float64(k.page.Width*k.page.Height)
}
