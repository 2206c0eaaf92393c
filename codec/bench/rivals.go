package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"faxgate/codec/bench/pages"
)

//go:embed drivers
var drivers embed.FS

// library is a rival: its driver, and what gcc needs for it.
type library struct {
	name, pkg string
	link      []string
}

var libraries = []library{
	{"libtiff", "libtiff-dev", []string{"-ltiff"}},
	{"spandsp", "libspandsp-dev", []string{"-lspandsp", "-ltiff"}},
	{"jbigkit", "libjbig-dev", []string{"-ljbig"}},
}

// rival is a running driver.
type rival struct {
	name    string
	version string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	has     map[string]bool // pages and coded data that it has been given
}

// rivals are the running drivers and the folder that they were built in.
type rivals struct {
	dir string
	all []*rival
}

// startRivals builds the drivers and starts them, on the core of this process.
func startRivals(ctx context.Context) (*rivals, error) {
	dir, err := os.MkdirTemp("", "faxgate-bench-")
	if err != nil {
		return nil, err
	}
	rs := &rivals{dir: dir}
	if err := os.CopyFS(dir, drivers); err != nil {
		rs.stop()
		return nil, fmt.Errorf("unpack the drivers: %w", err)
	}
	for _, l := range libraries {
		r, err := l.start(ctx, dir)
		if r != nil {
			rs.all = append(rs.all, r)
		}
		if err != nil {
			rs.stop()
			return nil, err
		}
	}
	return rs, nil
}

func (l library) start(ctx context.Context, dir string) (*rival, error) {
	program := filepath.Join(dir, l.name)
	args := append([]string{"-O2", "-o", program, "drivers/" + l.name + ".c", "drivers/driver.c"}, l.link...)
	gcc := exec.CommandContext(ctx, "gcc", args...)
	gcc.Dir = dir
	if said, err := gcc.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the driver of %s: %w\n%s(Debian: apt-get install gcc libc6-dev %s)", l.name, err, said, l.pkg)
	}
	r := &rival{name: l.name, cmd: exec.CommandContext(ctx, program), has: map[string]bool{}}
	r.cmd.Dir, r.cmd.Stderr = dir, os.Stderr
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.out = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the driver of %s: %w", l.name, err)
	}
	r.version, err = r.ask(nil, "version")
	return r, err
}

// versions are the names and versions of the libraries.
func (rs *rivals) versions() string {
	var out []string
	for _, r := range rs.all {
		out = append(out, r.version)
	}
	return strings.Join(out, ", ")
}

// stop ends the drivers and waits for them.
func (rs *rivals) stop() {
	for _, r := range rs.all {
		_ = r.in.Close()
		_ = r.cmd.Wait()
	}
	_ = os.RemoveAll(rs.dir)
}

// ask sends a request, with bytes after it, and returns the words of the answer.
func (r *rival) ask(data []byte, format string, args ...any) (string, error) {
	request := fmt.Sprintf(format, args...)
	if _, err := io.Copy(r.in, io.MultiReader(strings.NewReader(request+"\n"), bytes.NewReader(data))); err != nil {
		return "", fmt.Errorf("ask %s to %s: %w", r.name, request, err)
	}
	answer, err := r.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("ask %s to %s: %w", r.name, request, err)
	}
	return strings.TrimSpace(answer), nil
}

// give hands over a page, once.
func (r *rival) give(slot int, p pages.Page) error {
	return r.once(p.Bits, fmt.Sprintf("page %d %d %d", slot, p.Width, p.Height))
}

// giveCoded hands over coded data, once.
func (r *rival) giveCoded(slot int, c coding, data []byte) error {
	return r.once(data, fmt.Sprintf("data %d %d %d", slot, c, len(data)))
}

func (r *rival) once(data []byte, request string) error {
	if r.has[request] {
		return nil
	}
	r.has[request] = true
	answer, err := r.ask(data, "%s", request)
	if err == nil && answer != "ok" {
		err = fmt.Errorf("ask %s to take %s: %s", r.name, request, answer)
	}
	return err
}

// turn has the rival run a case until the budget is used up; ok is false where it
// cannot.
func (r *rival) turn(c *benchCase, budget time.Duration) (fastest time.Duration, ok bool, err error) {
	var answer string
	if c.op == recode {
		answer, err = r.ask(nil, "%s %d %d %d %d", c.op, c.slot, c.coding, mmr, budget)
	} else {
		answer, err = r.ask(nil, "%s %d %d %d", c.op, c.slot, c.coding, budget)
	}
	if err != nil || strings.HasPrefix(answer, "error") {
		return 0, false, err
	}
	var size int
	if _, err := fmt.Sscan(answer, &fastest, &size); err != nil {
		return 0, false, fmt.Errorf("%s answers %q: %w", r.name, answer, err)
	}
	return fastest, true, nil
}

// result is what the rival's last turn made.
func (r *rival) result() ([]byte, error) {
	answer, err := r.ask(nil, "result")
	if err != nil {
		return nil, err
	}
	var n int
	if _, err := fmt.Sscan(answer, &n); err != nil {
		return nil, fmt.Errorf("%s answers %q: %w", r.name, answer, err)
	}
	out := make([]byte, n)
	_, err = io.ReadFull(r.out, out)
	return out, err
}
