package ifax_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
)

// malformed is a line of testdata/malformed/cases.txt.
type malformed struct {
	name, answer, pages string
	documents           []string
	seen                map[string]string
}

func malformedCases(t *testing.T) (list []malformed) {
	t.Helper()
	table, err := os.ReadFile("testdata/malformed/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		if len(cells) != 5 {
			t.Fatalf("%d cells in %q", len(cells), line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		m := malformed{name: cells[0], answer: cells[1], pages: cells[2], seen: map[string]string{}}
		if cells[3] != "" {
			m.documents = strings.Split(cells[3], "; ")
		}
		for item := range strings.SplitSeq(cells[4], "; ") {
			key, value, _ := strings.Cut(item, "=")
			m.seen[key] = value
		}
		list = append(list, m)
	}
	return list
}

// repeated stands for many times the same text.
var repeated = regexp.MustCompile(`<<(\d+) ([^>]*)>>`)

// mail is the file of the case.
func (c malformed) mail(t *testing.T) []byte {
	t.Helper()
	octets, err := os.ReadFile(filepath.Join("testdata/malformed", c.name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return repeated.ReplaceAllFunc(octets, func(match []byte) []byte {
		found := repeated.FindSubmatch(match)
		n, _ := strconv.Atoi(string(found[1]))
		return bytes.Repeat(bytes.ReplaceAll(found[2], []byte(`\r\n`), []byte("\r\n")), n)
	})
}

// TestMalformed reads each malformed mail: it gives its pages or a refusal in words.
func TestMalformed(t *testing.T) {
	cases := malformedCases(t)
	files, err := filepath.Glob("testdata/malformed/*.eml")
	if err != nil || len(files) != len(cases) || len(cases) < 80 {
		t.Errorf("%d files for %d cases, %v", len(files), len(cases), err)
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			octets := test.mail(t)
			m, _, err := parse(t, bytes.NewReader(octets), ifax.Limits{TempDir: t.TempDir()})
			slow, _, _ := parse(t, iotestOneByte{bytes.NewReader(octets)}, ifax.Limits{TempDir: t.TempDir()})
			if diff := cmp.Diff(documents(m), documents(slow)); diff != "" {
				t.Errorf("octet by octet it is another mail\n%s", diff)
			}
			test.wantDocuments(t, documents(m))
			test.wantSeen(t, m)
			if want := test.seen["refused"]; err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
				t.Errorf("it is refused with %q, want %q", err, want)
			}
			if err == nil && test.answer == "554" && test.pages != "0" {
				t.Error("a refused mail has no pages")
			}
		})
	}
}

// documents are what is wanted of a mail, as the table writes it.
func documents(m *ifax.Message) (list []string) {
	for _, part := range m.Parts {
		if part.Err != nil {
			list = append(list, "refused: "+part.Err.Error())
			continue
		}
		list = append(list, strings.TrimSpace(part.Type+" "+part.Name))
	}
	return list
}

func (c malformed) wantDocuments(t *testing.T, got []string) {
	t.Helper()
	same := len(got) == len(c.documents)
	for i := 0; same && i < len(got); i++ {
		words, refused := strings.CutPrefix(c.documents[i], "refused: ")
		same = got[i] == c.documents[i] || refused && strings.HasPrefix(got[i], "refused: ") && strings.Contains(got[i], words)
	}
	if !same {
		t.Errorf("documents %q, want %q", got, c.documents)
	}
}

func (c malformed) wantSeen(t *testing.T, m *ifax.Message) {
	t.Helper()
	text := strings.TrimSpace(m.Text)
	text = strings.ReplaceAll(text, "\n", "¦")
	if !strings.Contains(c.seen["text"], "¦") {
		text = strings.Join(strings.Fields(strings.ReplaceAll(text, "¦", " ")), " ")
	}
	for key, got := range map[string]string{"from": m.From.Address, "subject": m.Subject, "text": text, "messageId": m.MessageID, "kind": m.Kind} {
		if want, ok := c.seen[key]; ok && got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// TestMalformedLimits says which refusals are ErrLimit: it will not get better by trying again.
func TestMalformedLimits(t *testing.T) {
	limits := 0
	for _, test := range malformedCases(t) {
		_, _, err := parse(t, bytes.NewReader(test.mail(t)), ifax.Limits{})
		if errors.Is(err, ifax.ErrLimit) {
			limits++
			if !regexp.MustCompile("^(header-line-2mb|header-100000-fields|parts-10000|nested-40-deep)$").MatchString(test.name) {
				t.Errorf("%s is over a limit: %v", test.name, err)
			}
		}
	}
	if limits != 4 {
		t.Errorf("%d mails are over a limit, want 4", limits)
	}
}
