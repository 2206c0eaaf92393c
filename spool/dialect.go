package spool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// dialect is all that differs between the engines.
type dialect interface {
	fmt.Stringer // where the database is, without secrets
	open(ctx context.Context) (write, read *sql.DB, err error)
	// again says whether the transaction was only lost against another one.
	again(err error) bool
	// cut says whether the connection broke, so that what had not begun may be tried on a new one.
	cut(err error) bool
	// skipLocked ends a subquery that picks a row which no other worker is just picking.
	skipLocked() string
	// lockSchema keeps two processes from migrating at the same time, until the transaction ends.
	lockSchema(ctx context.Context, tx runner) error
	// notify tells the other processes, at commit, that something may be due.
	notify(ctx context.Context, tx runner) error
	// listen calls hint for each notify until ctx ends.
	listen(ctx context.Context, log *slog.Logger, hint func())
	// check gives the faults that the engine finds in its own files.
	check(ctx context.Context, db *sql.DB) ([]string, error)
}

// parseDSN tells the engines apart. A secret in the text never reaches an error.
func parseDSN(dsn string) (dialect, error) {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch scheme {
	case "sqlite":
		if rest == "" || rest == ":memory:" || strings.ContainsAny(rest, "?\x00") {
			return nil, errors.New(`spool: write "sqlite:" and the path of the database file, which has no "?"`)
		}
		return sqliteEngine{path: rest}, nil
	case "postgres", "postgresql":
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, errors.New(`spool: the database address cannot be read; write "postgres://user:password@host:5432/name"`)
		}
		return &postgresEngine{dsn: dsn, config: config}, nil
	}
	return nil, errors.New(`spool: the database address must begin with "sqlite:" or "postgres://"`)
}

// sqliteEngine is SQLite: one writer at a time, and readers beside it (WAL).
type sqliteEngine struct{ path string }

func (e sqliteEngine) String() string     { return e.path }
func (e sqliteEngine) skipLocked() string { return "" }

func (e sqliteEngine) lockSchema(context.Context, runner) error { return nil }
func (e sqliteEngine) cut(error) bool                           { return false }
func (e sqliteEngine) notify(context.Context, runner) error     { return nil }

// listen has nothing to do: one process owns the data directory, and its own commits wake it.
func (e sqliteEngine) listen(context.Context, *slog.Logger, func()) {}

// open makes two pools: one connection that writes, so that writers queue here and not in SQLite's busy loop, and some that read.
func (e sqliteEngine) open(ctx context.Context) (write, read *sql.DB, err error) {
	if err := makePrivate(e.path); err != nil {
		return nil, nil, err
	}
	if write, err = sql.Open("sqlite", e.name("immediate", "")); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err := repeat(ctx, e.again, func() error { return write.PingContext(ctx) }); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	if read, err = sql.Open("sqlite", e.name("deferred", "1")); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(4)
	return write, read, nil
}

// name is the driver's data source name. The path is escaped: a "?" or "%" in it is no parameter.
func (e sqliteEngine) name(lock, queryOnly string) string {
	v := url.Values{}
	v.Set("_txlock", lock)
	v.Set("_busy_timeout", "250") // No context ends this wait, so it is short, and repeat waits on.
	v.Set("_journal_mode", "WAL")
	v.Set("_synchronous", "FULL")
	v.Set("_foreign_keys", "1")
	v.Set("_dqs", "0")
	if queryOnly != "" {
		v.Set("_query_only", queryOnly)
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(e.path)}).EscapedPath() + "?" + v.Encode()
}

// makePrivate makes the database file with the owner's rights only, before SQLite would make it with the umask's.
func makePrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (e sqliteEngine) again(err error) bool {
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := se.Code() & 0xff
	return code == sqlitelib.SQLITE_BUSY || code == sqlitelib.SQLITE_LOCKED
}

func (e sqliteEngine) check(ctx context.Context, db *sql.DB) ([]string, error) {
	faults, err := texts(ctx, db, "PRAGMA quick_check")
	if err != nil {
		return nil, err
	}
	if len(faults) == 1 && faults[0] == "ok" {
		faults = nil
	}
	orphans, err := texts(ctx, db, `SELECT 'row '||rowid||' of '||"table"||' refers to a missing row of '||"parent" FROM pragma_foreign_key_check`)
	return append(faults, orphans...), err
}

// postgresEngine is PostgreSQL.
type postgresEngine struct {
	dsn    string
	config *pgx.ConnConfig
}

// channel is what the processes on one database notify each other by.
const channel = "faxgate_spool"

func (e *postgresEngine) String() string {
	return fmt.Sprintf("postgres://%s:%d/%s", e.config.Host, e.config.Port, e.config.Database)
}
func (e *postgresEngine) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }

func (e *postgresEngine) open(ctx context.Context) (write, read *sql.DB, err error) {
	db, err := sql.Open("pgx", e.dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := db.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, db, nil
}

func (e *postgresEngine) again(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "40001" || pe.Code == "40P01") // serialization failure, deadlock
}

func (e *postgresEngine) cut(err error) bool {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pe.Code, "57P0") // shut down, crashed, starting
	}
	return pgconn.SafeToRetry(err)
}

func (e *postgresEngine) lockSchema(ctx context.Context, tx runner) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(8037)")
	return err
}

func (e *postgresEngine) notify(ctx context.Context, tx runner) error {
	_, err := tx.ExecContext(ctx, "NOTIFY "+channel)
	return err
}

// listen keeps a connection of its own for LISTEN and makes a new one when it breaks. What was missed meanwhile is one hint.
func (e *postgresEngine) listen(ctx context.Context, log *slog.Logger, hint func()) {
	const pause = 2 * time.Second
	for {
		err := e.listenOnce(ctx, hint)
		if ctx.Err() != nil {
			return
		}
		log.WarnContext(ctx, "spool: the wake-up connection broke; waking by due times until it is back", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			hint()
		}
	}
}

func (e *postgresEngine) listenOnce(ctx context.Context, hint func()) error {
	conn, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	hint()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		hint()
	}
}

// check has nothing to ask: PostgreSQL has its own tools for its files, but it must answer.
func (e *postgresEngine) check(ctx context.Context, db *sql.DB) ([]string, error) {
	return nil, db.PingContext(ctx)
}

// texts gives the first column of a query.
func texts(ctx context.Context, db *sql.DB, text string) (list []string, err error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
