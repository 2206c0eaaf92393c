package codec

import (
	"slices"

	"faxgate/codec/ccitt"
)

// halftone makes black dots of shades, row by row from the top.
type halftone interface {
	// row finds the changes of row y of darkness. 0 stays white and 255 black whatever is around.
	row(dst ccitt.Changes, dark []byte, y int) ccitt.Changes
}

// diffusion is the error diffusion of R. Floyd and L. Steinberg, "An adaptive algorithm for spatial greyscale" (1976), every
// second row from right to left: it keeps the finest detail, and its scattered dots are what JBIG codes well and MMR badly.
type diffusion struct {
	errors []int32 // of the row above, in sixteenths, each where it is due
}

func newDiffusion(width int) *diffusion { return &diffusion{errors: make([]int32, width)} }

func (d *diffusion) row(dst ccitt.Changes, dark []byte, y int) ccitt.Changes {
	if y%2 == 1 {
		return d.leftwards(dst, dark)
	}
	dst = dst[:0]
	black := false
	var e1, e2 int32 // errors of the last two pixels
	due := d.errors[:len(dark)]
	for x, v := range dark {
		is, e := diffuse(v, due[x]+7*e1)
		if x > 0 {
			due[x-1] = e2 + 5*e1 + 3*e
		}
		e1, e2 = e, e1
		if is != black {
			black = is
			dst = append(dst, int32(x))
		}
	}
	due[len(due)-1] = e2 + 5*e1
	return closed(dst, len(dark))
}

func (d *diffusion) leftwards(dst ccitt.Changes, dark []byte) ccitt.Changes {
	dst = dst[:0]
	black := false
	var e1, e2 int32
	due := d.errors[:len(dark)]
	for i := range dark {
		x := len(dark) - 1 - i
		is, e := diffuse(dark[x], due[x]+7*e1)
		if x+1 < len(due) {
			due[x+1] = e2 + 5*e1 + 3*e
			if is != black {
				dst = append(dst, int32(x+1))
			}
		}
		black = is
		e1, e2 = e, e1
	}
	due[0] = e2 + 5*e1
	if black {
		dst = append(dst, 0)
	}
	slices.Reverse(dst)
	return closed(dst, len(dark))
}

// diffuse decides about a pixel with the error that it is due, in sixteenths, and gives its own. Pure white and black have
// none: what a photograph spills over does not get into writing and paper next to it.
func diffuse(dark byte, due int32) (black bool, e int32) {
	if dark == 0 || dark == 255 {
		return dark != 0, 0
	}
	v := int32(dark) + (due+8)>>4
	if v >= 128 {
		return true, v - 255
	}
	return false, v
}
