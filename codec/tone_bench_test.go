package codec

import (
	"testing"

	"faxgate/codec/ccitt"
)

// grayRowsOf are rows of a drawn page, all at hand.
func grayRowsOf(d drawn) [][]byte {
	var rows [][]byte
	for row := range d.gray(nil) {
		rows = append(rows, append([]byte(nil), row...))
	}
	return rows
}

func BenchmarkAreaAverage(b *testing.B) {
	rows := grayRowsOf(drawn{4960, 7016, textShade})
	for b.Loop() {
		s := newScaler(4960, 7016, 1728, 2444)
		for _, row := range rows {
			s.gray(row)
			s.add(func([]byte) bool { return true })
		}
	}
}

func benchmarkRows(b *testing.B, shade func(x, y float64) byte, run func(rows func(func([]byte, error) bool), yield func(ccitt.Changes, error) bool)) {
	rows := grayRowsOf(drawn{1728, 2444, shade})
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
	for _, row := range grayRowsOf(drawn{1728, 2444, textShade}) {
		h.add(row)
		g.add(row)
	}
	t := h.tone(g)
	for _, clean := range []bool{true, false} {
		t.clean = clean
		b.Run(map[bool]string{true: "clean", false: "uneven"}[clean], func(b *testing.B) {
			benchmarkRows(b, textShade, func(rows func(func([]byte, error) bool), yield func(ccitt.Changes, error) bool) {
				newSauvola(t, newScreen(Resolution{204, 196}), 1728, Resolution{204, 196}).run(rows, yield)
			})
		})
	}
}
