package spool

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
)

//go:embed schema.sql
var schemaText string

// migrations gives the statements of every version, the first one's at index 0.
func migrations(text string) [][]string {
	var list [][]string
	for _, part := range strings.Split(text, "\n-- version ")[1:] {
		_, body, _ := strings.Cut(part, "\n")
		var statements []string
		for s := range strings.SplitSeq(body, ";") {
			if s = strings.TrimSpace(s); s != "" {
				statements = append(statements, s)
			}
		}
		list = append(list, statements)
	}
	return list
}

// migrate brings the schema to the newest version of the list, one transaction for all.
func (s *Spool) migrate(ctx context.Context, list [][]string) error {
	return s.transact(ctx, s.write, &sql.TxOptions{}, func(tx *Tx) error {
		if err := s.dialect.lockSchema(ctx, tx.sql); err != nil {
			return fmt.Errorf("waiting for another migration: %w", err)
		}
		have, err := tx.schemaVersion()
		if err != nil {
			return fmt.Errorf("reading the schema version: %w", err)
		}
		if have > len(list) {
			return &SchemaError{Have: have, Known: len(list)}
		}
		for v, statements := range list[have:] {
			if err := tx.apply(have+v+1, statements); err != nil {
				return fmt.Errorf("bringing the schema to version %d: %w", have+v+1, err)
			}
		}
		return nil
	})
}

// schemaVersion gives the newest version that was applied; 0: none.
func (tx *Tx) schemaVersion() (n int, err error) {
	const table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)"
	if _, err := tx.exec(table); err != nil {
		return 0, err
	}
	err = tx.sql.QueryRowContext(tx.ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&n)
	return n, err
}

func (tx *Tx) apply(version int, statements []string) error {
	for _, text := range statements {
		if _, err := tx.exec(text); err != nil {
			return fmt.Errorf("%w in %.60q", err, text)
		}
	}
	_, err := tx.exec("INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)", version, millis{&tx.now})
	return err
}
