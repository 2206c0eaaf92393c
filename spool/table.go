package spool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// table binds a row type to its table: one list of columns serves insert, select and update, and the same pointers serve as
// destinations of a scan and as arguments of a write.
type table[R any] struct {
	name string
	cols []string
	bind func(*R) []any // as long as cols
}

// insert adds the row; false: a unique value stood in the way and nothing was changed. A conflict is not an error of the
// engine's, because PostgreSQL would give up the whole transaction with it.
func (t *table[R]) insert(tx *Tx, r *R) (bool, error) {
	return t.write(tx, r, " ON CONFLICT DO NOTHING")
}

// put adds the row or replaces the one with the same key.
func (t *table[R]) put(tx *Tx, r *R, key ...string) error {
	var set []string
	for _, c := range t.cols {
		set = append(set, c+" = excluded."+c)
	}
	_, err := t.write(tx, r, " ON CONFLICT ("+strings.Join(key, ", ")+") DO UPDATE SET "+strings.Join(set, ", "))
	return err
}

func (t *table[R]) write(tx *Tx, r *R, conflict string) (bool, error) {
	var q query
	marks := make([]string, len(t.cols))
	for i, v := range t.bind(r) {
		marks[i] = q.arg(v)
	}
	n, err := tx.exec("INSERT INTO "+t.name+" ("+strings.Join(t.cols, ", ")+") VALUES ("+strings.Join(marks, ", ")+")"+conflict, q.args...)
	if err != nil {
		return false, fmt.Errorf("adding to %s: %w", t.name, err)
	}
	return n > 0, nil
}

// update writes every column of the row with this id.
func (t *table[R]) update(tx *Tx, id ID, r *R) error {
	var q query
	var set []string
	for i, v := range t.bind(r) {
		if t.cols[i] != "id" {
			set = append(set, t.cols[i]+" = "+q.arg(v))
		}
	}
	n, err := tx.exec("UPDATE "+t.name+" SET "+strings.Join(set, ", ")+" WHERE id = "+q.arg(id), q.args...)
	if err != nil {
		return fmt.Errorf("changing %s %s: %w", t.name, id, err)
	}
	if n == 0 {
		return notFound(t.name, string(id))
	}
	return nil
}

// one gives the first row where column has this value, or [ErrNotFound].
func (t *table[R]) one(tx *Tx, column, value string) (R, error) {
	var q query
	q.equal(column, value)
	q.limit = 1
	rows, err := t.list(tx, &q)
	if err == nil && len(rows) == 0 {
		err = notFound(t.name, value)
	}
	if err != nil {
		var none R
		return none, err
	}
	return rows[0], nil
}

// list gives the rows that the query selects.
func (t *table[R]) list(tx *Tx, q *query) ([]R, error) {
	rows, err := tx.query("SELECT "+strings.Join(t.cols, ", ")+" FROM "+t.name+q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.name, err)
	}
	list, err := t.scan(rows)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.name, err)
	}
	return list, nil
}

func (t *table[R]) scan(rows *sql.Rows) (list []R, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r R
		if err := rows.Scan(t.bind(&r)...); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// known is for a row that insert could not add: it says which of the unique columns already has its value, and where.
func (t *table[R]) known(tx *Tx, unique ...[2]string) error {
	for _, u := range unique {
		if u[1] == "" {
			continue
		}
		id, err := tx.text("SELECT id FROM "+t.name+" WHERE "+u[0]+" = $1", u[1])
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.name, err)
		}
		if id != "" {
			return &DuplicateError{Table: t.name, Column: u[0], Value: u[1], ID: ID(id)}
		}
	}
	return fmt.Errorf("adding to %s: a row that is not there is in the way", t.name)
}

func notFound(table, key string) error {
	return fmt.Errorf("%s %q: %w", table, key, ErrNotFound)
}

// Window says which part of a list is wanted. The lists are sorted by id, that is by time of making.
type Window struct {
	Before, After ID   // only rows made before, and after, this one
	Oldest        bool // oldest first; else newest first
	Limit         int  // at most so many rows; 0: 100; -1: all
}

// DefaultLimit is the length of a list whose [Window] names no limit.
const DefaultLimit = 100

// query collects conditions and their arguments.
type query struct {
	where []string
	args  []any
	order string
	limit int // 0: none
}

// arg keeps an argument and gives its placeholder.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// equal asks for the rows where the column has this value.
func (q *query) equal(column, value string) {
	q.where = append(q.where, column+" = "+q.arg(value))
}

// filter asks for equal, if there is a value.
func (q *query) filter(column, value string) {
	if value != "" {
		q.equal(column, value)
	}
}

// window puts the window's bounds, order and limit into the query.
func (q *query) window(w Window) {
	if w.Before != "" {
		q.where = append(q.where, "id < "+q.arg(w.Before))
	}
	if w.After != "" {
		q.where = append(q.where, "id > "+q.arg(w.After))
	}
	q.order = "id DESC"
	if w.Oldest {
		q.order = "id"
	}
	switch {
	case w.Limit > 0:
		q.limit = w.Limit
	case w.Limit == 0:
		q.limit = DefaultLimit
	}
}

// among asks for the rows where the column has one of these values, if there are any.
func among[S ~string](q *query, column string, values []S) {
	if len(values) == 0 {
		return
	}
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = q.arg(string(v))
	}
	q.where = append(q.where, column+" IN ("+strings.Join(marks, ", ")+")")
}

func (q *query) text() string {
	var b strings.Builder
	if len(q.where) > 0 {
		b.WriteString(" WHERE " + strings.Join(q.where, " AND "))
	}
	if q.order != "" {
		b.WriteString(" ORDER BY " + q.order)
	}
	if q.limit > 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.limit))
	}
	return b.String()
}

// exec runs a statement and gives the number of rows that it changed.
func (tx *Tx) exec(text string, args ...any) (int64, error) {
	res, err := tx.sql.ExecContext(tx.ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (tx *Tx) query(text string, args ...any) (*sql.Rows, error) {
	return tx.sql.QueryContext(tx.ctx, text, args...)
}

// text gives the one text that a query asks for; empty: no row.
func (tx *Tx) text(text string, args ...any) (string, error) {
	var s string
	err := tx.sql.QueryRowContext(tx.ctx, text, args...).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return s, err
}

// runner is what a transaction and a bare connection have in common.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
