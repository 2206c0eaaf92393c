package codec

import (
	"context"
	"io"
	"iter"
	"math"
	"testing"
)

// blurred is a picture after a Gaussian blur of sigma pixels, the edges repeated.
func blurred(rows [][]float64, sigma float64) [][]float64 {
	reach := int(3 * sigma)
	weights, sum := make([]float64, 2*reach+1), 0.0
	for i := range weights {
		d := float64(i - reach)
		weights[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	pass := func(in [][]float64) [][]float64 { // Blurs along the rows and turns them into columns.
		out := make([][]float64, len(in[0]))
		for x := range out {
			out[x] = make([]float64, len(in))
		}
		for y, row := range in {
			for x := range row {
				v := 0.0
				for i, w := range weights {
					v += w * row[min(max(x+i-reach, 0), len(row)-1)]
				}
				out[x][y] = v
			}
		}
		return out
	}
	return pass(pass(rows))
}

// levelsOf gives the rows of a page as numbers, 0 black and 255 white.
func levelsOf(t *testing.T, rows iter.Seq2[[]byte, error]) (all [][]float64) {
	t.Helper()
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		line := make([]float64, len(row))
		for x, v := range row {
			line[x] = float64(v)
		}
		all = append(all, line)
	}
	return all
}

// apartFrom gives the mean difference of two pictures, without the margin that the second has at its sides.
func apartFrom(a, b [][]float64) float64 {
	sum, n := 0.0, 0
	for y := range a {
		at := (len(b[y]) - len(a[y])) / 2
		for x, v := range a[y] {
			sum += math.Abs(v - b[y][at+x])
			n++
		}
	}
	return sum / float64(n)
}

// fittedBy gives a page for a coding and its bytes in it.
func fittedBy(t *testing.T, p Page, target Target) (Page, int64) {
	t.Helper()
	for q, err := range Fit(context.Background(), one(p), target) {
		if err != nil {
			t.Fatal(err)
		}
		report, err := Write(context.Background(), io.Discard, target.Profile, 1, one(q))
		if err != nil {
			t.Fatal(err)
		}
		return q, report.Bytes
	}
	t.Fatal("no page")
	return Page{}, 0
}

// TestPhotographForFax: what a photograph becomes by default for MR and MMR at 204×196 takes a fifth of the bytes of error
// diffusion, and from afar it is hardly less like the original. MH, which cannot use that rows are alike, would need dots
// of nine pixels for that, which is no picture any more: there it is less.
func TestPhotographForFax(t *testing.T) {
	for p, times := range map[Profile]float64{{'S', MH}: 4.4, {'F', MR}: 5, {'F', MMR}: 5} {
		t.Run(p.String(), func(t *testing.T) { photographFor(t, Target{Profile: p}, times) })
	}
}

func photographFor(t *testing.T, target Target, times float64) {
	t.Helper()
	source := photoSheet(t, 250).page()
	screen, small := fittedBy(t, source, target)
	target.Halftone = HalftoneDiffusion
	diffused, large := fittedBy(t, source, target)
	t.Logf("screen %d bytes, diffusion %d: %.2f times", small, large, float64(large)/float64(small))
	if float64(large) < times*float64(small) {
		t.Errorf("the screen takes %d bytes, error diffusion %d", small, large)
	}
	l := screen.src.(*fittedSource).layout
	gray := blurred(levelsOf(t, scaledGray(source.Gray(context.Background()), source.Width, source.Height, l.w, l.h)), 6)
	toned := levelsOf(t, scaledGray(source.Gray(context.Background()), source.Width, source.Height, l.w, l.h))
	for _, row := range toned {
		for x, v := range row {
			row[x] = 255 - float64(screen.src.(*fittedSource).tone.table[byte(v)])
		}
	}
	toned = blurred(toned, 6)
	a, b := blurred(levelsOf(t, screen.Gray(context.Background())), 6), blurred(levelsOf(t, diffused.Gray(context.Background())), 6)
	ofScreen, ofDiffusion := apartFrom(gray, a), apartFrom(gray, b)
	t.Logf("mean error after blur: screen %.2f, diffusion %.2f of 255; of the shades that were meant: %.2f and %.2f",
		ofScreen, ofDiffusion, apartFrom(toned, a), apartFrom(toned, b))
	if ofScreen > 1.5*ofDiffusion {
		t.Errorf("mean error %.2f, of error diffusion %.2f", ofScreen, ofDiffusion)
	}
	if e := apartFrom(toned, a); e > 3 {
		t.Errorf("the screen is %.2f shades away from what is meant", e)
	}
}

// TestHalftoneByCoding: JBIG gets error diffusion, the others a screen, and who asks for one gets it.
func TestHalftoneByCoding(t *testing.T) {
	for _, tt := range []struct {
		coding Coding
		asked  Halftone
		want   bool
	}{
		{MH, "", false}, {MR, "", false}, {MMR, "", false}, {JBIG, "", true}, {MMR, HalftoneDiffusion, true}, {JBIG, HalftoneScreen, false},
	} {
		target := Target{Profile: Profile{Coding: tt.coding}, Halftone: tt.asked, Resolution: Resolution{204, 196}}
		if _, got := target.halftone(100).(*diffusion); got != tt.want {
			t.Errorf("%s, %q: diffusion %v", tt.coding, tt.asked, got)
		}
	}
}

// TestHalftonesKeepShades: an even area has as much black as it is dark, whatever makes the dots; white and black stay.
func TestHalftonesKeepShades(t *testing.T) {
	for _, r := range Resolutions() {
		for name, dots := range map[string]halftone{"screen": newScreen(r, MMR), "coarse": newScreen(r, MH), "diffusion": newDiffusion(480)} {
			for _, dark := range []byte{0, 20, 64, 100, 127, 160, 200, 240, 255} {
				row := make([]byte, 480)
				for i := range row {
					row[i] = dark
				}
				black := 0
				for y := range 480 {
					c := dots.row(nil, row, y)
					for i := 0; int(c[i]) < 480; i += 2 {
						black += int(c[i+1] - c[i])
					}
				}
				got := 255 * float64(black) / 480 / 480
				if math.Abs(got-float64(dark)) > 4 || (dark == 0 || dark == 255) && got != float64(dark) {
					t.Errorf("%v, %s: darkness %d becomes %.1f", r, name, dark, got)
				}
			}
		}
	}
}

// TestScreenedAgain: a screened photograph that gets smaller is screened anew: no blots, no pattern of the two screens, and
// writing beside it stays writing.
func TestScreenedAgain(t *testing.T) {
	c := newCanvas(t, 300, 210, 150)
	c.photo(20, 20, 100, 120, landscape)
	c.text(125, 30, 10, false, 0, clause(5))
	fine := Target{Profile: Profile{'F', MMR}, Resolution: Resolution{408, 391}}
	first, _ := fittedBy(t, c.page(), fine)
	kept := first
	kept.src = bilevelOf(t, first)
	target := Target{Profile: Profile{'F', MMR}}
	second, _ := fittedBy(t, kept, target)
	direct, _ := fittedBy(t, c.page(), target)
	a := blurred(levelsOf(t, second.Gray(context.Background())), 6)
	b := blurred(levelsOf(t, direct.Gray(context.Background())), 6)
	t.Logf("screened twice and once differ by %.2f of 255", apartFrom(a, b))
	if e := apartFrom(a, b); e > 5 {
		t.Errorf("screened twice and once differ by %.2f", e)
	}
	d := second.src.(*fittedSource).dotted
	if !d.any() || d.cells.parts[60/cellMM*d.cells.cols+60/cellMM] != pictured {
		t.Error("the photograph was not seen")
	}
	for y := 25 / cellMM; y < 80/cellMM; y++ {
		for x := 128 / cellMM; x < 170/cellMM; x++ {
			if d.cells.parts[y*d.cells.cols+x] == pictured {
				t.Fatalf("writing at %d, %d mm was taken for a photograph", cellMM*x, cellMM*y)
			}
		}
	}
}

// bilevelOf keeps the rows of a page.
func bilevelOf(t *testing.T, p Page) source {
	t.Helper()
	rows := rowsOf(t, p)
	return bilevelPage(p.Width, p.Height, p.XRes, p.YRes, func(x, y int) bool { return rows[y][x] == '#' }).src
}
