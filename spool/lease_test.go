package spool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
)

// TestWorkers has eight workers, in two processes, take 500 tasks: each task once.
func TestWorkers(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		const tasks, workers = 500, 8
		spools := []*spool.Spool{e.open(t, "a"), e.open(t, "b")}
		if err := addTasks(t.Context(), spools[0], "fax", e.now(), tasks); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		seen := map[spool.ID]int{}
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				err := work(t.Context(), spools[w%2], func(id spool.ID) {
					mu.Lock()
					defer mu.Unlock()
					seen[id]++
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("task %s was leased %d times", id, n)
			}
		}
		done := view(t, spools[0], func(tx *spool.Tx) ([]spool.Task, error) {
			return tx.Tasks(spool.TaskFilter{States: []spool.State{"done"}, Window: spool.Window{Limit: -1}})
		})
		if len(seen) != tasks || len(done) != tasks {
			t.Errorf("%d tasks leased, %d done, want %d", len(seen), len(done), tasks)
		}
	})
}

// work leases and ends tasks until none is due or leased.
func work(ctx context.Context, s *spool.Spool, saw func(spool.ID)) error {
	for {
		lease, err := s.Lease(ctx, []spool.Kind{"fax", "route"}, time.Minute)
		if none, ok := errors.AsType[*spool.NoneError](err); ok {
			if none.NextDue.IsZero() {
				return nil
			}
			select {
			case <-none.Wake:
			case <-time.After(5 * time.Millisecond):
			}
			continue
		}
		if err != nil {
			return err
		}
		saw(lease.Task.ID)
		err = lease.Update(ctx, func(tx *spool.Tx) error {
			_, err := tx.AddEvent(spool.Event{Task: lease.Task.ID, Kind: "done"})
			return errors.Join(err, tx.SetTask(lease.Task.ID, spool.TaskChange{State: "done", NoDue: true, Release: true}))
		})
		if err != nil {
			return err
		}
	}
}

// TestLeaseOrder shows what can be leased when: the oldest due first, of the wanted kinds, and when to ask again.
func TestLeaseOrder(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		now := e.now().UTC().Truncate(time.Millisecond)
		for i, kind := range []spool.Kind{"late", "early", "other", "future"} {
			due := now.Add([]time.Duration{-time.Second, -time.Minute, -time.Hour, time.Hour}[i])
			if err := addTasks(t.Context(), s, kind, due, 1); err != nil {
				t.Fatal(err)
			}
		}
		kinds := []spool.Kind{"late", "early", "future"}
		first := mustLease(t, s, kinds, 2*time.Hour)
		second := mustLease(t, s, kinds, 3*time.Hour)
		if first.Task.Kind != "early" || second.Task.Kind != "late" || first.Task.LeaseBy != "a" || first.Task.Fence != 1 {
			t.Errorf("leased %+v, then %+v", first.Task, second.Task)
		}
		_, err := s.Lease(t.Context(), kinds, time.Hour)
		none, ok := errors.AsType[*spool.NoneError](err)
		if !ok || !errors.Is(err, spool.ErrNone) || !none.NextDue.Equal(now.Add(time.Hour)) {
			t.Errorf("%v, want none until %v", err, now.Add(time.Hour))
		}
		_, err = s.Lease(t.Context(), []spool.Kind{"early"}, time.Hour)
		if none, ok = errors.AsType[*spool.NoneError](err); !ok || !none.NextDue.Equal(first.Until()) {
			t.Errorf("%v, want none until the lease runs out at %v", err, first.Until())
		}
		_, err = s.Lease(t.Context(), []spool.Kind{"nothing"}, time.Hour)
		if none, ok = errors.AsType[*spool.NoneError](err); !ok || !none.NextDue.IsZero() {
			t.Errorf("%v, want none at all", err)
		}
	})
}

func mustLease(t *testing.T, s *spool.Spool, kinds []spool.Kind, d time.Duration) *spool.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), kinds, d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestFence shows that a worker whose lease was taken over can do nothing any more, and that nothing of its writes stays.
func TestFence(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		ctx := t.Context()
		slow, quick := e.open(t, "slow"), e.open(t, "quick")
		if err := addTasks(ctx, slow, "fax", e.now(), 1); err != nil {
			t.Fatal(err)
		}
		old := mustLease(t, slow, nil, time.Minute)
		if _, err := quick.Lease(ctx, nil, time.Minute); !errors.Is(err, spool.ErrNone) {
			t.Fatalf("leased twice: %v", err)
		}
		e.pass(50 * time.Second)
		if err := old.Extend(ctx, time.Minute); err != nil {
			t.Fatal(err)
		}
		e.pass(50 * time.Second)
		if _, err := quick.Lease(ctx, nil, time.Minute); !errors.Is(err, spool.ErrNone) {
			t.Fatalf("leased although extended: %v", err)
		}
		e.pass(time.Minute)
		write := func(tx *spool.Tx) error {
			_, err := tx.AddEvent(spool.Event{Task: old.Task.ID, Kind: "written"})
			return err
		}
		if err := old.Update(ctx, write); err != nil {
			t.Errorf("run out but not taken: %v", err)
		}
		fresh := mustLease(t, quick, nil, time.Minute)
		if fresh.Task.ID != old.Task.ID || fresh.Task.Fence != old.Task.Fence+1 {
			t.Errorf("took over %+v after %+v", fresh.Task, old.Task)
		}
		if err := old.Update(ctx, write); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("old write: %v", err)
		}
		if err := old.Extend(ctx, time.Hour); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("old extend: %v", err)
		}
		if err := old.Release(ctx); err != nil {
			t.Errorf("old release: %v", err)
		}
		if err := fresh.Update(ctx, write); err != nil {
			t.Errorf("fresh write: %v", err)
		}
		if n := len(view(t, slow, func(tx *spool.Tx) ([]spool.Event, error) { return tx.Events(spool.EventFilter{}) })); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

// TestRelease shows the ways a lease ends: by its holder, by a person, by a restart.
func TestRelease(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		ctx := t.Context()
		s, other := e.open(t, "a"), e.open(t, "b")
		if err := addTasks(ctx, s, "fax", e.now(), 1); err != nil {
			t.Fatal(err)
		}
		l := mustLease(t, s, nil, time.Hour)
		if err := l.Release(ctx); err != nil {
			t.Fatal(err)
		}
		l = mustLease(t, s, nil, time.Hour)
		failed := errors.New("failed")
		err := l.Update(ctx, func(tx *spool.Tx) error {
			return errors.Join(tx.SetTask(l.Task.ID, spool.TaskChange{Release: true}), failed)
		})
		if !errors.Is(err, failed) || l.Extend(ctx, time.Hour) != nil {
			t.Errorf("a failed end: %v", err)
		}
		err = l.Update(ctx, func(tx *spool.Tx) error {
			return tx.SetTask(l.Task.ID, spool.TaskChange{State: "waiting", Late: new(true), Reason: new("r"), Due: e.now(), Release: true})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Update(ctx, func(*spool.Tx) error { return nil }); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("after its end: %v", err)
		}

		l = mustLease(t, s, nil, time.Hour)
		if l.Task.State != "waiting" || !l.Task.Late || l.Task.Reason != "r" {
			t.Errorf("changed to %+v", l.Task)
		}
		update(t, other, func(tx *spool.Tx) error {
			return tx.SetTask(l.Task.ID, spool.TaskChange{State: "cancelled", Release: true})
		})
		if err := l.Extend(ctx, time.Hour); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("after a person's: %v", err)
		}

		l = mustLease(t, s, nil, time.Hour)
		if n, err := other.Recover(ctx); n != 0 || err != nil {
			t.Errorf("another one's restart freed %d, %v", n, err)
		}
		if n, err := e.open(t, "a").Recover(ctx); n != 1 || err != nil {
			t.Errorf("restart freed %d, %v", n, err)
		}
		if err := l.Extend(ctx, time.Hour); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("after a restart: %v", err)
		}
		mustLease(t, other, nil, time.Hour)
	})
}

// TestWake shows that work added by another process wakes a waiting one (PostgreSQL), and the own at once.
func TestWake(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		adders := []*spool.Spool{s}
		if e.name == "postgres" {
			adders = append(adders, e.open(t, "b"))
		}
		for i, adder := range adders {
			kind := spool.Kind(fmt.Sprint(i))
			lease := make(chan error, 1)
			go func() { lease <- await(t.Context(), s, kind) }()
			time.Sleep(20 * time.Millisecond)
			if err := addTasks(t.Context(), adder, kind, e.now(), 1); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-lease:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("adder %d did not wake the worker", i)
			}
		}
	})
}

// await leases a task of a kind, however many hints it takes.
func await(ctx context.Context, s *spool.Spool, kind spool.Kind) error {
	for {
		_, err := s.Lease(ctx, []spool.Kind{kind}, time.Minute)
		none, ok := errors.AsType[*spool.NoneError](err)
		if !ok {
			return err
		}
		select {
		case <-none.Wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestNamed shows that a named lease has one holder at a time.
func TestNamed(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		ctx := t.Context()
		a, b := e.open(t, "a"), e.open(t, "b")
		first, err := a.AcquireNamed(ctx, "mailbox", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.AcquireNamed(ctx, "mailbox", time.Minute)
		if held, ok := errors.AsType[*spool.HeldError](err); !ok || held.Holder != "a" || !errors.Is(err, spool.ErrHeld) {
			t.Errorf("b: %v", err)
		}
		if _, err := b.AcquireNamed(ctx, "other", time.Minute); err != nil {
			t.Errorf("another name: %v", err)
		}
		e.pass(50 * time.Second)
		if err := first.Renew(ctx, time.Minute); err != nil {
			t.Error(err)
		}
		e.pass(2 * time.Minute)
		second, err := b.AcquireNamed(ctx, "mailbox", time.Minute)
		if err != nil || second.Fence <= first.Fence {
			t.Fatalf("b, after it ran out: %+v, %v", second, err)
		}
		if err := first.Renew(ctx, time.Minute); !errors.Is(err, spool.ErrLeaseLost) {
			t.Errorf("a renews what b has: %v", err)
		}
		if err := errors.Join(first.Release(ctx), second.Release(ctx)); err != nil {
			t.Error(err)
		}
		if _, err := a.AcquireNamed(ctx, "mailbox", time.Minute); err != nil {
			t.Errorf("a, after b released it: %v", err)
		}
	})
}
