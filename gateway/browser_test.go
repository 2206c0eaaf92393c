package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"faxgate/codec"
)

// TestAReceivedFaxOpensInABrowser lets Chromium draw the PDF of a fax whose pixels are not square: the page must have A4's shape and something on it.
func TestAReceivedFaxOpensInABrowser(t *testing.T) {
	b, _ := receiver(t, nil)
	fax := lowTIFF(t)
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("low"), `image/tiff; name="low.tif"|`+string(fax))); err != nil {
		t.Fatal(err)
	}
	var pdf bytes.Buffer
	if err := b.InboxPDF(context.Background(), b.inbox(1)[0].ID, &pdf); err != nil {
		t.Fatal(err)
	}
	img := screenshot(t, pdf.Bytes())
	width, height, dark := sheet(img)
	if ratio := float64(height) / float64(width); ratio < 1.25 || ratio > 1.45 {
		t.Errorf("the page is %d by %d on the screen, not of A4's shape", width, height)
	}
	if dark < 500 {
		t.Errorf("only %d dark pixels on the page", dark)
	}
}

// lowTIFF is a page of text at 204 by 98 dots per inch.
func lowTIFF(t *testing.T) []byte {
	t.Helper()
	text := bytes.Repeat([]byte("Two dots across are one dot down: this page must not look squashed.\n"), 20)
	doc, err := codec.NewOpener(codec.OpenerOptions{}).Open(t.Context(), bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	target := codec.Target{Profile: codec.Profile{Letter: 'S', Coding: "MH"}, Resolution: codec.Resolution{X: 204, Y: 98}, Papers: []codec.Paper{codec.A4}}
	var b bytes.Buffer
	if _, err := codec.Write(t.Context(), &b, target.Profile, doc.Count(), codec.Fit(t.Context(), doc.Pages(t.Context()), target)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// screenshot shows the PDF in Chromium's viewer. The picture is taken at the page's load event, which an image that is slow to come holds back until the viewer has drawn.
func screenshot(t *testing.T, pdf []byte) image.Image {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/fax.pdf", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write(pdf)
	})
	mux.HandleFunc("/slow.png", func(http.ResponseWriter, *http.Request) { time.Sleep(8 * time.Second) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<body style="margin:0;background:#333"><embed src="/fax.pdf#toolbar=0&navpanes=0&view=Fit" type="application/pdf" width="700" height="900"><img src="/slow.png" width="1">`)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	dir := t.TempDir()
	shot := filepath.Join(dir, "shot.png")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=700,900", "--screenshot="+shot, srv.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium (install the package chromium): %v\n%s", err, out)
	}
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// sheet finds the white paper on the screen and counts what is dark on it.
func sheet(img image.Image) (width, height, dark int) {
	box := image.Rectangle{}
	b := img.Bounds()
	white := func(x, y int) bool { r, g, bl, _ := img.At(x, y).RGBA(); return min(r, g, bl) > 0xf000 }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		left, right, n := b.Max.X, b.Min.X, 0
		for x := b.Min.X; x < b.Max.X; x++ {
			if white(x, y) {
				left, right, n = min(left, x), max(right, x), n+1
			}
		}
		if n > b.Dx()/4 { // a line across the paper
			box = box.Union(image.Rect(left, y, right+1, y+1))
		}
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				dark++
			}
		}
	}
	return box.Dx(), box.Dy(), dark
}
