package main

import (
	"fmt"
	"io"
	"os"

	"faxgate/gateway/config"
)

type configCmd struct {
	Default configDefaultCmd `cmd:"" help:"Print every key with its default and what it means."`
	Check   configCheckCmd   `cmd:"" help:"Check a configuration file."`
}

type configDefaultCmd struct{}

// Run prints the default configuration.
func (c *configDefaultCmd) Run(a *app) error { return config.Print(a.stdout, config.Default()) }

type configCheckCmd struct {
	output
	File string `arg:"" help:"The configuration file."`
}

// configVerdict is what `faxgate config check --json` prints.
type configVerdict struct {
	File  string `json:"file"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// Run checks a configuration file.
func (c *configCheckCmd) Run(a *app) error {
	if _, err := os.Stat(c.File); err != nil {
		return err
	}
	_, err := config.Read(c.File)
	if err == nil {
		return c.print(a, configVerdict{File: c.File, OK: true}, func(w io.Writer) { fmt.Fprintf(w, "%s is good\n", c.File) })
	}
	if !c.JSON {
		return err
	}
	if err := writeJSON(a.stdout, configVerdict{File: c.File, Error: err.Error()}); err != nil {
		return err
	}
	return errSilent
}
