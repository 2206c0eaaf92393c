package gateway_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec"
	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// longFax writes a Profile S fax of so many pages: a few pages of text, each coded once and repeated. It tells the file's name.
func longFax(t *testing.T, total int) string {
	t.Helper()
	pages := codedPages(t, 4)
	name := filepath.Join(t.TempDir(), "long.tif")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := bufio.NewWriterSize(f, 1<<20)
	w := tiff.NewWriter(b, total)
	for n := range total {
		writeCoded(t, w, pages[n%len(pages)])
	}
	if err := errors.Join(w.Close(), b.Flush()); err != nil {
		t.Fatal(err)
	}
	return name
}

type codedPage struct {
	width, height int
	data          []byte // most significant bit first
}

func writeCoded(t *testing.T, w *tiff.Writer, p codedPage) {
	t.Helper()
	pw, err := w.Page(tiff.PageInfo{Profile: 'S', Coding: ccitt.MH, Width: p.width, Height: p.height, XRes: 204, YRes: 196})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pw.Write(p.data); err != nil {
		t.Fatal(err)
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
}

// codedPages has the codec code n pages of text, and takes the coded data out of its file.
func codedPages(t *testing.T, n int) []codedPage {
	t.Helper()
	o := codec.NewOpener(codec.OpenerOptions{})
	defer shut(t, o)
	text := letterText(n)
	doc, err := o.Open(t.Context(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	profile := codec.Profile{Letter: 'S', Coding: "MH"}
	fitted := codec.Fit(t.Context(), doc.Pages(t.Context()), codec.Target{Profile: profile, Resolution: codec.Resolution{X: 204, Y: 196}, Reduce: true})
	var file bytes.Buffer
	if _, err := codec.Write(t.Context(), &file, profile, doc.Count(), fitted); err != nil {
		t.Fatal(err)
	}
	coded, err := tiff.Open(bytes.NewReader(file.Bytes()), int64(file.Len()), tiff.Limits{})
	if err != nil || len(coded.Pages) < n {
		t.Fatalf("%d pages, %v", len(coded.Pages), err)
	}
	var pages []codedPage
	for _, p := range coded.Pages[:n] {
		data, err := io.ReadAll(p.Strip(0))
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range data {
			data[i] = bits.Reverse8(b) // the file has FillOrder 2
		}
		pages = append(pages, codedPage{p.Width, p.Height, data})
	}
	return pages
}

// letterText is text as letters have it: paragraphs of three full lines.
func letterText(pages int) string {
	rnd := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	for n := range pages * 60 { // more lines than fit on so many pages
		line := ""
		for len(line) < 50 && n%4 != 0 {
			word := make([]byte, 2+rnd.IntN(8))
			for i := range word {
				word[i] = "etaoinshrdlucmfwypvbgk"[rnd.IntN(22)]
			}
			line += string(word) + " "
		}
		b.WriteString(line[:min(len(line), 50)] + "\n")
	}
	return b.String()
}

// shortFax writes a Profile S fax of one page with a hundred rows, which costs next to nothing. It tells the file's name.
func shortFax(t *testing.T) string {
	t.Helper()
	var data bytes.Buffer
	e := ccitt.NewEncoder()
	if err := e.Reset(&data, ccitt.Params{Coding: ccitt.MH, Width: 1728, EOL: true, ByteAlign: true}); err != nil {
		t.Fatal(err)
	}
	for y := range int32(100) {
		if err := e.PutChanges(ccitt.Changes{100 + y, 300 + 3*y, 1000, 1100, 1728, 1728, 1728, 1728}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w := tiff.NewWriter(&file, 1)
	writeCoded(t, w, codedPage{1728, 100, data.Bytes()})
	name := filepath.Join(t.TempDir(), "short.tif")
	if err := errors.Join(w.Close(), os.WriteFile(name, file.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return name
}
