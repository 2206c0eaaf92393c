package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
	"faxgate/spool"
)

// patches are the four quarters of the test's photograph.
var patches = [4]color.RGBA{{200, 60, 60, 255}, {70, 150, 80, 255}, {60, 80, 170, 255}, {190, 170, 90, 255}}

// photo is a colour picture with the pixels of A5 at 200 dots per inch, as a JPEG file.
func photo(t *testing.T) gateway.File {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1165, 1654))
	for y := range 1654 {
		for x := range 1165 {
			i := 0
			if x >= 1165/2 {
				i++
			}
			if y >= 1654/2 {
				i += 2
			}
			img.SetRGBA(x, y, patches[i])
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return gateway.File{Name: "photo.jpg", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}

// recorder keeps what goes through it.
type recorder struct {
	to func() string

	mu    sync.Mutex
	mails [][]byte
}

func (w *recorder) Send(ctx context.Context, env mailio.Envelope, msg io.Reader, atDot func() error) (mailio.Reply, error) {
	c, err := clientTo(w.to())
	if err != nil {
		return mailio.Reply{}, err
	}
	var b bytes.Buffer
	reply, err := c.Send(ctx, env, io.TeeReader(msg, &b), atDot)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mails = append(w.mails, b.Bytes())
	return reply, err
}

// last is the last mail that went through, and its TIFF files in order as tiffinfo shows them.
func (w *recorder) last(t *testing.T) (passedOn, []string) {
	t.Helper()
	w.mu.Lock()
	m := readMail(t, w.mails[len(w.mails)-1])
	w.mu.Unlock()
	var shown []string
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range m.files {
			if !yield(name) {
				return
			}
		}
	}) {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, m.files[name], 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("tiffinfo", file).CombinedOutput()
		if err != nil {
			t.Fatalf("tiffinfo %s: %v\n%s", name, err, out)
		}
		shown = append(shown, name+": "+strings.Join(strings.Fields(string(out)), " "))
	}
	return m, shown
}

// inColour is two gateways of which b tells colour, once a knows it.
func inColour(t *testing.T, changeA, changeB func(*gateway.Options)) (a, b *node, w *recorder) {
	t.Helper()
	w = &recorder{to: func() string { return b.Addr("smtp") }}
	a, b = pair(t, func(o *gateway.Options) {
		o.Sender = func(string) (mailio.Sender, error) { return w, nil }
		if changeA != nil {
			changeA(o)
		}
	}, func(o *gateway.Options) {
		o.Config.Fax.Codings = append(o.Config.Fax.Codings, "JPEG")
		if changeB != nil {
			changeB(o)
		}
	})
	first := a.wait(a.submit("fax@b.test", photo(t)), gateway.Confirmed)
	if f := first.Deliveries[0].Form; !strings.HasPrefix(f, "S MH ") {
		t.Errorf("to a stranger the photograph went as %q, want Profile S", f)
	}
	b.inbox(1)
	return a, b, w
}

// sent faxes something and gives its form.
func (n *node) sent(r gateway.SubmitRequest) string {
	n.t.Helper()
	r.To, r.Origin = []string{"fax@b.test"}, "test"
	id, err := n.Submit(context.Background(), r)
	if err != nil {
		n.t.Fatal(err)
	}
	return n.wait(id, gateway.Confirmed).Deliveries[0].Form
}

// TestAPhotographArrivesInColour: once a machine has told that it takes colour, a photograph goes to it as Profile C, and leaves the other gateway as a PDF whose colours, drawn by
// poppler, are those of the photograph.
func TestAPhotographArrivesInColour(t *testing.T) {
	a, b, w := inColour(t, nil, nil)
	if form := a.sent(gateway.SubmitRequest{Files: []gateway.File{photo(t)}}); form != "C JPEG 200x200 A4 colour" {
		t.Errorf("the form is %q, want Profile C", form)
	}
	m, shown := w.last(t)
	if len(shown) != 1 || !strings.Contains(shown[0], "Photometric Interpretation: ITU L*a*b*") || !strings.Contains(shown[0], "Compression Scheme: JPEG") {
		t.Errorf("tiffinfo shows %q", shown)
	}
	if len(m.files) != 1 || !bytes.Contains(w.mails[len(w.mails)-1], []byte("application=faxcolor")) {
		t.Errorf("%d files, or they are not called faxcolor", len(m.files))
	}
	in := b.inbox(2)
	var pdf bytes.Buffer
	if err := b.InboxPDF(context.Background(), in[0].ID, &pdf); err != nil {
		t.Fatal(err)
	}
	for i, p := range quarters(t, pdf.Bytes()) {
		want := patches[i]
		off := math.Abs(float64(p.R)-float64(want.R)) + math.Abs(float64(p.G)-float64(want.G)) + math.Abs(float64(p.B)-float64(want.B))
		if off > 30 {
			t.Errorf("quarter %d is %v in the PDF, %v in the photograph", i, p, want)
		}
	}
}

// quarters draws a PDF with poppler and gives the colour in the middle of each quarter of what is not white.
func quarters(t *testing.T, pdf []byte) (found [4]color.RGBA) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fax.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pdftoppm", "-r", "50", "-png", "-singlefile", "fax.pdf", "fax")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "fax.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var box image.Rectangle
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); max(c.R, c.G, c.B)-min(c.R, c.G, c.B) > 60 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	for i := range found {
		x, y := box.Min.X+box.Dx()*(1+i%2*2)/4, box.Min.Y+box.Dy()*(1+i/2*2)/4
		found[i] = color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
	}
	return found
}

// TestWhatBecomesOfColours: the three choices of the configuration, the fax's own, and a machine that has not told of colour.
func TestWhatBecomesOfColours(t *testing.T) {
	a, b, w := inColour(t, func(o *gateway.Options) { o.Config.Fax.Colour = "grey"; o.Config.Fax.Describe = true }, nil)
	for _, test := range []struct {
		colour string
		files  []gateway.File
		want   string
		file   string // in what tiffinfo shows of the last file
	}{
		{"", []gateway.File{photo(t)}, "C JPEG 200x200 A4 grey", "Samples/Pixel: 1"},
		{"Colour", []gateway.File{photo(t)}, "C JPEG 200x200 A4 colour", "Samples/Pixel: 3"},
		{"none", []gateway.File{photo(t)}, "F MMR 400x400 A4", "CCITT Group 4"},
		{"", nil, "F MMR 400x400 A4", "CCITT Group 4"},
		{"colour", []gateway.File{photo(t), textFile("With a letter.\n")}, "C JPEG 200x200 A4 colour", "page.tif"},
		{"colour", []gateway.File{photo(t), drawn(t, false)}, "C JPEG 200x200 A4 colour", "CCITT Group 4"},
		{"colour", []gateway.File{drawn(t, true)}, "C JPEG 300x300 A4 grey", "JPEG"},
	} {
		t.Run(fmt.Sprintf("%s of %d", test.colour, len(test.files)), func(t *testing.T) {
			if test.files == nil {
				test.files = []gateway.File{textFile("No colours.\n")}
			}
			if form := a.sent(gateway.SubmitRequest{Files: test.files, Colour: test.colour}); form != test.want {
				t.Errorf("the form is %q, want %q", form, test.want)
			}
			_, shown := w.last(t)
			if len(shown) != len(test.files) || !strings.Contains(strings.Join(shown, "\n"), test.file) {
				t.Errorf("tiffinfo shows %q, want %d files and %q", shown, len(test.files), test.file)
			}
		})
	}
	a.journal("drawn.pdf has no shades and goes as profile F (MMR) at 400x400")
	a.journal("its colours become grey, as both sides have no more")
	if mail := string(bytes.Join(w.mails, nil)); !strings.Contains(mail, "Content-Features: (& (type=\"image/tiff\") (color=grey)") || !strings.Contains(mail, "(image-coding=JPEG)") {
		t.Error("the documents are not described in Content-Features")
	}
	if _, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{"fax@b.test"}, Files: []gateway.File{photo(t)}, Colour: "sepia"}); err == nil || !strings.Contains(err.Error(), "sepia") {
		t.Errorf("sepia: %v", err)
	}
	b.inbox(8)
}

// drawn is a PDF with a line of text, and with a large grey box if it is to have shades.
func drawn(t *testing.T, shaded bool) gateway.File {
	t.Helper()
	page := "BT /F1 24 Tf 72 720 Td (Letters are drawn in greys at their edges) Tj ET\n"
	if shaded {
		page += "0.6 g 100 200 300 300 re f\n"
	}
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.4\n")
	for i, body := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%sendstream", len(page), page), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
	return gateway.File{Name: "drawn.pdf", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}

// TestColourIsToldToThoseWhoHaveIt: by default nobody hears of our colours but machines that have told of theirs.
func TestColourIsToldToThoseWhoHaveIt(t *testing.T) {
	_, b, _ := inColour(t, nil, nil)
	b.wait(b.submit("fax@a.test"), gateway.Confirmed)
	p, err := b.Peer(context.Background(), "fax@a.test")
	if err != nil || !strings.Contains(p.Features, "(image-coding=JPEG)") {
		t.Errorf("b, which has told a of its colours, heard %q, %v", p.Features, err)
	}
	if n := b.view2("fax@a.test"); !strings.Contains(strings.Join(n.Why, "; "), "a colour photograph would go as C JPEG 400x400 A4 colour") {
		t.Errorf("the next fax: %+v", n)
	}
	plain, other := pair(t, nil, nil)
	plain.wait(plain.submit("fax@b.test"), gateway.Confirmed)
	if p, err := plain.Peer(context.Background(), "fax@b.test"); err != nil || strings.Contains(p.Features, "JPEG") {
		t.Errorf("a stranger heard %q, %v", p.Features, err)
	}
	other.contact(gateway.Contact{Address: "fax@a.test", Form: gateway.ContactForm{Colour: "grey"}})
	plain.wait(plain.submit("fax@b.test"), gateway.Confirmed)
	if p, err := plain.Peer(context.Background(), "fax@b.test"); err != nil || !strings.Contains(p.Features, "JPEG") {
		t.Errorf("a machine for which colour is set by hand heard %q, %v", p.Features, err)
	}
}

// view2 shows how the next fax to an address that is no contact would go.
func (n *node) view2(addr string) gateway.NextFax {
	n.t.Helper()
	n.contact(gateway.Contact{Address: addr})
	return n.view(addr).Next
}

// TestShadesAsJBIG: a machine that tells JBIG gets it for shades that become dots, and reads it; letters go as MMR.
func TestShadesAsJBIG(t *testing.T) {
	r := &recorder{}
	a, b := pair(t, func(o *gateway.Options) {
		o.Sender = func(string) (mailio.Sender, error) { return r, nil }
	}, func(o *gateway.Options) { o.Config.Fax.Codings = append(o.Config.Fax.Codings, "JBIG") })
	r.to = func() string { return b.Addr("smtp") }
	a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	if form := a.sent(gateway.SubmitRequest{Files: []gateway.File{photo(t)}}); form != "J JBIG 400x400 A4" {
		t.Errorf("the photograph went as %q", form)
	}
	if form := a.sent(gateway.SubmitRequest{Files: []gateway.File{textFile("Letters.\n")}}); form != "F MMR 400x400 A4" {
		t.Errorf("the letter went as %q", form)
	}
	a.journal("coded as JBIG, which takes fewer bytes for them than MMR")
	for _, in := range b.inbox(3) {
		if in.Error != "" || in.Pages != 1 {
			t.Errorf("%s: %d pages, %s", in.Subject, in.Pages, in.Error)
		}
	}
}

// TestColourThatIsRefusedGoesInBlackAndWhite: a machine for which colour was set by hand, and which cannot read it, gets Profile S.
func TestColourThatIsRefusedGoesInBlackAndWhite(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageDot, 554, "5.6.1", "5.6.1 unsupported image"), accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	a.contact(gateway.Contact{Address: "fax@b.test", Kind: gateway.Machine, Form: gateway.ContactForm{Colour: "colour"}})
	id := a.submit("fax@b.test", photo(t))
	f := a.wait(id, gateway.Accepted)
	if s.tries() != 2 || f.Deliveries[0].Form != "S MH 204x196 A4" {
		t.Errorf("%d tries, the last as %q", s.tries(), f.Deliveries[0].Form)
	}
	a.journal("coded as profile C JPEG 200x200 A4 colour")
	a.journal("it goes once more as Profile S")
}

// TestPagesAreCleaned: blank pages are left out and said so, by the configuration or for one fax.
func TestPagesAreCleaned(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way; o.Config.Clean.DropBlank = true }).start()
	blank := func() gateway.File { return pngFile(t, "blank.png", color.White) }
	id := a.submit("fax@b.test", textFile("A letter.\n"), blank())
	a.wait(id, gateway.Accepted)
	a.journal("page 1 of blank.tif: left out, as nothing is on it")
	_, text := s.sentTo(t, "fax@b.test")
	if !strings.Contains(text, "An Internet fax of 1 page") || strings.Contains(text, "blank.tif") {
		t.Errorf("the mail speaks of what was left out:\n%.600s", text)
	}
	f := a.wait(a.submit("two@b.test", blank()), gateway.Failed)
	if !strings.Contains(f.Deliveries[0].Reason, "there is nothing on any of the 1 page") {
		t.Errorf("a blank fax: %q", f.Deliveries[0].Reason)
	}
	id, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{"three@b.test"}, Files: []gateway.File{blank()}, DropBlank: new(false)})
	if err != nil {
		t.Fatal(err)
	}
	a.wait(id, spool.State(gateway.Accepted))
}

// pngFile is a page of one colour.
func pngFile(t *testing.T, name string, c color.Color) gateway.File {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 864, 1143))
	for i := range img.Pix {
		img.Pix[i] = color.GrayModel.Convert(c).(color.Gray).Y
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return gateway.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}
