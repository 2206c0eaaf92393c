package codec

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
