// Package blob keeps blobs for the spool: files in a directory, addressed by the SHA-256 of their content.
//
// A blob is written under a temporary name in the same file system while it is hashed, synced, renamed to its hash, and the
// directory is synced: when [Dir.Put] returns, the blob is durable, and under a hash there is never anything but all of it.
package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"faxgate/spool"
)

// Dir is a directory of blobs. It implements [spool.Blobs] and [spool.Sweeper]. Several processes may share it.
//
//	<path>/ab/ab12…   a blob, in the folder of its first two digits
//	<path>/tmp/put-…  one that is being written
//	<path>/tmp/gone-… one that is being removed
type Dir struct {
	path string
	// through stands between a blob and its file; the tests put a full disk there.
	through func(io.Writer) io.Writer
}

// NewDir opens a directory of blobs, makes it with the owner's rights only if it is not there, and clears away what a crash
// has left half written.
func NewDir(path string) (*Dir, error) {
	d := &Dir{path: path, through: func(w io.Writer) io.Writer { return w }}
	if err := d.mkdirs(); err != nil {
		return nil, fmt.Errorf("making the blob directory: %w", err)
	}
	if err := d.clear(); err != nil {
		return nil, fmt.Errorf("clearing the blob directory: %w", err)
	}
	return d, nil
}

// mkdirs makes all folders at once, so that no Put has to wait until its folder is durable.
func (d *Dir) mkdirs() error {
	if err := os.MkdirAll(d.tmp(), 0o700); err != nil {
		return err
	}
	for i := range 256 {
		err := os.Mkdir(filepath.Join(d.path, fmt.Sprintf("%02x", i)), 0o700)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return errors.Join(syncDir(d.path), syncDir(filepath.Dir(d.path)))
}

func (d *Dir) tmp() string { return filepath.Join(d.path, "tmp") }

func (d *Dir) file(h spool.Hash) string { return filepath.Join(d.path, string(h[:2]), string(h)) }

// Put implements [spool.Blobs]. Its errors are the reader's own, those of ctx, or the file system's, such as syscall.ENOSPC.
func (d *Dir) Put(ctx context.Context, r io.Reader) (h spool.Hash, size int64, err error) {
	f, err := d.create()
	if err != nil {
		return "", 0, fmt.Errorf("keeping a blob: %w", err)
	}
	name := f.Name()
	defer func() { _ = os.Remove(name) }() // Does nothing once it has its own name.
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	src := &source{ctx: ctx, r: r}
	size, err = io.Copy(io.MultiWriter(d.through(f), sum), src)
	if src.err != nil {
		return "", 0, src.err
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		h = spool.SumHash([sha256.Size]byte(sum.Sum(nil)))
		err = d.keep(f, h, size)
	}
	if err != nil {
		return "", 0, fmt.Errorf("keeping a blob: %w", short(err))
	}
	return h, size, nil
}

// keep gives a written file its name. When the blob is there already it is made young again instead, so that the collector,
// which may be looking at it just now, lets it live.
func (d *Dir) keep(f *os.File, h spool.Hash, size int64) error {
	name := d.file(h)
	if info, err := os.Stat(name); err == nil && info.Size() == size {
		now := time.Now()
		err := os.Chtimes(name, now, now)
		if err == nil {
			return syncDir(filepath.Dir(name)) // The other Put may not have come so far.
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := move(f, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// create makes a temporary file and locks it, so that nobody takes it for what a crash has left.
func (d *Dir) create() (*os.File, error) {
	for {
		f, err := os.CreateTemp(d.tmp(), "put-")
		if err != nil {
			return nil, short(err)
		}
		if err := lock(f, true); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		if _, err := os.Stat(f.Name()); err == nil {
			return f, nil
		}
		_ = f.Close() // Somebody cleared it away before it was locked: again.
	}
}

// source reads until ctx ends and remembers the reader's error, to tell it from a failing disk.
type source struct {
	ctx context.Context //nolint:containedctx // It lives for one Put, with that call's context.
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Copy takes only io.EOF itself for the end.
		s.err = err
	}
	return n, err
}

// short leaves the file's name out of an error: it is a temporary one and tells a person nothing.
func short(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", le.Op, le.Err)
	}
	return err
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // It cannot, and its file systems journal names themselves.
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
