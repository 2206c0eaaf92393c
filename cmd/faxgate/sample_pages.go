package main

import (
	"image"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/math/f64"
)

// drawLetter draws a business letter.
func drawLetter(s *sheet) {
	s.rect(25, 19, 11, 11, 30)
	s.rect(27.2, 21.2, 6.6, 6.6, 255)
	s.rect(29.4, 19, 2.2, 11, 30)
	s.text(40, 25, "bold", 17, 20, "Norden & Hale")
	s.text(40, 30, "regular", 8.5, 70, "Measuring instruments since 1931")
	for i, l := range []string{"Kanalgatan 14", "SE-972 32 Luleå", "fax@norden-hale.example"} {
		s.text(146, 21+float64(i)*4.2, "regular", 8.5, 70, l)
	}
	s.rect(25, 35, 160, 0.35, 60)
	for i, l := range []string{"Meridian Surveyors", "Ms A. Kowalska", "ul. Portowa 8", "80-001 Gdańsk"} {
		s.text(25, 52+float64(i)*5.2, "regular", 10.5, 15, l)
	}
	s.text(146, 52, "regular", 10.5, 15, "2 March 2026")
	s.text(25, 84, "bold", 11.5, 10, "Your enquiry 4471: theodolite NH-20, recalibration")
	y := s.paragraph(25, 95, 160, "Dear Ms Kowalska,")
	for _, p := range []string{
		"thank you for sending the instrument. Our workshop has taken it apart, cleaned the optics and replaced the plate level. The horizontal circle reads within 0.8 seconds of arc over the whole range, which is better than on the day it left our house.",
		"The certificate is on the next page; please sign it and return it by fax, so that the instrument can be handed to the carrier on Thursday. The third page is a photograph taken through the telescope from our roof: the summit is 31 km away, and the cairn on it can be made out.",
		"The costs stay within the estimate of 14 January. Should the carrier's times not suit you, a line to the number above is enough.",
	} {
		y = s.paragraph(25, y+4, 160, p)
	}
	s.text(25, y+9, "regular", 10.5, 15, "Yours sincerely,")
	s.signature(27, y+21, 1)
	s.text(25, y+33, "regular", 10.5, 15, "Ingrid Hale")
	s.text(25, y+38, "italic", 9, 60, "Head of the workshop")
	s.rect(25, 277, 160, 0.25, 120)
	s.text(25, 282, "regular", 7, 90, "Norden & Hale AB  ·  Luleå  ·  org. no. 556000-0000  ·  This letter, a form and a photograph: 3 pages")
}

// paragraph sets words in lines of a width and returns the baseline of the next one.
func (s *sheet) paragraph(x, y, width float64, words string) float64 {
	const size, lead = 10.5, 5.3
	f := s.face("regular", size)
	line := ""
	for w := range strings.FieldsSeq(words) {
		longer := strings.TrimSpace(line + " " + w)
		if float64(font.MeasureString(f, longer))/64 > px(width) {
			s.text(x, y, "regular", size, 15, line)
			y += lead
			longer = w
		}
		line = longer
	}
	s.text(x, y, "regular", size, 15, line)
	return y + lead
}

// signature writes a name that nobody can read.
func (s *sheet) signature(x, y, size float64) {
	s.pen(0.62, 35, func(t float64) (float64, float64) {
		a := t * 2 * math.Pi * 6.2
		height := (3.4 + 3.2*math.Exp(-t*5) + 1.6*math.Sin(t*9)) * size
		return x + (46*t+2.6*math.Cos(a))*size, y - height*math.Sin(a)*(1-0.55*t) - 2*t
	}, 6000)
	s.pen(0.55, 35, func(t float64) (float64, float64) {
		return x + (2+50*t)*size, y + (5.5-2.2*math.Sin(t*3))*size
	}, 2500)
}

// drawForm draws a form that somebody has filled in with a pen, and stamped.
func drawForm(s *sheet) {
	s.rect(20, 18, 170, 13, 25)
	s.text(25, 27, "bold", 17, 255, "CERTIFICATE OF CALIBRATION")
	s.text(155, 26.5, "mono", 11, 255, "No. 20-4471")
	s.bars(20, 36, 62, 12, "204471NH")
	s.text(20, 52, "mono", 8, 60, "* 2 0 4 4 7 1 N H *")
	y := 58.0
	for _, row := range [][4]string{
		{"Owner", "Meridian Surveyors", "Date", "2 March 2026"},
		{"Instrument", "Theodolite NH-20", "Serial no.", "20 118"},
		{"Temperature", "20.1 °C", "Pressure", "1008 hPa"},
		{"Reference", "Collimator K3", "Traceable to", "NMI 0917-26"},
	} {
		s.field(20, y, 100, row[0], row[1])
		s.field(120, y, 70, row[2], row[3])
		y += 13
	}
	s.readings(20, y+7)
	s.text(20, 206, "bold", 10, 15, "Result")
	for i, l := range []string{"within tolerance", "within tolerance after adjustment", "not within tolerance"} {
		s.frame(20, 210+float64(i)*8, 4.5, 4.5, 0.3, 20)
		s.text(27, 213.8+float64(i)*8, "regular", 10, 15, l)
	}
	s.tick(20.6, 220.5)
	s.text(20, 243, "bold", 10, 15, "Remarks")
	for i := range 3 {
		s.rect(20, 252+float64(i)*9, 108, 0.2, 90)
	}
	s.text(23, 250.8, "italic", 13, 45, "plate level replaced, optics cleaned")
	s.text(23, 259.8, "italic", 13, 45, "next calibration: March 2028")
	s.rect(138, 270, 52, 0.3, 20)
	s.text(138, 274, "regular", 8, 70, "Signature")
	s.signature(141, 264, 0.8)
	s.stamp(132, 206)
}

// field is a box with its name in small print and an entry in pen.
func (s *sheet) field(x, y, w float64, name, entry string) {
	s.frame(x, y, w, 13.2, 0.25, 40)
	s.text(x+1.8, y+3.6, "regular", 7, 80, name)
	s.text(x+5, y+10.4, "italic", 13.5, 45, entry)
}

// readings is a table of numbers in small type: what a low resolution loses first.
func (s *sheet) readings(x, y float64) {
	widths := []float64{22, 37, 37, 37, 37}
	head := []string{"Point", "Face left", "Face right", "Mean", "Deviation"}
	rows := [][]string{
		{"1", "0° 00′ 00.0″", "180° 00′ 01.2″", "0° 00′ 00.6″", "+ 0.6″"},
		{"2", "45° 00′ 00.4″", "225° 00′ 00.2″", "45° 00′ 00.3″", "+ 0.3″"},
		{"3", "90° 00′ 01.1″", "270° 00′ 00.3″", "90° 00′ 00.7″", "+ 0.7″"},
		{"4", "135° 00′ 00.2″", "314° 59′ 59.6″", "134° 59′ 59.9″", "− 0.1″"},
		{"5", "180° 00′ 00.9″", "0° 00′ 00.7″", "180° 00′ 00.8″", "+ 0.8″"},
		{"6", "225° 00′ 00.0″", "44° 59′ 59.4″", "224° 59′ 59.7″", "− 0.3″"},
		{"7", "270° 00′ 00.5″", "90° 00′ 00.3″", "270° 00′ 00.4″", "+ 0.4″"},
		{"8", "315° 00′ 00.1″", "134° 59′ 59.7″", "314° 59′ 59.9″", "− 0.1″"},
	}
	s.rect(x, y, 170, 8, 215)
	for i := range len(rows) + 2 {
		s.rect(x, y+float64(i)*8, 170, 0.25, 40)
	}
	left := x
	for col := range widths {
		s.rect(left, y, 0.25, 8*float64(len(rows)+1), 40)
		s.text(left+2, y+5.5, "bold", 9, 20, head[col])
		for i, r := range rows {
			s.text(left+2, y+5.5+8*float64(i+1), "mono", 8.5, 20, r[col])
		}
		left += widths[col]
	}
	s.rect(left, y, 0.25, 8*float64(len(rows)+1)+0.25, 40)
}

// bars draws stripes of two widths, one group for each letter.
func (s *sheet) bars(x, y, width, height float64, letters string) {
	unit := width / float64(len(letters)*13)
	for _, c := range letters {
		pattern := uint(c) * 0x9e5
		for i := range 5 {
			w := unit * float64(1+pattern>>(2*i)&1)
			s.rect(x, y, w, height, 15)
			x += w + unit*float64(1+pattern>>(2*i+1)&1)
		}
	}
}

// tick is a mark made by hand that does not keep to its box.
func (s *sheet) tick(x, y float64) {
	s.pen(0.75, 35, func(t float64) (float64, float64) {
		if t < 0.3 {
			return x + t/0.3*1.6, y + t/0.3*1.9
		}
		u := (t - 0.3) / 0.7
		return x + 1.6 + u*4.6, y + 1.9 - u*6.4 - math.Sin(u*3)*0.5
	}, 900)
}

// stamp is a rubber stamp, put on at an angle and not evenly inked.
func (s *sheet) stamp(x, y float64) {
	pad := &sheet{Gray: image.NewGray(image.Rect(0, 0, int(px(58)), int(px(26)))), fonts: s.fonts, faces: s.faces}
	draw.Draw(pad.Gray, pad.Rect, image.White, image.Point{}, draw.Src)
	pad.frame(1, 1, 56, 24, 0.9, 95)
	pad.frame(2.6, 2.6, 52.8, 20.8, 0.35, 95)
	pad.text(8, 11, "bold", 17, 95, "CALIBRATED")
	pad.text(10, 19, "bold", 11, 95, "02 MAR 2026 · LULEÅ")
	n := newNoise(7)
	for i := range pad.Pix {
		px, py := i%pad.Stride, i/pad.Stride
		if worn := n.fbm(float64(px)/35, float64(py)/35, 4); worn > 0.56 && pad.Pix[i] < 250 {
			pad.Pix[i] += uint8(min((worn-0.56)*900, float64(255-pad.Pix[i])))
		}
	}
	sin, cos := math.Sincos(-9 * math.Pi / 180)
	mark := image.NewGray(s.Rect)
	draw.Draw(mark, mark.Rect, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Transform(mark, f64.Aff3{cos, -sin, px(x), sin, cos, px(y + 9)}, pad.Gray, pad.Rect, draw.Src, nil)
	for i, v := range mark.Pix {
		s.Pix[i] = min(s.Pix[i], v)
	}
}

// drawPhotoPage lays a photograph on a page and writes under it.
func drawPhotoPage(s *sheet) {
	s.text(25, 26, "bold", 13, 15, "Through the telescope of NH-20 no. 20 118")
	s.text(25, 32, "regular", 9, 70, "From the roof of the workshop, 28 February 2026, 08:40, towards NW")
	photo := landscape(1400, 1000)
	r := image.Rect(int(px(25)), int(px(40)), int(px(185)), int(px(40+160*1000.0/1400)))
	draw.CatmullRom.Scale(s.Gray, r, photo, photo.Rect, draw.Src, nil)
	s.frame(25, 40, 160, 160*1000.0/1400, 0.25, 60)
	y := 40 + 160*1000.0/1400 + 8
	y = s.paragraph(25, y, 160, "The ridge is 31 km away, the lake 4 km. Snow, rock, haze and water: a page of greys, which a fax machine must turn into black dots on white paper.")
	s.text(25, y+6, "regular", 8, 80, "Grey scale")
	for i := range 16 {
		s.rect(45+float64(i)*8.6, y+2, 8.6, 6, uint8(i*17))
	}
	s.frame(45, y+2, 16*8.6, 6, 0.2, 60)
	s.text(25, y+20, "regular", 8, 80, "Resolution")
	for i := range 9 {
		pitch := 1.2 / float64(i+1)
		for x := 0.0; x < 13; x += 2 * pitch {
			s.rect(45+float64(i)*15.4+x, y+14, pitch, 8, 0)
		}
	}
	s.Set(0, 0, color.White)
}
