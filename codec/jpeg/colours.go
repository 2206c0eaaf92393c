package jpeg

import (
	"math"
	"slices"
)

// Model is what the samples of a picture mean.
type Model int

// The models.
const (
	Gray   Model = iota
	YCbCr        // of JFIF
	RGB          // sRGB
	CMYK         // 0 is no ink
	YCCK         // Adobe's: YCbCr of CMY, and inverted black
	RGBA         // sRGB with opacity
	CIELab       // of a gamut
)

// Colours turns the samples of a picture into colours.
type Colours struct {
	Model    Model
	Lab      *Lab // of CIELab
	Inverted bool // Gray: 255 is black; CMYK: 255 is no ink
	Weighted bool // RGBA: the colours are multiplied by the opacity already
	Range    *Range
}

// Range is the use that samples of YCbCr make of their 8 bits, where it is not all.
type Range struct{ luma, chroma [256]byte }

// NewRange makes a range of the samples for black and white of Y, and for 0 and the most of Cb and Cr (ReferenceBlackWhite,
// TIFF 6.0 section 20); nil if it is all, or makes no sense.
func NewRange(v [6]float64) *Range {
	black, white, zero, most := v[0], v[1], v[2], v[3]
	if !(white > black && most > zero) || black == 0 && white == 255 && zero == 128 && most == 255 {
		return nil
	}
	r := &Range{}
	for i := range 256 {
		r.luma[i] = clamped((float64(i) - black) * 255 / (white - black))
		r.chroma[i] = clamped((float64(i)-zero)*127/(most-zero) + 128)
	}
	return r
}

func clamped(v float64) byte { return byte(math.Round(min(255, max(0, v)))) }

// spread makes a row of samples use all of their bits.
func (r *Range) spread(samples []byte) {
	for i := 0; i+3 <= len(samples); i += 3 {
		samples[i], samples[i+1], samples[i+2] = r.luma[samples[i]], r.chroma[samples[i+1]], r.chroma[samples[i+2]]
	}
}

// Meaning gives what the samples of a stream mean that stands by itself, by its markers: G3FAX, JFIF and Adobe.
func (h *Header) Meaning() Colours {
	adobe, n := h.Adobe, len(h.Components)
	letters := n == 3 && h.Components[0].ID == 'R' && h.Components[1].ID == 'G' && h.Components[2].ID == 'B'
	switch {
	case h.Fax != nil && n != 4:
		return Colours{Model: CIELab, Lab: NewLab(h.Fax.Gamut, h.Fax.White)}
	case n == 1:
		return Colours{Model: Gray}
	case n == 4 && adobe == 2:
		return Colours{Model: YCCK}
	case n == 4:
		return Colours{Model: CMYK, Inverted: adobe >= 0}
	case !h.JFIF && (adobe == 0 || adobe < 0 && letters):
		return Colours{Model: RGB}
	}
	return Colours{Model: YCbCr}
}

// White gives the samples of a white pixel.
func (c Colours) White() []byte {
	switch {
	case c.Model == YCbCr:
		return []byte{255, 128, 128}
	case c.Model == YCCK:
		return []byte{0, 128, 128, 255}
	case c.Model == CIELab:
		return []byte{255, sample(c.Lab.zero[1]), sample(c.Lab.zero[2])}
	case (c.Model == CMYK) != c.Inverted:
		return []byte{0}
	}
	return []byte{255}
}

// RGB turns a row of pixels with the given number of samples into one of red, green and blue. The samples may be changed.
func (c Colours) RGB(dst, samples []byte, components int) {
	switch {
	case components == 1:
		c.Gray(dst[:len(samples)], samples, 1)
		for i, v := range slices.Backward(dst[:len(samples)]) {
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	case c.Model == CIELab:
		c.Lab.ToRGB(dst, samples)
	case c.Model == YCbCr:
		if c.Range != nil {
			c.Range.spread(samples)
		}
		for i := 0; i+3 <= len(samples); i += 3 {
			dst[i], dst[i+1], dst[i+2] = fromYCbCr(samples[i], samples[i+1], samples[i+2])
		}
	case components == 4:
		for i := 0; i+4 <= len(samples); i += 4 {
			r, g, b := c.ink(samples[i : i+4])
			dst[i/4*3], dst[i/4*3+1], dst[i/4*3+2] = r, g, b
		}
	default:
		copy(dst, samples)
	}
}

// ink turns four samples into a colour.
func (c Colours) ink(s []byte) (r, g, b byte) {
	r, g, b, k := s[0], s[1], s[2], s[3]
	switch {
	case c.Model == RGBA:
		return c.onWhite(r, k), c.onWhite(g, k), c.onWhite(b, k)
	case c.Model == YCCK:
		r, g, b = fromYCbCr(r, g, b)
		r, g, b = ^r, ^g, ^b
	case !c.Inverted:
		r, g, b, k = ^r, ^g, ^b, ^k
	}
	return byte(uint(r) * uint(k) / 255), byte(uint(g) * uint(k) / 255), byte(uint(b) * uint(k) / 255)
}

// onWhite puts a see-through value on white paper.
func (c Colours) onWhite(v, opacity byte) byte {
	paper := 255 - uint32(opacity)
	if c.Weighted {
		return byte(min(255, uint32(v)+paper))
	}
	return byte((uint32(v)*uint32(opacity) + 255*paper + 127) / 255)
}

// Lightness says whether the first sample of a pixel tells its shade.
func (c Colours) Lightness(components int) bool {
	return components == 1 || c.Model == YCbCr || c.Model == CIELab
}

// Gray turns a row of pixels into shades of grey.
func (c Colours) Gray(dst, samples []byte, components int) {
	switch {
	case c.Model == CIELab:
		for i := range dst {
			dst[i] = c.Lab.grey[samples[i*components]]
		}
	case components == 1 || c.Model == YCbCr:
		for i := range dst {
			dst[i] = samples[i*components]
		}
		for i := range dst {
			if c.Inverted {
				dst[i] = ^dst[i]
			}
			if c.Range != nil {
				dst[i] = c.Range.luma[dst[i]]
			}
		}
	case components == 4:
		for i := range dst {
			dst[i] = luma(c.ink(samples[4*i : 4*i+4]))
		}
	default:
		for i := range dst {
			dst[i] = luma(samples[3*i], samples[3*i+1], samples[3*i+2])
		}
	}
}

// luma is that of YCbCr.
func luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// fromYCbCr is JFIF's conversion (ITU-T T.871 section 7), in 16 bits behind the point.
func fromYCbCr(luma, blue, red byte) (r, g, b byte) {
	y, cb, cr := int32(luma)<<16+1<<15, int32(blue)-128, int32(red)-128
	return clip(y + 91881*cr), clip(y - 22554*cb - 46802*cr), clip(y + 116130*cb)
}

func clip(v int32) byte { return byte(min(255, max(0, v>>16))) }

// ToYCbCr turns a row of red, green and blue into one of YCbCr, in place if they are the same.
func ToYCbCr(dst, rgb []byte) {
	for i := 0; i+3 <= len(rgb); i += 3 {
		r, g, b := int32(rgb[i]), int32(rgb[i+1]), int32(rgb[i+2])
		dst[i] = luma(rgb[i], rgb[i+1], rgb[i+2])
		dst[i+1] = clip(-11059*r - 21709*g + 32768*b + 128<<16 + 1<<15 - 1)
		dst[i+2] = clip(32768*r - 27439*g - 5329*b + 128<<16 + 1<<15 - 1)
	}
}
