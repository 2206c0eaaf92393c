package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// bilevelPage is a page of packed rows.
func bilevelPage(width, height int, xres, yres float64, black func(x, y int) bool) Page {
	k := keptPage{page: Page{Total: 1, Width: width, Height: height, XRes: xres, YRes: yres, Kind: Bilevel, walk: &walk{}}}
	for y := range height {
		row := make([]byte, (width+7)/8)
		for x := range width {
			if black(x, y) {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		k.rows = append(k.rows, row)
	}
	k.page.src = k
	return k.page
}

func grid(x, y int) bool { return x%50 == 0 || y%40 == 0 }

// fitted fits pages and gives the results with their rows as text, # for black.
func fitted(t *testing.T, target Target, pages ...Page) (all []Page, rows [][]string) {
	t.Helper()
	for p, err := range Fit(context.Background(), one(pages...), target) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		rows = append(rows, rowsOf(t, p))
	}
	return all, rows
}

func rowsOf(t *testing.T, p Page) []string {
	t.Helper()
	var rows []string
	for c, err := range p.Changes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Width() != p.Width || !slices.IsSorted(c) {
			t.Fatalf("row %d: %v in a page of %d", len(rows), c, p.Width)
		}
		line := bytes.Repeat([]byte{'.'}, p.Width)
		for i := 0; int(c[i]) < p.Width; i += 2 {
			for x := c[i]; x < c[i+1]; x++ {
				line[x] = '#'
			}
		}
		rows = append(rows, string(line))
	}
	if len(rows) != p.Height {
		t.Fatalf("%d rows in a page of %d", len(rows), p.Height)
	}
	return rows
}

// TestFitUntouched: what is already right stays as it is, but for the header's rows.
func TestFitUntouched(t *testing.T) {
	p := bilevelPage(1728, 2000, 204, 196, grid)
	before := rowsOf(t, p)
	target := Target{Profile: Profile{'F', MMR}}
	_, rows := fitted(t, target, p)
	if !slices.Equal(rows[0], before) {
		t.Error("a page that fits has changed")
	}
	target.Header = Header{Sender: "me", Address: "you@example.com", Time: time.Now()}
	all, rows := fitted(t, target, p)
	if all[0].Height != 2000 || !slices.Equal(rows[0][28:], before[28:]) {
		t.Error("the header has changed more than the top rows")
	}
	if slices.Equal(rows[0][:28], before[:28]) {
		t.Error("there is no header")
	}
}

// TestFitLayout: where pages go.
func TestFitLayout(t *testing.T) {
	fine := Resolution{204, 196}
	blank := func(int, int) bool { return false }
	grayPage := func(w, h int, dpi float64) Page { return drawn{w, h, photoShade}.page(dpi) }
	tests := []struct {
		name   string
		page   Page
		res    Resolution
		papers []Paper
		reduce bool
		want   []layout
	}{
		{"A4 scan at 300", bilevelPage(2480, 3508, 300, 300, blank), fine, nil, true, []layout{{1728, 2287, 1686, 2287, 21, 0, 0, false}}},
		{"A4 scan at 200 keeps its pixels", bilevelPage(1654, 2200, 200, 200, blank), fine, nil, true, []layout{{1728, 2200, 1654, 2200, 37, 0, 0, false}}},
		{"standard to fine doubles rows", bilevelPage(1728, 1000, 204, 98, blank), fine, nil, true, []layout{{1728, 2000, 1728, 2000, 0, 0, 0, false}}},
		{"no resolution, fax width", bilevelPage(1728, 1100, 0, 0, blank), fine, nil, true, []layout{{1728, 2200, 1728, 2200, 0, 0, 0, false}}},
		{"letter", grayPage(850, 1100, 100), fine, []Paper{A4, Letter}, true, []layout{{1728, 2151, 1734, 2151, -3, 0, 0, false}}},
		{"longer, reduced", bilevelPage(1728, 3000, 204, 196, blank), fine, nil, true, []layout{{1728, 2287, 1317, 2287, 205, 0, 0, false}}},
		{"longer, cut", bilevelPage(1728, 3000, 204, 196, blank), fine, nil, false, []layout{
			{1728, 2287, 1728, 3000, 0, 0, 0, false}, {1728, 713, 1728, 3000, 0, 0, 2287, false},
		}},
		{"a little longer is reduced anyway", bilevelPage(1728, 2376, 204, 196, blank), fine, nil, false, []layout{{1728, 2287, 1663, 2287, 32, 0, 0, false}}},
		{"longer, legal paper", bilevelPage(1728, 2700, 204, 196, blank), fine, []Paper{A4, Legal}, true, []layout{{1728, 2700, 1728, 2700, 0, 0, 0, false}}},
		{"A3 on A4", bilevelPage(2432, 3200, 204, 196, blank), fine, nil, true, []layout{{1728, 2274, 1728, 2274, 0, 0, 0, false}}},
		{"A3 on A3", bilevelPage(2432, 3200, 204, 196, blank), fine, []Paper{A4, B4, A3}, true, []layout{{2432, 3200, 2432, 3200, 0, 0, 0, false}}},
		{"landscape is turned", grayPage(1169, 827, 100), fine, nil, true, []layout{{1728, 2286, 1687, 2286, 20, 0, 0, true}}},
		{"one dot per inch is none", bilevelPage(1728, 2287, 1, 1, blank), fine, nil, false, []layout{{1728, 2287, 1728, 2287, 0, 0, 0, false}}},
		{"endless roll", bilevelPage(100, 50000, 200, 200, blank), fine, nil, false, []layout{{1728, 2287, 5, 2287, 861, 0, 0, false}}},
		{"small picture", grayPage(300, 300, 300), fine, nil, true, []layout{{1728, 2287, 204, 196, 762, 77, 0, false}}},
		{"picture without size", grayPage(4000, 3000, 0), fine, nil, true, []layout{{1728, 2287, 1568, 1127, 80, 77, 0, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := Target{Profile: Profile{'F', MMR}, Resolution: tt.res, Papers: tt.papers, Reduce: tt.reduce}
			all, _ := fitted(t, target, tt.page)
			var got []layout
			for _, p := range all {
				got = append(got, p.src.(*fittedSource).layout)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestPaperLength: no page is longer than its paper (A4 at 7.7 lines per millimetre: 2287).
func TestPaperLength(t *testing.T) {
	for _, tt := range []struct {
		paper       Paper
		res         Resolution
		width, rows int
	}{
		{A4, Resolution{204, 98}, 1728, 1143},
		{A4, Resolution{204, 196}, 1728, 2287},
		{A4, Resolution{200, 200}, 1728, 2339},
		{A4, Resolution{408, 391}, 3456, 4574},
		{A4, Resolution{600, 600}, 5184, 7016},
		{Letter, Resolution{204, 196}, 1728, 2151},
		{Legal, Resolution{204, 196}, 1728, 2738},
		{B4, Resolution{300, 300}, 3072, 4299},
		{A3, Resolution{400, 400}, 4864, 6614},
	} {
		if w, h := tt.paper.Size(tt.res); w != tt.width || h != tt.rows {
			t.Errorf("%s at %v: %d×%d, want %d×%d", tt.paper, tt.res, w, h, tt.width, tt.rows)
		}
	}
}

// TestKeepPixels: a bilevel page is coded as it is, or refused with the widths that would do.
func TestKeepPixels(t *testing.T) {
	tests := []struct {
		profile    byte
		width      int
		xres, yres float64
		want       Resolution
		words      string
	}{
		{'S', 1728, 204, 98, Resolution{204, 98}, ""},
		{'S', 1728, 0, 0, Resolution{204, 196}, ""},
		{'S', 1728, 300, 300, Resolution{204, 196}, ""},
		{'F', 2432, 200, 200, Resolution{200, 200}, ""},
		{'F', 3648, 0, 0, Resolution{300, 300}, ""},
		{'F', 1700, 200, 200, Resolution{}, "1700 pixels wide, profile F allows 1728, 2048, 2432, 2592, 3072, 3456, 3648, 4096, 4864, 5184, 6144 or 7296"},
		{'S', 2432, 200, 200, Resolution{}, "profile S allows 1728"},
	}
	for _, tt := range tests {
		target := Target{Profile: Profile{tt.profile, MH}, KeepPixels: true, Header: Header{Sender: "not printed"}}
		p := bilevelPage(tt.width, 30, tt.xres, tt.yres, grid)
		for q, err := range Fit(context.Background(), one(p), target) {
			if tt.words != "" {
				if err == nil || !strings.Contains(err.Error(), tt.words) || !errors.Is(err, ErrTarget) {
					t.Errorf("%d: %v, want %q", tt.width, err, tt.words)
				}
				continue
			}
			if err != nil || q.XRes != float64(tt.want.X) || q.YRes != float64(tt.want.Y) || !slices.Equal(rowsOf(t, q), rowsOf(t, p)) {
				t.Errorf("%d: %v, %v×%v, want %v", tt.width, err, q.XRes, q.YRes, tt.want)
			}
		}
	}
	for _, err := range Fit(context.Background(), one(drawn{1728, 30, photoShade}.page(200)), Target{Profile: Profile{'F', MH}, KeepPixels: true}) {
		if err == nil || !strings.Contains(err.Error(), "only bilevel pages") {
			t.Errorf("a grey page: %v", err)
		}
	}
}

// TestTargets: what cannot be written is refused with words.
func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		target Target
		words  string
	}{
		{Target{Profile: Profile{'C', MMR}}, "profile C is always coded JPEG"},
		{Target{Profile: Profile{'C', JPEG}, Resolution: Resolution{204, 196}}, "profile C has no resolution 204x196"},
		{Target{Profile: Profile{'C', JPEG}, KeepPixels: true}, "only bilevel pages"},
		{Target{Profile: Profile{'S', MMR}}, "profile S is always coded MH"},
		{Target{Profile: Profile{'F', JBIG}}, "profile F is coded mh, mr or mmr (RFC 3949 section 4), not JBIG"},
		{Target{Profile: Profile{'S', MH}, Resolution: Resolution{400, 400}}, "profile S has no resolution 400x400"},
		{Target{Profile: Profile{'F', MH}, Resolution: Resolution{123, 45}}, "123x45 is no fax resolution"},
		{Target{Profile: Profile{'F', MH}, Papers: []Paper{"A5"}}, `"A5" is no fax paper`},
	} {
		var got error
		for _, err := range Fit(context.Background(), one(bilevelPage(8, 8, 0, 0, grid)), tt.target) {
			got = err
		}
		if got == nil || !strings.Contains(got.Error(), tt.words) || !errors.Is(got, ErrTarget) {
			t.Errorf("%v: %v, want %q", tt.target.Profile, got, tt.words)
		}
	}
	var out bytes.Buffer
	if _, err := Write(context.Background(), &out, Profile{'L', JPEG}, 1, one()); err == nil || !strings.Contains(err.Error(), "profile L is not built yet") {
		t.Errorf("Write: %v", err)
	}
	if _, err := ParseResolution("203x98"); err == nil || !strings.Contains(err.Error(), "204x196") {
		t.Errorf("ParseResolution: %v", err)
	}
	if r, err := ParseResolution("300"); err != nil || r != (Resolution{300, 300}) {
		t.Errorf("ParseResolution: %v %v", r, err)
	}
}

// TestHeaderLine: the line is as long as the paper is wide, and its parts give way in order.
func TestHeaderLine(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 5, 0, 0, time.UTC)
	tests := []struct {
		h      Header
		room   int
		n, all int
		want   string
	}{
		{Header{Time: at, Sender: "Office", Address: "fax@example.com"}, 60, 1, 3, "2026-11-21 09:05  Office  fax@example.com             p. 1/3"},
		{Header{Sender: strings.Repeat("x", 40)}, 44, 2, 0, strings.Repeat("x", 30) + "          p. 2"},
		{Header{Time: at, Sender: "Office", Address: "a-very-long-address@example.com"}, 48, 10, 12, "2026-11-21 09:05  Office  a-very-long-  p. 10/12"},
		{Header{Address: "a\nb"}, 12, 1, 1, "a b   p. 1/1"},
	}
	for _, tt := range tests {
		if got := tt.h.line(tt.room, tt.n, tt.all); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

// TestHeaderLegible: at every resolution the header has ink, keeps its height on paper, and its letters have holes.
func TestHeaderLegible(t *testing.T) {
	for _, res := range Resolutions() {
		target := Target{Resolution: res, Header: Header{Sender: "Oo0B8e", Address: "x"}}
		width, _ := A4.Size(res)
		rows, err := headerRows(target, width, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		_, y := res.exact()
		if mm := float64(len(rows)) / y * mmPerInch; mm < 3 || mm > 4 {
			t.Errorf("%v: the header is %.1f mm high", res, mm)
		}
		strokes := 0
		for _, c := range rows {
			strokes += slices.Index(c, int32(width)) / 2
		}
		// A letter O is crossed twice by most of its rows; six of them stand side by side.
		if perRow := float64(strokes) / float64(len(rows)); perRow < 8 || perRow > 40 {
			t.Errorf("%v: %.1f strokes per row", res, perRow)
		}
	}
}

// TestTurned: all orientations of TIFF.
func TestTurned(t *testing.T) {
	p := bilevelPage(3, 2, 100, 200, func(x, y int) bool { return y == 0 && x < 2 || y == 1 && x == 2 })
	want := map[int]string{
		1: "##. ..#", 2: ".## #..", 3: "#.. .##", 4: "..# ##.", 5: "#. #. .#", 6: ".# .# #.", 7: "#. .# .#", 8: ".# #. #.",
	}
	g := p
	g.src = turnedGrayOf{p}
	for o, picked := range want {
		for _, page := range []Page{p, g} {
			q, err := page.turned(o, Limits{}.withDefaults())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for row, err := range q.Gray(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				line := ""
				for _, v := range row {
					line += string("#."[v/255])
				}
				got = append(got, line)
			}
			if s := strings.Join(got, " "); s != picked {
				t.Errorf("orientation %d: %q, want %q", o, s, picked)
			}
			if o >= 5 && (q.XRes != 200 || q.Width != 2) {
				t.Errorf("orientation %d: %+v", o, q)
			}
		}
		if r := clockwise[clockwise[clockwise[clockwise[o]]]]; r != o {
			t.Errorf("four quarter turns of %d give %d", o, r)
		}
	}
}

// turnedGrayOf hides that a page is bilevel.
type turnedGrayOf struct{ p Page }

func (s turnedGrayOf) gray(ctx context.Context) iter.Seq2[[]byte, error] { return s.p.Gray(ctx) }

// TestScaler: areas keep their mean whatever the ratio, from bytes and from change lists.
func TestScaler(t *testing.T) {
	for _, size := range [][4]int{{100, 80, 37, 29}, {37, 29, 100, 80}, {50, 50, 50, 25}, {7, 9, 7, 9}, {1, 1, 5, 3}} {
		p := bilevelPage(size[0], size[1], 0, 0, func(x, y int) bool { return (x*7+y*13)%5 < 2 })
		var fromInk, fromGray [][]byte
		for row, err := range scaledInk(context.Background(), p.src.(bilevelSource), size[0], size[1], size[2], size[3]) {
			if err != nil {
				t.Fatal(err)
			}
			fromInk = append(fromInk, slices.Clone(row))
		}
		for row, err := range scaledGray(p.Gray(context.Background()), size[0], size[1], size[2], size[3]) {
			if err != nil {
				t.Fatal(err)
			}
			fromGray = append(fromGray, slices.Clone(row))
		}
		if len(fromInk) != size[3] || len(fromGray) != size[3] {
			t.Fatalf("%v: %d and %d rows", size, len(fromInk), len(fromGray))
		}
		sum := 0
		for y := range fromInk {
			for x, v := range fromInk[y] {
				if d := int(v) + int(fromGray[y][x]) - 255; d < -1 || d > 1 {
					t.Fatalf("%v: ink %d and grey %d at %d, %d", size, v, fromGray[y][x], x, y)
				}
				sum += int(v)
			}
		}
		black := 0
		for c, err := range p.Changes(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; int(c[i]) < p.Width; i += 2 {
				black += int(c[i+1] - c[i])
			}
		}
		want := 255 * float64(black) / float64(size[0]*size[1])
		if got := float64(sum) / float64(size[2]*size[3]); math.Abs(got-want) > 1 {
			t.Errorf("%v: mean %.2f, want %.2f", size, got, want)
		}
	}
}

// TestThinStrokes: lines of one pixel survive when a page is reduced to a third.
func TestThinStrokes(t *testing.T) {
	p := bilevelPage(5184, 600, 600, 600, func(x, y int) bool { return x%100 < 2 })
	_, rows := fitted(t, Target{Profile: Profile{'F', MMR}, Resolution: Resolution{204, 98}}, p)
	if n := strings.Count("."+rows[0][50], ".#"); n != 52 {
		t.Errorf("%d of 52 lines have survived", n)
	}
}

// TestPageErrors: the error of one page passes through, and the numbers go on.
func TestPageErrors(t *testing.T) {
	good := bilevelPage(1728, 100, 204, 196, grid)
	walk := func(yield func(Page, error) bool) {
		_ = yield(good, nil) && yield(Page{Index: 1}, errors.New("broken")) && yield(good, nil)
	}
	var got []string
	for p, err := range Fit(context.Background(), walk, Target{Profile: Profile{'S', MH}}) {
		got = append(got, fmt.Sprint(p.Index, err))
	}
	if want := []string{"0 <nil>", "1 broken", "2 <nil>"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMissingRows: a page with too few rows is filled up with white, and the report says so.
func TestMissingRows(t *testing.T) {
	var data bytes.Buffer
	enc := ccitt.NewEncoder()
	if err := enc.Reset(&data, ccitt.Params{Coding: ccitt.MH, Width: 1728, EOL: true, LSBFirst: true}); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := enc.PutChanges(ccitt.Changes{100, 200, 1728, 1728, 1728, 1728}); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	file := tiffFile([][4]uint32{
		{256, 4, 1, 1728},
		{257, 4, 1, 80},
		{258, 3, 1, 1},
		{259, 3, 1, 3},
		{262, 3, 1, 0},
		{266, 3, 1, 2},
		{273, 4, 1, 0},
		{278, 4, 1, 80},
		{279, 4, 1, uint32(data.Len())},
	}, data.Bytes())
	info, err := Info(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil || len(info.Pages) != 1 || info.Pages[0].Rows != 50 || info.Pages[0].Height != 80 || info.Pages[0].Error != "" {
		t.Fatalf("%+v %v", info, err)
	}
	doc, err := open(t, file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report, err := Write(context.Background(), &out, Profile{'S', MH}, 1,
		Fit(context.Background(), doc.Pages(context.Background()), Target{Profile: Profile{'S', MH}}))
	if err != nil || report.Missing != 30 || report.BadRows != 0 {
		t.Errorf("%+v %v", report, err)
	}
	if findings, err := tiff.Check(bytes.NewReader(out.Bytes()), int64(out.Len()), 'S'); err != nil || len(findings) > 0 {
		t.Errorf("%v %v", findings, err)
	}
}

// TestCutPagesAreLookedAtOnce: what was found out about a long page holds for all pages into which it is cut.
func TestCutPagesAreLookedAtOnce(t *testing.T) {
	walks := 0
	p := bilevelPage(1728, 6500, 204, 196, grid)
	p.src = countedRows{p.src.(bilevelSource), &walks}
	all, _ := fitted(t, Target{Profile: Profile{'F', MMR}, Resolution: Resolution{204, 98}}, p)
	if len(all) != 3 || walks != 4 {
		t.Errorf("%d walks over the original for %d pages", walks, len(all))
	}
}

// countedRows counts the walks over its rows.
type countedRows struct {
	bilevelSource
	walks *int
}

func (s countedRows) changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	*s.walks++
	return s.bilevelSource.changes(ctx)
}
