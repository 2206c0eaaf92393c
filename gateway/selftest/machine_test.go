package selftest

import (
	"context"
	"image/color"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
)

// TestTheMachinesFilesAreReadByLibtiff judges the machines' own TIFF writer, whose files must not suit the gateway alone: libtiff finds the same pixels in them.
func TestTheMachinesFilesAreReadByLibtiff(t *testing.T) {
	for name, l := range map[string]layout{
		"MH":                          {coding: "MH", resolution: [2]uint32{204, 196}},
		"MH aligned and FillOrder 2":  {coding: "MH", resolution: [2]uint32{204, 98}, aligned: true, lsbFirst: true},
		"MH with RTC in two strips":   {coding: "MH", resolution: [2]uint32{200, 100}, rtc: true, lsbFirst: true, strips: 2},
		"MR":                          {coding: "MR", resolution: [2]uint32{204, 196}},
		"MMR big-endian and trailing": {coding: "MMR", resolution: [2]uint32{400, 400}, bigEndian: true, trailing: true},
		"MMR in four strips":          {coding: "MMR", resolution: [2]uint32{200, 200}, bigEndian: true, strips: 4},
	} {
		t.Run(name, func(t *testing.T) {
			page := draw(1728, 1169, 3)
			b, err := l.file(page)
			if err != nil {
				t.Fatal(err)
			}
			in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.tif")
			if err := os.WriteFile(in, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.CommandContext(t.Context(), "tiffcp", "-c", "none", "-f", "msb2lsb", in, out).CombinedOutput(); err != nil || len(said) > 0 {
				t.Fatalf("libtiff: %v\n%s", err, said)
			}
			compare(t, out, page)
		})
	}
}

// compare wants the pixels of a file to be those of a page.
func compare(t *testing.T, file string, page sheet) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := tiff.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != page.width || size.Y != len(page.rows) {
		t.Fatalf("the page has %v pixels, want %dx%d", size, page.width, len(page.rows))
	}
	for y, row := range page.rows {
		for x := range page.width {
			if black := row[x/8]>>(7-x%8)&1 == 1; black != (color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 128) {
				t.Fatalf("the pixel at %d,%d differs", x, y)
			}
		}
	}
}

// TestASimpleMachineTakesNothingButProfileS checks the judge: what the gateway must not send to an unknown machine is refused, with the reason.
func TestASimpleMachineTakesNothingButProfileS(t *testing.T) {
	good := layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true, aligned: true}
	for _, tt := range []struct {
		name  string
		l     layout
		width int
		kind  string
		want  string
	}{
		{"Profile S", good, 1728, "image/tiff", ""},
		{"MMR", layout{coding: "MMR", resolution: good.resolution, lsbFirst: true}, 1728, "image/tiff", "compression MMR"},
		{"fine", layout{coding: "MH", resolution: [2]uint32{204, 391}, lsbFirst: true}, 1728, "image/tiff", "resolution 204 x 391"},
		{"B4", good, 2048, "image/tiff", "width of 2048"},
		{"a PDF", good, 1728, "application/pdf", "application/pdf is not supported"},
	} {
		b, err := tt.l.file(draw(tt.width, 1000, 1))
		if err != nil {
			t.Fatal(err)
		}
		v := simple().examine(&taken{parts: []part{{kind: tt.kind, body: b}}})
		if tt.want == "" && v.trouble != "" || !strings.Contains(v.trouble, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, v.trouble, tt.want)
		}
	}
	if v := simple().examine(&taken{parts: []part{{kind: "image/tiff", body: []byte("II*\x00 cut")}}}); v.trouble == "" {
		t.Error("half a TIFF file is printed")
	}
}

// TestTheMachineSpeaksSMTP lets another's client talk to the machine.
func TestTheMachineSpeaksSMTP(t *testing.T) {
	m, err := newMachine(brother())
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	answers := make(chan letter, 1)
	m.deliver = func(l letter) { answers <- l }
	raw := "From: a@b.test\r\nDisposition-Notification-To: <a@b.test>\r\nMessage-ID: <1@b.test>\r\nContent-Type: application/pdf\r\n\r\n..dots\r\n"
	addr := "127.0.0.1:" + strconv.Itoa(m.port())
	if err := smtp.SendMail(addr, nil, "a@b.test", []string{"brother@brother.example"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	got, err := m.mail(t.Context(), 0, "the mail", (*taken).fax)
	if err != nil {
		t.Fatal(err)
	}
	if got.from != "a@b.test" || got.to != "brother@brother.example" || string(got.raw) != raw || got.id() != "<1@b.test>" {
		t.Errorf("from %s to %s: %q", got.from, got.to, got.raw)
	}
	if l := <-answers; l.from != "" || l.to != "a@b.test" || !strings.Contains(l.raw, "processed/error\nError: 5.6.1 application/pdf is not supported") {
		t.Errorf("the answer to %s:\n%s", l.to, l.raw)
	}
	m.behave(func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "550 not here"
		}
		return ""
	}, nil)
	if err := smtp.SendMail(addr, nil, "a@b.test", []string{"x@y.test"}, []byte(raw)); err == nil || !strings.Contains(err.Error(), "not here") {
		t.Errorf("%v, want the refusal", err)
	}
	if err := handOver(context.Background(), addr, "TEST", letter{from: "a@b.test", to: "x@y.test", raw: "x"}); err == nil || !strings.Contains(err.Error(), "RCPT TO:<x@y.test>") {
		t.Errorf("%v, want the refusal with the command", err)
	}
}
