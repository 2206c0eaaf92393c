package pdf

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is one running worker.
type process struct {
	cmd      *exec.Cmd
	cacheDir string
	in       *bufio.Writer
	closer   io.Closer
	out      *bufio.Reader
	buf      []byte
	stderr   tail
	ready    bool // The renderer has started: what fails now is the document's doing.

	timerMu sync.Mutex
	timer   *time.Timer
	left    time.Duration
	since   time.Time
	expired bool
}

func startProcess(ctx context.Context, opts WorkerOptions) (*process, error) {
	if len(opts.Command) == 0 {
		return nil, errors.New("no worker command is set")
	}
	p := &process{cmd: exec.Command(opts.Command[0], opts.Command[1:]...), cacheDir: opts.CacheDir}
	p.cmd.Env = opts.Env
	if p.cmd.Env == nil {
		p.cmd.Env = []string{}
	}
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = 2 * time.Second // For whatever it may have started.
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.in, p.closer, p.out = bufio.NewWriterSize(in, 64<<10), in, bufio.NewReaderSize(out, 64<<10)
	return p, nil
}

// open sends the document and returns the worker's answer.
func (p *process) open(src io.ReaderAt, size int64) (frame, error) {
	if err := writeFrame(p.in, frameStart, []byte(p.cacheDir)); err != nil {
		return frame{}, err
	}
	f, err := p.read() // An empty frameEnd says that the renderer is up.
	if err != nil || f.kind != frameEnd {
		return f, err
	}
	p.ready = true
	if err := writeFrame(p.in, frameDocument, binary.BigEndian.AppendUint64(nil, uint64(size))); err != nil {
		return frame{}, err
	}
	if _, err := io.Copy(p.in, io.NewSectionReader(src, 0, size)); err != nil {
		return frame{}, err
	}
	if err := p.in.Flush(); err != nil {
		return frame{}, err
	}
	return p.read()
}

func (p *process) ask(kind byte, data []byte) (frame, error) {
	if err := writeFrame(p.in, kind, data); err != nil {
		return frame{}, err
	}
	return p.read()
}

func (p *process) read() (frame, error) {
	f, err := readFrame(p.out, &p.buf)
	if err == nil && f.kind == frameError && len(f.data) > 0 {
		return frame{}, &workerError{f.data[0], string(f.data[1:])}
	}
	return f, err
}

// watch kills the process when d has passed or the context ends; the returned function ends the watch.
func (p *process) watch(ctx context.Context, d time.Duration) (stop func()) {
	p.timerMu.Lock()
	p.expired = false
	p.left, p.since = d, time.Now()
	p.timer = time.AfterFunc(d, p.expire)
	p.timerMu.Unlock()
	unwatch := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
	return func() {
		unwatch()
		p.pause()
	}
}

func (p *process) expire() {
	p.timerMu.Lock()
	defer p.timerMu.Unlock()
	if p.timer == nil || time.Since(p.since) < p.left {
		return
	}
	p.expired = true
	_ = p.cmd.Process.Kill()
}

// pause stops the clock of the watch.
func (p *process) pause() {
	p.timerMu.Lock()
	defer p.timerMu.Unlock()
	if p.timer == nil {
		return
	}
	p.timer.Stop()
	p.timer = nil
	p.left -= time.Since(p.since)
}

// resume lets the clock of the watch run on.
func (p *process) resume() {
	p.timerMu.Lock()
	defer p.timerMu.Unlock()
	p.left = max(p.left, time.Millisecond)
	p.since = time.Now()
	p.timer = time.AfterFunc(p.left, p.expire)
}

func (p *process) timedOut() bool {
	p.timerMu.Lock()
	defer p.timerMu.Unlock()
	return p.expired
}

// kill ends the process and waits for it.
func (p *process) kill() {
	p.pause()
	_ = p.cmd.Process.Kill()
	_ = p.closer.Close()
	_ = p.cmd.Wait()
}

func (p *process) words() string { return p.stderr.String() }

// tail keeps the first few kilobytes of what a worker prints on standard error.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4096 - t.buf.Len(); room > 0 {
		t.buf.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.buf.String())
}
