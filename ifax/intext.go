package ifax

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
)

// intext.go finds what programs of before MIME put in the middle of a text: uuencoded documents, which are decoded, and what can only
// be named to the sender.

// inText are beginnings of what is no text and cannot be read here.
var inText = []struct{ begin, what string }{
	{"=ybegin ", "yEnc data in the text, which is not decoded: attach the document (MIME, base64)"},
	{"(This file must be converted with BinHex", binHex},
	{"-----BEGIN PGP MESSAGE-----", "an encrypted PGP message in the text, which cannot be opened here: send it unencrypted"},
	{"-----BEGIN PKCS7-----", smimeEncrypted},
}

const binHex = "a BinHex file of a Macintosh, which is not decoded: attach the document itself (MIME, base64)"

// uuBegin is the first line of uuencoded data.
var uuBegin = regexp.MustCompile(`^begin [0-7]{3,4} (\S.*)$`)

// plain reads a text part: its words to the text of the message, the documents in it as parts of their own.
func (p *parser) plain(r io.Reader, t mediaType, info PartInfo, at place) error {
	in := &textLines{br: bufio.NewReaderSize(r, lineBuffer), all: at.report}
	for {
		var words io.Reader = in
		if strings.EqualFold(t.params["format"], "flowed") {
			words = &flowed{br: bufio.NewReaderSize(in, lineBuffer), delete: strings.EqualFold(t.params["delsp"], "yes")}
		}
		if err := p.text(&at.sink.text, words); err != nil || !in.stopped {
			return err
		}
		if in.what != "" {
			return p.unusable(at.sink, info, errors.New(in.what))
		}
		if err := p.uuencoded(in, at); err != nil {
			return err
		}
		in.stopped = false
	}
}

// uuencoded reads one document out of a text.
func (p *parser) uuencoded(in *textLines, at place) error {
	if p.parts++; p.parts > p.lim.Parts {
		return errTooManyParts
	}
	info := PartInfo{Index: -1, Name: fileName(tidy(in.name)), Declared: "application/octet-stream", Disposition: "attachment"}
	r := bufio.NewReaderSize(&uuReader{br: in.br, begun: true}, lineBuffer)
	head, err := r.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return p.failed(at.sink, info, err)
	}
	t := mediaType{value: info.Declared, params: map[string]string{}}
	if err := p.sorted(r, head, nil, t, info, at); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, errEncoding) {
		return err
	}
	return nil
}

// textLines gives the lines of a text up to the next one that begins something else.
type textLines struct {
	br         *bufio.Reader
	all        bool // take everything for text
	middle     bool // the next piece continues a line
	line       []byte
	stopped    bool
	name, what string // of a uuencoded document, or of what cannot be read
}

// Read implements io.Reader.
func (l *textLines) Read(b []byte) (int, error) {
	for len(l.line) == 0 {
		if l.stopped {
			return 0, io.EOF
		}
		line, err := l.br.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return 0, err
		}
		start := !l.middle
		l.middle = errors.Is(err, bufio.ErrBufferFull)
		if start && !l.all && l.ends(line) {
			l.stopped = true
			continue
		}
		l.line = line
	}
	size := copy(b, l.line)
	l.line = l.line[size:]
	return size, nil
}

// ends tells whether something that is no text begins here.
func (l *textLines) ends(line []byte) bool {
	for _, other := range inText {
		if bytes.HasPrefix(line, []byte(other.begin)) {
			l.what = other.what
			return true
		}
	}
	if !bytes.HasPrefix(line, []byte("begin ")) {
		return false
	}
	found := uuBegin.FindSubmatch(bytes.TrimRight(line, "\r\n"))
	if found == nil {
		return false
	}
	name := string(found[1])
	next, _ := l.br.Peek(80) // line is not valid after this
	next, _, _ = bytes.Cut(next, []byte("\n"))
	if !isUULine(bytes.TrimRight(next, "\r")) {
		return false
	}
	l.name = name
	return true
}

// isUULine tells data from the next line of a letter; blanks at its end may have been lost.
func isUULine(line []byte) bool {
	if len(line) < 2 || line[0] <= ' ' || line[0] > '_' {
		return false
	}
	size := int(line[0] - ' ')
	for _, c := range line[1:] {
		if c < ' ' || c > '`' {
			return false
		}
	}
	return len(line) <= 1+(size+2)/3*4+1
}

// flowed undoes format=flowed (RFC 3676 section 4): a line that ends in a blank goes on in the next one.
type flowed struct {
	br     *bufio.Reader
	delete bool // the blank before the line end is no part of the text (DelSp)
	out    []byte
	err    error
}

// Read implements io.Reader.
func (f *flowed) Read(b []byte) (int, error) {
	for len(f.out) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		var line []byte
		line, f.err = f.br.ReadSlice('\n')
		if errors.Is(f.err, bufio.ErrBufferFull) {
			f.out, f.err = line, nil
			break
		}
		f.out = f.unfolded(line)
	}
	n := copy(b, f.out)
	f.out = f.out[n:]
	return n, nil
}

// unfolded is a line without its stuffing, and without its end where the paragraph goes on. The line of a signature is no paragraph.
func (f *flowed) unfolded(line []byte) []byte {
	line = bytes.TrimPrefix(line, []byte(" "))
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == len(line) || !bytes.HasSuffix(text, []byte(" ")) || string(text) == "-- " {
		return line
	}
	if f.delete {
		text = text[:len(text)-1]
	}
	return text
}
