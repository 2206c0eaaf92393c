package spool_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/spool"
)

// TestCollect shows that a blob that any row names stays, that a young one stays, and that the rest goes.
func TestCollect(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		hashes := map[string]spool.Hash{}
		for _, name := range []string{"document", "message", "received", "orphan", "young"} {
			h, _, err := s.Blobs().Put(t.Context(), strings.NewReader(name))
			if err != nil {
				t.Fatal(err)
			}
			hashes[name] = h
			if name != "young" {
				age(t, e, h)
			}
		}
		update(t, s, func(tx *spool.Tx) error {
			task, err := tx.AddTask(spool.Task{Kind: "fax"})
			rec, err2 := tx.AddReceived(spool.Received{Blob: hashes["received"]})
			return errors.Join(err, err2, second(tx.AddMessage(spool.Message{Task: task, Blob: hashes["message"]})),
				second(tx.AddDocument(spool.Document{Received: rec, Hash: hashes["document"]})))
		})
		got, err := s.Collect(t.Context(), 24*time.Hour)
		if want := (spool.Collected{Seen: 5, Removed: 1, Bytes: int64(len("orphan"))}); got != want || err != nil {
			t.Errorf("collected %+v, %v; want %+v", got, err, want)
		}
		for name, h := range hashes {
			b, err := s.Blobs().Open(t.Context(), h)
			if name == "orphan" {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("orphan: %v", err)
				}
				continue
			}
			if err != nil || b.Close() != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("check: %q, %v", faults, err)
		}
	})
}

// age makes a blob two days old.
func age(t *testing.T, e *engine, h spool.Hash) {
	t.Helper()
	then := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(filepath.Join(e.blobs, string(h[:2]), string(h)), then, then); err != nil {
		t.Fatal(err)
	}
}
