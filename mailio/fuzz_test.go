package mailio

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzReply sees that a reply is read within its limits, and that what go-smtp
// gets of it reads as the same reply.
func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"250 ok\r\n", "250-a\r\n250-B c\r\n250 D\r\n", "250\r\n", "250-\n250\n", "250-a\r\ntext\r\n550 5.1.1 x\r\n",
		"250-auth=LOGIN plain\r\n250-size  100\r\n250 x", "999 x\r\n", "2x0 x\r\n", strings.Repeat("250-a\r\n", 300), "250 " + strings.Repeat("x", 5000) + "\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rep, err := readReply(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(data))))
		if len(rep.lines) > maxReplyLines {
			t.Fatalf("%d lines", len(rep.lines))
		}
		if err != nil {
			return
		}
		if rep.code < 200 || rep.code > 599 || len(rep.lines) == 0 {
			t.Fatalf("%+v", rep)
		}
		if e := rep.enhanced(); e != "" && !strings.HasPrefix(e, strconv.Itoa(rep.code/100)+".") {
			t.Errorf("enhanced code %q of %d", e, rep.code)
		}
		for _, ehlo := range []bool{false, true} {
			checkWire(t, rep, rep.wire(ehlo))
		}
	})
}

func checkWire(t *testing.T, rep reply, wire []byte) {
	t.Helper()
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(wire)))
	code, text, err := r.ReadResponse(rep.code)
	if err != nil || code != rep.code || strings.Count(text, "\n") != len(rep.lines)-1 {
		t.Errorf("%q: go-smtp reads %d %q, %v", wire, code, text, err)
	}
	if rest, _ := r.R.ReadByte(); rest != 0 {
		t.Errorf("%q: something is left", wire)
	}
}

// FuzzBody sees that what is sent, read back as RFC 5321 has it, is the message
// with its line ends normalised, however it is cut into pieces.
func FuzzBody(f *testing.F) {
	for _, s := range []string{"", ".", "a\r\n.\r\nb", "a\n.\n", "\r\r\n\n", "..\r.", "a\r"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		var sent bytes.Buffer
		b := bodyWriter{send: func(p []byte) error { sent.Write(p); return nil }}
		for rest := data; len(rest) > 0; {
			n := min(max(piece%7, 1), len(rest))
			if _, err := b.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := b.flush(); err != nil {
			t.Fatal(err)
		}
		sent.WriteString("\r\n.\r\n")
		if i := bytes.Index(append([]byte("\r\n"), sent.Bytes()...), []byte("\r\n.\r\n")); i != sent.Len()-3 {
			t.Fatalf("%q ends at %d", sent.Bytes(), i)
		}
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
		want = strings.TrimSuffix(want, "\n") + "\n"
		got, err := textproto.NewReader(bufio.NewReader(&sent)).ReadDotBytes()
		if err != nil || string(got) != want {
			t.Errorf("got %q, want %q, %v", got, want, err)
		}
	})
}
