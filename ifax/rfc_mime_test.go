package ifax_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
	"faxgate/mdn"
)

// octetsOf reads a mail and gives the octets of its documents.
func octetsOf(t *testing.T, mail string) (docs []string, m *ifax.Message) {
	t.Helper()
	m, err := ifax.Parse(t.Context(), strings.NewReader(mail), ifax.Limits{}, func(_ ifax.PartInfo, r io.Reader) error {
		b, err := io.ReadAll(r)
		docs = append(docs, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs, m
}

// TestTransferEncodings: the same octets by each encoding of RFC 2045 section 6, and as they are where the encoding is not known.
func TestTransferEncodings(t *testing.T) {
	const tiff = "II*\x00=\xe4=\x01"
	for encoding, body := range map[string]string{
		"base64": encoded(tiff), "BASE64": encoded(tiff), "quoted-printable": "II*=00=3D=E4=\r\n=3D=01", "binary": tiff, "8bit": tiff, "x-of-a-machine": tiff,
	} {
		docs, m := octetsOf(t, "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/tiff\r\n"+
			"Content-Transfer-Encoding: "+encoding+"\r\n\r\n"+body+"\r\n--b--\r\n")
		if !slices.Equal(docs, []string{tiff}) || m.Parts[0].Err != nil {
			t.Errorf("%s: %q, %+v", encoding, docs, m.Parts)
		}
	}
	docs, m := octetsOf(t, mixed("Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\nwords"))
	if !slices.Equal(docs, []string{"words"}) || m.Text != "words\n" && m.Text != "words" {
		t.Errorf("7bit: %q, text %q", docs, m.Text)
	}
	if docs, _ := octetsOf(t, mixed("Content-Type: image/tiff; name=fax.tif\nContent-Transfer-Encoding: x-none\n\nno TIFF")); len(docs) > 0 {
		t.Errorf("octets of an unknown encoding that are no TIFF were kept: %q", docs)
	}
}

// TestUnknownMultipartIsMixed (RFC 2046 section 5.1.7): both documents are taken, in their order.
func TestUnknownMultipartIsMixed(t *testing.T) {
	one, two := "II*\x00one", "II*\x00two"
	part := func(s string) string {
		return "Content-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + encoded(s)
	}
	for subtype, want := range map[string][]string{
		"mixed": {one, two}, "fax-message": {one, two}, "voice-message": {one, two}, "x-nobody-knows": {one, two}, "parallel": {one, two}, "alternative": {two},
	} {
		if docs, _ := octetsOf(t, container(subtype, part(one), part(two))); !slices.Equal(docs, want) {
			t.Errorf("multipart/%s: %q", subtype, docs)
		}
	}
}

// TestMessageInMessage takes the document of a message that another one carries.
func TestMessageInMessage(t *testing.T) {
	tiff := "II*\x00abc"
	inner := "Content-Type: message/rfc822\n\nFrom: x@y\nSubject: within\nMIME-Version: 1.0\nContent-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n" + encoded(tiff)
	if docs, m := octetsOf(t, mixed(inner)); !slices.Equal(docs, []string{tiff}) || m.Subject == "within" {
		t.Errorf("%q, subject %q", docs, m.Subject)
	}
	digest := container("digest", "\nFrom: x@y\nMIME-Version: 1.0\nContent-Type: image/tiff\nContent-Transfer-Encoding: base64\n\n"+encoded(tiff))
	if docs, _ := octetsOf(t, digest); !slices.Equal(docs, []string{tiff}) {
		t.Errorf("a digest: %q", docs)
	}
}

// TestUnknownParameters: application= and whatever else stands behind a type changes nothing.
func TestUnknownParameters(t *testing.T) {
	tiff := "II*\x00abc"
	for _, params := range []string{"", "; application=faxbw", "; application=faxcolor", "; application=\"faxbw\"; x-key=\"a; b\"", "; application=voice", "; charset=x-none; =; y"} {
		docs, m := octetsOf(t, mixed("Content-Type: image/tiff"+params+"\nContent-Transfer-Encoding: base64\n\n"+encoded(tiff)))
		if !slices.Equal(docs, []string{tiff}) || m.Kind != ifax.KindFax || m.Parts[0].Err != nil {
			t.Errorf("%q: %q, %s", params, docs, m.Kind)
		}
	}
}

// TestWhatIsATIFF lists the names that machines give it.
func TestWhatIsATIFF(t *testing.T) {
	tiff := "II*\x00abc"
	for _, kind := range []string{"image/tiff", "image/tiff-fx", "IMAGE/TIFF", "image/x-tiff", "application/octet-stream; name=fax.tif", "application/octet-stream; name=\"FAX.TIFF\""} {
		for _, subtype := range []string{"mixed", "voice-message"} {
			docs, m := octetsOf(t, container(subtype, "Content-Type: "+kind+"\nContent-Transfer-Encoding: base64\n\n"+encoded(tiff)))
			if !slices.Equal(docs, []string{tiff}) || m.Parts[0].Type != "image/tiff" {
				t.Errorf("%s in multipart/%s: %q, %+v", kind, subtype, docs, m.Parts)
			}
		}
	}
}

// TestFileNames: nothing of a name leads out of a directory or out of a header.
func TestFileNames(t *testing.T) {
	for _, name := range []string{"../../etc/passwd", `..\..\boot.ini`, "/etc/passwd", "a\tb", "..", "C:\\x.tif", "=?utf-8?Q?a=0D=0ABcc:_x=2Ftif?=", "a%00b", "con/..//x.tif"} {
		for _, where := range []string{"Content-Type: image/tiff; name=\"" + name + "\"", "Content-Type: image/tiff\nContent-Disposition: attachment; filename=\"" + name + "\""} {
			_, m := octetsOf(t, mixed(where+"\nContent-Transfer-Encoding: base64\n\n"+encoded("II*\x00abc")))
			if got := m.Parts[0].Name; strings.ContainsAny(got, "/\\\r\n\x00") || got == ".." {
				t.Errorf("%q became %q", name, got)
			}
		}
	}
}

// TestFragmentsByTheirOctets looks at the messages themselves (RFC 2046 section 5.2.2).
func TestFragmentsByTheirOctets(t *testing.T) {
	whole := big(t)
	pieces := divided(t, whole, 64<<10)
	at := 0
	for i, p := range pieces {
		head, body, ok := bytes.Cut(p, []byte("\r\n\r\n"))
		if !ok || !bytes.HasSuffix(p, []byte("\r\n")) || bytes.Contains(bytes.ReplaceAll(p, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("piece %d does not end with a line", i+1)
		}
		flat := regexp.MustCompile(`\r\n[ \t]+`).ReplaceAllString(string(head), " ")
		kind := regexp.MustCompile(`(?m)^Content-Type: (.*?)\r?$`).FindStringSubmatch(flat)
		if kind == nil || !strings.HasPrefix(kind[1], "message/partial;") {
			t.Fatalf("piece %d:\n%s", i+1, head)
		}
		for _, want := range []string{`id="?whole@a\.example"?`, fmt.Sprintf(`number=%d(;|$)`, i+1), fmt.Sprintf(`total=%d(;|$)`, len(pieces))} {
			if !regexp.MustCompile(want).MatchString(kind[1]) {
				t.Errorf("piece %d: %q lacks %s", i+1, kind[1], want)
			}
		}
		if cte := regexp.MustCompile(`(?mi)^Content-Transfer-Encoding: *(\S+)`).FindStringSubmatch(flat); cte != nil && cte[1] != "7bit" {
			t.Errorf("piece %d is %s", i+1, cte[1])
		}
		if strings.Contains(flat, "Disposition-Notification") || bytes.ContainsFunc(p, func(r rune) bool { return r > '~' }) {
			t.Errorf("piece %d asks for a receipt of its own, or is not 7bit:\n%s", i+1, head)
		}
		if !bytes.Equal(body, whole[at:at+len(body)]) {
			t.Fatalf("piece %d is not what stands there", i+1)
		}
		at += len(body)
	}
	if at != len(whole) || len(pieces) < 3 {
		t.Errorf("%d pieces with %d octets of %d", len(pieces), at, len(whole))
	}
}

// TestInternationalisedReports reads the types of RFC 6533.
func TestInternationalisedReports(t *testing.T) {
	report := func(kind, part, fields string) string {
		return strings.ReplaceAll("From: a@b\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type="+kind+"; boundary=b\n\n--b\n\nWords.\n--b\nContent-Type: "+part+"\nContent-Transfer-Encoding: 8bit\n\n"+
			fields+"\n--b\nContent-Type: message/global-headers\n\nMessage-ID: <1@x>\nSubject: F\xc3\xa4x\n\n--b--\n", "\n", "\r\n")
	}
	_, m := octetsOf(t, report("delivery-status", "message/global-delivery-status", "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; f\xc3\xa4x@b\nAction: failed\nStatus: 5.1.1\n"))
	want := []mdn.Recipient{{FinalRecipient: "fäx@b", Action: "failed", Status: "5.1.1"}}
	if m.DSN == nil || cmp.Diff(want, m.DSN.Recipients) != "" {
		t.Errorf("DSN: %s, %+v", m.Kind, m.DSN)
	}
	_, m = octetsOf(t, report("disposition-notification", "message/global-disposition-notification",
		"Final-Recipient: utf-8; f\xc3\xa4x@b\nOriginal-Message-ID: <1@x>\nDisposition: automatic-action/MDN-sent-automatically; dispatched\n"))
	if m.MDN == nil || m.MDN.FinalRecipient != "fäx@b" || m.MDN.OriginalMessageID != "<1@x>" || m.MDN.Verdict() != mdn.Confirmed {
		t.Errorf("MDN: %s, %+v", m.Kind, m.MDN)
	}
}
