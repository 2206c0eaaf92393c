package codec

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"iter"
	"math"
)

// Thumbnail writes a page as a PNG picture, width pixels wide, in colour or in grey, upright and in its true shape. Memory does not grow with
// the page, but for pages that have to be turned.
func Thumbnail(ctx context.Context, w io.Writer, p Page, width int) error {
	if width < 1 || width > 10_000 {
		return errorf("write", ErrTarget, "a picture of %d pixels cannot be made", width)
	}
	p, err := p.turned(p.Orientation, Limits{}.withDefaults())
	if err != nil {
		return err
	}
	x, y := p.XRes, p.YRes
	if x <= 0 || y <= 0 {
		x, y = shapeOf(p)
	}
	height := min(max(1, int(math.Round(float64(width)*float64(p.Height)/y*x/float64(p.Width)))), 20*width)
	if p.shades(ctx) == Colour {
		return writePNG(w, scaledColours(ctx, p, width, height), 3*width, height, func(rows *rowPicture) image.Image { return rgbPicture{rows} })
	}
	return writePNG(w, scaledPage(ctx, p, width, height), width, height, func(rows *rowPicture) image.Image { return grayPicture{rows} })
}

// writePNG codes rows of so many bytes.
func writePNG(w io.Writer, rows iter.Seq2[[]byte, error], width, height int, picture func(*rowPicture) image.Image) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	p := &rowPicture{next: next, width: width, height: height}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, picture(p)); err != nil {
		return err
	}
	return p.err
}

// scaledPage yields the grey rows of a page in another size.
func scaledPage(ctx context.Context, p Page, width, height int) iter.Seq2[[]byte, error] {
	switch src := p.src.(type) {
	case vectorSource:
		return timed(ctx, p, src.render(ctx, width, height, 0))
	case bilevelSource:
		return func(yield func([]byte, error) bool) {
			for ink, err := range timed(ctx, p, scaledInk(ctx, src, p.Width, p.Height, width, height)) {
				for i, v := range ink {
					ink[i] = 255 - v
				}
				if !yield(ink, err) || err != nil {
					return
				}
			}
		}
	}
	return scaledGray(p.Gray(ctx), p.Width, p.Height, width, height)
}

// grayPicture makes image/png write 8-bit grey, which it decides by the colour model and the pixels' type.
type grayPicture struct{ *rowPicture }

var _ image.Image = grayPicture{}

func (p grayPicture) At(x, y int) color.Color { return color.Gray{p.row(y)[x]} }
