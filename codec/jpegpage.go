package codec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"faxgate/codec/jpeg"
	"faxgate/codec/tiff"
)

// isJPEG says whether a page is coded JPEG in strips or tiles (TIFF Technical Note 2), the samples of a pixel together.
func isJPEG(t *tiff.Page) bool {
	if t.Compression != tiff.CompressionJPEG || t.Planar == 2 && t.SamplesPerPixel > 1 {
		return false
	}
	for _, b := range t.BitsPerSample {
		if b != 8 {
			return false
		}
	}
	return t.Tiled || len(t.Strips) > 0
}

// piece is a strip or tile, a JPEG stream of its own.
type piece struct {
	data          *io.SectionReader
	x, y          int // of its first pixel
	width, height int
}

// jpegPage reads the JPEG streams of a page.
type jpegPage struct {
	page   *tiff.Page
	pieces []piece
	tables []byte
	lim    Limits
	whole  int64      // bytes of the page that the pieces are put together in
	parts  jpeg.Parts // of old-style JPEG whose strips are not streams
}

// openJPEGPage looks at the structure of a page that is coded JPEG.
func openJPEGPage(p Page, r io.ReaderAt, t *tiff.Page, lim Limits) (Page, error) {
	j := &jpegPage{page: t, lim: lim}
	var err error
	if j.tables, err = t.Bytes(tiff.TagJPEGTables); err != nil {
		return p, errorf("read", ErrDamaged, "the page's JPEG tables are damaged: %w", err)
	}
	if j.pieces, err = jpegPieces(r, t); err != nil {
		return p, err
	}
	return j.open(p)
}

// open finds out what the page is by its first stream.
func (j *jpegPage) open(p Page) (Page, error) {
	h, err := j.header(0)
	if err != nil {
		return p, err
	}
	p.Kind = Colour
	if len(h.Components) == 1 {
		p.Kind = Gray
	}
	cost := jpeg.Cost(h)
	if len(j.pieces) > 1 || h.Width != j.page.Width || h.Height != j.page.Height {
		page := h
		page.Width, page.Height, page.Process = j.page.Width, j.page.Height, jpeg.Baseline
		j.whole = jpeg.Cost(page)
		cost += j.whole
	}
	if err := j.lim.decoded("the page", cost); err != nil {
		return p, err
	}
	p.src = &picture{walk: p.walk, size: cost, large: j.lim.large, decode: func() (raster, error) { return j.decode(h) }}
	return p, nil
}

// stream gives the bytes of a piece. FillOrder 2 is legal with JPEG (RFC 3949 section 6.2.1), and not to be believed: the
// first byte tells.
func (j *jpegPage) stream(i int) io.Reader {
	data := j.pieces[i].data
	_, _ = data.Seek(0, io.SeekStart)
	if j.parts.Frame != nil {
		return j.assembled(j.pieces[i])
	}
	br := bufio.NewReader(data)
	if two, err := br.Peek(2); err == nil && two[0] == 0xff && two[1] == bits.Reverse8(0xd8) {
		return mirrored{br}
	}
	return br
}

// mirrored turns the bits of each byte round.
type mirrored struct{ r io.Reader }

func (m mirrored) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	for i, v := range b[:n] {
		b[i] = bits.Reverse8(v)
	}
	return n, err
}

// header reads the header of a piece and says whether it may be decoded: it must be no larger than its strip is.
func (j *jpegPage) header(i int) (jpeg.Header, error) {
	h, err := jpeg.ReadHeader(j.stream(i))
	if err == nil {
		err = h.Supported()
	}
	what := j.pieces[i]
	switch {
	case errors.Is(err, jpeg.ErrUnsupported):
		return h, errorf("read", ErrUnsupported, "strip %d: %w: save the page as PDF or JPEG", i+1, err)
	case err != nil:
		return h, errorf("read", ErrDamaged, "strip %d: %w", i+1, err)
	case h.Width > what.width+16 || h.Height > what.height+16:
		return h, errorf("read", ErrDamaged, "strip %d is %d by %d pixels in a page of %d by %d", i+1, h.Width, h.Height, j.page.Width, j.page.Height)
	case h.Process == jpeg.Progressive && jpegScans(j.stream(i)) > maxScans:
		return h, errorf("read", ErrTooComplex, "the page is coded in more than %d scans, each of which goes over the whole picture: save it anew", maxScans)
	}
	if h.Height == 0 {
		h.Height = what.height
	}
	return h, nil
}

// decode makes the picture. What cannot be decoded is white, unless it is all.
func (j *jpegPage) decode(first jpeg.Header) (raster, error) {
	m := &jpegImage{colours: j.meaning(first)}
	w := &pieceWalk{jpegPage: j, image: m}
	var failed error
	for i := range j.pieces {
		if err := w.piece(i, first); err != nil {
			w.lost(j.pieces[i], err)
			failed = err
		}
	}
	if m.planes == nil {
		return nil, failed
	}
	m.stats.Rows = j.page.Height - m.stats.Missing
	return m, nil
}

// pieceWalk puts a picture together.
type pieceWalk struct {
	*jpegPage
	image *jpegImage
	row   int // of pieces, that was last found broken
}

// piece decodes strip or tile i and puts it in its place.
func (w *pieceWalk) piece(i int, first jpeg.Header) error {
	h := first
	if i > 0 {
		var err error
		if h, err = w.header(i); err != nil {
			return err
		}
		if jpeg.Cost(h)+w.whole > w.lim.MaxDecoded {
			return errorf("read", ErrTooLarge, "strip %d takes too much memory", i+1)
		}
	}
	at := w.pieces[i]
	part, err := jpeg.Decode(w.stream(i), jpeg.Options{Tables: w.tables, Height: at.height})
	if err != nil {
		if part = w.mended(i, h, err); part == nil {
			return errorf("read", ErrDamaged, "strip %d: %w", i+1, err)
		}
	}
	t, m := w.page, w.image
	if m.planes == nil && len(w.pieces) == 1 && part.Width == t.Width && part.Height == t.Height {
		m.planes = part
		return nil
	}
	if m.planes == nil {
		m.planes = jpeg.NewPlanes(t.Width, t.Height, part, m.colours.White())
	}
	if err := m.planes.Put(part, at.x, at.y); err != nil {
		return errorf("read", ErrDamaged, "strip %d: %w", i+1, err)
	}
	if short := min(at.height, t.Height-at.y) - part.Height; short > 0 {
		w.short(at, short, fmt.Errorf("strip %d has %d rows of %d", i+1, part.Height, at.height))
	}
	return nil
}

// mended decodes what there is of a damaged piece and notes what is not, nil if that is all.
func (w *pieceWalk) mended(i int, h jpeg.Header, why error) *jpeg.Planes {
	at := w.pieces[i]
	if 2*jpeg.Cost(h) > w.lim.MaxDecoded {
		return nil
	}
	part, rows, err := jpeg.Mend(func() io.Reader { return w.stream(i) }, jpeg.Options{Tables: w.tables, Height: at.height}, w.image.colours.White())
	if err != nil {
		return nil
	}
	if lacks := min(at.height, w.page.Height-at.y) - rows; lacks > 0 {
		w.short(at, lacks, fmt.Errorf("strip %d breaks off after %d rows: %w", i+1, rows, why))
	}
	return part
}

// lost notes a piece that cannot be decoded.
func (w *pieceWalk) lost(at piece, err error) { w.short(at, min(at.height, w.page.Height-at.y), err) }

// short notes missing rows, once for a row of tiles.
func (w *pieceWalk) short(at piece, rows int, err error) {
	st := &w.image.stats
	if w.row != at.y+1 {
		st.Missing += rows
	}
	w.row, st.Err = at.y+1, err
}

// jpegPieces lists the strips or tiles.
func jpegPieces(r io.ReaderAt, t *tiff.Page) ([]piece, error) {
	if t.Tiled {
		return jpegTiles(r, t)
	}
	var all []piece
	y := 0
	for i, s := range t.Strips {
		all = append(all, piece{t.Strip(i), 0, y, t.Width, s.Rows})
		y += s.Rows
	}
	return all, nil
}

func jpegTiles(r io.ReaderAt, t *tiff.Page) ([]piece, error) {
	width, height := t.Ints(tiff.TagTileWidth), t.Ints(tiff.TagTileLength)
	at, size := t.Ints(tiff.TagTileOffsets), t.Ints(tiff.TagTileByteCounts)
	if len(width) == 0 || len(height) == 0 || width[0] < 8 || height[0] < 8 || width[0] > 1<<16 || height[0] > 1<<16 {
		return nil, errorf("read", ErrDamaged, "the page's tiles have no size")
	}
	w, h := int(width[0]), int(height[0])
	across, down := (t.Width+w-1)/w, (t.Height+h-1)/h
	if len(at) < across*down || len(size) < across*down {
		return nil, errorf("read", ErrDamaged, "the page has %d tiles of %d", min(len(at), len(size)), across*down)
	}
	var all []piece
	for i := range across * down {
		data := io.NewSectionReader(r, int64(at[i]), int64(size[i]))
		all = append(all, piece{data, i % across * w, i / across * h, w, h})
	}
	return all, nil
}

// meaning says what the samples are: the directory knows, and where it cannot be right the stream.
func (j *jpegPage) meaning(h jpeg.Header) jpeg.Colours {
	t, n := j.page, len(h.Components)
	switch {
	case t.Photometric == tiff.ITULab && n != 4:
		return jpeg.Colours{Model: jpeg.CIELab, Lab: labOf(t, h)}
	case n == 1:
		return jpeg.Colours{Model: jpeg.Gray, Inverted: t.Photometric == tiff.WhiteIsZero}
	case n == 3 && t.Photometric == tiff.RGB:
		return jpeg.Colours{Model: jpeg.RGB}
	case n == 3 && t.Photometric == tiff.YCbCr && t.Compression == tiff.CompressionOldJPEG:
		return jpeg.Colours{Model: jpeg.YCbCr, Range: rangeOf(t)}
	case n == 3 && t.Photometric == tiff.YCbCr:
		return jpeg.Colours{Model: jpeg.YCbCr}
	case n == 4 && t.Photometric == tiff.RGB:
		extra := t.Ints(tagExtraSamples)
		return jpeg.Colours{Model: jpeg.RGBA, Weighted: len(extra) > 0 && extra[0] == 1}
	case n == 4 && t.Photometric == tiff.CMYK:
		return jpeg.Colours{Model: jpeg.CMYK}
	}
	return h.Meaning()
}

// rangeOf takes the range of YCbCr from ReferenceBlackWhite (TIFF 6.0 section 20), nil if it is the whole. Old-style JPEG
// is read by it; libtiff, after which everybody reads JPEG, does not look at it in the new style.
func rangeOf(t *tiff.Page) *jpeg.Range {
	v := t.Reals(tagReference)
	if v == nil {
		for _, n := range t.Ints(tagReference) {
			v = append(v, float64(n))
		}
	}
	if len(v) < 6 {
		return nil
	}
	return jpeg.NewRange([6]float64(v[:6]))
}

// labOf takes the gamut from the stream, or else from the directory (RFC 3949 section 2.1.2: what the stream says of how to
// decode it comes first).
func labOf(t *tiff.Page, h jpeg.Header) *jpeg.Lab {
	gamut, white := jpeg.DefaultGamut(), jpeg.D50
	if h.Fax != nil {
		white = h.Fax.White
	}
	switch v := t.Reals(tiff.TagDecode); {
	case h.Fax != nil && h.Fax.Custom:
		gamut = h.Fax.Gamut
	case len(v) >= 2:
		for i := range min(len(v)/2, len(gamut.Min)) {
			gamut.Min[i], gamut.Max[i] = v[2*i], v[2*i+1]
		}
	}
	return jpeg.NewLab(gamut, white)
}
