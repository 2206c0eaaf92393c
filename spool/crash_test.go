package spool_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
	"faxgate/spool/blob"
)

// The environment that makes the test binary the child of TestCrash.
const (
	crashDSN   = "FAXGATE_SPOOL_CRASH_DSN"
	crashBlobs = "FAXGATE_SPOOL_CRASH_BLOBS"
)

// TestCrash kills a process that keeps jobs and works on them, again and again: every row and blob that it had acknowledged is
// there afterwards, and nothing is there by half.
func TestCrash(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		const kills = 6
		e.open(t, "parent") // Makes the schema, so that no kill falls into that.
		acked := map[string]bool{}
		for n := range kills {
			for _, line := range crash(t, e, time.Duration(40+rand.IntN(160))*time.Millisecond) {
				acked[line] = true
			}
			if len(acked) == 0 && n == kills-1 {
				t.Fatal("the child never came to anything")
			}
		}
		s := e.open(t, "child")
		for line := range acked {
			if err := acknowledged(t.Context(), s, line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
		t.Logf("%d acknowledged through %d kills", len(acked), kills)
		if faults, err := s.Check(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("check: %q, %v", faults, err)
		}
		whole(t, s)
		if _, err := s.Recover(t.Context()); err != nil {
			t.Error(err)
		}
		if err := work(t.Context(), s, func(spool.ID) {}); err != nil {
			t.Errorf("the work cannot go on: %v", err)
		}
	})
}

// crash starts a child, kills it once it has worked for d, and gives the lines in which it acknowledged what it kept.
func crash(t *testing.T, e *engine, d time.Duration) (lines []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDSN+"="+e.dsn, crashBlobs+"="+e.blobs)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil { // "ready"
		t.Fatal(err, child.Wait())
	}
	time.AfterFunc(d, func() { _ = child.Process.Kill() })
	for {
		line, err := r.ReadString('\n')
		if err != nil { // A line without its end was not acknowledged.
			break
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return lines
}

// crashChild keeps jobs and works on them until it is killed, and acknowledges each commit with a line.
func crashChild() {
	ctx := context.Background()
	dir, err := blob.NewDir(os.Getenv(crashBlobs))
	if err != nil {
		fatal(err)
	}
	s, err := spool.Open(ctx, spool.Options{DSN: os.Getenv(crashDSN), Blobs: dir, Owner: "child"})
	if err != nil {
		fatal(err)
	}
	if _, err := s.Recover(ctx); err != nil {
		fatal(err)
	}
	fmt.Println("ready")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { fatal(crashSubmit(ctx, s)) })
		wg.Go(func() { fatal(crashWork(ctx, s)) })
	}
	wg.Wait()
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "child:", err)
	os.Exit(3)
}

func crashSubmit(ctx context.Context, s *spool.Spool) error {
	for {
		h, size, err := s.Blobs().Put(ctx, strings.NewReader(strings.Repeat(string(spool.NewID()), 100)))
		if err != nil {
			return err
		}
		d := faxDraft(string(spool.NewID()), time.Now())
		d.Documents = []spool.Document{{Name: "a.tif", Hash: h, Size: size}}
		id, err := s.Submit(ctx, d)
		if err != nil {
			return err
		}
		fmt.Println("job", id)
	}
}

func crashWork(ctx context.Context, s *spool.Spool) error {
	for {
		l, err := s.Lease(ctx, nil, time.Minute)
		if errors.Is(err, spool.ErrNone) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
		err = l.Update(ctx, func(tx *spool.Tx) error {
			_, err := tx.AddEvent(spool.Event{Task: l.Task.ID, Kind: "done"})
			return errors.Join(err, tx.SetTask(l.Task.ID, spool.TaskChange{State: "done", NoDue: true, Release: true}))
		})
		if err != nil {
			return err
		}
		fmt.Println("task", l.Task.ID)
	}
}

// acknowledged looks for what a line has acknowledged.
func acknowledged(ctx context.Context, s *spool.Spool, line string) error {
	what, id, _ := strings.Cut(line, " ")
	return s.View(ctx, func(tx *spool.Tx) error {
		if what == "job" {
			docs, err := tx.Documents(spool.ID(id))
			if err != nil || len(docs) != 1 {
				return fmt.Errorf("%d documents: %w", len(docs), err)
			}
			b, err := s.Blobs().Open(ctx, docs[0].Hash)
			if err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, b)
			if n != docs[0].Size {
				err = errors.Join(err, fmt.Errorf("blob has %d bytes, not %d", n, docs[0].Size))
			}
			return errors.Join(err, b.Close())
		}
		task, err := tx.Task(spool.ID(id))
		if err == nil && task.State != "done" {
			err = fmt.Errorf("state %s", task.State)
		}
		return err
	})
}

// whole shows that each transaction is there with all of its rows or not at all.
func whole(t *testing.T, s *spool.Spool) {
	t.Helper()
	for name, broken := range map[string]string{
		"jobs without their two tasks": "SELECT id FROM job WHERE (SELECT COUNT(*) FROM task WHERE job_id = job.id) <> 2",
		"jobs without their event":     "SELECT id FROM job WHERE (SELECT COUNT(*) FROM event WHERE job_id = job.id) <> 1",
		"tasks done without one event": "SELECT id FROM task WHERE (SELECT COUNT(*) FROM event WHERE task_id = task.id) <> CASE state WHEN 'done' THEN 1 ELSE 0 END",
	} {
		list, err := s.Texts(t.Context(), broken)
		if err != nil || len(list) > 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}
