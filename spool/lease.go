package spool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Lease is the right to work on one task for a while. It may be used by several goroutines, for instance by one that extends it.
type Lease struct {
	// Task is the task as it was when it was leased.
	Task Task

	s     *Spool
	mu    sync.Mutex
	until time.Time
	ended bool
}

// Lease takes, of the due tasks of these kinds with the highest priority, the one that has been due for longest, for the time d;
// no kinds: any. It never waits: when nothing is due the error is a [*NoneError]. A task whose lease has run out is due like any other.
func (s *Spool) Lease(ctx context.Context, kinds []Kind, d time.Duration) (*Lease, error) {
	wake := s.Wake()
	var found []Task
	var next time.Time
	// Not serializable: the workers would only lose against each other, and one statement picks and takes.
	err := s.transact(ctx, s.write, &sql.TxOptions{}, func(tx *Tx) (err error) {
		if found, err = tx.lease(kinds, tx.now.Add(d)); err == nil && len(found) == 0 {
			next, err = tx.nextDue(kinds)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("leasing a task: %w", err)
	}
	if len(found) == 0 {
		return nil, &NoneError{NextDue: next, Wake: wake}
	}
	return &Lease{Task: found[0], s: s, until: *found[0].LeaseUntil}, nil
}

func (tx *Tx) lease(kinds []Kind, until time.Time) ([]Task, error) {
	var q query
	set := "fence = fence + 1, lease_by = " + q.arg(tx.s.opts.Owner) + ", lease_until = " + q.arg(millis{&until})
	now := q.arg(millis{&tx.now})
	q.where = []string{"due_at <= " + now, "(lease_until IS NULL OR lease_until <= " + now + ")"}
	among(&q, "kind", kinds)
	q.order, q.limit = "due_at, id", 1
	rows, err := tx.query("UPDATE task SET "+set+" WHERE id = "+turn(q, tx.s.dialect.skipLocked())+" RETURNING "+strings.Join(tasks.cols, ", "), q.args...)
	if err != nil {
		return nil, err
	}
	return tasks.scan(rows)
}

// turn picks the first task that the query finds, one priority after the other: so each step reads its index in order and stops at
// the first row, however many tasks are due or wait for later.
func turn(q query, locked string) string {
	var picks []string
	where := q.where
	for p := High; p >= Low; p-- {
		q.where = append([]string{"priority = " + strconv.Itoa(int(p))}, where...)
		picks = append(picks, "(SELECT id FROM task"+q.text()+locked+")")
	}
	return "COALESCE(" + strings.Join(picks, ", ") + ")"
}

// nextDue is when the first task that cannot be leased now can be; zero: there is none. A free task can be when it is due, a
// leased one when its lease has run out as well; one query each, because each has its index.
func (tx *Tx) nextDue(kinds []Kind) (next time.Time, err error) {
	for _, text := range []string{
		"SELECT MIN(due_at) FROM task WHERE lease_by IS NULL",
		"SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM task WHERE due_at IS NOT NULL AND lease_by IS NOT NULL",
	} {
		var q query
		among(&q, "kind", kinds)
		var at time.Time
		if err := tx.sql.QueryRowContext(tx.ctx, text+strings.Replace(q.text(), "WHERE", "AND", 1), q.args...).Scan(millis{&at}); err != nil {
			return next, err
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

// Until is when the lease runs out.
func (l *Lease) Until() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// Update runs fn in one transaction, as [Spool.Update] does, after checking the fence: [ErrLeaseLost] when the lease was taken
// over or ended. A lease that has run out but that nobody has taken yet still writes, so that a reply that came late is not lost.
// A [TaskChange] with Release ends the lease.
func (l *Lease) Update(ctx context.Context, fn func(*Tx) error) error {
	released := false
	err := l.s.Update(ctx, func(tx *Tx) error {
		if err := l.check(tx, nil); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		fence, err := tx.fence(l.Task.ID)
		released = fence != l.Task.Fence
		return err
	})
	if err == nil && released {
		l.end()
	}
	return err
}

// check makes sure of the fence and locks the row until the transaction ends. A time is the lease's new end.
func (l *Lease) check(tx *Tx, until *time.Time) error {
	l.mu.Lock()
	ended := l.ended
	l.mu.Unlock()
	if ended {
		return ErrLeaseLost
	}
	n, err := tx.exec("UPDATE task SET lease_until = COALESCE($1, lease_until) WHERE id = $2 AND fence = $3", optMillis{&until}, l.Task.ID, l.Task.Fence)
	if err != nil {
		return fmt.Errorf("checking the lease: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("task %s: %w", l.Task.ID, ErrLeaseLost)
	}
	return nil
}

func (tx *Tx) fence(id ID) (n int64, err error) {
	err = tx.sql.QueryRowContext(tx.ctx, "SELECT fence FROM task WHERE id = $1", id).Scan(&n)
	return n, err
}

func (l *Lease) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

// Extend lets the lease run until d from now; [ErrLeaseLost] when it was taken over or ended.
func (l *Lease) Extend(ctx context.Context, d time.Duration) error {
	var until time.Time
	err := l.s.Update(ctx, func(tx *Tx) error {
		until = tx.now.Add(d)
		return l.check(tx, &until)
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = until
	return nil
}

// Release gives the task back as it is: whoever comes next may lease it if it is due. Giving back what is lost or ended already
// is no error.
func (l *Lease) Release(ctx context.Context) error {
	err := l.Update(ctx, func(tx *Tx) error { return tx.SetTask(l.Task.ID, TaskChange{Release: true}) })
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	return err
}

// Recover ends all leases that were taken under the name of [Options].Owner, and says how many. A process calls it at its start,
// once it knows that no other one of its name is running, so that work cut off by a crash goes on at once.
func (s *Spool) Recover(ctx context.Context) (n int, err error) {
	err = s.Update(ctx, func(tx *Tx) error {
		freed, err := tx.exec("UPDATE task SET fence = fence + 1, lease_by = NULL, lease_until = NULL WHERE lease_by = $1", s.opts.Owner)
		n, tx.due = int(freed), freed > 0
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("recovering leases: %w", err)
	}
	return n, nil
}
