package ifax

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"time"

	"faxgate/mdn"
)

// Cuts says where a message is to be cut so that no piece is over size octets (settings of machines: binary division): the offsets of
// the ends of the pieces, the last being the length of the message. Messages are cut between lines only (RFC 2046 section 5.2.2), and
// never within the header, which the first piece must hold whole. A line longer than size, or a header, is an error.
func Cuts(r io.Reader, size int64) ([]int64, error) {
	br := bufio.NewReaderSize(r, lineBuffer)
	var cuts []int64
	var at, start int64
	header := true
	for {
		line, err := br.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, errors.New("a line of the message is too long to be sent in pieces")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading the message to divide: %w", err)
		}
		n := int64(len(line))
		if at+n-start > size {
			if header || n > size {
				return nil, fmt.Errorf("pieces of %d octets are too small: the first must hold the whole header", size)
			}
			cuts, start = append(cuts, at), at
		}
		at += n
		header = header && len(bytes.TrimRight(line, "\r\n")) > 0
		if err != nil {
			return append(cuts, at), nil
		}
		if len(cuts) == MaxFragments {
			return nil, fmt.Errorf("the message would be divided into more than %d pieces: allow larger ones", MaxFragments)
		}
	}
}

// Fragment is one piece of a divided message. The receipt is asked for inside, never by the pieces (RFC 8098 section 2.4).
type Fragment struct {
	Partial
	From, To  mail.Address
	Subject   string
	Date      time.Time
	MessageID string // its own, with angle brackets
	Body      io.Reader
}

// ComposeFragment writes a fragment (RFC 2046 section 5.2.2). The message that it is of must be 7-bit, which [Compose] writes.
func ComposeFragment(w io.Writer, f Fragment) error {
	if err := f.Check(); err != nil {
		return err
	}
	m := Message{
		From: f.From, To: []mail.Address{f.To}, Date: f.Date, MessageID: f.MessageID,
		Subject: fmt.Sprintf("%s (%d/%d)", f.Subject, f.Number, f.Total),
	}
	fields, err := m.fields()
	if err != nil {
		return fmt.Errorf("composing fragment %d: %w", f.Number, err)
	}
	fields = append(fields,
		mdn.Field{Name: "Content-Type", Value: fmt.Sprintf("message/partial; id=%q; number=%d; total=%d", f.ID, f.Number, f.Total)},
		mdn.Field{Name: "Content-Transfer-Encoding", Value: "7bit"})
	var head []byte
	for _, field := range fields {
		if head, err = field.Append(head); err != nil {
			return fmt.Errorf("composing fragment %d: %w", f.Number, err)
		}
	}
	if _, err := w.Write(append(head, "\r\n"...)); err != nil {
		return err
	}
	_, err = io.Copy(w, f.Body)
	return err
}
