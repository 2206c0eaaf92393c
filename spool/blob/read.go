package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"faxgate/spool"
)

// ErrDamaged says that what is kept under a hash no longer has that hash.
var ErrDamaged = errors.New("the blob is damaged: its content no longer has its hash")

// file is an open blob.
type file struct {
	*os.File
	size int64
}

// Size implements [spool.Blob].
func (f *file) Size() int64 { return f.size }

// Open implements [spool.Blobs].
func (d *Dir) Open(_ context.Context, h spool.Hash) (spool.Blob, error) {
	if _, err := spool.ParseHash(string(h)); err != nil {
		return nil, err
	}
	f, err := os.Open(d.file(h))
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", h, short(err))
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob %s: %w", h, short(err)), f.Close())
	}
	return &file{File: f, size: info.Size()}, nil
}

// Verify reads a blob and compares it with its hash: [ErrDamaged].
func (d *Dir) Verify(ctx context.Context, h spool.Hash) error {
	b, err := d.Open(ctx, h)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, &source{ctx: ctx, r: b}); err != nil {
		return fmt.Errorf("blob %s: %w", h, short(err))
	}
	if spool.SumHash([sha256.Size]byte(sum.Sum(nil))) != h {
		return fmt.Errorf("blob %s: %w", h, ErrDamaged)
	}
	return nil
}
