package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"faxgate/gateway"
)

// The exit codes, those of sysexits.h where it has one.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitTemporary = 75 // EX_TEMPFAIL
)

// app is what every command gets: the context that a signal ends, and the three streams.
type app struct {
	context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// codeError is an error that names its exit code.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

// usagef is a mistake in the command line, or a wish for what is not built yet.
func usagef(format string, args ...any) error {
	return &codeError{exitUsage, fmt.Errorf(format, args...)}
}

// temporaryf is an error that may be gone at the next try.
func temporaryf(format string, args ...any) error {
	return &codeError{exitTemporary, fmt.Errorf(format, args...)}
}

// errSilent ends with exit code 1 when the output has already said why.
var errSilent = errors.New("not done")

// fail prints the error for a person and turns it into the exit code.
func (a *app) fail(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSilent):
		return exitFailed
	}
	fmt.Fprintf(a.stderr, "faxgate: %v\n", err)
	if ce, ok := errors.AsType[*codeError](err); ok {
		return ce.code
	}
	if errors.Is(err, gateway.ErrLocked) || errors.Is(err, gateway.ErrLowDisk) {
		return exitTemporary
	}
	return exitFailed
}

// output is the part of a command that prints: as words or as JSON.
type output struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// print writes v as JSON, or lets words write it for a person.
func (o output) print(a *app, v any, words func(w io.Writer)) error {
	if o.JSON {
		return writeJSON(a.stdout, v)
	}
	words(a.stdout)
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// columns writes rows under a heading, or says that there are none.
func columns(w io.Writer, none string, heading string, rows []string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, heading)
	for _, r := range rows {
		fmt.Fprintln(t, r)
	}
	_ = t.Flush()
}

// clock shows a time as people here read it.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
