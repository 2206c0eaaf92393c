package codec

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font/gofont/gomonobold"

	"faxgate/codec/ccitt"
)

// The header line: 3.6 mm high with letters of 3.2 mm, which leaves 14 rows at 98 lines per inch.
const (
	headerMM   = 3.6
	headerEmMM = 3.05
	// senderChars is how much of the sender is printed.
	senderChars = 30
	// headerInk is the share of black, of 255, from which a pixel of a letter is black.
	headerInk = 105
)

// headerRows draws the header line of a page on rows of the given width.
func headerRows(t Target, width, number, total int) ([]ccitt.Changes, error) {
	x, y := t.Resolution.exact()
	rows := int(math.Round(headerMM / mmPerInch * y))
	// Drawn in square pixels, twice as fine as the finer of the two resolutions.
	fine := 2 * max(x, y)
	height := int(math.Round(headerMM / mmPerInch * fine))
	em := int(math.Round(headerEmMM / mmPerInch * fine))
	face, err := newTypeface(gomonobold.TTF, em, height)
	if err != nil {
		return nil, err
	}
	fineWidth := int(math.Round(float64(width) / x * fine))
	ink := make([]byte, fineWidth*height)
	edge := int(math.Round(5 / mmPerInch * fine))
	line := []rune(t.Header.line((fineWidth-2*edge)/face.advance, number, total))
	face.draw(ink, fineWidth, edge, line)

	s := newScaler(fineWidth, height, width, rows)
	var all []ccitt.Changes
	for i := range height {
		s.gray(ink[i*fineWidth : (i+1)*fineWidth])
		s.add(func(out []byte) bool {
			all = append(all, inked(nil, out, headerInk))
			return true
		})
	}
	return all, nil
}

// line gives the text of the header, exactly as many characters as there is room for: time, sender and address from the
// left, the page's number at the right. The address gives way when there is too little room.
func (h Header) line(room, number, total int) string {
	page := fmt.Sprintf("p. %d", number)
	if total >= number {
		page = fmt.Sprintf("p. %d/%d", number, total)
	}
	var parts []string
	if !h.Time.IsZero() {
		parts = append(parts, h.Time.Format("2006-01-02 15:04"))
	}
	if h.Sender != "" {
		parts = append(parts, clipped(printable(h.Sender), senderChars))
	}
	if h.Address != "" {
		left := room - utf8.RuneCountInString(page) - 2
		for _, p := range parts {
			left -= utf8.RuneCountInString(p) + 2
		}
		parts = append(parts, clipped(printable(h.Address), max(left, 0)))
	}
	text := strings.Join(parts, "  ")
	text = clipped(text, max(room-utf8.RuneCountInString(page)-1, 0))
	gap := room - utf8.RuneCountInString(text) - utf8.RuneCountInString(page)
	return text + strings.Repeat(" ", max(gap, 0)) + page
}

// printable replaces what is not a character on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

func clipped(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
