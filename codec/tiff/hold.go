package tiff

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// holdInMemory is how much coded data waits in memory; more goes to a temporary file.
const holdInMemory = 1 << 20

// hold keeps the coded data of one page until its length is known.
type hold struct {
	dir  string // of the temporary file
	buf  bytes.Buffer
	file *os.File // nil while buf is enough
	size int64
}

// Write appends.
func (h *hold) Write(b []byte) (int, error) {
	if h.file == nil && h.buf.Len()+len(b) > holdInMemory {
		if err := h.spill(); err != nil {
			return 0, err
		}
	}
	var n int
	var err error
	if h.file == nil {
		n, err = h.buf.Write(b)
	} else {
		n, err = h.file.Write(b)
	}
	h.size += int64(n)
	return n, err
}

// spill moves what is held to a temporary file.
func (h *hold) spill() error {
	f, err := os.CreateTemp(h.dir, "faxgate-page-*")
	if err != nil {
		return fmt.Errorf("hold a page of more than %d bytes: %w", holdInMemory, err)
	}
	h.file = f
	_, err = h.buf.WriteTo(f)
	h.buf.Reset()
	return err
}

// sendTo writes out what is held and empties the hold.
func (h *hold) sendTo(w io.Writer) error {
	if h.file == nil {
		_, err := h.buf.WriteTo(w)
		h.buf.Reset()
		h.size = 0
		return err
	}
	_, err := h.file.Seek(0, io.SeekStart)
	if err == nil {
		_, err = io.Copy(w, h.file)
	}
	return errors.Join(err, h.drop())
}

// drop forgets what is held.
func (h *hold) drop() error {
	h.buf.Reset()
	h.size = 0
	if h.file == nil {
		return nil
	}
	f := h.file
	h.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
