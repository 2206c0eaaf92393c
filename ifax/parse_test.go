package ifax_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/ifax"
	"faxgate/mdn"
)

var update = flag.Bool("update", false, "rewrite testdata/mail/*.json")

// vector is what a test mail is expected to be: the description of `faxgate mail parse --json`, and what the
// command does not show.
type vector struct {
	ifax.Description
	// Kept has "index name declared->type size sha256" of each document that came whole.
	Kept     []string  `json:"kept,omitempty"`
	LeftOut  []string  `json:"leftOut,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Keys     []mdn.Key `json:"keys,omitempty"`
	Answer   string    `json:"answer,omitempty"`
	FromName string    `json:"fromName,omitempty"`
	Verdict  string    `json:"verdict,omitempty"`
}

// parse reads a mail and writes down what came of it.
func parse(t *testing.T, r io.Reader, lim ifax.Limits) (*ifax.Message, map[int]string, error) {
	t.Helper()
	kept := map[int]string{}
	m, err := ifax.Parse(t.Context(), r, lim, func(info ifax.PartInfo, r io.Reader) error {
		h := sha256.New()
		n, err := io.Copy(h, r)
		if _, twice := kept[info.Index]; twice {
			t.Errorf("part %d was kept twice", info.Index)
		}
		kept[info.Index] = fmt.Sprintf("%d %q %s->%s %d %x", info.Index, info.Name, info.Declared, info.Type, n, h.Sum(nil)[:6])
		return err
	})
	if m == nil {
		t.Fatal("Parse gave no message")
	}
	return m, kept, err
}

// describe makes the vector of a parsed mail.
func describe(m *ifax.Message, kept map[int]string) vector {
	v := vector{Description: ifax.Describe(m, nil), Warnings: m.Warnings, FromName: m.From.Name}
	for _, part := range m.Parts {
		if part.Err == nil {
			v.Kept = append(v.Kept, kept[part.Index])
		}
	}
	for _, part := range m.LeftOut {
		v.LeftOut = append(v.LeftOut, part.Declared+": "+part.Reason)
	}
	if m.MDN != nil || m.DSN != nil {
		v.Keys = m.Keys("").Candidates()
	}
	if m.MDN != nil {
		v.Verdict = string(m.MDN.Verdict())
	}
	if m.DSN != nil {
		v.Verdict = string(m.DSN.Recipients[0].Verdict())
	}
	if ok, why := mdn.Answer(m.Request(), mdn.Policy{}); m.Notify != nil {
		v.Answer = fmt.Sprintf("%v: %s", ok, why)
	}
	return v
}

// TestVectors reads mails in the manner of the machines, servers and programs that they are named after.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/mail/*.eml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			octets, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, kept, err := parse(t, bytes.NewReader(octets), ifax.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(describe(m, kept), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// A mail read in the smallest pieces is the same mail.
			slow, keptSlow, err := parse(t, iotestOneByte{bytes.NewReader(octets)}, ifax.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(describe(m, kept), describe(slow, keptSlow)); diff != "" {
				t.Errorf("octet by octet it is another mail\n%s", diff)
			}
		})
	}
}

// iotestOneByte gives one octet at a time.
type iotestOneByte struct{ r io.Reader }

func (o iotestOneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}

// nest is a mail of depth multiparts, one in another.
func nest(depth int) string {
	var b strings.Builder
	b.WriteString("From: a@b\r\nMIME-Version: 1.0\r\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\nhello\r\n")
	return b.String()
}

func TestParseLimits(t *testing.T) {
	many := "From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 1100)
	for name, test := range map[string]struct {
		mail string
		lim  ifax.Limits
		want string
	}{
		"500 deep":                   {nest(500), ifax.Limits{}, "nested too deeply"},
		"33 deep":                    {nest(33), ifax.Limits{}, "nested too deeply"},
		"messages in messages":       {"From: a@b\r\n" + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 500), ifax.Limits{}, "nested too deeply"},
		"1100 parts":                 {many, ifax.Limits{}, "too many parts"},
		"an endless header":          {"Subject: " + strings.Repeat("x", 1<<20), ifax.Limits{}, "header is longer"},
		"a header of many lines":     {strings.Repeat("X-A: b\r\n", 1<<16), ifax.Limits{}, "header is longer"},
		"an endless part header":     {"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + strings.Repeat("X-A: b\r\n", 1<<16), ifax.Limits{}, "header is longer"},
		"larger than the size limit": {"From: a@b\r\n\r\n" + strings.Repeat("x\r\n", 1000), ifax.Limits{Size: 1000}, "larger than the limit"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			m, _, err := parse(t, strings.NewReader(test.mail), test.lim)
			if !errors.Is(err, ifax.ErrLimit) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want ErrLimit with %q", err, test.want)
			}
			if m.Header == nil {
				t.Error("the header that could be read is not there")
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("it took %v to find out", d)
			}
		})
	}
	if m, _, err := parse(t, strings.NewReader(nest(32)), ifax.Limits{}); err != nil || m.Text != "hello\n" {
		t.Errorf("32 deep: text %q, error %v", m.Text, err)
	}
}

// TestParseHostile reads what would be slow if anything in the parser went over its input again and again.
func TestParseHostile(t *testing.T) {
	for name, mail := range map[string]string{
		"continuation lines": "Subject: x\r\n" + strings.Repeat(" y\r\n", 60_000) + "\r\nz",
		"encoded words":      "Subject: " + strings.Repeat("=?a?", 60_000) + "\r\n\r\nz",
		"addresses":          "To: " + strings.Repeat("<", 200_000) + "\r\nCc: " + strings.Repeat("(", 200_000) + "\r\n\r\nz",
		"parameters":         "Content-Type: text/plain" + strings.Repeat("; a*1*=%", 20_000) + "\r\n\r\nz",
		"script elements":    "Content-Type: text/html\r\n\r\n" + strings.Repeat("<SCRIPT></Script >", 60_000),
		"open tags":          "Content-Type: text/html\r\n\r\n" + strings.Repeat("<a ='", 200_000),
		"boundaries":         "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--c\r\n", 200_000),
		"report fields":      "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nX: y\r\n" + strings.Repeat(" y\r\n", 200_000),
		"features":           "Content-Type: message/disposition-notification\r\n\r\nDisposition: a;b\r\nMedia-Accept-Features: " + strings.Repeat("(& ", 100_000),
		"comments":           "Content-Type: message/disposition-notification\r\n\r\nDisposition: " + strings.Repeat("(", 100_000) + "\r\n",
	} {
		start := time.Now()
		_, _, err := parse(t, strings.NewReader("From: a@b\r\n"+mail), ifax.Limits{})
		if d := time.Since(start); d > time.Second {
			t.Errorf("%s: it took %v (%v)", name, d, err)
		}
	}
}

func TestParseNoMail(t *testing.T) {
	for _, mail := range []string{"", "\r\n\r\n", "no header here\r\nnor here"} {
		if m, _, err := parse(t, strings.NewReader(mail), ifax.Limits{}); err == nil {
			t.Errorf("%q was read as %+v", mail, m)
		}
	}
}

func TestParseStopsWithKeep(t *testing.T) {
	octets, err := os.ReadFile("testdata/mail/one-bad-part-of-three.eml")
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	calls := 0
	m, err := ifax.Parse(t.Context(), bytes.NewReader(octets), ifax.Limits{}, func(ifax.PartInfo, io.Reader) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 || m.Subject != "three" {
		t.Errorf("error %v after %d calls, subject %q", err, calls, m.Subject)
	}
	// keep may leave octets unread; the damage in them is found all the same.
	m, err = ifax.Parse(t.Context(), bytes.NewReader(octets), ifax.Limits{}, func(ifax.PartInfo, io.Reader) error { return nil })
	if err != nil || len(m.Parts) != 3 || m.Parts[0].Err != nil || m.Parts[1].Err == nil || m.Parts[2].Err != nil {
		t.Errorf("parts %+v, error %v", m.Parts, err)
	}
}

func TestParseReadError(t *testing.T) {
	broken := errors.New("connection reset")
	r := io.MultiReader(strings.NewReader("From: a@b\r\nSubject: half\r\nContent-Type: image/tiff\r\nContent-Transfer-Encoding: base64\r\n\r\nSUkqAAgA"), errorReader{broken})
	m, _, err := parse(t, r, ifax.Limits{})
	if !errors.Is(err, broken) || m.Subject != "half" {
		t.Errorf("error %v, subject %q", err, m.Subject)
	}
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// largeMail streams a base64 part of n octets without holding it.
func largeMail(n int64, alternative bool) io.Reader {
	r, w := io.Pipe()
	go func() {
		kind := "mixed"
		if alternative {
			kind = "alternative"
		}
		fmt.Fprintf(w, "From: a@b\r\nContent-Type: multipart/%s; boundary=b\r\n\r\n--b\r\nContent-Type: image/tiff\r\nContent-Transfer-Encoding: base64\r\n\r\nSUkqAAgAAAAA\r\n", kind)
		line := []byte(strings.Repeat("A", 76) + "\r\n")
		block := bytes.Repeat(line, 1000)
		for ; n > 0; n -= 57_000 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, "--b--\r\n")
		_ = w.Close()
	}()
	return r
}

func TestParseStreams(t *testing.T) {
	for _, alternative := range []bool{false, true} {
		runtime.GC()
		var before, peak runtime.MemStats
		runtime.ReadMemStats(&before)
		dir := t.TempDir()
		var size int64
		m, err := ifax.Parse(t.Context(), largeMail(12<<20, alternative), ifax.Limits{TempDir: dir}, func(_ ifax.PartInfo, r io.Reader) (err error) {
			size, err = io.Copy(io.Discard, r)
			runtime.GC()
			runtime.ReadMemStats(&peak)
			return err
		})
		if err != nil || len(m.Parts) != 1 || size < 12<<20 || m.Parts[0].Size != size {
			t.Fatalf("alternative %v: %d octets, %+v, %v", alternative, size, m.Parts, err)
		}
		if grown := int64(peak.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
			t.Errorf("alternative %v: the heap grew by %d octets", alternative, grown)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("alternative %v: left behind %v, %v", alternative, left, err)
		}
	}
}

func TestParseLongText(t *testing.T) {
	line := strings.Repeat("Zeile ", 10) + "\r\n"
	mail := "From: a@b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat(line, 40_000)
	m, kept, err := parse(t, strings.NewReader(mail), ifax.Limits{TempDir: t.TempDir()})
	if err != nil || m.Kind != ifax.KindFax || len(m.Text) > 256<<10 || len(m.Text) < 200<<10 {
		t.Fatalf("kind %s, %d octets of text, %v", m.Kind, len(m.Text), err)
	}
	if want := fmt.Sprintf("->text/plain %d ", 40_000*len(line)); !strings.Contains(kept[0], want) {
		t.Errorf("kept %q, want all of it: %q", kept[0], want)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/m*/*.eml") // mail and malformed
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		octets, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		next := 0
		m, err := ifax.Parse(t.Context(), bytes.NewReader(octets), ifax.Limits{}, func(info ifax.PartInfo, r io.Reader) error {
			if info.Index != next {
				t.Errorf("part %d came after %d", info.Index, next-1)
			}
			next++
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if m == nil || m.Kind == "" {
			t.Fatal("no message or kind")
		}
		for _, part := range m.Parts {
			if strings.ContainsAny(part.Name, "/\\\r\n\x00") {
				t.Errorf("file name %q", part.Name)
			}
		}
		_, _ = mdn.Answer(m.Request(), mdn.Policy{})
		_ = m.Keys("").Candidates()
		if _, jsonErr := json.Marshal(ifax.Describe(m, nil)); err == nil && jsonErr != nil {
			t.Error(jsonErr)
		}
	})
}
