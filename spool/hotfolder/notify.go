package hotfolder

import (
	"io"
	"log/slog"

	"github.com/fsnotify/fsnotify"
)

// notifications asks the file system to tell of changes in the folder. They are hints: one may stand for many, and any may be lost.
func notifications(path string, log *slog.Logger) (io.Closer, <-chan struct{}, error) {
	watch, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, nil, err
	}
	if err := watch.Add(path); err != nil {
		_ = watch.Close() // the first error says more
		return nil, nil, err
	}
	h := &hints{watch: watch, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go h.listen(log)
	return h, h.wake, nil
}

type hints struct {
	watch *fsnotify.Watcher
	wake  chan struct{}
	ended chan struct{}
}

func (h *hints) listen(log *slog.Logger) {
	defer close(h.ended)
	for {
		select {
		case _, ok := <-h.watch.Events:
			if !ok {
				return
			}
		case err, ok := <-h.watch.Errors:
			if !ok {
				return
			}
			log.Debug("notifications of a folder were lost", "err", err)
		}
		select {
		case h.wake <- struct{}{}:
		default:
		}
	}
}

// Close returns when nothing is listened to any more.
func (h *hints) Close() error {
	err := h.watch.Close()
	<-h.ended
	return err
}
