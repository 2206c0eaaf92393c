package codec

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"faxgate/codec/ccitt"
	"faxgate/codec/pdf"
	"faxgate/codec/tiff"
)

// recipes are all damaged files.
func recipes() []recipe {
	return slices.Concat(wrongBits(), wrongEnds(), wrongCoding(), wrongFields(), wrongStrips(), wrongLinks())
}

// rescued is what came of a damaged file.
type rescued struct {
	pages        int
	rows         []int // of each page that went in
	bad, missing int
	outcome      string
	told         []string
}

// note adds what is told of one page.
func (r *rescued) note(st Stats, err error) {
	r.bad += st.BadRows
	r.missing += st.Missing
	for _, err := range []error{st.Err, err} {
		if err != nil {
			r.told = append(r.told, err.Error())
		}
	}
	if err != nil || st.Missing > 0 || st.Err != nil && st.BadRows == 0 {
		r.outcome = "partial"
	}
}

// originals are the pages that go into the files, as places of rows by what they hold.
type originals [3]map[string]int

func newOriginals(width int) originals {
	var o originals
	for i := range o {
		o[i] = map[string]int{}
		for y, row := range letterRows(i + 1) {
			o[i][string(row[:min(width, damagedWidth)/8])] = y
		}
	}
	return o
}

// find says how many rows of each original are among these, in their order.
func (o originals) find(rows [][]byte, into []int) {
	for i, places := range o {
		var found []int
		for _, row := range rows {
			if y, ok := places[string(row[:min(len(row), damagedWidth/8)])]; ok {
				found = append(found, y)
			}
		}
		into[i] = max(into[i], rising(found))
	}
}

// rising is the length of the longest run of numbers that rise, others between them left out.
func rising(seq []int) int {
	var tails []int
	for _, v := range seq {
		i, _ := slices.BinarySearch(tails, v)
		if i == len(tails) {
			tails = append(tails, v)
		}
		tails[i] = v
	}
	return len(tails)
}

// rescue reads a damaged file as the gateway does.
func rescue(data []byte) rescued {
	r := rescued{rows: make([]int, 3), outcome: "whole"}
	doc, err := NewOpener(OpenerOptions{PDF: pdf.WorkerOptions{}}).Open(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.outcome, r.told = "refused", []string{err.Error()}
		return r
	}
	defer doc.Close()
	for p, err := range doc.Pages(context.Background()) {
		var rows [][]byte
		if err == nil {
			rows, err = packedRows(p)
		}
		r.note(p.Stats(), err)
		if err == nil {
			r.pages++
			newOriginals(p.Width).find(rows, r.rows)
		}
	}
	if err := doc.Damage(); err != nil {
		r.told, r.outcome = append(r.told, err.Error()), "partial"
	}
	switch {
	case r.pages == 0:
		r.outcome = "refused"
	case r.bad > 0 && r.outcome == "whole":
		r.outcome = "damaged"
	}
	return r
}

// packedRows gives the rows of a page, 1 = black.
func packedRows(p Page) (rows [][]byte, err error) {
	var list ccitt.Changes
	for row, err := range p.Gray(context.Background()) {
		if err != nil {
			return rows, err
		}
		list = threshold(list, row, 128)
		packed := make([]byte, (p.Width+7)/8)
		ccitt.Paint(packed, list)
		rows = append(rows, packed)
	}
	return rows, nil
}

// expected is a line of testdata/damaged.tsv.
type expected struct {
	pages                       int
	rows                        []string
	bad, missing, outcome, told string
}

func expectations(t *testing.T) map[string]expected {
	t.Helper()
	data, err := os.ReadFile("testdata/damaged.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]expected{}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 7 {
			t.Fatalf("testdata/damaged.tsv: %q", line)
		}
		pages, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		all[f[0]] = expected{pages, strings.Fields(f[3]), f[4], f[5], f[6], strings.Join(f[7:], "")}
	}
	return all
}

// fits says whether a number is the expected one: "3", "0-3" or ">=3".
func fits(got int, want string) bool {
	first, last, isRange := strings.Cut(strings.TrimPrefix(want, ">="), "-")
	low, _ := strconv.Atoi(first)
	high := low
	switch {
	case strings.HasPrefix(want, ">="):
		high = got
	case isRange:
		high, _ = strconv.Atoi(last)
	}
	return got >= low && got <= high
}

// meets tells in words what is not as expected.
func (r rescued) meets(e expected) (faults []string) {
	for i, got := range r.rows {
		want := "0"
		if i < len(e.rows) {
			want = e.rows[i]
		}
		if !fits(got, want) {
			faults = append(faults, fmt.Sprintf("%d rows of page %d are rescued, want %s", got, i+1, want))
		}
	}
	if r.pages != e.pages {
		faults = append(faults, fmt.Sprintf("%d pages, want %d", r.pages, e.pages))
	}
	if !fits(r.bad, e.bad) || !fits(r.missing, e.missing) {
		faults = append(faults, fmt.Sprintf("%d bad and %d missing rows, want %s and %s", r.bad, r.missing, e.bad, e.missing))
	}
	if !slices.Contains(strings.Split(e.outcome, "|"), r.outcome) {
		faults = append(faults, fmt.Sprintf("%s, want %s", r.outcome, e.outcome))
	}
	if !strings.Contains(strings.Join(r.told, "\n"), e.told) {
		faults = append(faults, fmt.Sprintf("%q is not told", e.told))
	}
	return faults
}

// TestDamaged: of each damaged file comes what testdata/damaged.tsv expects, and never less than libtiff makes of it.
func TestDamaged(t *testing.T) {
	want, c := expectations(t), coder{ccitt.NewEncoder()}
	all := recipes()
	if len(all) < 60 || len(all) != len(want) {
		t.Errorf("%d damaged files and %d expectations", len(all), len(want))
	}
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			e, ok := want[r.name]
			if !ok {
				t.Fatal("nothing is expected of it")
			}
			data := r.make(c)
			start := time.Now()
			got := rescue(data)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			faults, theirs := got.meets(e), libtiffRescues(t, data, max(1, e.pages))
			for i, n := range theirs {
				if got.rows[i] < n {
					faults = append(faults, fmt.Sprintf("%d rows of page %d are rescued, libtiff rescues %d", got.rows[i], i+1, n))
				}
			}
			t.Logf("ours %v of %d pages, %d bad, %d missing, %s; libtiff's %v", got.rows, got.pages, got.bad, got.missing, got.outcome, theirs)
			if len(faults) > 0 {
				t.Errorf("%s; told: %q", strings.Join(faults, "; "), got.told)
			}
		})
	}
}

// libtiffRescues says how many rows of each original libtiff gives, with errors ignored.
func libtiffRescues(t *testing.T, data []byte, pages int) []int {
	t.Helper()
	dir, found := t.TempDir(), make([]int, 3)
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range pages {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := exec.CommandContext(ctx, "tiffcp", "-i", "-c", "none", fmt.Sprintf("%s,%d", in, i), out).Run()
		cancel()
		if errors.Is(err, exec.ErrNotFound) {
			t.Fatal(err)
		}
		if page, err := os.ReadFile(out); err == nil {
			plainRescues(page, found)
		}
		os.Remove(out)
	}
	return found
}

// plainRescues looks for the originals in a page as tiffcp writes it.
func plainRescues(data []byte, found []int) {
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil || f.Pages[0].Err != nil {
		return
	}
	p := f.Pages[0]
	bits := cmp.Or(p.BitsPerSample[0], 1) * max(p.SamplesPerPixel, 1)
	var rows [][]byte
	for i := range p.Strips {
		in := p.Strip(i)
		for {
			row := make([]byte, (p.Width*bits+7)/8)
			if _, err := io.ReadFull(in, row); err != nil {
				break
			}
			rows = append(rows, plainRow(row, bits, p))
		}
	}
	newOriginals(p.Width).find(rows, found)
}

// plainRow makes a packed row, 1 = black, of an uncompressed one.
func plainRow(row []byte, bits int, p *tiff.Page) []byte {
	if bits == 8 {
		packed := make([]byte, (p.Width+7)/8)
		ccitt.Paint(packed, threshold(nil, row, 128))
		return packed
	}
	for i := range row {
		if p.FillOrder == 2 {
			row[i] = reversed(row[i])
		}
		if p.Photometric == tiff.BlackIsZero {
			row[i] = ^row[i]
		}
	}
	return row
}

// damagedArg makes the test binary a program that does with the damaged files all that a gateway does with a fax, and
// tells how much memory it has had from the system.
const damagedArg = "codec-test-damaged"

// maxDamagedMemory is what reading any damaged file may take, the program itself counted.
const maxDamagedMemory = 256 << 20

func workOnDamaged() {
	c := coder{ccitt.NewEncoder()}
	for _, r := range recipes() {
		data := r.make(c)
		rescue(data)
		_, _ = Info(context.Background(), bytes.NewReader(data), int64(len(data)))
		doc, err := NewOpener(OpenerOptions{}).Open(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			continue
		}
		for _, target := range []Target{
			{Profile: Profile{'S', MH}, Papers: []Paper{A4}}, {Profile: Profile{'F', MMR}, Papers: []Paper{A4, B4, A3}, KeepPixels: true},
		} {
			_, _ = Write(context.Background(), io.Discard, target.Profile, 0, Fit(context.Background(), doc.Pages(context.Background()), target))
		}
		_, _ = WritePDF(context.Background(), io.Discard, pdf.Meta{}, doc.Pages(context.Background()))
		doc.Close()
	}
	total := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(total)
	fmt.Println(total[0].Value.Uint64())
}

// TestDamagedMemory: whatever is done with damaged files takes little memory, and no goroutine panics.
func TestDamagedMemory(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, exe, damagedArg).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// What was mapped is never unmapped, so this is the peak.
	most, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%d MiB", most>>20)
	if most > maxDamagedMemory {
		t.Errorf("%d MiB of memory", most>>20)
	}
}
