package ccitt

import (
	"fmt"
	"math/rand/v2"
)

// widths are the standard ones of A4 to A3 at 200 to 600 dpi, and odd ones.
var widths = []int{1728, 2048, 2432, 3456, 5184, 7296, 1, 7, 63, 64, 65, 1001}

var kinds = []string{"text", "halftone", "noise", "blank", "black", "stripes", "edges"}

// testPage draws a page of packed rows.
func testPage(kind string, width, height int) []byte {
	stride := (width + 7) / 8
	page := make([]byte, stride*height)
	set := func(x, y int) {
		if x >= 0 && x < width && y < height {
			page[y*stride+x/8] |= 0x80 >> (x % 8)
		}
	}
	rng := rand.New(rand.NewPCG(1, uint64(width)))
	switch kind {
	case "text":
		drawText(rng, width, height, set)
	default:
		for y := range height {
			for x := range width {
				if dot(kind, rng, x, y, width) {
					set(x, y)
				}
			}
		}
	}
	return page
}

// drawText puts strokes of letter size in lines, with margins.
func drawText(rng *rand.Rand, width, height int, set func(x, y int)) {
	for line := 8; line < height; line += 40 {
		for x := width / 12; x < width-width/12; x += 18 + rng.IntN(10) {
			for range 2 + rng.IntN(3) {
				x0, y0 := x+rng.IntN(10), line+rng.IntN(16)
				dx, dy := rng.IntN(3)-1, 1
				for i := range 8 + rng.IntN(16) {
					for s := range 3 {
						set(x0+i*dx/2+s, y0+i*dy)
					}
				}
			}
		}
	}
}

func dot(kind string, rng *rand.Rand, x, y, width int) bool {
	switch kind {
	case "halftone":
		dx, dy := x%8-4, (y+x/8%2*4)%8-4
		return dx*dx+dy*dy < 2+14*x/width
	case "noise":
		return rng.IntN(2) == 0
	case "black":
		return true
	case "stripes":
		return x%2 == y%2
	case "edges":
		return x == 0 || x == width-1 || y%5 == 0 && x > width/2
	}
	return false
}

// form is a way to code a page.
type form struct {
	name       string
	p          Params
	tiff, opts int // TIFF compression and T4Options
}

var forms = []form{
	{"MH", Params{Coding: MH, EOL: true}, 3, 0},
	{"MH aligned", Params{Coding: MH, EOL: true, ByteAlign: true}, 3, 4},
	{"MH RTC", Params{Coding: MH, EOL: true, RTC: true}, 3, 0},
	{"RLE", Params{Coding: MH}, 2, -1},
	{"MR", Params{Coding: MR, K: 4}, 3, 1},
	{"MR K=2 RTC", Params{Coding: MR, K: 2, RTC: true}, 3, 1},
	{"MR aligned", Params{Coding: MR, K: 32, ByteAlign: true}, 3, 5},
	{"MMR", Params{Coding: MMR}, 4, -1},
}

// eachCase calls f for every form, kind and width.
func eachCase(height int, f func(name string, fm form, page []byte)) {
	for _, width := range widths {
		for _, kind := range kinds {
			page := testPage(kind, width, height)
			for i, fm := range forms {
				fm.p.Width, fm.p.Rows = width, height
				fm.p.LSBFirst = (i+width)%2 == 0
				f(fmt.Sprintf("%s/%s/%d", fm.name, kind, width), fm, page)
			}
		}
	}
}
