package hotfolder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"faxgate/spool"
)

const (
	movePrefix = ".faxgate-"
	newSuffix  = ".new" // a move that was not written down completely
	maxName    = 200    // bytes of a name in done/ or failed/: there must be room for what is appended
)

// move is the way of a file into done/ or failed/. It is written down in the folder before the first step, so that after a crash it is gone to its end, whatever has been done of it.
type move struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Mod    int64  `json:"mod"`
	CarMod int64  `json:"carMod,omitempty"` // 0: no sidecar

	Dir  string `json:"dir"`
	As   string `json:"as"`   // the name there
	Note string `json:"note"` // what is written beside it ...
	Ext  string `json:"ext"`  // ... under the name with this appended

	Key   string   `json:"key,omitempty"`
	Fax   spool.ID `json:"fax,omitempty"`
	Words string   `json:"words"` // for the journal
}

func isMove(name string) bool { return strings.HasPrefix(name, movePrefix) }

// file is where the move is written down; one for each name.
func (m move) file() string {
	sum := sha256.Sum256([]byte(m.Name))
	return movePrefix + hex.EncodeToString(sum[:12])
}

func (m move) valid() bool {
	plain := func(s string) bool { return s != "" && s == path.Base(s) && !strings.Contains(s, `\`) && !ignored(s) }
	return plain(m.Name) && plain(m.As) && (m.Dir == DoneDir && m.Ext == ".fax.json" || m.Dir == FailedDir && m.Ext == ".txt")
}

// away sees a file that was submitted or refused out of the folder. What cannot be moved is remembered and not submitted again.
func (w *Watcher) away(ctx context.Context, root *os.Root, e entry, s *state) {
	m, err := w.plan(root, e, s.ended)
	if err == nil {
		err = write(root, m.file(), m)
	}
	if err != nil {
		w.tellStuck(ctx, move{Name: e.name, Key: s.ended.key, Fax: s.ended.fax}, err)
		return
	}
	delete(w.files, e.name)
	w.Fault("folder-planned")
	w.finish(ctx, root, m)
}

// plan chooses the name in done/ or failed/ and the words that go with it.
func (w *Watcher) plan(root *os.Root, e entry, o *outcome) (move, error) {
	p := e.shape()
	m := move{Name: e.name, Size: p.size, Mod: p.mod, CarMod: p.carMod, Key: o.key, Fax: o.fax, Dir: DoneDir, Ext: ".fax.json"}
	if o.why != "" {
		m.Dir, m.Ext = FailedDir, ".txt"
	}
	if err := root.MkdirAll(m.Dir, 0o700); err != nil {
		return m, err
	}
	var err error
	if m.As, err = free(root, m.Dir, e.name); err != nil {
		return m, err
	}
	if o.why != "" {
		m.Words = fmt.Sprintf("%s was not taken: %s; it lies in %s", w.where(e.name), o.why, path.Join(m.Dir, m.As))
		m.Note = w.whyNot(m, o)
		return m, nil
	}
	m.Words = fmt.Sprintf("%s was taken as fax %s; it lies in %s", w.where(e.name), o.fax, path.Join(m.Dir, m.As))
	m.Note, err = w.record(o)
	return m, err
}

// whyNot is what the person at the scanner reads.
func (w *Watcher) whyNot(m move, o *outcome) string {
	again := "put it into the folder above this one again"
	if m.CarMod != 0 {
		again = fmt.Sprintf("put it, with its sidecar %s%s, into the folder above this one again", m.Name, carSuffix)
	}
	return fmt.Sprintf("%s was not faxed.\n\nWhy:        %s\n\nWhat to do: correct this, then %s.\n            Nothing more happens by itself; this note and the file may be deleted.\n\nFolder:     %s\nSize:       %d bytes\nRefused:    %s\n",
		m.Name, o.why, again, w.Name, m.Size, stamp(w.Now()))
}

// record is what a program reads: which fax the file became.
func (w *Watcher) record(o *outcome) (string, error) {
	b, err := json.MarshalIndent(struct {
		Fax    spool.ID `json:"fax"`
		Folder string   `json:"folder"`
		File   string   `json:"file"`
		Size   int64    `json:"size"`
		To     []string `json:"to,omitempty"` // of the sidecar
		Taken  string   `json:"taken"`
	}{o.fax, w.Name, o.job.File, o.job.Size, o.job.To, stamp(w.Now())}, "", "  ")
	return string(b) + "\n", err
}

// free gives a name that nothing in the folder has, with or without an ending that we append.
func free(root *os.Root, dir, name string) (string, error) {
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	if len(stem)+len(ext) > maxName {
		stem = strings.ToValidUTF8(stem[:maxName-len(ext)], "")
	}
	for n := 1; ; n++ {
		as := stem + ext
		if n > 1 {
			as = fmt.Sprintf("%s-%d%s", stem, n, ext)
		}
		taken, err := anyOf(root, dir, as)
		if err != nil || !taken {
			return as, err
		}
	}
}

func anyOf(root *os.Root, dir, as string) (bool, error) {
	for _, end := range []string{"", carSuffix, ".txt", ".fax.json"} {
		_, err := root.Lstat(path.Join(dir, as+end))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}

// write writes a move down, durably: under another name first, so that it is there completely or not at all.
func write(root *os.Root, name string, m move) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := put(root, name+newSuffix, b); err != nil {
		return err
	}
	if err := root.Rename(name+newSuffix, name); err != nil {
		return err
	}
	return syncDir(root, ".")
}

func put(root *os.Root, name string, b []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// finishAll goes the ways that were begun. Files whose way cannot be gone now are left alone until it can.
func (w *Watcher) finishAll(ctx context.Context, root *os.Root, names []string) {
	w.pending = map[string]bool{}
	for _, name := range names {
		b, err := root.ReadFile(name)
		var m move
		if strings.HasSuffix(name, newSuffix) || err == nil && (json.Unmarshal(b, &m) != nil || !m.valid() || m.file() != name) {
			w.Log.WarnContext(ctx, "remove what is left of an unfinished move", "folder", w.Name, "file", name, "err", root.Remove(name))
			continue
		}
		if err == nil {
			w.finish(ctx, root, m)
		}
	}
}

// finish goes the rest of the way.
func (w *Watcher) finish(ctx context.Context, root *os.Root, m move) {
	there, err := w.carry(root, m)
	if err != nil {
		w.pending[m.Name] = true
		w.tellStuck(ctx, m, err)
		return
	}
	w.Fault("folder-moved")
	if !there {
		m.Words += ", or rather its note: the file itself was changed or taken away before it could be moved. What has its name now counts as a new one"
	}
	what := Taken
	if m.Dir == FailedDir {
		what = Refused
	}
	w.tell(ctx, Notice{What: what, File: m.Name, Key: m.Key, Fax: m.Fax, Words: m.Words})
	if err := root.Remove(m.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.pending[m.Name] = true
		w.tellStuck(ctx, m, err)
		return
	}
	delete(w.stuck, m.Name)
}

// carry does the steps; each may have been done before. It tells whether the file is there now.
func (w *Watcher) carry(root *os.Root, m move) (there bool, err error) {
	if err := root.MkdirAll(m.Dir, 0o700); err != nil {
		return false, err
	}
	to := path.Join(m.Dir, m.As)
	if err := note(root, to+m.Ext, m.Note); err != nil {
		return false, err
	}
	here := isAs(root, m.Name, m.Size, m.Mod)
	if _, err := root.Lstat(to); err != nil && !here { // what lies beside the name now belongs to another file
		return false, nil
	}
	if here {
		if err := root.Remove(m.Name + markSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	if m.CarMod != 0 {
		if err := carryOne(root, m.Name+carSuffix, to+carSuffix, -1, m.CarMod); err != nil {
			return false, err
		}
	}
	if err := carryOne(root, m.Name, to, m.Size, m.Mod); err != nil {
		return false, err
	}
	_, err = root.Lstat(to)
	return err == nil, errors.Join(syncDir(root, m.Dir), syncDir(root, "."))
}

// note writes a note unless it is there.
func note(root *os.Root, name, text string) error {
	if info, err := root.Lstat(name); err == nil && info.Size() == int64(len(text)) {
		return nil
	}
	return put(root, name, []byte(text))
}

// carryOne moves a file unless that has been done, or another one has its name now.
func carryOne(root *os.Root, from, to string, size, mod int64) error {
	if _, err := root.Lstat(to); err == nil || !isAs(root, from, size, mod) {
		return nil
	}
	return root.Rename(from, to)
}

// isAs tells whether a file still has this size (-1: any) and time.
func isAs(root *os.Root, name string, size, mod int64) bool {
	info, err := root.Lstat(name)
	return err == nil && (size < 0 || info.Size() == size) && info.ModTime().UnixNano() == mod
}

// tellStuck tells once that a file cannot be moved.
func (w *Watcher) tellStuck(ctx context.Context, m move, err error) {
	if w.stuck[m.Name] {
		return
	}
	w.stuck[m.Name] = true
	what := "was refused"
	if m.Fax != "" {
		what = "was taken as fax " + string(m.Fax)
	}
	words := fmt.Sprintf("%s %s, but cannot be moved: %v. It is not faxed again; give faxgate the right to write in %s, and it is moved by itself", w.where(m.Name), what, err, w.Path)
	w.tell(ctx, Notice{What: Stuck, File: m.Name, Key: m.Key, Fax: m.Fax, Words: words})
}
