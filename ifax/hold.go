package ifax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// holdLimit is how much of what is held back stays in memory; the rest goes to a temporary file.
const holdLimit = 1 << 20

// hold keeps octets until it is known what they are for: the text of a mail that may turn out to be its only
// document, and the branches of a multipart/alternative, one of which will be chosen.
type hold struct {
	dir  string
	mem  bytes.Buffer
	file *os.File
	size int64
}

// Write implements io.Writer.
func (h *hold) Write(p []byte) (int, error) {
	if h.file == nil && h.mem.Len()+len(p) <= holdLimit {
		h.size += int64(len(p))
		return h.mem.Write(p)
	}
	if h.file == nil {
		if err := h.spill(); err != nil {
			return 0, err
		}
	}
	n, err := h.file.Write(p)
	h.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("holding a part back: %w", err)
	}
	return n, nil
}

// spill moves what is in memory to a file; close removes it.
func (h *hold) spill() error {
	file, err := os.CreateTemp(h.dir, "faxgate-part-*")
	if err != nil {
		return fmt.Errorf("holding a part back: %w", err)
	}
	h.file = file
	if _, err := h.mem.WriteTo(file); err != nil {
		return fmt.Errorf("holding a part back: %w", err)
	}
	return nil
}

// reader reads what is held from its beginning; nothing may be written after.
func (h *hold) reader() (io.Reader, error) {
	if h.file == nil {
		return bytes.NewReader(h.mem.Bytes()), nil
	}
	return io.NewSectionReader(h.file, 0, h.size), nil
}

// head gives at most the first limit octets.
func (h *hold) head(limit int) (string, error) {
	r, err := h.reader()
	if err != nil {
		return "", err
	}
	octets, err := io.ReadAll(io.LimitReader(r, int64(limit)))
	return string(octets), err
}

// close gives memory and file back.
func (h *hold) close() error {
	h.mem = bytes.Buffer{}
	if h.file == nil {
		return nil
	}
	file := h.file
	h.file = nil
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
