package tiff

import (
	"encoding/binary"
	"io"
	"slices"
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

	fields int     // fields so far, against Limits.MaxFields
	strips int     // strips so far, against Limits.MaxStrips
	coded  int64   // bytes in the strips of all pages so far
	failed error   // of r, while a value was read
	begins []int64 // where something begins, for Beyond
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

// Counted is a page with ErrNoLength after its rows were counted, strip by strip. The error says that the limits do not
// allow so many.
func (p *Page) Counted(rows []int) (*Page, error) {
	q := *p
	q.Err, q.Height, q.Strips = nil, 0, slices.Clone(p.Strips)
	for i := range q.Strips {
		q.Strips[i].Rows = rows[i]
		q.Height += rows[i]
		q.RowsPerStrip = max(q.RowsPerStrip, rows[i])
	}
	if q.Height == 0 {
		return nil, ErrNoLength
	}
	return &q, p.file.lim.size(uint32(q.Width), uint32(q.Height))
}

// Whole reads strip i and what follows it in the file up to the next thing that is known, for data that goes on behind its
// byte count.
func (p *Page) Whole(i int) *io.SectionReader {
	s := p.Strips[i]
	return io.NewSectionReader(p.file.r, s.Offset, s.Size+p.Beyond(i))
}

// Beyond is how many bytes behind strip i belong to nothing.
func (p *Page) Beyond(i int) int64 {
	f := p.file
	if f.begins == nil {
		f.begins = f.landmarks()
	}
	s := p.Strips[i]
	if s.Size == 0 {
		return 0
	}
	next, _ := slices.BinarySearch(f.begins, s.Offset+s.Size)
	if next == len(f.begins) {
		return 0
	}
	return f.begins[next] - s.Offset - s.Size
}
