package gateway

import (
	"context"

	"faxgate/codec"
)

// Shares of a drawn page's pixels, in thousandths, and differences between neighbours that count as none. Edges of letters are drawn in greys too, but lie between a dark and a light pixel.
const (
	shadedShare   = 5
	colouredShare = 2
	softly        = 24
	colourful     = 40
)

// shades tells what the pages of a document really have that could have anything, because they are drawn: most are letters in black on white. It ends with the first page that has all that
// the structure allows.
func shades(ctx context.Context, doc codec.Document) (codec.Kind, error) {
	most, limit := codec.Bilevel, codec.Bilevel
	for p, err := range doc.Pages(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return most, ctx.Err()
			}
			continue // it is reported when the page is coded
		}
		limit = max(limit, p.Kind)
		kind := p.Kind
		if p.Vector && kind != codec.Bilevel {
			if kind, err = shadesOf(ctx, p); err != nil {
				continue
			}
		}
		if most = max(most, kind); most == codec.Colour {
			break
		}
	}
	return min(most, limit), ctx.Err()
}

// shadesOf looks at the pixels of a page.
func shadesOf(ctx context.Context, p codec.Page) (codec.Kind, error) {
	var above []byte
	var total, shaded, coloured int
	for row, err := range p.RGB(ctx) {
		if err != nil {
			return p.Kind, err
		}
		for x := 3; x+2 < len(row) && len(above) == len(row); x += 3 {
			r, g, b := row[x], row[x+1], row[x+2]
			if max(r, g, b)-min(r, g, b) > colourful {
				coloured++
			}
			if middle(g) && near(g, row[x-2]) && near(g, above[x+1]) {
				shaded++
			}
		}
		total += len(row) / 3
		above = append(above[:0], row...)
	}
	switch {
	case coloured*1000 > colouredShare*total:
		return codec.Colour, nil
	case shaded*1000 > shadedShare*total:
		return codec.Gray, nil
	}
	return codec.Bilevel, nil
}

// middle tells a shade from ink and paper.
func middle(v byte) bool { return v > 32 && v < 232 }

// near tells shades that go over into each other.
func near(a, b byte) bool { return middle(b) && max(a, b)-min(a, b) <= softly }
