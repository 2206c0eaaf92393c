package hotfolder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"
)

// errChanged means that a file was written to while it was being read: it was not whole.
var errChanged = errors.New("the file has changed while it was being read")

// take hands a whole file over and sees it away.
func (w *Watcher) take(ctx context.Context, root *os.Root, e entry, s *state) {
	o, err := w.submit(ctx, root, e)
	switch {
	case err == nil:
		w.Fault("folder-submitted")
		s.ended = o
		w.away(ctx, root, e, s)
	case ctx.Err() != nil, isGone(root, e.name): // the next look sees
	case errors.Is(err, errChanged):
		s.since = w.Now()
	default:
		w.later(ctx, e.name, s, err)
	}
}

func isGone(root *os.Root, name string) bool {
	_, err := root.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// submit gives the outcome; an error is a fault of the moment.
func (w *Watcher) submit(ctx context.Context, root *os.Root, e entry) (*outcome, error) {
	job, err := w.job(ctx, root, e)
	o := &outcome{key: job.Key, job: job}
	if err == nil {
		o.fax, err = w.Submit.Submit(ctx, job)
	}
	if no, ok := errors.AsType[*Refusal](err); ok {
		o.why = no.Words
		return o, nil
	}
	return o, err
}

// job reads the sidecar and makes the key.
func (w *Watcher) job(ctx context.Context, root *os.Root, e entry) (Job, error) {
	j := Job{Folder: w.Name, File: e.name, Size: e.info.Size(), Modified: e.info.ModTime()}
	if j.Size == 0 {
		return j, &Refusal{"the file is empty; scan it again"}
	}
	sum, err := w.sum(ctx, root, e)
	if err != nil {
		return j, err
	}
	j.Key = w.key(e, sum)
	if e.car != nil {
		if err := readSidecar(root, e.name+carSuffix, e.car, &j); err != nil {
			return j, err
		}
	}
	j.Open = func() (io.ReadCloser, error) {
		f, err := openSame(root, e.name, e.info)
		if err != nil {
			return nil, err
		}
		return &proven{f: f, sum: sha256.New(), want: sum}, nil
	}
	return j, nil
}

func (w *Watcher) key(e entry, sum [sha256.Size]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %d %d %x", w.Name, e.name, e.info.Size(), e.info.ModTime().UnixNano(), sum)
	return "folder:" + hex.EncodeToString(h.Sum(nil))
}

// sum is the SHA-256 of the file as it was listed.
func (w *Watcher) sum(ctx context.Context, root *os.Root, e entry) (sum [sha256.Size]byte, err error) {
	f, err := openSame(root, e.name, e.info)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, stopped{ctx, f}); err != nil {
		return sum, fmt.Errorf("read it: %w", err)
	}
	if info, err := f.Stat(); err != nil || !isSame(info, e.info) {
		return sum, errors.Join(errChanged, err)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// openSame opens the file if it is still the one that was listed.
func openSame(root *os.Root, name string, was fs.FileInfo) (*os.File, error) {
	f, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || !isSame(info, was) {
		f.Close()
		return nil, errors.Join(errChanged, err)
	}
	return f, nil
}

func isSame(info, was fs.FileInfo) bool {
	return os.SameFile(info, was) && info.Size() == was.Size() && info.ModTime().Equal(was.ModTime())
}

// stopped is a reader that ends with its context: a large file on a slow share does not hold up the shutdown.
type stopped struct {
	ctx context.Context
	r   io.Reader
}

func (s stopped) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// proven fails at its end if what was read is not what the key was made of.
type proven struct {
	f    *os.File
	sum  hash.Hash
	want [sha256.Size]byte
}

func (p *proven) Read(b []byte) (int, error) {
	n, err := p.f.Read(b)
	p.sum.Write(b[:n])
	if err == io.EOF && [sha256.Size]byte(p.sum.Sum(nil)) != p.want {
		return n, errChanged
	}
	return n, err
}

func (p *proven) Close() error { return p.f.Close() }

// later leaves the file where it is and tries again, later each time.
func (w *Watcher) later(ctx context.Context, name string, s *state, err error) {
	wait := lastAgain
	if s.tries < 16 {
		wait = min(firstAgain<<s.tries, lastAgain)
	}
	s.tries++
	s.again = w.Now().Add(wait)
	w.Log.WarnContext(ctx, "a file stays in its folder for now", "folder", w.Name, "file", name, "err", err, "tries", s.tries, "again", wait)
	if s.tries == troubleAt {
		words := fmt.Sprintf("%s could not be taken, %d times so far: %v. It stays where it is and is tried every %s", w.where(name), s.tries, err, lastAgain)
		w.tell(ctx, Notice{What: Trouble, File: name, Words: words})
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
