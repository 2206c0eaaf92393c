package main

import (
	"fmt"
	"io"
	"runtime"
)

type versionCmd struct{ output }

// build is what `faxgate version --json` prints.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints the version.
func (v *versionCmd) Run(a *app) error {
	b := build{Version: versionText(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	return v.print(a, b, func(w io.Writer) { fmt.Fprintf(w, "faxgate %s (%s, %s)\n", b.Version, b.Go, b.Platform) })
}
