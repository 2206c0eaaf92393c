package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/codec/pdf"
)

// pdfFile makes a PDF file of objects; the first is the catalog.
func pdfFile(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return b.Bytes()
}

func stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
}

// pdfPages makes a PDF file whose pages have a frame; further objects follow from number 4+n on.
func pdfPages(n int, page string, further ...string) []byte {
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", 4+i)
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, kids.String()),
		stream("", "2 w 50 50 495 742 re S"),
	}
	for range n {
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R"+page+">>")
	}
	return pdfFile(append(objects, further...)...)
}

// three makes a PDF of three pages, of which the second is made of these objects; the first of them is number 6.
func three(second string, further ...string) []byte {
	return pdfFile(append([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 3/Kids[4 0 R 5 0 R 4 0 R]>>", stream("", "2 w 50 50 495 742 re S"),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R" + second + ">>",
	}, further...)...)
}

// endless has a second page that is shaded by a long program, which runs for each pixel.
func endless() []byte {
	program := "{ " + strings.Repeat("2 copy mul sin abs exch pop ", 3000) + " dup dup }"
	return three("/Resources<</Shading<</S 7 0 R>>>>", stream("", "/S sh"),
		"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]/Function 8 0 R>>",
		stream("/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]", program))
}

// bottomless has a second page that draws a form 40 times that draws a form 40 times that draws a form, and so on.
func bottomless() []byte {
	const levels = 12
	objects := []string{stream("", "/F Do")}
	for i := range levels {
		objects = append(objects, stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</F %d 0 R>>>>", 8+i), strings.Repeat("/F Do ", 40)))
	}
	objects = append(objects, stream("/Type/XObject/Subtype/Form/BBox[0 0 600 850]", strings.Repeat("10 10 500 700 re S ", 40)))
	return three("/Resources<</XObject<</F 7 0 R>>>>", objects...)
}

func openPDFWith(t *testing.T, data []byte, change func(*pdf.WorkerOptions)) (Document, error) {
	t.Helper()
	opts := pdf.WorkerOptions{Command: []string{os.Args[0], workerArg}, CacheDir: cacheDir(t), MaxPages: 20}
	change(&opts)
	doc, err := NewOpener(OpenerOptions{PDF: opts}).Open(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err == nil {
		t.Cleanup(func() { _ = doc.Close() })
	}
	return doc, err
}

// TestPDF: the pages of a PDF have its size, its frame and nothing else.
func TestPDF(t *testing.T) {
	doc, err := openPDFWith(t, pdfPages(3, ""), func(*pdf.WorkerOptions) {})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // A document can be walked again.
		n := 0
		for p, err := range doc.Pages(context.Background()) {
			if err != nil || p.Width != 1653 || p.Height != 2339 || !p.Vector || p.Index != n || p.Total != 3 {
				t.Fatalf("%v: %+v", err, p)
			}
			n++
			rows, black := 0, 0
			for row, err := range p.Gray(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				rows++
				for _, v := range row {
					black += 255 - int(v)
				}
			}
			// A frame of 495 by 742 points and 2 points, at 200 dots per inch.
			if want := 255 * 2 * (495 + 742) * 2 * 200 * 200 / 72 / 72; rows != 2339 || black < want*8/10 || black > want*12/10 {
				t.Errorf("page %d: %d rows, %d of darkness, the frame has %d", p.Index, rows, black, want)
			}
		}
		if n != 3 {
			t.Errorf("%d pages", n)
		}
	}
}

// TestPDFForm: what is filled into a form is on the page.
func TestPDFForm(t *testing.T) {
	form := pdfFile(
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/DR<</Font<</F 6 0 R>>>>/DA(/F 40 Tf 0 g)>>>>",
		"<</Type/Pages/Count 1/Kids[4 0 R]>>", stream("", ""),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Annots[5 0 R]>>",
		"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Filled in)/F 4/Rect[100 600 400 650]/P 4 0 R/DA(/F 40 Tf 0 g)/AP<</N 7 0 R>>>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
		stream("/Type/XObject/Subtype/Form/BBox[0 0 300 50]/Resources<</Font<</F 6 0 R>>>>", "/Tx BMC BT /F 40 Tf 0 g 2 10 Td (Filled in) Tj ET EMC"),
	)
	doc, err := openPDFWith(t, form, func(*pdf.WorkerOptions) {})
	if err != nil {
		t.Fatal(err)
	}
	black := 0
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range p.Gray(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			black += bytes.Count(row, []byte{0})
		}
	}
	if black < 5000 {
		t.Errorf("%d black pixels: the field does not show", black)
	}
}

// TestPDFStoppedEarly: who stops reading a page can read the next.
func TestPDFStoppedEarly(t *testing.T) {
	doc, err := openPDFWith(t, pdfPages(2, ""), func(*pdf.WorkerOptions) {})
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range p.Gray(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
}

// TestPDFTooComplex: a page that takes too much time or memory is given up, and the other pages can be read.
func TestPDFTooComplex(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"time":   {endless(), "page 2 is too complex to render within 1s"},
		"memory": {bottomless(), "page 2 is too complex to render"},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := openPDFWith(t, tt.data, func(o *pdf.WorkerOptions) { o.PageTimeout = time.Second })
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			var got []string
			for p, err := range Fit(context.Background(), doc.Pages(context.Background()), Target{Profile: Profile{'F', MMR}}) {
				if err == nil {
					for _, rowErr := range p.Changes(context.Background()) {
						err = rowErr
					}
				}
				got = append(got, fmt.Sprint(err))
				if p.Index == 1 && !errors.Is(err, ErrTooComplex) {
					t.Errorf("page 2: %v", err)
				}
			}
			if len(got) != 3 || got[0] != "<nil>" || !strings.HasPrefix(got[1], tt.want) || got[2] != "<nil>" {
				t.Errorf("got %q", got)
			}
			if d := time.Since(start); d > 15*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestPDFLimits: what cannot be rendered is refused with words.
func TestPDFLimits(t *testing.T) {
	plain := pdfPages(1, "")
	tests := []struct {
		name   string
		data   []byte
		change func(*pdf.WorkerOptions)
		kind   error
		want   string
	}{
		{"too many pages", pdfPages(21, ""), func(*pdf.WorkerOptions) {}, ErrTooLarge, "21 pages, the limit is 20"},
		{"too many bytes", plain, func(o *pdf.WorkerOptions) { o.MaxBytes = 100 }, ErrTooLarge, "the limit is 100"},
		{"encrypted", encrypted(t), func(*pdf.WorkerOptions) {}, ErrEncrypted, "save it without a password"},
		{"no command", plain, func(o *pdf.WorkerOptions) { o.Command = nil }, ErrUnavailable, "no worker command"},
		{"no program", plain, func(o *pdf.WorkerOptions) { o.Command = []string{"/nowhere/at-all"} }, ErrUnavailable, "cannot be started"},
		{"wrong program", plain, func(o *pdf.WorkerOptions) { o.Command = []string{"/bin/false"} }, ErrUnavailable, "cannot be started"},
		{"no pages", pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"), func(*pdf.WorkerOptions) {}, ErrEmpty, "no pages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openPDFWith(t, tt.data, tt.change)
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q of kind %v", err, tt.want, tt.kind)
			}
		})
	}
}

// encrypted is a PDF that needs a password, made by Ghostscript.
func encrypted(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, pdfPages(1, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	words, err := exec.Command("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-sOwnerPassword=a", "-sUserPassword=b",
		"-dEncryptionR=3", "-dKeyLength=128", "-o", out, in).CombinedOutput()
	if err != nil {
		t.Fatalf("gs: %v %s", err, words)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPDFCancelled: the worker ends with the context.
func TestPDFCancelled(t *testing.T) {
	doc, err := openPDFWith(t, endless(), func(*pdf.WorkerOptions) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	var last error
	for p, err := range doc.Pages(ctx) {
		last = err
		if err == nil {
			for _, err := range p.Gray(ctx) {
				last = err
			}
		}
	}
	if !errors.Is(last, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", last, time.Since(start))
	}
}

// TestWarm fills an empty compile cache, and leaves it private.
func TestWarm(t *testing.T) {
	dir := filepath.Join(cacheDir(t), "warm")
	opts := pdf.WorkerOptions{Command: []string{os.Args[0], workerArg}, CacheDir: dir}
	if err := pdf.Warm(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
}

// renderEndless is the parent that TestWorkerDiesWithParent kills.
func renderEndless(cache string) {
	data := endless()
	opts := pdf.WorkerOptions{Command: []string{os.Args[0], workerArg}, CacheDir: cache, PageTimeout: time.Minute}
	r, err := pdf.OpenReader(context.Background(), opts, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	for _, err := range r.Render(context.Background(), 1, 1728, 2287, 0) {
		fmt.Println("a row", err)
	}
	os.Exit(1)
}

// TestWorkerDiesWithParent: a worker in the middle of a page ends when its parent is killed.
func TestWorkerDiesWithParent(t *testing.T) {
	cmd := exec.Command(os.Args[0], parentArg, cacheDir(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := out.Read(line); err != nil || string(line) != "open\n" {
		t.Fatalf("%q %v", line, err)
	}
	time.Sleep(300 * time.Millisecond) // Into the page.
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
	if tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", cmd.Process.Pid)); err == nil {
		for _, name := range tasks {
			more, _ := os.ReadFile(name)
			children = append(append(children, ' '), more...)
		}
	}
	worker := strings.Fields(string(children))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if len(worker) == 0 {
		t.Fatalf("no worker was found: %v", err)
	}
	for range 50 {
		state, err := os.ReadFile("/proc/" + worker[0] + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("worker %s still runs", worker[0])
}
