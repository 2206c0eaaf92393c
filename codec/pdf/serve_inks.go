package pdf

import (
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Numbers by which inks are told apart.
const (
	greyCast   = 8   // difference of red, green and blue that is still grey
	lookWidth  = 200 // pixels of the small picture in which colours must be seen
	colourCast = 24  // difference that is seen there
	lookHeight = 400
)

// inks looks at the colours of a page's objects, and where some are not grey whether they can be seen: a scanner in colour
// makes colour pictures of black text.
func (s *server) inks(page int) error {
	look := inkLook{pictures: s.pictures(page)}
	look.look = look.object
	if err := look.check(); err != nil {
		return err
	}
	if look.left <= 0 || s.annotated(look.page) {
		look.most = Colours // Not all was looked at.
	}
	if look.most == Colours {
		seen, err := s.coloured(page)
		if err != nil {
			return err
		}
		if !seen {
			look.most = Greys
		}
	}
	return writeFrame(s.out, frameInks, []byte{byte(look.most)})
}

// annotated says whether a page has annotations, which are no objects of it.
func (s *server) annotated(page requests.Page) bool {
	n, err := s.engine.pdfium.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	return err == nil && n.Count > 0
}

// inkLook finds the most that an object of a page needs.
type inkLook struct {
	pictures
	most Inks
}

func (l *inkLook) object(o references.FPDF_PAGEOBJECT, kind enums.FPDF_PAGEOBJ) {
	p := l.engine.pdfium
	switch kind {
	case enums.FPDF_PAGEOBJ_IMAGE:
		l.image(o)
	case enums.FPDF_PAGEOBJ_SHADING:
		l.most = Colours
	case enums.FPDF_PAGEOBJ_TEXT, enums.FPDF_PAGEOBJ_PATH:
		if c, err := p.FPDFPageObj_GetFillColor(&requests.FPDFPageObj_GetFillColor{PageObject: o}); err == nil {
			l.colour(c.FillColor.R, c.FillColor.G, c.FillColor.B, c.FillColor.A)
		}
		if c, err := p.FPDFPageObj_GetStrokeColor(&requests.FPDFPageObj_GetStrokeColor{PageObject: o}); err == nil {
			l.colour(c.StrokeColor.R, c.StrokeColor.G, c.StrokeColor.B, c.StrokeColor.A)
		}
	}
}

func (l *inkLook) colour(r, g, b, a uint) {
	low, high := min(r, g, b), max(r, g, b)
	switch {
	case high-low > greyCast:
		l.most = Colours
	case a < 255 || low > greyCast && high < 255-greyCast:
		l.most = max(l.most, Greys)
	}
}

func (l *inkLook) image(o references.FPDF_PAGEOBJECT) {
	m, err := l.engine.pdfium.FPDFImageObj_GetImageMetadata(&requests.FPDFImageObj_GetImageMetadata{ImageObject: o, Page: l.page})
	if err != nil {
		return
	}
	space := m.ImageMetadata.Colorspace
	grey := space == enums.FPDF_COLORSPACE_DEVICEGRAY || space == enums.FPDF_COLORSPACE_CALGRAY
	switch bits := m.ImageMetadata.BitsPerPixel; {
	case bits == 1:
	case grey || space == enums.FPDF_COLORSPACE_ICCBASED && bits == 8:
		l.most = max(l.most, Greys)
	default:
		l.most = Colours
	}
}

// coloured draws a page small and looks for colours.
func (s *server) coloured(page int) (bool, error) {
	size, err := s.engine.pdfium.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: s.doc, Index: page})
	if err != nil {
		return false, err
	}
	height := lookHeight
	if size.Width > 0 && size.Height > 0 {
		height = int(min(lookHeight, max(1, lookWidth*size.Height/size.Width)))
	}
	band, err := s.engine.newBand(s.doc, page, lookWidth, height, 0, true)
	if err != nil {
		return false, err
	}
	defer band.close()
	pix, err := band.render(0, height, height)
	if err != nil {
		return false, err
	}
	seen := 0
	for i := 0; i+3 <= len(pix); i += 3 {
		if c := pix[i : i+3]; max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > colourCast {
			seen++
		}
	}
	return seen > len(pix)/3/5000, nil // Eleven pixels of A4, each a millimetre wide.
}
