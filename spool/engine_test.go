package spool_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"faxgate/spool"
	"faxgate/spool/blob"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashDSN) != "" {
		crashChild()
		return
	}
	code := m.Run()
	if pg := sharedPostgres.pg; pg != nil {
		pg.stop()
	}
	os.Exit(code)
}

// sharedPostgres is the one server of all tests; each test has a schema in it.
var sharedPostgres struct {
	once    sync.Once
	pg      *postgres
	err     error
	schemas atomic.Int64
}

// engine is a database for one test. Each open is another process, as far as the spool can see.
type engine struct {
	name, dsn, blobs string
	clock            atomic.Int64 // added to the time, in nanoseconds
}

// eachEngine runs a test on SQLite and on PostgreSQL.
func eachEngine(t *testing.T, test func(t *testing.T, e *engine)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, &engine{name: "sqlite", dsn: "sqlite:" + filepath.Join(dir, "spool.db"), blobs: filepath.Join(dir, "blobs")})
	})
	t.Run("postgres", func(t *testing.T) {
		s := &sharedPostgres
		s.once.Do(func() { s.pg, s.err = startPostgres() })
		if s.err != nil {
			t.Fatal(s.err)
		}
		schema, err := s.pg.newSchema(t.Name(), s.schemas.Add(1))
		if err != nil {
			t.Fatal(err)
		}
		test(t, &engine{name: "postgres", dsn: s.pg.dsn(schema), blobs: filepath.Join(t.TempDir(), "blobs")})
	})
}

func (e *engine) now() time.Time { return time.Now().Add(time.Duration(e.clock.Load())) }

// pass lets time pass.
func (e *engine) pass(d time.Duration) { e.clock.Add(int64(d)) }

func (e *engine) open(t *testing.T, owner string) *spool.Spool {
	t.Helper()
	dir, err := blob.NewDir(e.blobs)
	if err != nil {
		t.Fatal(err)
	}
	s, err := spool.Open(t.Context(), spool.Options{DSN: e.dsn, Blobs: dir, Now: e.now, Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// update fails the test when the transaction fails.
func update(t *testing.T, s *spool.Spool, fn func(tx *spool.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// view gives what fn reads.
func view[R any](t *testing.T, s *spool.Spool, fn func(tx *spool.Tx) (R, error)) R {
	t.Helper()
	var r R
	err := s.View(t.Context(), func(tx *spool.Tx) (err error) {
		r, err = fn(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// faxDraft is a job with two recipients.
func faxDraft(key string, due time.Time) spool.Draft {
	return spool.Draft{
		Key:   key,
		Job:   spool.Job{Origin: "api", Sender: "alice@test.local", Subject: "Angebot „7“"},
		Tasks: []spool.Task{{Kind: "fax", Recipient: "one@peer.test", State: "queued", DueAt: &due}, {Kind: "fax", Recipient: "two@peer.test", State: "queued", DueAt: &due}},
		Events: []spool.Event{
			{Kind: "submitted", Words: "by the API", Data: []byte(`{"n":2}`)},
		},
	}
}

// addTasks adds n due tasks of a kind.
func addTasks(ctx context.Context, s *spool.Spool, kind spool.Kind, due time.Time, n int) error {
	return s.Update(ctx, func(tx *spool.Tx) error {
		for i := range n {
			if _, err := tx.AddTask(spool.Task{Kind: kind, Recipient: fmt.Sprint(i), State: "queued", DueAt: &due}); err != nil {
				return err
			}
		}
		return nil
	})
}
