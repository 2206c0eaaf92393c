// Package spool keeps what faxgate must not lose: jobs, documents, tasks, composed messages, received mail, deadlines and the
// journal, in SQLite or PostgreSQL, and names the blobs that hold their bytes.
//
// What it promises: when [Spool.Update], [Spool.Submit] or a write under a [Lease] returns nil, the rows are durable; each is
// one transaction, all of it or nothing. It knows no fax and no mail: kinds, states and attributes are the caller's words.
//
// # Work
//
// A [Task] with a due time is work. [Spool.Lease] gives it to one worker for a while; every write of [Lease.Update] first checks
// the fence, so that a worker which was too slow, and whose task somebody else has taken, can change nothing any more
// ([ErrLeaseLost]). Deadlines and retries are due times, so a restart loses none.
//
// # Engines
//
// There is one schema and one text of every query. Times are UTC milliseconds, ids are UUIDv7 texts, JSON is text.
// What differs between the engines stands in dialect.go.
package spool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Options say where the spool is and who uses it.
type Options struct {
	// DSN names the database: "sqlite:<path>" or "postgres://user@host/name?…".
	DSN string
	// Blobs holds the bytes that rows name; it may be nil for who only reads rows.
	Blobs Blobs
	// Now is the clock, nil: time.Now.
	Now func() time.Time
	// Owner names this process in leases; it should be the same after a restart, see [Spool.Recover]. Empty: a new id.
	Owner string
	// Log gets what happens beside the calls, such as a lost wake-up connection; nil: nowhere.
	Log *slog.Logger
}

// Spool is an open spool. It may be used by any number of goroutines.
type Spool struct {
	opts    Options
	dialect dialect
	write   *sql.DB
	read    *sql.DB
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu   sync.Mutex
	wake chan struct{}
}

// Open opens the spool, makes or migrates its schema, and refuses one that a newer program has written ([ErrNewerSchema]).
func Open(ctx context.Context, opts Options) (*Spool, error) {
	d, err := parseDSN(opts.DSN)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Owner == "" {
		opts.Owner = string(NewID())
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Spool{opts: opts, dialect: d, wake: make(chan struct{})}
	if s.write, s.read, err = d.open(ctx); err != nil {
		return nil, fmt.Errorf("opening the spool at %s: %w", d, err)
	}
	if err := s.migrate(ctx, migrations(schemaText)); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the spool at %s: %w", d, err), s.closePools())
	}
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.done.Go(func() { d.listen(listen, opts.Log, s.hint) })
	return s, nil
}

// Close ends the spool. Leases stay until they run out; see [Lease.Release] and [Spool.Recover].
func (s *Spool) Close() error {
	s.stop()
	s.done.Wait()
	return s.closePools()
}

// closePools closes the writer last: SQLite then brings the log into the database file.
func (s *Spool) closePools() error {
	err := s.read.Close()
	if s.write != s.read {
		err = errors.Join(err, s.write.Close())
	}
	return err
}

// Blobs gives the store that the spool was opened with.
func (s *Spool) Blobs() Blobs { return s.opts.Blobs }

// Owner gives the name under which this spool takes leases.
func (s *Spool) Owner() string { return s.opts.Owner }

// now is the present time as the database keeps it.
func (s *Spool) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// NewID makes an id. Ids made by one process grow.
func NewID() ID { return ID(uuid.Must(uuid.NewV7()).String()) }

// Wake gives a channel that is closed when something may have become due: a task was added, changed or released, here or by
// another process. It is a hint only. Take it before looking, or use the one in [NoneError], so that no change is missed:
//
//	lease, err := s.Lease(ctx, kinds, d)
//	if none, ok := errors.AsType[*spool.NoneError](err); ok {
//		// wait for none.Wake, none.NextDue or ctx
//	}
func (s *Spool) Wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wake
}

func (s *Spool) hint() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.wake)
	s.wake = make(chan struct{})
}
