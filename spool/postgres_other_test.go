//go:build !linux

package spool_test

import "errors"

type postgres struct{}

func startPostgres() (*postgres, error) {
	return nil, errors.New("the tests start a PostgreSQL of their own on Linux only")
}

func (*postgres) stop()                                   {}
func (*postgres) dsn(string) string                       { return "" }
func (*postgres) newSchema(string, int64) (string, error) { return "", errors.ErrUnsupported }
