package blob

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/spool"
)

const gone = "gone-"

// List implements [spool.Sweeper].
func (d *Dir) List(ctx context.Context) iter.Seq2[spool.BlobInfo, error] {
	return func(yield func(spool.BlobInfo, error) bool) {
		err := filepath.WalkDir(d.path, func(_ string, e fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			h, err := spool.ParseHash(e.Name())
			if err != nil || e.IsDir() {
				return nil //nolint:nilerr // Not a blob.
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(spool.BlobInfo{Hash: h, Size: info.Size(), PutAt: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(spool.BlobInfo{}, short(err))
		}
	}
}

// Remove implements [spool.Sweeper].
func (d *Dir) Remove(_ context.Context, h spool.Hash, before time.Time) (bool, error) {
	if _, err := spool.ParseHash(string(h)); err != nil {
		return false, err
	}
	if old, err := isOld(d.file(h), before); err != nil || !old {
		return false, err
	}
	return d.removeAside(h, before)
}

// removeAside moves the file aside before its age is looked at for the last time: a Put at the same time either came before
// that, and is seen, or finds no blob and brings its own.
func (d *Dir) removeAside(h spool.Hash, before time.Time) (bool, error) {
	aside := filepath.Join(d.tmp(), gone+string(h))
	if err := os.Rename(d.file(h), aside); err != nil {
		return false, missingIsFine(err)
	}
	old, err := isOld(aside, before)
	if err != nil {
		return false, err
	}
	if !old {
		return false, missingIsFine(os.Rename(aside, d.file(h)))
	}
	return true, missingIsFine(os.Remove(aside))
}

// isOld says whether a file was last Put before then; one that is not there is not.
func isOld(name string, before time.Time) (bool, error) {
	info, err := os.Stat(name)
	if err != nil {
		return false, missingIsFine(err)
	}
	return info.ModTime().Before(before), nil
}

// missingIsFine is for files that another process may have taken away first.
func missingIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return short(err)
}

// clear ends what a crash has left: it takes away what was half written, and puts back what was half removed. What a living
// process is just writing is locked and stays.
func (d *Dir) clear() error {
	entries, err := os.ReadDir(d.tmp())
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(d.tmp(), e.Name())
		if h, err := spool.ParseHash(strings.TrimPrefix(e.Name(), gone)); err == nil {
			if err := missingIsFine(os.Rename(name, d.file(h))); err != nil {
				return err
			}
			continue
		}
		if err := clearPut(name); err != nil {
			return err
		}
	}
	return nil
}

func clearPut(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return missingIsFine(err)
	}
	defer func() { _ = f.Close() }()
	if lock(f, false) != nil {
		return nil // Its writer lives.
	}
	return missingIsFine(os.Remove(name))
}
