package blob

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
)

const crashDir = "FAXGATE_BLOB_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(dir)
	}
	os.Exit(m.Run())
}

// crashChild puts blobs until it is killed.
func crashChild(path string) {
	d, err := NewDir(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	fmt.Println("ready")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				h, _, err := d.Put(context.Background(), io.LimitReader(rand.Reader, 200_000))
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
				fmt.Println(h)
			}
		})
	}
	wg.Wait()
}

// TestCrash kills a process that puts blobs: all that it had acknowledged are there, whatever is there is whole, and opening the
// directory clears the rest away.
func TestCrash(t *testing.T) {
	d := newDir(t)
	acked, left := 0, 0
	for n := range 4 {
		for _, line := range crash(t, d.path, time.Duration(60+40*n)*time.Millisecond) {
			acked++
			if err := d.Verify(t.Context(), spool.Hash(line)); err != nil {
				t.Errorf("acknowledged: %v", err)
			}
		}
		left += len(leftovers(t, d))
		again, err := NewDir(d.path)
		if err != nil {
			t.Fatal(err)
		}
		if names := leftovers(t, again); len(names) > 0 {
			t.Errorf("left after opening: %v", names)
		}
	}
	for _, h := range listed(t, d) {
		if err := d.Verify(t.Context(), h); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d acknowledged, %d cleared away", acked, left)
	if acked == 0 || left == 0 {
		t.Errorf("%d acknowledged, %d half written: the kills came at the wrong times", acked, left)
	}
}

func crash(t *testing.T, path string, d time.Duration) (lines []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err, child.Wait())
	}
	time.AfterFunc(d, func() { _ = child.Process.Kill() })
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return lines
}
