package spool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Stats is what can be counted in the spool, for metrics and health.
type Stats struct {
	Tasks     []TaskCount     `json:"tasks"`
	Received  []ReceivedCount `json:"received"`
	Due       int             `json:"due"`    // tasks that could be leased now
	Leased    int             `json:"leased"` // tasks whose lease runs
	OldestDue *time.Time      `json:"oldestDue,omitempty"`
}

// TaskCount counts the tasks of one kind in one state.
type TaskCount struct {
	Kind  Kind  `json:"kind"`
	State State `json:"state"`
	Count int   `json:"count"`
}

// ReceivedCount counts the received mail of one kind in one state.
type ReceivedCount struct {
	Kind  string `json:"kind"`
	State State  `json:"state"`
	Count int    `json:"count"`
}

// Stats counts.
func (s *Spool) Stats(ctx context.Context) (st Stats, err error) {
	err = s.View(ctx, func(tx *Tx) (err error) {
		st, err = tx.Stats()
		return err
	})
	return st, err
}

// Stats counts, within a transaction.
func (tx *Tx) Stats() (st Stats, err error) {
	err = tx.counts("task", func(kind string, state State, n int) {
		st.Tasks = append(st.Tasks, TaskCount{Kind(kind), state, n})
	})
	if err != nil {
		return st, err
	}
	err = tx.counts("received", func(kind string, state State, n int) {
		st.Received = append(st.Received, ReceivedCount{kind, state, n})
	})
	if err != nil {
		return st, err
	}
	const due = `SELECT COUNT(*), MIN(due_at) FROM task WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)`
	if err := tx.sql.QueryRowContext(tx.ctx, due, millis{&tx.now}).Scan(&st.Due, optMillis{&st.OldestDue}); err != nil {
		return st, fmt.Errorf("counting due tasks: %w", err)
	}
	const leased = `SELECT COUNT(*) FROM task WHERE lease_by IS NOT NULL AND lease_until > $1`
	if err := tx.sql.QueryRowContext(tx.ctx, leased, millis{&tx.now}).Scan(&st.Leased); err != nil {
		return st, fmt.Errorf("counting leased tasks: %w", err)
	}
	return st, nil
}

func (tx *Tx) counts(table string, add func(kind string, state State, n int)) (err error) {
	rows, err := tx.query("SELECT kind, state, COUNT(*) FROM " + table + " GROUP BY kind, state ORDER BY kind, state")
	if err != nil {
		return fmt.Errorf("counting %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var kind, state string
		var n int
		if err := rows.Scan(&kind, &state, &n); err != nil {
			return fmt.Errorf("counting %s: %w", table, err)
		}
		add(kind, State(state), n)
	}
	return rows.Err()
}
