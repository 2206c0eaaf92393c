package mailio

import "io"

// bodyWriter puts a message into the form of RFC 5321 s4.5.2: a dot at the
// start of a line is doubled, and every CR, LF or CRLF becomes CRLF, because a
// bare CR or LF is refused, or worse, read as the end by some. The line end at
// the very end of the message is kept back: it is the first CRLF of the
// CRLF.CRLF that ends it.
type bodyWriter struct {
	send    func([]byte) error
	buf     []byte
	n       int64 // octets sent, doubled dots among them
	cr      bool  // the last octet was CR
	ends    bool  // a line end is kept back
	midline bool
}

const bodyBlock = 32 << 10

func (b *bodyWriter) Write(p []byte) (int, error) {
	for i, c := range p {
		b.put(c)
		if len(b.buf) < bodyBlock {
			continue
		}
		if err := b.flush(); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func (b *bodyWriter) put(c byte) {
	lfOfCRLF := b.cr && c == '\n'
	b.cr = c == '\r'
	if lfOfCRLF {
		return
	}
	if b.ends {
		b.buf = append(b.buf, '\r', '\n')
		b.ends, b.midline = false, false
	}
	if c == '\r' || c == '\n' {
		b.ends = true
		return
	}
	if c == '.' && !b.midline {
		b.buf = append(b.buf, '.')
	}
	b.buf = append(b.buf, c)
	b.midline = true
}

func (b *bodyWriter) flush() error {
	if len(b.buf) == 0 {
		return nil
	}
	err := b.send(b.buf)
	b.n += int64(len(b.buf))
	b.buf = b.buf[:0]
	return err
}

// readError marks an error of the message's reader, as against one of the
// connection.
type readError struct{ err error }

func (e readError) Error() string { return "reading the message: " + e.err.Error() }

func (e readError) Unwrap() error { return e.err }

// copyBody sends the whole of msg except for the last line end.
func (b *bodyWriter) copyBody(msg io.Reader) error {
	chunk := make([]byte, bodyBlock)
	for {
		n, err := msg.Read(chunk)
		if _, werr := b.Write(chunk[:n]); werr != nil {
			return werr
		}
		if err == io.EOF {
			return b.flush()
		}
		if err != nil {
			return readError{err}
		}
	}
}
