// Package hotfolder is the way in by folder: a scanner or a person puts a document into a watched folder, and it becomes a job. A file is taken only when it is whole: unchanged for the
// stable time, or marked by an empty NAME.done beside it. A JSON sidecar NAME.json may say where it goes. What was taken lies in done/, what was refused in failed/ with a NAME.txt that says
// why.
//
// What lies in the folder is the only truth: it is looked through at the start and at every interval. Notifications of the file system only make the next look come sooner, so nothing changes
// when they are missing, late or lost. A job is submitted under a key made of the folder's name and the file's name, size, time and SHA-256; the way into done/ or failed/ is written down before
// it is gone: a crash at any moment loses no file and submits none twice.
//
// One Watcher looks after one folder, and nobody else may take files from it.
package hotfolder

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"faxgate/spool"
)

// The folders inside a watched folder.
const (
	DoneDir   = "done"
	FailedDir = "failed"
)

const (
	emptyTime  = 10 * time.Minute       // an empty file is refused after it: scanners make one first and fill it when the last page is through
	oddTime    = 10 * time.Minute       // after it somebody is told of a file that waits for something
	firstAgain = 5 * time.Second        // after a temporary fault; doubled each time ...
	lastAgain  = 5 * time.Minute        // ... up to this
	troubleAt  = 8                      // temporary faults of one file, after which the administrator hears of it: about ten minutes
	minWait    = 200 * time.Millisecond // also while hints pour in
)

// Job is one file as it is handed over.
type Job struct {
	Key        string // the same file gives the same key, also after a crash
	Folder     string // the folder's name
	File       string // the file's name, without a path
	Size       int64
	Modified   time.Time
	To         []string // from the sidecar; empty: the folder's own
	Subject    string   // from the sidecar; empty: the folder's own
	HeaderName string   // from the sidecar; empty: the folder's own
	When       time.Time
	Open       func() (io.ReadCloser, error) // may be called again; a read fails if the file is no longer what the key was made of
}

// Submitter takes jobs. Submit returns once the job is durable, and gives the same id for a key that it knows and whose file has not been reported as [Taken]. A [*Refusal] is final: the file goes to
// failed/. Any other error is a fault of the moment: the file stays and is tried again later.
type Submitter interface {
	Submit(ctx context.Context, j Job) (spool.ID, error)
}

// Refusal says in words, for the person at the scanner, why a file cannot be taken.
type Refusal struct{ Words string }

func (e *Refusal) Error() string { return e.Words }

// What happened, in a [Notice].
type What string

// The kinds of news.
const (
	Taken   What = "taken"   // the file was submitted and lies in done/
	Refused What = "refused" // it lies in failed/
	Stuck   What = "stuck"   // it was submitted or refused and cannot be moved; it is not submitted again
	Waiting What = "waiting" // it has waited for something for long
	Trouble What = "trouble" // taking it failed again and again; it is still tried
	Down    What = "down"    // the folder cannot be looked at
	Up      What = "up"      // it can again
)

// Notice is news for the journal. Each is told once, not at every look.
type Notice struct {
	What   What
	Folder string
	File   string   // empty: it concerns the folder
	Key    string   // of the job, as far as it is known
	Fax    spool.ID // of the job, if it was submitted
	Words  string
}

// Options say what is watched and who takes what is found.
type Options struct {
	Name     string        // of the folder, part of the keys
	Path     string        // made if missing
	Stable   time.Duration // a file is whole when it has not changed for so long
	Interval time.Duration // between two looks
	Submit   Submitter
	Tell     func(context.Context, Notice)
	Log      *slog.Logger
	Now      func() time.Time
	Fault    func(point string)                                                      // for tests of crashes; nil: nothing
	Hints    func(path string, log *slog.Logger) (io.Closer, <-chan struct{}, error) // nil: the file system's notifications
}

// Watcher looks after one folder.
type Watcher struct {
	Options
	files   map[string]*state // by name: what is known of the files in the folder
	stuck   map[string]bool   // moves that were told to be impossible
	found   bool              // it has been there
	isDown  bool
	pending map[string]bool // files whose move has begun, in this look
}

// New makes a watcher; it touches nothing yet.
func New(o Options) *Watcher {
	if o.Fault == nil {
		o.Fault = func(string) {}
	}
	if o.Hints == nil {
		o.Hints = notifications
	}
	return &Watcher{Options: o, files: map[string]*state{}, stuck: map[string]bool{}}
}

// Run watches until ctx ends; only then does it return. A folder that cannot be used is told once, and looked for at every interval.
func (w *Watcher) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		w.watch(ctx)
	}
	return nil
}

// watch looks again and again until the folder goes away or ctx ends: then the notifications have to be asked for anew.
func (w *Watcher) watch(ctx context.Context) {
	wait := w.Scan(ctx)
	var hint <-chan struct{}
	if !w.isDown {
		closer, ch, err := w.Hints(w.Path, w.Log)
		if err != nil {
			w.Log.DebugContext(ctx, "no notifications for the folder, it is looked through at every interval", "folder", w.Name, "err", err)
		} else {
			defer closer.Close()
			hint = ch
			wait = w.Scan(ctx) // what came in between
		}
	}
	for w.rest(ctx, wait, hint) {
		down := w.isDown
		wait = w.Scan(ctx)
		if down != w.isDown {
			w.rest(ctx, minWait, nil)
			return
		}
	}
}

// rest waits for the next look; false: ctx has ended.
func (w *Watcher) rest(ctx context.Context, wait time.Duration, hint <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-hint:
	}
	select { // a file that is being written gives a stream of hints
	case <-ctx.Done():
		return false
	case <-time.After(minWait):
		return true
	}
}

func (w *Watcher) tell(ctx context.Context, n Notice) {
	n.Folder = w.Name
	level := slog.LevelWarn
	if n.What == Taken || n.What == Up {
		level = slog.LevelInfo
	}
	w.Log.Log(ctx, level, "folder", "folder", w.Name, "what", n.What, "file", n.File, "fax", n.Fax, "words", n.Words)
	w.Tell(context.WithoutCancel(ctx), n)
}

func (w *Watcher) where(name string) string { return fmt.Sprintf("%s in the folder %s", name, w.Name) }
