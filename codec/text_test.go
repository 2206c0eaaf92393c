package codec

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// textPages gives the lines of each page of a text.
func textPages(t *testing.T, data []byte) [][]string {
	t.Helper()
	txt := &text{r: bytes.NewReader(data), size: int64(len(data))}
	if err := txt.findEncoding(); err != nil {
		t.Fatal(err)
	}
	if err := txt.paginate(100); err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for i := range txt.pages {
		var lines []string
		for line := range txt.page(i) {
			lines = append(lines, strings.TrimRight(string(line.chars), " "))
		}
		all = append(all, lines)
	}
	return all
}

func TestTextLayout(t *testing.T) {
	words := strings.Repeat("word ", 20)
	utf16 := func(s string, mark string, big bool) []byte {
		b := []byte(mark)
		for _, u := range utf16.Encode([]rune(s)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	tests := []struct {
		name string
		data []byte
		want [][]string
	}{
		{"lines", []byte("one\ntwo\r\nthree\rfour"), [][]string{{"one", "two", "three", "four"}}},
		{"ends with a newline", []byte("one\n\ntwo\n"), [][]string{{"one", "", "two"}}},
		{"tabs", []byte("a\tb\n1234567\tc\n12345678\td"), [][]string{{"a       b", "1234567 c", "12345678        d"}}},
		{"form feed", []byte("one\n\ftwo\fthree"), [][]string{{"one", ""}, {"two"}, {"three"}}},
		{"wrapped at a space", []byte(words), [][]string{{strings.TrimSpace(strings.Repeat("word ", 16)), strings.TrimSpace(strings.Repeat("word ", 4))}}},
		{"wrapped where there is none", []byte(strings.Repeat("x", 100)), [][]string{{strings.Repeat("x", 80), strings.Repeat("x", 20)}}},
		{"exactly a line", []byte(strings.Repeat("x", 80) + "\nnext"), [][]string{{strings.Repeat("x", 80), "next"}}},
		{"latin-1", []byte("Gr\xfc\xdfe"), [][]string{{"Grüße"}}},
		{"utf-8 with its mark", []byte("\xef\xbb\xbfGrüße"), [][]string{{"Grüße"}}},
		{"utf-16", utf16("Grüße\r\n😀", "\xff\xfe", false), [][]string{{"Grüße", "😀"}}},
		{"utf-16 big-endian", utf16("a\r\nb", "\xfe\xff", true), [][]string{{"a", "b"}}},
		{"control characters", []byte("a\x1b[1mb\x00c\x07"), [][]string{{"a[1mbc"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := textPages(t, tt.data); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestTextPages: lines are neither lost nor doubled where a page ends.
func TestTextPages(t *testing.T) {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	pages := textPages(t, []byte(b.String()))
	if len(pages) != 3 || len(pages[0]) != 60 || pages[1][0] != "line 60" || pages[2][0] != "line 120" || len(pages[2]) != 30 {
		t.Errorf("%d pages: %q", len(pages), pages)
	}
}

// TestTextDrawn: the letters stand within the margins, at any resolution, and the same way each time.
func TestTextDrawn(t *testing.T) {
	doc, err := open(t, []byte("Hello, world\n"+strings.Repeat("W", 80)))
	if err != nil || doc.Count() != 1 {
		t.Fatal(err)
	}
	for p, err := range doc.Pages(context.Background()) {
		if err != nil || p.Kind != Bilevel || !p.Vector {
			t.Fatalf("%+v %v", p, err)
		}
		for _, res := range []Resolution{{204, 98}, {204, 196}, {600, 600}} {
			all, rows := fitted(t, Target{Profile: Profile{'F', MMR}, Resolution: res}, p)
			width, _ := A4.Size(res)
			x, y := res.exact()
			first, last, left, right := inkBox(rows[0])
			edge := (float64(width)/x*mmPerInch-210)/2 + 20 // The page is narrower than the paper, and has margins of 20 mm.
			if mm := float64(left) / x * mmPerInch; mm < edge-0.5 || mm > edge+1 {
				t.Errorf("%v: text begins %.1f mm from the left, not %.1f", res, mm, edge)
			}
			if mm := float64(right) / x * mmPerInch; mm < edge+165 || mm > edge+171 {
				t.Errorf("%v: text ends at %.1f mm", res, mm)
			}
			if mm := float64(last-first) / y * mmPerInch; mm < 5.5 || mm > 9 {
				t.Errorf("%v: two lines are %.1f mm high", res, mm)
			}
			if len(rows[0]) != all[0].Height {
				t.Errorf("%v: %d rows", res, len(rows[0]))
			}
		}
	}
}

// inkBox gives the first and last row with ink and the first and last column.
func inkBox(rows []string) (first, last, left, right int) {
	first, left = -1, len(rows[0])
	for y, row := range rows {
		if x := strings.IndexByte(row, '#'); x >= 0 {
			if first < 0 {
				first = y
			}
			last = y
			left = min(left, x)
			right = max(right, strings.LastIndexByte(row, '#'))
		}
	}
	return first, last, left, right
}

func TestTextLimits(t *testing.T) {
	long := bytes.Repeat([]byte("\f"), 3000)
	if _, err := open(t, long); err == nil || !strings.Contains(err.Error(), "more than 1000 pages") {
		t.Errorf("3000 form feeds: %v", err)
	}
	if _, err := open(t, bytes.Repeat([]byte("text\n"), 1<<20)); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("5 MiB of text: %v", err)
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]string{
		"II*\x00rest": typeTIFF, "MM\x00*rest": typeTIFF, "%PDF-1.7": typePDF, "rubbish\n%PDF-1.3": typePDF,
		"\xff\xd8\xff\xe1": typeJPEG, "\x89PNG\r\n\x1a\n": typePNG, "Dear Sir": typeText, "Gr\xfc\xdfe": typeText,
		"MZ is how this letter begins": typeText, "BM also": typeText, "MZ\x00\x01": "", "": "", "\x00\x01": "", "<html>": "", "cut off \xc3": typeText,
	} {
		if got := Sniff([]byte(head)); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}
