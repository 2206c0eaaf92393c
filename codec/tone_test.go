package codec

import "testing"

func TestPaperAroundAPhotographIsWhite(t *testing.T) {
	var h histogram
	for v := range 256 {
		h[v] = 100 // the photograph has every shade
	}
	for v := 226; v < 239; v++ {
		h[v] += 2000 // and the paper its grain
	}
	p := h.photo()
	for v := 226; v < 239; v++ {
		if p.table[v] != 0 {
			t.Errorf("shade %d of the paper gets darkness %d", v, p.table[v])
		}
	}
	if p.table[200] == 0 || p.table[20] < 200 {
		t.Errorf("the photograph lost its shades: %d at 200, %d at 20", p.table[200], p.table[20])
	}
}

func TestAPhotographToTheEdgesKeepsItsHighlights(t *testing.T) {
	var h histogram
	for v := range 256 {
		h[v] = 100
	}
	if p := h.photo(); p.table[235] == 0 {
		t.Error("shade 235 became white although there is no paper around the picture")
	}
}
