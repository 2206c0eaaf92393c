package pdf

import (
	"fmt"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Limits of the search for pictures.
const (
	maxPicture = 160 << 20 // bytes of a decoded one; beyond it the renderer runs out of memory
	maxObjects = 20_000    // looked at on a page
	maxDepth   = 8         // of forms in forms
)

// pictures looks for pictures that the renderer has no memory for: it would leave them out without a word, and an empty
// page would pass for the whole.
type pictures struct {
	engine *engine
	page   requests.Page
	left   int                                                  // objects
	look   func(references.FPDF_PAGEOBJECT, enums.FPDF_PAGEOBJ) // is shown each object
}

func (s *server) pictures(page int) pictures {
	return pictures{engine: s.engine, page: requests.Page{ByIndex: &requests.PageByIndex{Document: s.doc, Index: page}}, left: maxObjects}
}

// check gives an error for the first picture that is too large.
func (p *pictures) check() error {
	n, err := p.engine.pdfium.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: p.page})
	if err != nil {
		return err
	}
	for i := 0; i < n.Count && p.left > 0; i++ {
		o, err := p.engine.pdfium.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: p.page, Index: i})
		if err != nil {
			return err
		}
		if err := p.object(o.PageObject, maxDepth); err != nil {
			return err
		}
	}
	return nil
}

func (p *pictures) object(o references.FPDF_PAGEOBJECT, depth int) error {
	p.left--
	kind, err := p.engine.pdfium.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: o})
	if err != nil {
		return err
	}
	if p.look != nil {
		p.look(o, kind.Type)
	}
	switch kind.Type {
	case enums.FPDF_PAGEOBJ_IMAGE:
		return p.picture(o)
	case enums.FPDF_PAGEOBJ_FORM:
		if depth > 0 {
			return p.form(o, depth)
		}
	}
	return nil
}

func (p *pictures) form(o references.FPDF_PAGEOBJECT, depth int) error {
	n, err := p.engine.pdfium.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: o})
	if err != nil {
		return err
	}
	for i := 0; i < n.Count && p.left > 0; i++ {
		inner, err := p.engine.pdfium.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: o, Index: uint64(i)})
		if err != nil {
			return err
		}
		if err := p.object(inner.PageObject, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// picture compares a picture's size with what there is room for. Where its depth cannot be told it is taken for colour.
func (p *pictures) picture(o references.FPDF_PAGEOBJECT) error {
	m, err := p.engine.pdfium.FPDFImageObj_GetImageMetadata(&requests.FPDFImageObj_GetImageMetadata{ImageObject: o, Page: p.page})
	if err != nil {
		return nil //nolint:nilerr // a picture that is none is not drawn by anyone
	}
	width, height, bits := uint64(m.ImageMetadata.Width), uint64(m.ImageMetadata.Height), uint64(m.ImageMetadata.BitsPerPixel)
	if bits == 0 {
		bits = 24
	}
	if width*height/8 <= maxPicture/bits {
		return nil
	}
	return &workerError{codeTooLarge, fmt.Sprintf("a picture on it has %d by %d pixels, which is more than can be rendered: save the PDF with smaller pictures", width, height)}
}
