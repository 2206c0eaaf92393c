package spool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// NamedLease is the right to do a thing that only one process at a time may do, such as to read a mailbox.
type NamedLease struct {
	Name  string
	Fence int64 // grows with each owner

	s *Spool
}

// AcquireNamed takes the lease of this name for the time d, or says with a [*HeldError] who has it. Who has it may take it again.
func (s *Spool) AcquireNamed(ctx context.Context, name string, d time.Duration) (*NamedLease, error) {
	l := &NamedLease{Name: name, s: s}
	var held *HeldError
	err := s.Update(ctx, func(tx *Tx) (err error) {
		held, err = tx.acquire(l, tx.now.Add(d))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("acquiring lease %q: %w", name, err)
	}
	if held != nil {
		return nil, held
	}
	return l, nil
}

func (tx *Tx) acquire(l *NamedLease, until time.Time) (*HeldError, error) {
	const upsert = `INSERT INTO named_lease (name, holder, until, fence) VALUES ($1, $2, $3, 1) ON CONFLICT (name) DO UPDATE
		SET holder = excluded.holder, until = excluded.until, fence = named_lease.fence + 1
		WHERE named_lease.until <= $4 OR named_lease.holder = excluded.holder`
	n, err := tx.exec(upsert, l.Name, tx.s.opts.Owner, millis{&until}, millis{&tx.now})
	if err != nil {
		return nil, err
	}
	held := &HeldError{Name: l.Name}
	err = tx.sql.QueryRowContext(tx.ctx, "SELECT holder, until, fence FROM named_lease WHERE name = $1", l.Name).
		Scan(&held.Holder, millis{&held.Until}, &l.Fence)
	if err != nil || n == 0 {
		return held, err
	}
	return nil, nil
}

// Renew lets the lease run until d from now; [ErrLeaseLost] when somebody else has it.
func (l *NamedLease) Renew(ctx context.Context, d time.Duration) error {
	return l.set(ctx, d)
}

// Release ends the lease; one that is lost already is no error.
func (l *NamedLease) Release(ctx context.Context) error {
	if err := l.set(ctx, 0); err != nil && !errors.Is(err, ErrLeaseLost) {
		return err
	}
	return nil
}

func (l *NamedLease) set(ctx context.Context, d time.Duration) error {
	return l.s.Update(ctx, func(tx *Tx) error {
		until := tx.now.Add(d)
		n, err := tx.exec("UPDATE named_lease SET until = $1 WHERE name = $2 AND fence = $3", millis{&until}, l.Name, l.Fence)
		if err != nil {
			return fmt.Errorf("renewing lease %q: %w", l.Name, err)
		}
		if n == 0 {
			return fmt.Errorf("lease %q: %w", l.Name, ErrLeaseLost)
		}
		return nil
	})
}
