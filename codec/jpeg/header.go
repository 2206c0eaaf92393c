package jpeg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat is a stream that is no JPEG, or a broken one.
var ErrFormat = errors.New("damaged JPEG")

// ErrUnsupported is a JPEG of a kind that is not decoded here.
var ErrUnsupported = errors.New("JPEG of an unusual kind")

// Header is what stands before the coded picture.
type Header struct {
	Width, Height int // pixels; a Height of 0 is told behind the picture (T.81 section B.2.5)
	Bits          int // of a sample
	Process       byte
	Components    []Component

	Fax   *Fax // the G3FAX markers; nil if there is none
	JFIF  bool
	Adobe int // the colour transform of Adobe's marker, -1 without one
	// XRes and YRes are JFIF's dots per inch; 0 is not known.
	XRes, YRes float64
	Exif       []byte // the TIFF file in the Exif marker
	Tables     bool   // there are Huffman tables
	Quantised  bool   // there are quantisation tables
	// Leading says that the fax marker is the first segment, where T.4 annex E has it.
	Leading bool
	scan    bool // the header ends with a scan
}

// Component is one of the components.
type Component struct{ ID, H, V byte }

// Processes that Decode knows, the second byte of their SOF markers.
const (
	Baseline    = markerSOF0
	Extended    = markerSOF1
	Progressive = markerSOF2
)

// Bounds of a header.
const (
	maxSegments = 1024
	maxGarbage  = 1 << 16
)

// ReadHeader reads a stream up to its first scan, or to its end if it has tables only.
func ReadHeader(r io.Reader) (Header, error) {
	h := Header{Adobe: -1}
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReader(r)
	}
	marker, _, err := nextSegment(br)
	if err != nil || marker != markerSOI {
		return h, fmt.Errorf("%w: it does not begin with a start marker", ErrFormat)
	}
	for n := range maxSegments {
		marker, data, err := nextSegment(br)
		if err != nil {
			return h, fmt.Errorf("%w: the header ends too early", ErrFormat)
		}
		switch marker {
		case markerEOI:
			return h, nil
		case markerSOS:
			h.scan = true
			return h, h.check()
		}
		if err := h.segment(marker, data, n); err != nil {
			return h, err
		}
	}
	return h, fmt.Errorf("%w: the header has more than %d segments", ErrFormat, maxSegments)
}

// check says whether the header is that of a picture.
func (h *Header) check() error {
	if len(h.Components) == 0 {
		return fmt.Errorf("%w: there is no frame header", ErrFormat)
	}
	return nil
}

// segment takes segment number n in.
func (h *Header) segment(marker byte, data []byte, n int) error {
	switch {
	case marker >= 0xc0 && marker <= 0xcf && marker != markerDHT && marker != 0xc8 && marker != 0xcc:
		return h.frame(marker, data)
	case marker == markerDHT:
		h.Tables = true
	case marker == markerDQT:
		h.Quantised = true
	case marker == markerAPP0:
		h.jfif(data)
	case marker == markerAPP1 && h.fax(data):
		h.Leading = h.Leading || n == 0
	case marker == markerAPP1 && bytes.HasPrefix(data, []byte("Exif\x00\x00")) && h.Exif == nil:
		h.Exif = bytes.Clone(data[6:])
	case marker == 0xee && bytes.HasPrefix(data, []byte("Adobe")) && len(data) >= 12:
		h.Adobe = int(data[11])
	}
	return nil
}

// frame reads a frame header, T.81 section B.2.2.
func (h *Header) frame(marker byte, data []byte) error {
	switch {
	case h.Components != nil:
		return fmt.Errorf("%w: it has two frame headers", ErrFormat)
	case len(data) < 6 || len(data) != 6+3*int(data[5]) || data[5] == 0:
		return fmt.Errorf("%w: its frame header has a wrong length", ErrFormat)
	}
	h.Process, h.Bits = marker, int(data[0])
	h.Height, h.Width = int(binary.BigEndian.Uint16(data[1:])), int(binary.BigEndian.Uint16(data[3:]))
	for c := data[6:]; len(c) >= 3; c = c[3:] {
		h.Components = append(h.Components, Component{c[0], c[1] >> 4, c[1] & 15})
	}
	return nil
}

// jfif takes the resolution from an APP0 segment.
func (h *Header) jfif(data []byte) {
	if len(data) < 12 || !bytes.HasPrefix(data, []byte("JFIF\x00")) {
		return
	}
	h.JFIF = true
	scale := map[byte]float64{1: 1, 2: 2.54}[data[7]]
	x, y := float64(binary.BigEndian.Uint16(data[8:])), float64(binary.BigEndian.Uint16(data[10:]))
	if x*scale > 0 && y*scale > 0 && h.XRes == 0 {
		h.XRes, h.YRes = x*scale, y*scale
	}
}

// Supported says why the picture cannot be decoded here; nil if it can.
func (h *Header) Supported() error {
	switch {
	case h.Process != Baseline && h.Process != Extended && h.Process != Progressive:
		return fmt.Errorf("%w: lossless, hierarchical or arithmetic coding", ErrUnsupported)
	case h.Bits != 8:
		return fmt.Errorf("%w: %d bits for each sample", ErrUnsupported, h.Bits)
	case len(h.Components) != 1 && len(h.Components) != 3 && len(h.Components) != 4:
		return fmt.Errorf("%w: %d components", ErrUnsupported, len(h.Components))
	case h.Width == 0:
		return fmt.Errorf("%w: it has no width", ErrFormat)
	}
	return nil
}

// Sampling gives the pixels for each sample of the components but the first, both ways; 0 if that cannot be said.
func (h *Header) Sampling() (x, y int) {
	if len(h.Components) < 3 {
		return 1, 1
	}
	first, second := h.Components[0], h.Components[1]
	if second.H == 0 || second.V == 0 || second.H != h.Components[2].H || second.V != h.Components[2].V {
		return 0, 0
	}
	return int(first.H / second.H), int(first.V / second.V)
}

// nextMarker finds the next marker. Fill bytes before it are allowed (T.81 section B.1.1.2), and what cannot be a marker is
// passed over.
func nextMarker(r *bufio.Reader) (byte, error) {
	for range maxGarbage {
		c, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != 0xff {
			continue
		}
		for c == 0xff && err == nil {
			c, err = r.ReadByte()
		}
		if c != 0 || err != nil {
			return c, err
		}
	}
	return 0, ErrFormat
}

// nextSegment reads a marker and the data of its segment.
func nextSegment(r *bufio.Reader) (marker byte, data []byte, err error) {
	marker, err = nextMarker(r)
	if err != nil || marker == markerSOI || marker == markerEOI || marker == markerTEM || marker >= markerRST0 && marker < markerSOI {
		return marker, nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(length[:])) - 2
	if n < 0 {
		return 0, nil, ErrFormat
	}
	data = make([]byte, n)
	_, err = io.ReadFull(r, data)
	return marker, data, err
}
