package jpeg

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Options say what a stream in a container lacks.
type Options struct {
	// Tables are quantisation and Huffman tables that stand apart, from start marker to end marker, as in TIFF's JPEGTables.
	Tables []byte
	// Height is the number of rows where the frame header leaves it open.
	Height int
}

// maxTables bounds what is kept of a header.
const maxTables = 1 << 20

// stream is a JPEG on its way to the decoder of the standard library, which wants all tables in the stream, knows no rows
// that are told afterwards, and converts colours by what it finds in the header.
type stream struct {
	Header
	in   *bufio.Reader
	head bytes.Buffer
	end  bool // an end marker was added
}

// newStream reads the header of r and makes another.
func newStream(r io.Reader, o Options) (*stream, error) {
	s := &stream{in: bufio.NewReaderSize(r, 16<<10), Header: Header{Adobe: -1}}
	if len(o.Tables) > 0 {
		if err := s.take(bufio.NewReader(bytes.NewReader(o.Tables)), Options{}); err != nil {
			return nil, fmt.Errorf("read the tables that stand apart: %w", err)
		}
		s.Components = nil
	}
	if err := s.take(s.in, o); err != nil {
		return nil, err
	}
	switch {
	case !s.scan:
		return nil, fmt.Errorf("%w: it has no picture", ErrFormat)
	case s.Height == 0:
		return nil, fmt.Errorf("%w: the number of its rows is not known", ErrFormat)
	}
	return s, s.Supported()
}

// take reads a header into head: of its segments only those that decoding needs.
func (s *stream) take(r *bufio.Reader, o Options) error {
	if marker, err := nextMarker(r); err != nil || marker != markerSOI {
		return fmt.Errorf("%w: it does not begin with a start marker", ErrFormat)
	}
	for n := 0; n < maxSegments && s.head.Len() < maxTables; n++ {
		marker, data, err := nextSegment(r)
		if err != nil {
			return fmt.Errorf("%w: the header ends too early", ErrFormat)
		}
		if marker == markerEOI {
			return nil
		}
		if err := s.segment(marker, data, n); err != nil {
			return err
		}
		switch {
		case marker >= markerAPP0 || marker == markerSOI || marker == markerTEM:
			continue
		case marker == markerSOS:
			s.scan = true
			if !s.Tables {
				s.standard()
			}
		case len(s.Components) > 0 && marker == s.Process && s.Height == 0:
			s.Height = o.Height
			data[1], data[2] = byte(o.Height>>8), byte(o.Height)
		}
		s.put(marker, data)
		if s.scan {
			return s.check()
		}
	}
	return fmt.Errorf("%w: the header is too long", ErrFormat)
}

// standard adds the tables of T.81 annex K, which streams may leave out where both sides know them.
func (s *stream) standard() {
	for _, h := range standardTables {
		s.put(markerDHT, h.segment())
	}
}

// put adds a segment to the header.
func (s *stream) put(marker byte, data []byte) {
	n := len(data) + 2
	s.head.Write([]byte{0xff, marker, byte(n >> 8), byte(n)})
	s.head.Write(data)
}

// readerOf gives the stream as the decoder wants it, its scan read from r: three components as if they were YCbCr and four
// as if they were CMYK, which it gives out as they are.
func (s *stream) readerOf(r io.Reader) io.Reader {
	var start bytes.Buffer
	first := &stream{}
	if len(s.Components) == 4 {
		first.put(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00"))
	} else {
		jfif := JFIFSegment(1, 1)
		first.put(jfif.Marker, jfif.Data)
	}
	start.Write([]byte{0xff, markerSOI})
	start.Write(first.head.Bytes())
	start.Write(s.head.Bytes())
	return io.MultiReader(&start, r)
}

// Read gives what comes after the first scan's header, without segments that tell the number of rows, and with an end
// marker, which some leave out.
func (s *stream) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if _, err := s.in.Peek(1); err != nil {
			if n > 0 {
				return n, nil
			}
			if s.end {
				return 0, io.EOF
			}
			s.end = true
			return copy(b, []byte{0xff, markerEOI}), nil
		}
		ready, _ := s.in.Peek(s.in.Buffered())
		i := bytes.IndexByte(ready, 0xff)
		if i < 0 {
			i = len(ready)
		}
		if i == 0 {
			if two, err := s.in.Peek(2); err == nil && two[1] == markerDNL {
				_, _ = s.in.Discard(6) // An error comes back at the next Peek.
				continue
			}
			// To look ahead may have moved the buffer from under ready.
			b[n] = 0xff
			_, _ = s.in.Discard(1)
			n++
			continue
		}
		m := copy(b[n:], ready[:i])
		_, _ = s.in.Discard(m)
		n += m
	}
	return n, nil
}

// Parts are the pieces of a header that does not stand before its coded data.
type Parts struct {
	Tables []byte // from start marker to end marker, as in [Options]
	Frame  []byte // the segment of the frame header, with its marker; nil if there is none
	Scan   []byte // that of the scan header
}

// ReadParts takes a header apart.
func ReadParts(r io.Reader) (p Parts, err error) {
	in, tables := bufio.NewReader(r), &stream{}
	if marker, err := nextMarker(in); err != nil || marker != markerSOI {
		return p, fmt.Errorf("%w: it does not begin with a start marker", ErrFormat)
	}
	for tables.head.Len() < maxTables && p.Scan == nil {
		marker, data, err := nextSegment(in)
		if err != nil || marker == markerEOI {
			break // What was found counts.
		}
		one := &stream{}
		one.put(marker, data)
		switch marker {
		case markerDHT, markerDQT, markerDRI:
			tables.put(marker, data)
		case markerSOF0, markerSOF1:
			p.Frame = one.head.Bytes()
		case markerSOS:
			p.Scan = one.head.Bytes()
		}
	}
	p.Tables = append([]byte{0xff, markerSOI}, tables.head.Bytes()...)
	p.Tables = append(p.Tables, 0xff, markerEOI)
	if tables.head.Len() == 0 {
		return p, fmt.Errorf("%w: it has no tables", ErrFormat)
	}
	return p, nil
}
