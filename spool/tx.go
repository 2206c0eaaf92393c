package spool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tx is a transaction: its methods are the rows of the spool. It lives as long as the function that it is given to, and
// serves one goroutine. After an error other than [ErrNotFound] or [ErrDuplicate] the function must return that error.
type Tx struct {
	ctx context.Context //nolint:containedctx // It lives for one call of Update or View, with that call's context.
	sql runner
	s   *Spool
	now time.Time
	due bool // a task may have become due
}

// Now is the time of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// Update runs fn in a transaction and returns once it is durable; when fn returns an error nothing is kept. Transactions are
// serializable: what fn has read stays true until it is committed. For that the engine may ask for a repeat, so fn may run several times: it does nothing outside but set variables.
// fn must not call Update or another method of the Spool itself.
func (s *Spool) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, s.write, &sql.TxOptions{Isolation: sql.LevelSerializable}, fn)
}

// View runs fn in a transaction that only reads: all its reads see the same moment.
func (s *Spool) View(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, s.read, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

// transact repeats a transaction that lost against another one.
func (s *Spool) transact(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	return repeat(ctx, s.dialect.again, func() error { return s.once(ctx, db, opts, fn) })
}

// repeat does it again as long as again says so of its error; that ends with ctx, or after twenty seconds.
func repeat(ctx context.Context, again func(error) bool, do func() error) error {
	const patience = 20 * time.Second
	began := time.Now()
	for n := 1; ; n++ {
		err := do()
		if err == nil || !again(err) || time.Since(began) > patience {
			return err
		}
		pause := time.Duration(1+rand.IntN(4*min(n, 10))) * time.Millisecond //nolint:gosec // Only spreads the repeats.
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

func (s *Spool) once(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	var t *sql.Tx
	err := repeat(ctx, s.dialect.cut, func() (err error) {
		t, err = db.BeginTx(ctx, opts)
		return err
	})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() { _ = t.Rollback() }() // Does nothing after a commit.
	tx := &Tx{ctx: ctx, sql: t, s: s, now: s.now()}
	if err := fn(tx); err != nil {
		return err
	}
	if tx.due {
		if err := s.dialect.notify(ctx, t); err != nil {
			return fmt.Errorf("waking the other processes: %w", err)
		}
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	if tx.due {
		s.hint()
	}
	return nil
}
