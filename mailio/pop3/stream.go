package pop3

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// dotReader reads a multi-line reply (RFC 1939 s3): the dot that was added to a
// line beginning with one is taken away, and a line of one dot is the end. All
// else is handed out as it came, bare LFs, NULs and endless lines included.
type dotReader struct {
	in    *bufio.Reader
	rest  []byte // of the last piece of a line, valid until in is read again
	start bool   // the next octet begins a line
	done  bool
	err   error
}

func (d *dotReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(d.rest) == 0 {
		if d.done {
			return 0, io.EOF
		}
		if d.err != nil {
			return 0, d.err
		}
		d.next()
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// next reads a line, or as much of one as the buffer holds.
func (d *dotReader) next() {
	piece, err := d.in.ReadSlice('\n')
	full := errors.Is(err, bufio.ErrBufferFull)
	switch {
	case errors.Is(err, io.EOF):
		d.err = io.ErrUnexpectedEOF
		return
	case err != nil && !full:
		d.err = err
		return
	}
	if d.start && piece[0] == '.' {
		piece = piece[1:]
		if !full && len(bytes.TrimRight(piece, "\r\n")) == 0 {
			d.done = true
			return
		}
	}
	d.start = !full
	d.rest = piece
}
