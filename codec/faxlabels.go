package codec

import (
	"errors"
	"io"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// Beyond what the decoder finds out about T.4 and T.6 data by itself, fields lie about the width of a page, the order of
// the bytes, and whether the page is coded so at all.

const (
	proofRows = 2000 // as many rows prove what they are decoded by
	leastRows = 12   // fewer prove nothing
)

// faxWidths are the pixels of a row that faxes have.
var faxWidths = [...]int{
	1728, 2048, 2432, 2592, 3072, 3648, 3456, 4096, 4864, 5184, 6144, 7296, 10368, 12288, 14592, 864, 1024, 1216,
}

// oddWidth says whether a width is nearly that of a fax: then it is looked into.
func oddWidth(width int) bool {
	near := false
	for _, w := range faxWidths {
		if width == w {
			return false
		}
		near = near || width > w-17 && width < w+17
	}
	return near
}

// examine looks for another width or byte order by which the first strip can be decoded without damage, where it cannot
// be by what the fields say.
func (s *faxSource) examine(dec *ccitt.Decoder) {
	s.examined = true
	width := s.params.Width
	if s.proves(dec, width) {
		return
	}
	for _, w := range widthsNear(width) {
		if s.proves(dec, w) {
			return
		}
	}
	if s.swapped = true; s.proves(dec, width) {
		return
	}
	s.swapped, s.params.Width = false, width
}

// widthsNear are the widths that a page may really have.
func widthsNear(width int) []int {
	var all []int
	for _, w := range faxWidths {
		if w != width {
			all = append(all, w)
		}
	}
	for _, d := range []int{8, 1, 2, 3, 4, 5, 6, 7, 16, 32} {
		all = append(all, width+d)
		if width > d {
			all = append(all, width-d)
		}
	}
	return all
}

// proves says whether the first strip with data can be decoded by this width, which then is the source's.
func (s *faxSource) proves(dec *ccitt.Decoder, width int) bool {
	s.params.Width = width
	for i, strip := range s.page.Strips {
		if strip.Size > 0 {
			p := s.params
			p.Rows = strip.Rows
			_, ok := provenRows(dec, s.data(i), p)
			return ok
		}
	}
	return false
}

// provenRows decodes data and says whether it is what p says: all rows of the strip or so many that there is no doubt,
// none of them damaged.
func provenRows(dec *ccitt.Decoder, data io.Reader, p ccitt.Params) (found ccitt.Params, ok bool) {
	if dec.Reset(data, p) != nil {
		return p, false
	}
	rows := 0
	for ; rows < min(orDefault(p.Rows, proofRows), proofRows); rows++ {
		if _, err := dec.NextRow(); err != nil {
			break
		}
		if st := dec.Stats(); st.Bad > 0 || st.Doubt {
			return p, false
		}
	}
	st := dec.Stats()
	whole := rows == p.Rows || rows == proofRows || st.RTC
	return st.Params, rows >= leastRows && whole && st.Bad == 0 && !st.Doubt
}

// data gives the coded data of strip i. Where something follows it in the file that belongs to nothing, its byte count may
// be too small.
func (s *faxSource) data(i int) io.Reader {
	const enough = 16
	var r io.Reader = s.page.Strip(i)
	if s.page.Beyond(i) >= enough {
		r = s.page.Whole(i)
	}
	if s.swapped {
		r = swappedBytes{r}
	}
	return r
}

// swappedBytes exchanges each two bytes.
type swappedBytes struct{ r io.Reader }

func (s swappedBytes) Read(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, io.ErrShortBuffer
	}
	n, err := io.ReadFull(s.r, b[:len(b)&^1])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	for i := 0; i+1 < n; i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return n, err
}

// faxBehind finds fax coding in a page of two colours whose Compression says something else that its data cannot be.
func faxBehind(t *tiff.Page, lim Limits) (ccitt.Params, bool) {
	if t.SamplesPerPixel > 1 || t.BitsPerSample[0] != 1 || t.Tiled || len(t.Strips) == 0 || t.Strips[0].Size == 0 || !cannotBe(t) {
		return ccitt.Params{}, false
	}
	p := ccitt.Params{Coding: ccitt.MH, EOL: true, Width: t.Width, Rows: t.Strips[0].Rows, LSBFirst: t.FillOrder == 2}
	found, ok := provenRows(ccitt.NewDecoder(ccitt.Limits{MaxRows: lim.MaxHeight}), t.Strip(0), p)
	found.Rows = 0
	return found, ok
}

// cannotBe says whether the first strip is none of the page's compression.
func cannotBe(t *tiff.Page) bool {
	head := make([]byte, 2)
	if _, err := io.ReadFull(t.Strip(0), head); err != nil {
		return false
	}
	switch t.Compression {
	case tiff.CompressionNone:
		return t.Strips[0].Size < int64(t.Strips[0].Rows)*int64((t.Width+7)/8)/2
	case tiff.CompressionLZW: // Begins with the clear code of 9 bits, or in the old style.
		return (head[0] != 0x80 || head[1]&0x80 != 0) && (head[0] != 0 || head[1] != 1)
	case tiff.CompressionDeflate, compressionAdobeDeflate: // RFC 1950 section 2.2.
		return head[0]&0xf != 8 || (int(head[0])<<8|int(head[1]))%31 != 0
	case tiff.CompressionOldJPEG, tiff.CompressionJPEG:
		return head[0] != 0xff || head[1] != 0xd8
	}
	return compressionName(t) == "unknown"
}

// counted gives a page without ImageLength the rows that are in its strips.
func counted(t *tiff.Page, lim Limits) (*tiff.Page, error) {
	dec, p := ccitt.NewDecoder(ccitt.Limits{MaxRows: lim.MaxHeight}), faxParams(t)
	rows := make([]int, len(t.Strips))
	for i := range t.Strips {
		p.Rows = t.RowsPerStrip
		if i == len(t.Strips)-1 {
			p.Rows = 0
		}
		if err := dec.Reset(t.Strip(i), p); err != nil {
			return nil, err
		}
		for {
			_, err := dec.NextRow()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		rows[i] = dec.Stats().Rows
		if i < len(rows)-1 {
			rows[i] = max(rows[i], t.RowsPerStrip)
		}
	}
	return t.Counted(rows)
}
