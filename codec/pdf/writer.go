package pdf

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Numbers of the objects that every file has.
const (
	catalogObject = 1 + iota
	pagesObject
	infoObject
)

// maxOffset is what the ten digits of a cross-reference entry can say.
const maxOffset = 9_999_999_999

// Writer writes a PDF 1.4 file to an io.Writer: it never seeks and holds no page, since the length of a stream stands
// in an object of its own behind it. With the same Meta and pages it writes the same bytes.
type Writer struct {
	w       io.Writer
	at      int64   // bytes written
	offsets []int64 // of the objects, by number; 0 not yet written
	pages   []int   // numbers of the page objects
	err     error   // sticky: the file can no longer be completed
}

// NewWriter starts a file.
func NewWriter(w io.Writer, meta Meta) *Writer {
	p := &Writer{w: w, offsets: make([]int64, infoObject+1)}
	p.print("%%PDF-1.4\n%%\xE2\xE3\xCF\xD3\n")
	p.object(infoObject, "%s", meta.dictionary())
	return p
}

// Close ends the file. A file without pages is an error.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if len(w.pages) == 0 {
		return errors.New("pdf: a file needs a page")
	}
	w.object(catalogObject, "<< /Type /Catalog /Pages %d 0 R >>", pagesObject)
	w.object(pagesObject, "<< /Type /Pages /Count %d /Kids [%s] >>", len(w.pages), kids(w.pages))
	w.crossReference()
	err := w.err
	if err == nil {
		w.err = errors.New("pdf: the file is closed")
	}
	return err
}

// kids lists the page objects, a few to a line.
func kids(numbers []int) string {
	var b []byte
	for i, n := range numbers {
		switch {
		case i == 0:
		case i%12 == 0:
			b = append(b, '\n')
		default:
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, " 0 R"...)
	}
	return string(b)
}

// crossReference writes the table of offsets and the trailer; each entry has 20 bytes.
func (w *Writer) crossReference() {
	start := w.at
	w.print("xref\n0 %d\n0000000000 65535 f \n", len(w.offsets))
	for _, off := range w.offsets[1:] {
		w.print("%010d 00000 n \n", off)
	}
	w.print("trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n",
		len(w.offsets), catalogObject, infoObject, start)
}

// reserve gives the number of a new object.
func (w *Writer) reserve() int {
	w.offsets = append(w.offsets, 0)
	return len(w.offsets) - 1
}

// object writes a whole object.
func (w *Writer) object(number int, format string, args ...any) {
	w.begin(number)
	w.print(format, args...)
	w.print("\nendobj\n")
}

// begin writes the head of an object.
func (w *Writer) begin(number int) {
	if w.err == nil && w.at > maxOffset {
		w.err = fmt.Errorf("pdf: the file is longer than %d bytes", int64(maxOffset))
	}
	w.offsets[number] = w.at
	w.print("%d 0 obj\n", number)
}

// stream writes an object with the dictionary entries and the data. A failing reader ends the data, and the file goes
// on: its error is returned, while those of the target stay in w.err.
func (w *Writer) stream(entries string, data io.Reader) (number int, n int64, err error) {
	number, length := w.reserve(), w.reserve()
	w.begin(number)
	w.print("<< %s/Length %d 0 R >>\nstream\n", entries, length)
	if w.err == nil {
		n, err = io.Copy(target{w}, data)
	}
	w.print("\nendstream\nendobj\n")
	w.object(length, "%d", n)
	return number, n, err
}

// print writes formatted text unless something went wrong before.
func (w *Writer) print(format string, args ...any) {
	if w.err == nil {
		_, _ = fmt.Fprintf(target{w}, format, args...) // The error is in w.err.
	}
}

// target counts what reaches the file and keeps the first error.
type target struct{ w *Writer }

func (t target) Write(b []byte) (int, error) {
	if t.w.err != nil {
		return 0, t.w.err
	}
	n, err := t.w.w.Write(b)
	t.w.at += int64(n)
	if err != nil {
		t.w.err = fmt.Errorf("pdf: %w", err)
	}
	return n, t.w.err
}
