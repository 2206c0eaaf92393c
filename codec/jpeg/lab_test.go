package jpeg_test

import (
	"bytes"
	"math"
	"testing"

	fax "faxgate/codec/jpeg"
)

// wide holds every colour of sRGB.
var wide = fax.Gamut{Min: [3]float64{0, -128, -128}, Max: [3]float64{100, 127, 127}}

// values gives L*, a* and b* of samples.
func values(g fax.Gamut, s []byte) (v [3]float64) {
	for i := range v {
		v[i] = g.Min[i] + float64(s[i])*(g.Max[i]-g.Min[i])/255
	}
	return v
}

// TestLabValues: CIELAB by D50 of the colours that CSS Color Module Level 4 gives it for.
func TestLabValues(t *testing.T) {
	lab := fax.NewLab(wide, fax.D50)
	for _, tt := range []struct {
		name string
		rgb  []byte
		want [3]float64
	}{
		{"white", []byte{255, 255, 255}, [3]float64{100, 0, 0}},
		{"black", []byte{0, 0, 0}, [3]float64{0, 0, 0}},
		{"red", []byte{255, 0, 0}, [3]float64{54.29, 80.80, 69.89}},
		{"lime", []byte{0, 255, 0}, [3]float64{87.82, -79.27, 80.99}},
		{"blue", []byte{0, 0, 255}, [3]float64{29.57, 68.29, -112.03}},
		{"grey", []byte{119, 119, 119}, [3]float64{50.03, 0, 0}},
	} {
		samples, back := make([]byte, 3), make([]byte, 3)
		lab.FromRGB(samples, tt.rgb)
		got := values(wide, samples)
		for i := range got {
			if math.Abs(got[i]-tt.want[i]) > 0.51 { // Half a step of a* and b*.
				t.Errorf("%s: %.2f, want %.2f", tt.name, got, tt.want)
			}
		}
		lab.ToRGB(back, samples)
		if _, most := meanError(back, tt.rgb); most > 12 { // Steps of b* are large where sRGB ends.
			t.Errorf("%s: comes back as %v", tt.name, back)
		}
	}
}

// TestLabD65: without the way to D50 grey stays grey, and red has the values that are known for D65.
func TestLabD65(t *testing.T) {
	lab := fax.NewLab(wide, fax.D65)
	samples := make([]byte, 3)
	lab.FromRGB(samples, []byte{255, 0, 0})
	got := values(wide, samples)
	for i, want := range []float64{53.24, 80.09, 67.20} {
		if math.Abs(got[i]-want) > 0.51 {
			t.Errorf("red: %.2f", got)
		}
	}
}

// TestDefaultGamut: the ends are those of RFC 3949 section 6.2.3.
func TestDefaultGamut(t *testing.T) {
	want := fax.Gamut{Min: [3]float64{0, -21760.0 / 255, -19200.0 / 255}, Max: [3]float64{100, 21590.0 / 255, 31800.0 / 255}}
	if g := fax.DefaultGamut(); !g.Near(want) {
		t.Errorf("%v, want %v", g, want)
	}
	if wide.Near(want) {
		t.Error("different gamuts are near")
	}
}

// TestOutOfGamut: blue is outside of the default gamut; it keeps its lightness and hue.
func TestOutOfGamut(t *testing.T) {
	g := fax.DefaultGamut()
	samples := make([]byte, 3)
	fax.NewLab(g, fax.D50).FromRGB(samples, []byte{0, 0, 255})
	v := values(g, samples)
	if math.Abs(v[0]-29.57) > 0.5 {
		t.Errorf("L* is %.2f", v[0])
	}
	if hue := math.Atan2(v[2], v[1]) - math.Atan2(-112.03, 68.29); math.Abs(hue) > 0.02 {
		t.Errorf("hue is off by %.3f: %v", hue, v)
	}
	if v[2] > -74 {
		t.Errorf("b* is %.2f, the gamut ends at %.2f", v[2], g.Min[2])
	}
}

// TestLabGray: shades go to L* and come back.
func TestLabGray(t *testing.T) {
	lab := fax.NewLab(fax.DefaultGamut(), fax.D50)
	gray, samples, back := make([]byte, 256), make([]byte, 256), make([]byte, 256)
	for i := range gray {
		gray[i] = byte(i)
	}
	lab.FromGray(samples, gray)
	if samples[0] != 0 || samples[255] != 255 || samples[119] != 128 { // L* 50.03 of 100
		t.Errorf("black %d, mid grey %d, white %d", samples[0], samples[119], samples[255])
	}
	lab.ToGray(back, samples)
	if _, most := meanError(back, gray); most > 1 {
		t.Errorf("shades come back %d off", most)
	}
}

// TestBadGamut: a gamut of nothing is taken for the default.
func TestBadGamut(t *testing.T) {
	want, got := make([]byte, 3), make([]byte, 3)
	fax.NewLab(fax.DefaultGamut(), fax.D50).FromRGB(want, []byte{200, 100, 50})
	for _, g := range []fax.Gamut{{}, {Min: [3]float64{0, 10, 0}, Max: [3]float64{100, -10, 5}}, {Min: [3]float64{math.NaN()}}, {Max: [3]float64{math.Inf(1), 1, 1}}} {
		fax.NewLab(g, 9).FromRGB(got, []byte{200, 100, 50})
		if !bytes.Equal(got, want) {
			t.Errorf("%v: %v, want %v", g, got, want)
		}
	}
}

// deltaE is CIE76 between two rows of sRGB, by double precision and the definitions: nothing of the package is used.
func deltaE(a, b []byte) float64 {
	sum := 0.0
	for i := 0; i+3 <= len(a); i += 3 {
		p, q := exactLab(a[i:]), exactLab(b[i:])
		sum += math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	return sum / float64(len(a)/3)
}

func exactLab(rgb []byte) (lab [3]float64) {
	var lin, f [3]float64
	for i := range lin {
		v := float64(rgb[i]) / 255
		if lin[i] = v / 12.92; v > 0.04045 {
			lin[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	white := [3]float64{0.96422, 1, 0.82521}
	for i, m := range [3][3]float64{
		{0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733},
	} {
		t := (m[0]*lin[0] + m[1]*lin[1] + m[2]*lin[2]) / white[i]
		if f[i] = math.Cbrt(t); t <= 216.0/24389 {
			f[i] = (24389.0/27*t + 16) / 116
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// TestScene: the picture goes through CIELAB, baseline JPEG with the colours at half resolution, and back.
func TestScene(t *testing.T) {
	const w, h = 432, 320
	rgb := scene(w, h)
	lab := fax.NewLab(fax.DefaultGamut(), fax.D50)
	samples := make([]byte, len(rgb))
	lab.FromRGB(samples, rgb)
	back := make([]byte, len(rgb))
	lab.ToRGB(back, samples)
	if e := deltaE(rgb, back); e > 0.6 {
		t.Errorf("8-bit CIELAB alone costs a mean ΔE of %.2f", e)
	}
	data := encode(t, fax.Params{
		Width: w, Height: h, Components: 3, Sampling: 2, Quality: 90, Segments: []fax.Segment{fax.FaxSegment(200)},
	}, samples)
	hdr, err := fax.ReadHeader(bytes.NewReader(data))
	if err != nil || hdr.Fax == nil || hdr.Fax.DPI != 200 || hdr.Fax.Version != 1994 || !hdr.Leading || hdr.Fax.Custom {
		t.Fatalf("%+v, %v", hdr.Fax, err)
	}
	p, err := fax.Decode(bytes.NewReader(data), fax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	meaning := hdr.Meaning()
	rows := p.Rows()
	for y := range h {
		rows.Row(samples[y*3*w:][:3*w], y)
	}
	meaning.RGB(back, samples, 3)
	if e := deltaE(rgb, back); e > 1.5 {
		t.Errorf("mean ΔE %.2f", e)
	} else {
		t.Logf("mean ΔE %.2f", e)
	}
}
