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
	p := h.darkness(true)
	for v := 226; v < 239; v++ {
		if p[v] != 0 {
			t.Errorf("shade %d of the paper gets darkness %d", v, p[v])
		}
	}
	if p[200] == 0 || p[20] < 200 {
		t.Errorf("the photograph lost its shades: %d at 200, %d at 20", p[200], p[20])
	}
}

func TestAPhotographToTheEdgesKeepsItsHighlights(t *testing.T) {
	var h histogram
	for v := range 256 {
		h[v] = 100
	}
	if p := h.darkness(false); p[235] == 0 {
		t.Error("shade 235 became white although there is no paper around the picture")
	}
}
