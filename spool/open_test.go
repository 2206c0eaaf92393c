package spool_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
)

// TestSchema shows that the schema is made once, also by several processes at the same time, and that a newer one is refused.
func TestSchema(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := spool.Open(t.Context(), spool.Options{DSN: e.dsn})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s := e.open(t, "a")
		if versions, err := s.Texts(t.Context(), "SELECT version FROM schema_version"); err != nil || !slices.Equal(versions, []string{"1", "2", "3"}) {
			t.Fatalf("versions %v, %v", versions, err)
		}
		if err := s.Exec(t.Context(), "INSERT INTO schema_version (version, applied_at) VALUES (99, 0)"); err != nil {
			t.Fatal(err)
		}
		_, err := spool.Open(t.Context(), spool.Options{DSN: e.dsn})
		newer, ok := errors.AsType[*spool.SchemaError](err)
		if !ok || newer.Have != 99 || newer.Known != 3 || !errors.Is(err, spool.ErrNewerSchema) || !strings.Contains(err.Error(), "start the newer faxgate") {
			t.Errorf("opening version 99: %v", err)
		}
	})
}

// TestMigration brings a schema with rows in it to a next version: all of it or, when a statement fails, nothing.
func TestMigration(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		id, err := s.Submit(t.Context(), faxDraft("k", e.now()))
		if err != nil {
			t.Fatal(err)
		}
		const next = "\n-- version 4\n\nALTER TABLE job ADD COLUMN colour TEXT;\n\nCREATE INDEX job_colour ON job (colour);\n"
		if err := s.Migrate(t.Context(), next+"\n-- version 5\n\nALTER TABLE nothing ADD COLUMN x TEXT;\n"); err == nil || !strings.Contains(err.Error(), "to version 5") {
			t.Errorf("a wrong migration: %v", err)
		}
		if err := s.Exec(t.Context(), "SELECT colour FROM job"); err == nil {
			t.Error("a wrong migration left its first half")
		}
		for range 2 {
			if err := s.Migrate(t.Context(), next); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Exec(t.Context(), "UPDATE job SET colour = 'red'"); err != nil {
			t.Error(err)
		}
		if job := view(t, s, func(tx *spool.Tx) (spool.Job, error) { return tx.Job(id) }); job.Key != "k" {
			t.Errorf("the job became %+v", job)
		}
		if _, err := spool.Open(t.Context(), spool.Options{DSN: e.dsn}); !errors.Is(err, spool.ErrNewerSchema) {
			t.Errorf("the older program: %v", err)
		}
	})
}

// TestBusy shows that who waits for another process's transaction stops with its context.
func TestBusy(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s, other := e.open(t, "a"), e.open(t, "b")
		update(t, s, func(tx *spool.Tx) error { return tx.PutPeer(spool.Peer{Address: "p"}) })
		update(t, s, func(tx *spool.Tx) error {
			if err := tx.DeletePeer("p"); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := other.Update(ctx, func(tx *spool.Tx) error { return tx.DeletePeer("p") })
			if err == nil || time.Since(began) > 5*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			return nil
		})
		err := other.Update(t.Context(), func(tx *spool.Tx) error { return tx.DeletePeer("p") })
		if !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestIndexes asks SQLite how it would run the queries that are run all the time: none may read a whole table.
func TestIndexes(t *testing.T) {
	s := (&engine{dsn: "sqlite:" + filepath.Join(t.TempDir(), "spool.db"), blobs: t.TempDir()}).open(t, "a")
	for _, query := range []string{
		"SELECT id FROM task WHERE priority = 0 AND due_at <= 5 AND (lease_until IS NULL OR lease_until <= 5) AND kind IN ('a') ORDER BY due_at, id LIMIT 1",
		"SELECT MIN(due_at) FROM task WHERE lease_by IS NULL",
		"SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM task WHERE due_at IS NOT NULL AND lease_by IS NOT NULL",
		"SELECT id FROM task WHERE job_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT id FROM task WHERE received_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT id FROM task WHERE kind IN ('a') AND state IN ('b') ORDER BY id DESC LIMIT 100",
		"SELECT id FROM message WHERE message_id = 'a' LIMIT 1",
		"SELECT id FROM message WHERE envid = 'a' LIMIT 1",
		"SELECT id FROM message WHERE task_id IN (SELECT id FROM task WHERE recipient = 'a') AND created_at >= 5 ORDER BY id DESC",
		"SELECT id FROM event WHERE job_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT id FROM event WHERE task_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT id FROM event WHERE received_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT id FROM received WHERE message_id = 'a' ORDER BY id DESC LIMIT 100",
		"SELECT hash FROM document WHERE hash = 'a' LIMIT 1",
		"SELECT blob FROM message WHERE blob = 'a' LIMIT 1",
		"SELECT blob FROM received WHERE blob = 'a' LIMIT 1",
	} {
		plan, err := s.Plan(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "INDEX") {
				t.Errorf("%s\n\t%s", query, step)
			}
		}
	}
}

// TestSQLiteSafety asks both pools for what makes a commit durable and a reference binding.
func TestSQLiteSafety(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new folder", "100%#spool.db")
	s := (&engine{dsn: "sqlite:" + path, blobs: filepath.Join(dir, "blobs")}).open(t, "a")
	for pragma, want := range map[string][2]string{
		"journal_mode": {"wal", "wal"}, "synchronous": {"2", "2"}, "foreign_keys": {"1", "1"}, "query_only": {"0", "1"}, "busy_timeout": {"250", "250"},
	} {
		write, read, err := s.Pragma(t.Context(), pragma)
		if got := [2]string{write, read}; got != want || err != nil {
			t.Errorf("%s is %q (write, read), want %q; %v", pragma, got, want, err)
		}
	}
	for name, want := range map[string]os.FileMode{path: 0o600, path + "-wal": 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", name, info, err, want)
		}
	}
}

// TestCheckDamage writes over a part of the database file: Check says so.
func TestCheckDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool.db")
	e := &engine{dsn: "sqlite:" + path, blobs: filepath.Join(t.TempDir(), "blobs")}
	s := e.open(t, "a")
	if err := addTasks(t.Context(), s, "fax", e.now(), 300); err != nil {
		t.Fatal(err)
	}
	if faults, err := s.Check(t.Context()); err != nil || len(faults) > 0 {
		t.Fatalf("fresh: %q, %v", faults, err)
	}
	if err := s.Exec(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) - 4096; i < len(data); i++ { // the last page: tasks or one of their indexes
		data[i] = 0xAA
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	faults, err := e.open(t, "b").Check(t.Context())
	if len(faults) == 0 && err == nil {
		t.Error("damage was not seen")
	}
}
