package smtpd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A dotReader reads the message of DATA (RFC 5321 s4.5.2). Only CRLF.CRLF ends
// it: a bare LF or CR is a part of the message, kept as it came, so that nobody
// can smuggle a second message past us. What ends before that is
// io.ErrUnexpectedEOF, or the connection's error; only the dot is io.EOF.
type dotReader struct {
	in    *bufio.Reader
	rest  []byte // of the line being read, valid until the next read of in
	begun bool   // the message has begun: a line may be in progress
	cr    bool   // the last octet was CR
	line  bool   // the next octet begins a line
	err   error
}

func (d *dotReader) Read(p []byte) (int, error) {
	for len(d.rest) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		d.fill()
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// fill reads a line, or the next part of a long one.
func (d *dotReader) fill() {
	part, err := d.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		d.err = err
		return // a part without its end is worth nothing
	}
	starts := d.line || !d.begun
	d.begun = true
	if starts && bytes.Equal(part, []byte(".\r\n")) {
		d.err = io.EOF
		return
	}
	d.line = bytes.HasSuffix(part, []byte("\r\n")) || d.cr && len(part) == 1 && part[0] == '\n'
	d.cr = part[len(part)-1] == '\r'
	if starts && part[0] == '.' {
		part = part[1:]
	}
	d.rest = part
}

// A sizeReader ends in errTooBig after limit octets; over is set then.
type sizeReader struct {
	r    io.Reader
	left int64
	over bool
}

var errTooBig = errors.New("the message is larger than this server takes")

func (s *sizeReader) Read(p []byte) (int, error) {
	if s.over {
		return 0, errTooBig
	}
	// One octet more than is left shows whether there is more.
	n, err := s.r.Read(p[:min(int64(len(p)), s.left+1)])
	if int64(n) > s.left {
		n, s.over = int(s.left), true
		s.left = 0
		return n, errTooBig
	}
	s.left -= int64(n)
	return n, err
}
