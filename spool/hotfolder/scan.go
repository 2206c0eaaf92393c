package hotfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"faxgate/spool"
)

const (
	carSuffix  = ".json" // the sidecar's name is the file's name and this
	markSuffix = ".done" // the writer's own word that the file is whole
)

// shape tells whether a file and its sidecar have changed since the last look.
type shape struct {
	size, mod       int64 // mod in nanoseconds of Unix time
	carSize, carMod int64 // of the sidecar; carMod is 0 without one
}

// state is what is known of one file.
type state struct {
	shape shape
	since time.Time // when it was first seen like this
	told  bool      // that it has waited for long
	tries int       // temporary faults
	again time.Time // not before
	ended *outcome  // submitted or refused; only the move is missing
}

// outcome is what became of a file.
type outcome struct {
	key string
	fax spool.ID
	job Job
	why string // of a refusal
}

// entry is one document of a look.
type entry struct {
	name   string
	info   fs.FileInfo
	car    fs.FileInfo // nil: no sidecar
	marked bool
}

func (e entry) shape() shape {
	p := shape{size: e.info.Size(), mod: e.info.ModTime().UnixNano()}
	if e.car != nil {
		p.carSize, p.carMod = e.car.Size(), e.car.ModTime().UnixNano()
	}
	return p
}

// Scan looks through the folder once, takes what is whole, and says how long to wait for the next look.
func (w *Watcher) Scan(ctx context.Context) time.Duration {
	root, err := w.open()
	if err != nil {
		w.down(ctx, err)
		return w.Interval
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	docs, alone, moves, err := list(root)
	if err != nil {
		w.down(ctx, err)
		return w.Interval
	}
	w.found = true
	w.up(ctx)
	w.finishAll(ctx, root, moves)
	w.forget(docs, alone)
	for _, e := range docs {
		if ctx.Err() != nil {
			break
		}
		if !w.pending[e.name] {
			w.look(ctx, root, e)
		}
	}
	for name, info := range alone {
		w.lookAlone(ctx, name, info)
	}
	return w.next()
}

// open opens the folder so that nothing done in it can leave it, also not by a symbolic link. It is made if it is missing; once it has been there it is not: a share that is not mounted must not
// be replaced by an empty folder.
func (w *Watcher) open() (*os.Root, error) {
	root, err := os.OpenRoot(w.Path)
	if errors.Is(err, fs.ErrNotExist) && !w.found {
		if err := os.MkdirAll(w.Path, 0o700); err != nil {
			return nil, fmt.Errorf("it cannot be made: %w", err)
		}
		return os.OpenRoot(w.Path)
	}
	return root, err
}

func (w *Watcher) down(ctx context.Context, err error) {
	if w.isDown {
		return
	}
	w.isDown = true
	words := fmt.Sprintf("the folder %s (%s) cannot be used: %v; it must be a folder that faxgate may read and write. It is looked for every %s, and everything goes on by itself", w.Name, w.Path, err, w.Interval)
	w.tell(ctx, Notice{What: Down, Words: words})
}

func (w *Watcher) up(ctx context.Context) {
	if !w.isDown {
		return
	}
	w.isDown = false
	w.tell(ctx, Notice{What: Up, Words: fmt.Sprintf("the folder %s (%s) can be used again", w.Name, w.Path)})
}

// list gives the documents, oldest first, the sidecars and marks that belong to none, and the moves that were begun.
func list(root *os.Root) (docs []entry, alone map[string]fs.FileInfo, moves []string, err error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, nil, nil, err
	}
	defer dir.Close()
	all, err := dir.ReadDir(-1)
	if err != nil {
		return nil, nil, nil, err
	}
	files, beside := map[string]fs.FileInfo{}, map[string]fs.FileInfo{}
	for _, d := range all {
		if isMove(d.Name()) {
			moves = append(moves, d.Name())
			continue
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || ignored(d.Name()) { // an error: it has just gone
			continue
		}
		if isBeside(d.Name()) {
			beside[d.Name()] = info
			continue
		}
		files[d.Name()] = info
	}
	return sortOut(files, beside), beside, moves, nil
}

// sortOut joins the files with what lies beside them; beside keeps what is left over.
func sortOut(files, beside map[string]fs.FileInfo) []entry {
	docs := make([]entry, 0, len(files))
	for name, info := range files {
		_, marked := beside[name+markSuffix]
		docs = append(docs, entry{name: name, info: info, car: beside[name+carSuffix], marked: marked})
		delete(beside, name+markSuffix)
		delete(beside, name+carSuffix)
	}
	slices.SortFunc(docs, func(a, b entry) int {
		if c := a.info.ModTime().Compare(b.info.ModTime()); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return docs
}

// ignored are hidden files, names that programs give to what they are still writing, what Windows leaves behind, and the names of our own folders.
func ignored(name string) bool {
	low := strings.ToLower(name)
	if strings.HasPrefix(low, ".") || strings.HasPrefix(low, "~") || strings.HasSuffix(low, "~") || slices.Contains([]string{DoneDir, FailedDir, "thumbs.db", "desktop.ini"}, low) {
		return true
	}
	for _, end := range []string{".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload"} {
		if strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(low, carSuffix), markSuffix), end) {
			return true
		}
	}
	return false
}

func isBeside(name string) bool {
	return strings.HasSuffix(name, carSuffix) || strings.HasSuffix(name, markSuffix)
}

// forget drops what was known of files that are gone.
func (w *Watcher) forget(docs []entry, alone map[string]fs.FileInfo) {
	here := map[string]bool{}
	for _, e := range docs {
		here[e.name] = true
	}
	for name := range w.files {
		if _, beside := alone[name]; !beside && !here[name] {
			delete(w.files, name)
		}
	}
	for name := range w.stuck {
		if !here[name] && !w.pending[name] {
			delete(w.stuck, name)
		}
	}
}

// known gives what is known of the file; one that has changed is a new one.
func (w *Watcher) known(name string, p shape) *state {
	s := w.files[name]
	if s == nil || s.shape != p {
		s = &state{shape: p, since: w.Now()}
		w.files[name] = s
	}
	return s
}

// look does with one file what is due.
func (w *Watcher) look(ctx context.Context, root *os.Root, e entry) {
	s := w.known(e.name, e.shape())
	switch {
	case s.ended != nil:
		w.away(ctx, root, e, s)
	case w.Now().Before(s.again) || !w.whole(ctx, root, e, s):
	default:
		w.take(ctx, root, e, s)
	}
}

// whole tells whether the file is no longer being written.
func (w *Watcher) whole(ctx context.Context, root *os.Root, e entry, s *state) bool {
	age := w.Now().Sub(s.since)
	switch {
	case e.marked:
		return true
	case age < w.Stable, e.info.Size() == 0 && age < emptyTime:
		return false
	}
	if !beingWritten(root, e.name) {
		return true
	}
	if age >= oddTime {
		w.wait(ctx, e.name, s, "it has not changed for %s, but another program still has it open for writing; it is taken when that ends, or when an empty file %s%s is put beside it", age.Round(time.Second), e.name, markSuffix)
	}
	return false
}

// lookAlone tells of a sidecar or a mark whose file does not come.
func (w *Watcher) lookAlone(ctx context.Context, name string, info fs.FileInfo) {
	s := w.known(name, shape{size: info.Size(), mod: info.ModTime().UnixNano()})
	if w.Now().Sub(s.since) < oddTime {
		return
	}
	end := carSuffix
	if strings.HasSuffix(name, markSuffix) {
		end = markSuffix
	}
	w.wait(ctx, name, s, "there is no document for it: its name must be the document's whole name with %s at the end, such as scan.tif%s for scan.tif", end, end)
}

func (w *Watcher) wait(ctx context.Context, name string, s *state, format string, args ...any) {
	if s.told {
		return
	}
	s.told = true
	w.tell(ctx, Notice{What: Waiting, File: name, Words: w.where(name) + " waits: " + fmt.Sprintf(format, args...)})
}

// next is when something can be due: at the interval, or when the first file has been stable for long enough.
func (w *Watcher) next() time.Duration {
	wait, now := w.Interval, w.Now()
	for _, s := range w.files {
		for _, at := range []time.Time{s.since.Add(w.Stable), s.again} {
			if d := at.Sub(now); d > 0 {
				wait = min(wait, d)
			}
		}
	}
	return max(wait, minWait)
}
