package codec

import (
	"slices"
	"testing"

	"faxgate/codec/ccitt"
)

// grayRowsOf are rows of a drawn page, all at hand.
func grayRowsOf(t testing.TB, d drawn) (rows [][]byte) {
	t.Helper()
	for row, err := range d.gray(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, slices.Clone(row))
	}
	return rows
}

func BenchmarkAreaAverage(b *testing.B) {
	rows := grayRowsOf(b, drawn{4960, 7016, textShade})
	for b.Loop() {
		s := newReducer(4960, 7016, 1728, 2444)
		for _, row := range rows {
			s.take(row, func([]byte) bool { return true })
		}
	}
}

func benchmarkRows(b *testing.B, shade func(x, y float64) byte, run func(rows func(func([]byte, error) bool), yield func(ccitt.Changes, error) bool)) {
	rows := grayRowsOf(b, drawn{1728, 2444, shade})
	for b.Loop() {
		run(func(yield func([]byte, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}, func(ccitt.Changes, error) bool { return true })
	}
}

func BenchmarkSauvola(b *testing.B) {
	var h histogram
	g := newCells(1728, Resolution{204, 196})
	for _, row := range grayRowsOf(b, drawn{1728, 2444, textShade}) {
		h.add(row)
		g.add(row)
	}
	t := h.tone(g)
	for _, clean := range []bool{true, false} {
		t.clean, t.cells = clean, &cells{} // Nothing is known to be empty.
		b.Run(map[bool]string{true: "clean", false: "uneven"}[clean], func(b *testing.B) {
			benchmarkRows(b, textShade, func(rows func(func([]byte, error) bool), yield func(ccitt.Changes, error) bool) {
				newSauvola(t, newScreen(Resolution{204, 196}, MMR), 1728, Resolution{204, 196}).run(rows, yield)
			})
		})
	}
}

func BenchmarkLook(b *testing.B) {
	for name, shade := range map[string]func(x, y float64) byte{"text": textShade, "photo": photoShade} {
		b.Run(name, func(b *testing.B) {
			rows := grayRowsOf(b, drawn{1728, 2444, shade})
			for b.Loop() {
				h, g := &histogram{}, newCells(1728, Resolution{204, 196})
				for _, row := range rows {
					h.add(row)
					g.add(row)
				}
				h.tone(g)
			}
		})
	}
}

func BenchmarkDots(b *testing.B) {
	for name, dots := range map[string]halftone{"screen": newScreen(Resolution{204, 196}, MMR), "diffusion": newDiffusion(1728)} {
		b.Run(name, func(b *testing.B) {
			rows := grayRowsOf(b, drawn{1728, 2444, photoShade})
			var c ccitt.Changes
			for b.Loop() {
				for y, row := range rows {
					c = dots.row(c, row, y)
				}
			}
		})
	}
}

// BenchmarkFit is the whole way of a grey page of 600 dots per inch to two colours at 204×196.
func BenchmarkFit(b *testing.B) {
	for name, sheet := range map[string]*canvas{"text": textSheet(b, 600), "mixed": mixedSheet(b, 600), "photo": photoSheet(b, 600)} {
		for _, dots := range []Halftone{HalftoneScreen, HalftoneDiffusion} {
			b.Run(name+"/"+string(dots), func(b *testing.B) {
				for b.Loop() {
					for p, err := range Fit(b.Context(), one(sheet.page()), Target{Profile: Profile{'F', MMR}, Halftone: dots}) {
						if err != nil {
							b.Fatal(err)
						}
						for _, err := range p.Changes(b.Context()) {
							if err != nil {
								b.Fatal(err)
							}
						}
					}
				}
			})
		}
	}
}

func BenchmarkDeskew(b *testing.B) {
	p := textSheet(b, 300).askew(2).page()
	b.Run("find", func(b *testing.B) {
		for b.Loop() {
			if _, err := (Clean{true, true, true}).look(b.Context(), p, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	rows := grayRowsOf(b, drawn{1728, 2444, textShade})
	b.Run("turn", func(b *testing.B) {
		for b.Loop() {
			newRotation(2, 1728, 2444, 1, 255, Resolution{204, 196}).rows(func(yield func([]byte, error) bool) {
				for _, row := range rows {
					if !yield(row, nil) {
						return
					}
				}
			})(func([]byte, error) bool { return true })
		}
	})
}
