package codec

import (
	"bufio"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"golang.org/x/image/tiff/lzw"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// plainSource streams the strips of a TIFF page of one sample per pixel: uncompressed, PackBits, and the bilevel ones of
// LZW and Deflate.
type plainSource struct {
	page *tiff.Page
	walk *walk
}

// rows yields the bytes of Height rows as they are in the file; missing ones are white.
func (s plainSource) rows(yield func([]byte, error) bool) {
	t := s.page
	row := make([]byte, (t.Width*t.BitsPerSample[0]*max(t.SamplesPerPixel, 1)+7)/8)
	var st Stats
	for i := range t.Strips {
		in, err := s.open(i)
		for range min(t.Strips[i].Rows, t.Height-st.Rows-st.Missing) {
			if err == nil {
				_, err = io.ReadFull(in, row)
			}
			if err != nil {
				st.Missing++
				st.Err = shortData(st, err)
				s.white(row)
			} else {
				st.Rows++
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	for st.Rows+st.Missing < t.Height {
		s.white(row)
		st.Missing++
		st.Err = shortData(st, io.EOF)
		if !yield(row, nil) {
			return
		}
	}
	s.walk.set(st)
}

func shortData(st Stats, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the data ends after %d rows", st.Rows)
	}
	return err
}

func (s plainSource) white(row []byte) {
	v := byte(0)
	if s.page.Photometric == tiff.BlackIsZero {
		v = 255
	}
	for i := range row {
		row[i] = v
	}
}

// open gives the uncompressed bytes of strip i.
func (s plainSource) open(i int) (io.Reader, error) { return uncompressed(s.page, s.page.Strip(i)) }

// uncompressed gives the uncompressed bytes of a strip or tile. FillOrder 2 is that of the bytes in the file, as libtiff has
// it.
func uncompressed(t *tiff.Page, r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	if t.FillOrder == 2 {
		in = bufio.NewReader(mirrored{in})
	}
	switch t.Compression {
	case tiff.CompressionPackBits:
		return &packBits{in: in}, nil
	case tiff.CompressionLZW:
		return lzw.NewReader(in, lzw.MSB, 8), nil
	case tiff.CompressionDeflate, compressionAdobeDeflate:
		return zlib.NewReader(in)
	}
	return in, nil
}

// packBits expands TIFF 6.0 section 9.
type packBits struct {
	in     *bufio.Reader
	n      int  // bytes that are still to come
	repeat bool // of one value
	value  byte
}

func (p *packBits) Read(b []byte) (int, error) {
	for p.n == 0 {
		c, err := p.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch n := int(int8(c)); {
		case n >= 0:
			p.n, p.repeat = n+1, false
		case n > -128:
			p.n, p.repeat = 1-n, true
			if p.value, err = p.in.ReadByte(); err != nil {
				return 0, err
			}
		}
	}
	b = b[:min(len(b), p.n)]
	p.n -= len(b)
	if !p.repeat {
		n, err := io.ReadFull(p.in, b)
		return n, err
	}
	for i := range b {
		b[i] = p.value
	}
	return len(b), nil
}

// bilevelStrips has one bit per pixel.
type bilevelStrips struct{ plainSource }

func (s *bilevelStrips) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

func (s *bilevelStrips) changes(context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		var c ccitt.Changes
		for row, err := range s.rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if s.page.Photometric == tiff.BlackIsZero {
				for i, v := range row {
					row[i] = ^v
				}
			}
			c = ccitt.Scan(c, row, s.page.Width)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// grayStrips has one byte per pixel.
type grayStrips struct{ plainSource }

func (s *grayStrips) gray(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for row, err := range s.rows {
			if err == nil && s.page.Photometric == tiff.WhiteIsZero {
				for i, v := range row {
					row[i] = ^v
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
