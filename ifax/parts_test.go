package ifax_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
)

// mixed makes a mail of parts, each a header without its blank line, "\n\n" and a body.
func mixed(parts ...string) string {
	return container("mixed", parts...)
}

func container(subtype string, parts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: a@example.com\nContent-Type: multipart/%s; boundary=b\n\n", subtype)
	for _, part := range parts {
		b.WriteString("--b\n" + part + "\n")
	}
	b.WriteString("--b--\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// outcome is what is kept, in short: "type name: octets", and errors and what was left out.
func outcome(t *testing.T, mail string) (docs []string, m *ifax.Message) {
	t.Helper()
	m, kept, err := parse(t, strings.NewReader(mail), ifax.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range m.Parts {
		if part.Err != nil {
			docs = append(docs, "error: "+part.Err.Error())
			continue
		}
		_, rest, _ := strings.Cut(kept[part.Index], "->")
		kind, rest, _ := strings.Cut(rest, " ")
		size, _, _ := strings.Cut(rest, " ")
		docs = append(docs, kind+" "+part.Name+" "+size)
	}
	for _, part := range m.LeftOut {
		docs = append(docs, "left out: "+part.Reason)
	}
	return docs, m
}

func TestParts(t *testing.T) {
	tiff := "II*\x00" + strings.Repeat("\x00", 60)
	jpeg := "\xff\xd8\xff" + strings.Repeat("\x01", 100)
	large := "\xff\xd8\xff" + strings.Repeat("\x01", 200<<10)
	gif := "GIF89a" + strings.Repeat("\x01", 100)
	for _, test := range []struct {
		name, mail string
		want       []string
	}{
		{"an attached web page is its words", mixed("Content-Type: text/html; name=p.html\nContent-Disposition: attachment\n\n<p>a&amp;b</p>"), []string{"text/plain p.html 3"}},
		{"an attached text, in its charset", mixed("Content-Type: text/plain; charset=iso-8859-1; name=t.txt\nContent-Disposition: attachment\nContent-Transfer-Encoding: quoted-printable\n\nf=E4x"), []string{"text/plain t.txt 4"}},
		{"an inline text with a name is the body", mixed("Content-Type: text/plain; name=t.txt\nContent-Disposition: inline\n\nabc"), []string{"text/plain  3"}},
		{"octets that are text", mixed("Content-Type: application/octet-stream; name=notes\n\nabc"), []string{"text/plain notes 3"}},
		{"a table declared as something else but named text", mixed("Content-Type: application/x-log; name=a.log\n\nabc"), []string{"text/plain a.log 3"}},
		{"an empty document", mixed("Content-Type: image/tiff; name=e.tif\nContent-Transfer-Encoding: base64\n\n"), []string{"error: the part is empty"}},
		{"a TIFF that is none", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + encoded("\x00\x01\x02")), []string{"error: declared as a TIFF, but it does not begin like one"}},
		{"a pointer", mixed("Content-Type: message/external-body; access-type=URL; URL=\"http://example.com/\"\n\nContent-Type: image/tiff\n"), []string{"error: only a pointer to a document kept elsewhere, which is not fetched: attach the document itself"}},
		{"a signature declared as octets", mixed("Content-Type: text/plain\n\nabc", "Content-Type: application/octet-stream; name=smime.p7s\n\nxyz"), []string{"text/plain  3", "left out: a signature"}},
		{
			"a small picture in the HTML is left out, a large one is not",
			container("related", "Content-Type: text/html\n\n<p>Hello<img src=cid:1><img src=cid:2>", "Content-Type: image/jpeg\nContent-ID: <1>\nContent-Transfer-Encoding: base64\n\n"+encoded(jpeg),
				"Content-Type: image/jpeg\nContent-ID: <2>\nContent-Transfer-Encoding: base64\n\n"+encoded(large), "Content-Type: image/gif\nContent-ID: <3>\nContent-Transfer-Encoding: base64\n\n"+encoded(gif)),
			[]string{fmt.Sprintf("image/jpeg  %d", len(large)), "left out: a picture in the HTML text", "left out: a small picture in the HTML text"},
		},
		{
			"a picture that is attached counts, be it small",
			container("related", "Content-Type: text/html\n\n<p>Hello", "Content-Type: image/jpeg\nContent-ID: <1>\nContent-Disposition: attachment; filename=p.jpg\nContent-Transfer-Encoding: base64\n\n"+encoded(jpeg)),
			[]string{"image/jpeg p.jpg 103"},
		},
		{"a GIF elsewhere", mixed("Content-Type: image/gif; name=g.gif\nContent-Transfer-Encoding: base64\n\n" + encoded(gif)), []string{"error: the document is a GIF picture: save it as PNG; TIFF, PDF, PNG, JPEG and plain text can be faxed"}},
		{"an unknown encoding of what is a TIFF all the same", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: x-none\n\nII*\x00abcd"), []string{"image/tiff  8"}},
		{"misspelled base64", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: BASE-64 (binary)\n\n" + encoded(tiff)), []string{"image/tiff  64"}},
		{"base64 in two pieces", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + encoded(tiff) + "\n" + encoded("xyzw")), []string{"image/tiff  68"}},
		{"base64 without padding", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + strings.TrimRight(encoded(tiff), "=")), []string{"image/tiff  64"}},
		{"base64 with stray octets", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n>" + encoded(tiff)[:20] + "!\t " + encoded(tiff)[20:]), []string{"image/tiff  64"}},
		{"base64 cut in an octet", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + encoded(tiff)[:21]), []string{"error: transfer encoding: the base64 ends in the middle of an octet"}},
		{"base64 that is none", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("!", 100)), []string{"error: transfer encoding: this is not base64: more than 64 octets outside its alphabet"}},
		{"uuencode without an end", mixed("Content-Type: image/tiff\nContent-Transfer-Encoding: uuencode\n\nbegin 644 a\n$24DJ````"), []string{"error: transfer encoding: the uuencoded data has no end line"}},
		{"all branches of an alternative are unreadable", container("alternative", "Content-Type: image/gif; name=1.gif\n\nGIF89a", "Content-Type: audio/basic; name=2.au\n\n.snd"), []string{"error: the document is a GIF picture: save it as PNG; TIFF, PDF, PNG, JPEG and plain text can be faxed"}},
		{"a damaged branch gives way to a whole one", container("alternative", "Content-Type: image/tiff; name=1.tif\nContent-Transfer-Encoding: base64\n\n"+encoded(tiff), "Content-Type: image/tiff; name=2.tif\nContent-Transfer-Encoding: base64\n\n"+encoded(tiff)[:21]), []string{"image/tiff 1.tif 64"}},
		{"a fragment inside", mixed("Content-Type: message/partial; id=x; number=1\n\nabc"), []string{"error: a fragment inside another message, which cannot be put together"}},
		{"half of a boundary is no boundary", mixed("Content-Type: text/plain\n\n--bb\n--b-\nx"), []string{"text/plain  13"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := outcome(t, test.mail)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	for name, test := range map[string]struct{ header, body, want string }{
		"Shift_JIS declared":      {"Content-Type: text/plain; charset=cp932\n", "\x83t\x83@\x83N\x83X", "ファクス"},
		"Shift_JIS not declared":  {"", "\x83t\x83@\x83N\x83X", "ファクス"},
		"ISO-2022-JP as ASCII":    {"Content-Type: text/plain; charset=us-ascii\n", "\x1b$B%U%!%/%9\x1b(B", "ファクス"},
		"UTF-8 not declared":      {"", "Größe", "Größe"},
		"Latin-1 not declared":    {"", "Gr\xf6\xdfe", "Größe"},
		"Latin-1 as ASCII":        {"Content-Type: text/plain; charset=\"us-ascii\"\n", "Gr\xf6\xdfe", "Größe"},
		"an unknown charset":      {"Content-Type: text/plain; charset=x-mars\n", "Gr\xf6\xdfe", "Größe"},
		"a DOS code page":         {"Content-Type: text/plain; charset=cp437\n", "Gr\x94\xe1e", "Größe"},
		"KOI8-R":                  {"Content-Type: text/plain; charset=koi8-r\n", "\xc6\xc1\xcb\xd3", "факс"},
		"a type from before MIME": {"Content-Type: text\n", "abc", "abc"},
		"an empty type":           {"Content-Type:\n", "abc", "abc"},
		"a byte order mark":       {"Content-Type: text/plain; charset=utf-8\n", "\ufeffabc", "abc"},
		"old line ends":           {"", "a\rb", "a\nb"},
		"HTML with a less-than":   {"Content-Type: text/html\n", "<!-- <p> -->1 < 2<br/>a<b>b</b> <img alt='>'>c<STYLE>x</sTyle>d<script>", "1 < 2\nab cd"},
	} {
		t.Run(name, func(t *testing.T) {
			_, m := outcome(t, "From: a@example.com\n"+test.header+"\n"+test.body)
			if strings.TrimSuffix(m.Text, "\n") != test.want {
				t.Errorf("%q, want %q", m.Text, test.want)
			}
		})
	}
}

func TestAddressesAreReadLoosely(t *testing.T) {
	for header, want := range map[string][]string{
		"a@b.example, \"C, D\" <c@d.example>":               {" a@b.example", "C, D c@d.example"},
		"undisclosed-recipients:;":                          nil,
		"Mr. X. (no quotes) <x@y.example>, <z@y.example":    {"Mr. X. (no quotes) x@y.example", " z@y.example"},
		"a@b.example; c@d.example":                          nil,
		"=?iso-8859-1?Q?Gr=F6=DFe?= <g@y.example>, nothing": {"Größe g@y.example", ""},
		"fax..machine@y.example":                            {" fax..machine@y.example"},
		"FAX=+12025550123/T33S=1@gw.example":                {" FAX=+12025550123/T33S=1@gw.example"},
	} {
		_, m := outcome(t, "From: a@example.com\nTo: "+header+"\n\nx")
		var got []string
		for _, a := range m.To {
			got = append(got, a.Name+" "+a.Address)
		}
		want = slices.DeleteFunc(want, func(s string) bool { return s == "" })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", header, diff)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"Sat, 21 Nov 2026 19:00:00 +0000":       "2026-11-21T19:00:00Z",
		"Sat, 21 Nov 2026 20:00:00 +0100 (CET)": "2026-11-21T19:00:00Z",
		"Sat, 21 Nov 2026 19:00:00":             "2026-11-21T19:00:00Z",
		"2026-11-21T19:00:00Z":                  "2026-11-21T19:00:00Z",
		"Sat Nov 21 19:00:00 2026":              "2026-11-21T19:00:00Z",
		"yesterday":                             "0001-01-01T00:00:00Z",
	} {
		_, m := outcome(t, "From: a@example.com\nDate: "+text+"\n\nx")
		if got := m.Date.Format("2006-01-02T15:04:05Z07:00"); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
