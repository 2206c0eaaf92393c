package codec

import (
	"bytes"
	"context"
	"testing"

	"faxgate/codec/pdf"
)

// pagePDF is a PDF of a page of A4 with this content, with a picture /I of 100 by 100 pixels.
func pagePDF(content, picture, data string) []byte {
	return pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>/Font<</F 6 0 R>>>>>>",
		stream("", content), stream("/Type/XObject/Subtype/Image/Width 100/Height 100"+picture, data),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
}

// TestPDFInks: what a page of a PDF is drawn with is told without drawing it, so that a letter does not become a
// photograph.
func TestPDFInks(t *testing.T) {
	const rgb, gray, bits = "/ColorSpace/DeviceRGB/BitsPerComponent 8", "/ColorSpace/DeviceGray/BitsPerComponent 8", "/ColorSpace/DeviceGray/BitsPerComponent 1"
	red := string(bytes.Repeat([]byte{200, 30, 40}, 100*100))
	even := string(bytes.Repeat([]byte{120, 121, 119}, 100*100))
	const show = " 500 0 0 700 40 40 cm /I Do"
	for _, tt := range []struct {
		name                   string
		content, picture, data string
		want                   Kind
	}{
		{"black text", "BT /F 20 Tf 100 700 Td (Dear Sir) Tj ET", gray, "", Bilevel},
		{"white text on black", "0 g 50 600 400 200 re f 1 g BT /F 20 Tf 100 700 Td (Dear Sir) Tj ET", gray, "", Bilevel},
		{"grey lines", "0.5 G 100 100 m 400 400 l S", gray, "", Gray},
		{"a red bar", "0.9 0 0 rg 100 100 300 50 re f", gray, "", Colour},
		{"a red hairline that nobody sees", "0.9 0 0 RG 0.01 w 100 100 m 101 100 l S", gray, "", Gray},
		{"a scan in black and white", show, bits, string(make([]byte, 13*100)), Bilevel},
		{"a scan in grey", show, gray, string(make([]byte, 100*100)), Gray},
		{"a photograph", show, rgb, red, Colour},
		{"a scan in colour of a grey page", show, rgb, even, Gray},
	} {
		doc, err := openPDFWith(t, pagePDF(tt.content, tt.picture, tt.data), func(*pdf.WorkerOptions) {})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Summarise(context.Background(), doc)
		if err != nil || s.Kind != tt.want || !s.Vector {
			t.Errorf("%s: %v, want %v (%v)", tt.name, s.Kind, tt.want, err)
		}
	}
}

// TestPDFColours: a PDF goes out as profile C with its colours, and as grey when that is asked for.
func TestPDFColours(t *testing.T) {
	content := "0.8 0.2 0.2 rg 0 421 595 421 re f 0.2 0.3 0.6 rg 0 0 595 421 re f"
	for _, kind := range []Kind{Colour, Gray} {
		doc, err := openPDFWith(t, pagePDF(content, "", ""), func(*pdf.WorkerOptions) {})
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Profile: Profile{'C', JPEG}, Resolution: Resolution{100, 100}, Kind: kind}
		var out bytes.Buffer
		ctx := context.Background()
		if _, err := Write(ctx, &out, target.Profile, 1, Fit(ctx, doc.Pages(ctx), target)); err != nil {
			t.Fatal(err)
		}
		back, err := open(t, out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		rgb, p := colours(t, back)
		if p.Kind != kind || p.Width != 864 {
			t.Errorf("%v page %d pixels wide, want %v", p.Kind, p.Width, kind)
		}
		for y, want := range map[int][]byte{300: {204, 51, 51}, 900: {51, 77, 153}} {
			got := rgb[3*(y*p.Width+400):][:3]
			if kind == Gray {
				v := luma(want[0], want[1], want[2])
				want = []byte{v, v, v}
			}
			if _, most := off(got, want); most > 4 {
				t.Errorf("%v: row %d is %v, want %v", kind, y, got, want)
			}
		}
	}
}
