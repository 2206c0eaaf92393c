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

	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// What a worker may use: its own data, in bytes, and in it the renderer's.
const (
	serveData  = 512 << 20
	servePages = 4096 // WebAssembly pages of 64 KiB.
	// Seconds of processor time for one request: the parent's time limit is shorter, but the parent may be gone.
	serveCPU = 300
)

// renderFlags draw what a printer would print.
const renderFlags = enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_PRINTING

// Serve is the main loop of a worker process: it answers the frames that a Reader writes to in (the process's standard
// input) on out, and returns when in ends, also in the middle of a page. It limits the memory of the whole process and
// gives the renderer no file system: call it from main and exit after it.
func Serve(in io.Reader, out io.Writer) error {
	if err := limitData(serveData); err != nil {
		return fmt.Errorf("limit the worker's memory: %w", err)
	}
	// Go cannot interrupt the renderer. While it runs, the reader of in needs a processor of its own, and a garbage collection
	// would stop it for as long: that is done between pages. The renderer's memory grows by being copied, so that what it left
	// behind must go before both together come to serveData.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(serveData * 5 / 8)
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

// Warm fills the compile cache, so that workers start in a fraction of a second, by starting one once. Where the cache is
// empty it costs some seconds and about 300 MiB, in the worker's process.
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
		limitCPU(serveCPU)
		err = s.answer(f)
		runtime.GC()
		if err != nil {
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
	case f.kind == frameInks && len(f.data) == 4 && s.doc != "":
		return s.inks(int(binary.BigEndian.Uint32(f.data)))
	case f.kind == frameRender && len(f.data) == 20 && s.doc != "":
		var v [5]int
		for i := range v {
			v[i] = int(binary.BigEndian.Uint32(f.data[4*i:]))
		}
		return s.render(v[0], v[1], v[2], v[3], v[4] == 3)
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
func (s *server) render(page, width, height, quarters int, colour bool) error {
	if width <= 0 || height <= 0 || width > 1<<16 || height > 1<<17 {
		return fmt.Errorf("%d by %d pixels is no size of a page", width, height)
	}
	look := s.pictures(page)
	if err := look.check(); err != nil {
		return err
	}
	depth := 1
	if colour {
		depth = 4
	}
	rows := min(height, max(1, maxBand/(depth*width+3)))
	band, err := s.engine.newBand(s.doc, page, width, rows, quarters, colour)
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
