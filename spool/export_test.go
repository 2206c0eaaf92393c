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

// Again says whether the engine wants the transaction repeated.
func (s *Spool) Again(err error) bool { return s.dialect.again(err) }

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
