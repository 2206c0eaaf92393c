package gateway

import (
	"errors"
	"fmt"
)

var (
	// ErrLocked means that another process has the data directory.
	ErrLocked = errors.New("data directory locked")
	// ErrNotFound means that there is no such fax, received fax, page or peer.
	ErrNotFound = errors.New("not found")
	// ErrState means that what was asked cannot be done in the state that the fax is in.
	ErrState = errors.New("not possible in this state")
	// ErrLowDisk means that nothing is taken until there is room on the disk.
	ErrLowDisk = errors.New("the disk is nearly full")
)

// InputError is a mistake in what was submitted: which field, and what to do about it.
type InputError struct {
	Field string // "to", "file" or "subject"; empty where the words begin with a document's name
	Text  string
}

// Error names the field, if there is one.
func (e *InputError) Error() string {
	if e.Field == "" {
		return e.Text
	}
	return fmt.Sprintf("%s: %s", e.Field, e.Text)
}
