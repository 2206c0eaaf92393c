package spool

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// The columns whose Go type is not their SQL type: each is a destination of a scan and an argument of a write.

// millis keeps a time as UTC milliseconds; the zero time is NULL.
type millis struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m millis) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m.t = time.Time{}
	case int64:
		*m.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("time column holds %T", src)
	}
	return nil
}

// Value implements driver.Valuer.
func (m millis) Value() (driver.Value, error) {
	if m.t.IsZero() {
		return nil, nil
	}
	return m.t.UnixMilli(), nil
}

// optMillis is millis for a time that may be missing.
type optMillis struct{ t **time.Time }

// Scan implements sql.Scanner.
func (m optMillis) Scan(src any) error {
	if src == nil {
		*m.t = nil
		return nil
	}
	*m.t = new(time.Time)
	return millis{*m.t}.Scan(src)
}

// Value implements driver.Valuer.
func (m optMillis) Value() (driver.Value, error) {
	if *m.t == nil {
		return nil, nil
	}
	return millis{*m.t}.Value()
}

// optText keeps an empty text as NULL, for references and for unique values that may be missing.
type optText[S ~string] struct{ s *S }

func opt[S ~string](s *S) optText[S] { return optText[S]{s} }

// Scan implements sql.Scanner.
func (o optText[S]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o.s = ""
	case string:
		*o.s = S(v)
	case []byte:
		*o.s = S(v)
	default:
		return fmt.Errorf("text column holds %T", src)
	}
	return nil
}

// Value implements driver.Valuer.
func (o optText[S]) Value() (driver.Value, error) {
	if *o.s == "" {
		return nil, nil
	}
	return string(*o.s), nil
}

// jsonText keeps JSON as text; none is NULL.
type jsonText struct{ raw *json.RawMessage }

// Scan implements sql.Scanner.
func (j jsonText) Scan(src any) error {
	var s string
	if err := (optText[string]{&s}).Scan(src); err != nil {
		return err
	}
	*j.raw = nil
	if s != "" {
		*j.raw = json.RawMessage(s)
	}
	return nil
}

// Value implements driver.Valuer.
func (j jsonText) Value() (driver.Value, error) {
	if len(*j.raw) == 0 {
		return nil, nil
	}
	if !json.Valid(*j.raw) {
		return nil, fmt.Errorf("not JSON: %.40q", *j.raw)
	}
	return string(*j.raw), nil
}
