package codec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// maxBand is the memory that a row of tiles may take.
const maxBand = 32 << 20

// tileSource decodes a bilevel TIFF page in tiles (TIFF 6.0 section 15). A row of tiles is in memory.
type tileSource struct {
	page          *tiff.Page
	file          io.ReaderAt
	walk          *walk
	limits        ccitt.Limits
	width, height int // of a tile
	across, down  int // tiles
	at, size      []uint32
}

// isTiledBilevel says whether the page is one.
func isTiledBilevel(t *tiff.Page) bool {
	if !t.Tiled || t.SamplesPerPixel > 1 {
		return false
	}
	switch t.Compression {
	case tiff.CompressionRLE, tiff.CompressionT4, tiff.CompressionT6:
		return true
	case tiff.CompressionNone, tiff.CompressionPackBits, tiff.CompressionLZW, tiff.CompressionDeflate, compressionAdobeDeflate:
		return oneSample(t, 1) && t.Photometric <= tiff.BlackIsZero
	}
	return false
}

// newTileSource looks at the fields of the tiles.
func newTileSource(r io.ReaderAt, t *tiff.Page, w *walk, lim Limits) (*tileSource, error) {
	one := func(tag tiff.Tag) int {
		if v := t.Ints(tag); len(v) > 0 && v[0] <= 1<<20 {
			return int(v[0])
		}
		return 0
	}
	s := &tileSource{
		page: t, file: r, walk: w, limits: ccitt.Limits{WhiteRows: lim.WhiteRows},
		width: one(tiff.TagTileWidth), height: one(tiff.TagTileLength), at: t.Ints(tiff.TagTileOffsets), size: t.Ints(tiff.TagTileByteCounts),
	}
	if s.width < 8 || s.width%8 != 0 || s.height < 1 {
		return nil, errorf("read", ErrDamaged, "the page's tiles of %d by %d pixels cannot be", s.width, s.height)
	}
	s.across, s.down = (t.Width+s.width-1)/s.width, (t.Height+s.height-1)/s.height
	if band := int64(s.stride()) * int64(s.height); band > maxBand {
		return nil, errorf("read", ErrTooLarge, "a row of the page's tiles takes %d MiB, the limit is %d", band>>20, maxBand>>20)
	}
	if len(s.at) == 0 || len(s.size) == 0 {
		return nil, errorf("read", ErrDamaged, "the page has no data: its tiles have no place")
	}
	return s, nil
}

// stride is the bytes of a row of all tiles.
func (s *tileSource) stride() int { return s.across * s.width / 8 }

func (s *tileSource) gray(ctx context.Context) iter.Seq2[[]byte, error] { return grayOf(ctx, s) }

// changes yields Height rows; what tiles lack is white.
func (s *tileSource) changes(context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		w := tileWalk{tileSource: s, dec: ccitt.NewDecoder(s.limits), band: make([]byte, s.stride()*s.height), line: make([]byte, s.width/8)}
		var c ccitt.Changes
		for y := range s.page.Height {
			if y%s.height == 0 {
				if err := w.next(y / s.height); err != nil {
					yield(nil, err)
					return
				}
			}
			c = ccitt.Scan(c, w.band[y%s.height*s.stride():][:s.stride()], s.page.Width)
			if !yield(c, nil) {
				return
			}
		}
		w.stats.Rows = s.page.Height - w.stats.Missing
		w.stats.Partial = w.stats.Missing > 0
		s.walk.set(w.stats)
	}
}

// tileWalk is one walk over the tiles of a page.
type tileWalk struct {
	*tileSource
	dec        *ccitt.Decoder
	band, line []byte
	stats      Stats
}

// next decodes a row of tiles. A row of pixels is bad or missing once, in however many tiles it is.
func (w *tileWalk) next(row int) error {
	clear(w.band)
	bad, missing := 0, 0
	rows := min(w.height, w.page.Height-row*w.height)
	for x := range w.across {
		st, err := w.tile(row*w.across+x, x*w.width/8, rows)
		if err != nil {
			return err
		}
		bad, missing = max(bad, st.Bad), max(missing, rows-st.Rows)
		w.stats.ConsecutiveBad = max(w.stats.ConsecutiveBad, st.MaxConsecutiveBad)
		if st.Err != nil {
			w.stats.Err = fmt.Errorf("tile %d: %w", row*w.across+x+1, st.Err)
		}
	}
	w.stats.BadRows += min(bad, rows-missing)
	w.stats.Missing += missing
	if missing > 0 && w.stats.Err == nil {
		w.stats.Err = errors.New("the data of a tile ends early")
	}
	return nil
}

// tile decodes the upper rows of tile i to its place in the band. Of a tile that lies outside of the file there are none.
func (w *tileWalk) tile(i, at, rows int) (ccitt.Stats, error) {
	if i >= len(w.at) || i >= len(w.size) {
		return ccitt.Stats{}, nil
	}
	data := io.NewSectionReader(w.file, int64(w.at[i]), int64(w.size[i]))
	if c := w.page.Compression; c < tiff.CompressionRLE || c > tiff.CompressionT6 {
		return w.plainTile(data, at, rows), nil
	}
	p := faxParams(w.page)
	p.Width, p.Rows = w.width, w.height
	if err := w.dec.Reset(data, p); err != nil {
		return ccitt.Stats{}, errorf("read", ErrDamaged, "tile %d: %w", i+1, err)
	}
	for y := range rows {
		c, err := w.dec.NextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ccitt.Stats{}, errorf("read", ErrDamaged, "tile %d: %w", i+1, err)
		}
		ccitt.Paint(w.line, c)
		w.place(y, at)
	}
	return w.dec.Stats(), nil
}

// plainTile reads the rows of a tile that is not coded as fax.
func (w *tileWalk) plainTile(data io.Reader, at, rows int) (st ccitt.Stats) {
	in, err := uncompressed(w.page, data)
	for ; err == nil && st.Rows < rows; st.Rows++ {
		if _, err = io.ReadFull(in, w.line); err != nil {
			break
		}
		w.place(st.Rows, at)
	}
	if err != nil {
		st.Err = err
	}
	return st
}

// place puts a row of a tile into the band.
func (w *tileWalk) place(y, at int) {
	if w.page.Photometric == tiff.BlackIsZero {
		for j, v := range w.line {
			w.line[j] = ^v
		}
	}
	copy(w.band[y*w.stride()+at:], w.line)
}
