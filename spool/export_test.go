package spool

import "context"

// Exec runs a statement that no method offers, so that a test can do what only another program would.
func (s *Spool) Exec(ctx context.Context, text string, args ...any) error {
	_, err := s.write.ExecContext(ctx, text, args...)
	return err
}

// Texts gives the first column of a query.
func (s *Spool) Texts(ctx context.Context, text string) ([]string, error) {
	return texts(ctx, s.read, text)
}

// ParseDSN is parseDSN.
func ParseDSN(dsn string) (string, error) {
	d, err := parseDSN(dsn)
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// SQLiteName is the driver's name of a SQLite database.
func SQLiteName(path string) string { return sqliteEngine{path: path}.name("immediate", "") }

// Plan gives the steps in which SQLite would run a query.
func (s *Spool) Plan(ctx context.Context, text string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}

// Pragma gives a setting of SQLite's in both pools.
func (s *Spool) Pragma(ctx context.Context, name string) (write, read string, err error) {
	if err = s.write.QueryRowContext(ctx, "PRAGMA "+name).Scan(&write); err == nil {
		err = s.read.QueryRowContext(ctx, "PRAGMA "+name).Scan(&read)
	}
	return write, read, err
}

// Migrate brings the schema to the newest version of a text that continues schema.sql.
func (s *Spool) Migrate(ctx context.Context, more string) error {
	return s.migrate(ctx, migrations(schemaText+more))
}
