package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"faxgate/gateway/config"
	"faxgate/spool"
	"faxgate/spool/hotfolder"
)

// refusalMailEvery is how often the administrator is mailed of files that a folder refuses: a scanner that has gone astray can make a thousand.
const refusalMailEvery = time.Hour

// folderKind is the journal's word for the news of a folder.
func folderKind(w hotfolder.What) string { return "folder-" + string(w) }

// folderIn is a watched folder as a way in.
type folderIn struct {
	g   *Gateway
	set config.Folder

	mu     sync.Mutex
	mailed time.Time // when the administrator was last mailed of a refused file
}

// watchFolder takes what is put into the folder until ctx ends.
func (g *Gateway) watchFolder(ctx context.Context, set config.Folder) error {
	in := &folderIn{g: g, set: set}
	g.log.InfoContext(ctx, "watching a folder", "folder", set.Name, "path", set.Path, "to", set.To, "stable", set.Stable.D(), "interval", set.Interval.D())
	return hotfolder.New(hotfolder.Options{
		Name: set.Name, Path: set.Path, Stable: set.Stable.D(), Interval: set.Interval.D(),
		Submit: in, Tell: in.tell, Log: g.log, Now: g.now, Fault: g.fault,
	}).Run(ctx)
}

// Submit makes a fax of a file. What the person at the scanner can mend is a refusal; anything else is tried again.
func (in *folderIn) Submit(ctx context.Context, j hotfolder.Job) (id spool.ID, err error) {
	defer func() { // a document that no decoder was ready for must not end the gateway, nor come again and again
		if p := recover(); p != nil {
			in.g.log.ErrorContext(ctx, "panic", "folder", j.Folder, "file", j.File, "panic", p, "stack", string(debug.Stack()))
			err = &hotfolder.Refusal{Words: fmt.Sprintf("a fault of faxgate itself met this file, please report it with the log: %v", p)}
		}
	}()
	key, id, err := in.key(ctx, j.Key)
	if err != nil || id != "" {
		return id, err
	}
	var opened error // that the file cannot be opened just now is no mistake of the caller's
	r := in.request(j, key)
	r.Files = []File{{Name: j.File, Open: func() (f io.ReadCloser, err error) {
		f, opened = j.Open()
		return f, opened
	}}}
	id, err = in.g.Submit(ctx, r)
	if opened != nil {
		return "", opened
	}
	if ie, ok := errors.AsType[*InputError](err); ok {
		return "", &hotfolder.Refusal{Words: in.words(j, ie)}
	}
	return id, err
}

// request joins what the sidecar says with what the folder is set to.
func (in *folderIn) request(j hotfolder.Job, key string) SubmitRequest {
	r := SubmitRequest{To: in.set.To, Subject: in.set.Subject, HeaderName: in.set.HeaderName, When: j.When, Key: key, Origin: "folder"}
	if len(j.To) > 0 {
		r.To = j.To
	}
	if j.Subject != "" {
		r.Subject = j.Subject
	}
	if j.HeaderName != "" {
		r.HeaderName = j.HeaderName
	}
	return r
}

func (in *folderIn) words(j hotfolder.Job, ie *InputError) string {
	if ie.Field == "to" && len(j.To)+len(in.set.To) == 0 {
		return fmt.Sprintf(`nobody says where it should go: put a sidecar %s.json with {"to": ["fax@partner.example"]} beside it, or have the administrator set to for this folder in the configuration`, j.File)
	}
	return ie.Error()
}

// key finds the key for a file: its own, or, when the very same file was put into the folder again after it had been taken, the next one. The id is that of a fax whose file has not been moved yet.
func (in *folderIn) key(ctx context.Context, own string) (key string, id spool.ID, err error) {
	err = in.g.spool.View(ctx, func(tx *spool.Tx) error {
		key = own
		for n := 2; ; n++ {
			job, err := tx.JobByKey(key)
			if errors.Is(err, spool.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			moved, err := tx.Events(spool.EventFilter{Job: job.ID, Kinds: []string{folderKind(hotfolder.Taken)}, Window: spool.Window{Limit: 1}})
			if err != nil {
				return err
			}
			if len(moved) == 0 {
				id = job.ID
				return nil
			}
			key = fmt.Sprintf("%s#%d", own, n)
		}
	})
	return key, id, err
}

// folderData names the file of a journal line.
type folderData struct {
	Folder string `json:"folder"`
	File   string `json:"file,omitempty"`
	Key    string `json:"key,omitempty"`
}

// tell writes the journal and, where somebody has to act, mails the administrator.
func (in *folderIn) tell(ctx context.Context, n hotfolder.Notice) {
	data := folderData{n.Folder, n.File, n.Key}
	err := in.g.spool.Update(ctx, func(tx *spool.Tx) error {
		if known, err := in.told(tx, n.What, data); err != nil || known {
			return err
		}
		if _, err := tx.AddEvent(spool.Event{Job: n.Fax, Kind: folderKind(n.What), Words: n.Words, Data: marshal(data)}); err != nil {
			return err
		}
		return in.mail(tx, n)
	})
	if err != nil {
		in.g.log.ErrorContext(ctx, "write the journal", "err", err, "words", n.Words)
	}
}

// told tells whether the last run said already that this very file cannot be moved.
func (in *folderIn) told(tx *spool.Tx, what hotfolder.What, data folderData) (bool, error) {
	if what != hotfolder.Stuck {
		return false, nil
	}
	lines, err := tx.Events(spool.EventFilter{Kinds: []string{folderKind(what)}, Window: spool.Window{Limit: 1000}})
	if err != nil {
		return false, err
	}
	for _, l := range lines {
		var d folderData
		if json.Unmarshal(l.Data, &d) == nil && d == data {
			return true, nil
		}
	}
	return false, nil
}

// mail queues a mail to the administrator for what a person has to mend.
func (in *folderIn) mail(tx *spool.Tx, n hotfolder.Notice) error {
	switch n.What {
	case hotfolder.Stuck, hotfolder.Trouble, hotfolder.Down:
	case hotfolder.Refused:
		if !in.mayMail() {
			return nil
		}
	default:
		return nil
	}
	admin := in.g.cfg.Fax.Administrator
	if admin == "" {
		return nil
	}
	w := reportWhat{
		Subject: fmt.Sprintf("faxgate: the folder %s needs somebody to look at it", in.set.Name),
		Text:    fmt.Sprintf("Folder: %s (%s)\nReason: %s\n\nThe journal has the rest. Of files that are refused one mail an hour is sent; %s/ has all of them, each with a note.\n", in.set.Name, in.set.Path, n.Words, hotfolder.FailedDir),
	}
	now := tx.Now()
	_, err := tx.AddTask(spool.Task{Job: n.Fax, Kind: KindReport, Recipient: admin, State: Queued, DueAt: &now, What: marshal(w)})
	return err
}

func (in *folderIn) mayMail() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := in.g.now()
	if !in.mailed.IsZero() && now.Sub(in.mailed) < refusalMailEvery {
		return false
	}
	in.mailed = now
	return true
}
