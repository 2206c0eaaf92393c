package spool_test

import (
	"errors"
	"testing"
	"time"

	"faxgate/spool"
)

// TestPriority has a hundred low tasks wait for longest: what is more urgent comes before them, and what is not due yet does not.
func TestPriority(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		now := e.now().UTC().Truncate(time.Millisecond)
		add := func(p spool.Priority, recipient string, due time.Time, n int) {
			err := s.Update(t.Context(), func(tx *spool.Tx) (err error) {
				for range n {
					_, addErr := tx.AddTask(spool.Task{Kind: "fax", Recipient: recipient, State: "queued", Priority: p, DueAt: &due})
					err = errors.Join(err, addErr)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		add(spool.Low, "low", now.Add(-time.Hour), 100)
		add(spool.Normal, "newer", now.Add(-time.Minute), 1)
		add(spool.Normal, "older", now.Add(-2*time.Minute), 1)
		add(spool.High, "high", now.Add(-time.Second), 1)
		add(spool.High, "future", now.Add(time.Hour), 1)
		for _, want := range []string{"high", "older", "newer", "low", "low"} {
			if l := mustLease(t, s, []spool.Kind{"fax"}, time.Hour); l.Task.Recipient != want {
				t.Errorf("leased %q with priority %d, want %q", l.Task.Recipient, l.Task.Priority, want)
			}
		}
	})
}

// TestUnknownPriority is refused rather than never worked on.
func TestUnknownPriority(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		now := e.now()
		err := s.Update(t.Context(), func(tx *spool.Tx) error {
			_, err := tx.AddTask(spool.Task{Kind: "fax", State: "queued", Priority: 2, DueAt: &now})
			return err
		})
		if err == nil {
			t.Error("a priority that nobody leases was taken")
		}
	})
}
