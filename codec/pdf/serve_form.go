package pdf

import (
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"
)

// forms makes the filled-in fields of a form show: PDFium draws them only with a form environment, whose callbacks are for
// programs with a screen and do nothing here. A document without a form, or with a broken one, is drawn without.
func (e *engine) forms(doc references.FPDF_DOCUMENT) {
	kind, err := e.pdfium.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: doc})
	if err != nil || kind.FormType == enums.FPDF_FORMTYPE_NONE {
		return
	}
	form, err := e.pdfium.FPDFDOC_InitFormFillEnvironment(&requests.FPDFDOC_InitFormFillEnvironment{
		Document: doc,
		FormFillInfo: structs.FPDF_FORMFILLINFO{
			FFI_Invalidate:   func(references.FPDF_PAGE, float64, float64, float64, float64) {},
			FFI_SetCursor:    func(enums.FXCT) {},
			FFI_SetTimer:     func(int, func(int)) int { return 0 },
			FFI_KillTimer:    func(int) {},
			FFI_GetLocalTime: func() structs.FPDF_SYSTEMTIME { return structs.FPDF_SYSTEMTIME{} },
			FFI_GetPage: func(references.FPDF_DOCUMENT, int) *references.FPDF_PAGE {
				return nil
			},
			FFI_GetRotation:        func(references.FPDF_PAGE) enums.FPDF_PAGE_ROTATION { return 0 },
			FFI_ExecuteNamedAction: func(string) {},
		},
	})
	if err == nil {
		e.form = form.FormHandle
	}
}

// drawForm draws the fields of a page over it.
func (b *band) drawForm(top, height int) error {
	if b.engine.form == "" {
		return nil
	}
	_, err := b.engine.pdfium.FPDF_FFLDraw(&requests.FPDF_FFLDraw{
		FormHandle: b.engine.form, Bitmap: b.bitmap, Page: b.page, StartY: -top, SizeX: b.width, SizeY: height, Rotate: b.turn,
		Flags: b.flags(),
	})
	return err
}
