package codec

import (
	"context"
	"iter"
	"math"
)

// Clean is what may be done to pages besides fitting them. All of it is off unless asked for, and nothing of it is ever done
// to the original: only the pages that Fit makes are changed. With Target.KeepPixels it does not matter.
type Clean struct {
	Deskew    bool // Turn pages of which the lines of writing run askew, by up to 5 degrees.
	DropBlank bool // Leave out pages on which nothing is. The header line does not say how many pages there are then.
	Border    bool // Make the black border white that a scanner leaves around a page smaller than its glass.
}

// any says whether there is anything to do.
func (c Clean) any() bool { return c != Clean{} }

// Cleaned is what was done to one page besides fitting it.
type Cleaned struct {
	Page   int     // of its document, from 1
	Blank  bool    // nothing is on it: it was left out
	Angle  float64 // degrees by which it was turned clockwise, 0 for none
	Border bool    // its black border was made white
}

// blank says whether the page was left out.
func (p Page) blank() bool { return p.Cleaned != nil && p.Cleaned.Blank }

// noPages is the error of writing no page.
func noPages(r Report) error {
	if len(r.Cleaned) > 0 {
		return errorf("write", ErrEmpty, "there is no page to write: nothing is on any of the %d pages", len(r.Cleaned))
	}
	return errorf("write", ErrEmpty, "there is no page to write")
}

// cleaning is what is to be done to one page.
type cleaning struct {
	border *border // nil: nothing
	angle  float64 // degrees by which it is askew clockwise
	blank  bool
}

// look finds what is to be done to a page that has its final orientation, or gets it by quarter turns when it is drawn.
func (c Clean) look(ctx context.Context, p Page, quarters int) (*cleaning, error) {
	s, err := newSketch(ctx, p, quarters)
	if err != nil {
		return nil, err
	}
	found := &cleaning{}
	if c.Border {
		if found.border = s.border(); found.border != nil {
			s.erase(found.border)
		}
	}
	if c.DropBlank && s.blank() {
		return &cleaning{blank: true}, nil
	}
	if c.Deskew {
		found.angle = s.skew()
	}
	return found, nil
}

func (c *cleaning) nothing() bool { return c == nil || *c == (cleaning{}) }

// report says what was done to page i, nil if nothing.
func (c *cleaning) report(i int) *Cleaned {
	if c.nothing() {
		return nil
	}
	return &Cleaned{Page: i + 1, Blank: c.blank, Angle: math.Round(-c.angle*100) / 100, Border: c.border != nil}
}

// rows cleans rows of w by h pixels of n bytes each, of a picture of this resolution; white is the value of white.
func (c *cleaning) rows(rows iter.Seq2[[]byte, error], w, h, n int, white byte, r Resolution) iter.Seq2[[]byte, error] {
	if c == nil {
		return rows
	}
	if c.border != nil {
		rows = c.border.erased(rows, w, h, n, white)
	}
	if c.angle != 0 {
		rows = newRotation(c.angle, w, h, n, white, r).rows(rows)
	}
	return rows
}
