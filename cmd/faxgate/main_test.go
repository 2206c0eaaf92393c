package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain also answers for the program itself: testscript runs it as faxgate, and codec/pdf runs it as its worker.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "pdf-worker" {
		main()
	}
	testscript.Main(m, map[string]func(){"faxgate": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sample": sample,
			"await":  await,
			"field":  field,
			"mode":   mode,
		},
	})
}

// setup gives each script free ports and a home of its own.
func setup(e *testscript.Env) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	for i, p := range ports {
		e.Setenv(fmt.Sprintf("PORT%d", i+1), strconv.Itoa(p))
	}
	e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
	e.Setenv("XDG_CACHE_HOME", cacheHome())
	return nil
}

// cacheHome keeps the compiled PDF renderer between scripts and runs.
func cacheHome() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return os.TempDir()
	}
	return dir
}

// sample writes the demo's document.
func sample(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(writeSample(f))
	ts.Check(f.Close())
}

// await waits until somebody listens on a port, or until a file is there.
func await(ts *testscript.TestScript, neg bool, args []string) {
	for range 600 {
		if there(ts, args[0]) != neg {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("waited 30 s for %s", args[0])
}

func there(ts *testscript.TestScript, what string) bool {
	if _, err := strconv.Atoi(what); err != nil {
		_, err := os.Stat(ts.MkAbs(what))
		return err == nil
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", "127.0.0.1:"+what)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// field sets a variable to the first value of a JSON member in a file: field NAME FILE MEMBER.
func field(ts *testscript.TestScript, _ bool, args []string) {
	_, rest, found := strings.Cut(ts.ReadFile(args[1]), strconv.Quote(args[2])+`: "`)
	if !found {
		ts.Fatalf("%s has no member %s", args[1], args[2])
	}
	value, _, _ := strings.Cut(rest, `"`)
	ts.Setenv(args[0], value)
}

// mode checks the rights of a file: mode 600 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}
