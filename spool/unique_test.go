package spool_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
)

// TestSubmit shows that a job comes with all its rows, and only once.
func TestSubmit(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		d := faxDraft("key-1", e.now())
		d.Documents = []spool.Document{{Name: "a.pdf"}, {Name: "b.tif"}}
		id, err := s.Submit(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Submit(t.Context(), d)
		if err != nil || again != id {
			t.Errorf("repeat gave %q, %v; want %q", again, err, id)
		}
		if other, err := s.Submit(t.Context(), faxDraft("", e.now())); err != nil || other == id {
			t.Errorf("without a key: %q, %v", other, err)
		}
		if other, err := s.Submit(t.Context(), faxDraft("", e.now())); err != nil || other == id {
			t.Errorf("without a key, again: %q, %v", other, err)
		}
		err = s.View(t.Context(), func(tx *spool.Tx) error {
			docs, err1 := tx.Documents(id)
			tasks, err2 := tx.Tasks(spool.TaskFilter{Job: id})
			events, err3 := tx.Events(spool.EventFilter{Job: id})
			if len(docs) != 2 || docs[0].Name != "a.pdf" || docs[1].Pos != 1 || len(tasks) != 2 || len(events) != 1 {
				t.Errorf("kept %d documents, %d tasks, %d events", len(docs), len(tasks), len(events))
			}
			return errors.Join(err1, err2, err3)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestSubmitTogether submits the same key from several processes at the same time.
func TestSubmitTogether(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		spools := []*spool.Spool{e.open(t, "a"), e.open(t, "b")}
		ids := make([]spool.ID, 16)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				var err error
				if ids[i], err = spools[i%2].Submit(t.Context(), faxDraft("same", e.now())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("one key, several jobs: %v", ids)
			}
		}
		if tasks := view(t, spools[0], func(tx *spool.Tx) ([]spool.Task, error) { return tx.Tasks(spool.TaskFilter{}) }); len(tasks) != 2 {
			t.Errorf("%d tasks, want 2", len(tasks))
		}
	})
}

// TestDuplicates shows that each unique value names the row that has it, and that the transaction goes on.
func TestDuplicates(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		var rec, msg, other spool.ID
		update(t, s, func(tx *spool.Tx) (err error) {
			task, err1 := tx.AddTask(spool.Task{Kind: "fax"})
			rec, err = tx.AddReceived(spool.Received{DedupKey: "d"})
			other, _ = tx.AddReceived(spool.Received{})
			msg, _ = tx.AddMessage(spool.Message{Task: task, MessageID: "<1@x>", EnvID: "v1"})
			_, err2 := tx.AddMessage(spool.Message{Task: task})
			_, err3 := tx.AddMessage(spool.Message{Task: task})
			_, err4 := tx.AddToken(spool.Token{Name: "n", Hash: "secret"})
			return errors.Join(err, err1, err2, err3, err4)
		})
		update(t, s, func(tx *spool.Tx) error {
			m, err := tx.Message(msg)
			for _, c := range []struct {
				err    error
				column string
				id     spool.ID
			}{
				{second(tx.AddReceived(spool.Received{DedupKey: "d"})), "dedup_key", rec},
				{second(tx.AddReceived(spool.Received{ID: rec})), "id", rec},
				{tx.SetReceived(spool.Received{ID: other, DedupKey: "d", ReceivedAt: at(1)}), "dedup_key", rec},
				{second(tx.AddMessage(spool.Message{Task: m.Task, MessageID: "<1@x>"})), "message_id", msg},
				{second(tx.AddMessage(spool.Message{Task: m.Task, MessageID: "<2@x>", EnvID: "v1"})), "envid", msg},
				{second(tx.AddTask(spool.Task{ID: m.Task})), "id", m.Task},
			} {
				dup, ok := errors.AsType[*spool.DuplicateError](c.err)
				if !ok || !errors.Is(c.err, spool.ErrDuplicate) || dup.Column != c.column || dup.ID != c.id {
					t.Errorf("%v, want a duplicate of %s in %s", c.err, c.id, c.column)
				}
			}
			if err := second(tx.AddToken(spool.Token{Hash: "secret"})); !errors.Is(err, spool.ErrDuplicate) || strings.Contains(err.Error(), "secret") {
				t.Errorf("token: %v", err)
			}
			_, err2 := tx.AddEvent(spool.Event{Kind: "after"})
			return errors.Join(err, err2)
		})
	})
}

// TestNotice shows that a receipt is owed once and goes out once.
func TestNotice(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		update(t, s, func(tx *spool.Tx) error {
			rec, err := tx.AddReceived(spool.Received{})
			if err != nil {
				return err
			}
			for i, want := range []bool{true, false} {
				added, err := tx.AddNotice(spool.Notice{Received: rec, Recipient: "r", Kind: "mdn"})
				if err != nil || added != want {
					t.Errorf("add %d: %v, %v", i, added, err)
				}
			}
			for i, want := range []bool{true, false} {
				sent, err := tx.SetNoticeSent(rec, "r", "mdn", at(i))
				if err != nil || sent != want {
					t.Errorf("send %d: %v, %v", i, sent, err)
				}
			}
			return same(spool.Notice{Received: rec, Recipient: "r", Kind: "mdn", SentAt: atp(0)})(tx.Notice(rec, "r", "mdn"))
		})
	})
}

// TestSerializable has transactions that each read a sum and write it, in both processes: none may be lost.
func TestSerializable(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		spools := []*spool.Spool{e.open(t, "a"), e.open(t, "b")}
		var id spool.ID
		update(t, spools[0], func(tx *spool.Tx) (err error) {
			id, err = tx.AddTask(spool.Task{Kind: "fax"})
			return err
		})
		const workers, each = 4, 10
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for range each {
					err := spools[w%2].Update(t.Context(), func(tx *spool.Tx) error {
						task, err := tx.Task(id)
						if err != nil {
							return err
						}
						events, err := tx.Events(spool.EventFilter{Task: id, Window: spool.Window{Limit: -1}})
						if err != nil {
							return err
						}
						if len(events) != task.Attempts {
							t.Errorf("%d events and %d attempts", len(events), task.Attempts)
						}
						_, err = tx.AddEvent(spool.Event{Task: id, Kind: "n"})
						return errors.Join(err, tx.SetTask(id, spool.TaskChange{Attempts: new(task.Attempts + 1)}))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if task := view(t, spools[0], func(tx *spool.Tx) (spool.Task, error) { return tx.Task(id) }); task.Attempts != workers*each {
			t.Errorf("%d of %d counted", task.Attempts, workers*each)
		}
	})
}

// TestLists pages through a list both ways, and through the peers.
func TestLists(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		const n = 7
		update(t, s, func(tx *spool.Tx) error {
			for i := range n {
				name := string(rune('a' + i))
				if err := errors.Join(second(tx.AddEvent(spool.Event{Kind: "k", Words: name})), tx.PutPeer(spool.Peer{Address: name})); err != nil {
					return err
				}
			}
			return tx.DeletePeer("c")
		})
		for _, oldest := range []bool{false, true} {
			words := ""
			w := spool.Window{Limit: 3, Oldest: oldest}
			for {
				list := view(t, s, func(tx *spool.Tx) ([]spool.Event, error) { return tx.Events(spool.EventFilter{Window: w}) })
				if len(list) == 0 {
					break
				}
				for _, ev := range list {
					words += ev.Words
				}
				last := list[len(list)-1].ID
				if w.Before = last; oldest {
					w.Before, w.After = "", last
				}
			}
			if want := map[bool]string{false: "gfedcba", true: "abcdefg"}[oldest]; words != want {
				t.Errorf("oldest %v: %q, want %q", oldest, words, want)
			}
		}
		some := view(t, s, func(tx *spool.Tx) ([]spool.Peer, error) { return tx.Peers(spool.PeerFilter{After: "b", Limit: 2}) })
		if len(some) != 2 || some[0].Address != "d" || some[1].Address != "e" {
			t.Errorf("peers after b: %v", some)
		}
	})
}

// TestStats counts.
func TestStats(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		due := e.now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
		if err := addTasks(t.Context(), s, "fax", due, 3); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(second(tx.AddReceived(spool.Received{Kind: "mdn", State: "new"})), second(tx.AddTask(spool.Task{Kind: "route", State: "done"})))
		})
		if _, err := s.Lease(t.Context(), nil, time.Minute); err != nil {
			t.Fatal(err)
		}
		got, err := s.Stats(t.Context())
		want := spool.Stats{
			Tasks:    []spool.TaskCount{{Kind: "fax", State: "queued", Count: 3}, {Kind: "route", State: "done", Count: 1}},
			Received: []spool.ReceivedCount{{Kind: "mdn", State: "new", Count: 1}},
			Due:      2, Leased: 1, OldestDue: &due,
		}
		if err := same(want)(got, err); err != nil {
			t.Error(err)
		}
	})
}
