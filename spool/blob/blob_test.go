package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"faxgate/spool"
)

var (
	_ spool.Blobs   = (*Dir)(nil)
	_ spool.Sweeper = (*Dir)(nil)
)

func newDir(t *testing.T) *Dir {
	t.Helper()
	d, err := NewDir(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func put(t *testing.T, d *Dir, content string) spool.Hash {
	t.Helper()
	h, n, err := d.Put(t.Context(), strings.NewReader(content))
	if err != nil || n != int64(len(content)) {
		t.Fatalf("put: %d bytes, %v", n, err)
	}
	return h
}

// leftovers gives what lies in the folder of temporary files.
func leftovers(t *testing.T, d *Dir) []string {
	t.Helper()
	entries, err := os.ReadDir(d.tmp())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func listed(t *testing.T, d *Dir) []spool.Hash {
	t.Helper()
	var list []spool.Hash
	for b, err := range d.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b.Hash)
	}
	return list
}

// TestPut keeps and opens blobs of several sizes, in pieces that come one byte at a time too.
func TestPut(t *testing.T) {
	d := newDir(t)
	for _, size := range []int{0, 1, 4096, 3 << 20} {
		content := bytes.Repeat([]byte{byte(size), 7}, size)[:size]
		var r io.Reader = bytes.NewReader(content)
		if size < 1<<20 {
			r = iotest.OneByteReader(r)
		}
		h, n, err := d.Put(t.Context(), r)
		if err != nil || n != int64(size) || string(h) != fmt.Sprintf("%x", sha256.Sum256(content)) {
			t.Fatalf("%d: %s, %d, %v", size, h, n, err)
		}
		b, err := d.Open(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(b, content); err != nil {
			t.Errorf("%d: %v", size, err)
		}
		if b.Size() != int64(size) || b.Close() != nil || d.Verify(t.Context(), h) != nil {
			t.Errorf("%d: size %d", size, b.Size())
		}
	}
	if names := leftovers(t, d); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

// TestRights: fax pages are nobody else's business.
func TestRights(t *testing.T) {
	d := newDir(t)
	put(t, d, "x")
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[e.IsDir()]; err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTwice shows that the same content is kept once, is made young again, and mends one that was cut off.
func TestTwice(t *testing.T) {
	d := newDir(t)
	h := put(t, d, "same")
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(d.file(h), old, old); err != nil {
		t.Fatal(err)
	}
	if again := put(t, d, "same"); again != h || len(listed(t, d)) != 1 {
		t.Errorf("again: %s, %v", again, listed(t, d))
	}
	if young, err := isOld(d.file(h), time.Now().Add(-time.Hour)); young || err != nil {
		t.Errorf("not made young again: %v", err)
	}
	if err := os.Truncate(d.file(h), 2); err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(t.Context(), h); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut off: %v", err)
	}
	put(t, d, "same")
	if err := d.Verify(t.Context(), h); err != nil {
		t.Errorf("put again: %v", err)
	}
}

// TestErrors shows that errors say what happened, with their cause, and that nothing is left behind.
func TestErrors(t *testing.T) {
	d := newDir(t)
	cut := errors.New("the line was cut")
	if _, _, err := d.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(cut))); !errors.Is(err, cut) {
		t.Errorf("reader: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Put(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("context: %v", err)
	}
	d.through = func(io.Writer) io.Writer { return fullDisk{} }
	_, _, err := d.Put(t.Context(), strings.NewReader("x"))
	if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), d.path) {
		t.Errorf("full disk: %v", err)
	}
	for _, h := range []spool.Hash{"", "../../etc/passwd", spool.SumHash([32]byte{1})} {
		if _, err := d.Open(t.Context(), h); err == nil {
			t.Errorf("opened %q", h)
		}
	}
	if _, err := d.Open(t.Context(), spool.SumHash([32]byte{1})); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if names := leftovers(t, d); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/somewhere/tmp/put-1", Err: syscall.ENOSPC}
}

// TestClear shows what opening a directory makes of a crash's leftovers, and that it leaves the living alone.
func TestClear(t *testing.T) {
	d := newDir(t)
	h := put(t, d, "half removed")
	if err := os.Rename(d.file(h), filepath.Join(d.tmp(), gone+string(h))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.tmp(), "put-123"), []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	kept := make(chan error)
	go func() {
		_, _, err := d.Put(t.Context(), r)
		kept <- err
	}()
	if _, err := io.WriteString(w, "being "); err != nil {
		t.Fatal(err)
	}
	again, err := NewDir(d.path)
	if err != nil {
		t.Fatal(err)
	}
	if names := leftovers(t, again); len(names) != 1 {
		t.Errorf("left %v, want the living Put's file", names)
	}
	if err := again.Verify(t.Context(), h); err != nil {
		t.Errorf("half removed: %v", err)
	}
	if _, err := io.WriteString(w, "written"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if err := <-kept; err != nil {
		t.Errorf("the living Put: %v", err)
	}
	if got := len(listed(t, again)); got != 2 {
		t.Errorf("%d blobs, want 2", got)
	}
}

// TestRemove removes what is old and nothing else.
func TestRemove(t *testing.T) {
	d := newDir(t)
	h := put(t, d, "x")
	for i, c := range []struct {
		h      spool.Hash
		before time.Time
		want   bool
	}{
		{h, time.Now().Add(-time.Hour), false},
		{spool.SumHash([32]byte{1}), time.Now().Add(time.Hour), false},
		{h, time.Now().Add(time.Hour), true},
		{h, time.Now().Add(time.Hour), false},
	} {
		if removed, err := d.Remove(t.Context(), c.h, c.before); removed != c.want || err != nil {
			t.Errorf("%d: %v, %v", i, removed, err)
		}
	}
	young := put(t, d, "put again after the first look")
	if removed, err := d.removeAside(young, time.Now().Add(-time.Hour)); removed || err != nil || d.Verify(t.Context(), young) != nil {
		t.Errorf("put again meanwhile: %v, %v", removed, err)
	}
	if removed, err := d.removeAside(young, time.Now().Add(time.Hour)); !removed || err != nil {
		t.Errorf("not put again: %v, %v", removed, err)
	}
	if _, err := d.Remove(t.Context(), "../x", time.Now()); err == nil {
		t.Error("removed what is no hash")
	}
	if list := listed(t, d); len(list) > 0 {
		t.Errorf("left %v", list)
	}
}

// TestRemoveWhilePut has a collector that takes everything older than now run against Puts of the same content. A blob that is
// removed after its Put began, though that Put is younger than the collector's limit, would be a lost fax.
func TestRemoveWhilePut(t *testing.T) {
	d, other := newDir(t), &Dir{}
	*other = *d
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, h := range listed(t, other) {
				if _, err := other.Remove(context.Background(), h, time.Now().Add(-5*time.Millisecond)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	removed := 0
	for n := range 150 {
		began := time.Now()
		h := put(t, d, "same")
		b, err := d.Open(t.Context(), h)
		for range 20 { // It may be on its way aside and back.
			if err == nil {
				break
			}
			b, err = d.Open(t.Context(), h)
		}
		switch {
		case err == nil:
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		case time.Since(began) < 5*time.Millisecond:
			t.Fatalf("put %d is gone: %v", n, err)
		}
		time.Sleep(time.Duration(n%8) * time.Millisecond)
		if !slices.Contains(listed(t, d), h) {
			removed++
		}
	}
	close(stop)
	wg.Wait()
	if removed == 0 {
		t.Error("the collector never came to anything")
	}
}
