package ifax

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// lineBuffer is the most of a line that is looked at at once; longer lines come in chunks.
const lineBuffer = 32 << 10

// source reads a message line by line and knows the boundaries of all multiparts that are open, so that a
// missing final boundary costs nothing: the enclosing one ends the part.
type source struct {
	ctx    context.Context
	br     *bufio.Reader
	open   []string // "--" and boundary, outermost first
	hit    int      // which of open ended the last section; -1 for the end of the message
	final  bool     // it was the closing one
	middle bool     // the next chunk continues a line
	left   int64    // octets still allowed
	chunks int
	again  []byte // a line that was given back
}

// newSource reads at most size octets from r.
func newSource(ctx context.Context, r io.Reader, size int64) *source {
	return &source{ctx: ctx, br: bufio.NewReaderSize(r, lineBuffer), hit: -1, left: size}
}

// errTooLarge ends the parse of a message over Limits.Size.
var errTooLarge = errors.New("the message is larger than the limit")

// chunk gives the next line with its ending, or as much of it as the buffer holds; start tells whether it
// begins a line. It is valid until the next call. At the end of the message it gives io.EOF.
func (s *source) chunk() (line []byte, start bool, err error) {
	if s.again != nil {
		line, s.again = s.again, nil
		return line, true, nil
	}
	if s.chunks++; s.chunks%256 == 0 && s.ctx.Err() != nil {
		return nil, false, s.ctx.Err()
	}
	line, err = s.br.ReadSlice('\n')
	start = !s.middle
	s.middle = errors.Is(err, bufio.ErrBufferFull)
	if s.left -= int64(len(line)); s.left < 0 {
		return nil, false, errTooLarge
	}
	if len(line) > 0 && (s.middle || errors.Is(err, io.EOF)) {
		return line, start, nil
	}
	if errors.Is(err, io.EOF) {
		s.hit, s.final = -1, true
		return nil, false, io.EOF
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the message: %w", err)
	}
	return line, start, nil
}

// back gives a line back that began as one, to be read again.
func (s *source) back(line []byte) { s.again = bytes.Clone(line) }

// oldFashions passes over the mark that editors put before UTF-8, and reads a message all of whose lines end in a bare CR, which is how
// old Macintoshes kept their files.
func (s *source) oldFashions() {
	if mark, _ := s.br.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = s.br.Discard(3)
	}
	head, _ := s.br.Peek(lineBuffer)
	first, rest, blank := bytes.Cut(head, []byte("\r\r"))
	if blank && !bytes.Contains(first, []byte("\n")) && !bytes.HasPrefix(bytes.TrimLeft(rest, "\r"), []byte("\n")) {
		s.br = bufio.NewReaderSize(bareCR{s.br}, lineBuffer)
	}
}

// bareCR makes line feeds of carriage returns.
type bareCR struct{ r io.Reader }

// Read implements io.Reader.
func (c bareCR) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	for i := range b[:n] {
		if b[i] == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// delimiter tells whether the line is a boundary of an open multipart and notes which. The innermost is asked
// first, and white space behind the boundary is legal (RFC 2046 section 5.1.1).
func (s *source) delimiter(line []byte) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || len(s.open) == 0 {
		return false
	}
	text := bytes.TrimRight(line, " \t\r\n")
	for i, boundary := range slices.Backward(s.open) {
		rest, ok := bytes.CutPrefix(text, []byte(boundary))
		if ok && (len(rest) == 0 || string(rest) == "--") {
			s.hit, s.final = i, len(rest) == 2
			return true
		}
	}
	return false
}

// push opens a multipart and gives its index.
func (s *source) push(boundary string) int {
	s.open = append(s.open, "--"+strings.TrimRight(boundary, " \t"))
	return len(s.open) - 1
}

// pop closes the innermost multipart.
func (s *source) pop() { s.open = s.open[:len(s.open)-1] }

// skip reads over the rest of the section.
func (s *source) skip() error {
	for {
		line, start, err := s.chunk()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start && s.delimiter(line) {
			return nil
		}
	}
}

// body reads the section up to the next boundary. The line break before a boundary belongs to the boundary.
type body struct {
	s     *source
	held  []byte // a line ending, given out once it is known that no boundary follows
	line  []byte // not yet given out
	buf   []byte // backs line
	ended bool
	err   error // a failure of the source, which ends the parse
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for len(b.line) == 0 {
		if b.ended {
			if b.err != nil {
				return 0, b.err
			}
			return 0, io.EOF
		}
		b.next()
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}

// next fetches a line and puts the held ending of the last one before it.
func (b *body) next() {
	line, start, err := b.s.chunk()
	if errors.Is(err, io.EOF) {
		b.line, b.ended = b.held, true
		return
	}
	if err != nil {
		b.ended, b.err = true, err
		return
	}
	if start && b.s.delimiter(line) {
		b.ended = true
		return
	}
	text := bytes.TrimSuffix(line, []byte("\n"))
	if len(text) < len(line) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	b.buf = append(append(b.buf[:0], b.held...), text...)
	b.line = b.buf
	b.held = append(b.held[:0], line[len(text):]...)
}

// drain reads to the end of the section.
func (b *body) drain() error {
	_, err := io.Copy(io.Discard, b)
	return err
}
