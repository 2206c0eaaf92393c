package tiff

import (
	"encoding/binary"
	"io"
)

// File is the structure of a TIFF file.
type File struct {
	ByteOrder binary.ByteOrder
	Pages     []*Page  // in the order of the chain of directories; sub-directories are not pages
	Warnings  []string // what was tolerated, in words; at most 100
	Truncated bool     // the chain of directories ended too early: loops, leaves the file or is cut

	r       io.ReaderAt
	size    int64
	lim     Limits
	stopped string // why the chain of directories ended early

	fields int   // fields so far, against Limits.MaxFields
	strips int   // strips so far, against Limits.MaxStrips
	coded  int64 // bytes in the strips of all pages so far
	failed error // of r, while a value was read
}

// Stopped says why the chain of directories ended too early; empty if it did not.
func (f *File) Stopped() string { return f.stopped }

// Page is one image file directory of the main chain, with the defaults of TIFF 6.0 where a field is absent.
type Page struct {
	Index     int   // from 0
	IFDOffset int64 // where the directory starts
	NextIFD   int64 // offset of the next directory as written in the file; 0 ends the chain

	Width, Height   int
	XRes, YRes      float64 // dots per inch, converted from centimetres and snapped to the nearest legal pair; 0 unknown
	ResolutionUnit  int     // as in the file: 1 none, 2 inch, 3 centimetre
	Compression     int
	Photometric     int
	FillOrder       int // 1 or 2
	BitsPerSample   []int
	SamplesPerPixel int
	Planar          int // PlanarConfiguration: 1 samples together, 2 apart
	T4Options       uint32
	T6Options       uint32
	Orientation     int // 1 to 8
	NewSubfileType  uint32
	PageNumber      [2]int   // number from 0, total or 0; both 0 if absent (see Has)
	RowsPerStrip    int      // at most Height
	Quality         *Quality // what TIFF-F says about reception, nil if nothing
	Tiled           bool     // in tiles: Strips is empty
	Strips          []Strip  // top to bottom
	Truncated       bool     // strips are missing or run past the end of the file
	Err             error    // why the page cannot be used; the other members may still tell what is known

	file    *File
	entries []byte // as in the file, 12 bytes each
}

// Quality is what the page-quality fields tell about reception without error correction, RFC 3949 section 4.3.3.
type Quality struct {
	BadFaxLines            int
	CleanFaxData           int // 0 no bad lines, 1 bad lines were regenerated, 2 bad lines remain
	ConsecutiveBadFaxLines int
}

// Strip is one piece of a page's coded data.
type Strip struct {
	Offset, Size int64 // within the file: Size is cut to what is there
	Rows         int
}

// Strip reads the coded bytes of strip i as they are in the file, so FillOrder is still to be applied.
func (p *Page) Strip(i int) *io.SectionReader {
	s := p.Strips[i]
	return io.NewSectionReader(p.file.r, s.Offset, s.Size)
}
