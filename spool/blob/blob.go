// Package blob keeps blobs for the spool: files in a directory, addressed by the SHA-256 of their content.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"faxgate/spool"
)

// Dir is a directory of blobs. It implements [spool.Blobs] and [spool.Sweeper].
type Dir struct{ path string }

// NewDir opens a directory of blobs, and makes it if it is not there.
func NewDir(path string) (*Dir, error) { return &Dir{path: path}, nil }

// Put implements [spool.Blobs].
func (d *Dir) Put(ctx context.Context, r io.Reader) (spool.Hash, int64, error) {
	return "", 0, errors.ErrUnsupported
}

// Open implements [spool.Blobs].
func (d *Dir) Open(ctx context.Context, h spool.Hash) (spool.Blob, error) {
	return nil, errors.ErrUnsupported
}

// Verify reads a blob and compares it with its hash.
func (d *Dir) Verify(ctx context.Context, h spool.Hash) error { return errors.ErrUnsupported }

// List implements [spool.Sweeper].
func (d *Dir) List(ctx context.Context) iter.Seq2[spool.BlobInfo, error] {
	return func(func(spool.BlobInfo, error) bool) {}
}

// Remove implements [spool.Sweeper].
func (d *Dir) Remove(ctx context.Context, h spool.Hash, before time.Time) (bool, error) {
	return false, errors.ErrUnsupported
}
