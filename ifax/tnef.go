package ifax

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// tnef.go reads what Outlook wraps up as winmail.dat: MS-OXTNEF has the stream. Its attachments become documents like any others, and
// its text counts where the mail has none beside it.

// tnefMagic begins a TNEF stream, in little-endian order.
const tnefMagic = "\x78\x9f\x3e\x22"

// Attributes of MS-OXTNEF section 2.1.3.2 that are looked at, each with the level and type that belong to it.
const (
	attOEMCodepage    = 0x00069007
	attBody           = 0x0002800c
	attMsgProps       = 0x00069003
	attAttachRendData = 0x00069002 // begins the next attachment
	attAttachTitle    = 0x00018010
	attAttachData     = 0x0006800f
	attAttachment     = 0x00069005
)

// tnefTextLimit is how much of the text of a TNEF stream is read, and tnefNameLimit of a name in it, in octets.
const (
	tnefTextLimit = 1 << 20
	tnefNameLimit = 4 << 10
)

// errTNEFCut says that a TNEF stream is damaged; what stood before the damage is used.
var errTNEFCut = errors.New("the winmail.dat of Outlook (TNEF) breaks off: send the documents as plain attachments")

// errTNEFEmpty says that there was nothing to print in a TNEF stream.
var errTNEFEmpty = errors.New("a winmail.dat of Outlook (TNEF) with no document in it: send the mail as plain text or HTML, not as rich text")

// tnef is one stream.
type tnef struct {
	p       *parser
	r       *bufio.Reader
	at      place
	charset string
	file    *tnefFile // the attachment that is being read
	found   bool      // something that can be printed
}

// tnefFile is an attachment; its name may come after its data.
type tnefFile struct {
	name, long, kind string
	data             *hold
	whole            bool
}

// tnef reads a stream and sends on what is in it. A TNEF in a TNEF is one level deeper.
func (p *parser) tnef(r *bufio.Reader, info PartInfo, at place) error {
	if p.depth++; p.depth > p.lim.Depth {
		return errTooDeep
	}
	defer func() { p.depth-- }()
	info.Type = "application/ms-tnef"
	t := &tnef{p: p, r: r, at: at}
	err := t.attributes()
	if flushed := t.flush(); flushed != nil {
		return flushed
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTNEFCut):
		return p.unusable(at.sink, info, errTNEFCut)
	case err != nil:
		return p.failed(at.sink, info, err)
	case t.found:
		return nil
	case at.sink.text != nil && at.sink.text.size > 0:
		p.leaveOut(info, "the look of the text, for Outlook")
		return nil
	}
	return p.unusable(at.sink, info, errTNEFEmpty)
}

// attributes reads the stream attribute by attribute (MS-OXTNEF section 2.1.3). The end may be followed by a few octets of padding.
func (t *tnef) attributes() error {
	if _, err := t.r.Discard(6); err != nil {
		return eof(err)
	}
	for first := true; ; first = false {
		var head [9]byte
		_, err := io.ReadFull(t.r, head[:])
		switch {
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case first && err == nil && head[0] != 1 && head[0] != 2:
			return errTNEFCut
		case err != nil || head[0] != 1 && head[0] != 2:
			return nil
		}
		value := &io.LimitedReader{R: t.r, N: int64(binary.LittleEndian.Uint32(head[5:]))}
		if err := t.attribute(binary.LittleEndian.Uint32(head[1:]), value); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, value); err != nil {
			return err
		}
		if value.N > 0 {
			return io.ErrUnexpectedEOF
		}
		if _, err := t.r.Discard(2); err != nil && !errors.Is(err, io.EOF) { // The checksum, which other readers do not check either.
			return err
		}
	}
}

// eof makes an end where there must be more an unexpected one.
func eof(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// attribute takes one value; it need not read it to the end.
func (t *tnef) attribute(id uint32, value *io.LimitedReader) error {
	switch id {
	case attOEMCodepage:
		var page [4]byte
		if _, err := io.ReadFull(value, page[:]); err != nil {
			return eof(err)
		}
		t.charset = fmt.Sprintf("windows-%d", binary.LittleEndian.Uint32(page[:]))
	case attBody:
		return t.text(&t.at.sink.text, textReader(value, t.charset, nil))
	case attMsgProps:
		return t.properties(value, t.messageProperty)
	case attAttachRendData:
		if err := t.flush(); err != nil {
			return err
		}
		if t.p.parts++; t.p.parts > t.p.lim.Parts {
			return errTooManyParts
		}
		t.file = &tnefFile{}
	case attAttachTitle:
		name, err := io.ReadAll(io.LimitReader(value, tnefNameLimit))
		t.current().name = decodeCharset(string(name), t.charset)
		return err
	case attAttachData:
		return t.keep(value)
	case attAttachment:
		return t.properties(value, t.fileProperty)
	}
	return nil
}

// current is the attachment that is being read, also in a stream that does not say where one begins.
func (t *tnef) current() *tnefFile {
	if t.file == nil {
		t.file = &tnefFile{}
	}
	return t.file
}

// keep holds the octets of the current attachment; the first ones count.
func (t *tnef) keep(value *io.LimitedReader) error {
	f := t.current()
	if f.data != nil && f.data.size > 0 {
		return nil
	}
	f.data = t.p.hold()
	if _, err := io.Copy(f.data, value); err != nil {
		return err
	}
	if f.whole = value.N == 0; !f.whole {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// text adds to the words of the message, unless it has words already: they are the same.
func (t *tnef) text(to **hold, r io.Reader) error {
	if *to != nil && (*to).size > 0 {
		return nil
	}
	if err := t.p.text(to, noNULs{io.LimitReader(r, tnefTextLimit)}); err != nil {
		return err
	}
	t.found = t.found || *to != nil && (*to).size > 0
	return nil
}

// flush sends the current attachment on, as a part of the mail around it. One that broke off is told of by the stream.
func (t *tnef) flush() error {
	f := t.file
	t.file = nil
	if f == nil || !f.whole {
		return nil
	}
	t.found = true
	kind := mediaType{value: "application/octet-stream", params: map[string]string{}}
	if declared := parseMediaType(f.kind, ""); declared.isType() {
		kind = declared
	}
	info := PartInfo{Index: -1, Name: fileName(tidy(f.name)), Declared: kind.value, Disposition: "attachment"}
	if long := fileName(tidy(f.long)); long != "" {
		info.Name = long
	}
	if what := decoration(kind, info.Name); what != "" {
		t.p.leaveOut(info, what)
		return nil
	}
	data, err := f.data.reader()
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(data, lineBuffer)
	head, err := r.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return t.p.sorted(r, head, nil, kind, info, t.at)
}

// noNULs takes out the octets that end a string, and those that stray into text.
type noNULs struct{ r io.Reader }

// Read implements io.Reader.
func (n noNULs) Read(b []byte) (int, error) {
	size, err := n.r.Read(b)
	kept := b[:0]
	for _, c := range b[:size] {
		if c != 0 {
			kept = append(kept, c)
		}
	}
	return len(kept), err
}
