package spool_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/spool"
)

func TestReplyTokens(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		var first, second spool.ID
		update(t, s, func(tx *spool.Tx) (err error) {
			if first, err = tx.AddReceived(spool.Received{State: "kept", Kind: "ifax"}); err != nil {
				return err
			}
			second, err = tx.AddReceived(spool.Received{State: "kept", Kind: "ifax"})
			return err
		})
		want := spool.Reply{Received: first, Token: "xyz", ExpiresAt: e.now().Add(time.Hour).UTC().Truncate(time.Millisecond)}
		update(t, s, func(tx *spool.Tx) error {
			return tx.PutReply(spool.Reply{Received: first, Token: "old", ExpiresAt: e.now()})
		})
		update(t, s, func(tx *spool.Tx) error { return tx.PutReply(want) })
		for _, ask := range []func(tx *spool.Tx) (spool.Reply, error){
			func(tx *spool.Tx) (spool.Reply, error) { return tx.Reply(first) },
			func(tx *spool.Tx) (spool.Reply, error) { return tx.ReplyByToken("xyz") },
		} {
			if d := cmp.Diff(want, view(t, s, ask)); d != "" {
				t.Error(d)
			}
		}
		err := s.Update(t.Context(), func(tx *spool.Tx) error { return tx.PutReply(spool.Reply{Received: second, Token: "xyz"}) })
		if dup, ok := errors.AsType[*spool.DuplicateError](err); !ok || dup.ID != first || strings.Contains(err.Error(), "xyz") {
			t.Errorf("another mail's token: %v", err)
		}
		err = s.View(t.Context(), func(tx *spool.Tx) error {
			_, err := tx.ReplyByToken("old")
			return err
		})
		if !errors.Is(err, spool.ErrNotFound) || strings.Contains(err.Error(), "old") {
			t.Errorf("a replaced token: %v", err)
		}
	})
}
