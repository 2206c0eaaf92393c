package hotfolder_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/spool"
	"faxgate/spool/hotfolder"
)

const stable = 3 * time.Second

// taken is one file as the desk took it.
type taken struct {
	hotfolder.Job
	id   spool.ID
	body string
}

// desk takes jobs as the gateway does: once for each key.
type desk struct {
	mu     sync.Mutex
	jobs   []taken
	calls  int
	answer func(hotfolder.Job) error // nil: takes everything
	opened func()                    // between open and read
}

func (d *desk) Submit(_ context.Context, j hotfolder.Job) (spool.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	for _, t := range d.jobs {
		if t.Key == j.Key {
			return t.id, nil
		}
	}
	if d.answer != nil {
		if err := d.answer(j); err != nil {
			return "", err
		}
	}
	f, err := j.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	if d.opened != nil {
		d.opened()
	}
	body, err := io.ReadAll(f)
	if err != nil {
		return "", fmt.Errorf("keep it: %w", err)
	}
	t := taken{Job: j, id: spool.ID(fmt.Sprintf("fax-%d", len(d.jobs)+1)), body: string(body)}
	d.jobs = append(d.jobs, t)
	return t.id, nil
}

func (d *desk) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for _, t := range d.jobs {
		list = append(list, t.File)
	}
	return list
}

// bench is a folder, a clock and a desk.
type bench struct {
	t    *testing.T
	dir  string
	now  time.Time
	desk *desk
	news []hotfolder.Notice
	w    *hotfolder.Watcher
	opts hotfolder.Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "scans"), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), desk: &desk{}}
	b.opts = hotfolder.Options{
		Name: "office", Path: b.dir, Stable: stable, Interval: 2 * time.Second, Submit: b.desk, Log: slog.New(slog.DiscardHandler),
		Tell: func(_ context.Context, n hotfolder.Notice) { b.news = append(b.news, n) }, Now: func() time.Time { return b.now },
	}
	b.restart()
	b.w.Scan(context.Background()) // makes the folder
	return b
}

// restart is a new process: nothing is known but what lies in the folder and what the desk has.
func (b *bench) restart() { b.w = hotfolder.New(b.opts) }

func (b *bench) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// scan looks once, after the time d.
func (b *bench) scan(d time.Duration) time.Duration {
	b.now = b.now.Add(d)
	return b.w.Scan(context.Background())
}

// settle lets a file become stable.
func (b *bench) settle() { b.scan(0); b.scan(stable) }

// has compares the files of the folder, those below it included.
func (b *bench) has(want ...string) {
	b.t.Helper()
	var got []string
	err := fs.WalkDir(os.DirFS(b.dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, name)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("the folder has %q, want %q", got, want)
	}
}

// takes compares what the desk has taken.
func (b *bench) takes(want ...string) {
	b.t.Helper()
	if got := b.desk.names(); !slices.Equal(got, want) {
		b.t.Errorf("taken: %q, want %q", got, want)
	}
}

// told gives the words of the news of this kind.
func (b *bench) told(what hotfolder.What) []string {
	var words []string
	for _, n := range b.news {
		if n.What == what {
			words = append(words, n.Words)
		}
	}
	return words
}

func (b *bench) tells(what hotfolder.What, times int, words string) {
	b.t.Helper()
	got := b.told(what)
	if len(got) != times || times > 0 && !strings.Contains(got[len(got)-1], words) {
		b.t.Errorf("%s was told as %q, want %d times %q", what, got, times, words)
	}
}

// record reads which fax a file in done/ became.
func (b *bench) record(name string) (fax string) {
	b.t.Helper()
	var r struct{ Fax, File string }
	if err := json.Unmarshal([]byte(b.read(name)), &r); err != nil {
		b.t.Fatal(err)
	}
	return r.Fax
}

var errBusy = errors.New("the disk is nearly full")
