package codec

import (
	"context"
	"image"
	"image/color"
	"iter"
	"runtime/debug"
	"sync"

	"faxgate/codec/ccitt"
)

// picture is a source that can only be decoded as a whole: it is decoded when first read and kept until release.
type picture struct {
	decode func() (raster, error)
	walk   *walk

	size  int64 // bytes in memory
	large turn

	mu  sync.Mutex
	img raster
}

// raster is a decoded picture: an image.Image, or a *jpegImage.
type raster interface{ Bounds() image.Rectangle }

// turn lets one large picture of all that an Opener has opened be in memory at a time, however many documents are read at
// once: Limits.MaxDecoded is the most that they take together.
type turn chan struct{}

// largePicture is the size in bytes from which on a picture waits for its turn.
const largePicture = 16 << 20

func (p *picture) waits() bool { return p.size >= largePicture && p.large != nil }

// bilevelPicture is a picture of black and white only.
type bilevelPicture struct{ *picture }

func (p *picture) picture(ctx context.Context) (raster, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.img != nil {
		return p.img, nil
	}
	if p.waits() {
		select {
		case p.large <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	img, err := guarded(p.decode)
	if err != nil {
		if p.waits() {
			<-p.large
		}
		return nil, err
	}
	p.img = img
	return img, nil
}

// release lets go of the decoded picture.
func (p *picture) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	had := p.img != nil
	p.img = nil
	if had && p.waits() {
		debug.FreeOSMemory() // The next one must not find this one still there, and the collector would take its time.
		<-p.large
	}
}

// guarded turns a decoder's panic into an error, and refuses a picture whose pixels would make a reader of it panic.
func guarded(decode func() (raster, error)) (img raster, err error) {
	defer func() {
		if r := recover(); r != nil {
			img, err = nil, errorf("read", ErrDamaged, "the picture is damaged (%v)", r)
		}
	}()
	img, err = decode()
	if err != nil {
		return nil, err
	}
	if pal, ok := img.(*image.Paletted); ok {
		for _, i := range pal.Pix {
			if int(i) >= len(pal.Palette) {
				return nil, errorf("read", ErrDamaged, "the picture is damaged: colour %d of a palette of %d", i, len(pal.Palette))
			}
		}
	}
	return img, nil
}

func (p *picture) gray(ctx context.Context) iter.Seq2[[]byte, error] {
	return p.rows(ctx, 1, grayRows)
}

func (p *picture) rgb(ctx context.Context) iter.Seq2[[]byte, error] {
	return p.rows(ctx, 3, rgbRows)
}

// rows yields rows of n bytes for each pixel.
func (p *picture) rows(ctx context.Context, n int, reader func(raster) func(row []byte, y int)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		img, err := p.picture(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		b := img.Bounds()
		row := make([]byte, n*b.Dx())
		at := reader(img)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			at(row, y)
			if !yield(row, nil) {
				return
			}
		}
		p.walk.set(statsOf(img))
	}
}

// statsOf tells about a picture that was read to its end.
func statsOf(img raster) Stats {
	if m, ok := img.(*jpegImage); ok {
		return m.stats
	}
	return Stats{Rows: img.Bounds().Dy()}
}

func (p bilevelPicture) changes(ctx context.Context) iter.Seq2[ccitt.Changes, error] {
	return func(yield func(ccitt.Changes, error) bool) {
		var c ccitt.Changes
		for row, err := range p.gray(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			c = threshold(c, row, 128)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// grayRows gives a function that fills in row y of the picture as grey on white paper.
func grayRows(img raster) func(row []byte, y int) {
	b := img.Bounds()
	switch m := img.(type) {
	case *jpegImage:
		return m.grayRows()
	case *image.Gray:
		return func(row []byte, y int) { copy(row, m.Pix[m.PixOffset(b.Min.X, y):]) }
	case *image.Gray16:
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range row {
				row[x] = pix[2*x]
			}
		}
	case *image.YCbCr:
		return func(row []byte, y int) { copy(row, m.Y[m.YOffset(b.Min.X, y):]) }
	case *image.RGBA:
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range row {
				p := pix[4*x : 4*x+4]
				row[x] = luma(p[0], p[1], p[2]) + 255 - p[3] // Premultiplied: what is missing is white.
			}
		}
	case *image.NRGBA:
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range row {
				p := pix[4*x : 4*x+4]
				row[x] = onWhite(luma(p[0], p[1], p[2]), p[3])
			}
		}
	case *image.Paletted:
		var table [256]byte
		for i, c := range m.Palette {
			table[i] = grayOfColour(c)
		}
		return func(row []byte, y int) {
			pix := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range row {
				row[x] = table[pix[x]]
			}
		}
	}
	return func(row []byte, y int) {
		for x := range row {
			row[x] = grayOfColour(img.(image.Image).At(b.Min.X+x, y))
		}
	}
}

// luma is ITU-R BT.601's, as in JPEG.
func luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

func onWhite(v, alpha byte) byte {
	return byte((uint32(v)*uint32(alpha) + 255*uint32(255-alpha) + 127) / 255)
}

func grayOfColour(c color.Color) byte {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return onWhite(luma(n.R, n.G, n.B), n.A)
}

// modelOf gives the kind of a colour model and the bytes that one of its pixels takes when decoded.
func modelOf(m color.Model) (Kind, int64) {
	switch m {
	case color.GrayModel:
		return Gray, 1
	case color.Gray16Model:
		return Gray, 2
	case color.YCbCrModel:
		return Colour, 3
	case color.RGBA64Model, color.NRGBA64Model:
		return Colour, 8
	}
	if pal, ok := m.(color.Palette); ok {
		return paletteKind(pal), 1
	}
	return Colour, 4
}

func paletteKind(pal color.Palette) Kind {
	kind := Bilevel
	for _, c := range pal {
		r, g, b, _ := c.RGBA()
		switch {
		case r != g || g != b:
			return Colour
		case r > 0x0fff && r < 0xf000 || len(pal) > 2:
			kind = Gray
		}
	}
	return kind
}

// pictureDocument is a document of one page that is a picture.
func pictureDocument(p Page, lim Limits, size int64, decode func() (raster, error)) *document {
	p.walk = &walk{}
	pic := &picture{walk: p.walk, size: size, large: lim.large, decode: func() (raster, error) {
		img, err := decode()
		if err != nil {
			return nil, err
		}
		if b := img.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height {
			return nil, errorf("read", ErrDamaged, "the picture is %d by %d pixels, not %d by %d as its header says", b.Dx(), b.Dy(), p.Width, p.Height)
		}
		return img, nil
	}}
	p.src = pic
	if p.Kind == Bilevel {
		p.src = bilevelPicture{pic}
	}
	return &document{
		count: 1, limits: lim,
		open:    func(context.Context, int) (Page, error) { return p, nil },
		release: func(Page) { pic.release() },
	}
}

// pictureError says what a decoder found wrong.
func pictureError(what string, err error) error {
	return errorf("read", ErrDamaged, "the %s picture is damaged: %w", what, err)
}
