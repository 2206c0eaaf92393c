package smtpd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseMail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]arguments{
		"FROM:<a@b>":                           {path: "a@b"},
		"from: <a@b> ":                         {path: "a@b"},
		"FROM:a@b SIZE=5":                      {path: "a@b", size: 5},
		"FROM:<> RET=FULL ENVID=x":             {ret: "FULL", envID: "x"},
		"FROM:<@x,@y:a@b>":                     {path: "a@b"},
		`FROM:<"a>b\"@c"@d> BODY=7BIT`:         {path: `"a>b\"@c"@d`},
		"FROM:<FAX=+4930/T33S=1@[192.0.2.1]>":  {path: "FAX=+4930/T33S=1@[192.0.2.1]"},
		"FROM:<a@b> ENVID=" + repeat("y", 100): {path: "a@b", envID: repeat("y", 100)},
	} {
		if diff := cmp.Diff(want, parseMail(in), cmp.AllowUnexported(arguments{})); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

func TestBadArguments(t *testing.T) {
	t.Parallel()
	mail := func(s string) arguments { return parseMail(s) }
	rcpt := func(s string) arguments { return parseRcpt(s, "fax.test") }
	for _, c := range []struct {
		parse func(string) arguments
		in    string
		code  int
		words string
	}{
		{mail, "TO:<a@b>", 501, "MAIL FROM"},
		{mail, "FROM:", 501, "no address"},
		{mail, "FROM:<a@b", 501, "does not end"},
		{mail, `FROM:<"a@b>`, 501, "does not end"},
		{mail, "FROM:<a@>", 501, "domain is empty"},
		{mail, "FROM:<@b>", 501, "is empty"},
		{mail, "FROM:<a b@c>", 501, "quoted"},
		{mail, "FROM:<a@b@c>", 501, "not a domain"},
		{mail, "FROM:<\xf6@b>", 501, "ASCII"},
		{mail, "FROM:<" + repeat("a", 600) + "@b>", 501, "512"},
		{mail, "FROM:<a@b> SIZE=-1", 501, "SIZE"},
		{mail, "FROM:<a@b> SIZE=1 size=2", 501, "twice"},
		{mail, "FROM:<a@b> RET=ALL", 501, "FULL or HDRS"},
		{mail, "FROM:<a@b> ENVID=", 501, "1 to 100"},
		{mail, "FROM:<a@b> ENVID=a+2b", 501, "digits"},
		{mail, "FROM:<a@b> ENVID=a+0A", 501, "not printable"},
		{mail, "FROM:<a@b> ENVID=a=b", 501, "xtext"},
		{mail, "FROM:<a@b> ENVID=" + repeat("y", 101), 501, "1 to 100"},
		{mail, "FROM:<a@b> BODY=BINARYMIME", 501, "8BITMIME"},
		{mail, "FROM:<a@b> NOTIFY=NEVER", 555, "NOTIFY"},
		{rcpt, "FROM:<a@b>", 501, "RCPT TO"},
		{rcpt, "TO:<>", 501, "is empty"},
		{rcpt, "TO:<fax>", 501, "no domain"},
		{rcpt, "TO:<a@b> NOTIFY=NEVER,DELAY", 501, "NEVER"},
		{rcpt, "TO:<a@b> NOTIFY=DELAY,delay", 501, "at most once"},
		{rcpt, "TO:<a@b> NOTIFY=", 501, "NOTIFY"},
		{rcpt, "TO:<a@b> NOTIFY=NEVER NOTIFY=NEVER", 501, "twice"},
		{rcpt, "TO:<a@b> ORCPT=a@b", 501, "type;address"},
		{rcpt, "TO:<a@b> ORCPT=rfc822;" + repeat("x", 494), 501, "500"},
		{rcpt, "TO:<a@b> RET=FULL", 555, "RET"},
	} {
		got := c.parse(c.in)
		if got.err == nil || got.err.Code != c.code || !strings.Contains(got.err.Message, c.words) {
			t.Errorf("%q: got %v", c.in, got.err)
		}
	}
}

// FuzzCommand sees that whatever is taken for an address is one that could be
// written in a command again, and is then read as the same.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"FROM:<a@b> SIZE=1 RET=FULL ENVID=x+20y", `FROM:<"a b\"c"@d>`, "FROM:<>", "FROM: x", "FROM:<@a:b@c> AUTH=<>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := parseMail(s)
		if a.err != nil {
			if a.err.Code != 501 && a.err.Code != 555 {
				t.Errorf("%q: %v", s, a.err)
			}
			return
		}
		if strings.ContainsAny(a.path+a.envID, "\r\n") || len(a.path) > maxPath {
			t.Fatalf("%q: path %q", s, a.path)
		}
		again := parseMail("FROM:<" + a.path + ">")
		if again.err != nil || again.path != a.path {
			t.Errorf("%q: %q reads as %q, %v", s, a.path, again.path, again.err)
		}
		if r := parseRcpt(strings.Replace(s, "FROM", "TO", 1), "x"); r.err == nil && r.path == "" {
			t.Errorf("%q: an empty recipient", s)
		}
	})
}

// FuzzDot compares dotReader with the definition: the message ends at the first
// CRLF.CRLF, and a dot at the start of a line is left out.
func FuzzDot(f *testing.F) {
	for _, s := range []string{".\r\n", "a\r\n.\r\nNOOP", "..\r\n..a\r\n.\r\n", "a\n.\nb\r\r\n.\r\n", "a\r.\r\n", repeat("x", 40) + "\r\n.\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(data)), 16)
		got, err := io.ReadAll(&dotReader{in: in})
		body, rest, ended := bytes.Cut(append([]byte("\r\n"), data...), []byte("\r\n.\r\n"))
		if !ended {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%q: no end, and the error %v", data, err)
			}
			return
		}
		want := append(bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n")), "\r\n"...)[2:]
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, want %q, %v", data, got, want, err)
		}
		if left, _ := io.ReadAll(in); !bytes.Equal(left, rest) {
			t.Errorf("%q: left %q, want %q", data, left, rest)
		}
	})
}

// TestEndOfMessage sees each way for a message not to end, and the size.
func TestEndOfMessage(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	in := bufio.NewReader(io.MultiReader(strings.NewReader("half\r\n"), iotest.ErrReader(broken)))
	if got, err := io.ReadAll(&dotReader{in: in}); !errors.Is(err, broken) || string(got) != "half\r\n" {
		t.Errorf("got %q, %v", got, err)
	}
	for limit, want := range map[int64]error{3: errTooBig, 4: nil, 5: nil} {
		s := &sizeReader{r: strings.NewReader("1234"), left: limit}
		got, err := io.ReadAll(iotest.OneByteReader(s))
		if !cmp.Equal(want, err, cmpopts.EquateErrors()) || string(got) != "1234"[:min(limit, 4)] {
			t.Errorf("limit %d: %q, %v", limit, got, err)
		}
	}
}
