package spool_test

import (
	"testing"
	"time"

	"faxgate/spool"
)

// TestReconnect cuts all connections to PostgreSQL, as its restart does: the next calls get new ones, and so does the wake-up.
func TestReconnect(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s, other := e.open(t, "a"), e.open(t, "b")
		if e.name == "postgres" {
			_, err := s.Texts(t.Context(), "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'postgres'")
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := addTasks(t.Context(), other, "fax", e.now(), 1); err != nil {
				t.Error(err)
			}
			if _, err := s.Stats(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if e.name != "postgres" {
			return
		}
		lease := make(chan error, 1)
		go func() { lease <- await(t.Context(), s, "wake") }()
		time.Sleep(20 * time.Millisecond)
		update(t, other, func(tx *spool.Tx) error {
			_, err := tx.AddTask(spool.Task{Kind: "wake", DueAt: new(e.now())})
			return err
		})
		select {
		case err := <-lease:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no wake-up since")
		}
	})
}
