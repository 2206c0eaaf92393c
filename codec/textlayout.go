package codec

import (
	"iter"
)

// textLine is one line of a page.
type textLine struct {
	at      int64 // where it begins
	newPage bool  // a form feed stands before it
	chars   []rune
}

// lines yields the lines from a place in the text, each wrapped at a space where there is one, valid until the next step.
func (t *text) lines(from int64) iter.Seq[textLine] {
	return func(yield func(textLine) bool) {
		w := wrapper{in: t.reader(from)}
		for w.read() {
			if !yield(w.line) {
				return
			}
		}
	}
}

// wrapper makes lines of characters.
type wrapper struct {
	in      *runeReader
	pending []textRune // read, but not in a line yet
	feed    bool       // the next line begins a page
	line    textLine
}

// read makes the next line; false at the end of the text.
func (w *wrapper) read() bool {
	w.line.chars = w.line.chars[:0]
	w.line.newPage, w.feed = w.feed, false
	taken := 0
	space, spaceChars := -1, 0 // where the line can be broken
	for ; ; taken++ {
		if taken == len(w.pending) && !w.more() {
			w.begin(taken)
			w.pending = w.pending[:0]
			return taken > 0
		}
		r := w.pending[taken].r
		if r == '\n' || r == '\f' {
			w.feed = r == '\f'
			w.begin(taken + 1)
			w.pending = append(w.pending[:0], w.pending[taken+1:]...)
			return true
		}
		if len(w.line.chars) >= textColumns && r != ' ' {
			if space < 0 {
				space, spaceChars = taken, len(w.line.chars)
			}
			w.begin(1)
			w.line.chars = w.line.chars[:min(spaceChars, textColumns)]
			w.pending = append(w.pending[:0], w.pending[space:]...)
			return true
		}
		w.put(r)
		if r == ' ' || r == '\t' || r == '-' {
			space, spaceChars = taken+1, len(w.line.chars)
		}
	}
}

// begin notes where the line begins.
func (w *wrapper) begin(taken int) {
	if taken > 0 {
		w.line.at = w.pending[0].at
	}
}

func (w *wrapper) put(r rune) {
	if r != '\t' {
		w.line.chars = append(w.line.chars, r)
		return
	}
	for {
		w.line.chars = append(w.line.chars, ' ')
		if len(w.line.chars)%textTab == 0 {
			return
		}
	}
}

// more reads one more character that can be printed, or a line or form feed.
func (w *wrapper) more() bool {
	for {
		c, err := w.in.next()
		if err != nil {
			return false
		}
		if c.r == '\r' {
			c = w.in.newline(c)
		}
		if c.r < ' ' && c.r != '\n' && c.r != '\t' && c.r != '\f' || c.r == 0x7f || c.r == '\ufeff' || c.r == '\u00ad' {
			continue
		}
		if c.r == '\u00a0' {
			c.r = ' '
		}
		w.pending = append(w.pending, c)
		return true
	}
}
