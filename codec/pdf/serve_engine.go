package pdf

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// engine is PDFium, compiled to WebAssembly and run by wazero.
type engine struct {
	pool   pdfium.Pool
	pdfium pdfium.Pdfium
	form   references.FPDF_FORMHANDLE
}

func newEngine(cacheDir string) (*engine, error) {
	e := &engine{}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(servePages)
	if cacheDir != "" {
		if err := os.MkdirAll(cacheDir, 0o700); err != nil {
			return nil, fmt.Errorf("create the compile cache: %w", err)
		}
		cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
		if err != nil {
			return nil, fmt.Errorf("open the compile cache: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MinIdle: 0, MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // Nil would mount the root directory.
		RuntimeConfig: config,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start the renderer: %w", err)
	}
	e.pool = pool
	if e.pdfium, err = pool.GetInstance(time.Minute); err != nil {
		return nil, fmt.Errorf("start the renderer: %w", err)
	}
	return e, nil
}

// band is a strip of a page in the renderer's memory.
type band struct {
	engine *engine
	page   requests.Page
	bitmap references.FPDF_BITMAP
	width  int
	rows   int
	stride int
	turn   enums.FPDF_PAGE_ROTATION
	colour bool // else grey
}

func (e *engine) newBand(doc references.FPDF_DOCUMENT, page, width, rows, quarters int, colour bool) (*band, error) {
	stride, format := (width+3)&^3, enums.FPDF_BITMAP_FORMAT_GRAY
	if colour {
		stride, format = 4*width, enums.FPDF_BITMAP_FORMAT_BGRX
	}
	bitmap, err := e.pdfium.FPDFBitmap_CreateEx(&requests.FPDFBitmap_CreateEx{
		Width: width, Height: rows, Format: format, Pointer: uint64(0), Stride: stride,
	})
	if err != nil {
		return nil, err
	}
	ref := requests.Page{ByIndex: &requests.PageByIndex{Document: doc, Index: page}}
	return &band{e, ref, bitmap.Bitmap, width, rows, stride, enums.FPDF_PAGE_ROTATION(quarters & 3), colour}, nil
}

func (b *band) close() {
	_, _ = b.engine.pdfium.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: b.bitmap})
}

// render draws rows rows from top of a page that is height rows high and returns them without padding.
func (b *band) render(top, rows, height int) ([]byte, error) {
	p := b.engine.pdfium
	if _, err := p.FPDFBitmap_FillRect(&requests.FPDFBitmap_FillRect{
		Bitmap: b.bitmap, Width: b.width, Height: b.rows, Color: 0xFFFFFFFF,
	}); err != nil {
		return nil, err
	}
	if _, err := p.FPDF_RenderPageBitmap(&requests.FPDF_RenderPageBitmap{
		Bitmap: b.bitmap, Page: b.page, StartY: -top, SizeX: b.width, SizeY: height, Rotate: b.turn,
		Flags: b.flags(),
	}); err != nil {
		return nil, err
	}
	if err := b.drawForm(top, height); err != nil {
		return nil, err
	}
	view, err := p.FPDFBitmap_GetBuffer(&requests.FPDFBitmap_GetBuffer{Bitmap: b.bitmap})
	if err != nil {
		return nil, err
	}
	if b.colour {
		return packed(view.Buffer[:4*b.width*rows]), nil
	}
	for y := range rows {
		copy(view.Buffer[y*b.width:(y+1)*b.width], view.Buffer[y*b.stride:])
	}
	return view.Buffer[:rows*b.width], nil
}

// packed makes red, green and blue of PDFium's blue, green, red and one more, in place.
func packed(pix []byte) []byte {
	n := 0
	for i := 0; i+4 <= len(pix); i += 4 {
		pix[n], pix[n+1], pix[n+2] = pix[i+2], pix[i+1], pix[i]
		n += 3
	}
	return pix[:n]
}

// flags draw what a printer would print.
func (b *band) flags() enums.FPDF_RENDER_FLAG {
	if b.colour {
		return renderFlags
	}
	return renderFlags | enums.FPDF_RENDER_FLAG_GRAYSCALE
}
