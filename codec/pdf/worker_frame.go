package pdf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// The worker protocol is a row of frames on two pipes: one kind byte, a big-endian 32-bit length, the payload. The parent
// speaks first with the document, then with one request at a time; the worker answers each with frames that end in
// frameEnd or frameError.
const (
	frameStart    = 'C' // Parent: directory of the compile cache, may be empty. Worker: frameEnd once the renderer is up.
	frameDocument = 'D' // Parent: 64-bit size; the bytes of the document follow the frame.
	frameSize     = 'S' // Parent: 32-bit page. Worker: two 64-bit floats, points.
	frameRender   = 'R' // Parent: page, width, height, quarter turns, bytes for each pixel (1 or 3) as 32-bit numbers.
	frameInks     = 'I' // Parent: 32-bit page. Worker: one byte of Inks.
	frameOpened   = 'O' // Worker: 32-bit page count.
	frameBand     = 'B' // Worker: whole rows, grey with 0 = black, or red, green and blue.
	frameEnd      = 'Z' // Worker: the page is complete.
	frameError    = 'E' // Worker: one code byte, then words.
)

// Codes of frameError.
const (
	codeOther = iota
	codeEncrypted
	codeBroken
	codeUnavailable
	codeTooLarge
)

// maxBand is the largest band of rows that a worker sends at once, in bytes.
const maxBand = 8 << 20

type frame struct {
	kind byte
	data []byte
}

func writeFrame(w *bufio.Writer, kind byte, data []byte) error {
	var head [5]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(data)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Flush()
}

// readFrame reads one frame; the payload is valid until the next call with the same buffer.
func readFrame(r io.Reader, buf *[]byte) (frame, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxBand+1<<16 {
		return frame{}, fmt.Errorf("frame of %d bytes is over the limit", n)
	}
	if cap(*buf) < int(n) {
		*buf = make([]byte, n)
	}
	data := (*buf)[:n]
	if _, err := io.ReadFull(r, data); err != nil {
		return frame{}, err
	}
	return frame{head[0], data}, nil
}

func uints(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}
