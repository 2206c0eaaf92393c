package jpeg

import "math"

// Gamut says what the samples of CIELAB mean: the values of L*, a* and b* at samples 0 and 255, as the Decode field of
// RFC 3949 section 6.2.3 has them.
type Gamut struct{ Min, Max [3]float64 }

// DefaultGamut is that of ITU-T T.42 for 8 bits: L* from 0 to 100, a* from -85.3 to 84.7, b* from -75.3 to 124.7.
func DefaultGamut() Gamut {
	return newGamut([3]float64{0, 128, 96}, [3]float64{100, 170, 200})
}

// newGamut makes a gamut of T.42's offsets (P) and ranges (Q): a sample is 255·v/Q + P.
func newGamut(offset, span [3]float64) (g Gamut) {
	for i := range offset {
		g.Min[i] = -offset[i] * span[i] / 255
		g.Max[i] = (255 - offset[i]) * span[i] / 255
	}
	return g
}

// Near says whether two gamuts are the same but for rounding.
func (g Gamut) Near(o Gamut) bool {
	for i := range g.Min {
		if math.Abs(g.Min[i]-o.Min[i]) > 0.01 || math.Abs(g.Max[i]-o.Max[i]) > 0.01 {
			return false
		}
	}
	return true
}

// usable says whether the gamut gives colours at all.
func (g Gamut) usable() bool {
	for i := range g.Min {
		if !(math.Abs(g.Min[i]) <= 1000 && math.Abs(g.Max[i]) <= 1000 && g.Max[i] > g.Min[i]) {
			return false
		}
	}
	return true
}

// White is the white of a CIELAB space, T.4 annex E.6.7.
type White byte

// The illuminants that are told apart. D50 is T.42's.
const (
	D50 White = iota
	D65
)

// matrix is a linear map of three numbers.
type matrix [3][3]float32

// From linear sRGB (IEC 61966-2-1) to X, Y, Z by the white: adapted from D65 to D50 by Bradford's way for the one, as
// ICC.1 has it, and as they are for the other. The rows are divided by the white.
var fromRGB = [2]matrix{
	D50: {
		{0.4360747 / 0.96422, 0.3850649 / 0.96422, 0.1430804 / 0.96422},
		{0.2225045, 0.7168786, 0.0606169},
		{0.0139322 / 0.82521, 0.0971045 / 0.82521, 0.7141733 / 0.82521},
	},
	D65: {
		{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
		{0.2126729, 0.7151522, 0.0721750},
		{0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883},
	},
}

// inverse solves by cofactors.
func (m matrix) inverse() (out matrix) {
	at := func(r, c int) float64 { return float64(m[r%3][c%3]) }
	minor := func(r, c int) float64 { return at(r+1, c+1)*at(r+2, c+2) - at(r+1, c+2)*at(r+2, c+1) }
	det := at(0, 0)*minor(0, 0) + at(0, 1)*minor(0, 1) + at(0, 2)*minor(0, 2)
	for r := range 3 {
		for c := range 3 {
			out[r][c] = float32(minor(c, r) / det)
		}
	}
	return out
}

// CIE 15: where the cube root gives way to a line.
const (
	labEpsilon = 216.0 / 24389
	labKappa   = 24389.0 / 27
)

// labF is CIELAB's function of X, Y or Z over white.
func labF(t float64) float64 {
	if t > labEpsilon {
		return math.Cbrt(t)
	}
	return (labKappa*t + 16) / 116
}

// linear undoes the transfer function of sRGB.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// encoded is the transfer function of sRGB.
func encoded(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// Steps of the tables between which values are taken.
const (
	rootSteps  = 4096
	gammaSteps = 1 << 14
)

// Lab turns colours of sRGB into samples of CIELAB and back. It is not changed by use.
type Lab struct {
	to, from matrix
	linear   [256]float32
	root     [rootSteps + 2]float32
	scale    [3]float32 // samples for each unit of L*, a* and b*
	zero     [3]float32 // sample of 0
	low      [3]float32
	high     [3]float32

	light  [256]float32      // (L*+16)/116 by sample
	red    [256]float32      // a*/500
	yellow [256]float32      // b*/200
	gamma  [gammaSteps]uint8 // sRGB by linear value
	grey   [256]uint8        // sRGB by sample of L*
}

// NewLab makes the tables of a gamut and white. A gamut that makes no sense is taken for the default.
func NewLab(g Gamut, w White) *Lab {
	if !g.usable() {
		g = DefaultGamut()
	}
	if w > D65 {
		w = D50
	}
	l := &Lab{to: fromRGB[w], from: fromRGB[w].inverse()}
	for i := range l.linear {
		l.linear[i] = float32(linear(float64(i) / 255))
	}
	for i := range l.root {
		l.root[i] = float32(labF(float64(i) / rootSteps))
	}
	for i := range l.gamma {
		l.gamma[i] = uint8(math.Round(255 * encoded(float64(i)/(gammaSteps-1))))
	}
	for i := range l.scale {
		span := g.Max[i] - g.Min[i]
		l.scale[i], l.zero[i] = float32(255/span), float32(-255*g.Min[i]/span)
		l.low[i], l.high[i] = float32(g.Min[i]), float32(g.Max[i])
	}
	for i := range 256 {
		value := func(c int) float64 { return g.Min[c] + float64(i)*(g.Max[c]-g.Min[c])/255 }
		l.light[i], l.red[i], l.yellow[i] = float32((value(0)+16)/116), float32(value(1)/500), float32(value(2)/200)
		l.grey[i] = l.shade(cube(l.light[i]))
	}
	return l
}

// f takes CIELAB's function from the table.
func (l *Lab) f(t float32) float32 {
	t = min(1, max(0, t)) * rootSteps
	i := int(t)
	return l.root[i] + (l.root[i+1]-l.root[i])*(t-float32(i))
}

// FromRGB turns pixels of red, green and blue into pixels of three samples. Colours outside of the gamut keep their
// lightness and hue and lose of their chroma.
func (l *Lab) FromRGB(dst, rgb []byte) {
	m := &l.to
	for i := 0; i+3 <= len(rgb); i += 3 {
		r, g, b := l.linear[rgb[i]], l.linear[rgb[i+1]], l.linear[rgb[i+2]]
		fx := l.f(m[0][0]*r + m[0][1]*g + m[0][2]*b)
		fy := l.f(m[1][0]*r + m[1][1]*g + m[1][2]*b)
		fz := l.f(m[2][0]*r + m[2][1]*g + m[2][2]*b)
		red, yellow := 500*(fx-fy), 200*(fy-fz)
		if share := min(l.room(1, red), l.room(2, yellow)); share < 1 {
			red, yellow = red*share, yellow*share
		}
		dst[i] = sample((116*fy-16)*l.scale[0] + l.zero[0])
		dst[i+1] = sample(red*l.scale[1] + l.zero[1])
		dst[i+2] = sample(yellow*l.scale[2] + l.zero[2])
	}
}

// room gives the share of a value that the gamut holds.
func (l *Lab) room(c int, v float32) float32 {
	switch {
	case v > l.high[c] && l.high[c] > 0:
		return l.high[c] / v
	case v < l.low[c] && l.low[c] < 0:
		return l.low[c] / v
	}
	return 1
}

// FromGray turns shades of grey, coded as in sRGB, into samples of L*.
func (l *Lab) FromGray(dst, gray []byte) {
	for i, v := range gray {
		dst[i] = sample((116*l.f(l.linear[v])-16)*l.scale[0] + l.zero[0])
	}
}

func sample(v float32) byte { return byte(min(255, max(0, v)) + 0.5) }

// ToRGB turns pixels of three samples into pixels of red, green and blue.
func (l *Lab) ToRGB(dst, samples []byte) {
	m := &l.from
	for i := 0; i+3 <= len(samples); i += 3 {
		fy := l.light[samples[i]]
		x, y, z := cube(fy+l.red[samples[i+1]]), cube(fy), cube(fy-l.yellow[samples[i+2]])
		dst[i] = l.shade(m[0][0]*x + m[0][1]*y + m[0][2]*z)
		dst[i+1] = l.shade(m[1][0]*x + m[1][1]*y + m[1][2]*z)
		dst[i+2] = l.shade(m[2][0]*x + m[2][1]*y + m[2][2]*z)
	}
}

// ToGray turns samples of L* into shades of grey, coded as in sRGB.
func (l *Lab) ToGray(dst, samples []byte) {
	for i, v := range samples {
		dst[i] = l.grey[v]
	}
}

// cube undoes labF.
func cube(f float32) float32 {
	if f > 6.0/29 {
		return f * f * f
	}
	return (116*f - 16) / labKappa
}

// shade codes a linear value as in sRGB.
func (l *Lab) shade(v float32) byte {
	return l.gamma[int(min(1, max(0, v))*(gammaSteps-1)+0.5)]
}
