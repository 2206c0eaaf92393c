package jbig

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bitmap is a page in memory: packed rows, 1 = black.
type bitmap struct {
	width, height int
	rows          []byte
}

func (b bitmap) stride() int { return (b.width + 7) / 8 }

func (b bitmap) row(y int) []byte { return b.rows[y*b.stride() : (y+1)*b.stride()] }

// pbm gives the page as a portable bitmap.
func (b bitmap) pbm() []byte {
	return append(fmt.Appendf(nil, "P4\n%d %d\n", b.width, b.height), b.rows...)
}

// readPBM reads what the tools write.
func readPBM(t testing.TB, data []byte) bitmap {
	t.Helper()
	var b bitmap
	r := bytes.NewReader(data)
	// The tools put any blanks between the numbers, and one after them.
	if _, err := fmt.Fscan(io.LimitReader(r, 2), new(string)); err != nil {
		t.Fatalf("reading a PBM: %v", err)
	}
	if _, err := fmt.Fscan(r, &b.width, &b.height); err != nil {
		t.Fatalf("reading a PBM: %v", err)
	}
	if _, err := r.ReadByte(); err != nil {
		t.Fatal(err)
	}
	b.rows = data[len(data)-r.Len():]
	if len(b.rows) != b.stride()*b.height {
		t.Fatalf("PBM of %d by %d pixels has %d bytes", b.width, b.height, len(b.rows))
	}
	return b
}

// tool runs one of jbigkit's programs on data.
func tool(t testing.TB, data []byte, name string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if words, err := exec.Command(name, append(args, in, out)...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, words)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// encode codes a page.
func encode(t testing.TB, p Params, b bitmap) []byte {
	t.Helper()
	var out bytes.Buffer
	put(t, NewEncoder(), &out, p, b)
	return out.Bytes()
}

// put codes a page by an encoder that may have been used.
func put(t testing.TB, e *Encoder, dst io.Writer, p Params, b bitmap) {
	t.Helper()
	if err := e.Reset(dst, p); err != nil {
		t.Fatal(err)
	}
	for y := range b.height {
		if err := e.PutRow(b.row(y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
