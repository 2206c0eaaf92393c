package codec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// FileInfo is what faxgate tiff info --json prints.
type FileInfo struct {
	Pages []PageInfo `json:"pages"`
}

// PageInfo tells about one page of a TIFF file.
type PageInfo struct {
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	XRes        float64 `json:"xres"` // dots per inch, 0 if not known
	YRes        float64 `json:"yres"`
	Coding      string  `json:"coding"`  // MH, MR, MMR, JPEG, JBIG, none, …
	Kind        string  `json:"kind"`    // bilevel, grey or colour; "" if that cannot be told
	Profile     string  `json:"profile"` // the smallest profile of RFC 3949 that the page belongs to; "" is none
	Photometric int     `json:"photometric"`
	FillOrder   int     `json:"fillOrder"`
	Strips      int     `json:"strips"`
	Rows        int     `json:"rows"`    // really decoded
	BadRows     int     `json:"badRows"` // damaged ones among them
	// ConsecutiveBadRows is the longest run of damaged rows, Missing the rows that the page should have had besides, and
	// Partial says that these are lost by damage or because the file is cut short.
	ConsecutiveBadRows int  `json:"consecutiveBadRows,omitempty"`
	Missing            int  `json:"missing,omitempty"`
	Partial            bool `json:"partial,omitempty"`
	// Quality is what the file itself says of the page's reception, TIFF-F's fields 326 to 328.
	Quality *QualityInfo `json:"quality,omitempty"`
	// Pixels is the SHA-256 of a bilevel page: packed rows, most significant bit first, 1 = black after
	// PhotometricInterpretation, Height of them. It is empty for grey and colour.
	Pixels string `json:"pixels,omitempty"`
	Error  string `json:"error,omitempty"` // why the page cannot be read
}

// QualityInfo is what TIFF-F's page-quality fields say, RFC 3949 section 4.3.3.
type QualityInfo struct {
	BadFaxLines            int `json:"badFaxLines"`
	CleanFaxData           int `json:"cleanFaxData"` // 0 no bad lines, 1 bad lines were regenerated, 2 bad lines remain
	ConsecutiveBadFaxLines int `json:"consecutiveBadFaxLines"`
}

// Info decodes the pages of a TIFF file and tells about them. A page that cannot be read has its Error; the error returned
// is for a file that is no TIFF file at all.
func Info(ctx context.Context, r io.ReaderAt, size int64) (FileInfo, error) {
	info := FileInfo{Pages: []PageInfo{}}
	lim := Limits{}.withDefaults()
	f, err := tiff.Open(r, size, tiff.Limits{
		MaxPages: lim.pages(10_000), MaxWidth: lim.MaxWidth, MaxHeight: lim.MaxHeight, MaxPixels: lim.MaxPixels,
	})
	if err != nil {
		return info, err
	}
	for _, t := range f.Pages {
		if ctx.Err() != nil {
			return info, ctx.Err()
		}
		info.Pages = append(info.Pages, pageInfo(ctx, r, size, t, lim))
	}
	return info, nil
}

func pageInfo(ctx context.Context, r io.ReaderAt, size int64, t *tiff.Page, lim Limits) PageInfo {
	info := PageInfo{
		Width: t.Width, Height: t.Height, XRes: t.XRes, YRes: t.YRes, Coding: compressionName(t), Profile: profileName(t),
		Photometric: t.Photometric, FillOrder: t.FillOrder, Strips: len(t.Strips),
	}
	p, err := tiffPage(r, size, t, lim)
	if err == nil {
		p.Index, p.limit, info.Height, info.Kind = t.Index, lim.PageTime, p.Height, p.Kind.String()
		info.Pixels, err = pixelHash(ctx, p)
		if fax, ok := p.src.(*faxSource); ok && fax.found.Coding != 0 {
			info.Coding = fax.found.Coding.String()
		}
	}
	if pic, ok := p.src.(interface{ release() }); ok {
		pic.release()
	}
	st := p.Stats()
	info.Rows, info.BadRows, info.ConsecutiveBadRows, info.Missing, info.Partial = st.Rows, st.BadRows, st.ConsecutiveBad, st.Missing, st.Partial
	if q := t.Quality; q != nil {
		info.Quality = &QualityInfo{q.BadFaxLines, q.CleanFaxData, q.ConsecutiveBadFaxLines}
	}
	if err != nil {
		info.Error = err.Error()
	}
	return info
}

// pixelHash reads a page; the hash is empty if it is not bilevel.
func pixelHash(ctx context.Context, p Page) (string, error) {
	if p.Kind != Bilevel {
		for _, err := range p.Gray(ctx) {
			if err != nil {
				return "", err
			}
		}
		return "", nil
	}
	h := sha256.New()
	row := make([]byte, (p.Width+7)/8)
	for c, err := range p.Changes(ctx) {
		if err != nil {
			return "", err
		}
		ccitt.Paint(row, c)
		h.Write(row)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// profileName gives the letter of a page's profile, "" if it is of none.
func profileName(t *tiff.Page) string {
	if letter := t.Profile(); t.Err == nil && letter != 0 {
		return string(letter)
	}
	return ""
}
