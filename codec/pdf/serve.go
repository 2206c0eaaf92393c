package pdf

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// Memory that a worker may use: its own data, and in it the renderer's.
const (
	serveData  = 512 << 20
	servePages = 4096 // WebAssembly pages of 64 KiB.
)

// renderFlags draw what a printer would print.
const renderFlags = enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_GRAYSCALE | enums.FPDF_RENDER_FLAG_PRINTING

// Serve is the main loop of a worker process: it answers the frames that a Reader writes to in (the process's standard
// input) on out, and returns when in ends, also in the middle of a page. It limits the memory of the whole process and
// gives the renderer no file system: call it from main and exit after it.
func Serve(in io.Reader, out io.Writer) error {
	if err := limitData(serveData); err != nil {
		return fmt.Errorf("limit the worker's memory: %w", err)
	}
	debug.SetMemoryLimit(serveData * 3 / 4)
	// The reader of in must run while the renderer, which Go cannot interrupt, holds a processor.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	pipe, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(cmpErr(err, io.EOF))
		// The parent is gone, or wants no more: a page under way has no reader.
		time.Sleep(50 * time.Millisecond)
		os.Exit(0)
	}()
	s := &server{in: bufio.NewReader(pipe), out: bufio.NewWriterSize(out, 64<<10)}
	if err := s.run(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func cmpErr(err, def error) error {
	if err != nil {
		return err
	}
	return def
}

// WarmUp compiles the renderer into the cache directory, so that workers start in a fraction of a second. It costs some
// seconds and about 300 MiB once: run it in a process of its own (Warm does).
func WarmUp(cacheDir string) error {
	e, err := newEngine(cacheDir)
	if err != nil {
		return err
	}
	return e.close()
}

// Warm fills the compile cache by starting a worker once.
func Warm(ctx context.Context, opts WorkerOptions) error {
	opts = opts.withDefaults()
	p, err := startProcess(ctx, opts)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer p.kill()
	stop := p.watch(ctx, opts.OpenTimeout)
	defer stop()
	f, err := p.ask(frameStart, []byte(opts.CacheDir))
	if err != nil {
		return fmt.Errorf("%w: %w: %s", ErrUnavailable, err, p.words())
	}
	if f.kind != frameEnd {
		return fmt.Errorf("%w: unexpected answer of the worker", ErrUnavailable)
	}
	return nil
}

// server answers one parent about one document.
type server struct {
	in     *bufio.Reader
	out    *bufio.Writer
	engine *engine
	doc    references.FPDF_DOCUMENT
	buf    []byte
}

// run answers until the parent is gone (io.EOF) or the renderer has crashed.
func (s *server) run() error {
	for {
		f, err := readFrame(s.in, &s.buf)
		if err != nil {
			return err
		}
		if err := s.answer(f); err != nil {
			if strings.Contains(err.Error(), "wasm error") {
				return err // The renderer has crashed and cannot be trusted any more.
			}
			var words *workerError
			if !errors.As(err, &words) {
				words = &workerError{codeOther, err.Error()}
			}
			if err := writeFrame(s.out, frameError, append([]byte{words.code}, words.text...)); err != nil {
				return err
			}
		}
	}
}

func (s *server) answer(f frame) error {
	switch {
	case f.kind == frameStart:
		return s.start(string(f.data))
	case f.kind == frameDocument && len(f.data) == 8 && s.engine != nil:
		return s.open(int64(binary.BigEndian.Uint64(f.data)))
	case f.kind == frameSize && len(f.data) == 4 && s.doc != "":
		return s.size(int(binary.BigEndian.Uint32(f.data)))
	case f.kind == frameRender && len(f.data) == 16 && s.doc != "":
		var v [4]int
		for i := range v {
			v[i] = int(binary.BigEndian.Uint32(f.data[4*i:]))
		}
		return s.render(v[0], v[1], v[2], v[3])
	}
	return fmt.Errorf("unexpected request %q of %d bytes", f.kind, len(f.data))
}

func (s *server) start(cacheDir string) (err error) {
	if s.engine, err = newEngine(cacheDir); err != nil {
		return &workerError{codeUnavailable, err.Error()}
	}
	return writeFrame(s.out, frameEnd, nil)
}

func (s *server) open(size int64) error {
	data := make([]byte, size)
	if _, err := io.ReadFull(s.in, data); err != nil {
		return err
	}
	file := bytes.NewReader(data)
	doc, err := s.engine.pdfium.OpenDocument(&requests.OpenDocument{FileReader: file, FileReaderSize: size})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return &workerError{codeEncrypted, err.Error()}
	case err != nil:
		return &workerError{codeBroken, err.Error()}
	}
	s.doc = doc.Document
	n, err := s.engine.pdfium.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: s.doc})
	if err != nil {
		return &workerError{codeBroken, err.Error()}
	}
	s.engine.forms(s.doc)
	return writeFrame(s.out, frameOpened, uints(uint32(n.PageCount)))
}

func (s *server) size(page int) error {
	size, err := s.engine.pdfium.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: s.doc, Index: page})
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(size.Width))
	return writeFrame(s.out, frameSize, binary.BigEndian.AppendUint64(b, math.Float64bits(size.Height)))
}

// render sends a page in bands, so that the memory does not grow with its length.
func (s *server) render(page, width, height, quarters int) error {
	if width <= 0 || height <= 0 || width > 1<<16 || height > 1<<17 {
		return fmt.Errorf("%d by %d pixels is no size of a page", width, height)
	}
	rows := min(height, max(1, maxBand/(width+3)))
	band, err := s.engine.newBand(s.doc, page, width, rows, quarters)
	if err != nil {
		return err
	}
	defer band.close()
	for top := 0; top < height; top += rows {
		data, err := band.render(top, min(rows, height-top), height)
		if err != nil {
			return err
		}
		if err := writeFrame(s.out, frameBand, data); err != nil {
			return err
		}
	}
	return writeFrame(s.out, frameEnd, nil)
}

// engine is PDFium, compiled to WebAssembly and run by wazero.
type engine struct {
	pool   pdfium.Pool
	cache  wazero.CompilationCache
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
		e.cache = cache
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

func (e *engine) close() error {
	err := e.pool.Close()
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(context.Background()))
	}
	return err
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
}

func (e *engine) newBand(doc references.FPDF_DOCUMENT, page, width, rows, quarters int) (*band, error) {
	stride := (width + 3) &^ 3
	bitmap, err := e.pdfium.FPDFBitmap_CreateEx(&requests.FPDFBitmap_CreateEx{
		Width: width, Height: rows, Format: enums.FPDF_BITMAP_FORMAT_GRAY, Pointer: uint64(0), Stride: stride,
	})
	if err != nil {
		return nil, err
	}
	ref := requests.Page{ByIndex: &requests.PageByIndex{Document: doc, Index: page}}
	return &band{e, ref, bitmap.Bitmap, width, rows, stride, enums.FPDF_PAGE_ROTATION(quarters & 3)}, nil
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
		Flags: renderFlags,
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
	for y := range rows {
		copy(view.Buffer[y*b.width:(y+1)*b.width], view.Buffer[y*b.stride:])
	}
	return view.Buffer[:rows*b.width], nil
}
