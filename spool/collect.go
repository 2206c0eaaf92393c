package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Collected is what a [Spool.Collect] did.
type Collected struct {
	Seen, Removed int
	Bytes         int64 // of the removed
}

// Collect removes the blobs that no row names and that nobody has Put for the given time, which must be longer than any way from
// Put to the row, at least a day (a blob comes first, its row second). A Put at the same time keeps its blob.
func (s *Spool) Collect(ctx context.Context, olderThan time.Duration) (c Collected, err error) {
	sweeper, ok := s.opts.Blobs.(Sweeper)
	if !ok {
		return c, errors.New("collecting blobs: this blob store keeps no list")
	}
	before := time.Now().Add(-olderThan) // The store's clock is the file system's, not that of the rows.
	for b, err := range sweeper.List(ctx) {
		if err != nil {
			return c, fmt.Errorf("collecting blobs: %w", err)
		}
		c.Seen++
		if !b.PutAt.Before(before) {
			continue
		}
		removed, err := s.collect(ctx, sweeper, b, before)
		if err != nil {
			return c, fmt.Errorf("collecting blob %s: %w", b.Hash, err)
		}
		if removed {
			c.Removed++
			c.Bytes += b.Size
		}
	}
	return c, nil
}

func (s *Spool) collect(ctx context.Context, sweeper Sweeper, b BlobInfo, before time.Time) (bool, error) {
	used := false
	err := s.View(ctx, func(tx *Tx) (err error) {
		used, err = tx.Uses(b.Hash)
		return err
	})
	if err != nil || used {
		return false, err
	}
	return sweeper.Remove(ctx, b.Hash, before)
}

// blobColumns are the columns that name a blob; the collector spares what stands in any of them.
var blobColumns = [][2]string{{"document", "hash"}, {"message", "blob"}, {"received", "blob"}}

// Uses says whether a row names this blob.
func (tx *Tx) Uses(h Hash) (bool, error) {
	for _, c := range blobColumns {
		found, err := tx.text("SELECT "+c[1]+" FROM "+c[0]+" WHERE "+c[1]+" = $1 LIMIT 1", h)
		if err != nil {
			return false, fmt.Errorf("reading %s: %w", c[0], err)
		}
		if found != "" {
			return true, nil
		}
	}
	return false, nil
}

// Check looks for damage: what the engine finds in its files, rows that refer to missing ones, and rows whose blob is missing.
// Each fault is one text; none: all is well. An error says that the check could not be made.
func (s *Spool) Check(ctx context.Context) ([]string, error) {
	faults, err := s.dialect.check(ctx, s.read)
	if err != nil {
		return faults, fmt.Errorf("checking the database: %w", err)
	}
	if s.opts.Blobs == nil {
		return faults, nil
	}
	for _, c := range blobColumns {
		hashes, err := texts(ctx, s.read, "SELECT DISTINCT "+c[1]+" FROM "+c[0]+" WHERE "+c[1]+" IS NOT NULL")
		if err != nil {
			return faults, fmt.Errorf("checking %s: %w", c[0], err)
		}
		for _, h := range hashes {
			if fault := s.checkBlob(ctx, Hash(h)); fault != "" {
				faults = append(faults, c[0]+": "+fault)
			}
		}
	}
	return faults, ctx.Err()
}

func (s *Spool) checkBlob(ctx context.Context, h Hash) string {
	b, err := s.opts.Blobs.Open(ctx, h)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("blob %s is missing", h)
	}
	if err != nil {
		return fmt.Sprintf("blob %s cannot be opened: %v", h, err)
	}
	if err := b.Close(); err != nil {
		return fmt.Sprintf("blob %s cannot be read: %v", h, err)
	}
	return ""
}
