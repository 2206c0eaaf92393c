package tiff

import "io"

// Open walks the directories.
func Open(r io.ReaderAt, size int64, lim Limits) (*File, error) { return nil, ErrNotTIFF }
