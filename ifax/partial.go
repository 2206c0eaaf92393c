package ifax

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxFragments is the most fragments that a message may be split into: a fragment that says more is a mistake or an attack.
const MaxFragments = 1000

// errFragment is a fragment that no message can be put together from.
var errFragment = errors.New("the fragment of a split message (message/partial) does not say which it is")

// Check says whether the place of a fragment makes sense: an id, a number from 1, and a total that is not below it (RFC 2046
// section 5.2.2).
func (p Partial) Check() error {
	switch {
	case p.ID == "" || p.Number < 1:
		return errFragment
	case p.Total != 0 && p.Total < p.Number:
		return fmt.Errorf("%w: it is number %d of %d", errFragment, p.Number, p.Total)
	case p.Number > MaxFragments || p.Total > MaxFragments:
		return fmt.Errorf("the message is split into more than %d fragments: send it whole, or in larger pieces", MaxFragments)
	}
	return nil
}

// inner tells the fields that a reassembled message has from the message inside (RFC 2046 section 5.2.2.1, RFC 8098 section 2.4).
// All others come from the first fragment.
func inner(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "content-") || slices.Contains([]string{
		"subject", "message-id", "encrypted", "mime-version",
		"disposition-notification-to", "disposition-notification-options", "original-recipient",
	}, name)
}

// Join puts a split message together (RFC 2046 section 5.2.2.1): w gets the header that the rules make of those of the first fragment
// and of the message inside it, then the bodies of all, which are given in order. They are copied as they stream by.
func Join(w io.Writer, fragments ...io.Reader) error {
	var first rawHeader
	var bodies []io.Reader
	for i, r := range fragments {
		br := bufio.NewReaderSize(r, lineBuffer)
		outer, err := readFields(br)
		if err != nil {
			return fmt.Errorf("fragment %d: %w", i+1, err)
		}
		if i == 0 {
			first = outer
		}
		bodies = append(bodies, decoded(outer.get("Content-Transfer-Encoding"), br))
	}
	body := bufio.NewReaderSize(io.MultiReader(bodies...), lineBuffer) // a header may be cut, although it should not
	if err := joinHeaders(w, first, body); err != nil {
		return fmt.Errorf("the message inside the fragments: %w", err)
	}
	_, err := io.Copy(w, body)
	return err
}

// joinHeaders writes the header of the reassembled message and the blank line.
func joinHeaders(w io.Writer, outer rawHeader, body *bufio.Reader) error {
	within, err := readFields(body)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, f := range outer {
		if !inner(f.name) {
			out.Write(f.raw)
		}
	}
	for _, f := range within {
		if inner(f.name) {
			out.Write(f.raw)
		}
	}
	out.WriteString("\r\n")
	_, err = w.Write(out.Bytes())
	return err
}

// rawField is a header field as it lies in the message, with its continuations and line ends.
type rawField struct {
	name string
	raw  []byte
}

type rawHeader []rawField

// get gives the first value of a field, unfolded.
func (h rawHeader) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			_, value, _ := bytes.Cut(f.raw, []byte(":"))
			return strings.Join(strings.Fields(string(value)), " ")
		}
	}
	return ""
}

// headerLimit is the most octets of a header, as in [Limits].
const headerLimit = 256 << 10

// readFields reads a header up to and including its blank line. What is no field is passed over, blank lines before the first are too.
func readFields(br *bufio.Reader) (rawHeader, error) {
	var h rawHeader
	size, field := 0, false
	for {
		line, err := br.ReadBytes('\n')
		if size += len(line); size > headerLimit {
			return nil, errHeaderTooLong
		}
		text := bytes.TrimRight(line, "\r\n")
		name, _, colon := bytes.Cut(text, []byte(":"))
		name = bytes.TrimRight(name, " \t")
		switch {
		case len(text) == 0:
			if len(h) > 0 || errors.Is(err, io.EOF) {
				return h, nil
			}
		case text[0] == ' ' || text[0] == '\t':
			if field {
				h[len(h)-1].raw = append(h[len(h)-1].raw, line...)
			}
		default:
			if field = colon && len(name) > 0 && !bytes.ContainsAny(name, " \t"); field {
				h = append(h, rawField{name: string(name), raw: line})
			}
		}
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
