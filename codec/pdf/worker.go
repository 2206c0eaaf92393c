package pdf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"
	"time"
)

// Errors that a Reader's caller tells apart.
var (
	// ErrEncrypted means that the document cannot be opened without a password.
	ErrEncrypted = errors.New("the PDF is encrypted: save it without a password")
	// ErrBroken means that the document is not a PDF that can be read.
	ErrBroken = errors.New("the PDF is damaged and cannot be read")
	// ErrTooComplex means that a page took more time or memory than a page may.
	ErrTooComplex = errors.New("too complex to render")
	// ErrTooLarge means that the document has more pages or bytes than allowed.
	ErrTooLarge = errors.New("too large")
	// ErrUnavailable means that the worker could not be started: nothing is known about the document.
	ErrUnavailable = errors.New("the PDF renderer cannot be started")
)

// WorkerOptions says how PDF documents are rendered: each by a process of its own, which has the document on its standard
// input and no file system, and which is killed when it takes too long.
type WorkerOptions struct {
	Command     []string      // The worker's command line; it must end in a call of Serve. Needed.
	Env         []string      // Environment of the worker; nil: empty but for the Go runtime's settings.
	CacheDir    string        // Directory of the compile cache, created with mode 0700; "": none, each start then costs seconds.
	OpenTimeout time.Duration // For the start and the reading of the document. Default 60 s (a cold compile is in it).
	PageTimeout time.Duration // For one page. Default 20 s.
	MaxPages    int           // Default 1000.
	MaxBytes    int64         // Size of a document. Default 128 MiB.
	MaxKills    int           // Pages of a document that may be given up before all further ones are. Default 3.
}

func (o WorkerOptions) withDefaults() WorkerOptions {
	o.OpenTimeout = cmpOr(o.OpenTimeout, time.Minute)
	o.PageTimeout = cmpOr(o.PageTimeout, 20*time.Second)
	o.MaxPages = cmpOr(o.MaxPages, 1000)
	o.MaxBytes = cmpOr(o.MaxBytes, 128<<20)
	o.MaxKills = cmpOr(o.MaxKills, 3)
	return o
}

func cmpOr[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Reader is one open PDF document, rendered by a worker process. It is safe for use by several goroutines; one page is
// rendered at a time.
type Reader struct {
	opts  WorkerOptions
	src   io.ReaderAt
	size  int64
	pages int
	inks  map[int]Inks // of pages that were looked at

	mu    sync.Mutex
	proc  *process
	kills int
}

// OpenReader starts a worker and hands it the document. It returns ErrEncrypted, ErrBroken, ErrTooLarge, ErrUnavailable
// or ErrTooComplex (wrapped) when there is no document to be had.
func OpenReader(ctx context.Context, opts WorkerOptions, src io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{opts: opts.withDefaults(), src: src, size: size, inks: map[int]Inks{}}
	if size > r.opts.MaxBytes {
		return nil, plainError{ErrTooLarge, fmt.Sprintf("the PDF has %d bytes, the limit is %d", size, r.opts.MaxBytes)}
	}
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	if r.pages > r.opts.MaxPages {
		_ = r.Close()
		return nil, plainError{ErrTooLarge, fmt.Sprintf("the PDF has %d pages, the limit is %d", r.pages, r.opts.MaxPages)}
	}
	return r, nil
}

// Count returns the number of pages.
func (r *Reader) Count() int { return r.pages }

// Close ends the worker.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
	return nil
}

// Size returns the size of page i (from 0) in points of 1/72 inch.
func (r *Reader) Size(ctx context.Context, i int) (width, height float64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ensure(ctx); err != nil {
		return 0, 0, err
	}
	stop := r.proc.watch(ctx, r.opts.PageTimeout)
	defer stop()
	f, err := r.proc.ask(frameSize, uints(uint32(i)))
	if err == nil && (f.kind != frameSize || len(f.data) != 16) {
		err = errors.New("unexpected answer of the worker")
	}
	if err != nil {
		return 0, 0, r.failed(ctx, i, err)
	}
	width = math.Float64frombits(binary.BigEndian.Uint64(f.data))
	height = math.Float64frombits(binary.BigEndian.Uint64(f.data[8:]))
	return width, height, nil
}

// Render yields the rows of page i (from 0), turned clockwise by quarter turns and drawn into width by height pixels as
// 8-bit grey, 0 = black. A row is valid until the next step. An error ends the rows; the other pages can still be rendered.
func (r *Reader) Render(ctx context.Context, i, width, height, quarters int) iter.Seq2[[]byte, error] {
	return r.render(ctx, i, width, height, quarters, 1)
}

// RenderRGB is Render in colour: three bytes for each pixel, red, green and blue.
func (r *Reader) RenderRGB(ctx context.Context, i, width, height, quarters int) iter.Seq2[[]byte, error] {
	return r.render(ctx, i, width, height, quarters, 3)
}

func (r *Reader) render(ctx context.Context, i, width, height, quarters, depth int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.ensure(ctx); err != nil {
			yield(nil, err)
			return
		}
		stop := r.proc.watch(ctx, r.opts.PageTimeout)
		done, err := r.bands(uints(uint32(i), uint32(width), uint32(height), uint32(quarters&3), uint32(depth)), width*depth, height, yield)
		stop()
		switch {
		case err != nil:
			yield(nil, r.failed(ctx, i, err))
		case !done:
			r.stop() // The rest of the page is still in the pipe.
		}
	}
}

// bands passes on the rows of a page, width bytes each; done is false when the caller stopped early.
func (r *Reader) bands(request []byte, width, height int, yield func([]byte, error) bool) (done bool, err error) {
	f, err := r.proc.ask(frameRender, request)
	for rows := 0; ; f, err = r.proc.read() {
		switch {
		case err != nil:
			return false, err
		case f.kind == frameEnd && rows == height:
			return true, nil
		case f.kind != frameBand || len(f.data)%width != 0:
			return false, errors.New("unexpected answer of the worker")
		}
		// The time limit is for the renderer, not for whoever takes the rows.
		r.proc.pause()
		for data := f.data; len(data) > 0; data = data[width:] {
			rows++
			if rows > height {
				return false, errors.New("unexpected rows from the worker")
			}
			if !yield(data[:width], nil) {
				return false, nil
			}
		}
		r.proc.resume()
	}
}

// failed says what the worker's failure means for page i. An answer in words leaves the worker alive.
func (r *Reader) failed(ctx context.Context, i int, err error) error {
	if words, ok := errors.AsType[*workerError](err); ok {
		return fmt.Errorf("page %d: %w", i+1, words.as())
	}
	timedOut := r.proc.timedOut()
	r.stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.kills++
	if timedOut {
		return tooComplex("page %d is too complex to render within %v", i+1, r.opts.PageTimeout)
	}
	return tooComplex("page %d is too complex to render in the memory that a page may use", i+1)
}

// ensure starts a new worker if the last one is gone.
func (r *Reader) ensure(ctx context.Context) error {
	if r.proc != nil {
		return nil
	}
	if r.kills >= r.opts.MaxKills {
		return tooComplex("%d pages of this document were given up already", r.kills)
	}
	return r.start(ctx)
}

func (r *Reader) stop() {
	if r.proc != nil {
		r.proc.kill()
		r.proc = nil
	}
}

// start runs a worker, sends it the document and waits for the number of pages.
func (r *Reader) start(ctx context.Context) error {
	p, err := startProcess(ctx, r.opts)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.proc = p
	stop := p.watch(ctx, r.opts.OpenTimeout)
	defer stop()
	f, err := p.open(r.src, r.size)
	if err == nil && (f.kind != frameOpened || len(f.data) != 4) {
		err = errors.New("unexpected answer of the worker")
	}
	if err != nil {
		return r.notOpened(ctx, err)
	}
	r.pages = int(binary.BigEndian.Uint32(f.data))
	return nil
}

func (r *Reader) notOpened(ctx context.Context, err error) error {
	p := r.proc
	timedOut, ready := p.timedOut(), p.ready
	r.stop() // It has said all that it will say.
	var we *workerError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &we):
		return we.as()
	case timedOut:
		return tooComplex("the PDF could not be opened within %v", r.opts.OpenTimeout)
	case ready:
		return tooComplex("the PDF could not be opened in the memory that a document may use")
	}
	return fmt.Errorf("%w: %w: %s", ErrUnavailable, err, p.words())
}

// plainError says what is wrong without repeating the error that it is.
type plainError struct {
	is   error
	text string
}

func (e plainError) Error() string { return e.text }

func (e plainError) Unwrap() error { return e.is }

func tooComplex(format string, args ...any) error {
	return plainError{ErrTooComplex, fmt.Sprintf(format, args...)}
}

// workerError is what a worker says about a document or page.
type workerError struct {
	code byte
	text string
}

func (e *workerError) Error() string { return e.text }

func (e *workerError) as() error {
	switch e.code {
	case codeEncrypted:
		return ErrEncrypted
	case codeBroken:
		return fmt.Errorf("%w (%s)", ErrBroken, e.text)
	case codeTooLarge:
		return plainError{ErrTooLarge, e.text}
	case codeUnavailable:
		return fmt.Errorf("%w: %s", ErrUnavailable, e.text)
	}
	return e
}
