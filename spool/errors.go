package spool

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNotFound says that no row has this id, address or key.
	ErrNotFound = errors.New("not in the spool")
	// ErrDuplicate is what a [*DuplicateError] is.
	ErrDuplicate = errors.New("already in the spool")
	// ErrLeaseLost says that the lease was taken over or ended: nothing of this write was kept, and the work is now somebody else's.
	ErrLeaseLost = errors.New("the lease on this task was lost")
	// ErrNone is what a [*NoneError] is.
	ErrNone = errors.New("no task is due")
	// ErrHeld is what a [*HeldError] is.
	ErrHeld = errors.New("held by somebody else")
	// ErrNewerSchema is what a [*SchemaError] is.
	ErrNewerSchema = errors.New("the spool was written by a newer faxgate")
)

// NoneError says that no task of the wanted kinds can be leased now.
type NoneError struct {
	NextDue time.Time       // when the next one can be; zero: none is waiting
	Wake    <-chan struct{} // closed when something has changed since the question was asked, see [Spool.Wake]
}

func (e *NoneError) Error() string {
	if e.NextDue.IsZero() {
		return ErrNone.Error()
	}
	return fmt.Sprintf("%v; the next one is at %s", ErrNone, e.NextDue.Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrNone) true.
func (e *NoneError) Is(target error) bool { return target == ErrNone }

// DuplicateError says that a row with the same unique value is there already. The transaction goes on: it may be used after it.
type DuplicateError struct {
	Table, Column, Value string
	ID                   ID // of the row that was there first
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s with %s %q is %v as %s", e.Table, e.Column, e.Value, ErrDuplicate, e.ID)
}

// Is makes errors.Is(err, ErrDuplicate) true.
func (e *DuplicateError) Is(target error) bool { return target == ErrDuplicate }

// HeldError says who holds a named lease, and until when.
type HeldError struct {
	Name, Holder string
	Until        time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("lease %q is %v: %s, until %s", e.Name, ErrHeld, e.Holder, e.Until.Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrHeld) true.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// SchemaError says that the database has a schema version that this program does not know.
type SchemaError struct {
	Have, Known int
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("%v: its schema has version %d, this program knows up to %d; start the newer faxgate again, or restore the copy made before the update",
		ErrNewerSchema, e.Have, e.Known)
}

// Is makes errors.Is(err, ErrNewerSchema) true.
func (e *SchemaError) Is(target error) bool { return target == ErrNewerSchema }
