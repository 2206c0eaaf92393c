package spool_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/spool"
)

// TestFragments shows that a set has each number once, in order, and that a piece knows its set.
func TestFragments(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		ids := make([]spool.ID, 4)
		update(t, s, func(tx *spool.Tx) (err error) {
			for i := range ids {
				if ids[i], err = tx.AddReceived(spool.Received{State: "kept", Kind: "partial"}); err != nil {
					return err
				}
			}
			return nil
		})
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(
				tx.PutFragment(spool.Fragment{Set: "x", Number: 2, Total: 3, Received: ids[0]}),
				tx.PutFragment(spool.Fragment{Set: "x", Number: 1, Received: ids[1]}),
				tx.PutFragment(spool.Fragment{Set: "x", Number: 2, Total: 2, Received: ids[2]}),
				tx.PutFragment(spool.Fragment{Set: "y", Number: 1, Total: 1, Received: ids[3]}),
			)
		})
		want := []spool.Fragment{{Set: "x", Number: 1, Received: ids[1]}, {Set: "x", Number: 2, Total: 2, Received: ids[2]}}
		if d := cmp.Diff(want, view(t, s, func(tx *spool.Tx) ([]spool.Fragment, error) { return tx.Fragments("x") })); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want[1], view(t, s, func(tx *spool.Tx) (spool.Fragment, error) { return tx.FragmentOf(ids[2]) })); d != "" {
			t.Error(d)
		}
		err := s.View(t.Context(), func(tx *spool.Tx) error { _, err := tx.FragmentOf(ids[0]); return err })
		if !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("a piece whose place was taken: %v", err)
		}
	})
}
