package spool_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postgres is a PostgreSQL of the tests' own: a cluster in a temporary directory that listens on a socket there and nowhere else.
type postgres struct {
	dir string
	who *syscall.Credential // PostgreSQL does not run as root
	cmd *exec.Cmd
	end chan struct{} // closed when the server has ended
}

// startPostgres makes a cluster and starts its server.
func startPostgres() (*postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "spool-pg-")
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir, end: make(chan struct{})}
	if err := p.makeCluster(bin); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	started := make(chan error)
	go p.run(filepath.Join(bin, "postgres"), started)
	if err := <-started; err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return p, p.wait(filepath.Join(bin, "pg_isready"))
}

func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			found = []string{path}
		}
	}
	if len(found) == 0 {
		return "", fmt.Errorf("the tests need PostgreSQL's initdb and postgres, and found none in /usr/lib/postgresql or PATH: apt-get install postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func (p *postgres) makeCluster(bin string) error {
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return fmt.Errorf("running as root, the tests need the user of PostgreSQL: %w: apt-get install postgresql", err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		p.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(p.dir, uid, gid); err != nil {
			return err
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", p.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	p.dress(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// dress gives a command the right user, a directory that this user may enter, and a log instead of our standard output.
func (p *postgres) dress(cmd *exec.Cmd) {
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.who}
}

// run starts the server and waits for its end. It keeps its thread, because the server dies with the thread that started it:
// that is how none is left behind when a test is killed.
func (p *postgres) run(path string, started chan<- error) {
	runtime.LockOSThread()
	logFile, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		started <- err
		return
	}
	defer func() { _ = logFile.Close() }()
	p.cmd = exec.Command(path, "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=150")
	p.dress(p.cmd)
	p.cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	p.cmd.Stdout, p.cmd.Stderr = logFile, logFile
	err = p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // Its log says more.
		close(p.end)
	}
}

func (p *postgres) wait(isReady string) error {
	for range 300 {
		if exec.Command(isReady, "-q", "-h", p.dir).Run() == nil {
			return nil
		}
		select {
		case <-p.end:
			text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			_ = os.RemoveAll(p.dir)
			return fmt.Errorf("postgres ended at once: %s", text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("postgres was not ready after 15 s")
}

// stop ends the server at once: what it holds is thrown away.
func (p *postgres) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	<-p.end
	_ = os.RemoveAll(p.dir)
}

// dsn names a place of its own for each test: a schema, which is made much faster than a database.
func (p *postgres) dsn(schema string) string {
	q := url.Values{"host": {p.dir}, "user": {"postgres"}, "search_path": {schema}}
	return "postgres:///postgres?" + q.Encode()
}

// newSchema makes a schema; name is the test's.
func (p *postgres) newSchema(name string, n int64) (string, error) {
	schema := fmt.Sprintf("t%d", n)
	psql := exec.Command("psql", "-q", "-h", p.dir, "-U", "postgres", "-c", "CREATE SCHEMA "+schema)
	if out, err := psql.CombinedOutput(); err != nil {
		return "", fmt.Errorf("making schema %s for %s: %w: %s", schema, name, err, strings.TrimSpace(string(out)))
	}
	return schema, nil
}
